#include "ops.h"

static uint32_t draw_axes(draw *d, pv_shape s)
{
    return (uint32_t)draw_int(d, 0, (1 << s.ndim) - 1);
}

static pv_node sum(draw *d)
{
    pv_shape s = draw_shape(d, 1, 4, 3);
    uint32_t axes = draw_axes(d, s);
    pv_node x = draw_normal(d, s);
    return pv_square(d->g, pv_sum(d->g, x, axes, (int)draw_int(d, 0, 1)));
}

static pv_node mean(draw *d)
{
    pv_shape s = draw_shape(d, 1, 4, 3);
    uint32_t axes = draw_axes(d, s);
    pv_node x = draw_normal(d, s);
    return pv_square(d->g, pv_mean(d->g, x, axes, (int)draw_int(d, 0, 1)));
}

static pv_node reduce_max(draw *d)
{
    pv_shape s = draw_shape(d, 1, 4, 3);
    uint32_t axes = draw_axes(d, s);
    pv_node x = draw_apart(d, s);
    return pv_square(d->g, pv_reduce_max(d->g, x, axes, (int)draw_int(d, 0, 1)));
}

static pv_node argmax(draw *d)
{
    pv_shape s = draw_shape(d, 1, 3, 4);
    pv_node x = draw_apart(d, s);
    pv_node winner = pv_one_hot(d->g, pv_argmax(d->g, x), s.dim[s.ndim - 1]);
    return pv_mul(d->g, pv_square(d->g, x), winner);
}

static pv_node softmax(draw *d)
{
    return pv_softmax(d->g, draw_normal(d, draw_shape(d, 1, 3, 5)));
}

static pv_node log_softmax(draw *d)
{
    return pv_log_softmax(d->g, draw_normal(d, draw_shape(d, 1, 3, 5)));
}

static pv_node one_hot(draw *d)
{
    pv_shape s = draw_shape(d, 1, 2, 3);
    int64_t classes = draw_int(d, 1, 4);
    pv_node hot = pv_one_hot(d->g, draw_index(d, s, classes), classes);
    s.dim[s.ndim++] = classes;
    return pv_mul(d->g, hot, pv_square(d->g, draw_normal(d, s)));
}

static pv_node embedding(draw *d)
{
    int64_t v = draw_int(d, 1, 4), width = draw_int(d, 1, 3);
    pv_node index = draw_index(d, draw_shape(d, 1, 3, 3), v);
    return pv_embedding(d->g, index, draw_normal(d, PV_SHAPE(v, width)));
}

static pv_node scatter(draw *d)
{
    int64_t rows = draw_int(d, 1, 4);
    pv_shape s = draw_shape(d, 1, 2, 4);
    pv_node index = draw_index(d, s, rows);
    s.dim[s.ndim++] = draw_int(d, 1, 3);
    return pv_scatter(d->g, draw_normal(d, s), index, rows);
}

static const op_case list[] = {
    {"sum", sum},         {"mean", mean},           {"reduce_max", reduce_max},
    {"argmax", argmax},   {"softmax", softmax},     {"log_softmax", log_softmax},
    {"one_hot", one_hot}, {"embedding", embedding}, {"scatter", scatter},
};

const op_cases cases_reduce = {list, sizeof list / sizeof list[0]};
