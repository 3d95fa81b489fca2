#include "kernel/dnnl/dnnl.h"
#include "kernel/dnnl/loops.h"

#include <math.h>
#include <omp.h>

enum { PARALLEL_FROM = 1 << 13 };

static int64_t row_length(const pv_shape *s)
{
    return s->ndim == 0 ? 1 : s->dim[s->ndim - 1];
}

/* Subtracting the largest of a row keeps every exponential in [0, 1]. */

static void softmax_row(const float *x, float *y, int64_t m, float largest)
{
    double total = 0.0;
    for (int64_t j = 0; j < m; j++) total += (double)(y[j] = expf(x[j] - largest));
    float scale = (float)(1.0 / total);
    for (int64_t j = 0; j < m; j++) y[j] *= scale;
}

static void log_softmax_row(const float *x, float *y, int64_t m, float largest)
{
    double total = 0.0;
    for (int64_t j = 0; j < m; j++) total += (double)expf(x[j] - largest);
    float shift = (float)log(total);
    for (int64_t j = 0; j < m; j++) y[j] = x[j] - largest - shift;
}

static inline void each_row(const pv_call *call,
                            void (*row)(const float *, float *, int64_t, float))
{
    const pv_loops *loops = pv_loops_best();
    const float *x = call->in[0].data;
    float *y = call->out.data;
    int64_t n = pv_shape_count(&call->in[0].shape), m = row_length(&call->in[0].shape);
#pragma omp parallel for schedule(static)                                                          \
    num_threads(call->threads) if (call->threads > 1 && n >= PARALLEL_FROM)
    for (int64_t r = 0; r < n / m; r++) row(x + r * m, y + r * m, m, loops->max_row(x + r * m, m));
}

static void softmax(const pv_call *call)
{
    each_row(call, softmax_row);
}

static void log_softmax(const pv_call *call)
{
    each_row(call, log_softmax_row);
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
