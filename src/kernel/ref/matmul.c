#include "kernel/ref/ref.h"

/* C[i,j] = sum_k op(A)[i,k] · op(B)[k,j] for every matrix of the batch, where op transposes when
 * ta or tb asks for it. */
static void matmul(const pv_call *call)
{
    const pv_shape *as = &call->in[0].shape, *cs = &call->out.shape;
    int last = cs->ndim - 1;
    int ta = call->attr.ta != 0, tb = call->attr.tb != 0;
    int64_t m = cs->dim[last - 1], n = cs->dim[last], k = as->dim[ta ? last - 1 : last];
    /* One step along i, k or j moves this far in memory. */
    int64_t ai = ta ? 1 : k, ak = ta ? m : 1, bk = tb ? 1 : n, bj = tb ? k : 1;
    int64_t batch = pv_shape_count(cs) / (m * n);
    for (int64_t t = 0; t < batch; t++) {
        const double *a = (const double *)call->in[0].data + t * m * k;
        const double *b = (const double *)call->in[1].data + t * k * n;
        double *c = (double *)call->out.data + t * m * n;
        for (int64_t i = 0; i < m; i++)
            for (int64_t j = 0; j < n; j++) {
                double s = 0.0;
                for (int64_t l = 0; l < k; l++) s += a[i * ai + l * ak] * b[l * bk + j * bj];
                c[i * n + j] = s;
            }
    }
}

const pv_kernel pv_ref_MATMUL = {.run = matmul};
