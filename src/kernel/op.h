/* kernel/op.h - the operations a graph is made of
 *
 * A closed table: the gradient of every operation is built from operations of this table
 * (graph/vjp.c), so gradients of gradients need nothing new. A node has one result and at most four
 * inputs; parameters that are not tensors are in pv_attr. All real tensors of a plan share one
 * dtype (float64 under the reference kernels, float32 under the fast ones); PV_I32 marks index
 * tensors. Images are NHWC, convolution weights OHWI (out, kernel rows, kernel columns, in per
 * group).
 *
 * Columns: identifier, printed name, number of inputs.
 */
#ifndef PV_KERNEL_OP_H
#define PV_KERNEL_OP_H

#include "privet/tensor.h"

#define PV_OPS(X)                                                                                  \
    /* leaves */                                                                                   \
    X(INPUT, "input", 0)     /* fed by the caller before each run */                               \
    X(PARAM, "param", 0)     /* keeps its value between runs; may be assigned by pv_assign */      \
    X(CONST, "const", 0)     /* attr.value everywhere */                                           \
    X(UNIFORM, "uniform", 0) /* [0,1), Philox(plan seed, attr.stream, plan step), new each run */  \
    /* elementwise, one input */                                                                   \
    X(AFFINE, "affine", 1) /* attr.scale*x + attr.shift */                                         \
    X(RECIP, "recip", 1)                                                                           \
    X(EXP, "exp", 1)                                                                               \
    X(LOG, "log", 1)                                                                               \
    X(LOG1P, "log1p", 1)                                                                           \
    X(SQRT, "sqrt", 1)                                                                             \
    X(RSQRT, "rsqrt", 1)                                                                           \
    X(POW, "pow", 1) /* x^attr.value */                                                            \
    X(RELU, "relu", 1)                                                                             \
    X(STEP, "step", 1) /* 1 where x > 0, else 0 */                                                 \
    X(ABS, "abs", 1)                                                                               \
    X(SIGN, "sign", 1) /* -1, 0, 1 */                                                              \
    X(TANH, "tanh", 1)                                                                             \
    X(SIGMOID, "sigmoid", 1)                                                                       \
    X(SOFTPLUS, "softplus", 1)                                                                     \
    X(ERF, "erf", 1)                                                                               \
    X(DETACH, "detach", 1) /* x, with no gradient */                                               \
    /* elementwise, inputs of one shape (builders insert BROADCAST) */                             \
    X(ADD, "add", 2)                                                                               \
    X(SUB, "sub", 2)                                                                               \
    X(MUL, "mul", 2)                                                                               \
    X(DIV, "div", 2)                                                                               \
    X(MAX, "max", 2)         /* ties: gradient to the first */                                     \
    X(MIN, "min", 2)         /* likewise */                                                        \
    X(GREATER, "greater", 2) /* 1 where a > b */                                                   \
    X(EQUAL, "equal", 2)     /* 1 where a == b */                                                  \
    X(SELECT, "select", 3)   /* a != 0 ? b : c */                                                  \
    /* shape */                                                                                    \
    X(RESHAPE, "reshape", 1)                                                                       \
    X(PERMUTE, "permute", 1)     /* out.dim[i] = in.dim[attr.axis[i]] */                           \
    X(BROADCAST, "broadcast", 1) /* same ndim; dimensions of 1 are repeated */                     \
    X(SLICE, "slice", 1)         /* from attr.begin, of the result's shape */                      \
    X(PAD, "pad", 1)             /* zeros; the input starts at attr.begin in the result */         \
    X(CONCAT, "concat", 2)       /* along attr.axis[0] */                                          \
    /* reductions: attr.axes is a bit mask, reduced dimensions stay as 1 */                        \
    X(SUM, "sum", 1)                                                                               \
    X(REDUCE_MAX, "reduce_max", 1)                                                                 \
    X(ARGMAX, "argmax", 1)   /* along the last axis, which stays as 1; first of equals; I32 */     \
    X(SOFTMAX, "softmax", 1) /* along the last axis */                                             \
    X(LOG_SOFTMAX, "log_softmax", 1) /* along the last axis */                                     \
    /* indices; one outside the table stands for a row of zeros */                                 \
    X(ONE_HOT, "one_hot", 1) /* I32 [...] -> real [..., n] */                                      \
    X(GATHER, "gather", 2)   /* table [v,d], I32 [...] -> [...,d] */                               \
    X(SCATTER, "scatter", 2) /* values [...,d], I32 [...] -> table [v,d], summed */                \
    /* products */                                                                                 \
    X(MATMUL, "matmul", 2)       /* op(a)·op(b), attr.ta, attr.tb; leading dimensions equal */    \
    X(CONV, "conv", 2)           /* x, w -> y                      Y = F(x, w) */                  \
    X(CONV_DATA, "conv_data", 2) /* w, g -> gradient to x        D(w, g) */                        \
    X(CONV_WEIGHTS, "conv_weights", 2)   /* x, g -> gradient to w        W(x, g) */                \
    X(AVGPOOL, "avgpool", 1)             /* mean over the window, padding counted as zeros */      \
    X(AVGPOOL_T, "avgpool_t", 1)         /* its adjoint */                                         \
    X(MAXPOOL_INDEX, "maxpool_index", 1) /* I32: position h*W+w of the first maximum */            \
    X(POOL_GATHER, "pool_gather", 2)     /* x, index -> x at the index, per image and channel */   \
    X(POOL_SCATTER, "pool_scatter", 2)   /* g, index -> its adjoint */                             \
    /* small dense linear algebra on [...,n,n] */                                                  \
    X(INVERSE, "inverse", 1)                                                                       \
    X(LOGDET, "logdet", 1) /* log|det|: [...,n,n] -> [...] */

typedef enum pv_op {
#define X(id, name, nin) PV_OP_##id,
    PV_OPS(X)
#undef X
        PV_OP_COUNT
} pv_op;

const char *pv_op_name(pv_op op);
int pv_op_inputs(pv_op op);
int pv_op_is_elementwise(pv_op op); /* AFFINE ... SELECT */

/* A window over the two spatial dimensions of NHWC: convolution and pooling. `pad` is before,
 * `pad_end` after. `full` is the size of the windowed tensor (the x of CONV), so that adjoints know
 * their shape. */
typedef struct pv_window {
    int32_t kernel[2], stride[2], pad[2], pad_end[2];
    int32_t groups;
    int32_t full[2];
} pv_window;

typedef struct pv_attr {
    double value, scale, shift; /* CONST, POW; AFFINE */
    uint64_t stream;            /* UNIFORM */
    uint32_t axes;              /* reductions */
    int32_t axis[PV_MAX_DIMS];  /* PERMUTE, CONCAT */
    int64_t begin[PV_MAX_DIMS]; /* SLICE, PAD */
    int32_t ta, tb;             /* MATMUL */
    pv_window window;           /* CONV*, *POOL* */
} pv_attr;

#endif
