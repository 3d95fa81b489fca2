/* kernel/dnnl/primitive.h - oneDNN behind one small type
 *
 * All of oneDNN's interface is used in primitive.c alone: its 2.x and 3.x versions differ there and
 * nowhere else (2.x is what is supported). A pv_primitive is one oneDNN computation on plain
 * layouts, with the reorder that its blocked weights need; it is made once and executed with
 * addresses.
 *
 *     pv_primitive p;
 *     PV_TRY(pv_primitive_conv(&p, PV_OP_CONV, &shape, has_bias, relu, threads));
 *     pv_primitive_run(&p, x, w, bias, y, scratch);         scratch: p.scratch_bytes
 *     pv_primitive_clear(&p);
 *
 * Threads: a primitive is made for a number of threads and run with it, whatever
 * omp_set_num_threads said before; that setting is put back.
 */
#ifndef PV_KERNEL_DNNL_PRIMITIVE_H
#define PV_KERNEL_DNNL_PRIMITIVE_H

#include "kernel/kernel.h"

/* Both images NHWC, weights OHWI: [out, kernel rows, kernel columns, in/groups]. */
typedef struct pv_conv_shape {
    int64_t n, h, w, c; /* x */
    int64_t oh, ow, o;  /* y */
    pv_window window;
} pv_conv_shape;

typedef struct pv_primitive pv_primitive;

/* PV_OP_CONV: a = x, b = w, out = y; PV_OP_CONV_DATA: a = w, b = g, out = x; PV_OP_CONV_WEIGHTS:
 * a = x, b = g, out = w. Bias and relu for PV_OP_CONV only. Errors: PV_ERR_MEMORY, PV_ERR_RUN. */
pv_status pv_primitive_conv(pv_primitive **p, pv_op op, const pv_conv_shape *shape, int has_bias,
                            int relu, int threads) PV_MUST_USE;

/* out [batch,m,n] = op(a)·op(b) [+ bias [n]]; ta, tb: a is [k,m], b is [n,k] in memory. */
typedef struct pv_matmul_shape {
    int64_t batch, m, n, k;
    int ta, tb;
} pv_matmul_shape;
pv_status pv_primitive_matmul(pv_primitive **p, const pv_matmul_shape *shape, int has_bias,
                              int relu, int threads) PV_MUST_USE;

void pv_primitive_free(pv_primitive *p); /* accepts NULL */

const char *pv_primitive_name(const pv_primitive *p); /* oneDNN's: "brgconv:avx512_core" */
int pv_primitive_is_slow(const pv_primitive *p);      /* its plain reference code */
size_t pv_primitive_scratch(const pv_primitive *p);   /* bytes, 64-byte aligned */

/* bias may be NULL when there is none. */
void pv_primitive_run(const pv_primitive *p, const void *a, const void *b, const void *bias,
                      void *out, void *scratch);

/* One product by oneDNN's BLAS call: batch 1, no bias, no relu. */
void pv_primitive_sgemm(const pv_matmul_shape *shape, const float *a, const float *b, float *out,
                        int threads);

#endif
