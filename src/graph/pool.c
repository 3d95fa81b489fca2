#include "graph/graph_i.h"

/* The pooled size, or 0 when the window does not fit. A pad below the kernel size means that no
 * window lies in padding alone. */
static int64_t pooled(const pv_window *v, int i)
{
    const int64_t full = (int64_t)v->full[i] + v->pad[i] + v->pad_end[i];
    if (v->kernel[i] < 1 || v->stride[i] < 1 || full < v->kernel[i]) return 0;
    if (v->pad[i] < 0 || v->pad[i] >= v->kernel[i]) return 0;
    if (v->pad_end[i] < 0 || v->pad_end[i] >= v->kernel[i]) return 0;
    return (full - v->kernel[i]) / v->stride[i] + 1;
}

/* Whether an operation goes from the pooled size back to the full one. */
static int is_adjoint(pv_op op)
{
    return op == PV_OP_AVGPOOL_T || op == PV_OP_POOL_SCATTER;
}

static int pool_shape(pv_shape *out, pv_op op, const pv_shape *a, const pv_shape *index,
                      const pv_window *v)
{
    const int64_t rows = pooled(v, 0), columns = pooled(v, 1);
    if (a->ndim != 4 || rows == 0 || columns == 0) return 0;
    const pv_shape full = PV_SHAPE(a->dim[0], v->full[0], v->full[1], a->dim[3]);
    const pv_shape small = PV_SHAPE(a->dim[0], rows, columns, a->dim[3]);
    *out = is_adjoint(op) ? full : small;
    if (index != NULL && !pv_shape_equal(index, &small)) return 0;
    return pv_shape_equal(a, is_adjoint(op) ? &small : &full);
}

pv_node pv_pool_raw(pv_graph *g, pv_op op, pv_node a, pv_node index, const pv_window *window)
{
    char at[PV_NODE_TEXT];
    const int indexed = pv_op_inputs(op) == 2;
    if (!pv_graph_takes(g, pv_op_name(op), a, PV_F32)) return PV_NONE;
    if (indexed && !pv_graph_takes(g, pv_op_name(op), index, PV_I32)) return PV_NONE;
    pv_graph_node n = pv_graph_node_of(op, indexed ? 2 : 1, a, index, 0);
    if (!pool_shape(&n.shape, op, &g->node[a].shape, indexed ? &g->node[index].shape : NULL,
                    window))
        return pv_graph_fail(g, PV_ERR_SHAPE, "%s: %s does not fit the window", pv_op_name(op),
                             pv_graph_node_text(g, a, at));
    n.dtype = op == PV_OP_MAXPOOL_INDEX ? PV_I32 : PV_F32;
    n.attr.window = *window;
    if (!pv_graph_takes_shape(g, pv_op_name(op), &n.shape)) return PV_NONE;
    return pv_graph_append(g, &n);
}

/* Fills *v from the options and x; 0 (and a failed graph) when they do not fit. */
static int window_of(pv_graph *g, const char *builder, pv_node x, pv_pool_options options,
                     pv_window *v)
{
    char xt[PV_NODE_TEXT];
    pv_shape out;
    if (!pv_graph_takes(g, builder, x, PV_F32)) return 0;
    const pv_shape s = g->node[x].shape;
    *v = (pv_window){.groups = 1};
    for (int i = 0; i < 2; i++) {
        v->kernel[i] = options.kernel[i];
        v->stride[i] = options.stride[i] == 0 ? options.kernel[i] : options.stride[i];
        v->pad[i] = v->pad_end[i] = options.pad[i];
        v->full[i] = s.ndim == 4 ? (int32_t)s.dim[1 + i] : 0;
    }
    if (pool_shape(&out, PV_OP_AVGPOOL, &s, NULL, v)) return 1;
    pv_graph_fail(g, PV_ERR_SHAPE,
                  "%s: the window %d,%d with stride %d,%d and padding %d,%d does not fit %s: "
                  "[n,h,w,c] needed, the window inside the padded image, padding below its size",
                  builder, v->kernel[0], v->kernel[1], v->stride[0], v->stride[1], v->pad[0],
                  v->pad[1], pv_graph_node_text(g, x, xt));
    return 0;
}

pv_node pv_avgpool(pv_graph *g, pv_node x, pv_pool_options options)
{
    pv_window v;
    if (!window_of(g, "pv_avgpool", x, options, &v)) return PV_NONE;
    return pv_pool_raw(g, PV_OP_AVGPOOL, x, PV_NONE, &v);
}

pv_node pv_maxpool(pv_graph *g, pv_node x, pv_pool_options options)
{
    pv_window v;
    if (!window_of(g, "pv_maxpool", x, options, &v)) return PV_NONE;
    pv_node index = pv_pool_raw(g, PV_OP_MAXPOOL_INDEX, x, PV_NONE, &v);
    return pv_pool_raw(g, PV_OP_POOL_GATHER, x, index, &v);
}

static int is_image(pv_graph *g, const char *builder, pv_node x)
{
    char xt[PV_NODE_TEXT];
    if (!pv_graph_takes(g, builder, x, PV_F32)) return 0;
    if (g->node[x].shape.ndim == 4) return 1;
    pv_graph_fail(g, PV_ERR_SHAPE, "%s: %s is not [n,h,w,c]", builder,
                  pv_graph_node_text(g, x, xt));
    return 0;
}

enum { SPATIAL = 1u << 1 | 1u << 2 };

pv_node pv_global_avgpool(pv_graph *g, pv_node x)
{
    return is_image(g, "pv_global_avgpool", x) ? pv_mean(g, x, SPATIAL, 0) : PV_NONE;
}

pv_node pv_global_maxpool(pv_graph *g, pv_node x)
{
    return is_image(g, "pv_global_maxpool", x) ? pv_reduce_max(g, x, SPATIAL, 0) : PV_NONE;
}
