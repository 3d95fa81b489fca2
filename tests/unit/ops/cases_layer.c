#include "ops.h"

enum { STREAM = 3 };
static const double EPS = 1e-3;

/* A scale or shift of c channels, or none. */
static pv_node draw_channels(draw *d, int64_t c)
{
    return draw_int(d, 0, 2) ? draw_normal(d, PV_SHAPE(c)) : PV_NONE;
}

static pv_node batch_norm(draw *d)
{
    pv_graph *g = d->g;
    int64_t c = draw_int(d, 1, 3), n = draw_int(d, 3, 5), h = draw_int(d, 1, 2);
    pv_node mean, var;
    pv_node x = draw_normal(d, draw_int(d, 0, 1) ? PV_SHAPE(n, c) : PV_SHAPE(n, h, 2, c));
    pv_node gamma = draw_channels(d, c), beta = draw_channels(d, c);
    pv_node y = pv_batch_norm(g, x, gamma, beta, EPS, &mean, &var);
    /* The statistics are results too, and have gradients of their own. */
    return pv_add(g, y, pv_mul(g, mean, var));
}

static pv_node batch_norm_eval(draw *d)
{
    int64_t c = draw_int(d, 1, 3), n = draw_int(d, 1, 3);
    pv_node x = draw_normal(d, PV_SHAPE(n, 2, 2, c));
    pv_node gamma = draw_channels(d, c), beta = draw_channels(d, c);
    pv_node mean = draw_normal(d, PV_SHAPE(c)), var = draw_between(d, PV_SHAPE(c), 0.5, 2.0);
    return pv_batch_norm_eval(d->g, x, gamma, beta, mean, var, EPS);
}

static pv_node layer_norm(draw *d)
{
    pv_shape s = draw_shape(d, 1, 3, 3);
    int64_t c = s.dim[s.ndim - 1] = draw_int(d, 3, 6);
    pv_node x = draw_normal(d, s), gamma = draw_channels(d, c), beta = draw_channels(d, c);
    return pv_layer_norm(d->g, x, gamma, beta, EPS);
}

static pv_node group_norm(draw *d)
{
    int groups = (int)draw_int(d, 1, 3);
    int64_t c = groups * draw_int(d, 1, 2);
    pv_node x = draw_normal(d, PV_SHAPE(draw_int(d, 1, 2), 2, 2, c));
    pv_node gamma = draw_channels(d, c), beta = draw_channels(d, c);
    return pv_group_norm(d->g, x, groups, gamma, beta, EPS);
}

static pv_node dropout(draw *d)
{
    pv_node x = draw_normal(d, draw_shape(d, 1, 3, 4));
    return pv_dropout(d->g, pv_square(d->g, x), 0.4, STREAM);
}

static pv_node cross_entropy(draw *d)
{
    pv_shape s = PV_SHAPE(draw_int(d, 1, 4), draw_int(d, 1, 5));
    pv_node x = draw_normal(d, s);
    return pv_cross_entropy(d->g, x, draw_between(d, s, 0.0, 1.0));
}

static pv_node cross_entropy_index(draw *d)
{
    int64_t n = draw_int(d, 1, 4), classes = draw_int(d, 1, 5);
    pv_node x = draw_normal(d, PV_SHAPE(n, classes));
    return pv_cross_entropy_index(d->g, x, draw_index(d, PV_SHAPE(n), classes));
}

static pv_node mse(draw *d)
{
    pv_shape s = draw_shape(d, 1, 3, 4);
    pv_node x = draw_normal(d, s);
    return pv_mse(d->g, x, draw_normal(d, s));
}

static pv_node bce_logits(draw *d)
{
    pv_shape s = draw_shape(d, 1, 3, 4);
    pv_node x = draw_normal(d, s);
    return pv_bce_logits(d->g, x, draw_between(d, s, 0.0, 1.0));
}

static const op_case list[] = {
    {"batch_norm", batch_norm},
    {"batch_norm_eval", batch_norm_eval},
    {"layer_norm", layer_norm},
    {"group_norm", group_norm},
    {"dropout", dropout},
    {"cross_entropy", cross_entropy},
    {"cross_entropy_index", cross_entropy_index},
    {"mse", mse},
    {"bce_logits", bce_logits},
};

const op_cases cases_layer = {list, sizeof list / sizeof list[0]};
