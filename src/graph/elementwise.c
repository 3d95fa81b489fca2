#include "graph/graph_i.h"

pv_node pv_unary(pv_graph *g, pv_op op, pv_node x)
{
    char builder[32];
    snprintf(builder, sizeof builder, "pv_%s", pv_op_name(op)); /* their builders are named so */
    if (!pv_graph_takes(g, builder, x, PV_F32)) return PV_NONE;
    pv_graph_node n = pv_graph_node_of(op, 1, x, 0, 0);
    n.shape = g->node[x].shape;
    return pv_graph_append(g, &n);
}

pv_node pv_affine(pv_graph *g, pv_node x, double scale, double shift)
{
    if (!pv_graph_takes(g, "pv_affine", x, PV_F32)) return PV_NONE;
    pv_graph_node n = pv_graph_node_of(PV_OP_AFFINE, 1, x, 0, 0);
    n.shape = g->node[x].shape;
    n.attr.scale = scale;
    n.attr.shift = shift;
    return pv_graph_append(g, &n);
}

pv_node pv_neg(pv_graph *g, pv_node x)
{
    return pv_affine(g, x, -1, 0);
}

pv_node pv_scale(pv_graph *g, pv_node x, double a)
{
    return pv_affine(g, x, a, 0);
}

pv_node pv_square(pv_graph *g, pv_node x)
{
    return pv_mul(g, x, x);
}

pv_node pv_pow(pv_graph *g, pv_node x, double e)
{
    if (!pv_graph_takes(g, "pv_pow", x, PV_F32)) return PV_NONE;
    pv_graph_node n = pv_graph_node_of(PV_OP_POW, 1, x, 0, 0);
    n.shape = g->node[x].shape;
    n.attr.value = e;
    return pv_graph_append(g, &n);
}

pv_node pv_recip(pv_graph *g, pv_node x)
{
    return pv_unary(g, PV_OP_RECIP, x);
}

pv_node pv_exp(pv_graph *g, pv_node x)
{
    return pv_unary(g, PV_OP_EXP, x);
}

pv_node pv_log(pv_graph *g, pv_node x)
{
    return pv_unary(g, PV_OP_LOG, x);
}

pv_node pv_log1p(pv_graph *g, pv_node x)
{
    return pv_unary(g, PV_OP_LOG1P, x);
}

pv_node pv_sqrt(pv_graph *g, pv_node x)
{
    return pv_unary(g, PV_OP_SQRT, x);
}

pv_node pv_rsqrt(pv_graph *g, pv_node x)
{
    return pv_unary(g, PV_OP_RSQRT, x);
}

pv_node pv_abs(pv_graph *g, pv_node x)
{
    return pv_unary(g, PV_OP_ABS, x);
}

pv_node pv_sign(pv_graph *g, pv_node x)
{
    return pv_unary(g, PV_OP_SIGN, x);
}

pv_node pv_step(pv_graph *g, pv_node x)
{
    return pv_unary(g, PV_OP_STEP, x);
}

pv_node pv_erf(pv_graph *g, pv_node x)
{
    return pv_unary(g, PV_OP_ERF, x);
}

pv_node pv_detach(pv_graph *g, pv_node x)
{
    return pv_unary(g, PV_OP_DETACH, x);
}

/* NumPy's rule: aligned at the right, dimensions are equal or one of them is 1. Returns 0 when the
 * shapes do not fit. */
static int joint_shape(pv_shape *out, const pv_shape *a, const pv_shape *b)
{
    *out = pv_shape_of(0, NULL);
    out->ndim = a->ndim > b->ndim ? a->ndim : b->ndim;
    for (int i = 1; i <= out->ndim; i++) {
        int64_t m = i <= a->ndim ? a->dim[a->ndim - i] : 1;
        int64_t n = i <= b->ndim ? b->dim[b->ndim - i] : 1;
        if (m != n && m != 1 && n != 1) return 0;
        out->dim[out->ndim - i] = m > n ? m : n;
    }
    return 1;
}

/* Elementwise operation on nin inputs, each broadcast to the shape that all share. */
static pv_node elementwise(pv_graph *g, const char *builder, pv_op op, const pv_node *in, int nin)
{
    char a[PV_NODE_TEXT], b[PV_NODE_TEXT];
    pv_shape shape = pv_shape_of(0, NULL);
    pv_node full[3] = {PV_NONE, PV_NONE, PV_NONE};
    for (int k = 0; k < nin; k++) {
        pv_shape joint;
        if (!pv_graph_takes(g, builder, in[k], PV_F32)) return PV_NONE;
        if (!joint_shape(&joint, &shape, &g->node[in[k]].shape))
            return pv_graph_fail(g, PV_ERR_SHAPE,
                                 "%s: the shapes of %s and %s do not fit: aligned at the right, "
                                 "dimensions must be equal or 1",
                                 builder, pv_graph_node_text(g, in[0], a),
                                 pv_graph_node_text(g, in[k], b));
        shape = joint;
    }
    for (int k = 0; k < nin; k++) full[k] = pv_broadcast(g, in[k], shape);
    pv_graph_node n = pv_graph_node_of(op, nin, full[0], full[1], full[2]);
    n.shape = shape;
    return pv_graph_append(g, &n);
}

static pv_node binary(pv_graph *g, const char *builder, pv_op op, pv_node a, pv_node b)
{
    return elementwise(g, builder, op, (pv_node[]){a, b}, 2);
}

pv_node pv_add(pv_graph *g, pv_node a, pv_node b)
{
    return binary(g, "pv_add", PV_OP_ADD, a, b);
}

pv_node pv_sub(pv_graph *g, pv_node a, pv_node b)
{
    return binary(g, "pv_sub", PV_OP_SUB, a, b);
}

pv_node pv_mul(pv_graph *g, pv_node a, pv_node b)
{
    return binary(g, "pv_mul", PV_OP_MUL, a, b);
}

pv_node pv_div(pv_graph *g, pv_node a, pv_node b)
{
    return binary(g, "pv_div", PV_OP_DIV, a, b);
}

pv_node pv_max(pv_graph *g, pv_node a, pv_node b)
{
    return binary(g, "pv_max", PV_OP_MAX, a, b);
}

pv_node pv_min(pv_graph *g, pv_node a, pv_node b)
{
    return binary(g, "pv_min", PV_OP_MIN, a, b);
}

pv_node pv_greater(pv_graph *g, pv_node a, pv_node b)
{
    return binary(g, "pv_greater", PV_OP_GREATER, a, b);
}

pv_node pv_equal(pv_graph *g, pv_node a, pv_node b)
{
    return binary(g, "pv_equal", PV_OP_EQUAL, a, b);
}

pv_node pv_select(pv_graph *g, pv_node cond, pv_node a, pv_node b)
{
    return elementwise(g, "pv_select", PV_OP_SELECT, (pv_node[]){cond, a, b}, 3);
}
