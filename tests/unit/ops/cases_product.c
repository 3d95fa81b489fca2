#include "ops.h"

static pv_node matmul(draw *d)
{
    int batch = (int)draw_int(d, 0, 2), ta = (int)draw_int(d, 0, 1), tb = (int)draw_int(d, 0, 1);
    int64_t m = draw_int(d, 1, 4), k = draw_int(d, 1, 4), n = draw_int(d, 1, 4);
    pv_shape a = {.ndim = batch + 2}, b = {.ndim = batch + 2};
    for (int i = 0; i < batch; i++) a.dim[i] = b.dim[i] = draw_int(d, 1, 2);
    a.dim[batch] = ta ? k : m;
    a.dim[batch + 1] = ta ? m : k;
    b.dim[batch] = tb ? n : k;
    b.dim[batch + 1] = tb ? k : n;
    pv_node x = draw_normal(d, a), y = draw_normal(d, b);
    return pv_matmul(d->g, x, y, ta, tb);
}

static pv_node dense(draw *d)
{
    int64_t n = draw_int(d, 1, 4), in = draw_int(d, 1, 5), out = draw_int(d, 1, 4);
    pv_node x = draw_normal(d, PV_SHAPE(n, in)), w = draw_normal(d, PV_SHAPE(out, in));
    return pv_dense(d->g, x, w, draw_int(d, 0, 1) ? draw_normal(d, PV_SHAPE(out)) : PV_NONE);
}

static pv_shape draw_square(draw *d)
{
    pv_shape s = draw_shape(d, 2, 3, 2);
    s.dim[s.ndim - 1] = s.dim[s.ndim - 2] = draw_int(d, 1, 4);
    return s;
}

static pv_node inverse(draw *d)
{
    return pv_inverse(d->g, draw_invertible(d, draw_square(d)));
}

static pv_node logdet(draw *d)
{
    return pv_logdet(d->g, draw_invertible(d, draw_square(d)));
}

static pv_node attention(draw *d)
{
    int64_t n = draw_int(d, 1, 2), t = draw_int(d, 1, 4), s = draw_int(d, 1, 4);
    int64_t width = draw_int(d, 1, 4), out = draw_int(d, 1, 3);
    pv_node q = draw_normal(d, PV_SHAPE(n, t, width)), k = draw_normal(d, PV_SHAPE(n, s, width));
    return pv_attention(d->g, q, k, draw_normal(d, PV_SHAPE(n, s, out)));
}

static const op_case list[] = {
    {"matmul", matmul}, {"dense", dense},         {"inverse", inverse},
    {"logdet", logdet}, {"attention", attention},
};

const op_cases cases_product = {list, sizeof list / sizeof list[0]};
