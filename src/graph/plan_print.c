#include "graph/plan_i.h"

#include "kernel/dnnl/dnnl.h"
#include <stdlib.h>
#include <string.h>

static void print_operation(const pv_plan *plan, const pv_plan_call *c, FILE *out)
{
    const pv_ir *ir = &plan->ir;
    const pv_unit *u = &ir->unit[c->unit];
    char text[PV_SHAPE_TEXT];
    if (c->kind == PV_UNIT_NODE) {
        const pv_ir_node *n = &ir->node[u->member[0]];
        fprintf(out, "%s%s%s", pv_op_name(n->op), n->has_bias ? "+bias" : "",
                n->relu ? "+relu" : "");
        for (int k = 0; k < n->nin; k++)
            fprintf(out, " %s", pv_shape_text(&ir->node[n->in[k]].shape, text));
        fprintf(out, " -> %s", pv_shape_text(&n->shape, text));
        if (plan->backend == &pv_backend_dnnl)
            fprintf(out, "  %s", pv_dnnl_implementation(&c->call));
        return;
    }
    fprintf(out, "fused %lldx%lld:", (long long)(u->count / u->columns), (long long)u->columns);
    for (size_t m = 0; m < u->members; m++)
        fprintf(out, " %s%s", pv_op_name(ir->node[u->member[m]].op),
                ir->node[u->member[m]].in_memory ? "*" : "");
    fprintf(out, "  %s", pv_fused_isa());
}

void pv_plan_print(const pv_plan *plan, FILE *out)
{
    char text[PV_PLAN_NODE_TEXT];
    fprintf(out, "plan: %zu calls, %zu bytes, %zu of scratch, %.3f Mflop\n", plan->calls,
            plan->ir.slab_bytes, plan->scratch_bytes, plan->flops * 1e-6);
    for (size_t i = 0; i < plan->calls; i++) {
        const pv_plan_call *c = &plan->call[i];
        const pv_unit *u = &plan->ir.unit[c->unit];
        fprintf(out, "%4zu  t%d  ", i, c->call.threads);
        print_operation(plan, c, out);
        for (size_t m = 0; m < u->members; m++)
            if (plan->ir.node[u->member[m]].in_memory)
                fprintf(out, "\n            %s at %zu", pv_plan_node_text(plan, u->member[m], text),
                        plan->ir.offset[u->member[m]]);
        fprintf(out, "\n");
    }
}

static int slower_first(const void *a, const void *b)
{
    const pv_plan_call *x = *(const pv_plan_call *const *)a, *y = *(const pv_plan_call *const *)b;
    return x->seconds < y->seconds ? 1 : x->seconds > y->seconds ? -1 : x->unit - y->unit;
}

void pv_plan_profile(const pv_plan *plan, FILE *out)
{
    const pv_plan_call **sorted = pv_alloc(plan->calls, sizeof *sorted);
    double total = 0;
    if (sorted == NULL || plan->runs == 0) {
        pv_free(sorted);
        return;
    }
    for (size_t i = 0; i < plan->calls; i++) {
        sorted[i] = &plan->call[i];
        total += plan->call[i].seconds;
    }
    qsort(sorted, plan->calls, sizeof *sorted, slower_first);
    fprintf(out, "%.4f ms a run in %zu calls, mean of %llu runs\n",
            1e3 * total / (double)plan->runs, plan->calls, (unsigned long long)plan->runs);
    for (size_t i = 0; i < plan->calls; i++) {
        fprintf(out, "%9.4f ms %5.1f %%  t%d  ", 1e3 * sorted[i]->seconds / (double)plan->runs,
                total > 0 ? 100.0 * sorted[i]->seconds / total : 0.0, sorted[i]->call.threads);
        print_operation(plan, sorted[i], out);
        fprintf(out, "\n");
    }
    pv_free(sorted);
}
