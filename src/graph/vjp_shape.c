#include "graph/graph_i.h"

/* permute with the inverse permutation */
static pv_node permute_back(pv_graph *g, const pv_graph_node *node, pv_node gy)
{
    int inverse[PV_MAX_DIMS];
    for (int i = 0; i < node->shape.ndim; i++) inverse[node->attr.axis[i]] = i;
    return pv_permute(g, gy, node->shape.ndim, inverse);
}

/* the axes along which a broadcast repeats */
static uint32_t repeated(const pv_shape *from, const pv_shape *to)
{
    uint32_t axes = 0;
    for (int i = 0; i < to->ndim; i++)
        if (from->dim[i] != to->dim[i]) axes |= 1u << i;
    return axes;
}

static void concat_back(pv_graph *g, const pv_graph_node *node, pv_node gy, const int *need,
                        pv_node *gin)
{
    int64_t begin[PV_MAX_DIMS] = {0};
    const pv_shape a = g->node[node->in[0]].shape, b = g->node[node->in[1]].shape;
    const int axis = node->attr.axis[0];
    if (need[0]) gin[0] = pv_slice(g, gy, begin, a);
    begin[axis] = a.dim[axis];
    if (need[1]) gin[1] = pv_slice(g, gy, begin, b);
}

/* shared in equal parts among all that equal the maximum */
static pv_node reduce_max_back(pv_graph *g, const pv_graph_node *node, pv_node y, pv_node gy)
{
    pv_node mask = pv_equal(g, node->in[0], y);
    return pv_mul(g, pv_div(g, gy, pv_sum_raw(g, mask, node->attr.axes)), mask);
}

static pv_node sum_of_last(pv_graph *g, pv_node x, const pv_graph_node *node)
{
    return pv_sum_raw(g, x, 1u << (node->shape.ndim - 1));
}

void pv_vjp_shape(pv_graph *g, const pv_graph_node *node, pv_node y, pv_node gy, const int *need,
                  pv_node *gin)
{
    const pv_node x = node->in[0];
    if (node->op == PV_OP_CONCAT) {
        concat_back(g, node, gy, need, gin);
        return;
    }
    if (node->nin == 0 || !need[0]) return;
    const pv_shape shape = g->node[x].shape;
    switch (node->op) {
    case PV_OP_RESHAPE:
        gin[0] = pv_reshape(g, gy, shape);
        break;
    case PV_OP_PERMUTE:
        gin[0] = permute_back(g, node, gy);
        break;
    case PV_OP_BROADCAST:
        gin[0] = pv_sum_raw(g, gy, repeated(&shape, &node->shape));
        break;
    case PV_OP_SLICE:
        gin[0] = pv_pad(g, gy, node->attr.begin, shape);
        break;
    case PV_OP_PAD:
        gin[0] = pv_slice(g, gy, node->attr.begin, shape);
        break;
    case PV_OP_SUM:
        gin[0] = pv_broadcast_raw(g, gy, shape);
        break;
    case PV_OP_REDUCE_MAX:
        gin[0] = reduce_max_back(g, node, y, gy);
        break;
    case PV_OP_SOFTMAX: /* y (g - sum(g y)) */
        gin[0] = pv_mul(g, y, pv_sub(g, gy, sum_of_last(g, pv_mul(g, gy, y), node)));
        break;
    case PV_OP_LOG_SOFTMAX: /* g - softmax(x) sum(g) */
        gin[0] = pv_sub(g, gy, pv_mul(g, pv_softmax(g, x), sum_of_last(g, gy, node)));
        break;
    case PV_OP_GATHER:
        gin[0] = pv_scatter(g, gy, node->in[1], shape.dim[0]);
        break;
    case PV_OP_SCATTER:
        gin[0] = pv_embedding(g, node->in[1], gy);
        break;
    default:
        break;
    }
}
