/* The fast backend: kernels for all that fused units do not do. */
#include "graph/plan_i.h"
#include "kernel/dnnl/dnnl.h"

const pv_backend pv_backend_fast = {
    .name = "fast",
    .real = PV_F32,
    .kernel =
        {
            [PV_OP_UNIFORM] = &pv_dnnl_uniform,
            [PV_OP_PERMUTE] = &pv_dnnl_permute,
            [PV_OP_BROADCAST] = &pv_dnnl_broadcast,
            [PV_OP_SLICE] = &pv_dnnl_slice,
            [PV_OP_PAD] = &pv_dnnl_pad,
            [PV_OP_CONCAT] = &pv_dnnl_concat,
            [PV_OP_SUM] = &pv_dnnl_sum,
            [PV_OP_REDUCE_MAX] = &pv_dnnl_reduce_max,
            [PV_OP_ARGMAX] = &pv_dnnl_argmax,
            [PV_OP_SOFTMAX] = &pv_dnnl_softmax,
            [PV_OP_LOG_SOFTMAX] = &pv_dnnl_log_softmax,
            [PV_OP_ONE_HOT] = &pv_dnnl_one_hot,
            [PV_OP_GATHER] = &pv_dnnl_gather,
            [PV_OP_SCATTER] = &pv_dnnl_scatter,
            [PV_OP_MATMUL] = &pv_dnnl_matmul,
            [PV_OP_CONV] = &pv_dnnl_conv,
            [PV_OP_CONV_DATA] = &pv_dnnl_conv_data,
            [PV_OP_CONV_WEIGHTS] = &pv_dnnl_conv_weights,
            [PV_OP_AVGPOOL] = &pv_dnnl_avgpool,
            [PV_OP_AVGPOOL_T] = &pv_dnnl_avgpool_t,
            [PV_OP_MAXPOOL_INDEX] = &pv_dnnl_maxpool_index,
            [PV_OP_POOL_GATHER] = &pv_dnnl_pool_gather,
            [PV_OP_POOL_SCATTER] = &pv_dnnl_pool_scatter,
            [PV_OP_INVERSE] = &pv_dnnl_inverse,
            [PV_OP_LOGDET] = &pv_dnnl_logdet,
        },
};
