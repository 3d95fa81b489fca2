#include "ops.h"

/* Sizes of a windowed operation: strides, pads and kernels differ between rows and columns. */
typedef struct sizes {
    int64_t n, h, w, c;
    pv_window window;
    int64_t oh, ow;
} sizes;

static sizes draw_sizes(draw *d, int groups)
{
    sizes s = {.n = draw_int(d, 1, 2), .window.groups = groups};
    int64_t in[2], out[2];
    for (int k = 0; k < 2; k++) {
        pv_window *win = &s.window;
        win->kernel[k] = (int32_t)draw_int(d, 1, 3);
        win->stride[k] = (int32_t)draw_int(d, 1, 3);
        /* Less than the kernel, so that every window has a pixel in the image. */
        win->pad[k] = win->pad_end[k] = (int32_t)draw_int(d, 0, (win->kernel[k] - 1) / 2);
        in[k] = win->full[k] = (int32_t)draw_int(d, win->kernel[k], 5);
        out[k] = (in[k] + 2 * win->pad[k] - win->kernel[k]) / win->stride[k] + 1;
    }
    s.h = in[0], s.w = in[1], s.oh = out[0], s.ow = out[1];
    s.c = groups * draw_int(d, 1, 2);
    return s;
}

static pv_pool_options pool_options(const sizes *s)
{
    const pv_window *w = &s->window;
    return (pv_pool_options){.kernel = {w->kernel[0], w->kernel[1]},
                             .stride = {w->stride[0], w->stride[1]},
                             .pad = {w->pad[0], w->pad[1]}};
}

static pv_node conv2d(draw *d)
{
    int groups = (int)draw_int(d, 1, 2);
    sizes s = draw_sizes(d, groups);
    int64_t out = groups * draw_int(d, 1, 2);
    const pv_window *win = &s.window;
    pv_node x = draw_normal(d, PV_SHAPE(s.n, s.h, s.w, s.c));
    pv_node w = draw_normal(d, PV_SHAPE(out, win->kernel[0], win->kernel[1], s.c / groups));
    pv_node b = draw_int(d, 0, 1) ? draw_normal(d, PV_SHAPE(out)) : PV_NONE;
    return pv_conv2d(d->g, x, w, b,
                     (pv_conv_options){.stride = {win->stride[0], win->stride[1]},
                                       .pad = {win->pad[0], win->pad[1]},
                                       .groups = groups});
}

static pv_node conv_data(draw *d)
{
    int groups = (int)draw_int(d, 1, 2);
    sizes s = draw_sizes(d, groups);
    const pv_window *win = &s.window;
    int64_t out = groups * draw_int(d, 1, 2);
    pv_node w = draw_normal(d, PV_SHAPE(out, win->kernel[0], win->kernel[1], s.c / groups));
    pv_node y = draw_normal(d, PV_SHAPE(s.n, s.oh, s.ow, out));
    return pv_conv_raw(d->g, PV_OP_CONV_DATA, w, y, win);
}

static pv_node conv_weights(draw *d)
{
    int groups = (int)draw_int(d, 1, 2);
    sizes s = draw_sizes(d, groups);
    pv_node x = draw_normal(d, PV_SHAPE(s.n, s.h, s.w, s.c));
    pv_node y = draw_normal(d, PV_SHAPE(s.n, s.oh, s.ow, groups * draw_int(d, 1, 2)));
    return pv_conv_raw(d->g, PV_OP_CONV_WEIGHTS, x, y, &s.window);
}

static pv_node avgpool(draw *d)
{
    sizes s = draw_sizes(d, 1);
    return pv_avgpool(d->g, draw_normal(d, PV_SHAPE(s.n, s.h, s.w, s.c)), pool_options(&s));
}

static pv_node avgpool_t(draw *d)
{
    sizes s = draw_sizes(d, 1);
    return pv_pool_raw(d->g, PV_OP_AVGPOOL_T, draw_normal(d, PV_SHAPE(s.n, s.oh, s.ow, s.c)),
                       PV_NONE, &s.window);
}

static pv_node maxpool(draw *d)
{
    sizes s = draw_sizes(d, 1);
    pv_node x = draw_apart(d, PV_SHAPE(s.n, s.h, s.w, s.c));
    return pv_square(d->g, pv_maxpool(d->g, x, pool_options(&s)));
}

static pv_node pool_gather(draw *d)
{
    sizes s = draw_sizes(d, 1);
    pv_node index = draw_index(d, PV_SHAPE(s.n, s.oh, s.ow, s.c), s.h * s.w);
    pv_node x = draw_normal(d, PV_SHAPE(s.n, s.h, s.w, s.c));
    return pv_pool_raw(d->g, PV_OP_POOL_GATHER, x, index, &s.window);
}

static pv_node pool_scatter(draw *d)
{
    sizes s = draw_sizes(d, 1);
    pv_node index = draw_index(d, PV_SHAPE(s.n, s.oh, s.ow, s.c), s.h * s.w);
    pv_node y = draw_normal(d, PV_SHAPE(s.n, s.oh, s.ow, s.c));
    return pv_pool_raw(d->g, PV_OP_POOL_SCATTER, y, index, &s.window);
}

static pv_node global_avgpool(draw *d)
{
    sizes s = draw_sizes(d, 1);
    return pv_square(d->g, pv_global_avgpool(d->g, draw_normal(d, PV_SHAPE(s.n, s.h, s.w, s.c))));
}

static pv_node global_maxpool(draw *d)
{
    sizes s = draw_sizes(d, 1);
    return pv_square(d->g, pv_global_maxpool(d->g, draw_apart(d, PV_SHAPE(s.n, s.h, s.w, s.c))));
}

static const op_case list[] = {
    {"conv2d", conv2d},
    {"conv_data", conv_data},
    {"conv_weights", conv_weights},
    {"avgpool", avgpool},
    {"avgpool_t", avgpool_t},
    {"maxpool", maxpool},
    {"pool_gather", pool_gather},
    {"pool_scatter", pool_scatter},
    {"global_avgpool", global_avgpool},
    {"global_maxpool", global_maxpool},
};

const op_cases cases_image = {list, sizeof list / sizeof list[0]};
