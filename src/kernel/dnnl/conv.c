#include "base/mem.h"
#include "kernel/dnnl/direct.h"
#include "kernel/dnnl/dnnl.h"
#include "kernel/dnnl/implementation.h"

/* Below this, waking a passively waiting thread (about 9 us) costs more than it gains. */
static const double PARALLEL_FROM = 3e6; /* floating-point operations */

/* oneDNN's weight gradient has its threads spin at barriers: where another process holds one of the
 * cores, each costs a time slice (3.4 ms instead of 0.08 were seen). Only large ones are worth that
 * risk. */
static const double PARALLEL_BARRIERS_FROM = 40e6;

typedef struct state {
    pv_implementation head;
    pv_conv_shape shape;
    int threads;
    pv_primitive *primitive; /* NULL: our own loops */
} state;

static pv_conv_shape shape_of(const pv_call *call)
{
    const pv_shape *x, *w, *y;
    if (call->op == PV_OP_CONV)
        x = &call->in[0].shape, w = &call->in[1].shape, y = &call->out.shape;
    else if (call->op == PV_OP_CONV_DATA)
        x = &call->out.shape, w = &call->in[0].shape, y = &call->in[1].shape;
    else
        x = &call->in[0].shape, w = &call->out.shape, y = &call->in[1].shape;
    pv_conv_shape s = {.n = x->dim[0],
                       .h = x->dim[1],
                       .w = x->dim[2],
                       .c = x->dim[3],
                       .oh = y->dim[1],
                       .ow = y->dim[2],
                       .o = y->dim[3],
                       .window = call->attr.window};
    s.window.kernel[0] = (int32_t)w->dim[1];
    s.window.kernel[1] = (int32_t)w->dim[2];
    return s;
}

/* Measured (bench/kernels, AVX-512): oneDNN fills vectors of 16 channels, so the direct loops win
 * where most of a vector would be empty: 2 to 3 times forward with at most 8 channels out, 1.5 to 5
 * times for the gradient to few channels in, 1.4 times for the gradient to 6 taps a row of at most
 * 8 channels. With exactly 16 channels out and few in they are 1.2 times faster forward, when there
 * are enough pixels to pay for packing the weights. Everywhere else oneDNN wins; reordering the
 * weights costs it 1 % of a ResNet-18's convolutions. */
static int prefers_direct(pv_op op, const pv_conv_shape *s)
{
    int64_t taps = s->window.kernel[1] * s->c;
    if (!pv_direct_fits(op, s)) return 0;
    if (op == PV_OP_CONV)
        return s->o <= 8 || (s->o == 16 && s->c <= 8 && s->n * s->oh * s->ow >= 64);
    if (op == PV_OP_CONV_DATA) return s->c <= 8;
    return taps <= 6;
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
    const pv_conv_shape *c = &s->shape;
    double flops = 2.0 * (double)(c->n * c->oh * c->ow * c->o) *
                   (double)(c->window.kernel[0] * c->window.kernel[1] * c->c / c->window.groups);
    int direct = prefers_direct(call->op, c), barriers = call->op == PV_OP_CONV_WEIGHTS && !direct;
    s->threads = flops < (barriers ? PARALLEL_BARRIERS_FROM : PARALLEL_FROM) ? 1 : call->threads;
    if (direct) {
        s->head.name = "own:direct";
        call->scratch_bytes = pv_direct_scratch(call->op, c, s->threads);
        return PV_OK;
    }
    pv_status status =
        pv_primitive_conv(&s->primitive, call->op, c, call->has_bias, call->relu, s->threads);
    if (status != PV_OK) {
        release(call);
        return status;
    }
    s->head.name = pv_primitive_name(s->primitive);
    call->scratch_bytes = pv_primitive_scratch(s->primitive);
    return PV_OK;
}

static void run(const pv_call *call)
{
    const state *s = call->state;
    const float *a = call->in[0].data, *b = call->in[1].data;
    const float *bias = call->has_bias ? call->in[2].data : NULL;
    if (s->primitive != NULL)
        pv_primitive_run(s->primitive, a, b, bias, call->out.data, call->scratch);
    else
        pv_direct_run(call->op, &s->shape, s->threads, a, b, bias, call->relu, call->out.data,
                      call->scratch);
}

const pv_kernel pv_dnnl_conv = {.prepare = prepare, .run = run, .release = release};
const pv_kernel pv_dnnl_conv_data = {.prepare = prepare, .run = run, .release = release};
const pv_kernel pv_dnnl_conv_weights = {.prepare = prepare, .run = run, .release = release};
