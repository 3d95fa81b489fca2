/* Plans: what can be read and written, assignments that happen together, refusals, the NaN trap,
 * memory shared by lifetimes, out of memory at every request. */
#include "base/mem.h"
#include "graph/plan_i.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OK(call)                                                                                   \
    do {                                                                                           \
        if ((call) != PV_OK) fail_msg("%s: %s", #call, pv_trail_text());                           \
    } while (0)

static pv_plan_options on(int backend)
{
    return (pv_plan_options){
        .size = sizeof(pv_plan_options), .backend = (pv_backend_kind)backend, .seed = 5};
}

static pv_plan *compile(const pv_graph *g, const pv_node *out, int n, pv_plan_options o)
{
    pv_plan *plan = NULL;
    OK(pv_compile(&plan, g, out, n, &o));
    return plan;
}

static void doors(void **state)
{
    (void)state;
    for (int backend = 0; backend < 2; backend++) {
        pv_graph *g = NULL;
        OK(pv_graph_new(&g));
        pv_node x = pv_input(g, "x", PV_SHAPE(3)), unused = pv_input(g, "unused", PV_SHAPE(3));
        pv_node inner = pv_exp(g, x), y = pv_affine(g, inner, 2, 1),
                index = pv_input_index(g, "i", PV_SHAPE(2));
        pv_node hot = pv_one_hot(g, index, 3);
        pv_plan *plan = compile(g, (pv_node[]){y, hot}, 2, on(backend));
        pv_dtype t;
        double v[6];
        int32_t i32[2] = {2, 0};
        assert_true(pv_plan_has(plan, x) && pv_plan_has(plan, y) && pv_plan_has(plan, index));
        assert_false(pv_plan_has(plan, unused) || pv_plan_has(plan, inner) ||
                     pv_plan_has(plan, PV_NONE) || pv_plan_has(plan, 1000));
        assert_null(pv_plan_data(plan, inner, &t));
        assert_non_null(pv_plan_data(plan, index, &t));
        assert_int_equal(t, PV_I32);
        OK(pv_plan_write(plan, x, (float[]){0, 1, -1}, PV_F32));
        OK(pv_plan_write(plan, index, i32, PV_I32));
        OK(pv_run(plan));
        OK(pv_plan_read(plan, y, v, PV_F64));
        assert_true(fabs(v[0] - 3) < 1e-6 && fabs(v[1] - (2 * exp(1) + 1)) < 1e-5);
        OK(pv_plan_read(plan, hot, v, PV_F64));
        assert_true(v[2] == 1 && v[3] == 1 && v[0] + v[1] + v[4] + v[5] == 0);
        assert_int_equal(pv_plan_write(plan, inner, v, PV_F64), PV_ERR_USAGE);
        assert_int_equal(pv_plan_read(plan, unused, v, PV_F64), PV_ERR_USAGE);
        assert_int_equal(pv_plan_write(plan, index, v, PV_F64), PV_ERR_USAGE);
        assert_int_equal((int)pv_plan_step(plan), 1);
        assert_true(pv_plan_bytes(plan) > 0 && pv_plan_calls(plan) > 0 && pv_plan_flops(plan) > 0);
        pv_plan_free(plan);
        pv_graph_free(g);
    }
}

/* a, b := b, a and c := c + a happen together, whatever order they are made in. */
static void assignments_happen_together(void **state)
{
    (void)state;
    for (int backend = 0; backend < 2; backend++) {
        pv_graph *g = NULL;
        OK(pv_graph_new(&g));
        pv_node a = pv_param(g, "a", PV_SHAPE(2)), b = pv_param(g, "b", PV_SHAPE(2)),
                c = pv_param(g, "c", PV_SHAPE(2));
        pv_assign(g, a, b);
        pv_assign(g, b, a);
        pv_assign(g, c, pv_add(g, c, a));
        pv_node read = pv_scale(g, c, 10); /* the old c, though it is computed after the new one */
        pv_plan *plan = compile(g, &read, 1, on(backend));
        double v[2];
        OK(pv_plan_write(plan, a, (double[]){1, 2}, PV_F64));
        OK(pv_plan_write(plan, b, (double[]){3, 4}, PV_F64));
        OK(pv_plan_write(plan, c, (double[]){5, 6}, PV_F64));
        OK(pv_run(plan));
        OK(pv_plan_read(plan, a, v, PV_F64));
        assert_true(v[0] == 3 && v[1] == 4);
        OK(pv_plan_read(plan, b, v, PV_F64));
        assert_true(v[0] == 1 && v[1] == 2);
        OK(pv_plan_read(plan, c, v, PV_F64));
        assert_true(v[0] == 6 && v[1] == 8);
        OK(pv_plan_read(plan, read, v, PV_F64));
        assert_true(v[0] == 50 && v[1] == 60);
        pv_plan_free(plan);
        pv_graph_free(g);
    }
}

/* How often a number of this size stands in a plan's memory. */
static int count_of(const pv_plan *plan, double size, double tolerance)
{
    int n = 0;
    for (size_t at = 0; at + sizeof(double) <= plan->ir.slab_bytes; at += plan->ir.real_size) {
        double d = 0;
        float f = 0;
        if (plan->backend->real == PV_F64)
            memcpy(&d, plan->slab + at, sizeof d);
        else
            memcpy(&f, plan->slab + at, sizeof f), d = f;
        n += fabs(fabs(d) - size) < tolerance;
    }
    return n;
}

/* Inputs, what was made of them and outputs are gone; parameters, also one that a run assigned to
 * in place, are as they were, and it runs again. */
static void wiped(void **state)
{
    (void)state;
    for (int backend = 0; backend < 2; backend++) {
        pv_graph *g = NULL;
        OK(pv_graph_new(&g));
        pv_node x = pv_input(g, "x", PV_SHAPE(8, 16)), w = pv_param(g, "w", PV_SHAPE(16, 16)),
                bias = pv_param(g, "b", PV_SHAPE(16)), mean = pv_param(g, "mean", PV_SHAPE(16));
        pv_node both = pv_concat(g, (pv_node[]){x, x}, 2, 1);
        pv_node h = pv_slice(g, both, (int64_t[]){0, 8}, PV_SHAPE(8, 16));
        pv_node y = pv_dense(g, pv_exp(g, pv_affine(g, h, 1, 0.5)), w, bias);
        pv_assign(g, mean, pv_affine(g, mean, 2, 1));
        pv_plan *plan = compile(g, &y, 1, on(backend));
        double in[128], weight[256], ones[16], first[128], again[128];
        for (int i = 0; i < 128; i++) in[i] = i % 2 ? 1.375 : -1.375;
        for (int i = 0; i < 256; i++) weight[i] = i % 17 ? 0.25 : -4;
        for (int i = 0; i < 16; i++) ones[i] = 1;
        for (int round = 0; round < 2; round++) {
            if (round == 0) {
                OK(pv_plan_write(plan, w, weight, PV_F64));
                OK(pv_plan_write(plan, bias, ones, PV_F64));
                OK(pv_plan_write(plan, mean, ones, PV_F64));
            }
            OK(pv_plan_write(plan, x, in, PV_F64));
            assert_true(count_of(plan, 1.375, 1e-9) >= 128);
            OK(pv_run(plan));
            OK(pv_plan_read(plan, y, round == 0 ? first : again, PV_F64));
            assert_true(count_of(plan, fabs(first[0]), 1e-6) > 0);
            pv_plan_wipe(plan);
            assert_int_equal(count_of(plan, 1.375, 1e-9), 0);
            assert_int_equal(count_of(plan, exp(1.875), 1e-5), 0);
            assert_int_equal(count_of(plan, fabs(first[0]), 1e-6), 0);
            for (size_t i = 0; i < plan->scratch_bytes; i++) assert_int_equal(plan->scratch[i], 0);
        }
        assert_memory_equal(first, again, sizeof first);
        double kept[256];
        OK(pv_plan_read(plan, w, kept, PV_F64));
        assert_memory_equal(kept, weight, sizeof weight);
        OK(pv_plan_read(plan, mean, first, PV_F64));
        for (int i = 0; i < 16; i++) assert_true(first[i] == 7); /* 2 (2 + 1) + 1 */
        pv_plan_free(plan);
        pv_graph_free(g);
    }
    pv_plan_wipe(NULL);
}

static void refuses(void **state)
{
    (void)state;
    pv_graph *g = NULL;
    pv_plan *plan = NULL;
    OK(pv_graph_new(&g));
    pv_node x = pv_input(g, "x", PV_SHAPE(3)), far = 99;
    assert_int_equal(pv_compile(&plan, g, &far, 1, NULL), PV_ERR_USAGE);
    assert_null(plan);
    pv_add(g, x, pv_input(g, "y", PV_SHAPE(4)));
    assert_int_equal(pv_compile(&plan, g, &x, 1, NULL), PV_ERR_SHAPE);
    assert_non_null(strstr(pv_trail_text(), "[4]"));
    pv_plan_free(NULL);
    pv_graph_free(g);
}

static void trap_names_the_node(void **state)
{
    (void)state;
    for (int backend = 0; backend < 2; backend++) {
        pv_graph *g = NULL;
        pv_plan_options o = on(backend);
        o.trap_nan = 1;
        OK(pv_graph_new(&g));
        pv_node x = pv_input(g, "x", PV_SHAPE(3)), y = pv_log(g, x);
        pv_node_set_name(g, y, "the-logarithm");
        pv_plan *plan = compile(g, &y, 1, o);
        OK(pv_plan_write(plan, x, (float[]){1, 2, 3}, PV_F32));
        OK(pv_run(plan));
        OK(pv_plan_write(plan, x, (float[]){1, -2, 3}, PV_F32));
        assert_int_equal(pv_run(plan), PV_ERR_NUMERIC);
        assert_non_null(strstr(pv_trail_text(), "the-logarithm"));
        assert_non_null(strstr(pv_trail_text(), "element 1"));
        pv_plan_free(plan);
        pv_graph_free(g);
    }
}

/* A long chain needs the memory of two of its values, not of all. */
static void memory_is_shared(void **state)
{
    (void)state;
    for (int backend = 0; backend < 2; backend++) {
        pv_graph *g = NULL;
        enum { N = 64, LENGTH = 40 };
        OK(pv_graph_new(&g));
        pv_node x = pv_input(g, "x", PV_SHAPE(N, N)), w = pv_param(g, "w", PV_SHAPE(N, N));
        for (int i = 0; i < LENGTH; i++) x = pv_tanh(g, pv_matmul(g, x, w, 0, 0));
        pv_plan *plan = compile(g, &x, 1, on(backend));
        size_t one = N * N * (backend == PV_BACKEND_REF ? 8 : 4);
        assert_in_range(pv_plan_bytes(plan), 4 * one, 7 * one + 65536);
        pv_plan_free(plan);
        pv_graph_free(g);
    }
}

static void random_numbers_follow_seed_and_step(void **state)
{
    (void)state;
    enum { N = 1000 };
    float v[4][N];
    for (int backend = 0; backend < 2; backend++) {
        pv_graph *g = NULL;
        OK(pv_graph_new(&g));
        pv_node u = pv_uniform(g, PV_SHAPE(N), 3);
        pv_plan *plan = compile(g, &u, 1, on(backend));
        double mean = 0;
        OK(pv_run(plan));
        OK(pv_plan_read(plan, u, v[2 * backend], PV_F32));
        OK(pv_run(plan));
        OK(pv_plan_read(plan, u, v[2 * backend + 1], PV_F32));
        assert_memory_not_equal(v[2 * backend], v[2 * backend + 1], sizeof v[0]);
        pv_plan_set_step(plan, 0);
        OK(pv_run(plan));
        OK(pv_plan_read(plan, u, v[2 * backend + 1], PV_F32));
        assert_memory_equal(v[2 * backend], v[2 * backend + 1], sizeof v[0]);
        for (int i = 0; i < N; i++) {
            assert_true(v[0][i] >= 0 && v[0][i] < 1);
            mean += (double)v[0][i] / N;
        }
        assert_true(fabs(mean - 0.5) < 0.05);
        pv_plan_free(plan);
        pv_graph_free(g);
    }
    assert_memory_equal(v[0], v[2], sizeof v[0]); /* the same bits under both backends */
}

static pv_graph *small_network(pv_node *loss)
{
    pv_graph *g = NULL;
    OK(pv_graph_new(&g));
    pv_node x = pv_input(g, "x", PV_SHAPE(4, 8, 8, 2)), t = pv_input(g, "t", PV_SHAPE(4, 3));
    pv_node w = pv_param(g, "w", PV_SHAPE(5, 3, 3, 2)), b = pv_param(g, "b", PV_SHAPE(5)),
            v = pv_param(g, "v", PV_SHAPE(3, 45));
    pv_node h = pv_relu(g, pv_avgpool(g, pv_conv2d(g, x, w, b, (pv_conv_options){0}),
                                      (pv_pool_options){.kernel = {2, 2}}));
    *loss = pv_cross_entropy(g, pv_dense(g, pv_flatten(g, h), v, PV_NONE), t);
    pv_node p[3] = {w, b, v}, gp[3];
    OK(pv_grad(g, loss, NULL, 1, p, 3, gp));
    for (int i = 0; i < 3; i++) pv_assign(g, p[i], pv_sub(g, p[i], pv_scale(g, gp[i], 0.1)));
    OK(pv_graph_check(g));
    return g;
}

static void survives_out_of_memory(void **state)
{
    (void)state;
    pv_node loss;
    pv_graph *g = small_network(&loss);
    for (int backend = 0; backend < 2; backend++) {
        size_t n = 0;
        pv_status s;
        do {
            pv_plan *plan = NULL;
            pv_plan_options o = on(backend);
            pv_mem_fail_after(n++);
            s = pv_compile(&plan, g, &loss, 1, &o);
            pv_mem_fail_after(SIZE_MAX);
            assert_true(s == PV_OK || (s == PV_ERR_MEMORY && plan == NULL));
            pv_plan_free(plan);
        } while (s != PV_OK);
        assert_true(n > 10);
    }
    pv_graph_free(g);
}

static void prints(void **state)
{
    (void)state;
    pv_node loss;
    pv_graph *g = small_network(&loss);
    pv_plan_options o = on(PV_BACKEND_FAST);
    o.timer = 1;
    pv_plan *plan = compile(g, &loss, 1, o);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    for (int run = 0; run < 3; run++) OK(pv_run(plan));
    pv_plan_print(plan, out);
    pv_plan_profile(plan, out);
    fclose(out);
    /* the pool has become part of the convolution: 6 x 6 windows became 3 x 3 with stride 2 and a 4
     * x 4 kernel */
    assert_non_null(strstr(text, "conv+bias"));
    assert_non_null(strstr(text, "[5,4,4,2]"));
    assert_non_null(strstr(text, "fused"));
    assert_non_null(strstr(text, "ms a run"));
    free(text);
    pv_plan_free(plan);
    pv_graph_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doors),
        cmocka_unit_test(assignments_happen_together),
        cmocka_unit_test(wiped),
        cmocka_unit_test(refuses),
        cmocka_unit_test(trap_names_the_node),
        cmocka_unit_test(memory_is_shared),
        cmocka_unit_test(random_numbers_follow_seed_and_step),
        cmocka_unit_test(survives_out_of_memory),
        cmocka_unit_test(prints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
