#include "graph/ir.h"

#include <string.h>

void pv_ir_clear(pv_ir *ir)
{
    for (size_t i = 0; i < ir->units; i++) pv_free(ir->unit[i].member);
    pv_free(ir->unit);
    pv_free(ir->node);
    pv_free(ir->from_graph);
    pv_free(ir->output);
    pv_free(ir->assign);
    pv_free(ir->order);
    pv_free(ir->offset);
    memset(ir, 0, sizeof *ir);
}

pv_ir_id pv_ir_append(pv_ir *ir, const pv_ir_node *node)
{
    if (pv_grow((void **)&ir->node, &ir->cap, ir->size + 1, sizeof *ir->node) != PV_OK) return -1;
    pv_ir_id id = (pv_ir_id)ir->size++;
    ir->node[id] = *node;
    ir->node[id].store = pv_ir_is_view(node) ? ir->node[node->in[0]].store : id;
    ir->node[id].unit = -1;
    return id;
}

int pv_ir_is_leaf(const pv_ir_node *n)
{
    return n->op == PV_OP_INPUT || n->op == PV_OP_PARAM || n->op == PV_OP_CONST;
}

int pv_ir_is_view(const pv_ir_node *n)
{
    return n->op == PV_OP_RESHAPE;
}

int64_t pv_ir_count(const pv_ir *ir, pv_ir_id id)
{
    return pv_shape_count(&ir->node[id].shape);
}

size_t pv_ir_bytes(const pv_ir *ir, pv_ir_id id)
{
    return (size_t)pv_ir_count(ir, id) * (ir->node[id].dtype == PV_I32 ? 4 : ir->real_size);
}

double pv_ir_flops(const pv_ir *ir, pv_ir_id id)
{
    const pv_ir_node *n = &ir->node[id];
    double out = (double)pv_shape_count(&n->shape);
    switch (n->op) {
    case PV_OP_MATMUL: {
        const pv_shape *a = &ir->node[n->in[0]].shape;
        return 2.0 * out * (double)a->dim[n->attr.ta ? a->ndim - 2 : a->ndim - 1];
    }
    case PV_OP_CONV: {
        const pv_shape *w = &ir->node[n->in[1]].shape;
        return 2.0 * out * (double)(w->dim[1] * w->dim[2] * w->dim[3]);
    }
    case PV_OP_CONV_DATA: {
        const pv_shape *w = &ir->node[n->in[0]].shape;
        return 2.0 * (double)pv_ir_count(ir, n->in[1]) *
               (double)(w->dim[1] * w->dim[2] * w->dim[3]);
    }
    case PV_OP_CONV_WEIGHTS:
        return 2.0 * (double)pv_ir_count(ir, n->in[1]) *
               (double)(n->shape.dim[1] * n->shape.dim[2] * n->shape.dim[3]);
    case PV_OP_AVGPOOL:
    case PV_OP_MAXPOOL_INDEX:
        return out * n->attr.window.kernel[0] * n->attr.window.kernel[1];
    case PV_OP_SUM:
    case PV_OP_REDUCE_MAX:
    case PV_OP_ARGMAX:
    case PV_OP_AVGPOOL_T:
        return (double)pv_ir_count(ir, n->in[0]);
    default:
        return pv_ir_is_leaf(n) || pv_ir_is_view(n) ? 0.0 : out;
    }
}
