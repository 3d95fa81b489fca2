#include "kernel/ref/ref.h"

#include <string.h>

/* The rows (axis 0) or columns (axis 1) of the image that window number `at` covers: [*begin, *end)
 * without those that lie in the padding. */
static void cover(const pv_window *win, int axis, int64_t at, int64_t size, int64_t *begin,
                  int64_t *end)
{
    int64_t first = at * win->stride[axis] - win->pad[axis], last = first + win->kernel[axis];
    *begin = first < 0 ? 0 : first;
    *end = last > size ? size : last;
}

/* AVGPOOL and its adjoint are one bilinear form, as in conv.c: y = A·x, x = Aᵀ·y, where A has
 * 1/(kernel area) wherever window and pixel meet. */
static inline void walk(const pv_call *call, double *x, const pv_shape *xs, double *y,
                        const pv_shape *ys, pv_op wanted)
{
    const pv_window *win = &call->attr.window;
    int64_t h = xs->dim[1], wd = xs->dim[2], channels = xs->dim[3];
    double weight = 1.0 / ((double)win->kernel[0] * win->kernel[1]);
    int64_t y0, y1, x0, x1;
    memset(call->out.data, 0, (size_t)pv_shape_count(&call->out.shape) * sizeof(double));
    for (int64_t n = 0; n < xs->dim[0]; n++)
        for (int64_t oy = 0; oy < ys->dim[1]; oy++)
            for (int64_t ox = 0; ox < ys->dim[2]; ox++) {
                double *to = y + ((n * ys->dim[1] + oy) * ys->dim[2] + ox) * channels;
                cover(win, 0, oy, h, &y0, &y1);
                cover(win, 1, ox, wd, &x0, &x1);
                for (int64_t iy = y0; iy < y1; iy++)
                    for (int64_t ix = x0; ix < x1; ix++) {
                        double *from = x + ((n * h + iy) * wd + ix) * channels;
                        for (int64_t c = 0; c < channels; c++) {
                            if (wanted == PV_OP_AVGPOOL) to[c] += weight * from[c];
                            if (wanted == PV_OP_AVGPOOL_T) from[c] += weight * to[c];
                        }
                    }
            }
}

static void avgpool(const pv_call *call)
{
    walk(call, call->in[0].data, &call->in[0].shape, call->out.data, &call->out.shape,
         PV_OP_AVGPOOL);
}

static void avgpool_t(const pv_call *call)
{
    walk(call, call->out.data, &call->out.shape, call->in[0].data, &call->in[0].shape,
         PV_OP_AVGPOOL_T);
}

static void maxpool_index(const pv_call *call)
{
    const pv_window *win = &call->attr.window;
    const pv_shape *xs = &call->in[0].shape, *ys = &call->out.shape;
    int64_t h = xs->dim[1], wd = xs->dim[2], channels = xs->dim[3];
    int64_t y0, y1, x0, x1;
    int32_t *to = call->out.data;
    for (int64_t n = 0; n < xs->dim[0]; n++) {
        const double *x = (const double *)call->in[0].data + n * h * wd * channels;
        for (int64_t oy = 0; oy < ys->dim[1]; oy++)
            for (int64_t ox = 0; ox < ys->dim[2]; ox++) {
                cover(win, 0, oy, h, &y0, &y1);
                cover(win, 1, ox, wd, &x0, &x1);
                for (int64_t c = 0; c < channels; c++) {
                    int64_t best = y0 * wd + x0;
                    for (int64_t iy = y0; iy < y1; iy++)
                        for (int64_t ix = x0; ix < x1; ix++)
                            if (x[(iy * wd + ix) * channels + c] > x[best * channels + c])
                                best = iy * wd + ix;
                    *to++ = (int32_t)best;
                }
            }
    }
}

/* The value at the index and its adjoint: y[n,p,c] = x[n, index[n,p,c], c], and back. */
static inline void at_index(const pv_call *call, double *x, const pv_shape *xs, double *y,
                            pv_op wanted)
{
    const pv_shape *ys = &call->in[1].shape;
    const int32_t *index = call->in[1].data;
    int64_t pixels = xs->dim[1] * xs->dim[2], places = ys->dim[1] * ys->dim[2];
    int64_t channels = xs->dim[3], i = 0;
    for (int64_t n = 0; n < xs->dim[0]; n++)
        for (int64_t p = 0; p < places; p++)
            for (int64_t c = 0; c < channels; c++, i++) {
                double *from = x + (n * pixels + index[i]) * channels + c;
                if (wanted == PV_OP_POOL_GATHER) y[i] = *from;
                if (wanted == PV_OP_POOL_SCATTER) *from += y[i];
            }
}

static void pool_gather(const pv_call *call)
{
    at_index(call, call->in[0].data, &call->in[0].shape, call->out.data, PV_OP_POOL_GATHER);
}

static void pool_scatter(const pv_call *call)
{
    memset(call->out.data, 0, (size_t)pv_shape_count(&call->out.shape) * sizeof(double));
    at_index(call, call->out.data, &call->out.shape, call->in[0].data, PV_OP_POOL_SCATTER);
}

const pv_kernel pv_ref_AVGPOOL = {.run = avgpool};
const pv_kernel pv_ref_AVGPOOL_T = {.run = avgpool_t};
const pv_kernel pv_ref_MAXPOOL_INDEX = {.run = maxpool_index};
const pv_kernel pv_ref_POOL_GATHER = {.run = pool_gather};
const pv_kernel pv_ref_POOL_SCATTER = {.run = pool_scatter};
