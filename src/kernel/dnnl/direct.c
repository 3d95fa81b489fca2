#include "kernel/dnnl/direct.h"
#include "kernel/dnnl/loops.h"

#include <omp.h>
#include <string.h>

/* Scratch, in floats, each part a multiple of 16:
 *
 *     packed weights | bias | padded x of the whole batch    CONV
 *     packed weights | an image of x for each thread          CONV_DATA
 *     sums of each thread | last row of g | padded x          CONV_WEIGHTS
 */
typedef struct plan {
    pv_direct d;
    int64_t hp, wp;         /* padded size of x */
    int lanes;              /* of the packed weights */
    int64_t weights, image; /* floats: packed weights (or sums); one padded image, 0: none needed */
} plan;

static int64_t round16(int64_t n)
{
    return (n + 15) / 16 * 16;
}

static plan plan_of(pv_op op, const pv_conv_shape *s)
{
    const pv_window *win = &s->window;
    plan p = {.hp = s->h + win->pad[0] + win->pad_end[0],
              .wp = s->w + win->pad[1] + win->pad_end[1]};
    p.d = (pv_direct){.rows = win->kernel[0],
                      .taps = (int)(win->kernel[1] * s->c),
                      .step = win->stride[1] * s->c,
                      .row = p.wp * s->c,
                      .columns = s->ow,
                      .out = (int)s->o};
    if (op == PV_OP_CONV_DATA) {
        p.lanes = pv_direct_lanes(p.d.taps);
        p.d.row += p.lanes; /* whole vectors are added at the last window too */
        p.weights = round16((int64_t)p.d.out * p.d.rows * p.lanes);
        p.image = round16(p.hp * p.d.row);
    } else {
        p.lanes = pv_direct_lanes(p.d.out);
        p.weights = round16((int64_t)p.d.rows * p.d.taps * p.lanes);
        p.image = p.hp == s->h && p.wp == s->w ? 0 : p.hp * p.d.row;
    }
    return p;
}

int pv_direct_fits(pv_op op, const pv_conv_shape *s)
{
    int64_t taps = s->window.kernel[1] * s->c;
    if (s->window.groups != 1) return 0;
    if (op == PV_OP_CONV) return s->o <= PV_DIRECT_MAX_OUT;
    if (op == PV_OP_CONV_DATA) return taps <= PV_DIRECT_MAX_TAPS;
    return s->o <= 8 && s->ow * s->o >= 8; /* see weights(): vectors of 8 end in the last row */
}

size_t pv_direct_scratch(pv_op op, const pv_conv_shape *s, int threads)
{
    plan p = plan_of(op, s);
    int64_t n = 0;
    if (op == PV_OP_CONV) n = p.weights + p.lanes + round16(s->n * p.image);
    if (op == PV_OP_CONV_DATA) n = p.weights + threads * p.image;
    if (op == PV_OP_CONV_WEIGHTS)
        n = threads * p.weights + round16(s->ow * s->o + 8) + round16(s->n * p.image);
    return (size_t)(n + 16) * sizeof(float);
}

/* x with its padding, or x itself when there is none. */
static const float *pad_images(const pv_conv_shape *s, const plan *p, int threads, const float *x,
                               float *to)
{
    if (p->image == 0) return x;
    int64_t row = s->w * s->c, at = (s->window.pad[0] * p->wp + s->window.pad[1]) * s->c;
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
    for (int64_t n = 0; n < s->n; n++) {
        memset(to + n * p->image, 0, (size_t)p->image * sizeof *to);
        for (int64_t y = 0; y < s->h; y++)
            memcpy(to + n * p->image + at + y * p->d.row, x + (n * s->h + y) * row,
                   (size_t)row * sizeof *to);
    }
    return to;
}

static void forward(const pv_conv_shape *s, int threads, const float *x, const float *w,
                    const float *bias, int relu, float *y, float *scratch)
{
    const pv_loops *loops = pv_loops_best();
    plan p = plan_of(PV_OP_CONV, s);
    p.d.relu = relu;
    float *packed = scratch, *b = packed + p.weights;
    int64_t taps = p.d.rows * p.d.taps, image = p.hp * p.d.row;
    memset(packed, 0, (size_t)(p.weights + p.lanes) * sizeof *packed);
    for (int64_t o = 0; o < s->o; o++)
        for (int64_t t = 0; t < taps; t++) packed[t * p.lanes + o] = w[o * taps + t];
    if (bias != NULL) memcpy(b, bias, (size_t)s->o * sizeof *b);
    x = pad_images(s, &p, threads, x, b + p.lanes);
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
    for (int64_t r = 0; r < s->n * s->oh; r++)
        loops->conv_row(&p.d, x + r / s->oh * image + r % s->oh * s->window.stride[0] * p.d.row,
                        packed, b, y + r * s->ow * s->o);
}

static void data(const pv_conv_shape *s, int threads, const float *w, const float *g, float *x,
                 float *scratch)
{
    const pv_loops *loops = pv_loops_best();
    plan p = plan_of(PV_OP_CONV_DATA, s);
    float *packed = scratch, *images = packed + p.weights;
    int64_t row = s->w * s->c, at = s->window.pad[0] * p.d.row + s->window.pad[1] * s->c;
    memset(packed, 0, (size_t)p.weights * sizeof *packed);
    for (int64_t r = 0; r < s->o * p.d.rows; r++)
        memcpy(packed + r * p.lanes, w + r * p.d.taps, (size_t)p.d.taps * sizeof *w);
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1 && s->n > 1)
    for (int64_t n = 0; n < s->n; n++) {
        float *image = images + omp_get_thread_num() * p.image;
        memset(image, 0, (size_t)p.image * sizeof *image);
        for (int64_t y = 0; y < s->oh; y++)
            loops->conv_data_row(&p.d, g + (n * s->oh + y) * s->ow * s->o, packed,
                                 image + y * s->window.stride[0] * p.d.row);
        for (int64_t y = 0; y < s->h; y++)
            memcpy(x + (n * s->h + y) * row, image + at + y * p.d.row, (size_t)row * sizeof *x);
    }
}

static void weights(const pv_conv_shape *s, int threads, const float *x, const float *g, float *w,
                    float *scratch)
{
    const pv_loops *loops = pv_loops_best();
    plan p = plan_of(PV_OP_CONV_WEIGHTS, s);
    int64_t taps = p.d.rows * p.d.taps, image = p.hp * p.d.row, grow = s->ow * s->o;
    float *sums = scratch, *last = sums + threads * p.weights, *padded = last + round16(grow + 8);
    memset(sums, 0, (size_t)(threads * p.weights) * sizeof *sums);
    /* vectors of 8 are read at every pixel: the last row of all is read from a copy */
    memcpy(last, g + (s->n * s->oh - 1) * grow, (size_t)grow * sizeof *g);
    memset(last + grow, 0, 8 * sizeof *last);
    x = pad_images(s, &p, threads, x, padded);
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
    for (int part = 0; part < threads; part++) {
        float *to = sums + part * p.weights;
        for (int64_t n = s->n * part / threads; n < s->n * (part + 1) / threads; n++) {
            int64_t rows = n == s->n - 1 ? s->oh - 1 : s->oh, next = s->window.stride[0] * p.d.row;
            loops->conv_weights_rows(&p.d, x + n * image, next, g + n * s->oh * grow, rows, to);
            if (rows < s->oh)
                loops->conv_weights_rows(&p.d, x + n * image + rows * next, next, last, 1, to);
        }
    }
    for (int part = 1; part < threads; part++)
        for (int64_t i = 0; i < p.weights; i++) sums[i] += sums[part * p.weights + i];
    for (int64_t o = 0; o < s->o; o++)
        for (int64_t t = 0; t < taps; t++) w[o * taps + t] = sums[t * p.lanes + o];
}

void pv_direct_run(pv_op op, const pv_conv_shape *shape, int threads, const float *a,
                   const float *b, const float *bias, int relu, float *out, void *scratch)
{
    if (op == PV_OP_CONV) forward(shape, threads, a, b, bias, relu, out, scratch);
    if (op == PV_OP_CONV_DATA) data(shape, threads, a, b, out, scratch);
    if (op == PV_OP_CONV_WEIGHTS) weights(shape, threads, a, b, out, scratch);
}
