/* What every builder refuses, and how: the message names the builder, both shapes and the rule. */
#include "unit/graph/expect.h"

#include <math.h>

typedef struct refusal {
    const char *name;
    pv_node (*build)(pv_graph *g);
    pv_status status;
    const char *says[3];
} refusal;

/* BAD(name, expression): a function that builds one bad expression. */
#define BAD(name, ...)                                                                             \
    static pv_node name(pv_graph *g)                                                               \
    {                                                                                              \
        return __VA_ARGS__;                                                                        \
    }

BAD(input_zero, pv_input(g, "x", PV_SHAPE(3, 0)))
BAD(input_negative, pv_input(g, "x", PV_SHAPE(-1)))
BAD(input_huge, pv_input(g, "x", PV_SHAPE(INT32_MAX, INT32_MAX, 4)))
BAD(input_wide, pv_input(g, "x", PV_SHAPE((int64_t)INT32_MAX + 1)))
BAD(input_seven, pv_input(g, "x", (pv_shape){.ndim = 7}))
BAD(input_nameless, pv_input(g, NULL, PV_SHAPE(1)))
BAD(param_nameless, pv_param(g, "", PV_SHAPE(1)))
BAD(const_zero, pv_const(g, 1, PV_SHAPE(0)))
BAD(uniform_zero, pv_uniform(g, PV_SHAPE(0), 1))
BAD(none, pv_relu(g, PV_NONE))
BAD(beyond, pv_add(g, REAL(2), 77))
BAD(index_in_add, pv_add(g, REAL(2), INDEX(2)))
BAD(index_in_relu, pv_relu(g, INDEX(2)))
BAD(index_in_affine, pv_affine(g, INDEX(2), 2, 0))
BAD(index_in_pow, pv_pow(g, INDEX(2), 2))
BAD(index_in_permute, pv_transpose(g, INDEX(2, 2)))
BAD(index_in_sum, pv_sum(g, INDEX(2), 0, 0))
BAD(index_in_slice, pv_slice_axis(g, INDEX(2), 0, 0, 1))
BAD(index_in_matmul, pv_matmul(g, INDEX(2, 2), REAL(2, 2), 0, 0))
BAD(real_in_one_hot, pv_one_hot(g, REAL(2), 3))
BAD(real_in_embedding, pv_embedding(g, REAL(2), REAL(5, 3)))
BAD(real_labels, pv_cross_entropy_index(g, REAL(2, 3), REAL(2)))
BAD(add_shapes, pv_add(g, REAL(2, 3), REAL(2)))
BAD(select_shapes, pv_select(g, REAL(2), REAL(3), REAL(1)))
BAD(reshape_count, pv_reshape(g, REAL(2, 3), PV_SHAPE(7)))
BAD(permute_twice, pv_permute(g, REAL(2, 3), 2, (const int[]){0, 0}))
BAD(permute_few, pv_permute(g, REAL(2, 3), 1, (const int[]){0}))
BAD(permute_beyond, pv_permute(g, REAL(2, 3), 2, (const int[]){0, 2}))
BAD(transpose_vector, pv_transpose(g, REAL(2)))
BAD(broadcast_down, pv_broadcast(g, REAL(2, 3), PV_SHAPE(3)))
BAD(broadcast_other, pv_broadcast(g, REAL(2, 3), PV_SHAPE(4, 3)))
BAD(slice_beyond, pv_slice(g, REAL(4), (const int64_t[]){2}, PV_SHAPE(3)))
BAD(slice_before, pv_slice(g, REAL(4), (const int64_t[]){-1}, PV_SHAPE(3)))
BAD(slice_dims, pv_slice(g, REAL(4), (const int64_t[]){0, 0}, PV_SHAPE(1, 1)))
BAD(slice_axis_empty, pv_slice_axis(g, REAL(4), 0, 2, 2))
BAD(slice_axis_axis, pv_slice_axis(g, REAL(4), 1, 0, 1))
BAD(pad_beyond, pv_pad(g, REAL(4), (const int64_t[]){2}, PV_SHAPE(5)))
BAD(concat_nothing, pv_concat(g, NULL, 0, 0))
BAD(concat_dims, pv_concat(g, (const pv_node[]){REAL(2, 3), REAL(3)}, 2, 0))
BAD(concat_shapes, pv_concat(g, (const pv_node[]){REAL(2, 3), REAL(2, 4)}, 2, 0))
BAD(concat_axis, pv_concat(g, (const pv_node[]){REAL(2), REAL(2)}, 2, 1))
BAD(flatten_scalar, pv_flatten(g, real_of(g, SCALAR)))
BAD(squeeze_odd, pv_squeeze2(g, REAL(1, 3, 4, 1)))
BAD(unsqueeze_channels, pv_unsqueeze2(g, REAL(1, 3, 4, 6)))
BAD(sum_axis, pv_sum(g, REAL(2, 3), 1u << 2, 0))
BAD(mean_axis, pv_mean(g, REAL(2, 3), 1u << 31, 1))
BAD(max_axis, pv_reduce_max(g, REAL(2), 1u << 1, 1))
BAD(argmax_scalar, pv_argmax(g, real_of(g, SCALAR)))
BAD(softmax_scalar, pv_softmax(g, real_of(g, SCALAR)))
BAD(log_softmax_scalar, pv_log_softmax(g, real_of(g, SCALAR)))
BAD(one_hot_none, pv_one_hot(g, INDEX(2), 0))
BAD(one_hot_dims, pv_one_hot(g, INDEX(1, 1, 1, 1, 1, 1), 2))
BAD(embedding_table, pv_embedding(g, INDEX(2), REAL(5)))
BAD(scatter_rows, pv_scatter(g, REAL(4, 3), INDEX(5), 9))
BAD(matmul_inner, pv_matmul(g, REAL(2, 3), REAL(2, 3), 0, 0))
BAD(matmul_batch, pv_matmul(g, REAL(4, 2, 3), REAL(5, 3, 2), 0, 0))
BAD(matmul_vector, pv_matmul(g, REAL(3), REAL(3), 0, 0))
BAD(dense_in, pv_dense(g, REAL(64, 784), REAL(10, 785), PV_NONE))
BAD(dense_bias, pv_dense(g, REAL(64, 784), REAL(10, 784), REAL(9)))
BAD(conv_channels, pv_conv2d(g, REAL(1, 8, 8, 3), REAL(4, 3, 3, 2), PV_NONE, (pv_conv_options){0}))
BAD(conv_kernel, pv_conv2d(g, REAL(1, 4, 8, 3), REAL(4, 5, 5, 3), PV_NONE, (pv_conv_options){0}))
BAD(conv_stride,
    pv_conv2d(g, REAL(1, 8, 8, 3), REAL(4, 3, 3, 3), PV_NONE, (pv_conv_options){.stride = {-1, 1}}))
BAD(conv_pad,
    pv_conv2d(g, REAL(1, 8, 8, 3), REAL(4, 3, 3, 3), PV_NONE, (pv_conv_options){.pad = {-1, 0}}))
BAD(conv_groups,
    pv_conv2d(g, REAL(1, 8, 8, 4), REAL(3, 3, 3, 2), PV_NONE, (pv_conv_options){.groups = 2}))
BAD(conv_bias, pv_conv2d(g, REAL(1, 8, 8, 3), REAL(4, 3, 3, 3), REAL(3), (pv_conv_options){0}))
BAD(conv_dims, pv_conv2d(g, REAL(8, 8, 3), REAL(4, 3, 3, 3), PV_NONE, (pv_conv_options){0}))
BAD(pool_big, pv_avgpool(g, REAL(1, 3, 3, 1), (pv_pool_options){.kernel = {4, 4}}))
BAD(pool_none, pv_maxpool(g, REAL(1, 3, 3, 1), (pv_pool_options){0}))
BAD(pool_pad, pv_maxpool(g, REAL(1, 4, 4, 1), (pv_pool_options){.kernel = {2, 2}, .pad = {2, 0}}))
BAD(global_pool, pv_global_avgpool(g, REAL(3, 3)))
BAD(global_max_pool, pv_global_maxpool(g, REAL(3, 3)))
BAD(inverse_oblong, pv_inverse(g, REAL(3, 2)))
BAD(logdet_vector, pv_logdet(g, REAL(3)))
BAD(batch_norm_gamma, pv_batch_norm(g, REAL(4, 3), REAL(4), PV_NONE, 1e-5, NULL, NULL))
BAD(batch_norm_eps, pv_batch_norm(g, REAL(4, 3), PV_NONE, PV_NONE, 0, NULL, NULL))
BAD(batch_norm_vector, pv_batch_norm(g, REAL(4), PV_NONE, PV_NONE, 1e-5, NULL, NULL))
BAD(eval_mean, pv_batch_norm_eval(g, REAL(4, 3), PV_NONE, PV_NONE, REAL(2), REAL(3), 1e-5))
BAD(eval_none, pv_batch_norm_eval(g, REAL(4, 3), PV_NONE, PV_NONE, PV_NONE, REAL(3), 1e-5))
BAD(layer_norm_beta, pv_layer_norm(g, REAL(4, 3), PV_NONE, REAL(4), 1e-5))
BAD(group_norm_groups, pv_group_norm(g, REAL(2, 4, 4, 6), 4, PV_NONE, PV_NONE, 1e-5))
BAD(dropout_all, pv_dropout(g, REAL(2), 1, 1))
BAD(dropout_nan, pv_dropout(g, REAL(2), (double)NAN, 1))
BAD(attention_keys, pv_attention(g, REAL(2, 4), REAL(2, 5), REAL(2, 5)))
BAD(entropy_target, pv_cross_entropy(g, REAL(4, 3), REAL(4, 2)))
BAD(entropy_labels, pv_cross_entropy_index(g, REAL(4, 3), INDEX(3)))
BAD(mse_target, pv_mse(g, REAL(4), REAL(4, 1)))
BAD(bce_target, pv_bce_logits(g, REAL(4), REAL(3)))

#define SHAPE(name, ...)                                                                           \
    {                                                                                              \
#name, name, PV_ERR_SHAPE,                                                                 \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define USAGE(name, ...)                                                                           \
    {                                                                                              \
#name, name, PV_ERR_USAGE,                                                                 \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }

static const refusal refusals[] = {
    SHAPE(input_zero, "pv_input", "[3,0]"),
    SHAPE(input_negative, "[-1]"),
    SHAPE(input_huge, "must fit in memory"),
    SHAPE(input_wide, "2147483648"),
    SHAPE(input_seven, "7 dimensions"),
    USAGE(input_nameless, "a name is needed"),
    USAGE(param_nameless, "pv_param"),
    SHAPE(const_zero, "pv_const"),
    SHAPE(uniform_zero, "pv_uniform"),
    USAGE(none, "pv_relu", "-1 is not a node"),
    USAGE(beyond, "pv_add", "77 is not a node"),
    USAGE(index_in_add, "pv_add", "indices where real numbers"),
    USAGE(index_in_relu, "pv_relu"),
    USAGE(index_in_affine, "pv_affine"),
    USAGE(index_in_pow, "pv_pow"),
    USAGE(index_in_permute, "pv_transpose"),
    USAGE(index_in_sum, "pv_sum"),
    USAGE(index_in_slice, "pv_slice_axis"),
    USAGE(index_in_matmul, "pv_matmul"),
    USAGE(real_in_one_hot, "pv_one_hot", "real numbers where indices", "pv_input_index"),
    USAGE(real_in_embedding, "pv_embedding"),
    USAGE(real_labels, "pv_cross_entropy_index"),
    SHAPE(add_shapes, "pv_add", "[2,3]", "[2]"),
    SHAPE(select_shapes, "pv_select", "[2]", "[3]"),
    SHAPE(reshape_count, "pv_reshape", "[2,3]", "[7]"),
    SHAPE(permute_twice, "pv_permute", "[2,3]"),
    SHAPE(permute_few, "pv_permute", "1 were given"),
    SHAPE(permute_beyond, "pv_permute"),
    SHAPE(transpose_vector, "pv_transpose", "[2]"),
    SHAPE(broadcast_down, "pv_broadcast", "[2,3]", "[3]"),
    SHAPE(broadcast_other, "pv_broadcast", "[4,3]"),
    SHAPE(slice_beyond, "pv_slice", "[3] at [2]", "[4]"),
    SHAPE(slice_before, "pv_slice", "[-1]"),
    SHAPE(slice_dims, "pv_slice", "[1,1]"),
    SHAPE(slice_axis_empty, "pv_slice_axis", "[4]"),
    SHAPE(slice_axis_axis, "pv_slice_axis", "axis 1"),
    SHAPE(pad_beyond, "pv_pad", "[4]", "[5]"),
    USAGE(concat_nothing, "pv_concat"),
    SHAPE(concat_dims, "pv_concat", "[2,3]", "[3]"),
    SHAPE(concat_shapes, "pv_concat", "[2,3]", "[2,4]"),
    SHAPE(concat_axis, "pv_concat", "no axis 1"),
    SHAPE(flatten_scalar, "pv_flatten"),
    SHAPE(squeeze_odd, "pv_squeeze2", "[1,3,4,1]", "even"),
    SHAPE(unsqueeze_channels, "pv_unsqueeze2", "multiple of 4"),
    SHAPE(sum_axis, "pv_sum", "0x4", "[2,3]"),
    SHAPE(mean_axis, "pv_mean"),
    SHAPE(max_axis, "pv_reduce_max"),
    SHAPE(argmax_scalar, "pv_argmax"),
    SHAPE(softmax_scalar, "pv_softmax"),
    SHAPE(log_softmax_scalar, "pv_log_softmax"),
    SHAPE(one_hot_none, "pv_one_hot", "[2,0]"),
    SHAPE(one_hot_dims, "pv_one_hot"),
    SHAPE(embedding_table, "pv_embedding", "[5]"),
    SHAPE(scatter_rows, "pv_scatter", "[4,3]", "[5]"),
    SHAPE(matmul_inner, "pv_matmul", "[2,3]", "inner dimensions"),
    SHAPE(matmul_batch, "pv_matmul", "[4,2,3]", "[5,3,2]"),
    SHAPE(matmul_vector, "pv_matmul", "[3]"),
    SHAPE(dense_in, "pv_dense", "[64,784]", "[10,785]"),
    SHAPE(dense_bias, "pv_dense", "[9]", "must be [10]"),
    SHAPE(conv_channels, "pv_conv2d", "[1,8,8,3]", "[4,3,3,2]"),
    SHAPE(conv_kernel, "pv_conv2d", "kernel inside"),
    SHAPE(conv_stride, "pv_conv2d", "stride -1,1"),
    SHAPE(conv_pad, "pv_conv2d", "padding -1,0"),
    SHAPE(conv_groups, "pv_conv2d", "2 groups"),
    SHAPE(conv_bias, "pv_conv2d", "must be [4]"),
    SHAPE(conv_dims, "pv_conv2d", "[8,8,3]"),
    SHAPE(pool_big, "pv_avgpool", "window 4,4", "[1,3,3,1]"),
    SHAPE(pool_none, "pv_maxpool", "window 0,0"),
    SHAPE(pool_pad, "pv_maxpool", "padding 2,0"),
    SHAPE(global_pool, "pv_global_avgpool", "[3,3]"),
    SHAPE(global_max_pool, "pv_global_maxpool", "[3,3]"),
    SHAPE(inverse_oblong, "pv_inverse", "[3,2]", "square"),
    SHAPE(logdet_vector, "pv_logdet", "[3]"),
    SHAPE(batch_norm_gamma, "pv_batch_norm", "gamma", "must be [3]"),
    USAGE(batch_norm_eps, "pv_batch_norm", "eps"),
    SHAPE(batch_norm_vector, "pv_batch_norm", "fewer than 2"),
    SHAPE(eval_mean, "pv_batch_norm_eval", "the mean", "[2]"),
    USAGE(eval_none, "pv_batch_norm_eval"),
    SHAPE(layer_norm_beta, "pv_layer_norm", "beta"),
    SHAPE(group_norm_groups, "pv_group_norm", "4 groups"),
    USAGE(dropout_all, "pv_dropout", "[0,1)"),
    USAGE(dropout_nan, "pv_dropout"),
    SHAPE(attention_keys, "pv_attention", "[2,4]", "[2,5]"),
    SHAPE(entropy_target, "pv_cross_entropy", "[4,3]", "[4,2]"),
    SHAPE(entropy_labels, "pv_cross_entropy_index", "[4,3]", "[3]"),
    SHAPE(mse_target, "pv_mse", "[4]", "[4,1]"),
    SHAPE(bce_target, "pv_bce_logits", "[3]"),
};

static void every_refusal(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const refusal *r = &refusals[i];
        pv_graph *g = new_graph();
        pv_node x = r->build(g);
        pv_status s = pv_graph_check(g);
        if (x != PV_NONE || s != r->status)
            fail_msg("%s: node %d, %s: %s", r->name, (int)x, pv_status_name(s), pv_trail_text());
        for (int k = 0; k < 3 && r->says[k] != NULL; k++)
            if (strstr(pv_trail_text(), r->says[k]) == NULL)
                fail_msg("%s: \"%s\" does not say \"%s\"", r->name, pv_trail_text(), r->says[k]);
        pv_graph_free(g);
    }
}

static void the_first_failure_stays(void **state)
{
    (void)state;
    pv_graph *g = new_graph();
    pv_node x = REAL(2), y = pv_add(g, x, REAL(3)), gx;
    int32_t size = pv_graph_size(g);
    assert_int_equal(y, PV_NONE);
    /* nothing more is built, on good nodes neither, and the first sentence stays */
    assert_int_equal(pv_relu(g, x), PV_NONE);
    assert_int_equal(pv_relu(g, y), PV_NONE);
    assert_int_equal(pv_matmul(g, y, y, 0, 0), PV_NONE);
    assert_int_equal(pv_input(g, "late", PV_SHAPE(1)), PV_NONE);
    pv_assign(g, x, y);
    assert_int_equal(pv_graph_size(g), size);
    pv_trail_clear();
    assert_int_equal(pv_graph_check(g), PV_ERR_SHAPE);
    EXPECT_TEXT(pv_trail_text(), "pv_add");
    assert_int_equal(pv_grad(g, &x, NULL, 1, &x, 1, &gx), PV_ERR_SHAPE);
    assert_int_equal(gx, PV_NONE);
    EXPECT_TEXT(pv_trail_text(), "pv_add");
    pv_graph_free(g);
}

static void names_are_taken_once(void **state)
{
    (void)state;
    pv_graph *g = new_graph();
    (void)pv_param(g, "w", PV_SHAPE(2));
    assert_int_equal(pv_input(g, "w", PV_SHAPE(2)), PV_NONE);
    assert_int_equal(pv_graph_check(g), PV_ERR_USAGE);
    EXPECT_TEXT(pv_trail_text(), "\"w\" already");
    pv_graph_free(g);
}

static void assignments(void **state)
{
    (void)state;
    static const char *const says[] = {"not a parameter", "one shape", "twice", "-1 is not"};
    for (int i = 0; i < 4; i++) {
        pv_graph *g = new_graph();
        pv_node w = pv_param(g, "w", PV_SHAPE(2)), x = REAL(2);
        if (i == 0) pv_assign(g, x, w);
        if (i == 1) pv_assign(g, w, REAL(3));
        if (i == 2) {
            pv_assign(g, w, x);
            assert_int_equal(pv_graph_check(g), PV_OK);
            pv_assign(g, w, x);
        }
        if (i == 3) pv_assign(g, w, PV_NONE);
        assert_int_equal(pv_graph_check(g), i == 1 ? PV_ERR_SHAPE : PV_ERR_USAGE);
        EXPECT_TEXT(pv_trail_text(), says[i]);
        pv_graph_free(g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_refusal),
        cmocka_unit_test(the_first_failure_stays),
        cmocka_unit_test(names_are_taken_once),
        cmocka_unit_test(assignments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
