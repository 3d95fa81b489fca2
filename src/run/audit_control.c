#include "run/audit_i.h"

#include "base/file.h"
#include "privet/rng.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TYPE_MODEL = PV_TYPE_FIRST, TYPE_GRADIENT, TYPE_ROWS };

static const pv_message_type types[] = {
    {TYPE_MODEL, "model", "each parameter f32", UINT64_MAX, {PV_RETAIN_FULL, 0}},
    {TYPE_GRADIENT,
     "gradient",
     "each parameter f32, samples i64[1]",
     UINT64_MAX,
     {PV_RETAIN_FULL, 0}},
    {TYPE_ROWS, "rows", "x f32[n,sample], label i32[n]", UINT64_MAX, {PV_RETAIN_FULL, 0}},
};

/* A sample that nobody owns: for images a few soft blobs, for tables a draw from the model's own
 * normalisation. */
void pv_control_draw(float *x, const pv_model *m, pv_rng *r)
{
    pv_model_domain what = pv_model_what(m);
    const pv_norm *norm = pv_model_norm(m);
    int64_t width = pv_shape_count(&what.sample);
    if (what.kind != PV_DATA_IMAGE) {
        for (int64_t i = 0; i < width; i++) {
            double z = pv_rng_normal(r);
            x[i] = (float)(norm->n == 0 ? z : norm->mean[i] + z / norm->inverse_std[i]);
        }
        return;
    }
    int64_t h = what.sample.dim[0], w = what.sample.dim[1], c = what.sample.dim[2];
    memset(x, 0, (size_t)width * sizeof *x);
    for (int blob = 0; blob < 4; blob++) {
        double cy = h * pv_rng_uniform(r), cx = w * pv_rng_uniform(r);
        double size = 0.08 + 0.12 * pv_rng_uniform(r), top = 0.4 + 0.6 * pv_rng_uniform(r);
        for (int64_t k = 0; k < c; k++) {
            double tint = c == 1 ? 1 : 0.3 + 0.7 * pv_rng_uniform(r);
            for (int64_t y = 0; y < h; y++)
                for (int64_t q = 0; q < w; q++) {
                    double dy = (y - cy) / (size * h), dx = (q - cx) / (size * w);
                    float *p = &x[(y * w + q) * c + k];
                    *p = fminf(1, *p + (float)(top * tint * exp(-(dy * dy + dx * dx) / 2)));
                }
        }
    }
}

static void normalise(float *out, const float *x, const pv_model *m, int64_t width)
{
    const pv_norm *norm = pv_model_norm(m);
    for (int64_t i = 0; i < width; i++)
        out[i] =
            norm->n == 0 ? x[i] : (x[i] - norm->mean[i % norm->n]) * norm->inverse_std[i % norm->n];
}

/* ---- the honest computation whose result the attack gets to see */
typedef struct gradient {
    pv_graph *graph;
    pv_plan *plan;
    pv_model_nodes nodes;
    pv_node label, loss;
    pv_node *param, *node; /* trainable parameters and their gradients */
    int *index;            /* number of each among the model's parameters */
    pv_part *part;         /* one a gradient and "samples" */
    int count;
} gradient;

static void gradient_clear(gradient *g)
{
    for (int i = 0; g->part != NULL && i < g->count; i++)
        pv_free((void *)(uintptr_t)g->part[i].data);
    pv_free(g->part);
    pv_free(g->param);
    pv_free(g->node);
    pv_free(g->index);
    pv_model_nodes_clear(&g->nodes);
    pv_plan_free(g->plan);
    pv_graph_free(g->graph);
    *g = (gradient){0};
}

static pv_status gradient_init(gradient *g, const pv_model *m)
{
    static const int64_t one = 1;
    pv_status status = PV_OK;
    int all = pv_model_params(m);
    *g = (gradient){0};
    PV_TRY_GOTO(pv_graph_new(&g->graph));
    PV_TRY_GOTO(pv_model_build(m, g->graph, 1, 1, PV_NONE, &g->nodes));
    g->label = pv_input_index(g->graph, "label", PV_SHAPE(1));
    g->loss = pv_cross_entropy_index(g->graph, g->nodes.logits, g->label);
    g->param = pv_calloc((size_t)all, sizeof *g->param);
    g->node = pv_calloc((size_t)all, sizeof *g->node);
    g->index = pv_calloc((size_t)all, sizeof *g->index);
    g->part = pv_calloc((size_t)all + 1, sizeof *g->part);
    if (g->param == NULL || g->node == NULL || g->index == NULL || g->part == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a control's gradient");
    for (int i = 0; i < all; i++)
        if (!pv_model_param_is_state(m, i)) {
            g->index[g->count] = i;
            g->param[g->count++] = g->nodes.param[i];
        }
    PV_TRY_GOTO(pv_grad(g->graph, &g->loss, NULL, 1, g->param, g->count, g->node));
    for (int i = 0; i < g->count; i++) {
        const pv_shape *shape = pv_node_shape(g->graph, g->param[i]);
        float *data = pv_alloc((size_t)pv_shape_count(shape), sizeof *data);
        if (data == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a control's gradient");
        g->part[i] = (pv_part){pv_model_param_name(m, g->index[i]), PV_F32, *shape, data};
    }
    g->part[g->count] = (pv_part){"samples", PV_I64, PV_SHAPE(1), &one};
    PV_TRY_GOTO(pv_compile(&g->plan, g->graph, g->node, g->count, NULL));
    PV_TRY_GOTO(pv_model_to_plan(m, &g->nodes, g->plan));
done:
    if (status != PV_OK) gradient_clear(g);
    return status;
}

static pv_status gradient_run(gradient *g, const pv_model *m, const float *x, int32_t label)
{
    pv_status status = PV_OK;
    const pv_shape *shape = pv_node_shape(g->graph, g->nodes.input);
    int64_t width = pv_shape_count(shape);
    float *input = pv_alloc((size_t)width, sizeof *input);
    if (input == NULL) PV_FAIL_MEMORY((size_t)width * sizeof *input);
    normalise(input, x, m, width);
    PV_TRY_GOTO(pv_plan_write(g->plan, g->nodes.input, input, PV_F32));
    PV_TRY_GOTO(pv_plan_write(g->plan, g->label, &label, PV_I32));
    PV_TRY_GOTO(pv_run(g->plan));
    for (int i = 0; i < g->count; i++)
        PV_TRY_GOTO(pv_plan_read(g->plan, g->node[i], (void *)(uintptr_t)g->part[i].data, PV_F32));
done:
    pv_free(input);
    return status;
}

/* ---- the view */
pv_status pv_control_create(pv_view_writer **w, const char *path, const char *role,
                            const char *victim, const char *victim_role,
                            const pv_message_type *type, int count)
{
    pv_view_peer peer = {0};
    pv_view_header header = {.party = "auditor",
                             .scheme = "control",
                             .peer = &peer,
                             .peers = 1,
                             .type = type,
                             .types = count};
    snprintf(header.role, sizeof header.role, "%s", role);
    snprintf(peer.name, sizeof peer.name, "%s", victim);
    snprintf(peer.role, sizeof peer.role, "%s", victim_role);
    (void)unlink(path);
    return pv_view_create(w, path, &header);
}

pv_status pv_control_append(pv_view_writer *w, pv_view_kind kind, uint16_t type, uint64_t step,
                            uint64_t link, const pv_part *part, size_t count)
{
    pv_view_record r = {.step = step,
                        .kind = kind,
                        .peer = link == 0 ? PV_VIEW_NO_PEER : 0,
                        .type = type,
                        .link = link,
                        .kept = 1};
    return pv_view_append_parts(w, &r, part, count);
}

static pv_status append_model(pv_view_writer *w, pv_model *m, uint64_t step)
{
    pv_status status = PV_OK;
    int n = pv_model_params(m);
    pv_part *part = pv_calloc((size_t)n, sizeof *part);
    if (part == NULL) PV_FAIL_MEMORY((size_t)n * sizeof *part);
    for (int i = 0; i < n; i++) {
        const pv_tensor *t = pv_model_param(m, i);
        part[i] = (pv_part){pv_model_param_name(m, i), PV_F32, t->shape, t->data};
    }
    status = pv_control_append(w, PV_VIEW_SENT, TYPE_MODEL, step, step, part, (size_t)n);
    pv_free(part);
    return status;
}

static pv_status append_rows(pv_view_writer *w, const pv_answer *a, const pv_shape *sample,
                             uint64_t step)
{
    pv_shape shape = {.ndim = sample->ndim + 1, .dim = {a->batch}};
    memcpy(shape.dim + 1, sample->dim, (size_t)sample->ndim * sizeof *shape.dim);
    const pv_part part[] = {{"x", PV_F32, shape, a->x},
                            {"label", PV_I32, PV_SHAPE(a->batch), a->label}};
    return pv_control_append(w, PV_VIEW_RECEIVED, TYPE_ROWS, step, step, part, 2);
}

static pv_status write_view(pv_control_view *out, const pv_control_plan *plan)
{
    pv_status status = PV_OK;
    pv_view_writer *w = NULL;
    gradient g = {0};
    pv_model_domain what = pv_model_what(plan->model);
    pv_model *m =
        (pv_model *)(uintptr_t)plan->model; /* only read: pv_model_param has no const form */
    pv_rng root = pv_rng_make(plan->seed, PV_STREAM_ATTACK);
    int rows = strcmp(plan->contents, "rows") == 0;
    PV_TRY_GOTO(pv_control_create(&w, plan->path, "server", plan->victim, "client", types,
                                  sizeof types / sizeof *types));
    if (!rows) PV_TRY_GOTO(gradient_init(&g, plan->model));
    for (int i = 0; i < plan->count; i++) {
        pv_rng r = pv_rng_fork(&root, (uint64_t)i);
        pv_answer *a = &out->answers.item[i];
        PV_TRY_GOTO(pv_answer_set(&out->answers, (size_t)i, 1, pv_shape_count(&what.sample)));
        pv_control_draw(a->x, plan->model, &r);
        a->label[0] = (int32_t)pv_rng_below(&r, (uint64_t)what.classes);
        a->row[0] = -1;
        out->target[i] =
            (pv_attack_target){.victim = plan->victim, .step = (uint64_t)i + 1, .batch = 1};
        if (rows) {
            PV_TRY_GOTO(append_rows(w, a, &what.sample, (uint64_t)i + 1));
            continue;
        }
        PV_TRY_GOTO(gradient_run(&g, plan->model, a->x, a->label[0]));
        PV_TRY_GOTO(append_model(w, m, (uint64_t)i + 1));
        PV_TRY_GOTO(pv_control_append(w, PV_VIEW_RECEIVED, TYPE_GRADIENT, (uint64_t)i + 1,
                                      (uint64_t)i + 1, g.part, (size_t)g.count + 1));
    }
    PV_TRY_GOTO(pv_view_sync(w));
done:
    pv_view_writer_free(w);
    gradient_clear(&g);
    return status;
}

pv_status pv_control_view_make(pv_control_view *out, const pv_control_plan *plan)
{
    pv_status status = PV_OK;
    *out = (pv_control_view){.path = pv_strdup(plan->path),
                             .target = pv_calloc((size_t)plan->count, sizeof *out->target)};
    if (out->path == NULL || out->target == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a control");
    PV_TRY_GOTO(pv_answers_init(&out->answers, (size_t)plan->count));
    PV_TRY_GOTO(write_view(out, plan));
    PV_TRY_GOTO(pv_view_open(&out->view, plan->path));
done:
    if (status != PV_OK) pv_control_view_clear(out);
    return status;
}

void pv_control_view_clear(pv_control_view *c)
{
    pv_view_free(c->view);
    if (c->path != NULL) (void)unlink(c->path);
    pv_free(c->path);
    pv_free(c->target);
    pv_answers_clear(&c->answers);
    pv_known_clear(&c->known);
    pv_model_free(c->model);
    *c = (pv_control_view){0};
}
