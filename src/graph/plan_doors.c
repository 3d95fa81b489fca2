/* Values into and out of a plan. */
#include "base/secret.h"
#include "graph/plan_i.h"

#include <stdio.h>
#include <string.h>

void *pv_plan_address(const pv_plan *plan, pv_ir_id id)
{
    return plan->slab + plan->ir.offset[plan->ir.node[id].store];
}

const char *pv_plan_node_text(const pv_plan *plan, pv_ir_id id, char buffer[PV_PLAN_NODE_TEXT])
{
    const pv_ir_node *n = &plan->ir.node[id];
    const char *name = n->origin >= 0 ? plan->name[n->origin] : NULL;
    char shape[PV_SHAPE_TEXT];
    if (name != NULL)
        snprintf(buffer, PV_PLAN_NODE_TEXT, "%s", name);
    else
        snprintf(buffer, PV_PLAN_NODE_TEXT, "node %d (%s %s)", (int)n->origin, pv_op_name(n->op),
                 pv_shape_text(&n->shape, shape));
    return buffer;
}

/* The value of graph node x, if it can be looked at between runs. */
static pv_ir_id door(const pv_plan *plan, pv_node x)
{
    const pv_ir *ir = &plan->ir;
    if (x < 0 || (size_t)x >= ir->graph_size || ir->from_graph[x] < 0) return -1;
    pv_ir_id id = ir->from_graph[x];
    pv_op op = ir->node[id].op;
    return op == PV_OP_INPUT || op == PV_OP_PARAM || ir->node[id].is_output ? id : -1;
}

static pv_status no_door(pv_node x)
{
    PV_FAIL(PV_ERR_USAGE,
            "node %d can't be read or written: it is no input, parameter or output of this plan",
            (int)x);
}

int pv_plan_has(const pv_plan *plan, pv_node x)
{
    return door(plan, x) >= 0;
}

void *pv_plan_data(pv_plan *plan, pv_node x, pv_dtype *dtype)
{
    pv_ir_id id = door(plan, x);
    if (id < 0) return NULL;
    if (dtype != NULL) *dtype = plan->ir.node[id].dtype == PV_I32 ? PV_I32 : plan->backend->real;
    return pv_plan_address(plan, id);
}

#define CONVERT(TO, FROM)                                                                          \
    for (int64_t i = 0; i < n; i++) ((TO *)to)[i] = (TO)((const FROM *)from)[i]

static pv_status convert(void *to, pv_dtype to_type, const void *from, pv_dtype from_type,
                         int64_t n)
{
    if (to_type == from_type)
        memcpy(to, from, (size_t)n * pv_dtype_size(to_type));
    else if (to_type == PV_F32 && from_type == PV_F64)
        CONVERT(float, double);
    else if (to_type == PV_F64 && from_type == PV_F32)
        CONVERT(double, float);
    else if (to_type == PV_F32 && from_type == PV_U8)
        CONVERT(float, uint8_t);
    else if (to_type == PV_F64 && from_type == PV_U8)
        CONVERT(double, uint8_t);
    else if (to_type == PV_I32 && from_type == PV_I64)
        CONVERT(int32_t, int64_t);
    else if (to_type == PV_I64 && from_type == PV_I32)
        CONVERT(int64_t, int32_t);
    else
        PV_FAIL(PV_ERR_USAGE, "a plan's value can't be converted from %s to %s",
                pv_dtype_name(from_type), pv_dtype_name(to_type));
    return PV_OK;
}

pv_status pv_plan_write(pv_plan *plan, pv_node x, const void *src, pv_dtype dtype)
{
    pv_dtype own;
    void *at = pv_plan_data(plan, x, &own);
    if (at == NULL) return no_door(x);
    return convert(at, own, src, dtype, pv_ir_count(&plan->ir, plan->ir.from_graph[x]));
}

pv_status pv_plan_read(const pv_plan *plan, pv_node x, void *dst, pv_dtype dtype)
{
    pv_ir_id id = door(plan, x);
    if (id < 0) return no_door(x);
    pv_dtype own = plan->ir.node[id].dtype == PV_I32 ? PV_I32 : plan->backend->real;
    return convert(dst, dtype, pv_plan_address(plan, id), own, pv_ir_count(&plan->ir, id));
}

/* Does a run leave it as it was, or assign to it? */
static int stays(const pv_ir *ir, pv_ir_id id)
{
    if (ir->node[id].op == PV_OP_PARAM || ir->node[id].op == PV_OP_CONST) return 1;
    for (size_t i = 0; i < ir->assigns; i++) /* in place: it lies where its parameter does */
        if (ir->assign[i].in_place && ir->node[ir->assign[i].value].store == id) return 1;
    return 0;
}

void pv_plan_wipe(pv_plan *plan)
{
    if (plan == NULL) return;
    const pv_ir *ir = &plan->ir;
    for (size_t i = 0; i < ir->size; i++) {
        pv_ir_id id = (pv_ir_id)i;
        if (ir->node[i].in_memory && ir->node[i].store == id && !stays(ir, id))
            pv_secret_wipe(pv_plan_address(plan, id), pv_ir_bytes(ir, id));
    }
    pv_secret_wipe(plan->scratch, plan->scratch_bytes);
    pv_secret_wipe(plan->staging, plan->staging_bytes);
}
