#include "kernel/ref/ref.h"

#include <string.h>

/* All three convolutions are one trilinear form over the same products,
 *
 *     T(x, w, y) = sum x[n, iy, ix, c] · w[o, ky, kx, c'] · y[n, oy, ox, o]
 *     iy = oy·stride - pad + ky,  c = group(o)·C' + c'
 *
 * with what leaves the image counting as zero: CONV is dT/dy, CONV_DATA dT/dx, CONV_WEIGHTS dT/dw.
 * So one walk over the products serves all, and each adds to the tensor that it computes. */
typedef struct trio {
    double *x, *w, *y;
    const pv_shape *xs, *ws, *ys;
} trio;

static inline void walk(const pv_call *call, trio t, pv_op wanted)
{
    const pv_window *win = &call->attr.window;
    int64_t h = t.xs->dim[1], wd = t.xs->dim[2], in = t.xs->dim[3];
    int64_t kh = t.ws->dim[1], kw = t.ws->dim[2], cg = t.ws->dim[3];
    int64_t oh = t.ys->dim[1], ow = t.ys->dim[2], out = t.ys->dim[3], og = out / win->groups;
    memset(call->out.data, 0, (size_t)pv_shape_count(&call->out.shape) * sizeof(double));
    for (int64_t n = 0; n < t.xs->dim[0]; n++)
        for (int64_t oy = 0; oy < oh; oy++)
            for (int64_t ox = 0; ox < ow; ox++)
                for (int64_t ky = 0; ky < kh; ky++)
                    for (int64_t kx = 0; kx < kw; kx++) {
                        int64_t iy = oy * win->stride[0] - win->pad[0] + ky;
                        int64_t ix = ox * win->stride[1] - win->pad[1] + kx;
                        if (iy < 0 || iy >= h || ix < 0 || ix >= wd) continue;
                        double *y = t.y + ((n * oh + oy) * ow + ox) * out;
                        for (int64_t o = 0; o < out; o++) {
                            double *x = t.x + ((n * h + iy) * wd + ix) * in + o / og * cg;
                            double *w = t.w + ((o * kh + ky) * kw + kx) * cg;
                            for (int64_t c = 0; c < cg; c++) {
                                if (wanted == PV_OP_CONV) y[o] += x[c] * w[c];
                                if (wanted == PV_OP_CONV_DATA) x[c] += w[c] * y[o];
                                if (wanted == PV_OP_CONV_WEIGHTS) w[c] += x[c] * y[o];
                            }
                        }
                    }
}

static void conv(const pv_call *call)
{
    const pv_operand *x = &call->in[0], *w = &call->in[1], *y = &call->out;
    walk(call, (trio){x->data, w->data, y->data, &x->shape, &w->shape, &y->shape}, PV_OP_CONV);
}

static void conv_data(const pv_call *call)
{
    const pv_operand *w = &call->in[0], *y = &call->in[1], *x = &call->out;
    walk(call, (trio){x->data, w->data, y->data, &x->shape, &w->shape, &y->shape}, PV_OP_CONV_DATA);
}

static void conv_weights(const pv_call *call)
{
    const pv_operand *x = &call->in[0], *y = &call->in[1], *w = &call->out;
    walk(call, (trio){x->data, w->data, y->data, &x->shape, &w->shape, &y->shape},
         PV_OP_CONV_WEIGHTS);
}

const pv_kernel pv_ref_CONV = {.run = conv};
const pv_kernel pv_ref_CONV_DATA = {.run = conv_data};
const pv_kernel pv_ref_CONV_WEIGHTS = {.run = conv_weights};
