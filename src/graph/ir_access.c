/* How a member of a fused unit reads an input, and how a sum ends one. */
#include "graph/ir.h"

pv_access pv_ir_access(const pv_ir *ir, pv_ir_id in, int64_t count, pv_ir_id *source,
                       int64_t *columns)
{
    const pv_ir_node *n = &ir->node[in];
    *columns = 0;
    *source = n->store;
    if (ir->node[n->store].op == PV_OP_CONST) return PV_ACCESS_CONST;
    if (n->op != PV_OP_BROADCAST)
        return pv_ir_count(ir, in) == count ? PV_ACCESS_FULL : PV_ACCESS_NONE;

    const pv_shape *to = &n->shape, *from = &ir->node[n->in[0]].shape;
    pv_ir_id base = ir->node[n->in[0]].store;
    if (ir->node[base].op == PV_OP_CONST) {
        *source = base;
        return PV_ACCESS_CONST;
    }
    /* kept: the first and last dimension that the source really has */
    int first = -1, last = -1, hole = 0;
    for (int i = 0; i < to->ndim; i++) {
        if (to->dim[i] == 1) continue;
        if (from->dim[i] == to->dim[i]) {
            if (first < 0) first = i;
            last = i;
        }
    }
    for (int i = first; first >= 0 && i <= last; i++) hole |= from->dim[i] != to->dim[i];
    if (first < 0) {
        *source = base;
        return PV_ACCESS_SCALAR;
    }
    if (hole) return PV_ACCESS_FULL;
    int64_t before = 1, after = 1, kept = 1;
    for (int i = 0; i < to->ndim; i++) {
        if (i < first)
            before *= to->dim[i];
        else if (i <= last)
            kept *= to->dim[i];
        else
            after *= to->dim[i];
    }
    if (before > 1 && after > 1)
        return PV_ACCESS_FULL; /* neither a row nor a column: kept as it is */
    *source = base;
    if (before == 1 && after == 1) return PV_ACCESS_FULL;
    *columns = after == 1 ? kept : after;
    return after == 1 ? PV_ACCESS_ROW : PV_ACCESS_COLUMN;
}

pv_access pv_ir_sink(const pv_ir *ir, pv_ir_id sum, int64_t *columns)
{
    const pv_ir_node *n = &ir->node[sum];
    const pv_shape *from = &ir->node[n->in[0]].shape;
    int64_t left = 1, right = 1;
    int kept_seen = 0, reduced_seen = 0, kept_after_reduced = 0, reduced_after_kept = 0;
    *columns = 0;
    for (int i = 0; i < from->ndim; i++) {
        if (from->dim[i] == 1) continue;
        if (n->attr.axes >> i & 1) {
            reduced_after_kept |= kept_seen;
            reduced_seen = 1;
            left *= from->dim[i];
        } else {
            kept_after_reduced |= reduced_seen;
            kept_seen = 1;
            right *= from->dim[i];
        }
    }
    if (!kept_seen) return PV_ACCESS_SCALAR;
    if (!reduced_seen || (kept_after_reduced && reduced_after_kept)) return PV_ACCESS_NONE;
    *columns = kept_after_reduced ? right : left;
    return kept_after_reduced ? PV_ACCESS_ROW : PV_ACCESS_COLUMN;
}

pv_access pv_ir_access_in(const pv_ir *ir, const pv_unit *u, pv_ir_id in, pv_ir_id *source)
{
    int64_t columns;
    pv_access a = pv_ir_access(ir, in, u->count, source, &columns);
    if ((a == PV_ACCESS_ROW || a == PV_ACCESS_COLUMN) && columns != u->columns) {
        *source = ir->node[in].store;
        return PV_ACCESS_FULL;
    }
    return a;
}
