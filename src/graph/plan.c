/* Compiling a graph and running the result. */
#include "graph/plan_i.h"

#include "kernel/dnnl/dnnl.h"
#include <omp.h>
#include <string.h>
#include <time.h>

/* Waking a thread that waits passively, and waiting for it at the end, takes tens of microseconds:
 * LeNet-5 steps at batch 64, whose calls take up to 0.1 ms, were a quarter slower on two threads
 * than on one. Calls that take one thread longer than this, in nanoseconds, gain. */
static const double WORTH_WAKING = 200e3;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static pv_dtype dtype_of(const pv_plan *plan, const pv_ir_node *n)
{
    return n->dtype == PV_I32 ? PV_I32 : plan->backend->real;
}

/* A rough guess of what a unit takes one thread, in nanoseconds: 100 Gflop/s in products, 20 GB/s
 * from memory, and 16 elements a nanosecond for a fused instruction. */
static double guess_time(const pv_ir *ir, const pv_unit *u)
{
    double time = 0;
    for (size_t m = 0; m < u->members; m++) {
        const pv_ir_node *n = &ir->node[u->member[m]];
        if (u->kind == PV_UNIT_FUSED) {
            time += (double)u->count / 16 +
                    (n->in_memory ? 0.05 * (double)pv_ir_bytes(ir, u->member[m]) : 0);
            continue;
        }
        time += 0.01 * pv_ir_flops(ir, u->member[m]) + 0.05 * (double)pv_ir_bytes(ir, u->member[m]);
        for (int k = 0; k < n->nin; k++) time += 0.05 * (double)pv_ir_bytes(ir, n->in[k]);
    }
    return time;
}

static int threads_for(const pv_plan *plan, const pv_unit *u)
{
    int wanted = plan->options.threads;
    return wanted <= 1 || guess_time(&plan->ir, u) < WORTH_WAKING ? 1 : wanted;
}

/* ---- compile ---- */

static pv_operand operand(const pv_plan *plan, pv_ir_id id)
{
    const pv_ir_node *n = &plan->ir.node[id];
    return (pv_operand){.dtype = dtype_of(plan, n), .shape = n->shape};
}

static pv_status prepare_node(pv_plan *plan, pv_plan_call *c)
{
    const pv_ir_node *n = &plan->ir.node[plan->ir.unit[c->unit].member[0]];
    pv_call *call = &c->call;
    char text[PV_PLAN_NODE_TEXT];
    call->op = n->op;
    call->nin = n->nin;
    call->attr = n->attr;
    call->has_bias = n->has_bias;
    call->relu = n->relu;
    call->seed = plan->seed;
    for (int k = 0; k < n->nin; k++) call->in[k] = operand(plan, n->in[k]);
    call->out = operand(plan, plan->ir.unit[c->unit].member[0]);
    c->kernel = plan->backend->kernel[n->op];
    if (c->kernel == NULL)
        PV_FAIL(PV_ERR_UNSUPPORTED, "the %s kernels have no %s", plan->backend->name,
                pv_op_name(n->op));
    if (c->kernel->prepare == NULL) return PV_OK;
    omp_set_num_threads(call->threads);
    PV_TRY_CONTEXT(c->kernel->prepare(call), "while preparing %s",
                   pv_plan_node_text(plan, plan->ir.unit[c->unit].member[0], text));
    return PV_OK;
}

static pv_status prepare_fused(pv_plan *plan, pv_plan_call *c, pv_ir_program *p)
{
    PV_TRY(pv_ir_fused(&plan->ir, c->unit, p));
    p->spec.threads = c->call.threads;
    c->input = pv_calloc((size_t)p->spec.inputs, sizeof *c->input);
    c->output = pv_calloc((size_t)p->spec.outputs, sizeof *c->output);
    if (c->input == NULL || c->output == NULL) PV_FAIL_MEMORY(sizeof *p);
    return pv_fused_new(&c->fused, &p->spec, &c->call.scratch_bytes);
}

static pv_status prepare_calls(pv_plan *plan)
{
    const pv_ir *ir = &plan->ir;
    pv_status status = PV_OK;
    int threads_before = omp_get_max_threads();
    pv_ir_program *p = pv_alloc(1, sizeof *p);
    plan->call = pv_calloc(ir->ordered, sizeof *plan->call);
    if (p == NULL || plan->call == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the %zu calls of a plan", ir->ordered);
    for (size_t o = 0; o < ir->ordered; o++) {
        const pv_unit *u = &ir->unit[ir->order[o]];
        pv_plan_call *c = &plan->call[plan->calls++];
        double flops = 0;
        *c = (pv_plan_call){.kind = u->kind, .unit = ir->order[o]};
        for (size_t m = 0; m < u->members; m++) flops += pv_ir_flops(ir, u->member[m]);
        plan->flops += flops;
        c->call.threads = threads_for(plan, u);
        if (u->kind == PV_UNIT_FUSED)
            PV_TRY_GOTO(prepare_fused(plan, c, p));
        else
            PV_TRY_GOTO(prepare_node(plan, c));
        if (c->call.scratch_bytes > plan->scratch_bytes)
            plan->scratch_bytes = c->call.scratch_bytes;
    }
done:
    omp_set_num_threads(threads_before);
    pv_free(p);
    return status;
}

/* Give every call its addresses. */
static pv_status bind(pv_plan *plan)
{
    const pv_ir *ir = &plan->ir;
    plan->slab = pv_alloc_aligned(ir->slab_bytes, 1);
    plan->scratch = pv_alloc_aligned(plan->scratch_bytes, 1);
    pv_ir_program *p = pv_alloc(1, sizeof *p);
    pv_status status = PV_OK;
    if (plan->slab == NULL || plan->scratch == NULL || p == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory: a plan needs %zu bytes and %zu of scratch",
                     ir->slab_bytes, plan->scratch_bytes);
    for (size_t i = 0; i < plan->calls; i++) {
        pv_plan_call *c = &plan->call[i];
        c->call.scratch = plan->scratch;
        if (c->kind == PV_UNIT_FUSED) {
            PV_TRY_GOTO(pv_ir_fused(ir, c->unit, p));
            for (int k = 0; k < p->spec.inputs; k++)
                c->input[k] = pv_plan_address(plan, p->input[k]);
            for (int k = 0; k < p->spec.outputs; k++)
                c->output[k] = pv_plan_address(plan, p->output[k]);
        } else {
            pv_ir_id id = ir->unit[c->unit].member[0];
            for (int k = 0; k < c->call.nin; k++)
                c->call.in[k].data = pv_plan_address(plan, ir->node[id].in[k]);
            c->call.out.data = pv_plan_address(plan, id);
        }
    }
done:
    pv_free(p);
    return status;
}

static void fill_constants(pv_plan *plan)
{
    for (size_t i = 0; i < plan->ir.size; i++) {
        const pv_ir_node *n = &plan->ir.node[i];
        if (n->op != PV_OP_CONST || !n->in_memory) continue;
        int64_t count = pv_shape_count(&n->shape);
        void *at = pv_plan_address(plan, (pv_ir_id)i);
        for (int64_t k = 0; k < count; k++) {
            if (plan->backend->real == PV_F64)
                ((double *)at)[k] = n->attr.value;
            else
                ((float *)at)[k] = (float)n->attr.value;
        }
    }
}

/* Assignments that could not be made in place copy after the calls. Those whose value is itself a
 * leaf go through a staging area, so that exchanging two parameters works. */
static pv_status plan_copies(pv_plan *plan)
{
    const pv_ir *ir = &plan->ir;
    plan->copy = pv_calloc(2 * ir->assigns, sizeof *plan->copy);
    if (plan->copy == NULL) PV_FAIL_MEMORY(2 * ir->assigns * sizeof *plan->copy);
    size_t staged = 0;
    for (size_t i = 0; i < ir->assigns; i++)
        if (ir->node[ir->node[ir->assign[i].value].store].unit < 0)
            plan->staging_bytes += pv_ir_bytes(ir, ir->assign[i].param);
    plan->staging = pv_alloc(plan->staging_bytes, 1);
    if (plan->staging == NULL) PV_FAIL_MEMORY(plan->staging_bytes);
    for (int pass = 0; pass < 2;
         pass++) { /* into the staging area; then everything to its parameter */
        staged = 0;
        for (size_t i = 0; i < ir->assigns; i++) {
            const pv_ir_assign *a = &ir->assign[i];
            int leaf = ir->node[ir->node[a->value].store].unit < 0;
            size_t bytes = pv_ir_bytes(ir, a->param);
            if (a->in_place || (pass == 0 && !leaf)) continue;
            void *stage = plan->staging + staged;
            if (leaf) staged += bytes;
            plan->copy[plan->copies++] =
                (pv_plan_copy){.to = pass == 0 ? stage : pv_plan_address(plan, a->param),
                               .from = pass == 1 && leaf ? stage : pv_plan_address(plan, a->value),
                               .bytes = bytes};
        }
    }
    return PV_OK;
}

static pv_status copy_names(pv_plan *plan, const pv_graph *g)
{
    plan->name = pv_calloc(g->size, sizeof *plan->name);
    if (plan->name == NULL) PV_FAIL_MEMORY(g->size * sizeof *plan->name);
    for (size_t i = 0; i < g->size; i++) {
        if (g->node[i].name == NULL || plan->ir.from_graph[i] < 0) continue;
        plan->name[i] = pv_strdup(g->node[i].name);
        if (plan->name[i] == NULL) PV_FAIL_MEMORY(strlen(g->node[i].name));
    }
    return PV_OK;
}

static pv_status compile(pv_plan *plan, const pv_graph *g, const pv_node *outputs, int n)
{
    pv_ir *ir = &plan->ir;
    int fast = plan->options.backend == PV_BACKEND_FAST;
    plan->backend = fast ? &pv_backend_dnnl : &pv_backend_ref;
    plan->seed[0] = plan->options.seed;
    ir->real_size = pv_dtype_size(plan->backend->real);
    PV_TRY(pv_ir_import(ir, g, outputs, n, fast));
    PV_TRY(copy_names(plan, g));
    if (fast) PV_TRY(pv_ir_bias(ir));
    PV_TRY(pv_ir_units(ir, fast));
    PV_TRY(pv_ir_needed(ir));
    PV_TRY(pv_ir_schedule(ir));
    PV_TRY(pv_ir_memory(ir));
    PV_TRY(prepare_calls(plan));
    PV_TRY(bind(plan));
    PV_TRY(plan_copies(plan));
    fill_constants(plan);
    return PV_OK;
}

pv_status pv_compile(pv_plan **out, const pv_graph *g, const pv_node *outputs, int n,
                     const pv_plan_options *options)
{
    *out = NULL;
    PV_TRY(pv_graph_check(g));
    pv_plan *plan = pv_calloc(1, sizeof *plan);
    if (plan == NULL) PV_FAIL_MEMORY(sizeof *plan);
    if (options != NULL)
        memcpy(&plan->options, options,
               options->size < sizeof plan->options ? options->size : sizeof plan->options);
    pv_status s = compile(plan, g, outputs, n);
    if (s != PV_OK) {
        pv_plan_free(plan);
        return s;
    }
    *out = plan;
    return PV_OK;
}

void pv_plan_free(pv_plan *plan)
{
    if (plan == NULL) return;
    for (size_t i = 0; i < plan->calls; i++) {
        pv_plan_call *c = &plan->call[i];
        if (c->kernel != NULL && c->kernel->release != NULL) c->kernel->release(&c->call);
        pv_fused_free(c->fused);
        pv_free(c->input);
        pv_free(c->output);
    }
    for (size_t i = 0; plan->name != NULL && i < plan->ir.graph_size; i++) pv_free(plan->name[i]);
    pv_free(plan->name);
    pv_free(plan->call);
    pv_free(plan->copy);
    pv_free(plan->slab);
    pv_free(plan->scratch);
    pv_free(plan->staging);
    pv_ir_clear(&plan->ir);
    pv_free(plan);
}

/* ---- run ---- */

static inline void run_call(const pv_plan_call *c)
{
    if (c->kind == PV_UNIT_FUSED)
        pv_fused_run(c->fused, c->input, c->output, c->call.scratch);
    else
        c->kernel->run(&c->call);
}

/* Every call, watched: timed, or its results looked at. */
static pv_status run_watched(pv_plan *plan)
{
    for (size_t i = 0; i < plan->calls; i++) {
        pv_plan_call *c = &plan->call[i];
        double start = now();
        omp_set_num_threads(c->call.threads);
        run_call(c);
        if (plan->warm) c->seconds += now() - start;
        if (plan->options.trap_nan) PV_TRY(pv_plan_trap(plan, c));
    }
    plan->runs += (uint64_t)plan->warm;
    plan->warm = 1;
    return PV_OK;
}

pv_status pv_run(pv_plan *plan)
{
    pv_status status = PV_OK;
    int threads_before = omp_get_max_threads(), threads = threads_before;
    if (plan->options.timer || plan->options.trap_nan) {
        PV_TRY_GOTO(run_watched(plan));
    } else {
        for (size_t i = 0; i < plan->calls; i++) {
            const pv_plan_call *c = &plan->call[i];
            if (c->call.threads != threads) omp_set_num_threads(threads = c->call.threads);
            run_call(c);
        }
    }
    for (size_t i = 0; i < plan->copies; i++)
        memcpy(plan->copy[i].to, plan->copy[i].from, plan->copy[i].bytes);
    plan->seed[1]++;
done:
    omp_set_num_threads(threads_before);
    return status;
}

uint64_t pv_plan_step(const pv_plan *plan)
{
    return plan->seed[1];
}

void pv_plan_set_step(pv_plan *plan, uint64_t step)
{
    plan->seed[1] = step;
}

size_t pv_plan_bytes(const pv_plan *plan)
{
    return plan->ir.slab_bytes + plan->scratch_bytes + plan->staging_bytes;
}

int pv_plan_calls(const pv_plan *plan)
{
    return (int)plan->calls;
}

double pv_plan_flops(const pv_plan *plan)
{
    return plan->flops;
}
