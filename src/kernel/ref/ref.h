/* kernel/ref/ref.h - the reference kernels: plain C, float64, serial
 *
 * One pv_kernel for every operation of kernel/op.h that computes something, in files by concept:
 * elementwise, shape, reduce, index, matmul, conv, pool, linalg; table.c puts them into
 * pv_backend_ref. They are what the fast kernels are compared with, so each says its formula in
 * straight loops and nothing more. Real tensors are float64, index tensors int32; the operations
 * of shape.c (and DETACH) move elements of either type.
 *
 * Only elementwise operations may write over one of their inputs.
 */
#ifndef PV_KERNEL_REF_REF_H
#define PV_KERNEL_REF_REF_H

#include "kernel/kernel.h"

/* Every operation but INPUT, PARAM and CONST, which the plan fills. */
/* clang-format off */
#define PV_REF_OPS(X)                                                                              \
    X(UNIFORM)                                                                                     \
    X(AFFINE) X(RECIP) X(EXP) X(LOG) X(LOG1P) X(SQRT) X(RSQRT) X(POW) X(RELU) X(STEP) X(ABS)       \
    X(SIGN) X(TANH) X(SIGMOID) X(SOFTPLUS) X(ERF) X(DETACH)                                        \
    X(ADD) X(SUB) X(MUL) X(DIV) X(MAX) X(MIN) X(GREATER) X(EQUAL) X(SELECT)                        \
    X(RESHAPE) X(PERMUTE) X(BROADCAST) X(SLICE) X(PAD) X(CONCAT)                                   \
    X(SUM) X(REDUCE_MAX) X(ARGMAX) X(SOFTMAX) X(LOG_SOFTMAX)                                       \
    X(ONE_HOT) X(GATHER) X(SCATTER)                                                                \
    X(MATMUL) X(CONV) X(CONV_DATA) X(CONV_WEIGHTS)                                                 \
    X(AVGPOOL) X(AVGPOOL_T) X(MAXPOOL_INDEX) X(POOL_GATHER) X(POOL_SCATTER)                        \
    X(INVERSE) X(LOGDET)
/* clang-format on */

#define X(id) extern const pv_kernel pv_ref_##id;
PV_REF_OPS(X)
#undef X

#endif
