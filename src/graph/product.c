#include "graph/graph_i.h"

pv_node pv_matmul(pv_graph *g, pv_node a, pv_node b, int ta, int tb)
{
    char at[PV_NODE_TEXT], bt[PV_NODE_TEXT];
    if (!pv_graph_takes(g, "pv_matmul", a, PV_F32)) return PV_NONE;
    if (!pv_graph_takes(g, "pv_matmul", b, PV_F32)) return PV_NONE;
    const pv_shape s = g->node[a].shape, t = g->node[b].shape;
    int fits = s.ndim >= 2 && s.ndim == t.ndim, last = s.ndim - 1;
    for (int i = 0; fits && i < last - 1; i++) fits = s.dim[i] == t.dim[i];
    fits = fits && s.dim[ta ? last - 1 : last] == t.dim[tb ? last : last - 1];
    if (!fits)
        return pv_graph_fail(g, PV_ERR_SHAPE,
                             "pv_matmul: %s%s times %s%s: the inner dimensions must be equal, and "
                             "all before the last two",
                             pv_graph_node_text(g, a, at), ta ? " transposed" : "",
                             pv_graph_node_text(g, b, bt), tb ? " transposed" : "");
    pv_graph_node n = pv_graph_node_of(PV_OP_MATMUL, 2, a, b, 0);
    n.shape = s;
    n.shape.dim[last - 1] = s.dim[ta ? last : last - 1];
    n.shape.dim[last] = t.dim[tb ? last - 1 : last];
    n.attr.ta = ta != 0;
    n.attr.tb = tb != 0;
    if (!pv_graph_takes_shape(g, "pv_matmul", &n.shape)) return PV_NONE;
    return pv_graph_append(g, &n);
}

/* y + b along the last axis; b may be PV_NONE. */
static pv_node add_bias(pv_graph *g, const char *builder, pv_node y, pv_node b)
{
    char yt[PV_NODE_TEXT], bt[PV_NODE_TEXT];
    if (b == PV_NONE || y == PV_NONE) return y;
    if (!pv_graph_takes(g, builder, b, PV_F32)) return PV_NONE;
    const pv_shape *s = &g->node[y].shape, *t = &g->node[b].shape;
    if (t->ndim != 1 || t->dim[0] != s->dim[s->ndim - 1])
        return pv_graph_fail(g, PV_ERR_SHAPE, "%s: the bias %s does not fit %s: it must be [%lld]",
                             builder, pv_graph_node_text(g, b, bt), pv_graph_node_text(g, y, yt),
                             (long long)s->dim[s->ndim - 1]);
    return pv_add(g, y, b);
}

pv_node pv_dense(pv_graph *g, pv_node x, pv_node w, pv_node b)
{
    char xt[PV_NODE_TEXT], wt[PV_NODE_TEXT];
    if (!pv_graph_takes(g, "pv_dense", x, PV_F32)) return PV_NONE;
    if (!pv_graph_takes(g, "pv_dense", w, PV_F32)) return PV_NONE;
    const pv_shape s = g->node[x].shape, t = g->node[w].shape;
    if (s.ndim != 2 || t.ndim != 2 || s.dim[1] != t.dim[1])
        return pv_graph_fail(g, PV_ERR_SHAPE,
                             "pv_dense: %s and weights %s do not fit: [n,in] and [out,in] needed",
                             pv_graph_node_text(g, x, xt), pv_graph_node_text(g, w, wt));
    return add_bias(g, "pv_dense", pv_matmul(g, x, w, 0, 1), b);
}

/* Everything a window must obey, but for channels. */
static int window_fits(const pv_window *v)
{
    for (int i = 0; i < 2; i++) {
        if (v->kernel[i] < 1 || v->stride[i] < 1 || v->pad[i] < 0 || v->pad_end[i] < 0) return 0;
        if ((int64_t)v->full[i] + v->pad[i] + v->pad_end[i] < v->kernel[i]) return 0;
    }
    return v->groups >= 1;
}

/* Number of window positions along axis i. */
static int64_t positions(const pv_window *v, int i)
{
    return ((int64_t)v->full[i] + v->pad[i] + v->pad_end[i] - v->kernel[i]) / v->stride[i] + 1;
}

static int spatial_is(const pv_shape *s, int64_t rows, int64_t columns)
{
    return s->dim[1] == rows && s->dim[2] == columns;
}

/* The result's shape of one of the three convolutions; 0 when the inputs do not fit each other. */
static int conv_shape(pv_shape *out, pv_op op, const pv_shape *a, const pv_shape *b,
                      const pv_window *v)
{
    if (a->ndim != 4 || b->ndim != 4 || !window_fits(v)) return 0;
    const int64_t rows = positions(v, 0), columns = positions(v, 1);
    switch (op) {
    case PV_OP_CONV: /* x, w -> y */
        *out = PV_SHAPE(a->dim[0], rows, columns, b->dim[0]);
        return spatial_is(a, v->full[0], v->full[1]) && spatial_is(b, v->kernel[0], v->kernel[1]) &&
               a->dim[3] == b->dim[3] * v->groups && b->dim[0] % v->groups == 0;
    case PV_OP_CONV_DATA: /* w, g -> x */
        *out = PV_SHAPE(b->dim[0], v->full[0], v->full[1], a->dim[3] * v->groups);
        return spatial_is(a, v->kernel[0], v->kernel[1]) && spatial_is(b, rows, columns) &&
               b->dim[3] == a->dim[0] && a->dim[0] % v->groups == 0;
    default: /* x, g -> w */
        *out = PV_SHAPE(b->dim[3], v->kernel[0], v->kernel[1], a->dim[3] / v->groups);
        return spatial_is(a, v->full[0], v->full[1]) && spatial_is(b, rows, columns) &&
               a->dim[0] == b->dim[0] && a->dim[3] % v->groups == 0 && b->dim[3] % v->groups == 0;
    }
}

pv_node pv_conv_raw(pv_graph *g, pv_op op, pv_node a, pv_node b, const pv_window *window)
{
    char at[PV_NODE_TEXT], bt[PV_NODE_TEXT];
    if (!pv_graph_takes(g, pv_op_name(op), a, PV_F32)) return PV_NONE;
    if (!pv_graph_takes(g, pv_op_name(op), b, PV_F32)) return PV_NONE;
    pv_graph_node n = pv_graph_node_of(op, 2, a, b, 0);
    if (!conv_shape(&n.shape, op, &g->node[a].shape, &g->node[b].shape, window))
        return pv_graph_fail(g, PV_ERR_SHAPE, "%s: %s and %s do not fit the window", pv_op_name(op),
                             pv_graph_node_text(g, a, at), pv_graph_node_text(g, b, bt));
    n.attr.window = *window;
    if (!pv_graph_takes_shape(g, pv_op_name(op), &n.shape)) return PV_NONE;
    return pv_graph_append(g, &n);
}

pv_node pv_conv2d(pv_graph *g, pv_node x, pv_node w, pv_node b, pv_conv_options options)
{
    char xt[PV_NODE_TEXT], wt[PV_NODE_TEXT];
    if (!pv_graph_takes(g, "pv_conv2d", x, PV_F32)) return PV_NONE;
    if (!pv_graph_takes(g, "pv_conv2d", w, PV_F32)) return PV_NONE;
    const pv_shape s = g->node[x].shape, t = g->node[w].shape;
    pv_window v = {.groups = options.groups == 0 ? 1 : options.groups};
    for (int i = 0; i < 2; i++) {
        v.stride[i] = options.stride[i] == 0 ? 1 : options.stride[i];
        v.pad[i] = v.pad_end[i] = options.pad[i];
        v.kernel[i] = t.ndim == 4 ? (int32_t)t.dim[1 + i] : 0;
        v.full[i] = s.ndim == 4 ? (int32_t)s.dim[1 + i] : 0;
    }
    pv_shape out;
    if (!conv_shape(&out, PV_OP_CONV, &s, &t, &v))
        return pv_graph_fail(
            g, PV_ERR_SHAPE,
            "pv_conv2d: %s and weights %s do not fit with stride %d,%d, padding %d,%d and %d "
            "groups: [n,h,w,c] and [o,kh,kw,c/groups] needed, the kernel inside the padded image, "
            "o a multiple of groups",
            pv_graph_node_text(g, x, xt), pv_graph_node_text(g, w, wt), v.stride[0], v.stride[1],
            v.pad[0], v.pad[1], v.groups);
    return add_bias(g, "pv_conv2d", pv_conv_raw(g, PV_OP_CONV, x, w, &v), b);
}

static pv_node square_matrices(pv_graph *g, const char *builder, pv_op op, pv_node a, int drop)
{
    char at[PV_NODE_TEXT];
    if (!pv_graph_takes(g, builder, a, PV_F32)) return PV_NONE;
    pv_graph_node n = pv_graph_node_of(op, 1, a, 0, 0);
    const pv_shape s = g->node[a].shape;
    if (s.ndim < 2 || s.dim[s.ndim - 1] != s.dim[s.ndim - 2])
        return pv_graph_fail(g, PV_ERR_SHAPE, "%s: %s is not [...,n,n]: square matrices are needed",
                             builder, pv_graph_node_text(g, a, at));
    n.shape = pv_shape_of(s.ndim - drop, s.dim);
    return pv_graph_append(g, &n);
}

pv_node pv_inverse(pv_graph *g, pv_node a)
{
    return square_matrices(g, "pv_inverse", PV_OP_INVERSE, a, 0);
}

pv_node pv_logdet(pv_graph *g, pv_node a)
{
    return square_matrices(g, "pv_logdet", PV_OP_LOGDET, a, 2);
}
