/* What a unit reads, and the program that a fused unit runs. */
#include "graph/ir.h"

#include <string.h>

static pv_access access_of(const pv_ir *ir, const pv_unit *u, const pv_ir_node *n, int k,
                           pv_ir_id *source)
{
    if (u->kind == PV_UNIT_FUSED && n->op != PV_OP_SUM)
        return pv_ir_access_in(ir, u, n->in[k], source);
    *source = ir->node[n->in[k]].store;
    return PV_ACCESS_FULL;
}

pv_status pv_ir_sources(const pv_ir *ir, int32_t unit, pv_ir_visit visit, void *user)
{
    const pv_unit *u = &ir->unit[unit];
    for (size_t m = 0; m < u->members; m++) {
        const pv_ir_node *n = &ir->node[u->member[m]];
        for (int k = 0; k < n->nin; k++) {
            pv_ir_id source;
            if (access_of(ir, u, n, k, &source) == PV_ACCESS_CONST) continue;
            if (ir->node[source].unit != unit) PV_TRY(visit(user, source));
        }
    }
    return PV_OK;
}

static pv_fused_kind kind_of(pv_access a)
{
    switch (a) {
    case PV_ACCESS_ROW:
        return PV_FUSED_ROW;
    case PV_ACCESS_COLUMN:
        return PV_FUSED_COLUMN;
    case PV_ACCESS_SCALAR:
        return PV_FUSED_SCALAR;
    default:
        return PV_FUSED_FULL;
    }
}

static int find_input(const pv_ir_program *p, pv_ir_id source, pv_fused_kind kind)
{
    for (int i = 0; i < p->spec.inputs; i++)
        if (p->input[i] == source && p->spec.input[i] == kind) return i;
    return -1;
}

static int find_constant(const pv_fused_spec *s, float value)
{
    for (int i = 0; i < s->instructions; i++)
        if (s->instruction[i].op == PV_OP_CONST &&
            memcmp(&s->instruction[i].shift, &value, sizeof value) == 0)
            return s->inputs + i;
    return -1;
}

typedef struct numbering {
    pv_ir_id id[PV_FUSED_MAX];
    int16_t value[PV_FUSED_MAX];
    int n;
} numbering;

static int number_of(const numbering *v, pv_ir_id id)
{
    for (int i = 0; i < v->n; i++)
        if (v->id[i] == id) return v->value[i];
    return -1;
}

static int value_of_operand(const pv_ir *ir, const pv_unit *u, const pv_ir_node *n, int k,
                            pv_ir_program *p, const numbering *v)
{
    pv_fused_spec *s = &p->spec;
    pv_ir_id source;
    pv_access a = access_of(ir, u, n, k, &source);
    if (a == PV_ACCESS_CONST) {
        float value = (float)ir->node[source].attr.value;
        int found = find_constant(s, value);
        if (found >= 0) return found;
        s->instruction[s->instructions] = (pv_fused_instruction){.op = PV_OP_CONST, .shift = value};
        return s->inputs + s->instructions++;
    }
    int number = number_of(v, source);
    return number >= 0 && a == PV_ACCESS_FULL ? number : find_input(p, source, kind_of(a));
}

pv_status pv_ir_fused(const pv_ir *ir, int32_t unit, pv_ir_program *p)
{
    const pv_unit *u = &ir->unit[unit];
    pv_fused_spec *s = &p->spec;
    numbering v = {.n = 0};
    memset(p, 0, sizeof *p);
    s->columns = u->columns;
    s->rows = u->count / u->columns;
    for (size_t m = 0; m < u->members; m++) {
        const pv_ir_node *n = &ir->node[u->member[m]];
        for (int k = 0; k < n->nin; k++) {
            pv_ir_id source;
            pv_access a = access_of(ir, u, n, k, &source);
            if (a == PV_ACCESS_CONST || ir->node[source].unit == unit) continue;
            if (find_input(p, source, kind_of(a)) >= 0) continue;
            if (s->inputs == PV_FUSED_MAX)
                PV_FAIL(PV_ERR_LIMIT, "a fused unit has more than %d inputs", PV_FUSED_MAX);
            p->input[s->inputs] = source;
            s->input[s->inputs++] = kind_of(a);
        }
    }
    for (size_t m = 0; m < u->members; m++) {
        pv_ir_id id = u->member[m];
        const pv_ir_node *n = &ir->node[id];
        int arg[3] = {0};
        int64_t columns;
        for (int k = 0; k < n->nin; k++) arg[k] = value_of_operand(ir, u, n, k, p, &v);
        int result = arg[0];
        if (n->op != PV_OP_SUM) {
            pv_fused_instruction *i = &s->instruction[s->instructions];
            result = s->inputs + s->instructions++;
            *i = (pv_fused_instruction){
                .op = n->op,
                .arg = {(int16_t)arg[0], (int16_t)arg[1], (int16_t)arg[2]},
                .scale = (float)n->attr.scale,
                .shift = (float)(n->op == PV_OP_POW ? n->attr.value : n->attr.shift)};
            v.id[v.n] = id;
            v.value[v.n++] = (int16_t)result;
        }
        if (!n->in_memory) continue;
        p->output[s->outputs] = id;
        s->result[s->outputs] = (int16_t)result;
        s->output[s->outputs++] =
            n->op == PV_OP_SUM ? kind_of(pv_ir_sink(ir, id, &columns)) : PV_FUSED_FULL;
    }
    return PV_OK;
}
