/* The shape and dtype of what every builder returns. */
#include "unit/graph/expect.h"

static void leaves(void **state)
{
    (void)state;
    pv_graph *g = new_graph();
    pv_node x = pv_input(g, "x", PV_SHAPE(2, 3)), i = pv_input_index(g, "i", PV_SHAPE(4));
    pv_node w = pv_param(g, "w", PV_SHAPE(5)), c = pv_const(g, 2.5, SCALAR);
    EXPECT_SHAPE(x, 2, 3);
    EXPECT_SHAPE(i, 4);
    EXPECT_SHAPE(w, 5);
    EXPECT_SCALAR(c);
    EXPECT_SHAPE(pv_uniform(g, PV_SHAPE(7, 1), 3), 7, 1);
    assert_int_equal(pv_node_dtype(g, x), PV_F32);
    assert_int_equal(pv_node_dtype(g, i), PV_I32);
    assert_int_equal(pv_graph_size(g), 5);
    assert_string_equal(pv_node_name(g, x), "x");
    assert_string_equal(pv_node_name(g, c), "");
    assert_string_equal(pv_node_name(g, PV_NONE), "");
    assert_null(pv_node_shape(g, PV_NONE));
    assert_null(pv_node_shape(g, 99));
    assert_int_equal(pv_graph_find(g, "w"), w);
    assert_int_equal(pv_graph_find(g, "nothing"), PV_NONE);
    assert_int_equal(pv_graph_check(g), PV_OK);
    pv_graph_free(g);
    pv_graph_free(NULL);
}

static void names(void **state)
{
    (void)state;
    pv_graph *g = new_graph();
    pv_node x = pv_input(g, "x", PV_SHAPE(2)), y = pv_relu(g, x);
    pv_node_set_name(g, y, "first");
    pv_node_set_name(g, y, "second");
    assert_string_equal(pv_node_name(g, y), "second");
    assert_int_equal(pv_graph_find(g, "first"), PV_NONE);
    /* a dropout of nothing is its input: its name stays */
    pv_node_set_name(g, pv_dropout(g, x, 0, 1), "dropped");
    assert_string_equal(pv_node_name(g, x), "x");
    pv_node_set_name(g, PV_NONE, "nobody");
    assert_int_equal(pv_graph_check(g), PV_OK);
    pv_graph_free(g);
}

static void elementwise(void **state)
{
    (void)state;
    pv_graph *g = new_graph();
    pv_node x = REAL(2, 3), row = REAL(3), column = REAL(2, 1), one = REAL(1);
    pv_node (*const unary[])(pv_graph *, pv_node) = {
        pv_neg,  pv_square, pv_recip,    pv_exp,     pv_log,  pv_log1p,  pv_sqrt,
        pv_step, pv_rsqrt,  pv_abs,      pv_sign,    pv_erf,  pv_detach, pv_relu,
        pv_tanh, pv_gelu,   pv_softplus, pv_sigmoid, pv_logit};
    for (size_t k = 0; k < sizeof unary / sizeof *unary; k++) EXPECT_SHAPE(unary[k](g, x), 2, 3);
    pv_node (*const binary[])(pv_graph *, pv_node, pv_node) = {
        pv_add, pv_sub, pv_mul, pv_div, pv_max, pv_min, pv_greater, pv_equal};
    for (size_t k = 0; k < sizeof binary / sizeof *binary; k++) {
        EXPECT_SHAPE(binary[k](g, x, x), 2, 3);
        EXPECT_SHAPE(binary[k](g, x, row), 2, 3);
        EXPECT_SHAPE(binary[k](g, row, x), 2, 3);
        EXPECT_SHAPE(binary[k](g, row, column), 2, 3);
        EXPECT_SHAPE(binary[k](g, x, one), 2, 3);
        EXPECT_SHAPE(binary[k](g, real_of(g, SCALAR), x), 2, 3);
    }
    EXPECT_SCALAR(pv_add(g, real_of(g, SCALAR), real_of(g, SCALAR)));
    EXPECT_SHAPE(pv_affine(g, x, 2, 1), 2, 3);
    EXPECT_SHAPE(pv_scale(g, x, 2), 2, 3);
    EXPECT_SHAPE(pv_pow(g, x, 1.5), 2, 3);
    EXPECT_SHAPE(pv_leaky_relu(g, x, 0.1), 2, 3);
    EXPECT_SHAPE(pv_elu(g, x, 1), 2, 3);
    EXPECT_SHAPE(pv_select(g, column, row, one), 2, 3);
    pv_graph_free(g);
}

static void shape(void **state)
{
    (void)state;
    pv_graph *g = new_graph();
    pv_node x = REAL(2, 3, 4), image = REAL(5, 4, 6, 3);
    EXPECT_SHAPE(pv_reshape(g, x, PV_SHAPE(6, 4)), 6, 4);
    EXPECT_SHAPE(pv_reshape(g, INDEX(6), PV_SHAPE(2, 3)), 2, 3);
    EXPECT_SHAPE(pv_permute(g, x, 3, (const int[]){2, 0, 1}), 4, 2, 3);
    EXPECT_SHAPE(pv_transpose(g, x), 2, 4, 3);
    EXPECT_SHAPE(pv_broadcast(g, REAL(3, 1), PV_SHAPE(2, 3, 4)), 2, 3, 4);
    EXPECT_SHAPE(pv_slice(g, x, (const int64_t[]){1, 0, 2}, PV_SHAPE(1, 3, 2)), 1, 3, 2);
    EXPECT_SHAPE(pv_slice_axis(g, x, 1, 1, 3), 2, 2, 4);
    EXPECT_SHAPE(pv_slice_axis(g, x, -1, 0, 1), 2, 3, 1);
    EXPECT_SHAPE(pv_pad(g, x, (const int64_t[]){0, 1, 0}, PV_SHAPE(2, 6, 4)), 2, 6, 4);
    EXPECT_SHAPE(pv_concat(g, &x, 1, 0), 2, 3, 4);
    EXPECT_SHAPE(pv_concat(g, (const pv_node[]){x, x, REAL(2, 5, 4)}, 3, 1), 2, 11, 4);
    EXPECT_SHAPE(pv_concat(g, (const pv_node[]){x, x}, 2, -1), 2, 3, 8);
    EXPECT_SHAPE(pv_flatten(g, image), 5, 72);
    EXPECT_SHAPE(pv_flatten(g, REAL(3)), 3, 1);
    EXPECT_SHAPE(pv_squeeze2(g, image), 5, 2, 3, 12);
    EXPECT_SHAPE(pv_unsqueeze2(g, REAL(5, 2, 3, 12)), 5, 4, 6, 3);
    pv_graph_free(g);
}

/* channel 4c + 2 row + column holds the block's pixel (row, column): the permutation says it */
static void squeeze_order(void **state)
{
    (void)state;
    pv_graph *g = new_graph();
    pv_node y = pv_squeeze2(g, REAL(1, 4, 4, 3));
    const pv_graph_node *moved = &g->node[g->node[y].in[0]];
    const int32_t want[] = {0, 1, 3, 5, 2, 4};
    assert_int_equal(moved->op, PV_OP_PERMUTE);
    assert_memory_equal(moved->attr.axis, want, sizeof want);
    /* and back: the two permutations cancel */
    assert_int_equal(pv_unsqueeze2(g, y) != PV_NONE, 1);
    pv_graph_free(g);
}

static void reductions(void **state)
{
    (void)state;
    pv_graph *g = new_graph();
    pv_node x = REAL(2, 3, 4);
    EXPECT_SCALAR(pv_sum(g, x, 0, 0));
    EXPECT_SHAPE(pv_sum(g, x, 0, 1), 1, 1, 1);
    EXPECT_SHAPE(pv_sum(g, x, 1u << 1, 0), 2, 4);
    EXPECT_SHAPE(pv_mean(g, x, 1u << 0 | 1u << 2, 1), 1, 3, 1);
    EXPECT_SHAPE(pv_reduce_max(g, x, 1u << 2, 0), 2, 3);
    EXPECT_SCALAR(pv_mean(g, real_of(g, SCALAR), 0, 0));
    pv_node arg = pv_argmax(g, x);
    EXPECT_SHAPE(arg, 2, 3);
    assert_int_equal(pv_node_dtype(g, arg), PV_I32);
    EXPECT_SHAPE(pv_softmax(g, x), 2, 3, 4);
    EXPECT_SHAPE(pv_log_softmax(g, x), 2, 3, 4);
    pv_graph_free(g);
}

static void indices(void **state)
{
    (void)state;
    pv_graph *g = new_graph();
    EXPECT_SHAPE(pv_one_hot(g, INDEX(4, 2), 10), 4, 2, 10);
    EXPECT_SHAPE(pv_one_hot(g, index_of(g, SCALAR), 10), 10);
    EXPECT_SHAPE(pv_embedding(g, INDEX(4, 2), REAL(100, 8)), 4, 2, 8);
    EXPECT_SHAPE(pv_scatter(g, REAL(4, 2, 8), INDEX(4, 2), 100), 100, 8);
    pv_graph_free(g);
}

static void products(void **state)
{
    (void)state;
    pv_graph *g = new_graph();
    EXPECT_SHAPE(pv_matmul(g, REAL(2, 3), REAL(3, 5), 0, 0), 2, 5);
    EXPECT_SHAPE(pv_matmul(g, REAL(3, 2), REAL(3, 5), 1, 0), 2, 5);
    EXPECT_SHAPE(pv_matmul(g, REAL(2, 3), REAL(5, 3), 0, 1), 2, 5);
    EXPECT_SHAPE(pv_matmul(g, REAL(7, 8, 3, 2), REAL(7, 8, 5, 3), 1, 1), 7, 8, 2, 5);
    EXPECT_SHAPE(pv_dense(g, REAL(2, 3), REAL(5, 3), REAL(5)), 2, 5);
    EXPECT_SHAPE(pv_dense(g, REAL(2, 3), REAL(5, 3), PV_NONE), 2, 5);
    EXPECT_SHAPE(pv_inverse(g, REAL(4, 3, 3)), 4, 3, 3);
    EXPECT_SHAPE(pv_logdet(g, REAL(4, 3, 3)), 4);
    EXPECT_SCALAR(pv_logdet(g, REAL(3, 3)));
    pv_graph_free(g);
}

static void convolutions(void **state)
{
    (void)state;
    pv_graph *g = new_graph();
    pv_node x = REAL(8, 28, 20, 4), w = REAL(6, 5, 3, 4);
    EXPECT_SHAPE(pv_conv2d(g, x, w, REAL(6), (pv_conv_options){0}), 8, 24, 18, 6);
    EXPECT_SHAPE(pv_conv2d(g, x, w, PV_NONE, (pv_conv_options){.pad = {2, 1}}), 8, 28, 20, 6);
    EXPECT_SHAPE(pv_conv2d(g, x, w, PV_NONE, (pv_conv_options){.stride = {2, 3}, .pad = {2, 1}}), 8,
                 14, 7, 6);
    pv_node depthwise = pv_conv2d(g, x, REAL(8, 3, 3, 1), PV_NONE, (pv_conv_options){.groups = 4});
    EXPECT_SHAPE(depthwise, 8, 26, 18, 8);
    /* the adjoints know the shapes they came from */
    pv_window v = g->node[depthwise].attr.window;
    pv_node gy = REAL(8, 26, 18, 8);
    EXPECT_SHAPE(pv_conv_raw(g, PV_OP_CONV_DATA, g->node[depthwise].in[1], gy, &v), 8, 28, 20, 4);
    EXPECT_SHAPE(pv_conv_raw(g, PV_OP_CONV_WEIGHTS, x, gy, &v), 8, 3, 3, 1);
    pv_graph_free(g);
}

static void pooling(void **state)
{
    (void)state;
    pv_graph *g = new_graph();
    pv_node x = REAL(8, 28, 21, 4);
    EXPECT_SHAPE(pv_avgpool(g, x, (pv_pool_options){.kernel = {2, 2}}), 8, 14, 10, 4);
    pv_pool_options overlapping = {.kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1}};
    pv_node y = pv_maxpool(g, x, overlapping);
    EXPECT_SHAPE(y, 8, 14, 11, 4);
    assert_int_equal(g->node[y].op, PV_OP_POOL_GATHER);
    assert_int_equal(pv_node_dtype(g, g->node[y].in[1]), PV_I32);
    EXPECT_SHAPE(pv_global_avgpool(g, x), 8, 4);
    EXPECT_SHAPE(pv_global_maxpool(g, x), 8, 4);
    pv_graph_free(g);
}

static void norms(void **state)
{
    (void)state;
    pv_graph *g = new_graph();
    pv_node x = REAL(8, 5, 5, 6), c = REAL(6), d = REAL(6), mean, var;
    EXPECT_SHAPE(pv_batch_norm(g, x, c, d, 1e-5, &mean, &var), 8, 5, 5, 6);
    EXPECT_SHAPE(mean, 6);
    EXPECT_SHAPE(var, 6);
    EXPECT_SHAPE(pv_batch_norm(g, REAL(8, 6), PV_NONE, PV_NONE, 1e-5, NULL, NULL), 8, 6);
    EXPECT_SHAPE(pv_batch_norm_eval(g, x, c, d, mean, var, 1e-5), 8, 5, 5, 6);
    EXPECT_SHAPE(pv_batch_norm_eval(g, x, PV_NONE, PV_NONE, mean, var, 1e-5), 8, 5, 5, 6);
    EXPECT_SHAPE(pv_layer_norm(g, x, c, d, 1e-5), 8, 5, 5, 6);
    EXPECT_SHAPE(pv_layer_norm(g, c, PV_NONE, d, 1e-5), 6);
    EXPECT_SHAPE(pv_group_norm(g, x, 3, c, d, 1e-5), 8, 5, 5, 6);
    EXPECT_SHAPE(pv_dropout(g, x, 0.5, 7), 8, 5, 5, 6);
    EXPECT_SHAPE(pv_attention(g, REAL(2, 9, 4), REAL(2, 7, 4), REAL(2, 7, 3)), 2, 9, 3);
    pv_graph_free(g);
}

static void losses(void **state)
{
    (void)state;
    pv_graph *g = new_graph();
    pv_node x = REAL(4, 3), t = REAL(4, 3);
    EXPECT_SCALAR(pv_cross_entropy(g, x, t));
    EXPECT_SCALAR(pv_cross_entropy_index(g, x, INDEX(4)));
    EXPECT_SCALAR(pv_mse(g, x, t));
    EXPECT_SCALAR(pv_bce_logits(g, x, t));
    EXPECT_SCALAR(pv_cross_entropy(g, REAL(4, 2, 3), REAL(4, 2, 3)));
    pv_graph_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves),  cmocka_unit_test(names),      cmocka_unit_test(elementwise),
        cmocka_unit_test(shape),   cmocka_unit_test(reductions), cmocka_unit_test(squeeze_order),
        cmocka_unit_test(indices), cmocka_unit_test(products),   cmocka_unit_test(convolutions),
        cmocka_unit_test(pooling), cmocka_unit_test(norms),      cmocka_unit_test(losses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
