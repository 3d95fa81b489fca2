/* Mean pooling after a convolution of stride 1 is one convolution of stride p with a blurred
 * kernel:
 *
 *     pool_p(conv(x, w)) = conv_p(x, B w),   B w = w spread over a p x p window, divided by p^2
 *
 * which needs (k+p-1)^2 / (k p)^2 of the multiplications: a third for 5x5 kernels and p = 2. B is
 * the adjoint of mean pooling with stride 1 over the kernel's own two dimensions, so no new
 * operation is needed, and the two gradients follow (P is the pooling, Pt its adjoint, D and W the
 * gradients of a convolution):
 *
 *     D(w, Pt g) = D_p(B w, g)        W(x, Pt g) = Bt W_p(x, g)        sum of Pt g = sum of g
 */
#include "graph/ir.h"

#include <string.h>

/* Pooling without overlap or padding that uses every element. */
static int is_tiling(const pv_window *v)
{
    for (int i = 0; i < 2; i++)
        if (v->kernel[i] != v->stride[i] || v->pad[i] != 0 || v->pad_end[i] != 0 ||
            v->full[i] % v->kernel[i] != 0)
            return 0;
    return v->kernel[0] > 1 || v->kernel[1] > 1;
}

static int is_unit_stride(const pv_window *v)
{
    return v->stride[0] == 1 && v->stride[1] == 1;
}

/* The window of conv_p, and that of B over the kernel's dimensions. */
static void combine(const pv_window *conv, const pv_window *pool, pv_window *strided,
                    pv_window *blur)
{
    *strided = *conv;
    memset(blur, 0, sizeof *blur);
    blur->groups = 1;
    for (int i = 0; i < 2; i++) {
        strided->kernel[i] = conv->kernel[i] + pool->kernel[i] - 1;
        strided->stride[i] = pool->kernel[i];
        blur->kernel[i] = pool->kernel[i];
        blur->stride[i] = 1;
        blur->full[i] = strided->kernel[i];
    }
}

static pv_ir_node derived(const pv_ir_node *from, pv_op op, int nin, pv_ir_id a, pv_ir_id b,
                          pv_shape shape)
{
    pv_ir_node n;
    memset(&n, 0, sizeof n);
    n.op = op;
    n.nin = nin;
    n.in[0] = a;
    n.in[1] = b;
    n.dtype = from->dtype;
    n.shape = shape;
    n.origin = from->origin;
    return n;
}

/* B w */
static pv_status emit_blurred(const pv_ir *ir, const pv_ir_node *from, pv_ir_id w,
                              const pv_window *blur, pv_ir_emit emit, void *user, pv_ir_id *out)
{
    pv_shape shape = ir->node[w].shape;
    for (int i = 0; i < 2; i++) shape.dim[1 + i] = blur->full[i];
    pv_ir_node b = derived(from, PV_OP_AVGPOOL_T, 1, w, 0, shape);
    b.attr.window = *blur;
    return emit(user, &b, out);
}

/* pool(conv + bias): the bias comes after the mean as well as before it. */
static pv_status pool_of_conv(const pv_ir *ir, const int32_t *readers, pv_ir_node *n,
                              pv_ir_emit emit, void *user)
{
    pv_ir_id inner = n->in[0], bias = -1, blurred, product, repeated;
    pv_window strided, blur;
    if (ir->node[inner].op == PV_OP_ADD && readers[ir->node[inner].origin] == 1) {
        for (int k = 0; k < 2 && bias < 0; k++) {
            const pv_ir_node *b = &ir->node[ir->node[inner].in[k]];
            if (b->op != PV_OP_BROADCAST) continue;
            const pv_shape *s = &ir->node[b->in[0]].shape;
            if (s->ndim == 4 && s->dim[1] == 1 && s->dim[2] == 1) {
                bias = b->in[0];
                inner = ir->node[inner].in[1 - k];
            }
        }
    }
    if (ir->node[inner].op != PV_OP_CONV || readers[ir->node[inner].origin] != 1 ||
        !is_unit_stride(&ir->node[inner].attr.window))
        return PV_OK;
    combine(&ir->node[inner].attr.window, &n->attr.window, &strided, &blur);
    pv_ir_id x = ir->node[inner].in[0], w = ir->node[inner].in[1];
    PV_TRY(emit_blurred(ir, n, w, &blur, emit, user, &blurred));
    pv_ir_node conv = derived(n, PV_OP_CONV, 2, x, blurred, n->shape);
    conv.attr.window = strided;
    if (bias < 0) {
        *n = conv;
        return PV_OK;
    }
    PV_TRY(emit(user, &conv, &product));
    pv_ir_node broadcast = derived(n, PV_OP_BROADCAST, 1, bias, 0, n->shape);
    PV_TRY(emit(user, &broadcast, &repeated));
    *n = derived(n, PV_OP_ADD, 2, product, repeated, n->shape);
    return PV_OK;
}

static int spreads(const pv_ir *ir, pv_ir_id g)
{
    return ir->node[g].op == PV_OP_AVGPOOL_T && is_tiling(&ir->node[g].attr.window);
}

pv_status pv_ir_pooled(const pv_ir *ir, const int32_t *readers, pv_ir_node *n, pv_ir_emit emit,
                       void *user)
{
    pv_window strided, blur;
    pv_ir_id id;
    switch (n->op) {
    case PV_OP_AVGPOOL:
        return is_tiling(&n->attr.window) ? pool_of_conv(ir, readers, n, emit, user) : PV_OK;
    case PV_OP_CONV_DATA:
        if (!spreads(ir, n->in[1]) || !is_unit_stride(&n->attr.window)) return PV_OK;
        combine(&n->attr.window, &ir->node[n->in[1]].attr.window, &strided, &blur);
        n->in[1] = ir->node[n->in[1]].in[0];
        n->attr.window = strided;
        return emit_blurred(ir, n, n->in[0], &blur, emit, user, &n->in[0]);
    case PV_OP_CONV_WEIGHTS: {
        if (!spreads(ir, n->in[1]) || !is_unit_stride(&n->attr.window)) return PV_OK;
        combine(&n->attr.window, &ir->node[n->in[1]].attr.window, &strided, &blur);
        pv_shape wide = n->shape;
        for (int i = 0; i < 2; i++) wide.dim[1 + i] = strided.kernel[i];
        pv_ir_node w = derived(n, PV_OP_CONV_WEIGHTS, 2, n->in[0], ir->node[n->in[1]].in[0], wide);
        w.attr.window = strided;
        PV_TRY(emit(user, &w, &id));
        *n = derived(n, PV_OP_AVGPOOL, 1, id, 0, n->shape);
        n->attr.window = blur;
        return PV_OK;
    }
    case PV_OP_SUM:
        if (spreads(ir, n->in[0]) && (n->attr.axes & 6u) == 6u) n->in[0] = ir->node[n->in[0]].in[0];
        return PV_OK;
    default:
        return PV_OK;
    }
}
