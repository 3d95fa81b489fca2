#include "kernel/dnnl/dnnl.h"
#include "kernel/dnnl/loops.h"

#include <math.h>
#include <omp.h>
#include <string.h>

enum { PARALLEL_FROM = 1 << 14, BLOCK = 1 << 10 };

static int64_t row_length(const pv_shape *s)
{
    return s->ndim == 0 ? 1 : s->dim[s->ndim - 1];
}

/* Subtracting the largest of a row keeps every exponential in [0, 1]. Exponentials are taken of
 * many rows at once: rows of ten classes would leave vectors mostly empty. */

/* y becomes x minus the largest of its row. */
static void subtract_largest(const float *x, float *y, int64_t rows, int64_t m)
{
    const pv_loops *loops = pv_loops_best();
    for (int64_t r = 0; r < rows; r++, x += m, y += m) {
        float largest = loops->max_row(x, m);
        for (int64_t j = 0; j < m; j++) y[j] = x[j] - largest;
    }
}

static void softmax_rows(const float *x, float *y, int64_t rows, int64_t m)
{
    const pv_loops *loops = pv_loops_best();
    subtract_largest(x, y, rows, m);
    loops->exp_all(y, rows * m);
    for (int64_t r = 0; r < rows; r++, y += m) {
        float scale = (float)(1.0 / loops->sum_row(y, m));
        for (int64_t j = 0; j < m; j++) y[j] *= scale;
    }
}

static void log_softmax_rows(const float *x, float *y, int64_t rows, int64_t m)
{
    const pv_loops *loops = pv_loops_best();
    int64_t width = m < BLOCK ? m : BLOCK, at_once = BLOCK / width;
    subtract_largest(x, y, rows, m);
    for (int64_t r0 = 0; r0 < rows; r0 += at_once, y += at_once * m) {
        double total[BLOCK] = {0};
        float e[BLOCK];
        int64_t n = rows - r0 < at_once ? rows - r0 : at_once;
        /* several short rows, or one long row piece by piece */
        for (int64_t j = 0; j < n * m; j += BLOCK) {
            int64_t piece = n * m - j < BLOCK ? n * m - j : BLOCK;
            memcpy(e, y + j, (size_t)piece * sizeof *e);
            loops->exp_all(e, piece);
            for (int64_t r = 0; r * width < piece; r++)
                total[r] += loops->sum_row(e + r * width, piece < width ? piece : width);
        }
        for (int64_t r = 0; r < n; r++) {
            float shift = (float)log(total[r]);
            for (int64_t j = 0; j < m; j++) y[r * m + j] -= shift;
        }
    }
}

static inline void cut(const pv_call *call,
                       void (*rows_of)(const float *, float *, int64_t, int64_t))
{
    const float *x = call->in[0].data;
    float *y = call->out.data;
    int64_t n = pv_shape_count(&call->in[0].shape), m = row_length(&call->in[0].shape);
    int64_t rows = n / m, block = BLOCK / m > 1 ? BLOCK / m : 1;
#pragma omp parallel for schedule(static)                                                          \
    num_threads(call->threads) if (call->threads > 1 && n >= PARALLEL_FROM)
    for (int64_t r = 0; r < rows; r += block)
        rows_of(x + r * m, y + r * m, rows - r < block ? rows - r : block, m);
}

static void softmax(const pv_call *call)
{
    cut(call, softmax_rows);
}

static void log_softmax(const pv_call *call)
{
    cut(call, log_softmax_rows);
}

static void argmax(const pv_call *call)
{
    const float *x = call->in[0].data;
    int32_t *y = call->out.data;
    int64_t m = row_length(&call->in[0].shape), rows = pv_shape_count(&call->in[0].shape) / m;
    for (int64_t r = 0; r < rows; r++, x += m) {
        y[r] = 0;
        for (int64_t j = 1; j < m; j++)
            if (x[j] > x[y[r]]) y[r] = (int32_t)j;
    }
}

const pv_kernel pv_dnnl_softmax = {.run = softmax};
const pv_kernel pv_dnnl_log_softmax = {.run = log_softmax};
const pv_kernel pv_dnnl_argmax = {.run = argmax};
