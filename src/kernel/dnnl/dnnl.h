/* kernel/dnnl/dnnl.h - the float32 kernels that are not elementwise chains
 *
 * One kernel for each operation (kernel/kernel.h). Products and convolutions choose between oneDNN
 * and our own vectorised loops once, in prepare, by rules written where they are applied (conv.c,
 * matmul.c) that rest on measurements (bench/kernels). Everything else is our own loops. Real
 * tensors are PV_F32, images NHWC, convolution weights OHWI.
 *
 * prepare reads shapes, attributes, threads, has_bias and relu of the call; it may ask for scratch.
 * run allocates nothing; the number of threads is call->threads, and for oneDNN the plan must have
 * set omp_set_num_threads(call->threads) as well. Same threads, same bits. in[] and out.data must
 * not overlap, except where a reshape is given the same address twice (then nothing is copied).
 *
 * Errors of prepare: PV_ERR_MEMORY, PV_ERR_RUN (oneDNN refused), PV_ERR_UNSUPPORTED.
 */
#ifndef PV_KERNEL_DNNL_DNNL_H
#define PV_KERNEL_DNNL_DNNL_H

#include "kernel/kernel.h"

/* shape */
extern const pv_kernel pv_dnnl_reshape, pv_dnnl_permute, pv_dnnl_broadcast, pv_dnnl_slice,
    pv_dnnl_pad, pv_dnnl_concat;

/* reductions and rows */
extern const pv_kernel pv_dnnl_sum, pv_dnnl_reduce_max, pv_dnnl_argmax, pv_dnnl_softmax,
    pv_dnnl_log_softmax;

/* indices and random numbers */
extern const pv_kernel pv_dnnl_one_hot, pv_dnnl_gather, pv_dnnl_scatter, pv_dnnl_uniform;

/* products; y = [relu](x*w [+ bias]) when call->has_bias and call->relu say so (not for the two
 * gradients of a convolution) */
extern const pv_kernel pv_dnnl_matmul, pv_dnnl_conv, pv_dnnl_conv_data, pv_dnnl_conv_weights;

/* pooling */
extern const pv_kernel pv_dnnl_avgpool, pv_dnnl_avgpool_t, pv_dnnl_maxpool_index,
    pv_dnnl_pool_gather, pv_dnnl_pool_scatter;

/* linear algebra */
extern const pv_kernel pv_dnnl_inverse, pv_dnnl_logdet;

/* All of them by operation; NULL for leaves and elementwise operations (kernel/fused). */
extern const pv_backend pv_backend_dnnl;

/* Which implementation a prepared call runs: "jit_uni:avx512_core" and the like (oneDNN's own
 * name) or "own:..." . Never NULL; valid while the call is prepared. */
const char *pv_dnnl_implementation(const pv_call *call);

#endif
