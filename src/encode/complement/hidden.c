#include "encode/complement/hidden_i.h"

#include "base/json.h"
#include "base/mem.h"
#include <math.h>
#include <string.h>

enum { ALPHA_ROWS = 512, ALPHA_BATCH = 64 };

/* ---- building */

static void join(pv_model_nodes *nodes, const pv_model_nodes *part)
{
    nodes->logits = part->logits;
    if (part->secret != PV_NONE) nodes->secret = part->secret;
    for (int i = 0; i < nodes->params; i++)
        if (part->param[i] != PV_NONE) nodes->param[i] = part->param[i];
}

pv_status pv_hidden_begin(const pv_hidden *h, pv_graph *g, int64_t batch, int train, pv_node x,
                          pv_model_nodes *nodes)
{
    PV_TRY(pv_model_build_part(h->model, g, batch, 0, x, 0, pv_model_secret_at(h->model), nodes));
    if (train) nodes->logits = pv_detach(g, nodes->logits);
    return PV_OK;
}

pv_status pv_hidden_append(const pv_hidden *h, pv_graph *g, int64_t batch, int train, size_t first,
                           size_t end, pv_model_nodes *nodes)
{
    pv_model_nodes part;
    PV_TRY(pv_model_build_part(h->model, g, batch, train, nodes->logits, first, end, &part));
    join(nodes, &part);
    pv_model_nodes_clear(&part);
    return pv_graph_check(g);
}

pv_status pv_hidden_build(const pv_hidden *h, pv_graph *g, int64_t batch, int train, pv_node x,
                          pv_model_nodes *nodes)
{
    pv_status status = PV_OK;
    PV_TRY(pv_hidden_begin(h, g, batch, train, x, nodes));
    PV_TRY_GOTO(pv_hidden_append(h, g, batch, train, pv_model_secret_at(h->model),
                                 h->model->layers.count, nodes));
done:
    if (status != PV_OK) pv_model_nodes_clear(nodes);
    return status;
}

pv_node pv_hidden_noise(pv_graph *g, pv_node z, double sigma, pv_node *noise)
{
    *noise = pv_input(g, "cut.noise", *pv_node_shape(g, z));
    pv_node apart = pv_sub(g, z, pv_mean(g, z, 0, 0));
    pv_node spread =
        pv_sqrt(g, pv_affine(g, pv_mean(g, pv_square(g, apart), 0, 0), 1, PV_FRONT_NOISE_FLOOR));
    return pv_add(g, z, pv_mul(g, *noise, pv_scale(g, pv_detach(g, spread), sigma)));
}

/* ---- making */

typedef struct meter {
    pv_graph *graph;
    pv_plan *plan;
    pv_model_nodes nodes;
    pv_batch batch;
    float *value;
} meter;

static void meter_clear(meter *t)
{
    pv_graph_free(t->graph);
    pv_plan_free(t->plan);
    pv_model_nodes_clear(&t->nodes);
    pv_batch_clear(&t->batch);
    pv_free(t->value);
}

/* The root mean square of what comes into layer `at`. */
static pv_status measure_alpha(double *alpha, const pv_model *m, size_t at, int64_t each,
                               const pv_data *data)
{
    pv_status status = PV_OK;
    int64_t count = pv_data_count(data), rows = count < ALPHA_ROWS ? count : ALPHA_ROWS;
    int64_t batch = rows < ALPHA_BATCH ? rows : ALPHA_BATCH, index[ALPHA_BATCH];
    double sum = 0;
    meter t = {0};
    PV_TRY_GOTO(pv_batch_init(&t.batch, m, batch));
    t.value = pv_alloc((size_t)batch, (size_t)each * sizeof *t.value);
    if (t.value == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for %lld samples", 0LL + batch);
    PV_TRY_GOTO(pv_graph_new(&t.graph));
    PV_TRY_GOTO(pv_model_build_part(m, t.graph, batch, 0, PV_NONE, 0, at, &t.nodes));
    PV_TRY_GOTO(pv_compile(&t.plan, t.graph, &t.nodes.logits, 1, NULL));
    PV_TRY_GOTO(pv_model_to_plan(m, &t.nodes, t.plan));
    for (int64_t first = 0; first < rows; first += batch) {
        int64_t n = rows - first < batch ? rows - first : batch;
        for (int64_t i = 0; i < batch; i++) index[i] = first + (i < n ? i : n - 1);
        pv_batch_fill(&t.batch, m, data, index, NULL, 0, 0);
        PV_TRY_GOTO(pv_plan_write(t.plan, t.nodes.input, t.batch.x, PV_F32));
        PV_TRY_GOTO(pv_run(t.plan));
        PV_TRY_GOTO(pv_plan_read(t.plan, t.nodes.logits, t.value, PV_F32));
        for (int64_t i = 0; i < n * each; i++) sum += (double)t.value[i] * t.value[i];
    }
    *alpha = sqrt(sum / ((double)rows * (double)each));
    if (!(*alpha > 0 && isfinite(*alpha)))
        PV_FAIL_GOTO(PV_ERR_NUMERIC,
                     "what comes into the secret's layer of %s has a root mean square of %g over "
                     "%lld samples; the layers that are kept must be trained ones",
                     m->name, *alpha, (long long)rows);
done:
    meter_clear(&t);
    return status;
}

static pv_status check_kept(const pv_stages *s, int64_t kept, const char *name)
{
    if (s->count < 2)
        PV_FAIL(PV_ERR_RANGE,
                "%s has %lld layer: where the secret enters, the customer computes, and nothing "
                "would be left to the provider; take a model of two layers or more",
                name, (long long)s->count);
    if (kept < 0 || kept > s->count - 2)
        PV_FAIL(PV_ERR_RANGE,
                "%lld layers kept of the %lld that %s has; 0 to %lld can be: the secret enters "
                "the next one, and at least one more is the provider's",
                (long long)kept, (long long)s->count, name, (long long)(s->count - 2));
    return PV_OK;
}

pv_status pv_hidden_make(pv_hidden *out, const pv_model *old, const pv_data *data,
                         const pv_hidden_options *o)
{
    pv_status status = PV_OK;
    pv_stages stages = {0};
    *out = (pv_hidden){.kept = o->kept};
    if (pv_model_has_secret(old))
        PV_FAIL(PV_ERR_MISMATCH, "%s has a secret already; begin with the model it was made from",
                old->name);
    PV_TRY(pv_stages_init(&stages, old));
    PV_TRY_GOTO(check_kept(&stages, o->kept, old->name));
    size_t at = stages.stage[o->kept].entry;
    out->plan = (pv_secret_plan){.kind = o->kind, .form = o->form, .classes = old->domain.classes};
    PV_TRY_GOTO(pv_cut_shape(&out->plan.input, old, at));
    PV_TRY_GOTO(pv_secret_plan_check(&out->plan));
    PV_TRY_GOTO(pv_data_complete(data));
    PV_TRY_GOTO(pv_model_check_data(old, data));
    PV_TRY_GOTO(measure_alpha(&out->plan.alpha, old, at, pv_shape_count(&out->plan.input), data));
    PV_TRY_GOTO(
        pv_model_with_secret(&out->model, old, at, pv_secret_channels(&out->plan), o->seed));
done:
    pv_stages_clear(&stages);
    if (status != PV_OK) pv_hidden_clear(out);
    return status;
}

void pv_hidden_clear(pv_hidden *h)
{
    pv_model_free(h->model);
    *h = (pv_hidden){0};
}

/* ---- files */

pv_status pv_secret_plan_json(json_t **out, const pv_secret_plan *p, int64_t kept)
{
    pv_status status = PV_OK;
    json_t *j = json_object();
    PV_TRY_GOTO(pv_json_set(j, "kind", json_string(pv_secret_kind_name(p->kind))));
    PV_TRY_GOTO(pv_json_set(j, "form", json_string(pv_secret_form_name(p->form))));
    PV_TRY_GOTO(pv_json_set(j, "alpha", pv_json_number(p->alpha)));
    PV_TRY_GOTO(pv_json_set(j, "kept", json_integer(kept)));
    *out = json_incref(j);
done:
    json_decref(j);
    return status;
}

static pv_status noise_json(pv_str *out, const pv_hidden *h)
{
    pv_status status = PV_OK;
    char cut[PV_CUT_TEXT];
    json_t *j = json_object();
    PV_TRY_GOTO(pv_json_set(j, "sigma", pv_json_number(h->noise)));
    PV_TRY_GOTO(pv_json_set(j, "cut", json_string(pv_cut_text(&h->noise_at, cut))));
    PV_TRY_GOTO(pv_json_dump(out, j, 0));
done:
    json_decref(j);
    return status;
}

pv_status pv_hidden_save(const pv_hidden *h, const char *path)
{
    pv_status status = PV_OK;
    pv_str text = {0}, noise = {0};
    json_t *j = NULL;
    int trained = h->noise > 0 && h->noise_at.stage > 0;
    PV_TRY_GOTO(pv_secret_plan_json(&j, &h->plan, h->kept));
    PV_TRY_GOTO(pv_json_dump(&text, j, 0));
    if (trained) PV_TRY_GOTO(noise_json(&noise, h));
    const pv_metadata metadata[] = {{"secret", pv_str_text(&text)}, {"noise", pv_str_text(&noise)}};
    PV_TRY_GOTO(pv_model_write(h->model, path, NULL, 0, metadata, trained ? 2 : 1, 0644));
done:
    json_decref(j);
    pv_str_clear(&text);
    pv_str_clear(&noise);
    return status;
}

static pv_status read_noise(pv_hidden *h, const char *text, const char *path)
{
    pv_status status = PV_OK;
    json_t *j = NULL;
    const char *cut;
    if (text == NULL) return PV_OK;
    PV_TRY_CONTEXT(pv_json_parse(&j, "noise", text, strlen(text)), "%s: its metadata", path);
    PV_TRY_GOTO(pv_json_get_real(&h->noise, j, "sigma", path));
    PV_TRY_GOTO(pv_json_get_text(&cut, j, "cut", path));
    if (!(h->noise > 0 && h->noise <= PV_FRONT_NOISE_MOST))
        PV_FAIL_GOTO(PV_ERR_RANGE,
                     "%s: it says that it was trained with noise of %g deviations; above 0 and up "
                     "to %g can be",
                     path, h->noise, PV_FRONT_NOISE_MOST);
    status = pv_cut_parse(&h->noise_at, cut, h->model);
    if (status == PV_ERR_OPTION)
        status = pv_trail_context(PV_ERR_FORMAT, __FILE__, __LINE__,
                                  "%s: where it was trained with noise", path);
    PV_TRY_GOTO(status);
    if (h->noise_at.stage <= h->kept)
        PV_FAIL_GOTO(PV_ERR_FORMAT,
                     "%s: it says that it was trained with noise at cut %s, before its secret",
                     path, cut);
done:
    json_decref(j);
    return status;
}

pv_status pv_secret_plan_parse(pv_secret_plan *p, int64_t *kept, const char *text, const char *path)
{
    pv_status status = PV_OK;
    json_t *j = NULL;
    const char *kind, *form;
    PV_TRY_CONTEXT(pv_json_parse(&j, "secret", text, strlen(text)), "%s: its metadata", path);
    PV_TRY_GOTO(pv_json_get_text(&kind, j, "kind", path));
    PV_TRY_GOTO(pv_json_get_text(&form, j, "form", path));
    PV_TRY_GOTO(pv_json_get_real(&p->alpha, j, "alpha", path));
    PV_TRY_GOTO(pv_json_get_integer(kept, j, "kept", 0, PV_LAYERS_MAX, path));
    p->kind = pv_secret_kind_by_name(kind);
    p->form = pv_secret_form_by_name(form);
    if (p->kind == 0 || p->form == 0)
        PV_FAIL_GOTO(
            PV_ERR_FORMAT,
            "%s: its secret is of kind '%s' and form '%s'; complement, offset, permutation "
            "and plane, append, digit are known",
            path, kind, form);
    if (!(p->alpha > 0 && isfinite(p->alpha)))
        PV_FAIL_GOTO(PV_ERR_RANGE, "%s: the alpha of its secret is %g, above 0 was expected", path,
                     p->alpha);
done:
    json_decref(j);
    return status;
}

/* Text, kind, form and the number kept must say the same. */
static pv_status check_loaded(const pv_hidden *h, const char *path)
{
    pv_status status = PV_OK;
    pv_stages stages = {0};
    size_t at = pv_model_secret_at(h->model);
    int64_t channels = (int64_t)h->model->layers.layer[at].value[0];
    PV_TRY_CONTEXT(pv_secret_plan_check(&h->plan), "%s: its secret", path);
    if (channels != pv_secret_channels(&h->plan))
        PV_FAIL(PV_ERR_FORMAT, "%s: its text has a secret of %lld channels, its kind one of %lld",
                path, (long long)channels, (long long)pv_secret_channels(&h->plan));
    PV_TRY(pv_stages_init(&stages, h->model));
    /* The `secret` line stands right before the layer that takes it. */
    if (h->kept >= stages.count || stages.stage[h->kept].entry != at + 1)
        PV_FAIL_GOTO(PV_ERR_FORMAT,
                     "%s: its metadata has the secret behind %lld layers, its text elsewhere", path,
                     (long long)h->kept);
done:
    pv_stages_clear(&stages);
    return status;
}

pv_status pv_hidden_load(pv_hidden *h, const char *path)
{
    pv_status status = PV_OK;
    pv_safetensors *s = NULL;
    *h = (pv_hidden){0};
    PV_TRY(pv_safetensors_open(&s, path));
    const char *text = pv_safetensors_metadata(s, "secret");
    const char *half = pv_safetensors_metadata(s, "half");
    if (half != NULL)
        PV_FAIL_GOTO(PV_ERR_INPUT, "%s: it is the %s's half of a model; the whole one was expected",
                     path, half);
    PV_TRY_GOTO(pv_model_read(&h->model, s, path));
    if (text == NULL || !pv_model_has_secret(h->model))
        PV_FAIL_GOTO(PV_ERR_INPUT, "%s: a model without a secret; privet retrain makes one with it",
                     path);
    PV_TRY_GOTO(pv_secret_plan_parse(&h->plan, &h->kept, text, path));
    h->plan.classes = h->model->domain.classes;
    PV_TRY_GOTO(pv_cut_shape(&h->plan.input, h->model, pv_model_secret_at(h->model)));
    PV_TRY_GOTO(check_loaded(h, path));
    PV_TRY_GOTO(read_noise(h, pv_safetensors_metadata(s, "noise"), path));
done:
    pv_safetensors_free(s);
    if (status != PV_OK) pv_hidden_clear(h);
    return status;
}
