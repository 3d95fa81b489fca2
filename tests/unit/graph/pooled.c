/* Mean pooling folded into the convolution before it (graph/pass_pool.c): values, gradients and
 * gradients of gradients over random kernels, paddings, groups and pools are those of the reference
 * kernels, which run convolution and pooling one after the other; and it is not done where it must
 * not be. */
#include "base/mem.h"
#include "privet/plan.h"
#include "privet/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CASES = 120 };

static int between(pv_rng *r, int low, int high)
{
    return low + (int)pv_rng_below(r, (uint64_t)(high - low + 1));
}

typedef struct net {
    pv_graph *g;
    pv_node x, w, b, out[5];
    int outs;
} net;

/* sum of squares of pool(conv), its gradients, and the gradient of the sum of their squares */
static void build(net *n, pv_rng *r, int extra_reader)
{
    int pool[2] = {between(r, 1, 3), between(r, 1, 3)},
        kernel[2] = {between(r, 1, 5), between(r, 1, 5)}, size[2];
    int groups = between(r, 1, 2), c = groups * between(r, 1, 4), o = groups * between(r, 1, 5);
    pv_conv_options how = {.groups = groups};
    for (int i = 0; i < 2; i++) {
        how.pad[i] = between(r, 0, kernel[i] - 1);
        size[i] = pool[i] * between(r, 1, 4) - 2 * how.pad[i] + kernel[i] - 1;
        while (size[i] < 1) size[i] += pool[i];
    }
    *n = (net){0};
    assert_int_equal(pv_graph_new(&n->g), PV_OK);
    n->x = pv_input(n->g, "x", PV_SHAPE(between(r, 1, 3), size[0], size[1], c));
    n->w = pv_param(n->g, "w", PV_SHAPE(o, kernel[0], kernel[1], c / groups));
    n->b = between(r, 0, 2) ? pv_param(n->g, "b", PV_SHAPE(o)) : PV_NONE;
    pv_node conv = pv_conv2d(n->g, n->x, n->w, n->b, how);
    pv_node y = pv_avgpool(n->g, conv, (pv_pool_options){.kernel = {pool[0], pool[1]}});
    pv_node loss = pv_sum(n->g, pv_square(n->g, between(r, 0, 1) ? pv_sigmoid(n->g, y) : y), 0, 0);
    if (extra_reader) loss = pv_add(n->g, loss, pv_sum(n->g, pv_tanh(n->g, conv), 0, 0));
    pv_node leaf[3] = {n->x, n->w, n->b}, first[3], second[3];
    int leaves = n->b == PV_NONE ? 2 : 3;
    assert_int_equal(pv_grad(n->g, &loss, NULL, 1, leaf, leaves, first), PV_OK);
    pv_node squares = PV_NONE;
    for (int i = 0; i < leaves; i++) {
        pv_node s = pv_sum(n->g, pv_square(n->g, first[i]), 0, 0);
        squares = i == 0 ? s : pv_add(n->g, squares, s);
    }
    assert_int_equal(pv_grad(n->g, &squares, NULL, 1, leaf, 2, second), PV_OK);
    n->out[n->outs++] = y;
    for (int i = 0; i < 2; i++) {
        n->out[n->outs++] = first[i];
        n->out[n->outs++] = second[i];
    }
    if (pv_graph_check(n->g) != PV_OK) fail_msg("%s", pv_trail_text());
}

static double *run(net *n, pv_backend_kind backend, uint64_t seed, int which, int64_t *count)
{
    pv_plan *plan = NULL;
    pv_plan_options o = {.size = sizeof o, .backend = backend};
    if (pv_compile(&plan, n->g, n->out, n->outs, &o) != PV_OK)
        fail_msg("seed %llu: %s", (unsigned long long)seed, pv_trail_text());
    pv_rng r = pv_rng_make(seed, PV_STREAM_TEST);
    pv_node leaf[3] = {n->x, n->w, n->b};
    for (int i = 0; i < 3; i++) {
        if (leaf[i] == PV_NONE) continue;
        int64_t size = pv_shape_count(pv_node_shape(n->g, leaf[i]));
        float *v = pv_alloc((size_t)size, sizeof *v);
        for (int64_t k = 0; k < size; k++) v[k] = 0.3f * (float)pv_rng_normal(&r);
        assert_int_equal(pv_plan_write(plan, leaf[i], v, PV_F32), PV_OK);
        pv_free(v);
    }
    assert_int_equal(pv_run(plan), PV_OK);
    *count = pv_shape_count(pv_node_shape(n->g, n->out[which]));
    double *out = pv_alloc((size_t)*count, sizeof *out);
    assert_int_equal(pv_plan_read(plan, n->out[which], out, PV_F64), PV_OK);
    pv_plan_free(plan);
    return out;
}

static void folded_is_the_same(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        pv_rng r = pv_rng_make(seed, PV_STREAM_TEST);
        net n;
        build(&n, &r, seed % 5 == 0);
        for (int which = 0; which < n.outs; which++) {
            int64_t count;
            double *fast = run(&n, PV_BACKEND_FAST, seed, which, &count),
                   *ref = run(&n, PV_BACKEND_REF, seed, which, &count);
            double largest = 1e-3, worst = 0;
            for (int64_t i = 0; i < count; i++) {
                largest = fmax(largest, fabs(ref[i]));
                worst = fmax(worst, fabs(ref[i] - fast[i]));
            }
            if (!(worst <= 2e-5 * largest))
                fail_msg("seed %llu, output %d: off by %g of %g", (unsigned long long)seed, which,
                         worst, largest);
            pv_free(fast);
            pv_free(ref);
        }
        pv_graph_free(n.g);
    }
}

/* The plan of y = pool(conv(x, w)), as text. */
static char *plan_text(int stride, int pool_stride, int extra_output)
{
    pv_graph *g = NULL;
    pv_plan *plan = NULL;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_int_equal(pv_graph_new(&g), PV_OK);
    pv_node x = pv_input(g, "x", PV_SHAPE(1, 12, 12, 2)),
            w = pv_param(g, "w", PV_SHAPE(4, 3, 3, 2));
    pv_node conv =
        pv_conv2d(g, x, w, PV_NONE, (pv_conv_options){.stride = {stride, stride}, .pad = {1, 1}});
    pv_node y = pv_avgpool(
        g, conv, (pv_pool_options){.kernel = {2, 2}, .stride = {pool_stride, pool_stride}});
    assert_int_equal(pv_compile(&plan, g, (pv_node[]){y, conv}, extra_output ? 2 : 1, NULL), PV_OK);
    pv_plan_print(plan, out);
    fclose(out);
    pv_plan_free(plan);
    pv_graph_free(g);
    return text;
}

static void only_where_it_may(void **state)
{
    (void)state;
    static const struct {
        int stride, pool_stride, extra_output, folded;
    } cases[] = {{1, 2, 0, 1}, {2, 2, 0, 0}, {1, 1, 0, 0}, {1, 2, 1, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = plan_text(cases[i].stride, cases[i].pool_stride, cases[i].extra_output);
        int folded = strstr(text, "[4,4,4,2]") != NULL; /* the blurred kernel */
        if (folded != cases[i].folded) fail_msg("case %zu:\n%s", i, text);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(folded_is_the_same),
                                       cmocka_unit_test(only_where_it_may)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
