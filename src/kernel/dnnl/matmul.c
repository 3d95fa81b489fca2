#include "base/mem.h"
#include "kernel/dnnl/dnnl.h"
#include "kernel/dnnl/implementation.h"
#include "kernel/dnnl/primitive.h"

/* Measured (bench/kernels): oneDNN's BLAS call has the smaller overhead and is up to three times
 * faster where there are few rows. With many its matmul primitive is up to 1.7 times faster for
 * x·wᵀ, shares aᵀ·b better among threads, and adds bias and relu on the way. */
enum { FEW_ROWS = 16 };

/* Below this, waking a passively waiting thread (about 9 us) costs more than it gains. */
static const double PARALLEL_FROM = 3e6; /* floating-point operations */

typedef struct state {
    pv_implementation head;
    pv_matmul_shape shape;
    int threads;
    pv_primitive *primitive; /* NULL: BLAS */
} state;

static pv_matmul_shape shape_of(const pv_call *call)
{
    const pv_shape *a = &call->in[0].shape, *y = &call->out.shape;
    int last = y->ndim - 1, ta = call->attr.ta != 0, tb = call->attr.tb != 0;
    int64_t m = y->dim[last - 1], n = y->dim[last];
    return (pv_matmul_shape){pv_shape_count(y) / (m * n),  m,  n,
                             a->dim[ta ? last - 1 : last], ta, tb};
}

static void release(pv_call *call)
{
    state *s = call->state;
    if (s == NULL) return;
    pv_primitive_free(s->primitive);
    pv_free(s);
    call->state = NULL;
}

static pv_status prepare(pv_call *call)
{
    state *s = pv_calloc(1, sizeof *s);
    if (s == NULL) PV_FAIL_MEMORY(sizeof *s);
    call->state = s;
    s->shape = shape_of(call);
    double flops = 2.0 * (double)(s->shape.batch * s->shape.m) * (double)(s->shape.n * s->shape.k);
    s->threads = flops < PARALLEL_FROM ? 1 : call->threads;
    if (s->shape.batch == 1 && s->shape.m < FEW_ROWS) {
        s->head.name = "sgemm";
        return PV_OK;
    }
    pv_status status =
        pv_primitive_matmul(&s->primitive, &s->shape, call->has_bias, call->relu, s->threads);
    if (status != PV_OK) {
        release(call);
        return status;
    }
    s->head.name = pv_primitive_name(s->primitive);
    call->scratch_bytes = pv_primitive_scratch(s->primitive);
    return PV_OK;
}

static void finish_rows(const pv_call *call, const pv_matmul_shape *shape, const float *bias)
{
    float *y = call->out.data;
    for (int64_t i = 0; i < shape->m; i++, y += shape->n) {
        for (int64_t j = 0; bias != NULL && j < shape->n; j++) y[j] += bias[j];
        for (int64_t j = 0; call->relu && j < shape->n; j++) y[j] = y[j] < 0.0f ? 0.0f : y[j];
    }
}

static void run(const pv_call *call)
{
    const state *s = call->state;
    const float *a = call->in[0].data, *b = call->in[1].data;
    const float *bias = call->has_bias ? call->in[2].data : NULL;
    if (s->primitive != NULL) {
        pv_primitive_run(s->primitive, a, b, bias, call->out.data, call->scratch);
        return;
    }
    pv_primitive_sgemm(&s->shape, a, b, call->out.data, s->threads);
    if (bias != NULL || call->relu) finish_rows(call, &s->shape, bias);
}

const pv_kernel pv_dnnl_matmul = {.prepare = prepare, .run = run, .release = release};
