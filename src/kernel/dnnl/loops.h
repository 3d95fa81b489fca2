/* kernel/dnnl/loops.h - our own vectorised loops, compiled once for each instruction set
 *
 * loops.inc and loops_conv.inc are the source; loops_baseline.c, loops_avx2.c and loops_avx512.c
 * compile it three times, pv_loops() gives the best table that this processor can run. The loops
 * are serial: kernels cut the work among threads.
 */
#ifndef PV_KERNEL_DNNL_LOOPS_H
#define PV_KERNEL_DNNL_LOOPS_H

#include <stdint.h>

/* A convolution of few channels, seen row by row: NHWC makes the kernel columns times the channels
 * of one window row `taps` neighbouring floats, and the next window starts `step` floats later. No
 * padding: x rows of the convolved (or gradient) image already contain it. */
typedef struct pv_direct {
    int rows, taps;  /* kernel rows; kernel columns * channels */
    int64_t step;    /* stride * channels: from one window to the next, in floats */
    int64_t row;     /* from one row of x to the next, in floats */
    int64_t columns; /* windows in a row: columns of y */
    int out;         /* channels of y */
    int relu;
} pv_direct;

/* Lanes of packed weights: rows of this many floats, the surplus zero. */
enum { PV_DIRECT_MAX_OUT = 16, PV_DIRECT_MAX_TAPS = 64 };

/* y channels (conv_row, conv_weights_row: 8 or 16) and taps (conv_data_row: 8, 16, 32, 48, 64)
 * rounded up to whole vectors; 0 when there are too many. */
int pv_direct_lanes(int n);

typedef struct pv_loops {
    const char *isa;

    /* out[j] += sum_r x[r,j], x [rows,width]; partial sums of 64 rows in float32, then float64 */
    void (*sum_columns)(const float *x, int64_t rows, int64_t width, double *out);
    double (*sum_row)(const float *x, int64_t n);
    /* out[j] = max(out[j], max_r x[r,j]) */
    void (*max_columns)(const float *x, int64_t rows, int64_t width, float *out);
    float (*max_row)(const float *x, int64_t n);

    void (*exp_all)(float *x, int64_t n); /* in place */

    /* Mean over windows of 2x2, stride 2: two rows of 2*columns pixels to one of columns; and its
     * adjoint. */
    void (*pool2)(const float *top, const float *bottom, float *y, int64_t columns, int64_t c);
    void (*unpool2)(const float *g, float *top, float *bottom, int64_t columns, int64_t c);

    /* One row of y = conv(x, w) + bias. w [rows*taps, lanes(out)], bias [lanes(out)]. */
    void (*conv_row)(const pv_direct *d, const float *x, const float *w, const float *bias,
                     float *y);
    /* Adds to the rows of x that one row g of the result's gradient comes from. w [out, rows,
     * lanes(taps)]; row lengths of x leave lanes(taps) floats after the last window's start. */
    void (*conv_data_row)(const pv_direct *d, const float *g, const float *w, float *x);
    /* w[rows*taps, 8] += x of every window times g, for n rows of g [n, columns, out], out <= 8.
     * The next row of g belongs to x + x_next. 8 floats must be readable at every pixel of g. */
    void (*conv_weights_rows)(const pv_direct *d, const float *x, int64_t x_next, const float *g,
                              int64_t n, float *w);
} pv_loops;

extern const pv_loops pv_loops_baseline, pv_loops_avx2, pv_loops_avx512;
const pv_loops *pv_loops_best(void);

#endif
