#include "graph/graph_i.h"

/* Whether the prediction and its target have one shape, of at least `ndim` dimensions. */
static int same_shape(pv_graph *g, const char *builder, pv_node x, pv_node target, int ndim)
{
    char xt[PV_NODE_TEXT], tt[PV_NODE_TEXT];
    if (!pv_graph_takes(g, builder, x, PV_F32)) return 0;
    if (!pv_graph_takes(g, builder, target, PV_F32)) return 0;
    const pv_shape *s = &g->node[x].shape;
    if (s->ndim >= ndim && pv_shape_equal(s, &g->node[target].shape)) return 1;
    pv_graph_fail(g, PV_ERR_SHAPE,
                  "%s: %s and the target %s do not fit: one shape of at least %d dimensions needed",
                  builder, pv_graph_node_text(g, x, xt), pv_graph_node_text(g, target, tt), ndim);
    return 0;
}

/* -sum(target * log softmax(logits)) over the number of rows: everything but the last axis */
static pv_node entropy(pv_graph *g, pv_node logits, pv_node target)
{
    if (logits == PV_NONE || target == PV_NONE) return PV_NONE;
    const pv_shape s = g->node[logits].shape;
    const double rows = (double)(pv_shape_count(&s) / s.dim[s.ndim - 1]);
    pv_node each = pv_mul(g, target, pv_log_softmax(g, logits));
    return pv_scale(g, pv_sum(g, each, 0, 0), -1 / rows);
}

pv_node pv_cross_entropy(pv_graph *g, pv_node logits, pv_node target)
{
    if (!same_shape(g, "pv_cross_entropy", logits, target, 1)) return PV_NONE;
    return entropy(g, logits, target);
}

pv_node pv_cross_entropy_index(pv_graph *g, pv_node logits, pv_node label)
{
    char xt[PV_NODE_TEXT], lt[PV_NODE_TEXT];
    if (!pv_graph_takes(g, "pv_cross_entropy_index", logits, PV_F32)) return PV_NONE;
    if (!pv_graph_takes(g, "pv_cross_entropy_index", label, PV_I32)) return PV_NONE;
    const pv_shape s = g->node[logits].shape;
    const pv_shape rows = pv_shape_of(s.ndim > 0 ? s.ndim - 1 : 0, s.dim);
    if (s.ndim < 1 || !pv_shape_equal(&rows, &g->node[label].shape))
        return pv_graph_fail(g, PV_ERR_SHAPE,
                             "pv_cross_entropy_index: %s needs one label for each of its rows, "
                             "not %s",
                             pv_graph_node_text(g, logits, xt), pv_graph_node_text(g, label, lt));
    return entropy(g, logits, pv_one_hot(g, label, s.dim[s.ndim - 1]));
}

pv_node pv_mse(pv_graph *g, pv_node x, pv_node target)
{
    if (!same_shape(g, "pv_mse", x, target, 0)) return PV_NONE;
    return pv_mean(g, pv_square(g, pv_sub(g, x, target)), 0, 0);
}

/* softplus(x) - x*t, which equals -t*log(s(x)) - (1-t)*log(1-s(x)) and never overflows */
pv_node pv_bce_logits(pv_graph *g, pv_node logits, pv_node target)
{
    if (!same_shape(g, "pv_bce_logits", logits, target, 0)) return PV_NONE;
    pv_node each = pv_sub(g, pv_softplus(g, logits), pv_mul(g, logits, target));
    return pv_mean(g, each, 0, 0);
}
