#include "graph/graph_i.h"

pv_node pv_one_hot(pv_graph *g, pv_node index, int64_t classes)
{
    char a[PV_NODE_TEXT];
    if (!pv_graph_takes(g, "pv_one_hot", index, PV_I32)) return PV_NONE;
    pv_graph_node n = pv_graph_node_of(PV_OP_ONE_HOT, 1, index, 0, 0);
    n.shape = g->node[index].shape;
    if (n.shape.ndim == PV_MAX_DIMS)
        return pv_graph_fail(g, PV_ERR_SHAPE, "pv_one_hot: %s has no room for another dimension",
                             pv_graph_node_text(g, index, a));
    n.shape.dim[n.shape.ndim++] = classes;
    if (!pv_graph_takes_shape(g, "pv_one_hot", &n.shape)) return PV_NONE;
    return pv_graph_append(g, &n);
}

pv_node pv_embedding(pv_graph *g, pv_node index, pv_node table)
{
    char a[PV_NODE_TEXT], b[PV_NODE_TEXT];
    if (!pv_graph_takes(g, "pv_embedding", index, PV_I32)) return PV_NONE;
    if (!pv_graph_takes(g, "pv_embedding", table, PV_F32)) return PV_NONE;
    pv_graph_node n = pv_graph_node_of(PV_OP_GATHER, 2, table, index, 0);
    n.shape = g->node[index].shape;
    if (g->node[table].shape.ndim != 2 || n.shape.ndim == PV_MAX_DIMS)
        return pv_graph_fail(g, PV_ERR_SHAPE,
                             "pv_embedding: %s must be a table [rows,d] and %s must leave room for "
                             "d",
                             pv_graph_node_text(g, table, a), pv_graph_node_text(g, index, b));
    n.shape.dim[n.shape.ndim++] = g->node[table].shape.dim[1];
    if (!pv_graph_takes_shape(g, "pv_embedding", &n.shape)) return PV_NONE;
    return pv_graph_append(g, &n);
}

pv_node pv_scatter(pv_graph *g, pv_node values, pv_node index, int64_t rows)
{
    char a[PV_NODE_TEXT], b[PV_NODE_TEXT];
    if (!pv_graph_takes(g, "pv_scatter", values, PV_F32)) return PV_NONE;
    if (!pv_graph_takes(g, "pv_scatter", index, PV_I32)) return PV_NONE;
    const pv_shape v = g->node[values].shape, i = g->node[index].shape;
    pv_shape leading = pv_shape_of(v.ndim > 0 ? v.ndim - 1 : 0, v.dim);
    if (v.ndim < 1 || !pv_shape_equal(&leading, &i))
        return pv_graph_fail(g, PV_ERR_SHAPE,
                             "pv_scatter: %s needs one index for each of its rows, not %s",
                             pv_graph_node_text(g, values, a), pv_graph_node_text(g, index, b));
    pv_graph_node n = pv_graph_node_of(PV_OP_SCATTER, 2, values, index, 0);
    n.shape = PV_SHAPE(rows, v.dim[v.ndim - 1]);
    if (!pv_graph_takes_shape(g, "pv_scatter", &n.shape)) return PV_NONE;
    return pv_graph_append(g, &n);
}
