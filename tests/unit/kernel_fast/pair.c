#include "pair.h"

#include "base/mem.h"
#include <math.h>
#include <omp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static pv_operand operand(pv_dtype dtype, const pv_shape *shape)
{
    pv_operand o = {.dtype = dtype, .shape = *shape};
    /* exactly as many bytes as there are, so that a sanitizer sees every overrun */
    o.data = pv_alloc((size_t)pv_shape_count(shape), pv_dtype_size(dtype));
    assert_non_null(o.data);
    memset(o.data, 0xff, (size_t)pv_shape_count(shape) * pv_dtype_size(dtype)); /* NaN */
    return o;
}

static int is_index_result(pv_op op)
{
    return op == PV_OP_ARGMAX || op == PV_OP_MAXPOOL_INDEX;
}

void pair_make(pair *p, const pair_spec *spec, pv_rng *rng)
{
    *p = (pair){.seed = {pv_rng_u64(rng), 3}};
    pv_call call = {.op = spec->op, .nin = spec->nin, .attr = spec->attr, .threads = spec->threads};
    p->fast = p->ref = call;
    p->fast.has_bias = spec->has_bias;
    p->fast.relu = spec->relu;
    p->fast.seed = p->ref.seed = p->seed;
    for (int k = 0; k < spec->nin; k++) {
        pv_dtype real = spec->indices[k] > 0 ? PV_I32 : PV_F32;
        p->fast.in[k] = operand(real, &spec->in[k]);
        p->ref.in[k] = operand(real == PV_F32 ? PV_F64 : PV_I32, &spec->in[k]);
        int64_t n = pv_shape_count(&spec->in[k]);
        for (int64_t i = 0; i < n; i++) {
            if (real == PV_I32) {
                int32_t at = (int32_t)pv_rng_below(rng, (uint64_t)spec->indices[k]);
                ((int32_t *)p->fast.in[k].data)[i] = ((int32_t *)p->ref.in[k].data)[i] = at;
            } else {
                float x = (float)pv_rng_normal(rng);
                ((float *)p->fast.in[k].data)[i] = x;
                ((double *)p->ref.in[k].data)[i] = x;
            }
        }
    }
    p->fast.out = operand(is_index_result(spec->op) ? PV_I32 : PV_F32, &spec->out);
    p->ref.out = operand(is_index_result(spec->op) ? PV_I32 : PV_F64, &spec->out);
}

static const char *run(const pv_backend *backend, pv_call *call)
{
    static char name[64];
    const pv_kernel *kernel = backend->kernel[call->op];
    assert_non_null(kernel);
    call->scratch_bytes = 0;
    if (kernel->prepare != NULL && kernel->prepare(call) != PV_OK) fail_msg("%s", pv_trail_text());
    call->scratch = call->scratch_bytes == 0 ? NULL : pv_alloc_aligned(call->scratch_bytes, 1);
    if (call->scratch != NULL) memset(call->scratch, 0xff, call->scratch_bytes);
    kernel->run(call);
    if (backend == &pv_backend_dnnl)
        snprintf(name, sizeof name, "%s", pv_dnnl_implementation(call));
    if (kernel->release != NULL) kernel->release(call);
    pv_free(call->scratch);
    call->scratch = NULL;
    return name;
}

/* What the reference does not fuse. */
static void epilogue(const pair *p)
{
    const pv_call *c = &p->ref;
    double *y = c->out.data;
    const double *bias = p->fast.has_bias ? c->in[c->nin - 1].data : NULL;
    int64_t o = c->out.shape.dim[c->out.shape.ndim - 1];
    for (int64_t i = 0; i < pv_shape_count(&c->out.shape); i++) {
        if (bias != NULL) y[i] += bias[i % o];
        if (p->fast.relu && y[i] < 0.0) y[i] = 0.0;
    }
}

const char *pair_run(pair *p)
{
    run(&pv_backend_ref, &p->ref);
    if (p->fast.has_bias || p->fast.relu) epilogue(p);
    return run(&pv_backend_dnnl, &p->fast);
}

double pair_error(const pair *p)
{
    double error = 0.0, norm = 0.0;
    int64_t n = pv_shape_count(&p->fast.out.shape);
    for (int64_t i = 0; i < n; i++) {
        if (p->fast.out.dtype == PV_I32) {
            error += ((int32_t *)p->fast.out.data)[i] != ((int32_t *)p->ref.out.data)[i];
            continue;
        }
        double want = ((double *)p->ref.out.data)[i], got = ((float *)p->fast.out.data)[i];
        if (isnan(got)) return INFINITY;
        error += (got - want) * (got - want);
        norm += want * want;
    }
    if (p->fast.out.dtype == PV_I32) return error / (double)n;
    return error == 0.0 ? 0.0 : norm == 0.0 ? INFINITY : error / norm;
}

void pair_free(pair *p)
{
    for (int k = 0; k < p->fast.nin; k++) {
        pv_free(p->fast.in[k].data);
        pv_free(p->ref.in[k].data);
    }
    pv_free(p->fast.out.data);
    pv_free(p->ref.out.data);
}
