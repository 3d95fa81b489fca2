/* kernel/kernel.h - numeric kernels behind one table
 *
 * A backend is a table of kernels indexed by operation. A plan (graph/plan.h) turns every node into
 * a pv_call, lets the kernel prepare it once, then runs it any number of times; run allocates
 * nothing and cannot fail (a singular matrix gives infinities or NaN, which the NaN trap reports;
 * an index outside its table means a row of zeros).
 *
 *     pv_backend_ref    ref/    plain C, float64, serial: the truth that fast kernels are
 *                       tested against
 *     pv_backend_dnnl   dnnl/ and fused/, float32, OpenMP
 *
 * What every backend must do alike, to the bit:
 *   - UNIFORM: element i of a run is (word >> 8) * 2^-24, where word is number i mod 4 of
 *     pv_rng_block(seed[0], attr.stream, seed[1] << 40 | i / 4); seed[0] is the plan's seed and
 *     seed[1] its step, the number of runs so far. A float32 holds these 24 bits exactly.
 *   - MAXPOOL_INDEX: row * width + column in the image, padding not counted; padding never wins,
 * and the first of equals does (rows first). Every window has a pixel in the image.
 *   - AVGPOOL divides by the kernel's area everywhere: padding counts as zeros.
 */
#ifndef PV_KERNEL_KERNEL_H
#define PV_KERNEL_KERNEL_H

#include "base/trail.h"
#include "kernel/op.h"

enum { PV_MAX_INPUTS = 4 };

typedef struct pv_operand {
    pv_dtype dtype;
    pv_shape shape;
    void *data; /* set by the plan between prepare and run */
} pv_operand;

typedef struct pv_call {
    pv_op op;
    int nin;
    pv_operand in[PV_MAX_INPUTS], out;
    pv_attr attr;
    int has_bias; /* MATMUL, CONV under the fast kernels: in[2] is a bias [o] added to every row */
    int relu;     /* likewise: the result is max(0, .), after the bias */
    int threads;  /* how many OpenMP threads the kernel may use */
    const uint64_t *seed; /* UNIFORM: {seed, step} of the plan */
    void *state;          /* the kernel's own, made by prepare */
    size_t
        scratch_bytes; /* asked for by prepare; the plan shares one scratch area among all calls */
    void *scratch;     /* 64-byte aligned */
} pv_call;

typedef struct pv_kernel {
    pv_status (*prepare)(pv_call *call); /* NULL when there is nothing to prepare */
    void (*run)(const pv_call *call);
    void (*release)(pv_call *call); /* NULL when there is nothing to release */
} pv_kernel;

typedef struct pv_backend {
    const char *name;
    pv_dtype real;                        /* the dtype of real tensors */
    const pv_kernel *kernel[PV_OP_COUNT]; /* NULL for leaves that need no work */
} pv_backend;

extern const pv_backend pv_backend_ref;

#endif
