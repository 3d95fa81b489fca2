/* Where operations have no derivative: the choices that kernel/op.h and privet/graph.h promise. */
#include "check.h"
#include "graph/graph_i.h"
#include "privet/plan.h"

enum { MOST = 9 };

typedef struct kink {
    const char *name;
    pv_node (*build)(pv_graph *g, const pv_node *in);
    int inputs;
    pv_shape shape; /* of each input */
    double in[2][MOST], gradient[2][MOST];
} kink;

static pv_node relu(pv_graph *g, const pv_node *in)
{
    return pv_relu(g, in[0]);
}

static pv_node leaky_relu(pv_graph *g, const pv_node *in)
{
    return pv_leaky_relu(g, in[0], 0.25);
}

static pv_node absolute(pv_graph *g, const pv_node *in)
{
    return pv_abs(g, in[0]);
}

static pv_node max(pv_graph *g, const pv_node *in)
{
    return pv_max(g, in[0], in[1]);
}

static pv_node min(pv_graph *g, const pv_node *in)
{
    return pv_min(g, in[0], in[1]);
}

static pv_node reduce_max(pv_graph *g, const pv_node *in)
{
    return pv_reduce_max(g, in[0], 1u << 1, 0);
}

static pv_node maxpool(pv_graph *g, const pv_node *in)
{
    return pv_maxpool(g, in[0], (pv_pool_options){.kernel = {2, 2}, .stride = {1, 1}});
}

static const kink kinks[] = {
    {"relu", relu, 1, {1, {3}}, {{-1, 0, 1}}, {{0, 0, 1}}},
    {"leaky_relu", leaky_relu, 1, {1, {3}}, {{-1, 0, 1}}, {{0.25, 0.25, 1}}},
    {"abs", absolute, 1, {1, {3}}, {{-1, 0, 1}}, {{-1, 0, 1}}},
    {"max: to the first", max, 2, {1, {3}}, {{1, 2, 3}, {2, 2, 2}}, {{0, 1, 1}, {1, 0, 0}}},
    {"min: to the first", min, 2, {1, {3}}, {{1, 2, 3}, {2, 2, 2}}, {{1, 1, 0}, {0, 0, 1}}},
    {"reduce_max: shared",
     reduce_max,
     1,
     {2, {2, 4}},
     {{1, 3, 3, 2, 5, 5, 5, 5}},
     {{0, 0.5, 0.5, 0, 0.25, 0.25, 0.25, 0.25}}},
    {"maxpool: to the first",
     maxpool,
     1,
     {4, {1, 3, 3, 1}},
     {{1, 5, 5, 0, 5, 2, 7, 0, -1}},
     {{0, 2, 0, 0, 1, 0, 1, 0, 0}}},
};
enum { KINKS = sizeof kinks / sizeof kinks[0] };

static int gradient_is_right(const kink *k, pv_backend_kind kind)
{
    pv_graph *g = NULL;
    pv_plan *plan = NULL;
    pv_node in[2], gradient[2];
    double got[MOST];
    int right = 1;
    CHECK_OK(pv_graph_new(&g));
    for (int i = 0; i < k->inputs; i++) in[i] = pv_input(g, i == 0 ? "a" : "b", k->shape);
    pv_node y = k->build(g, in);
    CHECK_OK(pv_grad(g, &y, NULL, 1, in, k->inputs, gradient));
    CHECK_OK(pv_compile(&plan, g, gradient, k->inputs,
                        &(pv_plan_options){.size = sizeof(pv_plan_options), .backend = kind}));
    for (int i = 0; i < k->inputs; i++) CHECK_OK(pv_plan_write(plan, in[i], k->in[i], PV_F64));
    CHECK_OK(pv_run(plan));
    for (int i = 0; i < k->inputs; i++) {
        CHECK_OK(pv_plan_read(plan, gradient[i], got, PV_F64));
        for (int64_t j = 0; j < pv_shape_count(&k->shape); j++) {
            if (got[j] == k->gradient[i][j]) continue;
            print_error("%s: input %d, element %d: %g, not %g\n", k->name, i, (int)j, got[j],
                        k->gradient[i][j]);
            right = 0;
        }
    }
    pv_plan_free(plan);
    pv_graph_free(g);
    return right;
}

static void gradients_at_kinks(pv_backend_kind kind)
{
    int wrong = 0;
    for (int i = 0; i < KINKS; i++) wrong += !gradient_is_right(&kinks[i], kind);
    assert_int_equal(wrong, 0);
}

static void reference_at_kinks(void **state)
{
    (void)state;
    gradients_at_kinks(PV_BACKEND_REF);
}

static void fast_at_kinks(void **state)
{
    (void)state;
    gradients_at_kinks(PV_BACKEND_FAST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_at_kinks),
        cmocka_unit_test(fast_at_kinks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
