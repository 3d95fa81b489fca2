/* The three convolutions and matrix products against the reference, over random shapes. */
#include "pair.h"

#include "base/mem.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const double BOUND =
    1e-11; /* float32 sums of up to a few thousand products, by one thread */
enum { SEED = 20, CASES = 120 };

static int64_t between(pv_rng *r, int64_t low, int64_t high)
{
    return low + (int64_t)pv_rng_below(r, (uint64_t)(high - low + 1));
}

static void check(const pair_spec *spec, pv_rng *rng, const char *what)
{
    pair p;
    pair_make(&p, spec, rng);
    const char *name = pair_run(&p);
    double error = pair_error(&p);
    char a[PV_SHAPE_TEXT], b[PV_SHAPE_TEXT], c[PV_SHAPE_TEXT];
    if (!(error <= BOUND))
        fail_msg("%s %s: seed %d: %s by %s, %s, k%d,%d s%d,%d p%d,%d-%d,%d g%d bias %d relu %d "
                 "threads %d: error %g by %s",
                 pv_op_name(spec->op), what, SEED, pv_shape_text(&spec->in[0], a),
                 pv_shape_text(&spec->in[1], b), pv_shape_text(&spec->out, c),
                 spec->attr.window.kernel[0], spec->attr.window.kernel[1],
                 spec->attr.window.stride[0], spec->attr.window.stride[1], spec->attr.window.pad[0],
                 spec->attr.window.pad[1], spec->attr.window.pad_end[0],
                 spec->attr.window.pad_end[1], spec->attr.window.groups, spec->has_bias, spec->relu,
                 spec->threads, error, name);
    pair_free(&p);
}

/* The three calls of one convolution. */
static void check_trio(pv_shape x, int64_t o, const pv_window *win, int has_bias, int relu,
                       int threads, pv_rng *rng, const char *what)
{
    int64_t size[2];
    for (int k = 0; k < 2; k++)
        size[k] =
            (x.dim[k + 1] + win->pad[k] + win->pad_end[k] - win->kernel[k]) / win->stride[k] + 1;
    pv_shape y = PV_SHAPE(x.dim[0], size[0], size[1], o);
    pv_shape w = PV_SHAPE(o, win->kernel[0], win->kernel[1], x.dim[3] / win->groups);
    pair_spec s = {.op = PV_OP_CONV,
                   .in = {x, w, PV_SHAPE(o)},
                   .out = y,
                   .nin = 2 + has_bias,
                   .has_bias = has_bias,
                   .relu = relu,
                   .threads = threads};
    s.attr.window = *win;
    s.attr.window.full[0] = (int32_t)x.dim[1];
    s.attr.window.full[1] = (int32_t)x.dim[2];
    check(&s, rng, what);
    s.has_bias = s.relu = 0;
    s.nin = 2;
    s.op = PV_OP_CONV_DATA;
    s.in[0] = w, s.in[1] = y, s.out = x;
    check(&s, rng, what);
    s.op = PV_OP_CONV_WEIGHTS;
    s.in[0] = x, s.in[1] = y, s.out = w;
    check(&s, rng, what);
}

static void random_convolutions(void **state)
{
    static const int64_t channels[] = {1, 2, 3, 5, 6, 7, 8, 10, 12, 16, 17, 24, 32};
    (void)state;
    pv_rng rng = pv_rng_make(SEED, PV_STREAM_TEST);
    for (int i = 0; i < CASES; i++) {
        pv_window win = {.groups = 1};
        for (int k = 0; k < 2; k++) {
            win.kernel[k] = (int32_t)between(&rng, 1, 6);
            win.stride[k] = (int32_t)between(&rng, 1, 3);
            win.pad[k] = (int32_t)between(&rng, 0, win.kernel[k] - 1);
            win.pad_end[k] = (int32_t)between(&rng, 0, win.kernel[k] - 1);
        }
        int64_t c = channels[between(&rng, 0, 12)], o = channels[between(&rng, 0, 12)];
        if (between(&rng, 0, 4) == 0) { /* groups, down to one channel each */
            win.groups = (int32_t)between(&rng, 2, 4);
            c = win.groups * between(&rng, 1, 5);
            o = win.groups * between(&rng, 1, 5);
        }
        pv_shape x = PV_SHAPE(between(&rng, 1, 4), between(&rng, 6, 15), between(&rng, 6, 30), c);
        check_trio(x, o, &win, between(&rng, 0, 1) == 1, between(&rng, 0, 1) == 1,
                   (int)between(&rng, 1, 2), &rng, "random");
    }
}

/* Large enough that two threads share the work. */
static void shared_convolutions(void **state)
{
    (void)state;
    pv_rng rng = pv_rng_make(SEED, PV_STREAM_TEST + 1);
    pv_window win = {.kernel = {5, 5}, .stride = {1, 1}, .groups = 1};
    check_trio(PV_SHAPE(64, 28, 28, 1), 6, &win, 1, 1, 2, &rng, "lenet5");
    check_trio(PV_SHAPE(20, 12, 12, 6), 16, &win, 1, 0, 2, &rng, "lenet5");
    win = (pv_window){
        .kernel = {5, 5}, .stride = {2, 2}, .pad = {2, 2}, .pad_end = {2, 2}, .groups = 1};
    check_trio(PV_SHAPE(16, 32, 32, 3), 12, &win, 1, 0, 2, &rng, "lenet5-dlg");
}

static void random_products(void **state)
{
    (void)state;
    pv_rng rng = pv_rng_make(SEED, PV_STREAM_TEST + 2);
    for (int i = 0; i < CASES; i++) {
        int ta = (int)between(&rng, 0, 1), tb = (int)between(&rng, 0, 1), batched = i % 3 == 0;
        int64_t m = between(&rng, 1, 70), n = between(&rng, 1, 70), k = between(&rng, 1, 90);
        int64_t b = batched ? between(&rng, 1, 5) : 1, b2 = batched ? 2 : 1;
        pair_spec s = {.op = PV_OP_MATMUL, .threads = (int)between(&rng, 1, 2)};
        s.in[0] = PV_SHAPE(b2, b, ta ? k : m, ta ? m : k);
        s.in[1] = PV_SHAPE(b2, b, tb ? n : k, tb ? k : n);
        s.in[2] = PV_SHAPE(n);
        s.out = PV_SHAPE(b2, b, m, n);
        s.attr.ta = ta, s.attr.tb = tb;
        s.has_bias = (int)between(&rng, 0, 1), s.relu = (int)between(&rng, 0, 1);
        s.nin = 2 + s.has_bias;
        check(&s, &rng, "random");
    }
    pair_spec big = {.op = PV_OP_MATMUL,
                     .in = {PV_SHAPE(128, 784), PV_SHAPE(128, 784)},
                     .out = PV_SHAPE(128, 128),
                     .nin = 2,
                     .threads = 2,
                     .attr = {.tb = 1}};
    check(&big, &rng, "shared");
}

/* Same threads, same bits. */
static void results_repeat(void **state)
{
    (void)state;
    pv_rng rng = pv_rng_make(SEED, PV_STREAM_TEST + 3);
    static const pv_op ops[] = {PV_OP_CONV, PV_OP_CONV_DATA, PV_OP_CONV_WEIGHTS};
    pv_shape x = PV_SHAPE(64, 28, 28, 1), w = PV_SHAPE(6, 5, 5, 1), y = PV_SHAPE(64, 24, 24, 6);
    for (int k = 0; k < 3; k++) {
        pair_spec s = {.op = ops[k], .nin = 2, .threads = 2};
        s.attr.window =
            (pv_window){.kernel = {5, 5}, .stride = {1, 1}, .groups = 1, .full = {28, 28}};
        s.in[0] = k == 1 ? w : x;
        s.in[1] = k == 0 ? w : y;
        s.out = k == 0 ? y : k == 1 ? x : w;
        pair p;
        pair_make(&p, &s, &rng);
        size_t bytes = (size_t)pv_shape_count(&s.out) * sizeof(float);
        void *first = pv_alloc(bytes, 1);
        assert_non_null(first);
        pair_run(&p);
        memcpy(first, p.fast.out.data, bytes);
        for (int i = 0; i < 3; i++) {
            pair_run(&p);
            assert_memory_equal(first, p.fast.out.data, bytes);
        }
        pv_free(first);
        pair_free(&p);
    }
}

static void memory_runs_out(void **state)
{
    (void)state;
    static const pv_op ops[] = {PV_OP_CONV, PV_OP_MATMUL};
    for (int k = 0; k < 2; k++) {
        pv_call call = {.op = ops[k], .nin = 2, .threads = 1};
        call.in[0].shape = k == 0 ? PV_SHAPE(1, 8, 8, 16) : PV_SHAPE(32, 16);
        call.in[1].shape = k == 0 ? PV_SHAPE(32, 3, 3, 16) : PV_SHAPE(16, 32);
        call.out.shape = k == 0 ? PV_SHAPE(1, 6, 6, 32) : PV_SHAPE(32, 32);
        call.attr.window = (pv_window){.kernel = {3, 3}, .stride = {1, 1}, .groups = 1};
        const pv_kernel *kernel = pv_backend_dnnl.kernel[ops[k]];
        size_t n = 0;
        for (;; n++) {
            pv_mem_fail_after(n);
            pv_status s = kernel->prepare(&call);
            pv_mem_fail_after(SIZE_MAX);
            if (s == PV_OK) break;
            assert_int_equal(s, PV_ERR_MEMORY);
            assert_null(call.state);
            pv_trail_clear();
        }
        assert_true(n >= 2);
        kernel->release(&call);
        kernel->release(&call);
    }
}

/* Shapes that oneDNN cannot have. */
static void nonsense_is_refused(void **state)
{
    (void)state;
    pv_call call = {.op = PV_OP_CONV, .nin = 2, .threads = 1};
    call.in[0].shape = PV_SHAPE(1, 8, 8, 16);
    call.in[1].shape = PV_SHAPE(32, 3, 3, 16);
    call.out.shape = PV_SHAPE(1, 7, 6, 32);
    call.attr.window = (pv_window){.kernel = {3, 3}, .stride = {1, 1}, .groups = 1};
    assert_int_equal(pv_dnnl_conv.prepare(&call), PV_ERR_RUN);
    assert_null(call.state);
    assert_non_null(strstr(pv_trail_text(), "convolution"));
    pv_trail_clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_convolutions), cmocka_unit_test(shared_convolutions),
        cmocka_unit_test(random_products),     cmocka_unit_test(results_repeat),
        cmocka_unit_test(memory_runs_out),     cmocka_unit_test(nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
