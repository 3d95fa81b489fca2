/* kernel/dnnl/direct.h - convolutions of few channels by our own loops
 *
 * Where oneDNN's vectors of 16 channels are mostly empty. Without groups only. The loops see no
 * padding: an image that has some is copied into scratch with its zeros around it.
 */
#ifndef PV_KERNEL_DNNL_DIRECT_H
#define PV_KERNEL_DNNL_DIRECT_H

#include "kernel/dnnl/primitive.h"

/* Can the loops do it at all? */
int pv_direct_fits(pv_op op, const pv_conv_shape *shape);

size_t pv_direct_scratch(pv_op op, const pv_conv_shape *shape, int threads);

/* Operands as in pv_primitive_conv; bias may be NULL. */
void pv_direct_run(pv_op op, const pv_conv_shape *shape, int threads, const float *a,
                   const float *b, const float *bias, int relu, float *out, void *scratch);

#endif
