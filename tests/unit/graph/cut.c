/* Cutting a graph: who gets what, and where it can't be cut. */
#include "unit/graph/expect.h"

typedef struct net {
    pv_node x, label, cw, cb, mean, fw, fb;          /* leaves */
    pv_node conv, pooled, flat, dense, logits, loss; /* on the way */
} net;

/* conv - batch norm - relu - pool | dense - loss, with a running mean */
static net lenet_like(pv_graph *g)
{
    net n;
    pv_node batch_mean;
    n.x = pv_input(g, "x", PV_SHAPE(4, 12, 12, 1));
    n.label = pv_input_index(g, "label", PV_SHAPE(4));
    n.cw = pv_param(g, "conv.weight", PV_SHAPE(6, 5, 5, 1));
    n.cb = pv_param(g, "conv.bias", PV_SHAPE(6));
    n.mean = pv_param(g, "norm.mean", PV_SHAPE(6));
    n.fw = pv_param(g, "dense.weight", PV_SHAPE(10, 96));
    n.fb = pv_param(g, "dense.bias", PV_SHAPE(10));
    n.conv = pv_conv2d(g, n.x, n.cw, n.cb, (pv_conv_options){0});
    pv_node normed = pv_batch_norm(g, n.conv, PV_NONE, PV_NONE, 1e-5, &batch_mean, NULL);
    pv_assign(g, n.mean, pv_add(g, pv_scale(g, n.mean, 0.9), pv_scale(g, batch_mean, 0.1)));
    n.pooled = pv_avgpool(g, pv_relu(g, normed), (pv_pool_options){.kernel = {2, 2}});
    n.flat = pv_flatten(g, n.pooled);
    n.logits = pv_dense(g, n.flat, n.fw, n.fb);
    n.loss = pv_cross_entropy_index(g, n.logits, n.label);
    return n;
}

static int has(const pv_graph *g, const char *name)
{
    return pv_graph_find(g, name) != PV_NONE;
}

static void halves(void **state)
{
    (void)state;
    pv_graph *g = new_graph(), *front, *back;
    net n = lenet_like(g);
    pv_node_set_name(g, n.logits, "logits");
    const pv_node outputs[] = {n.loss, n.logits};
    assert_int_equal(pv_cut(g, n.pooled, outputs, 2, &front, &back), PV_OK);

    static const char *const in_front[] = {"x", "conv.weight", "conv.bias", "norm.mean", "cut"};
    static const char *const in_back[] = {"label", "dense.weight", "dense.bias",
                                          "cut",   "logits",       "output0"};
    for (size_t i = 0; i < sizeof in_front / sizeof *in_front; i++)
        assert_true(has(front, in_front[i]));
    for (size_t i = 0; i < sizeof in_back / sizeof *in_back; i++)
        assert_true(has(back, in_back[i]));
    assert_int_equal(count_op(front, PV_OP_PARAM, 0), 3);
    assert_int_equal(count_op(front, PV_OP_INPUT, 0), 1);
    assert_int_equal(count_op(back, PV_OP_PARAM, 0), 2);
    assert_int_equal(count_op(back, PV_OP_INPUT, 0), 2);

    pv_node out = pv_graph_find(front, "cut"), in = pv_graph_find(back, "cut");
    assert_int_equal(front->node[out].op, PV_OP_AVGPOOL);
    assert_int_equal(back->node[in].op, PV_OP_INPUT);
    assert_true(pv_shape_equal(pv_node_shape(front, out), pv_node_shape(g, n.pooled)));
    assert_true(pv_shape_equal(pv_node_shape(back, in), pv_node_shape(g, n.pooled)));

    /* the running mean is the front's own, though no output needs it */
    assert_int_equal(front->assigns, 1);
    assert_int_equal(back->assigns, 0);
    assert_string_equal(pv_node_name(front, front->assign[0].param), "norm.mean");

    /* each half can be driven on its own: the back hands the front the gradient at the cut */
    pv_node loss = pv_graph_find(back, "output0"), at_cut, weights;
    assert_int_equal(pv_grad(back, &loss, NULL, 1, &in, 1, &at_cut), PV_OK);
    pv_node arriving = pv_input(front, "gradient", *pv_node_shape(back, at_cut));
    pv_node w = pv_graph_find(front, "conv.weight");
    assert_int_equal(pv_grad(front, &out, &arriving, 1, &w, 1, &weights), PV_OK);
    assert_true(is_op(front, weights, PV_OP_CONV_WEIGHTS));
    pv_graph_free(g);
    pv_graph_free(front);
    pv_graph_free(back);
}

/* A half may be cut again: client, server, client. */
static void thirds(void **state)
{
    (void)state;
    pv_graph *g = new_graph(), *first, *rest, *second, *third;
    net n = lenet_like(g);
    pv_node_set_name(g, n.logits, "logits");
    pv_node_set_name(g, n.loss, "loss");
    assert_int_equal(pv_cut(g, n.pooled, &n.loss, 1, &first, &rest), PV_OK);
    pv_node loss = pv_graph_find(rest, "loss"), logits = pv_graph_find(rest, "logits");
    assert_int_equal(pv_cut(rest, logits, &loss, 1, &second, &third), PV_OK);
    assert_true(has(second, "cut") && has(second, "cut2") && has(second, "dense.weight"));
    assert_true(has(third, "cut2") && has(third, "label") && has(third, "loss"));
    assert_false(has(third, "cut") || has(third, "dense.weight"));
    assert_int_equal(third->node[pv_graph_find(third, "cut2")].op, PV_OP_INPUT);
    pv_graph_free(g);
    pv_graph_free(first);
    pv_graph_free(rest);
    pv_graph_free(second);
    pv_graph_free(third);
}

/* Assignments follow what they need, even through each other; one that needs neither half goes to
 * the front. */
static void assignments_follow(void **state)
{
    (void)state;
    pv_graph *g = new_graph(), *front, *back;
    pv_node x = REAL(3), h = pv_exp(g, x), y = pv_tanh(g, h);
    pv_node late = pv_param(g, "late", PV_SHAPE(3)), early = pv_param(g, "early", PV_SHAPE(3));
    pv_node chained = pv_param(g, "chained", PV_SHAPE(3));
    pv_node count = pv_param(g, "count", SCALAR), edge = pv_param(g, "edge", PV_SHAPE(3));
    pv_assign(g, chained, pv_mul(g, late, pv_const(g, 2, SCALAR)));
    pv_assign(g, count, pv_affine(g, count, 1, 1));
    pv_assign(g, edge, pv_mul(g, edge, h));
    pv_assign(g, late, pv_mul(g, late, y));
    pv_assign(g, early, pv_mul(g, early, x));
    assert_int_equal(pv_cut(g, h, &y, 1, &front, &back), PV_OK);
    assert_true(has(front, "early") && has(front, "count") && has(front, "edge"));
    assert_true(has(back, "late") && has(back, "chained"));
    assert_int_equal(front->assigns, 3);
    assert_int_equal(back->assigns, 2);
    pv_graph_free(g);
    pv_graph_free(front);
    pv_graph_free(back);
}

static void constants_are_copied(void **state)
{
    (void)state;
    pv_graph *g = new_graph(), *front, *back;
    pv_node five = pv_recip(g, pv_const(g, 5, PV_SHAPE(3)));
    pv_node h = pv_max(g, REAL(3), five), y = pv_min(g, h, five);
    assert_int_equal(pv_cut(g, h, &y, 1, &front, &back), PV_OK);
    assert_int_equal(count_op(front, PV_OP_CONST, 0), 1);
    assert_int_equal(count_op(back, PV_OP_CONST, 0), 1);
    pv_graph_free(g);
    pv_graph_free(front);
    pv_graph_free(back);
}

static void the_edge_as_output(void **state)
{
    (void)state;
    pv_graph *g = new_graph(), *front, *back;
    pv_node h = pv_argmax(g, REAL(3, 4));
    assert_int_equal(pv_cut(g, h, &h, 1, &front, &back), PV_OK);
    assert_int_equal(pv_graph_size(back), 1);
    assert_int_equal(pv_node_dtype(back, 0), PV_I32);
    pv_graph_free(g);
    pv_graph_free(front);
    pv_graph_free(back);
}

static void refused(const pv_graph *g, pv_node edge, const pv_node *outputs, int n,
                    const char *says)
{
    pv_graph *front = (pv_graph *)8, *back = (pv_graph *)8;
    assert_int_equal(pv_cut(g, edge, outputs, n, &front, &back), PV_ERR_USAGE);
    assert_null(front);
    assert_null(back);
    EXPECT_TEXT(pv_trail_text(), says);
}

static void refusals(void **state)
{
    (void)state;
    pv_graph *g = new_graph();
    pv_node x = pv_input(g, "x", PV_SHAPE(3)), w = pv_param(g, "tied", PV_SHAPE(3));
    pv_node a = pv_mul(g, x, w), b = pv_tanh(g, a), none = PV_NONE;
    pv_node_set_name(g, a, "skipped");
    pv_node skip = pv_add(g, b, a), tied = pv_mul(g, b, w), again = pv_mul(g, b, x);
    pv_node noise = pv_uniform(g, PV_SHAPE(3), 1), noisy = pv_mul(g, x, noise);
    pv_node twice = pv_mul(g, noisy, noise), fine = pv_exp(g, b);
    refused(g, b, &skip, 1, "\"skipped\"");
    refused(g, b, &tied, 1, "param \"tied\"");
    refused(g, b, &again, 1, "input \"x\"");
    refused(g, noisy, &twice, 1, "uniform");
    refused(g, b, (const pv_node[]){fine, a}, 2, "\"skipped\"");
    refused(g, b, &noisy, 1, "no output needs");
    refused(g, x, &fine, 1, "cut at a later node");
    refused(g, b, NULL, 0, "at least one output");
    refused(g, PV_NONE, &fine, 1, "the edge, -1");
    refused(g, b, &none, 1, "outputs[0]");
    pv_node sum = pv_param(g, "sum", PV_SHAPE(3));
    pv_assign(g, sum, pv_mul(g, a, fine)); /* needs both sides */
    refused(g, b, &fine, 1, "\"skipped\"");
    (void)pv_relu(g, PV_NONE);
    refused(g, b, &fine, 1, "relu");
    pv_graph_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(halves),
        cmocka_unit_test(thirds),
        cmocka_unit_test(assignments_follow),
        cmocka_unit_test(constants_are_copied),
        cmocka_unit_test(the_edge_as_output),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
