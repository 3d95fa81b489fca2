#include "ops.h"

/* Sizes that real networks have, where fast kernels take other paths than for a handful of
 * elements; too large for finite differences. */

static pv_node conv(draw *d)
{
    int groups = draw_int(d, 0, 2) ? 1 : 2, k = 1 + 2 * (int)draw_int(d, 0, 2);
    int stride = (int)draw_int(d, 1, 2), pad = (int)draw_int(d, 0, k / 2);
    int64_t n = draw_int(d, 1, 3), side = draw_int(d, 7, 13), in = groups * draw_int(d, 3, 12);
    int64_t out = groups * draw_int(d, 3, 12);
    pv_node x = draw_normal(d, PV_SHAPE(n, side, side + 1, in));
    pv_node w = draw_normal(d, PV_SHAPE(out, k, k, in / groups));
    pv_node b = draw_normal(d, PV_SHAPE(out));
    return pv_conv2d(
        d->g, x, w, b,
        (pv_conv_options){.stride = {stride, stride}, .pad = {pad, pad}, .groups = groups});
}

static pv_node depthwise(draw *d)
{
    int c = (int)draw_int(d, 8, 24);
    pv_node x = draw_normal(d, PV_SHAPE(2, 9, 9, c)), w = draw_normal(d, PV_SHAPE(c, 3, 3, 1));
    return pv_conv2d(d->g, x, w, PV_NONE, (pv_conv_options){.pad = {1, 1}, .groups = c});
}

/* What one layer of a network is: its parts may be fused. */
static pv_node conv_norm_relu(draw *d)
{
    int64_t in = draw_int(d, 1, 16), out = draw_int(d, 1, 32);
    pv_node x = draw_normal(d, PV_SHAPE(4, 8, 8, in)), w = draw_normal(d, PV_SHAPE(out, 3, 3, in));
    pv_node gamma = draw_normal(d, PV_SHAPE(out)), beta = draw_normal(d, PV_SHAPE(out));
    pv_node h = pv_conv2d(d->g, x, w, PV_NONE, (pv_conv_options){.pad = {1, 1}});
    return pv_relu(d->g, pv_batch_norm(d->g, h, gamma, beta, 1e-5, NULL, NULL));
}

static pv_node conv_bias_relu_pool(draw *d)
{
    int64_t in = draw_int(d, 1, 16), out = draw_int(d, 1, 32);
    pv_node x = draw_normal(d, PV_SHAPE(3, 12, 12, in));
    pv_node w = draw_normal(d, PV_SHAPE(out, 5, 5, in)), b = draw_normal(d, PV_SHAPE(out));
    pv_node h = pv_relu(d->g, pv_conv2d(d->g, x, w, b, (pv_conv_options){0}));
    return pv_avgpool(d->g, h, (pv_pool_options){.kernel = {2, 2}});
}

static pv_node dense_relu(draw *d)
{
    int64_t n = draw_int(d, 1, 64), in = draw_int(d, 10, 200), out = draw_int(d, 10, 100);
    pv_node x = draw_normal(d, PV_SHAPE(n, in)), w = draw_normal(d, PV_SHAPE(out, in));
    return pv_relu(d->g, pv_dense(d->g, x, w, draw_normal(d, PV_SHAPE(out))));
}

static pv_node matmul_batch(draw *d)
{
    int ta = (int)draw_int(d, 0, 1), tb = (int)draw_int(d, 0, 1);
    int64_t n = draw_int(d, 1, 6), m = draw_int(d, 1, 40), k = draw_int(d, 1, 40);
    int64_t p = draw_int(d, 1, 40);
    pv_node a = draw_normal(d, ta ? PV_SHAPE(n, k, m) : PV_SHAPE(n, m, k));
    pv_node b = draw_normal(d, tb ? PV_SHAPE(n, p, k) : PV_SHAPE(n, k, p));
    return pv_matmul(d->g, a, b, ta, tb);
}

static pv_node attention(draw *d)
{
    int64_t t = draw_int(d, 9, 33), width = draw_int(d, 8, 32);
    pv_shape s = PV_SHAPE(2, t, width);
    pv_node q = draw_normal(d, s), k = draw_normal(d, s);
    return pv_attention(d->g, q, k, draw_normal(d, s));
}

static pv_node layer_norm(draw *d)
{
    int64_t c = draw_int(d, 17, 100);
    pv_node x = draw_normal(d, PV_SHAPE(2, 9, c));
    pv_node gamma = draw_normal(d, PV_SHAPE(c)), beta = draw_normal(d, PV_SHAPE(c));
    return pv_layer_norm(d->g, x, gamma, beta, 1e-5);
}

static pv_node gelu(draw *d)
{
    return pv_gelu(d->g, draw_normal(d, PV_SHAPE(draw_int(d, 1, 5000))));
}

static pv_node cross_entropy(draw *d)
{
    int64_t n = draw_int(d, 1, 100), classes = draw_int(d, 2, 100);
    pv_node x = draw_normal(d, PV_SHAPE(n, classes));
    return pv_cross_entropy_index(d->g, x, draw_index(d, PV_SHAPE(n), classes));
}

static pv_node maxpool(draw *d)
{
    pv_node x = draw_normal(d, PV_SHAPE(2, 13, 12, draw_int(d, 1, 20)));
    pv_pool_options three = {.kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1}};
    return pv_square(d->g, pv_maxpool(d->g, x, three));
}

static pv_node embedding(draw *d)
{
    int64_t v = draw_int(d, 2, 50), width = draw_int(d, 1, 40);
    pv_node index = draw_index(d, PV_SHAPE(5, 11), v);
    return pv_embedding(d->g, index, draw_normal(d, PV_SHAPE(v, width)));
}

static pv_node squeeze_permute_concat(draw *d)
{
    pv_node x = draw_normal(d, PV_SHAPE(2, 8, 6, draw_int(d, 1, 9)));
    pv_node half[2] = {pv_permute(d->g, x, 4, (int[]){0, 2, 1, 3}), pv_scale(d->g, x, 2.0)};
    half[0] = pv_squeeze2(d->g, pv_permute(d->g, half[0], 4, (int[]){0, 2, 1, 3}));
    half[1] = pv_squeeze2(d->g, half[1]);
    return pv_square(d->g, pv_concat(d->g, half, 2, 3));
}

static pv_node inverse(draw *d)
{
    int64_t n = draw_int(d, 8, 24);
    return pv_inverse(d->g, draw_invertible(d, PV_SHAPE(n, n)));
}

static const op_case list[] = {
    {"large conv", conv},
    {"large depthwise", depthwise},
    {"conv-norm-relu", conv_norm_relu},
    {"conv-relu-pool", conv_bias_relu_pool},
    {"large dense", dense_relu},
    {"large matmul", matmul_batch},
    {"large attention", attention},
    {"large layer_norm", layer_norm},
    {"large gelu", gelu},
    {"large cross_entropy", cross_entropy},
    {"large maxpool", maxpool},
    {"large embedding", embedding},
    {"squeeze and concat", squeeze_permute_concat},
    {"large inverse", inverse},
};

const op_cases cases_large = {list, sizeof list / sizeof list[0]};
