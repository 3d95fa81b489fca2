#include "kernel/ref/ref.h"

#include <math.h>

/* The two reductions over chosen axes: every input element meets the result element whose index is
 * its own with the reduced axes set to 0. */
static inline void reduce(const pv_call *call, double first, double (*meet)(double, double))
{
    const pv_shape *in = &call->in[0].shape;
    const double *x = call->in[0].data;
    double *y = call->out.data;
    int64_t step[PV_MAX_DIMS] = {0}, index[PV_MAX_DIMS] = {0}, stride = 1;
    int64_t count = pv_shape_count(in), results = pv_shape_count(&call->out.shape);
    for (int k = in->ndim - 1; k >= 0; k--) {
        step[k] = call->attr.axes >> k & 1 ? 0 : stride;
        stride *= call->out.shape.dim[k];
    }
    for (int64_t i = 0; i < results; i++) y[i] = first;
    for (int64_t n = 0; n < count; n++) {
        int64_t i = 0;
        for (int k = 0; k < in->ndim; k++) i += step[k] * index[k];
        y[i] = meet(y[i], x[n]);
        for (int k = in->ndim - 1; k >= 0 && ++index[k] == in->dim[k]; k--) index[k] = 0;
    }
}

static double add(double a, double b)
{
    return a + b;
}

static double larger(double a, double b)
{
    return b > a ? b : a;
}

static void sum(const pv_call *call)
{
    reduce(call, 0.0, add);
}

static void reduce_max(const pv_call *call)
{
    reduce(call, -INFINITY, larger);
}

/* Rows of the last axis. */
static int64_t row_length(const pv_shape *s)
{
    return s->ndim == 0 ? 1 : s->dim[s->ndim - 1];
}

static void argmax(const pv_call *call)
{
    const double *x = call->in[0].data;
    int32_t *y = call->out.data;
    int64_t m = row_length(&call->in[0].shape), rows = pv_shape_count(&call->in[0].shape) / m;
    for (int64_t r = 0; r < rows; r++, x += m) {
        y[r] = 0;
        for (int64_t j = 1; j < m; j++)
            if (x[j] > x[y[r]]) y[r] = (int32_t)j;
    }
}

/* Subtracting the largest of a row keeps every exponential in [0, 1]. */
static double largest_of(const double *x, int64_t m)
{
    double largest = x[0];
    for (int64_t j = 1; j < m; j++) largest = larger(largest, x[j]);
    return largest;
}

static void softmax(const pv_call *call)
{
    const double *x = call->in[0].data;
    double *y = call->out.data;
    int64_t m = row_length(&call->in[0].shape), rows = pv_shape_count(&call->in[0].shape) / m;
    for (int64_t r = 0; r < rows; r++, x += m, y += m) {
        double largest = largest_of(x, m), total = 0.0;
        for (int64_t j = 0; j < m; j++) total += y[j] = exp(x[j] - largest);
        for (int64_t j = 0; j < m; j++) y[j] /= total;
    }
}

static void log_softmax(const pv_call *call)
{
    const double *x = call->in[0].data;
    double *y = call->out.data;
    int64_t m = row_length(&call->in[0].shape), rows = pv_shape_count(&call->in[0].shape) / m;
    for (int64_t r = 0; r < rows; r++, x += m, y += m) {
        double largest = largest_of(x, m), total = 0.0;
        for (int64_t j = 0; j < m; j++) total += exp(x[j] - largest);
        for (int64_t j = 0; j < m; j++) y[j] = x[j] - largest - log(total);
    }
}

const pv_kernel pv_ref_SUM = {.run = sum};
const pv_kernel pv_ref_REDUCE_MAX = {.run = reduce_max};
const pv_kernel pv_ref_ARGMAX = {.run = argmax};
const pv_kernel pv_ref_SOFTMAX = {.run = softmax};
const pv_kernel pv_ref_LOG_SOFTMAX = {.run = log_softmax};
