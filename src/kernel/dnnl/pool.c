#include "kernel/dnnl/dnnl.h"
#include "kernel/dnnl/loops.h"

#include <omp.h>
#include <string.h>

/* Elements from which a second thread gains more than waking it costs: of means, which run at the
 * speed of the cache, and of index pooling, which does not. */
enum { PARALLEL_FROM = 1 << 18, PARALLEL_INDEX_FROM = 1 << 15 };

/* x is the pooled image, y the image of windows; both NHWC. */
typedef struct geometry {
    const pv_window *win;
    int64_t n, h, w, c, oh, ow;
} geometry;

static geometry geometry_of(const pv_call *call, const pv_shape *x, const pv_shape *y)
{
    return (geometry){&call->attr.window, x->dim[0], x->dim[1], x->dim[2],
                      x->dim[3],          y->dim[1], y->dim[2]};
}

/* The rows (axis 0) or columns (axis 1) of the image that window number `at` covers, [*begin,
 * *end), without those that lie in the padding. */
static void cover(const pv_window *win, int axis, int64_t at, int64_t size, int64_t *begin,
                  int64_t *end)
{
    int64_t first = at * win->stride[axis] - win->pad[axis], last = first + win->kernel[axis];
    *begin = first < 0 ? 0 : first;
    *end = last > size ? size : last;
}

/* Windows of 2x2 side by side that fill the image: the pooling of nearly all networks. */
static int is_plain(const geometry *g)
{
    const pv_window *win = g->win;
    return win->kernel[0] == 2 && win->kernel[1] == 2 && win->stride[0] == 2 &&
           win->stride[1] == 2 && win->pad[0] == 0 && win->pad[1] == 0 && g->h == 2 * g->oh &&
           g->w == 2 * g->ow;
}

/* Windows that move by one pixel and leave no padding in a row: a row of results is a sum of
 * shifted rows, whatever the number of channels. (Weights pooled into a convolution before it.) */
static int is_dense(const geometry *g)
{
    return g->win->stride[1] == 1 && g->win->pad[1] == 0 && g->w == g->ow + g->win->kernel[1] - 1;
}

static void mean_row(const geometry *g, const float *restrict x, int64_t oy, float *restrict y)
{
    float weight = 1.0f / (float)((int64_t)g->win->kernel[0] * g->win->kernel[1]);
    int64_t y0, y1, x0, x1;
    cover(g->win, 0, oy, g->h, &y0, &y1);
    if (is_dense(g)) {
        int64_t n = g->ow * g->c;
        for (int64_t j = 0; j < n; j++) y[j] = 0.0f;
        for (int64_t iy = y0; iy < y1; iy++)
            for (int64_t k = 0; k < g->win->kernel[1]; k++) {
                const float *from = x + (iy * g->w + k) * g->c;
                for (int64_t j = 0; j < n; j++) y[j] += from[j];
            }
        for (int64_t j = 0; j < n; j++) y[j] *= weight;
        return;
    }
    for (int64_t ox = 0; ox < g->ow; ox++, y += g->c) {
        cover(g->win, 1, ox, g->w, &x0, &x1);
        for (int64_t c = 0; c < g->c; c++) y[c] = 0.0f;
        for (int64_t iy = y0; iy < y1; iy++)
            for (int64_t ix = x0; ix < x1; ix++)
                for (int64_t c = 0; c < g->c; c++) y[c] += x[(iy * g->w + ix) * g->c + c];
        for (int64_t c = 0; c < g->c; c++) y[c] *= weight;
    }
}

static void avgpool(const pv_call *call)
{
    const pv_loops *loops = pv_loops_best();
    geometry g = geometry_of(call, &call->in[0].shape, &call->out.shape);
    const float *x = call->in[0].data;
    float *y = call->out.data;
    int64_t row = g.w * g.c, rows = g.n * g.oh;
    int plain = is_plain(&g);
#pragma omp parallel for schedule(static)                                                          \
    num_threads(call->threads) if (call->threads > 1 && g.n * g.h * row >= PARALLEL_FROM)
    for (int64_t r = 0; r < rows; r++) {
        float *to = y + r * g.ow * g.c;
        if (plain)
            loops->pool2(x + 2 * r * row, x + (2 * r + 1) * row, to, g.ow, g.c);
        else
            mean_row(&g, x + r / g.oh * g.h * row, r % g.oh, to);
    }
}

/* Adds one image of gradients to the image x. */
static void spread_image(const geometry *g, const float *restrict y, float *restrict x)
{
    float weight = 1.0f / (float)((int64_t)g->win->kernel[0] * g->win->kernel[1]);
    int64_t y0, y1, x0, x1;
    memset(x, 0, (size_t)(g->h * g->w * g->c) * sizeof *x);
    for (int64_t oy = 0, n = g->ow * g->c; is_dense(g) && oy < g->oh; oy++, y += n) {
        cover(g->win, 0, oy, g->h, &y0, &y1);
        for (int64_t iy = y0; iy < y1; iy++)
            for (int64_t k = 0; k < g->win->kernel[1]; k++) {
                float *to = x + (iy * g->w + k) * g->c;
                for (int64_t j = 0; j < n; j++) to[j] += weight * y[j];
            }
    }
    if (is_dense(g)) return;
    for (int64_t oy = 0; oy < g->oh; oy++)
        for (int64_t ox = 0; ox < g->ow; ox++, y += g->c) {
            cover(g->win, 0, oy, g->h, &y0, &y1);
            cover(g->win, 1, ox, g->w, &x0, &x1);
            for (int64_t iy = y0; iy < y1; iy++)
                for (int64_t ix = x0; ix < x1; ix++)
                    for (int64_t c = 0; c < g->c; c++)
                        x[(iy * g->w + ix) * g->c + c] += weight * y[c];
        }
}

static void avgpool_t(const pv_call *call)
{
    const pv_loops *loops = pv_loops_best();
    geometry g = geometry_of(call, &call->out.shape, &call->in[0].shape);
    const float *y = call->in[0].data;
    float *x = call->out.data;
    int64_t row = g.w * g.c, image = g.h * row, small = g.oh * g.ow * g.c;
    int plain = is_plain(&g);
#pragma omp parallel for schedule(static)                                                          \
    num_threads(call->threads) if (call->threads > 1 && g.n * image >= PARALLEL_FROM)
    for (int64_t n = 0; n < g.n; n++) {
        if (!plain) spread_image(&g, y + n * small, x + n * image);
        for (int64_t oy = 0; plain && oy < g.oh; oy++)
            loops->unpool2(y + n * small + oy * g.ow * g.c, x + n * image + 2 * oy * row,
                           x + n * image + (2 * oy + 1) * row, g.ow, g.c);
    }
}

/* Positions of the first maxima of one row of windows. */
static void index_row(const geometry *g, const float *x, int64_t oy, int32_t *to)
{
    int64_t y0, y1, x0, x1;
    cover(g->win, 0, oy, g->h, &y0, &y1);
    for (int64_t ox = 0; ox < g->ow; ox++, to += g->c) {
        cover(g->win, 1, ox, g->w, &x0, &x1);
        for (int64_t c0 = 0; c0 < g->c; c0 += 64) {
            int64_t m = g->c - c0 < 64 ? g->c - c0 : 64;
            float best[64];
            const float *from = x + (y0 * g->w + x0) * g->c + c0;
            for (int64_t c = 0; c < m; c++) {
                best[c] = from[c];
                to[c0 + c] = (int32_t)(y0 * g->w + x0);
            }
            for (int64_t iy = y0; iy < y1; iy++)
                for (int64_t ix = x0; ix < x1; ix++) {
                    int32_t at = (int32_t)(iy * g->w + ix);
                    from = x + at * g->c + c0;
                    for (int64_t c = 0; c < m; c++) {
                        to[c0 + c] = from[c] > best[c] ? at : to[c0 + c];
                        best[c] = from[c] > best[c] ? from[c] : best[c];
                    }
                }
        }
    }
}

static void maxpool_index(const pv_call *call)
{
    geometry g = geometry_of(call, &call->in[0].shape, &call->out.shape);
    const float *x = call->in[0].data;
    int32_t *y = call->out.data;
    int64_t image = g.h * g.w * g.c, rows = g.n * g.oh;
#pragma omp parallel for schedule(static)                                                          \
    num_threads(call->threads) if (call->threads > 1 && g.n * image >= PARALLEL_INDEX_FROM)
    for (int64_t r = 0; r < rows; r++)
        index_row(&g, x + r / g.oh * image, r % g.oh, y + r * g.ow * g.c);
}

/* The value at the index, y[n,p,c] = x[n, index[n,p,c], c], and its adjoint. */

static void pool_gather(const pv_call *call)
{
    geometry g = geometry_of(call, &call->in[0].shape, &call->out.shape);
    const float *x = call->in[0].data;
    const int32_t *index = call->in[1].data;
    float *y = call->out.data;
    int64_t places = g.n * g.oh * g.ow, each = g.oh * g.ow;
#pragma omp parallel for schedule(static)                                                          \
    num_threads(call->threads) if (call->threads > 1 && places * g.c >= PARALLEL_INDEX_FROM)
    for (int64_t p = 0; p < places; p++) {
        const float *from = x + p / each * g.h * g.w * g.c;
        for (int64_t c = 0; c < g.c; c++) y[p * g.c + c] = from[index[p * g.c + c] * g.c + c];
    }
}

static void pool_scatter(const pv_call *call)
{
    geometry g = geometry_of(call, &call->out.shape, &call->in[0].shape);
    const float *y = call->in[0].data;
    const int32_t *index = call->in[1].data;
    float *x = call->out.data;
    int64_t each = g.oh * g.ow * g.c, image = g.h * g.w * g.c;
#pragma omp parallel for schedule(static)                                                          \
    num_threads(call->threads) if (call->threads > 1 && g.n * image >= PARALLEL_INDEX_FROM)
    for (int64_t n = 0; n < g.n; n++) {
        memset(x + n * image, 0, (size_t)image * sizeof *x);
        for (int64_t i = n * each; i < (n + 1) * each; i += g.c)
            for (int64_t c = 0; c < g.c; c++) x[n * image + index[i + c] * g.c + c] += y[i + c];
    }
}

const pv_kernel pv_dnnl_avgpool = {.run = avgpool};
const pv_kernel pv_dnnl_avgpool_t = {.run = avgpool_t};
const pv_kernel pv_dnnl_maxpool_index = {.run = maxpool_index};
const pv_kernel pv_dnnl_pool_gather = {.run = pool_gather};
const pv_kernel pv_dnnl_pool_scatter = {.run = pool_scatter};
