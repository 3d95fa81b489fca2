#include "interpret.h"

#include <string.h>

enum { SCRATCH = 1 << 16 };

void interpreter_begin(interpreter *t, const pv_graph *g, uint64_t seed)
{
    *t = (interpreter){.g = g, .seed = {seed, 0}};
    t->value = pv_calloc(g->size, sizeof *t->value);
    t->scratch = pv_alloc_aligned(SCRATCH, 1);
    assert_non_null(t->value);
    assert_non_null(t->scratch);
    for (size_t i = 0; i < g->size; i++) {
        const pv_graph_node *n = &g->node[i];
        int64_t count = pv_shape_count(&n->shape);
        pv_operand *v = &t->value[i];
        *v = (pv_operand){.dtype = n->dtype == PV_I32 ? PV_I32 : PV_F64, .shape = n->shape};
        v->data = pv_alloc_aligned((size_t)count, pv_dtype_size(v->dtype));
        assert_non_null(v->data);
        for (int64_t k = 0; n->op == PV_OP_CONST && k < count; k++)
            ((double *)v->data)[k] = n->attr.value;
    }
}

void interpreter_end(interpreter *t)
{
    for (size_t i = 0; i < t->g->size; i++) pv_free(t->value[i].data);
    pv_free(t->value);
    pv_free(t->scratch);
}

static void run_node(interpreter *t, size_t i)
{
    const pv_graph_node *n = &t->g->node[i];
    const pv_kernel *kernel = pv_backend_ref.kernel[n->op];
    pv_call call = {.op = n->op,
                    .nin = n->nin,
                    .out = t->value[i],
                    .attr = n->attr,
                    .threads = 1,
                    .seed = t->seed,
                    .scratch = t->scratch};
    if (kernel == NULL) return; /* a leaf */
    for (int k = 0; k < n->nin; k++) call.in[k] = t->value[n->in[k]];
    if (kernel->prepare != NULL) CHECK_OK(kernel->prepare(&call));
    assert_true(call.scratch_bytes <= SCRATCH);
    kernel->run(&call);
    if (kernel->release != NULL) kernel->release(&call);
}

void interpreter_run(interpreter *t)
{
    const pv_graph *g = t->g;
    for (size_t i = 0; i < g->size; i++) run_node(t, i);
    /* All assigned values are taken before any parameter changes: one may be another parameter. */
    void **taken = pv_calloc(g->assigns + 1, sizeof *taken);
    assert_non_null(taken);
    for (size_t i = 0; i < g->assigns; i++) {
        const pv_operand *v = &t->value[g->assign[i].value];
        size_t bytes = (size_t)pv_shape_count(&v->shape) * sizeof(double);
        taken[i] = pv_alloc(bytes, 1);
        assert_non_null(taken[i]);
        memcpy(taken[i], v->data, bytes);
    }
    for (size_t i = 0; i < g->assigns; i++) {
        const pv_operand *v = &t->value[g->assign[i].param];
        memcpy(v->data, taken[i], (size_t)pv_shape_count(&v->shape) * sizeof(double));
        pv_free(taken[i]);
    }
    pv_free(taken);
    t->seed[1]++;
}

double *interpreter_real(interpreter *t, pv_node x)
{
    return t->value[x].data;
}

int32_t *interpreter_index(interpreter *t, pv_node x)
{
    return t->value[x].data;
}
