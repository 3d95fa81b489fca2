/* An order of the units in which everything is computed before it is read; among the ready ones,
 * first those that write a parameter in place (they end the life of a gradient), then by the order
 * of the graph. */
#include "graph/ir.h"

#include <string.h>

typedef struct edge {
    int32_t to, next; /* unit that must run first; next edge of the same unit, or -1 */
} edge;

typedef struct scheduler {
    pv_ir *ir;
    edge *edge; /* from a unit to those that must run before it */
    size_t edges, cap;
    int32_t *head; /* per unit: its first edge */
    int32_t *seen, *stack, stamp;
    int32_t at;             /* the unit whose edges are being collected */
    unsigned char *updates; /* per unit: writes a parameter in place */
} scheduler;

static pv_status add_edge(scheduler *s, int32_t unit, int32_t before)
{
    PV_TRY(pv_grow((void **)&s->edge, &s->cap, s->edges + 1, sizeof *s->edge));
    s->edge[s->edges] = (edge){.to = before, .next = s->head[unit]};
    s->head[unit] = (int32_t)s->edges++;
    return PV_OK;
}

static pv_status depend(void *user, pv_ir_id source)
{
    scheduler *s = user;
    int32_t before = s->ir->node[source].unit;
    return before < 0 ? PV_OK : add_edge(s, s->at, before);
}

/* Must `first` run before `unit`? */
static int follows(scheduler *s, int32_t unit, int32_t first)
{
    int32_t top = 0;
    s->stamp++;
    s->stack[top++] = unit;
    s->seen[unit] = s->stamp;
    while (top > 0) {
        int32_t u = s->stack[--top];
        if (u == first) return 1;
        for (int32_t e = s->head[u]; e >= 0; e = s->edge[e].next)
            if (s->seen[s->edge[e].to] != s->stamp) {
                s->seen[s->edge[e].to] = s->stamp;
                s->stack[top++] = s->edge[e].to;
            }
    }
    return 0;
}

typedef struct readers {
    pv_ir_id of;
    int found;
} readers;

static pv_status is_read(void *user, pv_ir_id source)
{
    readers *r = user;
    if (source == r->of) r->found = 1;
    return PV_OK;
}

/* May the unit that makes `value` write it over `param`, which it may read itself? */
static pv_status writable_over(const pv_ir *ir, pv_ir_id value, pv_ir_id param, int *answer)
{
    int32_t unit = ir->node[value].unit;
    const pv_unit *u = &ir->unit[unit];
    readers self = {.of = param};
    *answer = 0;
    PV_TRY(pv_ir_sources(ir, unit, is_read, &self));
    if (!self.found) *answer = 1;
    if (!self.found || u->kind != PV_UNIT_FUSED || ir->node[value].op == PV_OP_SUM) return PV_OK;
    pv_ir_program *p = pv_alloc(1, sizeof *p);
    if (p == NULL) PV_FAIL_MEMORY(sizeof *p);
    pv_status status = pv_ir_fused(ir, unit, p);
    int out = -1, ok = 1;
    for (int k = 0; status == PV_OK && k < p->spec.outputs; k++)
        if (p->output[k] == value) out = k;
    for (int i = 0; status == PV_OK && i < p->spec.inputs; i++)
        if (p->input[i] == param) ok &= pv_fused_in_place(&p->spec, out, i);
    pv_free(p);
    *answer = ok && out >= 0;
    return status;
}

static int is_assigned(const pv_ir *ir, pv_ir_id param)
{
    for (size_t i = 0; i < ir->assigns; i++)
        if (ir->assign[i].param == param) return 1;
    return 0;
}

/* Decide which assignments happen in place: the value is computed by a unit, no other assignment or
 * output needs the old parameter, and all other readers of the parameter can run before. */
static pv_status decide_assignments(scheduler *s)
{
    pv_ir *ir = s->ir;
    unsigned char *taken = pv_calloc(ir->size, 1);
    if (taken == NULL) PV_FAIL_MEMORY(ir->size);
    pv_status status = PV_OK;
    for (size_t i = 0; i < ir->assigns; i++) {
        pv_ir_id value = ir->node[ir->assign[i].value].store;
        if (ir->node[value].unit < 0 && is_assigned(ir, value)) taken[value] = 1;
    }
    for (size_t i = 0; i < ir->assigns; i++) {
        pv_ir_assign *a = &ir->assign[i];
        pv_ir_id value = ir->node[a->value].store;
        int32_t writer = ir->node[value].unit;
        int ok;
        if (writer < 0 || taken[value] || taken[a->param]) continue;
        PV_TRY_GOTO(writable_over(ir, value, a->param, &ok));
        size_t before = s->edges;
        for (int32_t u = 0; ok && u < (int32_t)ir->units; u++) {
            readers r = {.of = a->param};
            if (u == writer || ir->unit[u].dead) continue;
            PV_TRY_GOTO(pv_ir_sources(ir, u, is_read, &r));
            if (!r.found) continue;
            if (follows(s, u, writer))
                ok = 0;
            else
                PV_TRY_GOTO(add_edge(s, writer, u));
        }
        if (!ok) { /* take the new edges of this writer back */
            while (s->edges > before) s->head[writer] = s->edge[--s->edges].next;
            continue;
        }
        a->in_place = 1;
        taken[value] = 1;
        s->updates[writer] = 1;
    }
done:
    pv_free(taken);
    return status;
}

static int64_t priority(const scheduler *s, int32_t unit)
{
    return s->ir->unit[unit].highest + (s->updates[unit] ? 0 : (INT64_C(1) << 32));
}

static void push(const scheduler *s, int32_t *heap, size_t *n, int32_t unit)
{
    size_t i = (*n)++;
    heap[i] = unit;
    while (i > 0 && priority(s, heap[(i - 1) / 2]) > priority(s, heap[i])) {
        int32_t t = heap[i];
        heap[i] = heap[(i - 1) / 2];
        heap[(i - 1) / 2] = t;
        i = (i - 1) / 2;
    }
}

static int32_t pop(const scheduler *s, int32_t *heap, size_t *n)
{
    int32_t first = heap[0];
    heap[0] = heap[--*n];
    for (size_t i = 0;;) {
        size_t least = i;
        for (size_t c = 2 * i + 1; c <= 2 * i + 2 && c < *n; c++)
            if (priority(s, heap[c]) < priority(s, heap[least])) least = c;
        if (least == i) return first;
        int32_t t = heap[i];
        heap[i] = heap[least];
        heap[least] = t;
        i = least;
    }
}

/* Kahn's algorithm with a heap of the ready units. */
static pv_status order_units(scheduler *s)
{
    pv_ir *ir = s->ir;
    pv_status status = PV_OK;
    size_t live = 0, ready = 0;
    int32_t *waits = pv_calloc(ir->units, sizeof *waits); /* how many must still run before it */
    int32_t *first = pv_alloc(ir->units, sizeof *first);  /* reversed edges */
    int32_t *next = pv_alloc(s->edges, sizeof *next);
    int32_t *from = pv_alloc(s->edges, sizeof *from);
    int32_t *heap = pv_alloc(ir->units, sizeof *heap);
    ir->order = pv_alloc(ir->units, sizeof *ir->order);
    if (!waits || !first || !next || !from || !heap || !ir->order)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory while ordering %zu units", ir->units);
    for (size_t u = 0; u < ir->units; u++) first[u] = -1;
    for (size_t u = 0; u < ir->units; u++)
        for (int32_t e = s->head[u]; e >= 0; e = s->edge[e].next) {
            from[e] = (int32_t)u;
            next[e] = first[s->edge[e].to];
            first[s->edge[e].to] = e;
            waits[u]++;
        }
    for (size_t u = 0; u < ir->units; u++) {
        if (ir->unit[u].dead) continue;
        live++;
        if (waits[u] == 0) push(s, heap, &ready, (int32_t)u);
    }
    while (ready > 0) {
        int32_t u = pop(s, heap, &ready);
        ir->order[ir->ordered++] = u;
        for (int32_t e = first[u]; e >= 0; e = next[e])
            if (--waits[from[e]] == 0) push(s, heap, &ready, from[e]);
    }
    if (ir->ordered != live)
        PV_FAIL_GOTO(PV_ERR_RUN,
                     "units of a plan depend on each other in a circle: please report this graph");
done:
    pv_free(waits);
    pv_free(first);
    pv_free(next);
    pv_free(from);
    pv_free(heap);
    return status;
}

pv_status pv_ir_schedule(pv_ir *ir)
{
    pv_status status = PV_OK;
    scheduler s = {.ir = ir};
    s.head = pv_alloc(ir->units, sizeof *s.head);
    s.seen = pv_calloc(ir->units, sizeof *s.seen);
    s.stack = pv_alloc(ir->units, sizeof *s.stack);
    s.updates = pv_calloc(ir->units, 1);
    if (!s.head || !s.seen || !s.stack || !s.updates)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory while ordering %zu units", ir->units);
    for (size_t u = 0; u < ir->units; u++) s.head[u] = -1;
    for (size_t u = 0; u < ir->units; u++) {
        s.at = (int32_t)u;
        if (!ir->unit[u].dead) PV_TRY_GOTO(pv_ir_sources(ir, s.at, depend, &s));
    }
    PV_TRY_GOTO(decide_assignments(&s));
    PV_TRY_GOTO(order_units(&s));
done:
    pv_free(s.edge);
    pv_free(s.head);
    pv_free(s.seen);
    pv_free(s.stack);
    pv_free(s.updates);
    return status;
}
