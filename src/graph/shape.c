#include "graph/graph_i.h"

#include <string.h>

pv_node pv_reshape(pv_graph *g, pv_node x, pv_shape shape)
{
    char a[PV_NODE_TEXT], b[PV_SHAPE_TEXT];
    pv_dtype dtype = pv_node_dtype(g, x); /* the one operation that indices may pass through */
    if (!pv_graph_takes(g, "pv_reshape", x, dtype)) return PV_NONE;
    if (!pv_graph_takes_shape(g, "pv_reshape", &shape)) return PV_NONE;
    if (pv_shape_count(&shape) != pv_shape_count(&g->node[x].shape))
        return pv_graph_fail(g, PV_ERR_SHAPE,
                             "pv_reshape: %s can't become %s: the numbers of elements differ",
                             pv_graph_node_text(g, x, a), pv_shape_text(&shape, b));
    pv_graph_node n = pv_graph_node_of(PV_OP_RESHAPE, 1, x, 0, 0);
    n.dtype = dtype;
    n.shape = pv_shape_of(shape.ndim, shape.dim);
    return pv_graph_append(g, &n);
}

pv_node pv_permute(pv_graph *g, pv_node x, int ndim, const int *axis)
{
    char a[PV_NODE_TEXT];
    uint32_t seen = 0;
    if (!pv_graph_takes(g, "pv_permute", x, PV_F32)) return PV_NONE;
    pv_graph_node n = pv_graph_node_of(PV_OP_PERMUTE, 1, x, 0, 0);
    n.shape = g->node[x].shape;
    for (int i = 0; ndim == n.shape.ndim && i < ndim; i++) {
        if (axis[i] < 0 || axis[i] >= ndim) break;
        seen |= 1u << axis[i];
        n.attr.axis[i] = axis[i];
        n.shape.dim[i] = g->node[x].shape.dim[axis[i]];
    }
    if (ndim != n.shape.ndim || seen != (1u << ndim) - 1)
        return pv_graph_fail(g, PV_ERR_SHAPE,
                             "pv_permute: %s needs each of its axes named once, %d were given",
                             pv_graph_node_text(g, x, a), ndim);
    return pv_graph_append(g, &n);
}

pv_node pv_transpose(pv_graph *g, pv_node x)
{
    char a[PV_NODE_TEXT];
    int axis[PV_MAX_DIMS];
    if (!pv_graph_takes(g, "pv_transpose", x, PV_F32)) return PV_NONE;
    int ndim = g->node[x].shape.ndim;
    if (ndim < 2)
        return pv_graph_fail(g, PV_ERR_SHAPE, "pv_transpose: %s has fewer than two dimensions",
                             pv_graph_node_text(g, x, a));
    for (int i = 0; i < ndim; i++) axis[i] = i;
    axis[ndim - 2] = ndim - 1;
    axis[ndim - 1] = ndim - 2;
    return pv_permute(g, x, ndim, axis);
}

pv_node pv_broadcast_raw(pv_graph *g, pv_node x, pv_shape shape)
{
    if (x == PV_NONE) return PV_NONE;
    pv_graph_node n = pv_graph_node_of(PV_OP_BROADCAST, 1, x, 0, 0);
    n.shape = pv_shape_of(shape.ndim, shape.dim);
    return pv_graph_append(g, &n);
}

pv_node pv_broadcast(pv_graph *g, pv_node x, pv_shape shape)
{
    char a[PV_NODE_TEXT], b[PV_SHAPE_TEXT];
    if (!pv_graph_takes(g, "pv_broadcast", x, PV_F32)) return PV_NONE;
    if (!pv_graph_takes_shape(g, "pv_broadcast", &shape)) return PV_NONE;
    const pv_shape from = g->node[x].shape;
    int fits = from.ndim <= shape.ndim;
    pv_shape aligned = shape;
    for (int i = 1; fits && i <= shape.ndim; i++) {
        int64_t d = i <= from.ndim ? from.dim[from.ndim - i] : 1;
        aligned.dim[shape.ndim - i] = d;
        fits = d == 1 || d == shape.dim[shape.ndim - i];
    }
    if (!fits)
        return pv_graph_fail(g, PV_ERR_SHAPE,
                             "pv_broadcast: %s can't be repeated to %s: aligned at the right, "
                             "dimensions must be equal or 1",
                             pv_graph_node_text(g, x, a), pv_shape_text(&shape, b));
    return pv_broadcast_raw(g, pv_reshape(g, x, aligned), shape);
}

/* Where a block of shape `part` at `begin` lies inside `whole`. */
static int inside(const pv_shape *whole, const int64_t *begin, const pv_shape *part)
{
    if (whole->ndim != part->ndim) return 0;
    for (int i = 0; i < whole->ndim; i++)
        if (begin[i] < 0 || begin[i] > whole->dim[i] - part->dim[i]) return 0;
    return 1;
}

pv_node pv_slice(pv_graph *g, pv_node x, const int64_t *begin, pv_shape shape)
{
    char a[PV_NODE_TEXT], b[PV_SHAPE_TEXT], c[PV_SHAPE_TEXT];
    if (!pv_graph_takes(g, "pv_slice", x, PV_F32)) return PV_NONE;
    if (!pv_graph_takes_shape(g, "pv_slice", &shape)) return PV_NONE;
    pv_shape from = pv_shape_of(shape.ndim, begin);
    if (!inside(&g->node[x].shape, begin, &shape))
        return pv_graph_fail(g, PV_ERR_SHAPE, "pv_slice: the block %s at %s is not inside %s",
                             pv_shape_text(&shape, b), pv_shape_text(&from, c),
                             pv_graph_node_text(g, x, a));
    pv_graph_node n = pv_graph_node_of(PV_OP_SLICE, 1, x, 0, 0);
    n.shape = pv_shape_of(shape.ndim, shape.dim);
    memcpy(n.attr.begin, from.dim, sizeof from.dim);
    return pv_graph_append(g, &n);
}

pv_node pv_slice_axis(pv_graph *g, pv_node x, int axis, int64_t begin, int64_t end)
{
    char a[PV_NODE_TEXT];
    int64_t from[PV_MAX_DIMS] = {0};
    if (!pv_graph_takes(g, "pv_slice_axis", x, PV_F32)) return PV_NONE;
    pv_shape shape = g->node[x].shape;
    int at = axis < 0 ? axis + shape.ndim : axis;
    if (at < 0 || at >= shape.ndim || begin < 0 || begin >= end || end > shape.dim[at])
        return pv_graph_fail(
            g, PV_ERR_SHAPE, "pv_slice_axis: %s has no elements %lld to %lld along axis %d",
            pv_graph_node_text(g, x, a), (long long)begin, (long long)end - 1, axis);
    from[at] = begin;
    shape.dim[at] = end - begin;
    return pv_slice(g, x, from, shape);
}

pv_node pv_pad(pv_graph *g, pv_node x, const int64_t *begin, pv_shape shape)
{
    char a[PV_NODE_TEXT], b[PV_SHAPE_TEXT], c[PV_SHAPE_TEXT];
    if (!pv_graph_takes(g, "pv_pad", x, PV_F32)) return PV_NONE;
    if (!pv_graph_takes_shape(g, "pv_pad", &shape)) return PV_NONE;
    pv_shape from = pv_shape_of(shape.ndim, begin);
    if (!inside(&shape, begin, &g->node[x].shape))
        return pv_graph_fail(g, PV_ERR_SHAPE, "pv_pad: %s at %s does not lie inside %s",
                             pv_graph_node_text(g, x, a), pv_shape_text(&from, c),
                             pv_shape_text(&shape, b));
    pv_graph_node n = pv_graph_node_of(PV_OP_PAD, 1, x, 0, 0);
    n.shape = pv_shape_of(shape.ndim, shape.dim);
    memcpy(n.attr.begin, from.dim, sizeof from.dim);
    return pv_graph_append(g, &n);
}

static pv_node concat_two(pv_graph *g, pv_node a, pv_node b, int axis)
{
    if (a == PV_NONE || b == PV_NONE) return PV_NONE;
    pv_graph_node n = pv_graph_node_of(PV_OP_CONCAT, 2, a, b, 0);
    n.shape = g->node[a].shape;
    n.shape.dim[axis] += g->node[b].shape.dim[axis];
    n.attr.axis[0] = axis;
    return pv_graph_append(g, &n);
}

/* Halves, so that no element is copied more than log n times. */
static pv_node concat(pv_graph *g, const pv_node *x, int n, int axis)
{
    if (n == 1) return x[0];
    pv_node a = concat(g, x, n / 2, axis), b = concat(g, x + n / 2, n - n / 2, axis);
    return concat_two(g, a, b, axis);
}

pv_node pv_concat(pv_graph *g, const pv_node *x, int n, int axis)
{
    char a[PV_NODE_TEXT], b[PV_NODE_TEXT];
    if (n < 1) return pv_graph_fail(g, PV_ERR_USAGE, "pv_concat: at least one node is needed");
    if (!pv_graph_takes(g, "pv_concat", x[0], PV_F32)) return PV_NONE;
    pv_shape whole = g->node[x[0]].shape;
    int at = axis < 0 ? axis + whole.ndim : axis;
    if (at < 0 || at >= whole.ndim)
        return pv_graph_fail(g, PV_ERR_SHAPE, "pv_concat: %s has no axis %d",
                             pv_graph_node_text(g, x[0], a), axis);
    for (int k = 1; k < n; k++) {
        if (!pv_graph_takes(g, "pv_concat", x[k], PV_F32)) return PV_NONE;
        pv_shape other = g->node[x[k]].shape;
        int64_t more = other.ndim == whole.ndim ? other.dim[at] : 0;
        if (more > 0) other.dim[at] = whole.dim[at];
        if (!pv_shape_equal(&other, &whole))
            return pv_graph_fail(
                g, PV_ERR_SHAPE, "pv_concat: %s and %s differ elsewhere than along axis %d",
                pv_graph_node_text(g, x[0], a), pv_graph_node_text(g, x[k], b), axis);
        whole.dim[at] += more;
        if (!pv_graph_takes_shape(g, "pv_concat", &whole)) return PV_NONE;
    }
    return concat(g, x, n, at);
}

pv_node pv_flatten(pv_graph *g, pv_node x)
{
    char a[PV_NODE_TEXT];
    const pv_dtype dtype = pv_node_dtype(g, x);
    if (!pv_graph_takes(g, "pv_flatten", x, dtype)) return PV_NONE;
    const pv_shape from = g->node[x].shape;
    if (from.ndim < 1)
        return pv_graph_fail(g, PV_ERR_SHAPE, "pv_flatten: %s has no batch dimension",
                             pv_graph_node_text(g, x, a));
    return pv_reshape(g, x, PV_SHAPE(from.dim[0], pv_shape_count(&from) / from.dim[0]));
}

pv_node pv_squeeze2(pv_graph *g, pv_node x)
{
    char a[PV_NODE_TEXT];
    if (!pv_graph_takes(g, "pv_squeeze2", x, PV_F32)) return PV_NONE;
    const pv_shape s = g->node[x].shape;
    if (s.ndim != 4 || s.dim[1] % 2 != 0 || s.dim[2] % 2 != 0)
        return pv_graph_fail(g, PV_ERR_SHAPE,
                             "pv_squeeze2: %s is not [n,h,w,c] with even height and width",
                             pv_graph_node_text(g, x, a));
    int64_t n = s.dim[0], h = s.dim[1] / 2, w = s.dim[2] / 2, c = s.dim[3];
    pv_node blocks = pv_reshape(g, x, PV_SHAPE(n, h, 2, w, 2, c));
    pv_node moved = pv_permute(g, blocks, 6, (const int[]){0, 1, 3, 5, 2, 4});
    return pv_reshape(g, moved, PV_SHAPE(n, h, w, 4 * c));
}

pv_node pv_unsqueeze2(pv_graph *g, pv_node x)
{
    char a[PV_NODE_TEXT];
    if (!pv_graph_takes(g, "pv_unsqueeze2", x, PV_F32)) return PV_NONE;
    const pv_shape s = g->node[x].shape;
    if (s.ndim != 4 || s.dim[3] % 4 != 0)
        return pv_graph_fail(g, PV_ERR_SHAPE,
                             "pv_unsqueeze2: %s is not [n,h,w,c] with c a multiple of 4",
                             pv_graph_node_text(g, x, a));
    int64_t n = s.dim[0], h = s.dim[1], w = s.dim[2], c = s.dim[3] / 4;
    pv_node blocks = pv_reshape(g, x, PV_SHAPE(n, h, w, c, 2, 2));
    pv_node moved = pv_permute(g, blocks, 6, (const int[]){0, 1, 4, 2, 5, 3});
    return pv_reshape(g, moved, PV_SHAPE(n, 2 * h, 2 * w, c));
}
