/* Simplifications that are free and exact in real arithmetic, made while a node is appended, so
 * that gradients of gradients stay small. One step at a time: a rule builds its result by the
 * ordinary builders, which simplify again. */
#include "graph/graph_i.h"

#include <math.h>
#include <string.h>

static int is(const pv_graph *g, pv_node x, pv_op op)
{
    return g->node[x].op == op;
}

static int is_const(const pv_graph *g, pv_node x)
{
    return is(g, x, PV_OP_CONST);
}

static double value_of(const pv_graph *g, pv_node x)
{
    return g->node[x].attr.value;
}

static int keeps_shape(const pv_graph *g, const pv_graph_node *n)
{
    return pv_shape_equal(&n->shape, &g->node[n->in[0]].shape);
}

/* The same constant in the shape of n. */
static pv_node const_as(pv_graph *g, double value, const pv_graph_node *n)
{
    return isfinite(value) ? pv_const(g, value, n->shape) : PV_NONE;
}

static pv_node affine(pv_graph *g, const pv_graph_node *n)
{
    const pv_node x = n->in[0];
    const double scale = n->attr.scale, shift = n->attr.shift;
    const pv_attr inner = g->node[x].attr;
    if (scale == 1 && shift == 0) return x;
    if (scale == 0) return const_as(g, shift, n);
    if (is_const(g, x)) return const_as(g, scale * inner.value + shift, n);
    if (is(g, x, PV_OP_BROADCAST)) /* before repeating it is less work */
        return pv_broadcast_raw(g, pv_affine(g, g->node[x].in[0], scale, shift), n->shape);
    if (is(g, x, PV_OP_AFFINE)) {
        const double a = scale * inner.scale, b = scale * inner.shift + shift;
        if (isfinite(a) && isfinite(b)) return pv_affine(g, g->node[x].in[0], a, b);
    }
    return PV_NONE;
}

/* a op c, or c op a, for a constant c */
static pv_node binary_with_const(pv_graph *g, const pv_graph_node *n)
{
    const pv_node a = n->in[0], b = n->in[1];
    const int first = is_const(g, a);
    if (!first && !is_const(g, b)) return PV_NONE;
    const double c = value_of(g, first ? a : b);
    const pv_node x = first ? b : a;
    if (!isfinite(c)) return PV_NONE;
    switch (n->op) {
    case PV_OP_ADD:
        return pv_affine(g, x, 1, c);
    case PV_OP_SUB:
        return first ? pv_affine(g, x, -1, c) : pv_affine(g, x, 1, -c);
    case PV_OP_MUL:
        return pv_affine(g, x, c, 0);
    case PV_OP_DIV:
        if (first) return pv_scale(g, pv_recip(g, x), c);
        return isfinite(1 / c) ? pv_scale(g, x, 1 / c) : PV_NONE;
    default:
        return PV_NONE;
    }
}

static pv_node binary(pv_graph *g, const pv_graph_node *n)
{
    const pv_node a = n->in[0], b = n->in[1];
    pv_node simpler = binary_with_const(g, n);
    if (simpler != PV_NONE) return simpler;
    if (n->op == PV_OP_ADD && a == b) return pv_scale(g, a, 2);
    if (is(g, a, PV_OP_BROADCAST) && is(g, b, PV_OP_BROADCAST)) {
        const pv_node p = g->node[a].in[0], q = g->node[b].in[0];
        pv_graph_node small = pv_graph_node_of(n->op, 2, p, q, 0);
        small.shape = g->node[p].shape;
        if (pv_shape_equal(&small.shape, &g->node[q].shape))
            return pv_broadcast_raw(g, pv_graph_append(g, &small), n->shape);
    }
    return PV_NONE;
}

static pv_node power(pv_graph *g, const pv_graph_node *n)
{
    const pv_node x = n->in[0];
    const double e = n->attr.value;
    if (e == 0) return pv_const(g, 1, n->shape);
    if (e == 1) return x;
    if (e == 2) return pv_square(g, x);
    if (e == -1) return pv_recip(g, x);
    if (e == 0.5) return pv_sqrt(g, x);
    if (e == -0.5) return pv_rsqrt(g, x);
    return PV_NONE;
}

static pv_node choice(pv_graph *g, const pv_graph_node *n)
{
    if (is_const(g, n->in[0])) return value_of(g, n->in[0]) != 0 ? n->in[1] : n->in[2];
    return n->in[1] == n->in[2] ? n->in[1] : PV_NONE;
}

static pv_node permute(pv_graph *g, const pv_graph_node *n)
{
    const pv_node x = n->in[0];
    int axis[PV_MAX_DIMS], moved = 0;
    for (int i = 0; i < n->shape.ndim; i++) {
        axis[i] = n->attr.axis[i];
        moved |= axis[i] != i;
    }
    if (!moved) return x;
    if (!is(g, x, PV_OP_PERMUTE)) return PV_NONE;
    for (int i = 0; i < n->shape.ndim; i++) axis[i] = g->node[x].attr.axis[axis[i]];
    return pv_permute(g, g->node[x].in[0], n->shape.ndim, axis);
}

static pv_node slice(pv_graph *g, const pv_graph_node *n)
{
    const pv_node x = n->in[0];
    const pv_graph_node inner = g->node[x];
    int64_t begin[PV_MAX_DIMS];
    if (inner.op == PV_OP_SLICE) {
        for (int i = 0; i < PV_MAX_DIMS; i++) begin[i] = n->attr.begin[i] + inner.attr.begin[i];
        return pv_slice(g, inner.in[0], begin, n->shape);
    }
    if (inner.op == PV_OP_PAD && pv_shape_equal(&n->shape, &g->node[inner.in[0]].shape) &&
        memcmp(n->attr.begin, inner.attr.begin, sizeof begin) == 0)
        return inner.in[0];
    return PV_NONE;
}

static pv_node pad(pv_graph *g, const pv_graph_node *n)
{
    const pv_graph_node inner = g->node[n->in[0]];
    int64_t begin[PV_MAX_DIMS];
    if (inner.op == PV_OP_CONST && inner.attr.value == 0) return pv_const(g, 0, n->shape);
    if (inner.op != PV_OP_PAD) return PV_NONE;
    for (int i = 0; i < PV_MAX_DIMS; i++) begin[i] = n->attr.begin[i] + inner.attr.begin[i];
    return pv_pad(g, inner.in[0], begin, n->shape);
}

/* The sum of what a broadcast repeats is a multiple; what it repeats along other axes is repeated
 * after summing. */
static pv_node sum_of_broadcast(pv_graph *g, const pv_graph_node *n)
{
    const pv_node small = g->node[n->in[0]].in[0];
    const pv_shape from = g->node[small].shape, to = g->node[n->in[0]].shape;
    double times = 1;
    for (int i = 0; i < to.ndim; i++)
        if ((n->attr.axes & 1u << i) && from.dim[i] != to.dim[i]) times *= (double)to.dim[i];
    if (times == 1) return PV_NONE;
    pv_node once = pv_scale(g, pv_sum_raw(g, small, n->attr.axes), times);
    return pv_broadcast_raw(g, once, n->shape);
}

static pv_node sum(pv_graph *g, const pv_graph_node *n)
{
    const pv_graph_node inner = g->node[n->in[0]];
    switch (inner.op) {
    case PV_OP_CONST: {
        const double times =
            (double)pv_shape_count(&inner.shape) / (double)pv_shape_count(&n->shape);
        return const_as(g, inner.attr.value * times, n);
    }
    case PV_OP_SUM:
        return pv_sum_raw(g, inner.in[0], n->attr.axes | inner.attr.axes);
    case PV_OP_BROADCAST:
        return sum_of_broadcast(g, n);
    case PV_OP_AFFINE: /* scaling after summing is less work */
        if (inner.attr.shift != 0) return PV_NONE;
        return pv_scale(g, pv_sum_raw(g, inner.in[0], n->attr.axes), inner.attr.scale);
    default:
        return PV_NONE;
    }
}

static pv_node of_shape(pv_graph *g, const pv_graph_node *n)
{
    const pv_node x = n->in[0];
    const pv_op inner = g->node[x].op;
    if (n->op != PV_OP_PERMUTE && keeps_shape(g, n)) return x;
    if (inner == PV_OP_CONST && n->op != PV_OP_SUM && n->op != PV_OP_PAD)
        return pv_const(g, value_of(g, x), n->shape);
    switch (n->op) {
    case PV_OP_RESHAPE:
        return inner == PV_OP_RESHAPE ? pv_reshape(g, g->node[x].in[0], n->shape) : PV_NONE;
    case PV_OP_BROADCAST:
        return inner == PV_OP_BROADCAST ? pv_broadcast_raw(g, g->node[x].in[0], n->shape) : PV_NONE;
    case PV_OP_PERMUTE:
        return permute(g, n);
    case PV_OP_SLICE:
        return slice(g, n);
    case PV_OP_PAD:
        return pad(g, n);
    case PV_OP_SUM:
        return sum(g, n);
    default:
        return PV_NONE;
    }
}

pv_node pv_graph_simplify(pv_graph *g, const pv_graph_node *n)
{
    switch (n->op) {
    case PV_OP_AFFINE:
        return affine(g, n);
    case PV_OP_POW:
        return power(g, n);
    case PV_OP_RELU: /* these two change nothing the second time */
    case PV_OP_DETACH:
        if (n->op == PV_OP_DETACH && is_const(g, n->in[0])) return n->in[0];
        return is(g, n->in[0], n->op) ? n->in[0] : PV_NONE;
    case PV_OP_ADD:
    case PV_OP_SUB:
    case PV_OP_MUL:
    case PV_OP_DIV:
        return binary(g, n);
    case PV_OP_SELECT:
        return choice(g, n);
    case PV_OP_RESHAPE:
    case PV_OP_PERMUTE:
    case PV_OP_BROADCAST:
    case PV_OP_SLICE:
    case PV_OP_PAD:
    case PV_OP_SUM:
        return of_shape(g, n);
    default:
        return PV_NONE;
    }
}
