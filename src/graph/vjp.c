#include "graph/graph_i.h"

int pv_vjp_reaches(pv_op op, int k)
{
    switch (op) {
    case PV_OP_STEP:
    case PV_OP_SIGN:
    case PV_OP_GREATER:
    case PV_OP_EQUAL:
    case PV_OP_DETACH:
    case PV_OP_ARGMAX:
    case PV_OP_ONE_HOT:
    case PV_OP_MAXPOOL_INDEX:
        return 0;
    case PV_OP_SELECT: /* the condition only chooses */
        return k > 0;
    case PV_OP_GATHER: /* the second input is an index */
    case PV_OP_SCATTER:
    case PV_OP_POOL_GATHER:
    case PV_OP_POOL_SCATTER:
        return k == 0;
    default:
        return 1;
    }
}

void pv_vjp(pv_graph *g, pv_node y, pv_node gy, const int *need, pv_node *gin)
{
    const pv_graph_node node = g->node[y];
    for (int k = 0; k < node.nin; k++) gin[k] = PV_NONE;
    if (pv_op_is_elementwise(node.op))
        pv_vjp_elementwise(g, &node, y, gy, need, gin);
    else if (node.op >= PV_OP_MATMUL)
        pv_vjp_product(g, &node, y, gy, need, gin);
    else
        pv_vjp_shape(g, &node, y, gy, need, gin);
}
