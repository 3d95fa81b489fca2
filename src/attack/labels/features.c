#include "attack/labels/features.h"

#include "attack/labels/basis.h"
#include "base/ctx.h"
#include "base/mem.h"
#include "nn/model_i.h"
#include "nn/step.h"
#include <inttypes.h>
#include <string.h>

enum { BATCH = 256, SAMPLE = 4096 };

/* The bottom as a plan. */
typedef struct bottom {
    pv_graph *graph;
    pv_plan *plan;
    pv_model_nodes nodes;
    pv_node out;
    pv_batch batch;
    int64_t width;
} bottom;

/* The node that the dense layer number `head` from the end gets. */
static pv_status find_cut(pv_node *out, const pv_model *m, const pv_graph *g, pv_node input,
                          int head)
{
    size_t at = m->layers.count;
    int dense = 0;
    while (at > 0 && dense < head) dense += m->layers.layer[--at].kind == PV_LAYER_DENSE;
    if (head < 1 || dense < head)
        PV_FAIL(PV_ERR_MISMATCH, "%s: it has %d dense layers; %d of them should be another party's",
                pv_model_name(m), dense, head);
    *out = at == 0 ? input : pv_graph_find(g, m->layers.layer[at - 1].name);
    if (*out == PV_NONE)
        PV_FAIL(PV_ERR_MISMATCH, "%s: nothing is known of what its layer %s gets", pv_model_name(m),
                m->layers.layer[at].name);
    return PV_OK;
}

static pv_status bottom_init(bottom *b, const pv_model *m, int head)
{
    *b = (bottom){0};
    PV_TRY(pv_graph_new(&b->graph));
    PV_TRY(pv_model_build(m, b->graph, BATCH, 0, PV_NONE, &b->nodes));
    PV_TRY(find_cut(&b->out, m, b->graph, b->nodes.input, head));
    b->out = pv_affine(b->graph, b->out, 1, 0); /* an output of its own, whatever it is */
    PV_TRY(pv_graph_check(b->graph));
    const pv_shape *s = pv_node_shape(b->graph, b->out);
    b->width = pv_shape_count(s) / BATCH;
    PV_TRY(pv_compile(&b->plan, b->graph, &b->out, 1, NULL));
    PV_TRY(pv_batch_init(&b->batch, m, BATCH));
    return PV_OK;
}

static void bottom_clear(bottom *b)
{
    pv_batch_clear(&b->batch);
    pv_plan_free(b->plan);
    pv_model_nodes_clear(&b->nodes);
    pv_graph_free(b->graph);
}

/* Parameters of the bottom: the plan has no others. */
static pv_status load(bottom *b, const pv_model *m)
{
    for (int i = 0; i < b->nodes.params; i++)
        if (pv_plan_has(b->plan, b->nodes.param[i]))
            PV_TRY(pv_plan_write(b->plan, b->nodes.param[i], m->param[i].value.data, PV_F32));
    return PV_OK;
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

static pv_status centre(float *all, int64_t n, int64_t width)
{
    double *mean = pv_calloc((size_t)width, sizeof *mean);
    if (mean == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for %" PRId64 " means", width);
    for (int64_t i = 0; i < n * width; i++) mean[i % width] += all[i] / (double)n;
    for (int64_t i = 0; i < n * width; i++) all[i] = (float)(all[i] - mean[i % width]);
    pv_free(mean);
    return PV_OK;
}

static pv_status keep(pv_releases *r, const float *all, int64_t n, int width, uint64_t seed)
{
    pv_status status = PV_OK;
    double *basis = NULL;
    float *sample = NULL;
    int64_t most = n < SAMPLE ? n : SAMPLE;
    r->count = r->rows = n;
    r->steps = 1;
    r->width = r->full < width ? (int)r->full : width;
    r->index = pv_alloc((size_t)n, sizeof *r->index);
    r->row = pv_alloc((size_t)n, sizeof *r->row);
    r->first = pv_calloc(2, sizeof *r->first);
    r->number = pv_calloc(1, sizeof *r->number);
    r->x = pv_alloc((size_t)n, (size_t)r->width * sizeof *r->x);
    r->norm = pv_alloc((size_t)n, sizeof *r->norm);
    if (r->width < r->full) {
        basis = pv_alloc((size_t)r->width, (size_t)r->full * sizeof *basis);
        sample = pv_alloc((size_t)most, (size_t)r->full * sizeof *sample);
    }
    if (r->index == NULL || r->row == NULL || r->first == NULL || r->number == NULL ||
        r->x == NULL || r->norm == NULL ||
        (r->width < r->full && (basis == NULL || sample == NULL)))
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the activations of %" PRId64 " rows", n);
    for (int64_t i = 0; i < most && basis != NULL; i++)
        memcpy(sample + i * r->full, all + i * n / most * r->full, (size_t)r->full * sizeof *all);
    if (basis != NULL) PV_TRY_GOTO(pv_basis_find(basis, r->width, r->full, sample, most, seed));
    r->first[1] = n;
    for (int64_t i = 0; i < n; i++) {
        r->index[i] = i;
        r->row[i] = (int32_t)i;
        r->norm[i] = pv_basis_norm(all + i * r->full, r->full);
        pv_basis_project(r->x + i * r->width, all + i * r->full, basis, r->width, r->full);
    }
done:
    pv_free(basis);
    pv_free(sample);
    return status;
}

pv_status pv_features_init(pv_releases *out, const pv_public *known, int fresh, int width,
                           uint64_t seed, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    bottom b = {0};
    pv_model *anew = NULL;
    float *all = NULL;
    const pv_model *m = known->own_model;
    *out = (pv_releases){0};
    if (known->own_data == NULL || m == NULL)
        PV_FAIL(PV_ERR_USAGE, "the feature party's own data and layers are needed, and not there");
    int64_t n = pv_data_count(known->own_data);
    PV_TRY_GOTO(bottom_init(&b, m, known->own_head));
    if (fresh) {
        pv_model_domain domain = pv_model_what(m);
        const char *text = pv_model_text(m);
        PV_TRY_GOTO(pv_model_parse(&anew, text, strlen(text), pv_model_name(m), &domain, seed + 1));
    }
    PV_TRY_GOTO(load(&b, fresh ? anew : m));
    out->full = b.width;
    all = pv_alloc((size_t)n, (size_t)b.width * sizeof *all);
    if (all == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the activations of %" PRId64 " rows", n);
    PV_TRY_GOTO(activate(all, &b, m, known->own_data, ctx));
    PV_TRY_GOTO(centre(all, n, b.width));
    PV_TRY_GOTO(keep(out, all, n, width, seed));
done:
    pv_free(all);
    pv_model_free(anew);
    bottom_clear(&b);
    if (status != PV_OK) pv_releases_clear(out);
    return status;
}

pv_status pv_features_answer(pv_guess *guess, const int32_t *label, const double *confidence,
                             const pv_releases *own, const pv_releases *noted,
                             const pv_attack_target *target, size_t targets, const pv_grouping *g,
                             double seconds)
{
    pv_status status = PV_OK;
    int32_t *of = pv_alloc((size_t)noted->rows, sizeof *of);
    double *sure = pv_alloc((size_t)noted->rows, sizeof *sure);
    if (of == NULL || sure == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the labels of %" PRId64 " rows",
                     noted->rows);
    for (int64_t i = 0; i < noted->rows; i++) {
        int64_t row = pv_releases_row(own, noted->index[i]);
        if (row < 0)
            PV_FAIL_GOTO(PV_ERR_MISMATCH,
                         "row %" PRId64 " has a gradient, but there are only %" PRId64 " samples",
                         noted->index[i], own->rows);
        of[i] = label[row];
        sure[i] = confidence[row];
    }
    PV_TRY_GOTO(pv_releases_answer(guess, noted, target, targets, of, sure, g->loss, seconds,
                                   g->rounds, g->finished));
done:
    pv_free(of);
    pv_free(sure);
    return status;
}
