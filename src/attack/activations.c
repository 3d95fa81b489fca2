#include "attack/activations.h"

#include "base/ctx.h"
#include "base/mem.h"
#include "nn/model_i.h"
#include "nn/stages.h"
#include "nn/step.h"
#include <inttypes.h>
#include <string.h>

enum { BATCH = 256 };

/* The bottom as a plan. */
typedef struct bottom {
    pv_graph *graph;
    pv_plan *plan;
    pv_model_nodes nodes;
    pv_node out;
    pv_batch batch;
    int64_t width;
} bottom;

/* Where the dense layer number `head` from the end stands: layers before it are the bottom. */
static pv_status find_cut(size_t *out, const pv_model *m, int head)
{
    size_t at = m->layers.count;
    int dense = 0;
    while (at > 0 && dense < head) dense += m->layers.layer[--at].kind == PV_LAYER_DENSE;
    if (head < 1 || dense < head)
        PV_FAIL(PV_ERR_MISMATCH, "%s: it has %d dense layers; %d of them should be another party's",
                pv_model_name(m), dense, head);
    *out = at;
    return PV_OK;
}

static pv_status bottom_init(bottom *b, const pv_model *m, int head)
{
    size_t end = 0;
    *b = (bottom){0};
    PV_TRY(pv_model_check_alone(m));
    PV_TRY(find_cut(&end, m, head));
    PV_TRY(pv_graph_new(&b->graph));
    PV_TRY(pv_model_build_part(m, b->graph, BATCH, 0, PV_NONE, 0, end, &b->nodes));
    b->out = pv_affine(b->graph, b->nodes.logits, 1, 0); /* an output of its own, whatever it is */
    PV_TRY(pv_graph_check(b->graph));
    const pv_shape *s = pv_node_shape(b->graph, b->out);
    b->width = pv_shape_count(s) / BATCH;
    PV_TRY(pv_compile(&b->plan, b->graph, &b->out, 1, NULL));
    PV_TRY(pv_batch_init(&b->batch, m, BATCH));
    return pv_model_to_plan(m, &b->nodes, b->plan);
}

static void bottom_clear(bottom *b)
{
    pv_batch_clear(&b->batch);
    pv_plan_free(b->plan);
    pv_model_nodes_clear(&b->nodes);
    pv_graph_free(b->graph);
}

/* all [count, width] */
static pv_status activate(float *all, bottom *b, const pv_model *m, const pv_data *data,
                          const pv_ctx *ctx)
{
    int64_t n = pv_data_count(data), index[BATCH];
    float *out = pv_alloc(BATCH, (size_t)b->width * sizeof *out);
    pv_status status = PV_OK;
    if (out == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for %d activations", BATCH);
    for (int64_t first = 0; first < n; first += BATCH) {
        int64_t some = n - first < BATCH ? n - first : BATCH;
        PV_TRY_GOTO(pv_ctx_check(ctx));
        for (int64_t k = 0; k < BATCH; k++) index[k] = k < some ? first + k : first;
        pv_batch_fill(&b->batch, m, data, index, NULL, 0, 0);
        PV_TRY_GOTO(pv_plan_write(b->plan, b->nodes.input, b->batch.x,
                                  b->batch.kind == PV_DATA_TEXT ? PV_I32 : PV_F32));
        PV_TRY_GOTO(pv_run(b->plan));
        PV_TRY_GOTO(pv_plan_read(b->plan, b->out, out, PV_F32));
        memcpy(all + first * b->width, out, (size_t)(some * b->width) * sizeof *out);
    }
done:
    pv_free(out);
    return status;
}

pv_status pv_activations_init(pv_activations *out, const pv_model *m, int head, const pv_data *data,
                              const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    bottom b = {0};
    *out = (pv_activations){.rows = pv_data_count(data)};
    PV_TRY_GOTO(bottom_init(&b, m, head));
    out->width = b.width;
    out->a = pv_alloc((size_t)out->rows, (size_t)b.width * sizeof *out->a);
    if (out->a == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the activations of %" PRId64 " rows",
                     out->rows);
    PV_TRY_GOTO(activate(out->a, &b, m, data, ctx));
done:
    bottom_clear(&b);
    if (status != PV_OK) pv_activations_clear(out);
    return status;
}

void pv_activations_clear(pv_activations *a)
{
    pv_free(a->a);
    *a = (pv_activations){0};
}
