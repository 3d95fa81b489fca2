#include "graph/graph_i.h"

#include <math.h>

/* Whether c, when it is there, holds one number for each of the last axis of x. */
static int per_channel(pv_graph *g, const char *builder, const char *what, pv_node x, pv_node c)
{
    char xt[PV_NODE_TEXT], ct[PV_NODE_TEXT];
    if (c == PV_NONE) return g->status == PV_OK;
    if (!pv_graph_takes(g, builder, c, PV_F32)) return 0;
    const pv_shape *s = &g->node[x].shape, *t = &g->node[c].shape;
    if (t->ndim == 1 && t->dim[0] == s->dim[s->ndim - 1]) return 1;
    pv_graph_fail(g, PV_ERR_SHAPE, "%s: %s %s does not fit %s: it must be [%lld]", builder, what,
                  pv_graph_node_text(g, c, ct), pv_graph_node_text(g, x, xt),
                  (long long)s->dim[s->ndim - 1]);
    return 0;
}

/* x must have at least `ndim` dimensions, eps must be above zero. */
static int can_norm(pv_graph *g, const char *builder, pv_node x, int ndim, double eps,
                    pv_node gamma, pv_node beta)
{
    char xt[PV_NODE_TEXT];
    if (!pv_graph_takes(g, builder, x, PV_F32)) return 0;
    if (g->node[x].shape.ndim < ndim) {
        pv_graph_fail(g, PV_ERR_SHAPE, "%s: %s has fewer than %d dimensions", builder,
                      pv_graph_node_text(g, x, xt), ndim);
        return 0;
    }
    if (!(eps > 0) || !isfinite(eps)) {
        pv_graph_fail(g, PV_ERR_USAGE, "%s: eps is %g, it must be above 0", builder, eps);
        return 0;
    }
    return per_channel(g, builder, "gamma", x, gamma) && per_channel(g, builder, "beta", x, beta);
}

/* Mean over `axes` (kept as 1), x less it, and the biased variance.
 *
 * The variance is written mean((x - d)^2) - (mean - d)^2, which holds for every constant d; d is
 * the mean's value, so the last term is zero. What that buys: the gradient through the mean is then
 * arithmetic on single numbers, where mean((x - mean)^2) would sum a whole tensor that is known to
 * add up to zero; and it is exact in every order. */
static void moments(pv_graph *g, pv_node x, uint32_t axes, pv_node *mean, pv_node *centred,
                    pv_node *var)
{
    *mean = pv_mean(g, x, axes, 1);
    *centred = pv_sub(g, x, *mean);
    pv_node d = pv_detach(g, *mean);
    pv_node second = pv_mean(g, pv_square(g, pv_sub(g, x, d)), axes, 1);
    *var = pv_sub(g, second, pv_square(g, pv_sub(g, *mean, d)));
}

/* 1/sqrt(var + eps) */
static pv_node inverse_deviation(pv_graph *g, pv_node var, double eps)
{
    return pv_rsqrt(g, pv_affine(g, var, 1, eps));
}

static pv_node scale_and_shift(pv_graph *g, pv_node y, pv_node gamma, pv_node beta)
{
    if (gamma != PV_NONE) y = pv_mul(g, y, gamma);
    return beta == PV_NONE ? y : pv_add(g, y, beta);
}

static pv_node as_vector(pv_graph *g, pv_node x)
{
    return x == PV_NONE ? PV_NONE : pv_reshape(g, x, PV_SHAPE(pv_shape_count(&g->node[x].shape)));
}

pv_node pv_batch_norm(pv_graph *g, pv_node x, pv_node gamma, pv_node beta, double eps,
                      pv_node *mean, pv_node *var)
{
    pv_node m, v, centred;
    if (mean != NULL) *mean = PV_NONE;
    if (var != NULL) *var = PV_NONE;
    if (!can_norm(g, "pv_batch_norm", x, 2, eps, gamma, beta)) return PV_NONE;
    moments(g, x, (1u << (g->node[x].shape.ndim - 1)) - 1, &m, &centred, &v);
    if (mean != NULL) *mean = as_vector(g, m);
    if (var != NULL) *var = as_vector(g, v);
    pv_node factor = inverse_deviation(g, v, eps);
    /* gamma joins the factor while that is still one number a channel */
    if (gamma != PV_NONE) factor = pv_mul(g, factor, gamma);
    return scale_and_shift(g, pv_mul(g, centred, factor), PV_NONE, beta);
}

pv_node pv_batch_norm_eval(pv_graph *g, pv_node x, pv_node gamma, pv_node beta, pv_node mean,
                           pv_node var, double eps)
{
    if (!can_norm(g, "pv_batch_norm_eval", x, 2, eps, gamma, beta)) return PV_NONE;
    if (!pv_graph_takes(g, "pv_batch_norm_eval", mean, PV_F32) ||
        !per_channel(g, "pv_batch_norm_eval", "the mean", x, mean))
        return PV_NONE;
    if (!pv_graph_takes(g, "pv_batch_norm_eval", var, PV_F32) ||
        !per_channel(g, "pv_batch_norm_eval", "the variance", x, var))
        return PV_NONE;
    pv_node factor = inverse_deviation(g, var, eps);
    if (gamma != PV_NONE) factor = pv_mul(g, factor, gamma);
    pv_node shift = pv_neg(g, pv_mul(g, mean, factor));
    if (beta != PV_NONE) shift = pv_add(g, beta, shift);
    return pv_add(g, pv_mul(g, x, factor), shift);
}

pv_node pv_layer_norm(pv_graph *g, pv_node x, pv_node gamma, pv_node beta, double eps)
{
    pv_node m, v, centred;
    if (!can_norm(g, "pv_layer_norm", x, 1, eps, gamma, beta)) return PV_NONE;
    moments(g, x, 1u << (g->node[x].shape.ndim - 1), &m, &centred, &v);
    pv_node y = pv_mul(g, centred, inverse_deviation(g, v, eps));
    return scale_and_shift(g, y, gamma, beta);
}

pv_node pv_group_norm(pv_graph *g, pv_node x, int groups, pv_node gamma, pv_node beta, double eps)
{
    char xt[PV_NODE_TEXT];
    pv_node m, v, centred;
    if (!can_norm(g, "pv_group_norm", x, 2, eps, gamma, beta)) return PV_NONE;
    const pv_shape s = g->node[x].shape;
    const int64_t n = s.dim[0], c = s.dim[s.ndim - 1], rest = pv_shape_count(&s) / n / c;
    if (groups < 1 || c % groups != 0)
        return pv_graph_fail(g, PV_ERR_SHAPE,
                             "pv_group_norm: the channels of %s can't be split into %d groups",
                             pv_graph_node_text(g, x, xt), groups);
    pv_node grouped = pv_reshape(g, x, PV_SHAPE(n, rest, groups, c / groups));
    moments(g, grouped, 1u << 1 | 1u << 3, &m, &centred, &v);
    pv_node y = pv_mul(g, centred, inverse_deviation(g, v, eps));
    return scale_and_shift(g, pv_reshape(g, y, s), gamma, beta);
}

pv_node pv_dropout(pv_graph *g, pv_node x, double p, uint64_t stream)
{
    if (!pv_graph_takes(g, "pv_dropout", x, PV_F32)) return PV_NONE;
    if (!(p >= 0 && p < 1))
        return pv_graph_fail(g, PV_ERR_USAGE, "pv_dropout: the probability %g is not in [0,1)", p);
    if (p == 0) return x;
    pv_node keep = pv_step(g, pv_affine(g, pv_uniform(g, g->node[x].shape, stream), 1, -p));
    return pv_mul(g, x, pv_scale(g, keep, 1 / (1 - p)));
}

pv_node pv_attention(pv_graph *g, pv_node q, pv_node k, pv_node v)
{
    char qt[PV_NODE_TEXT], kt[PV_NODE_TEXT], vt[PV_NODE_TEXT];
    if (!pv_graph_takes(g, "pv_attention", q, PV_F32)) return PV_NONE;
    if (!pv_graph_takes(g, "pv_attention", k, PV_F32)) return PV_NONE;
    if (!pv_graph_takes(g, "pv_attention", v, PV_F32)) return PV_NONE;
    const pv_shape s = g->node[q].shape, t = g->node[k].shape, u = g->node[v].shape;
    int last = s.ndim - 1;
    int fits = s.ndim >= 2 && t.ndim == s.ndim && u.ndim == s.ndim && s.dim[last] == t.dim[last] &&
               t.dim[last - 1] == u.dim[last - 1];
    for (int i = 0; fits && i < last - 1; i++) fits = s.dim[i] == t.dim[i] && s.dim[i] == u.dim[i];
    if (!fits)
        return pv_graph_fail(g, PV_ERR_SHAPE,
                             "pv_attention: queries %s, keys %s and values %s do not fit: "
                             "[...,t,d], [...,s,d] and [...,s,e] needed",
                             pv_graph_node_text(g, q, qt), pv_graph_node_text(g, k, kt),
                             pv_graph_node_text(g, v, vt));
    pv_node scores = pv_scale(g, pv_matmul(g, q, k, 0, 1), 1 / sqrt((double)s.dim[last]));
    return pv_matmul(g, pv_softmax(g, scores), v, 0, 0);
}
