#include "ops.h"

static pv_node reshape(draw *d)
{
    pv_node x = draw_normal(d, PV_SHAPE(2, 3, 4));
    return pv_reshape(d->g, x, draw_int(d, 0, 1) ? PV_SHAPE(6, 4) : PV_SHAPE(4, 1, 3, 2));
}

static pv_node permute(draw *d)
{
    pv_shape s = draw_shape(d, 1, 4, 4);
    uint32_t order[PV_MAX_DIMS];
    int axis[PV_MAX_DIMS];
    for (int k = 0; k < s.ndim; k++) order[k] = (uint32_t)k;
    pv_rng_shuffle(&d->rng, order, (size_t)s.ndim);
    for (int k = 0; k < s.ndim; k++) axis[k] = (int)order[k];
    return pv_permute(d->g, draw_normal(d, s), s.ndim, axis);
}

static pv_node transpose(draw *d)
{
    return pv_transpose(d->g, draw_normal(d, draw_shape(d, 2, 4, 4)));
}

static pv_node broadcast(draw *d)
{
    pv_shape wide = draw_shape(d, 1, 4, 3), narrow = {0};
    int64_t gone = draw_int(d, 0, wide.ndim);
    narrow.ndim = wide.ndim - (int32_t)gone;
    for (int k = 0; k < narrow.ndim; k++)
        narrow.dim[k] = draw_int(d, 0, 1) ? 1 : wide.dim[k + (int)gone];
    return pv_broadcast(d->g, draw_normal(d, narrow), wide);
}

/* A box of random size and place inside another. */
static void draw_box(draw *d, pv_shape *outer, pv_shape *inner, int64_t *begin)
{
    *outer = *inner = draw_shape(d, 1, 4, 4);
    for (int k = 0; k < outer->ndim; k++) {
        begin[k] = draw_int(d, 0, outer->dim[k] - 1);
        inner->dim[k] = draw_int(d, 1, outer->dim[k] - begin[k]);
    }
}

static pv_node slice(draw *d)
{
    pv_shape outer, inner;
    int64_t begin[PV_MAX_DIMS];
    draw_box(d, &outer, &inner, begin);
    return pv_slice(d->g, draw_normal(d, outer), begin, inner);
}

static pv_node slice_axis(draw *d)
{
    pv_shape s = draw_shape(d, 1, 4, 4);
    int axis = (int)draw_int(d, 0, s.ndim - 1);
    int64_t begin = draw_int(d, 0, s.dim[axis] - 1), end = draw_int(d, begin + 1, s.dim[axis]);
    if (draw_int(d, 0, 1)) axis -= s.ndim;
    return pv_slice_axis(d->g, draw_normal(d, s), axis, begin, end);
}

static pv_node pad(draw *d)
{
    pv_shape outer, inner;
    int64_t begin[PV_MAX_DIMS];
    draw_box(d, &outer, &inner, begin);
    return pv_pad(d->g, draw_normal(d, inner), begin, outer);
}

static pv_node concat(draw *d)
{
    pv_node x[4];
    pv_shape s = draw_shape(d, 1, 3, 3);
    int n = (int)draw_int(d, 1, 4), axis = (int)draw_int(d, 0, s.ndim - 1);
    for (int i = 0; i < n; i++) {
        s.dim[axis] = draw_int(d, 1, 3);
        x[i] = draw_normal(d, s);
    }
    return pv_square(d->g, pv_concat(d->g, x, n, axis));
}

static pv_node flatten(draw *d)
{
    return pv_flatten(d->g, draw_normal(d, draw_shape(d, 2, 4, 3)));
}

static pv_node squeeze2(draw *d)
{
    int64_t n = draw_int(d, 1, 2), h = draw_int(d, 1, 2), w = draw_int(d, 1, 3);
    return pv_squeeze2(d->g, draw_normal(d, PV_SHAPE(n, 2 * h, 2 * w, draw_int(d, 1, 2))));
}

static pv_node unsqueeze2(draw *d)
{
    int64_t n = draw_int(d, 1, 2), h = draw_int(d, 1, 2), w = draw_int(d, 1, 3);
    return pv_unsqueeze2(d->g, draw_normal(d, PV_SHAPE(n, h, w, 4 * draw_int(d, 1, 2))));
}

static const op_case list[] = {
    {"reshape", reshape},
    {"permute", permute},
    {"transpose", transpose},
    {"broadcast", broadcast},
    {"slice", slice},
    {"slice_axis", slice_axis},
    {"pad", pad},
    {"concat", concat},
    {"flatten", flatten},
    {"squeeze2", squeeze2},
    {"unsqueeze2", unsqueeze2},
};

const op_cases cases_shape = {list, sizeof list / sizeof list[0]};
