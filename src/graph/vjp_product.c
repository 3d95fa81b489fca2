#include "graph/graph_i.h"

/* y = op(a) op(b), where op transposes or not: the product rule, with the transpositions of the
 * factors moved into the flags. */
static void matmul_back(pv_graph *g, const pv_graph_node *node, pv_node gy, const int *need,
                        pv_node *gin)
{
    const pv_node a = node->in[0], b = node->in[1];
    const int ta = node->attr.ta, tb = node->attr.tb;
    if (need[0]) gin[0] = ta ? pv_matmul(g, b, gy, tb, 1) : pv_matmul(g, gy, b, 0, !tb);
    if (need[1]) gin[1] = tb ? pv_matmul(g, gy, a, 1, ta) : pv_matmul(g, a, gy, !ta, 0);
}

/* The trio: <F(x,w), g> = <x, D(w,g)> = <w, W(x,g)> for all x, w, g. Each is linear in both of its
 * inputs, so the gradients of each are the other two, with the same window. */
static void conv_back(pv_graph *g, const pv_graph_node *node, pv_node gy, const int *need,
                      pv_node *gin)
{
    const pv_node a = node->in[0], b = node->in[1];
    const pv_window *v = &node->attr.window;
    switch (node->op) {
    case PV_OP_CONV: /* F(x, w) */
        if (need[0]) gin[0] = pv_conv_raw(g, PV_OP_CONV_DATA, b, gy, v);
        if (need[1]) gin[1] = pv_conv_raw(g, PV_OP_CONV_WEIGHTS, a, gy, v);
        break;
    case PV_OP_CONV_DATA: /* D(w, g), the cotangent has the shape of x */
        if (need[0]) gin[0] = pv_conv_raw(g, PV_OP_CONV_WEIGHTS, gy, b, v);
        if (need[1]) gin[1] = pv_conv_raw(g, PV_OP_CONV, gy, a, v);
        break;
    default: /* W(x, g), the cotangent has the shape of w */
        if (need[0]) gin[0] = pv_conv_raw(g, PV_OP_CONV_DATA, gy, b, v);
        if (need[1]) gin[1] = pv_conv_raw(g, PV_OP_CONV, a, gy, v);
    }
}

/* -Y' g Y' */
static pv_node inverse_back(pv_graph *g, pv_node y, pv_node gy)
{
    return pv_neg(g, pv_matmul(g, pv_matmul(g, y, gy, 1, 0), y, 0, 1));
}

/* g times the transposed inverse of each matrix */
static pv_node logdet_back(pv_graph *g, pv_node a, pv_node gy)
{
    pv_shape each = g->node[a].shape;
    each.dim[each.ndim - 2] = each.dim[each.ndim - 1] = 1;
    return pv_mul(g, pv_reshape(g, gy, each), pv_transpose(g, pv_inverse(g, a)));
}

void pv_vjp_product(pv_graph *g, const pv_graph_node *node, pv_node y, pv_node gy, const int *need,
                    pv_node *gin)
{
    const pv_window *v = &node->attr.window;
    const pv_node index = node->in[1];
    switch (node->op) {
    case PV_OP_MATMUL:
        matmul_back(g, node, gy, need, gin);
        break;
    case PV_OP_CONV:
    case PV_OP_CONV_DATA:
    case PV_OP_CONV_WEIGHTS:
        conv_back(g, node, gy, need, gin);
        break;
    case PV_OP_AVGPOOL:
        if (need[0]) gin[0] = pv_pool_raw(g, PV_OP_AVGPOOL_T, gy, PV_NONE, v);
        break;
    case PV_OP_AVGPOOL_T:
        if (need[0]) gin[0] = pv_pool_raw(g, PV_OP_AVGPOOL, gy, PV_NONE, v);
        break;
    case PV_OP_POOL_GATHER:
        if (need[0]) gin[0] = pv_pool_raw(g, PV_OP_POOL_SCATTER, gy, index, v);
        break;
    case PV_OP_POOL_SCATTER:
        if (need[0]) gin[0] = pv_pool_raw(g, PV_OP_POOL_GATHER, gy, index, v);
        break;
    case PV_OP_INVERSE:
        if (need[0]) gin[0] = inverse_back(g, y, gy);
        break;
    case PV_OP_LOGDET:
        if (need[0]) gin[0] = logdet_back(g, node->in[0], gy);
        break;
    default:
        break;
    }
}
