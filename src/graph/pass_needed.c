/* What must be computed for the outputs and assignments, and which of it must be in memory. Fusion
 * leaves members behind that nobody reads any more; here they go. */
#include "graph/ir.h"

typedef struct needed {
    unsigned char *computed; /* per node */
    pv_ir_id *work;          /* computed, but what it reads is not marked yet */
    size_t n, cap;
} needed;

static pv_status need(pv_ir *ir, needed *set, pv_ir_id id, int in_memory)
{
    if (in_memory) ir->node[id].in_memory = 1;
    if (set->computed[id]) return PV_OK;
    set->computed[id] = 1;
    PV_TRY(pv_grow((void **)&set->work, &set->cap, set->n + 1, sizeof *set->work));
    set->work[set->n++] = id;
    return PV_OK;
}

static pv_status mark_needed(pv_ir *ir, needed *set)
{
    for (size_t i = 0; i < ir->outputs; i++)
        PV_TRY(need(ir, set, ir->node[ir->output[i]].store, 1));
    for (size_t i = 0; i < ir->assigns; i++) {
        PV_TRY(need(ir, set, ir->node[ir->assign[i].value].store, 1));
        PV_TRY(need(ir, set, ir->assign[i].param, 1));
    }
    while (set->n > 0) {
        pv_ir_id id = set->work[--set->n];
        const pv_ir_node *v = &ir->node[id];
        if (v->unit < 0) continue;
        const pv_unit *u = &ir->unit[v->unit];
        for (int k = 0; k < v->nin; k++) {
            pv_ir_id source = ir->node[v->in[k]].store;
            int fused = u->kind == PV_UNIT_FUSED;
            if (fused && v->op != PV_OP_SUM &&
                pv_ir_access_in(ir, u, v->in[k], &source) == PV_ACCESS_CONST)
                continue;
            PV_TRY(need(ir, set, source, !fused || ir->node[source].unit != v->unit));
        }
    }
    for (size_t i = 0; i < ir->imported; i++)
        if (ir->node[i].op == PV_OP_INPUT || ir->node[i].op == PV_OP_PARAM)
            ir->node[i].in_memory = 1;
    return PV_OK;
}

static void drop_unneeded(pv_ir *ir, const unsigned char *computed)
{
    for (size_t i = 0; i < ir->units; i++) {
        pv_unit *u = &ir->unit[i];
        size_t kept = 0;
        for (size_t m = 0; m < u->members; m++)
            if (computed[u->member[m]]) u->member[kept++] = u->member[m];
        u->members = kept;
        if (kept == 0) u->dead = 1;
        if (u->columns == 0) u->columns = u->count;
    }
}

pv_status pv_ir_needed(pv_ir *ir)
{
    needed set = {.computed = pv_calloc(ir->size, 1)};
    if (set.computed == NULL) PV_FAIL_MEMORY(ir->size);
    pv_status s = mark_needed(ir, &set);
    if (s == PV_OK) drop_unneeded(ir, set.computed);
    pv_free(set.computed);
    pv_free(set.work);
    return s;
}
