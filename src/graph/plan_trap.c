/* The first value of a run that is not finite, by name. */
#include "graph/plan_i.h"

#include <math.h>

static pv_status trap(const pv_plan *plan, pv_ir_id id)
{
    const pv_ir_node *n = &plan->ir.node[id];
    char text[PV_PLAN_NODE_TEXT];
    if (n->dtype == PV_I32 || !n->in_memory) return PV_OK;
    int64_t count = pv_ir_count(&plan->ir, id);
    const void *at = pv_plan_address(plan, id);
    for (int64_t i = 0; i < count; i++) {
        double v = plan->backend->real == PV_F64 ? ((const double *)at)[i]
                                                 : (double)((const float *)at)[i];
        if (!isfinite(v))
            PV_FAIL(PV_ERR_NUMERIC,
                    "element %lld of %s became %f in run %llu: lower the learning rate or look at "
                    "its inputs",
                    (long long)i, pv_plan_node_text(plan, id, text), v,
                    (unsigned long long)plan->seed[1]);
    }
    return PV_OK;
}

pv_status pv_plan_trap(const pv_plan *plan, const pv_plan_call *call)
{
    const pv_unit *u = &plan->ir.unit[call->unit];
    for (size_t m = 0; m < u->members; m++) PV_TRY(trap(plan, u->member[m]));
    return PV_OK;
}
