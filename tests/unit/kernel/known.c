/* Every kernel of both backends against the answers computed by hand in known_cases.c. The fast
 * backend has no kernels for single elementwise operations, which plans fuse, nor for RESHAPE,
 * which plans leave out. */
#include "known.h"

#include "base/mem.h"
#include "kernel/dnnl/dnnl.h"
#include "privet/rng.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static pv_operand operand(const pv_backend *backend, const known_tensor *t)
{
    pv_operand o = {.dtype = t->dtype == PV_I32 ? PV_I32 : backend->real, .shape = t->shape};
    int64_t n = pv_shape_count(&t->shape);
    o.data = pv_alloc_aligned((size_t)n, pv_dtype_size(o.dtype));
    assert_non_null(o.data);
    for (int64_t i = 0; t->value != NULL && i < n; i++)
        if (o.dtype == PV_I32)
            ((int32_t *)o.data)[i] = (int32_t)t->value[i];
        else if (o.dtype == PV_F32)
            ((float *)o.data)[i] = (float)t->value[i];
        else
            ((double *)o.data)[i] = t->value[i];
    return o;
}

static double at(const pv_operand *o, int64_t i)
{
    return pv_tensor_get(&(pv_tensor){o->dtype, o->shape, o->data}, i);
}

static void execute(const pv_backend *backend, pv_call *call)
{
    const pv_kernel *kernel = backend->kernel[call->op];
    assert_non_null(kernel);
    if (kernel->prepare != NULL) assert_int_equal(kernel->prepare(call), PV_OK);
    call->scratch = pv_alloc_aligned(call->scratch_bytes, 1);
    assert_non_null(call->scratch);
    kernel->run(call);
    if (kernel->release != NULL) kernel->release(call);
    pv_free(call->scratch);
}

/* One case on one backend; says what is wrong and returns 0 when it is. */
static int answer_is_right(const pv_backend *backend, const known *k)
{
    pv_call call = {.op = k->op, .nin = pv_op_inputs(k->op), .attr = k->attr, .threads = 1};
    double tolerance = backend->real == PV_F64 ? 1e-14 : 2e-6;
    int right = 1;
    for (int i = 0; i < call.nin; i++) call.in[i] = operand(backend, &k->in[i]);
    call.out = operand(backend, &(known_tensor){k->out.dtype, k->out.shape, NULL});
    execute(backend, &call);
    int64_t n = pv_shape_count(&k->out.shape);
    for (int64_t i = 0; i < n && right; i++) {
        double want = k->out.value[i], got = at(&call.out, i);
        right = fabs(got - want) <= tolerance * (1.0 + fabs(want));
        if (!right)
            print_error("%s: %s (%s): element %lld is %.17g, not %.17g\n", backend->name,
                        pv_op_name(k->op), k->name, (long long)i, got, want);
    }
    for (int i = 0; i < call.nin; i++) pv_free(call.in[i].data);
    pv_free(call.out.data);
    return right;
}

static void known_answers(const pv_backend *backend)
{
    int wrong = 0;
    for (int i = 0; i < known_count; i++) {
        pv_op op = known_cases[i].op;
        int planned = pv_op_is_elementwise(op) || op == PV_OP_RESHAPE;
        if (planned && backend->kernel[op] == NULL) continue;
        wrong += !answer_is_right(backend, &known_cases[i]);
    }
    assert_int_equal(wrong, 0);
}

static void reference_gives_known_answers(void **state)
{
    (void)state;
    known_answers(&pv_backend_ref);
}

static void fast_gives_known_answers(void **state)
{
    (void)state;
    known_answers(&pv_backend_dnnl);
}

/* UNIFORM: the documented words of the documented blocks. */
static void uniform_draws_the_documented_words(const pv_backend *backend)
{
    enum { N = 11 };
    const uint64_t seed[2] = {42, 3};
    pv_call call = {.op = PV_OP_UNIFORM, .attr.stream = 7, .threads = 1, .seed = seed};
    call.out = operand(backend, &(known_tensor){PV_F64, {1, {N}}, NULL});
    execute(backend, &call);
    for (int i = 0; i < N; i++) {
        uint32_t word[4];
        pv_rng_block(42, 7, (UINT64_C(3) << 40) + (uint64_t)i / 4, word);
        double got = at(&call.out, i);
        assert_true(got == (word[i % 4] >> 8) / 16777216.0);
        assert_true(got >= 0.0 && got < 1.0);
    }
    pv_free(call.out.data);
}

static void reference_draws_the_documented_words(void **state)
{
    (void)state;
    uniform_draws_the_documented_words(&pv_backend_ref);
}

static void fast_draws_the_documented_words(void **state)
{
    (void)state;
    uniform_draws_the_documented_words(&pv_backend_dnnl);
}

/* A new operation cannot come without a case. */
static void every_operation_has_a_case(void **state)
{
    (void)state;
    for (int op = 0; op < PV_OP_COUNT; op++) {
        int cases =
            op == PV_OP_INPUT || op == PV_OP_PARAM || op == PV_OP_CONST || op == PV_OP_UNIFORM;
        for (int i = 0; i < known_count; i++) cases += known_cases[i].op == (pv_op)op;
        if (cases == 0) print_error("%s has no known answer\n", pv_op_name((pv_op)op));
        assert_true(cases > 0);
    }
}

/* A singular matrix is not an error of the kernel: what comes out is not finite. */
static void singular_is_not_finite(const pv_backend *backend)
{
    const known_tensor singular = {PV_F64, {2, {2, 2}}, (const double[]){1, 2, 2, 4}};
    for (int k = 0; k < 2; k++) {
        pv_call call = {.op = k == 0 ? PV_OP_INVERSE : PV_OP_LOGDET, .nin = 1, .threads = 1};
        pv_shape shape = k == 0 ? singular.shape : (pv_shape){0};
        call.in[0] = operand(backend, &singular);
        call.out = operand(backend, &(known_tensor){PV_F64, shape, NULL});
        execute(backend, &call);
        assert_false(isfinite(at(&call.out, 0)));
        pv_free(call.in[0].data);
        pv_free(call.out.data);
    }
}

static void singular_matrices_are_not_finite(void **state)
{
    (void)state;
    singular_is_not_finite(&pv_backend_ref);
    singular_is_not_finite(&pv_backend_dnnl);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_has_a_case),
        cmocka_unit_test(reference_gives_known_answers),
        cmocka_unit_test(fast_gives_known_answers),
        cmocka_unit_test(reference_draws_the_documented_words),
        cmocka_unit_test(fast_draws_the_documented_words),
        cmocka_unit_test(singular_matrices_are_not_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
