/* privet/graph.h - networks as graphs, gradients as graphs
 *
 * A graph is a growable array of nodes; a pv_node is an index into it, and a node's inputs always
 * have smaller indices. Builders append a node and return it. A mistake (shapes that do not fit)
 * surfaces where the node is built: the builder returns PV_NONE, the graph remembers the first
 * failure with both shapes named, and every later builder returns PV_NONE. So expressions chain,
 * and one check at the end is enough:
 *
 *     pv_graph *g = NULL;
 *     PV_TRY(pv_graph_new(&g));
 *     pv_node x = pv_input(g, "x", PV_SHAPE(64, 784)), t = pv_input(g, "t", PV_SHAPE(64, 10));
 *     pv_node w = pv_param(g, "w", PV_SHAPE(10, 784)), b = pv_param(g, "b", PV_SHAPE(10));
 *     pv_node loss = pv_cross_entropy(g, pv_dense(g, x, w, b), t);
 *     pv_node gx[2];
 *     PV_TRY(pv_grad(g, &loss, NULL, 1, (pv_node[]){w, b}, 2, gx));
 *     PV_TRY(pv_graph_check(g));
 *
 * Shapes are static and positive. Real tensors have no dtype here: the plan decides (float32 or
 * float64). Index tensors (labels, tokens, pooling positions) are PV_I32. Images are NHWC,
 * convolution weights OHWI [out, kh, kw, in/groups], dense weights [out, in].
 *
 * Binary builders broadcast as NumPy does: shapes are aligned at the right, dimensions of 1 repeat.
 * Builders leave out what changes nothing (a scale by 1, a reshape to the same shape, a dropout of
 * nothing), so the result of a builder may be a node that was there before.
 *
 * A graph is used by one thread at a time. Plans made from it (privet/plan.h) do not refer to it
 * afterwards.
 */
#ifndef PRIVET_GRAPH_H
#define PRIVET_GRAPH_H

#include "privet/tensor.h"
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pv_graph pv_graph;
typedef int32_t pv_node;
#define PV_NONE ((pv_node)-1)

PV_API pv_status pv_graph_new(pv_graph **g) PV_MUST_USE;
PV_API void pv_graph_free(pv_graph *g); /* accepts NULL */

/* PV_OK, or the first failure of a builder (and the trail says it again). */
PV_API pv_status pv_graph_check(const pv_graph *g) PV_MUST_USE;

PV_API int32_t pv_graph_size(const pv_graph *g);
PV_API const pv_shape *pv_node_shape(const pv_graph *g,
                                     pv_node x); /* NULL for PV_NONE; until the next builder */
PV_API pv_dtype pv_node_dtype(const pv_graph *g, pv_node x);   /* PV_I32, or PV_F32 for "real" */
PV_API const char *pv_node_name(const pv_graph *g, pv_node x); /* "" when it has none */
/* Inputs and parameters keep the name they were made with: nothing else can find them. */
PV_API void pv_node_set_name(pv_graph *g, pv_node x, const char *name);
PV_API pv_node pv_graph_find(const pv_graph *g,
                             const char *name); /* first node of that name, or PV_NONE */

/* ---- leaves; inputs and parameters need a name that no node has yet */
PV_API pv_node pv_input(pv_graph *g, const char *name, pv_shape shape);       /* real */
PV_API pv_node pv_input_index(pv_graph *g, const char *name, pv_shape shape); /* I32 */
PV_API pv_node pv_param(pv_graph *g, const char *name,
                        pv_shape shape); /* keeps its value between runs */
PV_API pv_node pv_const(pv_graph *g, double value, pv_shape shape);
PV_API pv_node pv_uniform(pv_graph *g, pv_shape shape,
                          uint64_t stream); /* [0,1), new at every run */

/* After every run, param's storage takes the value of node (running statistics, optimiser steps):
 * all assignments happen together, after everything that reads a parameter. */
PV_API void pv_assign(pv_graph *g, pv_node param, pv_node value);

/* ---- elementwise */
PV_API pv_node pv_affine(pv_graph *g, pv_node x, double scale, double shift); /* scale*x + shift */
PV_API pv_node pv_neg(pv_graph *g, pv_node x);
PV_API pv_node pv_scale(pv_graph *g, pv_node x, double a);
PV_API pv_node pv_square(pv_graph *g, pv_node x);
PV_API pv_node pv_recip(pv_graph *g, pv_node x);
PV_API pv_node pv_exp(pv_graph *g, pv_node x);
PV_API pv_node pv_log(pv_graph *g, pv_node x);
PV_API pv_node pv_log1p(pv_graph *g, pv_node x);
PV_API pv_node pv_sqrt(pv_graph *g, pv_node x);
PV_API pv_node pv_rsqrt(pv_graph *g, pv_node x);
PV_API pv_node pv_pow(pv_graph *g, pv_node x, double e);
PV_API pv_node pv_abs(pv_graph *g, pv_node x);
PV_API pv_node pv_sign(pv_graph *g, pv_node x);
PV_API pv_node pv_step(pv_graph *g, pv_node x); /* 1 where x > 0; gradient 0 */
PV_API pv_node pv_erf(pv_graph *g, pv_node x);
PV_API pv_node pv_detach(pv_graph *g, pv_node x); /* x; gradients stop here */
PV_API pv_node pv_add(pv_graph *g, pv_node a, pv_node b);
PV_API pv_node pv_sub(pv_graph *g, pv_node a, pv_node b);
PV_API pv_node pv_mul(pv_graph *g, pv_node a, pv_node b);
PV_API pv_node pv_div(pv_graph *g, pv_node a, pv_node b);
PV_API pv_node pv_max(pv_graph *g, pv_node a, pv_node b);
PV_API pv_node pv_min(pv_graph *g, pv_node a, pv_node b);
PV_API pv_node pv_greater(pv_graph *g, pv_node a, pv_node b); /* 1 where a > b; gradient 0 */
PV_API pv_node pv_equal(pv_graph *g, pv_node a, pv_node b);
PV_API pv_node pv_select(pv_graph *g, pv_node cond, pv_node a, pv_node b); /* cond != 0 ? a : b */

/* activations */
PV_API pv_node pv_relu(pv_graph *g, pv_node x);
PV_API pv_node pv_leaky_relu(pv_graph *g, pv_node x, double slope);
PV_API pv_node pv_elu(pv_graph *g, pv_node x, double alpha);
PV_API pv_node pv_sigmoid(pv_graph *g, pv_node x);
PV_API pv_node pv_tanh(pv_graph *g, pv_node x);
PV_API pv_node pv_softplus(pv_graph *g, pv_node x); /* log(1 + e^x) */
PV_API pv_node pv_gelu(pv_graph *g, pv_node x);     /* x·Φ(x), with erf */
PV_API pv_node pv_logit(pv_graph *g, pv_node x);    /* log x - log(1-x) */

/* ---- shape */
PV_API pv_node pv_reshape(pv_graph *g, pv_node x, pv_shape shape); /* same count */
PV_API pv_node pv_permute(pv_graph *g, pv_node x, int n,
                          const int *axis);          /* out.dim[i] = in.dim[axis[i]] */
PV_API pv_node pv_transpose(pv_graph *g, pv_node x); /* the last two dimensions */
PV_API pv_node pv_broadcast(pv_graph *g, pv_node x, pv_shape shape); /* as NumPy's broadcast_to */
PV_API pv_node pv_slice(pv_graph *g, pv_node x, const int64_t *begin, pv_shape shape);
PV_API pv_node pv_slice_axis(pv_graph *g, pv_node x, int axis, int64_t begin,
                             int64_t end); /* axis < 0: from the end */
PV_API pv_node pv_pad(pv_graph *g, pv_node x, const int64_t *begin,
                      pv_shape shape);                                    /* zeros around x */
PV_API pv_node pv_concat(pv_graph *g, const pv_node *x, int n, int axis); /* n >= 1 */
PV_API pv_node pv_flatten(pv_graph *g, pv_node x); /* [n, ...] -> [n, rest] */
PV_API pv_node
pv_squeeze2(pv_graph *g,
            pv_node x); /* [n,h,w,c] -> [n,h/2,w/2,4c], channel 4·c+2·row+column (space to depth) */
PV_API pv_node pv_unsqueeze2(pv_graph *g, pv_node x); /* its inverse */

/* ---- reductions; axes is a bit mask (1u << axis), 0 means all; keep: reduced axes stay as 1 */
PV_API pv_node pv_sum(pv_graph *g, pv_node x, uint32_t axes, int keep);
PV_API pv_node pv_mean(pv_graph *g, pv_node x, uint32_t axes, int keep);
PV_API pv_node pv_reduce_max(pv_graph *g, pv_node x, uint32_t axes,
                             int keep);                /* gradient shared among equals */
PV_API pv_node pv_argmax(pv_graph *g, pv_node x);      /* last axis, dropped; I32 */
PV_API pv_node pv_softmax(pv_graph *g, pv_node x);     /* last axis */
PV_API pv_node pv_log_softmax(pv_graph *g, pv_node x); /* last axis */

/* ---- indices */
PV_API pv_node pv_one_hot(pv_graph *g, pv_node index, int64_t classes);
PV_API pv_node pv_embedding(pv_graph *g, pv_node index,
                            pv_node table); /* table [v,d], index [...] -> [...,d] */
PV_API pv_node pv_scatter(pv_graph *g, pv_node values, pv_node index, int64_t rows);

/* ---- products */
PV_API pv_node pv_matmul(pv_graph *g, pv_node a, pv_node b, int ta,
                         int tb); /* batched over equal leading dims */
PV_API pv_node pv_dense(pv_graph *g, pv_node x, pv_node w,
                        pv_node b); /* x·wᵀ + b; x [n,in], w [out,in], b [out] or PV_NONE */

typedef struct pv_conv_options {
    int stride[2], pad[2]; /* 0 stride means 1; rows, columns */
    int groups;            /* 0 means 1 */
} pv_conv_options;

/* x [n,h,w,c], w [o,kh,kw,c/groups], b [o] or PV_NONE. Cross-correlation, as every framework has
 * it. */
PV_API pv_node pv_conv2d(pv_graph *g, pv_node x, pv_node w, pv_node b, pv_conv_options options);

typedef struct pv_pool_options {
    int kernel[2], stride[2], pad[2]; /* 0 stride means kernel */
} pv_pool_options;

PV_API pv_node pv_avgpool(pv_graph *g, pv_node x,
                          pv_pool_options options); /* padding counts as zeros */
PV_API pv_node pv_maxpool(pv_graph *g, pv_node x,
                          pv_pool_options options);       /* padding never wins; ties: first */
PV_API pv_node pv_global_avgpool(pv_graph *g, pv_node x); /* [n,h,w,c] -> [n,c] */
PV_API pv_node pv_global_maxpool(pv_graph *g, pv_node x);

PV_API pv_node pv_inverse(pv_graph *g, pv_node a); /* [...,n,n] */
PV_API pv_node pv_logdet(pv_graph *g, pv_node a);  /* log|det a|: [...,n,n] -> [...] */

/* ---- normalisation (composites, so that any order of gradient is exact) */
/* Over all but the last dimension, with the batch's own mean and biased variance; these are also
 * returned (may be NULL) for running statistics: [c] each. gamma, beta [c] or PV_NONE. */
PV_API pv_node pv_batch_norm(pv_graph *g, pv_node x, pv_node gamma, pv_node beta, double eps,
                             pv_node *mean, pv_node *var);
PV_API pv_node pv_batch_norm_eval(pv_graph *g, pv_node x, pv_node gamma, pv_node beta, pv_node mean,
                                  pv_node var, double eps);
PV_API pv_node pv_layer_norm(pv_graph *g, pv_node x, pv_node gamma, pv_node beta,
                             double eps); /* last axis */
PV_API pv_node pv_group_norm(pv_graph *g, pv_node x, int groups, pv_node gamma, pv_node beta,
                             double eps);

PV_API pv_node pv_dropout(pv_graph *g, pv_node x, double p,
                          uint64_t stream); /* inverted: scaled by 1/(1-p) */
PV_API pv_node pv_attention(pv_graph *g, pv_node q, pv_node k,
                            pv_node v); /* softmax(q·kᵀ/√d)·v; [...,t,d] */

/* ---- losses, each a scalar (ndim 0), mean over the batch */
PV_API pv_node pv_cross_entropy(pv_graph *g, pv_node logits,
                                pv_node target); /* target: probabilities of the same shape */
PV_API pv_node pv_cross_entropy_index(pv_graph *g, pv_node logits,
                                      pv_node label); /* label I32 [n] */
PV_API pv_node pv_mse(pv_graph *g, pv_node x, pv_node target);
PV_API pv_node pv_bce_logits(pv_graph *g, pv_node logits,
                             pv_node target); /* binary, on logits, target in [0,1] */

/* ---- gradients
 *
 * For every x[i], gx[i] becomes the node sum_j <gy[j], dy[j]/dx[i]>: vector-Jacobian products with
 * explicit cotangents, so that half of a cut graph can be driven from outside. gy NULL means ones.
 * x[i] that no y depends on get a constant zero. The result is part of the same graph: call again
 * for higher orders. Errors: PV_ERR_USAGE (PV_NONE among the arguments, an index tensor),
 * PV_ERR_SHAPE (a cotangent's shape). */
PV_API pv_status pv_grad(pv_graph *g, const pv_node *y, const pv_node *gy, int ny, const pv_node *x,
                         int nx, pv_node *gx) PV_MUST_USE;

/* ---- cut
 *
 * Splits g at the value of node `edge` into two graphs that two parties run: *front computes `edge`
 * (named "cut") from what it needs; *back has an input "cut" of its shape instead and computes the
 * rest of `outputs`. Each gets the parameters and inputs that it uses, under their names, and the
 * assignments to them; one to a parameter that neither half computes with goes where its value is
 * computed. Outputs keep their names; outputs[i] without one is named "output<i>". When g has a
 * node "cut" already (a half that is cut again), the name is "cut2", and so on.
 *
 * Refused (PV_ERR_USAGE), with the offending node named, when a value other than `edge` would have
 * to cross: a skip connection around it, a parameter or an input that both halves use, an output
 * that the front computes. Constants are copied. */
PV_API pv_status pv_cut(const pv_graph *g, pv_node edge, const pv_node *outputs, int n,
                        pv_graph **front, pv_graph **back) PV_MUST_USE;

/* ---- looking at it */
PV_API void pv_graph_print(const pv_graph *g, FILE *out);    /* one line a node */
PV_API void pv_graph_graphviz(const pv_graph *g, FILE *out); /* for dot(1) */

#ifdef __cplusplus
}
#endif
#endif
