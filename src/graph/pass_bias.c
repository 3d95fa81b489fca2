/* conv(x, w) + bias, and then perhaps relu, is one kernel call: the sum and the activation happen
 * while the result is still in registers. The node that ends the chain takes over the work; what
 * led to it is then unused. */
#include "graph/ir.h"

static int16_t *count_readers(const pv_ir *ir)
{
    int16_t *readers = pv_calloc(ir->size, sizeof *readers);
    if (readers == NULL) return NULL;
    for (size_t i = 0; i < ir->size; i++)
        for (int k = 0; k < ir->node[i].nin; k++)
            if (readers[ir->node[i].in[k]] < INT16_MAX) readers[ir->node[i].in[k]]++;
    for (size_t i = 0; i < ir->outputs; i++) readers[ir->output[i]] = INT16_MAX;
    for (size_t i = 0; i < ir->assigns; i++) readers[ir->assign[i].value] = INT16_MAX;
    return readers;
}

static int takes_bias(const pv_ir *ir, const pv_ir_node *n)
{
    if (n->op == PV_OP_CONV) return n->nin == 2;
    return n->op == PV_OP_MATMUL && n->nin == 2 && n->shape.ndim == 2 &&
           ir->node[n->in[0]].dtype != PV_I32;
}

static void fold(pv_ir *ir, pv_ir_id add, pv_ir_id product, pv_ir_id bias)
{
    pv_ir_node *n = &ir->node[add];
    const pv_ir_node *p = &ir->node[product];
    n->op = p->op;
    n->nin = 3;
    n->in[0] = p->in[0];
    n->in[1] = p->in[1];
    n->in[2] = bias;
    n->attr = p->attr;
    n->has_bias = 1;
}

pv_status pv_ir_bias(pv_ir *ir)
{
    int16_t *readers = count_readers(ir);
    if (readers == NULL) PV_FAIL_MEMORY(ir->size * sizeof *readers);
    for (size_t i = 0; i < ir->size; i++) {
        pv_ir_node *n = &ir->node[i];
        if (n->op == PV_OP_ADD) {
            for (int k = 0; k < 2; k++) {
                pv_ir_id product = n->in[k], source;
                int64_t columns, last = n->shape.ndim > 0 ? n->shape.dim[n->shape.ndim - 1] : 0;
                if (!takes_bias(ir, &ir->node[product]) || readers[product] != 1) continue;
                if (pv_ir_access(ir, n->in[1 - k], pv_ir_count(ir, (pv_ir_id)i), &source,
                                 &columns) != PV_ACCESS_ROW ||
                    columns != last)
                    continue;
                fold(ir, (pv_ir_id)i, product, source);
                break;
            }
        } else if (n->op == PV_OP_RELU && ir->node[n->in[0]].has_bias && readers[n->in[0]] == 1) {
            pv_ir_id chain = n->in[0];
            fold(ir, (pv_ir_id)i, chain, ir->node[chain].in[2]);
            n->relu = 1;
        }
    }
    pv_free(readers);
    return PV_OK;
}
