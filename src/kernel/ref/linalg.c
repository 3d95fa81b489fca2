#include "kernel/ref/ref.h"
#include "math/lu.h"

#include <string.h>

/* Scratch of one matrix: its LU factors, then the pivots. */
static pv_status prepare(pv_call *call)
{
    const pv_shape *s = &call->in[0].shape;
    size_t n = (size_t)s->dim[s->ndim - 1];
    call->scratch_bytes = n * n * sizeof(double) + n * sizeof(int32_t);
    return PV_OK;
}

static void factor(const pv_call *call, int64_t n, int64_t matrix, double **lu, int32_t **pivot)
{
    *lu = call->scratch;
    *pivot = (int32_t *)(*lu + n * n);
    memcpy(*lu, (const double *)call->in[0].data + matrix * n * n,
           (size_t)(n * n) * sizeof(double));
    pv_lu_factor(*lu, *pivot, n);
}

static void inverse(const pv_call *call)
{
    const pv_shape *s = &call->in[0].shape;
    int64_t n = s->dim[s->ndim - 1], batch = pv_shape_count(s) / (n * n);
    double *lu;
    int32_t *pivot;
    for (int64_t i = 0; i < batch; i++) {
        factor(call, n, i, &lu, &pivot);
        pv_lu_inverse(lu, pivot, n, (double *)call->out.data + i * n * n);
    }
}

static void logdet(const pv_call *call)
{
    const pv_shape *s = &call->in[0].shape;
    int64_t n = s->dim[s->ndim - 1], batch = pv_shape_count(s) / (n * n);
    double *lu;
    int32_t *pivot;
    for (int64_t i = 0; i < batch; i++) {
        factor(call, n, i, &lu, &pivot);
        ((double *)call->out.data)[i] = pv_lu_logdet(lu, n);
    }
}

const pv_kernel pv_ref_INVERSE = {.prepare = prepare, .run = inverse};
const pv_kernel pv_ref_LOGDET = {.prepare = prepare, .run = logdet};
