#include "kernel/dnnl/dnnl.h"
#include "math/lu.h"

/* Factors, inverse and pivots of one matrix in float64: the matrices are small and their condition
 * may be poor, so the factorisation is the truth's own. */
static pv_status prepare(pv_call *call)
{
    const pv_shape *s = &call->in[0].shape;
    size_t n = (size_t)s->dim[s->ndim - 1];
    call->scratch_bytes = 2 * n * n * sizeof(double) + n * sizeof(int32_t);
    return PV_OK;
}

static void factor(const pv_call *call, int64_t n, int64_t matrix, double *lu, int32_t *pivot)
{
    const float *a = (const float *)call->in[0].data + matrix * n * n;
    for (int64_t i = 0; i < n * n; i++) lu[i] = a[i];
    pv_lu_factor(lu, pivot, n);
}

static void inverse(const pv_call *call)
{
    const pv_shape *s = &call->in[0].shape;
    int64_t n = s->dim[s->ndim - 1], batch = pv_shape_count(s) / (n * n);
    double *lu = call->scratch, *inv = lu + n * n;
    int32_t *pivot = (int32_t *)(inv + n * n);
    float *y = call->out.data;
    for (int64_t m = 0; m < batch; m++, y += n * n) {
        factor(call, n, m, lu, pivot);
        pv_lu_inverse(lu, pivot, n, inv);
        for (int64_t i = 0; i < n * n; i++) y[i] = (float)inv[i];
    }
}

static void logdet(const pv_call *call)
{
    const pv_shape *s = &call->in[0].shape;
    int64_t n = s->dim[s->ndim - 1], batch = pv_shape_count(s) / (n * n);
    double *lu = call->scratch;
    int32_t *pivot = (int32_t *)(lu + 2 * n * n);
    float *y = call->out.data;
    for (int64_t m = 0; m < batch; m++) {
        factor(call, n, m, lu, pivot);
        y[m] = (float)pv_lu_logdet(lu, n);
    }
}

const pv_kernel pv_dnnl_inverse = {.prepare = prepare, .run = inverse};
const pv_kernel pv_dnnl_logdet = {.prepare = prepare, .run = logdet};
