/* Random graphs of elementwise operations, broadcasts, sums and views, run fused in float32 and one
 * by one in float64: fusion, order, memory reuse and in-place assignment must not change what is
 * computed. */
#include "base/mem.h"
#include "privet/plan.h"
#include "privet/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { NODES = 60, KEEP = 8, GRAPHS = 300 };

typedef struct world {
    pv_graph *g;
    pv_node node[4 * NODES];
    int nodes;
    pv_node leaf[8];
    int leaves;
    pv_rng rng;
} world;

static int below(world *w, int n)
{
    return (int)pv_rng_below(&w->rng, (uint64_t)n);
}

/* Values stay in (-2, 2): products of many would leave float32's range and say nothing. */
static pv_node squash(world *w, pv_node x)
{
    return pv_tanh(w->g, x);
}

static pv_node pick(world *w)
{
    return w->node[below(w, w->nodes)];
}

static pv_node sum_of(world *w, pv_node x)
{
    const pv_shape *s = pv_node_shape(w->g, x);
    uint32_t all = (1u << s->ndim) - 1, axes;
    do axes = (uint32_t)below(w, (int)all + 1);
    while (axes == 0);
    return squash(w, pv_scale(w->g, pv_sum(w->g, x, axes, 1), 0.3));
}

static pv_node random_node(world *w)
{
    pv_graph *g = w->g;
    pv_node a = pick(w), b = pick(w), c = pick(w);
    switch (below(w, 18)) {
    case 0:
        return squash(w, pv_add(g, a, b));
    case 1:
        return pv_mul(g, squash(w, a), squash(w, b));
    case 2:
        return pv_sub(g, squash(w, a), b);
    case 3:
        return pv_relu(g, a);
    case 4:
        return pv_sigmoid(g, a);
    case 5:
        return pv_affine(g, a, -0.7, 0.2);
    case 6:
        return pv_exp(g, squash(w, a));
    case 7:
        return pv_square(g, squash(w, a));
    case 8:
        return pv_sqrt(g, pv_affine(g, pv_square(g, a), 1, 0.5));
    case 9:
        return pv_recip(g, pv_affine(g, pv_abs(g, a), 1, 1));
    case 10:
        return pv_softplus(g, squash(w, a));
    case 11:
        return pv_max(g, squash(w, a), squash(w, b));
    case 12:
        return pv_gelu(g, squash(w, a));
    case 13:
        return pv_mul(g, squash(w, a), pv_const(g, 0.5, PV_SHAPE(1, 1, 1)));
    case 14:
        return pv_select(g, pv_step(g, pv_affine(g, a, 1, 1e-3)), pv_scale(g, a, 0.5),
                         squash(w, c));
    case 15:
        return pv_log1p(g, pv_square(g, squash(w, a)));
    default:
        return sum_of(w, a);
    }
}

static pv_shape random_shape(world *w)
{
    static const int64_t sizes[] = {1, 2, 3, 6, 17, 40};
    pv_shape full = PV_SHAPE(sizes[below(w, 6)], sizes[below(w, 6)], sizes[below(w, 6)]);
    if (below(w, 6) == 0) full.dim[2] = 700;
    return full;
}

static void build(world *w, uint64_t seed)
{
    *w = (world){.rng = pv_rng_make(seed, PV_STREAM_TEST)};
    assert_int_equal(pv_graph_new(&w->g), PV_OK);
    pv_shape full = random_shape(w);
    for (int i = 0; i < 5; i++) {
        pv_shape s = full;
        if (i > 0)
            for (int d = 0; d < 3; d++)
                if (below(w, 2)) s.dim[d] = 1;
        char name[2] = {(char)('a' + i), 0};
        w->leaf[w->leaves] = i < 3 ? pv_input(w->g, name, s) : pv_param(w->g, name, s);
        w->node[w->nodes++] = w->leaf[w->leaves++];
    }
    for (int i = 0; i < NODES; i++) {
        pv_node x = random_node(w);
        if (pv_graph_check(w->g) != PV_OK)
            fail_msg("seed %llu: %s", (unsigned long long)seed, pv_trail_text());
        w->node[w->nodes++] = x;
    }
    /* parameters take new values: in place when it can be done, through a copy when it cannot */
    for (int i = 3; i < 5; i++) {
        const pv_shape *s = pv_node_shape(w->g, w->leaf[i]);
        for (int k = w->nodes; k-- > 0;)
            if (pv_shape_equal(pv_node_shape(w->g, w->node[k]), s)) {
                pv_assign(w->g, w->leaf[i],
                          below(w, 4) == 0 ? w->node[k]
                                           : squash(w, pv_add(w->g, w->leaf[i], w->node[k])));
                break;
            }
    }
}

static void compare(world *w, pv_plan *const plan[2], pv_node x, uint64_t seed, const char *what)
{
    int64_t n = pv_shape_count(pv_node_shape(w->g, x));
    double *v[2] = {pv_alloc((size_t)n, 8), pv_alloc((size_t)n, 8)};
    for (int k = 0; k < 2; k++) assert_int_equal(pv_plan_read(plan[k], x, v[k], PV_F64), PV_OK);
    for (int64_t i = 0; i < n; i++)
        if (!(fabs(v[0][i] - v[1][i]) <= 2e-4 * (1 + fabs(v[1][i]))))
            fail_msg("seed %llu, %s node %d, element %lld: %.9g fused, %.9g alone",
                     (unsigned long long)seed, what, (int)x, (long long)i, v[0][i], v[1][i]);
    free(v[0]);
    free(v[1]);
}

static void one(uint64_t seed, int threads)
{
    world w;
    pv_plan *plan[2];
    pv_node out[KEEP];
    build(&w, seed);
    for (int i = 0; i < KEEP; i++) out[i] = pick(&w);
    for (int k = 0; k < 2; k++) {
        pv_plan_options o = {.size = sizeof o,
                             .backend = k == 0 ? PV_BACKEND_FAST : PV_BACKEND_REF,
                             .threads = threads};
        if (pv_compile(&plan[k], w.g, out, KEEP, &o) != PV_OK)
            fail_msg("seed %llu: %s", (unsigned long long)seed, pv_trail_text());
    }
    for (int i = 0; i < w.leaves; i++) {
        int64_t n = pv_shape_count(pv_node_shape(w.g, w.leaf[i]));
        float *v = pv_alloc((size_t)n, 4);
        for (int64_t e = 0; e < n; e++) v[e] = (float)pv_rng_normal(&w.rng);
        for (int k = 0; k < 2; k++)
            if (pv_plan_has(plan[k], w.leaf[i]))
                assert_int_equal(pv_plan_write(plan[k], w.leaf[i], v, PV_F32), PV_OK);
        free(v);
    }
    for (int run = 0; run < 2; run++) {
        for (int k = 0; k < 2; k++) assert_int_equal(pv_run(plan[k]), PV_OK);
        for (int i = 3; i < 5; i++)
            if (pv_plan_has(plan[0], w.leaf[i])) compare(&w, plan, w.leaf[i], seed, "parameter");
        for (int i = 0; i < KEEP; i++) compare(&w, plan, out[i], seed, "output");
    }
    for (int k = 0; k < 2; k++) pv_plan_free(plan[k]);
    pv_graph_free(w.g);
}

static void fused_equals_alone(void **state)
{
    (void)state;
    const char *only = getenv("PV_TEST_SEED");
    for (uint64_t seed = only ? strtoull(only, NULL, 10) : 1; seed <= GRAPHS; seed++) {
        one(seed, 1);
        if (only) break;
        if (seed % 4 == 0) one(seed, 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(fused_equals_alone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
