/* Where every value lives in the slab. Values whose lifetimes (in positions of the order) do not
 * overlap may share bytes: the largest are placed first, each at the lowest offset where it meets
 * nobody it lives with. */
#include "graph/ir.h"

#include <stdlib.h>
#include <string.h>

enum { ALIGN = 64 };

typedef struct value {
    pv_ir_id id;
    int32_t from, to; /* positions, inclusive */
    size_t bytes, offset;
} value;

typedef struct lifetimes {
    const pv_ir *ir;
    value *value;
    size_t n;
    int32_t *index; /* node -> value, or -1 */
    pv_ir_id *host; /* node -> whose memory it takes over (itself when its own) */
    int32_t at;
} lifetimes;

static int32_t owner(const lifetimes *l, pv_ir_id id)
{
    while (l->host[id] != id) id = l->host[id];
    return l->index[id];
}

static pv_status read_here(void *user, pv_ir_id source)
{
    lifetimes *l = user;
    value *v = &l->value[owner(l, source)];
    if (l->at > v->to) v->to = l->at;
    return PV_OK;
}

typedef struct last_read {
    const lifetimes *l;
    int32_t *last; /* node -> position of its last reader */
    int32_t at;
} last_read;

static pv_status note_read(void *user, pv_ir_id source)
{
    last_read *r = user;
    r->last[source] = r->at;
    return PV_OK;
}

/* A value of a fused unit may take over a FULL input that nobody reads later. */
static pv_status take_over(lifetimes *l, int32_t unit, int32_t at, const int32_t *last,
                           const unsigned char *pinned, pv_ir_program *p)
{
    const pv_ir *ir = l->ir;
    PV_TRY(pv_ir_fused(ir, unit, p));
    for (int k = 0; k < p->spec.outputs; k++) {
        pv_ir_id out = p->output[k];
        if (p->spec.output[k] != PV_FUSED_FULL || pinned[out] || l->host[out] != out) continue;
        for (int i = 0; i < p->spec.inputs; i++) {
            pv_ir_id in = p->input[i];
            int taken = 0;
            if (p->spec.input[i] != PV_FUSED_FULL || pinned[in] || last[in] != at) continue;
            if (ir->node[in].dtype == PV_I32 || pv_ir_bytes(ir, in) != pv_ir_bytes(ir, out))
                continue;
            for (int other = 0; other < k; other++) taken |= l->host[p->output[other]] == in;
            for (int other = 0; other < p->spec.inputs; other++)
                taken |= other != i && p->input[other] == in;
            if (taken || !pv_fused_in_place(&p->spec, k, i)) continue;
            l->host[out] = in;
            break;
        }
    }
    return PV_OK;
}

static int larger_first(const void *a, const void *b)
{
    const value *x = a, *y = b;
    if (x->bytes != y->bytes) return x->bytes < y->bytes ? 1 : -1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static int lower_first(const void *a, const void *b)
{
    const value *x = *(const value *const *)a, *y = *(const value *const *)b;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static pv_status place(lifetimes *l, size_t *total)
{
    qsort(l->value, l->n, sizeof *l->value, larger_first);
    const value **near = pv_alloc(l->n, sizeof *near);
    if (near == NULL) PV_FAIL_MEMORY(l->n * sizeof *near);
    *total = 0;
    for (size_t i = 0; i < l->n; i++) {
        value *v = &l->value[i];
        size_t meets = 0, offset = 0;
        for (size_t k = 0; k < i; k++)
            if (l->value[k].from <= v->to && v->from <= l->value[k].to)
                near[meets++] = &l->value[k];
        qsort(near, meets, sizeof *near, lower_first);
        for (size_t k = 0; k < meets; k++) {
            if (near[k]->offset >= offset + v->bytes) break;
            if (near[k]->offset + near[k]->bytes > offset)
                offset = near[k]->offset + near[k]->bytes;
        }
        v->offset = offset;
        if (offset + v->bytes > *total) *total = offset + v->bytes;
    }
    pv_free(near);
    return PV_OK;
}

/* Values that live as long as the plan: leaves and outputs. */
static void pin(const pv_ir *ir, unsigned char *pinned)
{
    for (size_t i = 0; i < ir->size; i++)
        if (pv_ir_is_leaf(&ir->node[i])) pinned[i] = 1;
    for (size_t i = 0; i < ir->outputs; i++) pinned[ir->node[ir->output[i]].store] = 1;
    for (size_t i = 0; i < ir->assigns; i++) pinned[ir->node[ir->assign[i].value].store] = 1;
}

pv_status pv_ir_memory(pv_ir *ir)
{
    pv_status status = PV_OK;
    lifetimes l = {.ir = ir};
    unsigned char *pinned = pv_calloc(ir->size, 1);
    int32_t *last = pv_alloc(ir->size, sizeof *last);
    pv_ir_program *program = pv_alloc(1, sizeof *program);
    l.value = pv_alloc(ir->size, sizeof *l.value);
    l.index = pv_alloc(ir->size, sizeof *l.index);
    l.host = pv_alloc(ir->size, sizeof *l.host);
    ir->offset = pv_alloc(ir->size, sizeof *ir->offset);
    if (!pinned || !last || !program || !l.value || !l.index || !l.host || !ir->offset)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory while laying out %zu values", ir->size);
    pin(ir, pinned);
    for (size_t i = 0; i < ir->size; i++) {
        last[i] = -1;
        l.index[i] = -1;
        l.host[i] = (pv_ir_id)i;
        ir->offset[i] = SIZE_MAX;
    }
    for (size_t i = 0; i < ir->assigns; i++)
        if (ir->assign[i].in_place)
            l.host[ir->node[ir->assign[i].value].store] = ir->assign[i].param;
    last_read reads = {.l = &l, .last = last};
    for (size_t o = 0; o < ir->ordered; o++) {
        reads.at = (int32_t)o;
        PV_TRY_GOTO(pv_ir_sources(ir, ir->order[o], note_read, &reads));
    }
    for (size_t o = 0; o < ir->ordered; o++)
        if (ir->unit[ir->order[o]].kind == PV_UNIT_FUSED)
            PV_TRY_GOTO(take_over(&l, ir->order[o], (int32_t)o, last, pinned, program));

    int32_t end = (int32_t)ir->ordered;
    for (size_t i = 0; i < ir->size; i++) {
        const pv_ir_node *n = &ir->node[i];
        if (!n->in_memory || n->store != (pv_ir_id)i || l.host[i] != (pv_ir_id)i) continue;
        size_t bytes = (pv_ir_bytes(ir, (pv_ir_id)i) + ALIGN - 1) / ALIGN * ALIGN;
        l.index[i] = (int32_t)l.n;
        l.value[l.n++] = (value){.id = (pv_ir_id)i,
                                 .from = pinned[i] ? -1 : end,
                                 .to = pinned[i] ? end : -1,
                                 .bytes = bytes};
    }
    for (size_t o = 0; o < ir->ordered; o++) {
        const pv_unit *u = &ir->unit[ir->order[o]];
        l.at = (int32_t)o;
        for (size_t m = 0; m < u->members; m++) {
            if (!ir->node[u->member[m]].in_memory) continue;
            value *v = &l.value[owner(&l, u->member[m])];
            if (l.at < v->from) v->from = l.at;
            if (l.at > v->to) v->to = l.at;
        }
        PV_TRY_GOTO(pv_ir_sources(ir, ir->order[o], read_here, &l));
    }
    PV_TRY_GOTO(place(&l, &ir->slab_bytes));
    for (size_t k = 0; k < l.n; k++) ir->offset[l.value[k].id] = l.value[k].offset;
    for (size_t i = 0; i < ir->size; i++) {
        pv_ir_id id = (pv_ir_id)i;
        if (!ir->node[i].in_memory || ir->node[i].store != id) continue;
        while (l.host[id] != id) id = l.host[id];
        ir->offset[i] = ir->offset[id];
    }
done:
    pv_free(pinned);
    pv_free(last);
    pv_free(program);
    pv_free(l.value);
    pv_free(l.index);
    pv_free(l.host);
    return status;
}
