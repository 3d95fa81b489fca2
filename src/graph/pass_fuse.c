/* Which nodes share a kernel call.
 *
 * Elementwise nodes of one size join the unit of a neighbour when no path leads from that unit out
 * through another unit and back: then the quotient graph would have a cycle. Sums over rows or
 * columns end such a unit as sinks. A cheap value that depends on one large tensor only (x - mean)
 * * r, say) is computed again in every unit that wants it instead of being stored: reading its
 * source costs as much as reading it would. */
#include "graph/ir.h"

#include <string.h>

/* A unit never has more than UNIT_MEMBERS + 3 INLINE_OPS members, so PV_FUSED_MAX operands are
 * always enough. */
enum { UNIT_MEMBERS = 64, INLINE_OPS = 5 };

/* ---- units ---- */

static int fusable(const pv_ir_node *n)
{
    return pv_op_is_elementwise(n->op) && n->dtype != PV_I32 && !pv_ir_is_view(n);
}

static pv_status new_unit(pv_ir *ir, pv_unit_kind kind, int64_t count, int32_t *out)
{
    PV_TRY(pv_grow((void **)&ir->unit, &ir->unit_cap, ir->units + 1, sizeof *ir->unit));
    ir->unit[ir->units] =
        (pv_unit){.kind = kind, .count = count, .lowest = INT32_MAX, .highest = -1};
    *out = (int32_t)ir->units++;
    return PV_OK;
}

static pv_status add_member(pv_ir *ir, int32_t unit, pv_ir_id id, int32_t rank)
{
    pv_unit *u = &ir->unit[unit];
    PV_TRY(pv_grow((void **)&u->member, &u->cap, u->members + 1, sizeof *u->member));
    u->member[u->members++] = id;
    if (rank < u->lowest) u->lowest = rank;
    if (rank > u->highest) u->highest = rank;
    ir->node[id].unit = unit;
    return PV_OK;
}

typedef struct fuser {
    pv_ir *ir;
    unsigned char *forced; /* node must be in memory whatever fusion does */
    pv_ir_id *clone_of;    /* for nodes made here: what they repeat; else -1 */
    size_t clone_cap;
    int32_t *seen; /* unit -> stamp of the last search that visited it */
    size_t seen_cap;
    int32_t stamp;
    int32_t *stack;
    size_t stack_cap;
} fuser;

static int32_t unit_of_source(const pv_ir *ir, pv_ir_id source)
{
    return ir->node[source].unit;
}

/* Does any of the units on the stack reach `target`? Sources inside `target` or `also` do not count
 * as steps. */
static pv_status reaches(fuser *f, size_t top, int32_t target, int *answer)
{
    pv_ir *ir = f->ir;
    *answer = 0;
    while (top > 0) {
        const pv_unit *u = &ir->unit[f->stack[--top]];
        for (size_t m = 0; m < u->members; m++) {
            const pv_ir_node *n = &ir->node[u->member[m]];
            for (int k = 0; k < n->nin; k++) {
                pv_ir_id source = ir->node[n->in[k]].store;
                if (u->kind == PV_UNIT_FUSED && n->op != PV_OP_SUM)
                    pv_ir_access_in(ir, u, n->in[k], &source);
                int32_t next = unit_of_source(ir, source);
                if (next < 0) continue;
                if (next == target) {
                    *answer = 1;
                    return PV_OK;
                }
                if (f->seen[next] == f->stamp) continue;
                f->seen[next] = f->stamp;
                PV_TRY(pv_grow((void **)&f->stack, &f->stack_cap, top + 1, sizeof *f->stack));
                f->stack[top++] = next;
            }
        }
    }
    return PV_OK;
}

static pv_status begin_search(fuser *f)
{
    size_t old = f->seen_cap;
    PV_TRY(pv_grow((void **)&f->seen, &f->seen_cap, f->ir->units, sizeof *f->seen));
    if (f->seen_cap > old) memset(f->seen + old, 0, (f->seen_cap - old) * sizeof *f->seen);
    f->stamp++;
    return PV_OK;
}

/* Would reading `source` from inside unit `target` close a cycle? */
static pv_status closes_cycle(fuser *f, pv_ir_id source, int32_t target, int *answer)
{
    int32_t start = unit_of_source(f->ir, source);
    *answer = 0;
    if (start < 0 || start == target) return PV_OK;
    PV_TRY(begin_search(f));
    PV_TRY(pv_grow((void **)&f->stack, &f->stack_cap, 1, sizeof *f->stack));
    f->stack[0] = start;
    f->seen[start] = f->stamp;
    return reaches(f, 1, target, answer);
}

/* ---- recomputing instead of storing ---- */

static int is_cheap(pv_op op)
{
    switch (op) {
    case PV_OP_AFFINE:
    case PV_OP_ADD:
    case PV_OP_SUB:
    case PV_OP_MUL:
    case PV_OP_RELU:
    case PV_OP_STEP:
    case PV_OP_SIGN:
    case PV_OP_ABS:
    case PV_OP_MAX:
    case PV_OP_MIN:
    case PV_OP_GREATER:
    case PV_OP_EQUAL:
    case PV_OP_SELECT:
        return 1;
    default:
        return 0;
    }
}

static pv_ir_id member_for(const fuser *f, int32_t unit, pv_ir_id id)
{
    const pv_unit *u = &f->ir->unit[unit];
    for (size_t m = 0; m < u->members; m++)
        if (u->member[m] == id || f->clone_of[u->member[m]] == id) return u->member[m];
    return -1;
}

/* Within a tree that is computed again: is this a node of it, and no leaf? */
static int is_recomputed(const fuser *f, pv_ir_id id)
{
    const pv_ir_node *n = &f->ir->node[id];
    return !f->forced[id] && !pv_ir_is_leaf(n) && fusable(n);
}

/* Can `id` be computed from at most one tensor that is in memory anyway, within *ops operations?
 * *leaf is that tensor, or -1. Rows and columns must fit `columns` (0: anything, then it is set).
 */
static int recomputable(const fuser *f, pv_ir_id id, int64_t *columns, int *ops, pv_ir_id *leaf)
{
    const pv_ir *ir = f->ir;
    const pv_ir_node *n = &ir->node[id];
    if (!fusable(n) || !is_cheap(n->op) || f->forced[id] || --*ops < 0) return 0;
    for (int k = 0; k < n->nin; k++) {
        pv_ir_id source;
        int64_t c;
        pv_access a = pv_ir_access(ir, n->in[k], pv_ir_count(ir, id), &source, &c);
        if (a == PV_ACCESS_CONST || a == PV_ACCESS_SCALAR) continue;
        if (a == PV_ACCESS_ROW || a == PV_ACCESS_COLUMN) {
            if (*columns != 0 && *columns != c) return 0;
            *columns = c;
            continue;
        }
        if (!is_recomputed(f, source)) {
            if (*leaf >= 0 && *leaf != source) return 0;
            *leaf = source;
        } else if (!recomputable(f, source, columns, ops, leaf)) {
            return 0;
        }
    }
    return 1;
}

static int can_recompute(const fuser *f, pv_ir_id id, int64_t *columns, pv_ir_id *leaf)
{
    int ops = INLINE_OPS;
    int64_t c = *columns;
    *leaf = -1;
    if (!recomputable(f, id, &c, &ops, leaf)) return 0;
    *columns = c;
    return 1;
}

/* Adds a copy of `id`, and of what it needs, to the unit; *out is the copy (or the member that is
 * one already). */
static pv_status recompute(fuser *f, int32_t unit, pv_ir_id id, int32_t rank, pv_ir_id *out)
{
    pv_ir *ir = f->ir;
    *out = member_for(f, unit, id);
    if (*out >= 0) return PV_OK;
    pv_ir_node copy = ir->node[id];
    for (int k = 0; k < copy.nin; k++) {
        pv_ir_id source;
        int64_t c;
        if (pv_ir_access(ir, copy.in[k], pv_ir_count(ir, id), &source, &c) != PV_ACCESS_FULL)
            continue;
        if (!is_recomputed(f, source)) continue;
        PV_TRY(recompute(f, unit, source, rank, &copy.in[k]));
    }
    copy.is_output = 0;
    pv_ir_id made = pv_ir_append(ir, &copy);
    if (made < 0) return PV_ERR_MEMORY;
    PV_TRY(pv_grow((void **)&f->clone_of, &f->clone_cap, ir->size, sizeof *f->clone_of));
    unsigned char *forced = pv_realloc(f->forced, ir->size, 1);
    if (forced == NULL) PV_FAIL_MEMORY(ir->size);
    f->forced = forced;
    f->forced[made] = 0;
    f->clone_of[made] = id;
    *out = made;
    return add_member(ir, unit, made, rank);
}

/* Would unit g depend on itself if it computed `id` again? */
static pv_status recomputing_closes_cycle(fuser *f, pv_ir_id id, int32_t g, int *answer)
{
    const pv_ir *ir = f->ir;
    *answer = 0;
    for (int k = 0; k < ir->node[id].nin && !*answer; k++) {
        pv_ir_id source;
        int64_t c;
        pv_access a = pv_ir_access(ir, ir->node[id].in[k], pv_ir_count(ir, id), &source, &c);
        if (a == PV_ACCESS_CONST) continue;
        if (ir->node[source].unit == g)
            *answer = ir->node[source].op == PV_OP_SUM;
        else if (a == PV_ACCESS_FULL && is_recomputed(f, source))
            PV_TRY(recomputing_closes_cycle(f, source, g, answer));
        else
            PV_TRY(closes_cycle(f, source, g, answer));
    }
    return PV_OK;
}

/* ---- joining ---- */

/* Can node v become a member of unit g? Rows and columns must fit, sums must come from elsewhere,
 * and no cycle. */
static pv_status can_join(fuser *f, pv_ir_id v, int32_t g, int *answer)
{
    pv_ir *ir = f->ir;
    const pv_unit *u = &ir->unit[g];
    const pv_ir_node *n = &ir->node[v];
    int64_t columns = u->columns;
    *answer = 0;
    if (u->kind != PV_UNIT_FUSED || u->members >= UNIT_MEMBERS) return PV_OK;
    if (n->op == PV_OP_SUM) {
        int64_t c;
        pv_access sink = pv_ir_sink(ir, v, &c);
        if (pv_ir_count(ir, n->in[0]) != u->count) return PV_OK;
        if (ir->node[ir->node[n->in[0]].store].op == PV_OP_SUM) return PV_OK;
        if (sink != PV_ACCESS_SCALAR && columns != 0 && c != columns) return PV_OK;
        *answer = 1;
        return PV_OK; /* its only source is a member already */
    }
    if (pv_ir_count(ir, v) != u->count) return PV_OK;
    for (int k = 0; k < n->nin; k++) {
        pv_ir_id source, leaf;
        int64_t c;
        int cycle = 0;
        pv_access a = pv_ir_access(ir, n->in[k], u->count, &source, &c);
        if (a == PV_ACCESS_CONST) continue;
        if (a == PV_ACCESS_ROW || a == PV_ACCESS_COLUMN) {
            if (columns != 0 && c != columns) return PV_OK;
            columns = c;
        }
        if (ir->node[source].unit == g) {
            if (ir->node[source].op == PV_OP_SUM) return PV_OK;
            continue;
        }
        if (a == PV_ACCESS_FULL && can_recompute(f, source, &columns, &leaf))
            PV_TRY(recomputing_closes_cycle(f, source, g, &cycle));
        else
            PV_TRY(closes_cycle(f, source, g, &cycle));
        if (cycle) return PV_OK;
    }
    *answer = 1;
    return PV_OK;
}

static pv_status join(fuser *f, pv_ir_id v, int32_t g)
{
    pv_ir *ir = f->ir;
    int64_t c;
    if (ir->node[v].op == PV_OP_SUM) {
        pv_access sink = pv_ir_sink(ir, v, &c);
        if (sink != PV_ACCESS_SCALAR) ir->unit[g].columns = c;
        return add_member(ir, g, v, v);
    }
    for (int k = 0; k < ir->node[v].nin; k++) {
        pv_ir_id source, leaf, copy;
        int64_t columns = ir->unit[g].columns;
        pv_access a = pv_ir_access(ir, ir->node[v].in[k], ir->unit[g].count, &source, &c);
        if (a == PV_ACCESS_ROW || a == PV_ACCESS_COLUMN) {
            if (ir->unit[g].columns == 0) ir->unit[g].columns = c;
            continue;
        }
        if (a != PV_ACCESS_FULL || ir->node[source].unit == g) continue;
        if (!can_recompute(f, source, &columns, &leaf)) continue;
        PV_TRY(recompute(f, g, source, v, &copy));
        ir->unit[g].columns = columns;
        ir->node[v].in[k] = copy;
    }
    return add_member(ir, g, v, v);
}

/* Merge unit b into a where both feed v, if no path leads from one to the other through a third. */
static pv_status try_merge(fuser *f, int32_t a, int32_t b)
{
    pv_ir *ir = f->ir;
    pv_unit *ua = &ir->unit[a], *ub = &ir->unit[b];
    if (ua->members + ub->members > UNIT_MEMBERS || ua->count != ub->count) return PV_OK;
    if (ua->columns != 0 && ub->columns != 0 && ua->columns != ub->columns) return PV_OK;
    int b_reads_a = 0;
    for (int pass = 0; pass < 2; pass++) {
        int32_t from = pass == 0 ? b : a, to = pass == 0 ? a : b;
        const pv_unit *u = &ir->unit[from];
        size_t top = 0;
        PV_TRY(begin_search(f));
        for (size_t m = 0; m < u->members; m++) {
            const pv_ir_node *n = &ir->node[u->member[m]];
            for (int k = 0; k < n->nin; k++) {
                pv_ir_id source = ir->node[n->in[k]].store;
                if (n->op != PV_OP_SUM) pv_ir_access_in(ir, u, n->in[k], &source);
                int32_t next = unit_of_source(ir, source);
                if (next == to) {
                    if (ir->node[source].op == PV_OP_SUM) return PV_OK;
                    if (pass == 0) b_reads_a = 1;
                    continue;
                }
                if (next < 0 || next == from || f->seen[next] == f->stamp) continue;
                f->seen[next] = f->stamp;
                PV_TRY(pv_grow((void **)&f->stack, &f->stack_cap, top + 1, sizeof *f->stack));
                f->stack[top++] = next;
            }
        }
        int path;
        PV_TRY(reaches(f, top, to, &path));
        if (path) return PV_OK;
    }
    int32_t first = b_reads_a ? a : b, second = b_reads_a ? b : a;
    pv_unit *target = &ir->unit[first], *gone = &ir->unit[second];
    PV_TRY(pv_grow((void **)&target->member, &target->cap, target->members + gone->members,
                   sizeof *target->member));
    for (size_t m = 0; m < gone->members; m++) {
        target->member[target->members++] = gone->member[m];
        ir->node[gone->member[m]].unit = first;
    }
    if (gone->columns != 0) target->columns = gone->columns;
    if (gone->lowest < target->lowest) target->lowest = gone->lowest;
    if (gone->highest > target->highest) target->highest = gone->highest;
    gone->members = 0;
    gone->dead = 1;
    return PV_OK;
}

static pv_status place(fuser *f, pv_ir_id v)
{
    pv_ir *ir = f->ir;
    int is_sum = ir->node[v].op == PV_OP_SUM;
    int64_t count = pv_ir_count(ir, is_sum ? ir->node[v].in[0] : v);
    int32_t target = -1;
    for (int k = 0; k < ir->node[v].nin; k++) {
        pv_ir_id source = ir->node[ir->node[v].in[k]].store;
        int64_t c;
        int ok = 0;
        if (!is_sum && pv_ir_access(ir, ir->node[v].in[k], count, &source, &c) != PV_ACCESS_FULL)
            continue;
        int32_t unit = ir->node[source].unit;
        if (unit < 0 || unit == target) continue;
        PV_TRY(can_join(f, v, unit, &ok));
        if (!ok) continue;
        if (target < 0)
            target = unit;
        else
            PV_TRY(try_merge(f, target, unit));
        if (ir->unit[target].dead) target = unit;
    }
    if (target >= 0) return join(f, v, target);
    PV_TRY(new_unit(ir, PV_UNIT_FUSED, count, &target));
    return join(f, v, target);
}

pv_status pv_ir_units(pv_ir *ir, int fuse)
{
    pv_status status = PV_OK;
    fuser f = {.ir = ir};
    f.forced = pv_calloc(ir->size, 1);
    f.clone_of = pv_alloc(ir->size, sizeof *f.clone_of);
    f.clone_cap = ir->size;
    if (f.forced == NULL || f.clone_of == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory while fusing a graph of %zu nodes", ir->size);
    for (size_t i = 0; i < ir->size; i++) {
        const pv_ir_node *n = &ir->node[i];
        f.clone_of[i] = -1;
        if (fusable(n) || n->op == PV_OP_SUM || n->op == PV_OP_BROADCAST || pv_ir_is_view(n))
            continue;
        for (int k = 0; k < n->nin; k++) f.forced[ir->node[n->in[k]].store] = 1;
    }
    for (size_t i = 0; i < ir->outputs; i++) f.forced[ir->node[ir->output[i]].store] = 1;
    for (size_t i = 0; i < ir->assigns; i++) f.forced[ir->node[ir->assign[i].value].store] = 1;

    for (size_t i = 0; i < ir->imported; i++) {
        const pv_ir_node *n = &ir->node[i];
        int64_t columns;
        int32_t unit;
        if (pv_ir_is_leaf(n) || pv_ir_is_view(n)) continue;
        if (fuse && (fusable(n) || (n->op == PV_OP_SUM &&
                                    pv_ir_sink(ir, (pv_ir_id)i, &columns) != PV_ACCESS_NONE))) {
            PV_TRY_GOTO(place(&f, (pv_ir_id)i));
        } else {
            PV_TRY_GOTO(new_unit(ir, PV_UNIT_NODE, 0, &unit));
            PV_TRY_GOTO(add_member(ir, unit, (pv_ir_id)i, (int32_t)i));
        }
    }
done:
    pv_free(f.forced);
    pv_free(f.clone_of);
    pv_free(f.seen);
    pv_free(f.stack);
    return status;
}
