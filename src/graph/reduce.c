#include "graph/graph_i.h"

/* The mask of axes to reduce: all of them for 0. Returns 0 when an axis is not there. */
static int axes_of(pv_graph *g, const char *builder, pv_node x, uint32_t *axes)
{
    char a[PV_NODE_TEXT];
    if (!pv_graph_takes(g, builder, x, PV_F32)) return 0;
    uint32_t all = (1u << g->node[x].shape.ndim) - 1;
    if (*axes == 0) *axes = all;
    if ((*axes & ~all) == 0) return 1;
    pv_graph_fail(g, PV_ERR_SHAPE, "%s: the mask 0x%x names axes that %s does not have", builder,
                  (unsigned)*axes, pv_graph_node_text(g, x, a));
    return 0;
}

static pv_node reduce(pv_graph *g, pv_op op, pv_node x, uint32_t axes)
{
    if (x == PV_NONE) return PV_NONE;
    pv_graph_node n = pv_graph_node_of(op, 1, x, 0, 0);
    n.shape = g->node[x].shape;
    for (int i = 0; i < n.shape.ndim; i++)
        if (axes & (1u << i)) n.shape.dim[i] = 1;
    n.attr.axes = axes;
    return pv_graph_append(g, &n);
}

static pv_node drop_axes(pv_graph *g, pv_node x, uint32_t axes)
{
    if (x == PV_NONE) return PV_NONE;
    const pv_shape from = g->node[x].shape;
    pv_shape to = pv_shape_of(0, NULL);
    for (int i = 0; i < from.ndim; i++)
        if (!(axes & (1u << i))) to.dim[to.ndim++] = from.dim[i];
    return pv_reshape(g, x, to);
}

pv_node pv_sum_raw(pv_graph *g, pv_node x, uint32_t axes)
{
    return reduce(g, PV_OP_SUM, x, axes);
}

pv_node pv_sum(pv_graph *g, pv_node x, uint32_t axes, int keep)
{
    if (!axes_of(g, "pv_sum", x, &axes)) return PV_NONE;
    pv_node y = reduce(g, PV_OP_SUM, x, axes);
    return keep ? y : drop_axes(g, y, axes);
}

pv_node pv_mean(pv_graph *g, pv_node x, uint32_t axes, int keep)
{
    if (!axes_of(g, "pv_mean", x, &axes)) return PV_NONE;
    double count = 1;
    for (int i = 0; i < g->node[x].shape.ndim; i++)
        if (axes & (1u << i)) count *= (double)g->node[x].shape.dim[i];
    return pv_scale(g, pv_sum(g, x, axes, keep), 1 / count);
}

pv_node pv_reduce_max(pv_graph *g, pv_node x, uint32_t axes, int keep)
{
    if (!axes_of(g, "pv_reduce_max", x, &axes)) return PV_NONE;
    pv_node y = reduce(g, PV_OP_REDUCE_MAX, x, axes);
    return keep ? y : drop_axes(g, y, axes);
}

static int has_last_axis(pv_graph *g, const char *builder, pv_node x)
{
    if (!pv_graph_takes(g, builder, x, PV_F32)) return 0;
    if (g->node[x].shape.ndim >= 1) return 1;
    pv_graph_fail(g, PV_ERR_SHAPE, "%s: node %d is a scalar, it has no last axis", builder, (int)x);
    return 0;
}

pv_node pv_argmax(pv_graph *g, pv_node x)
{
    if (!has_last_axis(g, "pv_argmax", x)) return PV_NONE;
    pv_graph_node n = pv_graph_node_of(PV_OP_ARGMAX, 1, x, 0, 0);
    int last = g->node[x].shape.ndim - 1;
    n.dtype = PV_I32;
    n.shape = g->node[x].shape;
    n.shape.dim[last] = 1;
    return drop_axes(g, pv_graph_append(g, &n), 1u << last);
}

pv_node pv_softmax(pv_graph *g, pv_node x)
{
    return has_last_axis(g, "pv_softmax", x) ? pv_unary(g, PV_OP_SOFTMAX, x) : PV_NONE;
}

pv_node pv_log_softmax(pv_graph *g, pv_node x)
{
    return has_last_axis(g, "pv_log_softmax", x) ? pv_unary(g, PV_OP_LOG_SOFTMAX, x) : PV_NONE;
}
