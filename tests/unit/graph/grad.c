/* The structure of gradients: shapes, what is pruned, zeros, cotangents, any order, refusals. That
 * the numbers are right is checked against finite differences in tests/unit/ops. */
#include "unit/graph/expect.h"

typedef struct rule {
    const char *name;
    pv_node (*build)(pv_graph *g, pv_node x); /* from x [2,4,4,2] */
    int gradient;                             /* 0: none passes */
} rule;

#define RULE(name, ...)                                                                            \
    static pv_node name(pv_graph *g, pv_node x)                                                    \
    {                                                                                              \
        (void)g;                                                                                   \
        return __VA_ARGS__;                                                                        \
    }

#define WINDOW ((pv_pool_options){.kernel = {2, 2}})

RULE(r_affine, pv_affine(g, x, 2, 1))
RULE(r_pow, pv_pow(g, x, 3))
RULE(r_leaky, pv_leaky_relu(g, x, 0.1))
RULE(r_elu, pv_elu(g, x, 1))
RULE(r_add, pv_add(g, x, REAL(2)))
RULE(r_add_small, pv_add(g, REAL(3, 2, 4, 4, 2), x))
RULE(r_sub, pv_sub(g, REAL(2), x))
RULE(r_mul, pv_mul(g, x, REAL(4, 1)))
RULE(r_div, pv_div(g, x, REAL(2)))
RULE(r_div_by, pv_div(g, REAL(2), x))
RULE(r_max, pv_max(g, x, REAL(2)))
RULE(r_min, pv_min(g, REAL(2), x))
RULE(r_select, pv_select(g, REAL(2), x, pv_square(g, x)))
RULE(r_condition, pv_select(g, x, REAL(2), REAL(2)))
RULE(r_greater, pv_greater(g, x, REAL(2)))
RULE(r_equal, pv_equal(g, x, REAL(2)))
RULE(r_reshape, pv_reshape(g, x, PV_SHAPE(8, 8)))
RULE(r_permute, pv_permute(g, x, 4, (const int[]){3, 1, 0, 2}))
RULE(r_broadcast, pv_broadcast(g, x, PV_SHAPE(5, 2, 4, 4, 2)))
RULE(r_slice, pv_slice_axis(g, x, 1, 1, 3))
RULE(r_pad, pv_pad(g, x, (const int64_t[]){1, 0, 2, 0}, PV_SHAPE(4, 4, 7, 2)))
RULE(r_concat, pv_concat(g, (const pv_node[]){REAL(1, 4, 4, 2), x, x}, 3, 0))
RULE(r_squeeze, pv_squeeze2(g, x))
RULE(r_sum, pv_sum(g, x, 1u << 1, 0))
RULE(r_mean, pv_mean(g, x, 0, 0))
RULE(r_reduce_max, pv_reduce_max(g, x, 1u << 3, 0))
RULE(r_one_hot, pv_one_hot(g, pv_argmax(g, x), 2))
RULE(r_embedding, pv_embedding(g, INDEX(5), pv_reshape(g, x, PV_SHAPE(8, 8))))
RULE(r_scatter, pv_scatter(g, pv_reshape(g, x, PV_SHAPE(8, 8)), INDEX(8), 5))
RULE(r_matmul, pv_matmul(g, x, REAL(2, 4, 2, 3), 0, 0))
RULE(r_matmul_ta, pv_matmul(g, x, REAL(2, 4, 4, 3), 1, 0))
RULE(r_matmul_tb, pv_matmul(g, REAL(2, 4, 3, 2), x, 0, 1))
RULE(r_matmul_tt, pv_matmul(g, REAL(2, 4, 4, 3), x, 1, 0))
RULE(r_conv, pv_conv2d(g, x, REAL(3, 3, 3, 2), REAL(3), (pv_conv_options){.pad = {1, 1}}))
RULE(r_conv_w, pv_conv2d(g, REAL(2, 5, 5, 2), x, PV_NONE, (pv_conv_options){0}))
RULE(r_avgpool, pv_avgpool(g, x, WINDOW))
RULE(r_maxpool, pv_maxpool(g, x, WINDOW))
RULE(r_global_max, pv_global_maxpool(g, x))
RULE(r_inverse, pv_inverse(g, pv_reshape(g, x, PV_SHAPE(4, 4, 4))))
RULE(r_logdet, pv_logdet(g, pv_reshape(g, x, PV_SHAPE(4, 4, 4))))
RULE(r_batch_norm, pv_batch_norm(g, x, REAL(2), REAL(2), 1e-5, NULL, NULL))
RULE(r_group_norm, pv_group_norm(g, x, 2, REAL(2), REAL(2), 1e-5))
RULE(r_dropout, pv_dropout(g, x, 0.5, 1))
RULE(r_attention, pv_attention(g, x, x, x))
RULE(r_entropy, pv_cross_entropy(g, x, pv_softmax(g, REAL(2, 4, 4, 2))))
RULE(r_bce, pv_bce_logits(g, x, REAL(2, 4, 4, 2)))

static const rule rules[] = {
    {"affine", r_affine, 1},
    {"recip", pv_recip, 1},
    {"exp", pv_exp, 1},
    {"log", pv_log, 1},
    {"log1p", pv_log1p, 1},
    {"sqrt", pv_sqrt, 1},
    {"rsqrt", pv_rsqrt, 1},
    {"pow", r_pow, 1},
    {"square", pv_square, 1},
    {"relu", pv_relu, 1},
    {"step", pv_step, 0},
    {"abs", pv_abs, 1},
    {"sign", pv_sign, 0},
    {"tanh", pv_tanh, 1},
    {"sigmoid", pv_sigmoid, 1},
    {"softplus", pv_softplus, 1},
    {"erf", pv_erf, 1},
    {"detach", pv_detach, 0},
    {"gelu", pv_gelu, 1},
    {"logit", pv_logit, 1},
    {"leaky", r_leaky, 1},
    {"elu", r_elu, 1},
    {"add", r_add, 1},
    {"add to larger", r_add_small, 1},
    {"sub", r_sub, 1},
    {"mul", r_mul, 1},
    {"div", r_div, 1},
    {"div by", r_div_by, 1},
    {"max", r_max, 1},
    {"min", r_min, 1},
    {"select", r_select, 1},
    {"condition", r_condition, 0},
    {"greater", r_greater, 0},
    {"equal", r_equal, 0},
    {"reshape", r_reshape, 1},
    {"permute", r_permute, 1},
    {"broadcast", r_broadcast, 1},
    {"slice", r_slice, 1},
    {"pad", r_pad, 1},
    {"concat", r_concat, 1},
    {"squeeze", r_squeeze, 1},
    {"sum", r_sum, 1},
    {"mean", r_mean, 1},
    {"reduce_max", r_reduce_max, 1},
    {"one_hot", r_one_hot, 0},
    {"softmax", pv_softmax, 1},
    {"log_softmax", pv_log_softmax, 1},
    {"embedding", r_embedding, 1},
    {"scatter", r_scatter, 1},
    {"matmul", r_matmul, 1},
    {"matmul ta", r_matmul_ta, 1},
    {"matmul tb", r_matmul_tb, 1},
    {"matmul ta second", r_matmul_tt, 1},
    {"conv", r_conv, 1},
    {"conv weights", r_conv_w, 1},
    {"avgpool", r_avgpool, 1},
    {"maxpool", r_maxpool, 1},
    {"global max", r_global_max, 1},
    {"inverse", r_inverse, 1},
    {"logdet", r_logdet, 1},
    {"batch_norm", r_batch_norm, 1},
    {"group_norm", r_group_norm, 1},
    {"dropout", r_dropout, 1},
    {"attention", r_attention, 1},
    {"entropy", r_entropy, 1},
    {"bce", r_bce, 1},
};

/* Every rule gives x's shape, and so does the rule of what it built, twice more. */
static void every_rule_any_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        pv_graph *g = new_graph();
        pv_node x = pv_input(g, "x", PV_SHAPE(2, 4, 4, 2)), y = rules[i].build(g, x), gx = PV_NONE;
        for (int order = 1; order <= 3; order++) {
            if (pv_grad(g, &y, NULL, 1, &x, 1, &gx) != PV_OK)
                fail_msg("%s, order %d: %s", rules[i].name, order, pv_trail_text());
            if (!pv_shape_equal(pv_node_shape(g, x), pv_node_shape(g, gx)))
                fail_msg("%s, order %d: another shape than x", rules[i].name, order);
            if (order == 1 && is_const_of(g, gx, 0) == rules[i].gradient)
                fail_msg("%s: a gradient %s expected", rules[i].name,
                         rules[i].gradient ? "was" : "was not");
            y = pv_square(g, gx);
        }
        pv_graph_free(g);
    }
}

static void independents_get_zero(void **state)
{
    (void)state;
    pv_graph *g = new_graph();
    pv_node x = REAL(2), z = REAL(3, 2), y = pv_exp(g, x), later = REAL(4), gx[4];
    const pv_node wanted[] = {z, x, later, pv_sign(g, x)};
    assert_int_equal(pv_grad(g, &y, NULL, 1, wanted, 4, gx), PV_OK);
    assert_true(is_const_of(g, gx[0], 0));
    EXPECT_SHAPE(gx[0], 3, 2);
    assert_int_equal(gx[1], y); /* exp times a cotangent of ones */
    assert_true(is_const_of(g, gx[2], 0));
    assert_true(is_const_of(g, gx[3], 0));
    pv_graph_free(g);
}

static void unwanted_paths_are_pruned(void **state)
{
    (void)state;
    pv_graph *g = new_graph();
    pv_node x = REAL(8, 6, 6, 3), w = pv_param(g, "w", PV_SHAPE(4, 3, 3, 3)), gw;
    pv_node v = pv_param(g, "v", PV_SHAPE(4, 3, 3, 4));
    pv_node h = pv_conv2d(g, x, w, PV_NONE, (pv_conv_options){.pad = {1, 1}});
    pv_node y = pv_sum(g, pv_conv2d(g, pv_relu(g, h), v, PV_NONE, (pv_conv_options){0}), 0, 0);
    int32_t before = pv_graph_size(g);
    assert_int_equal(pv_grad(g, &y, NULL, 1, &v, 1, &gw), PV_OK);
    assert_int_equal(count_op(g, PV_OP_CONV_DATA, before), 0);
    assert_int_equal(count_op(g, PV_OP_CONV_WEIGHTS, before), 1);
    assert_int_equal(count_op(g, PV_OP_STEP, before), 0);
    before = pv_graph_size(g);
    assert_int_equal(pv_grad(g, &y, NULL, 1, &w, 1, &gw), PV_OK);
    /* through the second convolution's data only, to the first one's weights only */
    assert_int_equal(count_op(g, PV_OP_CONV_DATA, before), 1);
    assert_int_equal(count_op(g, PV_OP_CONV_WEIGHTS, before), 1);
    pv_graph_free(g);
}

/* The three convolutions are each other's gradients, however often. */
static void convolutions_stay_in_the_trio(void **state)
{
    (void)state;
    pv_graph *g = new_graph();
    pv_node x = REAL(2, 7, 8, 4), w = REAL(6, 3, 2, 2), gxw[2];
    pv_node y = pv_conv2d(g, x, w, PV_NONE,
                          (pv_conv_options){.stride = {2, 1}, .pad = {1, 0}, .groups = 2});
    const pv_window window = g->node[y].attr.window;
    y = pv_square(g, y);
    for (int order = 0; order < 3; order++) {
        const pv_node xw[] = {x, w};
        assert_int_equal(pv_grad(g, &y, NULL, 1, xw, 2, gxw), PV_OK);
        EXPECT_SHAPE(gxw[0], 2, 7, 8, 4);
        EXPECT_SHAPE(gxw[1], 6, 3, 2, 2);
        y = pv_add(g, pv_sum(g, pv_square(g, gxw[0]), 0, 0), pv_sum(g, pv_square(g, gxw[1]), 0, 0));
    }
    for (size_t i = 0; i < g->size; i++)
        if (g->node[i].op >= PV_OP_CONV && g->node[i].op <= PV_OP_CONV_WEIGHTS)
            assert_memory_equal(&g->node[i].attr.window, &window, sizeof window);
    pv_graph_free(g);
}

static void cotangents_drive_it_from_outside(void **state)
{
    (void)state;
    pv_graph *g = new_graph();
    pv_node x = REAL(3), u = REAL(3), gx;
    const pv_node y[] = {pv_scale(g, x, 2), pv_tanh(g, x)};
    assert_int_equal(pv_grad(g, y, &u, 1, &x, 1, &gx), PV_OK);
    assert_true(is_op(g, gx, PV_OP_AFFINE));
    assert_int_equal(g->node[gx].in[0], u);
    const pv_node both[] = {u, u};
    assert_int_equal(pv_grad(g, y, both, 2, &x, 1, &gx), PV_OK);
    assert_true(is_op(g, gx, PV_OP_ADD));
    assert_int_equal(pv_grad(g, &x, &u, 1, &x, 1, &gx), PV_OK);
    assert_int_equal(gx, u);
    assert_int_equal(pv_grad(g, NULL, NULL, 0, &x, 1, &gx), PV_OK);
    assert_true(is_const_of(g, gx, 0));
    pv_graph_free(g);
}

/* The gradient with respect to something in the middle, and what lies before it. */
static void inner_nodes(void **state)
{
    (void)state;
    pv_graph *g = new_graph();
    pv_node x = REAL(3), h = pv_exp(g, x), y = pv_square(g, h), gxh[2];
    const pv_node wanted[] = {x, h};
    assert_int_equal(pv_grad(g, &y, NULL, 1, wanted, 2, gxh), PV_OK);
    assert_true(is_op(g, gxh[1], PV_OP_AFFINE)); /* 2 h */
    assert_int_equal(g->node[gxh[1]].in[0], h);
    assert_true(is_op(g, gxh[0], PV_OP_MUL));
    pv_graph_free(g);
}

static void calls_repeat(void **state)
{
    (void)state;
    pv_graph *g = new_graph();
    pv_node x = REAL(2, 3), y = pv_sum(g, pv_gelu(g, x), 0, 0), a, b;
    int32_t first = pv_graph_size(g);
    assert_int_equal(pv_grad(g, &y, NULL, 1, &x, 1, &a), PV_OK);
    int32_t second = pv_graph_size(g);
    assert_int_equal(pv_grad(g, &y, NULL, 1, &x, 1, &b), PV_OK);
    assert_int_equal(pv_graph_size(g) - second, second - first);
    for (int32_t i = first; i < second; i++)
        assert_int_equal(g->node[i].op, g->node[i + second - first].op);
    pv_graph_free(g);
}

/* Gradient inversion differentiates a gradient: its graph must not explode. */
static void second_order_stays_small(void **state)
{
    (void)state;
    pv_graph *g = new_graph();
    pv_node x = pv_input(g, "x", PV_SHAPE(1, 784)), t = pv_input(g, "t", PV_SHAPE(1, 10));
    pv_node w = pv_param(g, "w", PV_SHAPE(10, 784)), b = pv_param(g, "b", PV_SHAPE(10));
    pv_node target = pv_input(g, "target", PV_SHAPE(10, 784)), gw, gx;
    pv_node loss = pv_cross_entropy(g, pv_sigmoid(g, pv_dense(g, x, w, b)), t);
    assert_int_equal(pv_grad(g, &loss, NULL, 1, &w, 1, &gw), PV_OK);
    pv_node distance = pv_sum(g, pv_square(g, pv_sub(g, gw, target)), 0, 0);
    assert_int_equal(pv_grad(g, &distance, NULL, 1, &x, 1, &gx), PV_OK);
    EXPECT_SHAPE(gx, 1, 784);
    assert_true(pv_graph_size(g) < 80);
    pv_graph_free(g);
}

static void refusals(void **state)
{
    (void)state;
    pv_graph *g = new_graph();
    pv_node x = REAL(3), i = INDEX(3), y = pv_exp(g, x), u = REAL(2), gx = 5, none = PV_NONE;
    assert_int_equal(pv_grad(g, &none, NULL, 1, &x, 1, &gx), PV_ERR_USAGE);
    EXPECT_TEXT(pv_trail_text(), "y[0] is -1");
    assert_int_equal(gx, PV_NONE);
    assert_int_equal(pv_grad(g, &y, NULL, 1, &none, 1, &gx), PV_ERR_USAGE);
    EXPECT_TEXT(pv_trail_text(), "x[0] is -1");
    assert_int_equal(pv_grad(g, &y, &none, 1, &x, 1, &gx), PV_ERR_USAGE);
    EXPECT_TEXT(pv_trail_text(), "gy[0] is -1");
    assert_int_equal(pv_grad(g, &i, NULL, 1, &x, 1, &gx), PV_ERR_USAGE);
    EXPECT_TEXT(pv_trail_text(), "holds indices");
    assert_int_equal(pv_grad(g, &y, NULL, 1, &i, 1, &gx), PV_ERR_USAGE);
    assert_int_equal(pv_grad(g, &y, &i, 1, &x, 1, &gx), PV_ERR_USAGE);
    assert_int_equal(pv_grad(g, &y, &u, 1, &x, 1, &gx), PV_ERR_SHAPE);
    EXPECT_TEXT(pv_trail_text(), "[2]");
    EXPECT_TEXT(pv_trail_text(), "[3]");
    /* the graph itself is well */
    assert_int_equal(pv_graph_check(g), PV_OK);
    assert_int_equal(pv_grad(g, &y, NULL, 1, &x, 1, &gx), PV_OK);
    pv_graph_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_any_order),
        cmocka_unit_test(independents_get_zero),
        cmocka_unit_test(unwanted_paths_are_pruned),
        cmocka_unit_test(convolutions_stay_in_the_trio),
        cmocka_unit_test(cotangents_drive_it_from_outside),
        cmocka_unit_test(inner_nodes),
        cmocka_unit_test(calls_repeat),
        cmocka_unit_test(second_order_stays_small),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
