#include "run/audit_i.h"

#include "attack/activations.h"
#include "run/folder.h"

#include <math.h>
#include <string.h>

/* A weight is found when it is off by no more than this share of the layer's root mean square. */
#define WITHIN 0.1

/* ---- the target: all answers together are about one layer */
pv_status pv_audit_weight_targets(pv_audit_work *w, pv_audit_case *c)
{
    const pv_view *v = c->view[0];
    int victim = -1, type = pv_view_type_id(v, c->reads->type);
    size_t kept = 0;
    for (int i = 0; i < w->parties; i++)
        if (victim < 0 && pv_audit_is_victim(w, c, i)) victim = i;
    if (victim < 0) return PV_OK;
    if (c->owner != NULL) return pv_str_printf(&c->failure, c->reads->alone, c->adversary);
    for (uint64_t i = 0; type >= 0 && i < pv_view_count(v); i++) {
        const pv_view_record *r = pv_view_at(v, i);
        if (r->type != type || r->kind != PV_VIEW_RECEIVED) continue;
        kept += r->kept != 0;
        c->unkept += !r->kept;
    }
    if (kept == 0)
        return pv_str_printf(&c->failure,
                             "of %zu answers the view kept hashes only; a run whose [view] keeps "
                             "answers in full can be attacked",
                             c->unkept);
    c->target = pv_calloc(1, sizeof *c->target);
    c->victim = pv_calloc(1, sizeof *c->victim);
    if (c->target == NULL || c->victim == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for targets");
    c->target[0] = (pv_attack_target){.victim = w->party[victim].name,
                                      .batch = pv_model_what(w->model).classes};
    c->victim[0] = victim;
    c->targets = 1;
    return PV_OK;
}

/* ---- the adversary's own: the rows that it asked about, and what it does with them */
pv_status pv_audit_know_measured(pv_audit_work *w, pv_audit_case *c)
{
    pv_status status = PV_OK;
    int own = -1;
    int64_t head = 0;
    if (c->targets == 0) return PV_OK;
    for (int i = 0; i < w->parties; i++)
        if (strcmp(w->party[i].name, c->adversary) == 0) own = i;
    if (own < 0 || w->scheme->own_model == NULL || w->scheme->measured == NULL)
        return pv_str_printf(&c->failure, "%s needs rows and layers that one party has alone",
                             c->attack->name);
    const char *name = w->party[own].name;
    char *folder = pv_run_party_path(w->o->run, name, "");
    if (folder == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    PV_TRY_GOTO(w->scheme->own_model(&c->known.own_model, &head, &w->scenario, name, folder));
    PV_TRY_GOTO(w->scheme->measured(&c->known.own_data, &w->scenario, name, folder, w->ctx));
    c->known.own_head = (int)head;
    pv_model *m = c->known.own_model;
    for (int i = 0; i < pv_model_params(m); i++) { /* the last matrix */
        const pv_tensor *t = pv_model_param(m, i);
        if (t->shape.ndim == 2) c->width = t->shape.dim[1] + 1;
    }
done:
    pv_free(folder);
    return status;
}

/* ---- the truth: read when the guesses are written down */
static pv_status true_layer(pv_audit_scored *s)
{
    pv_status status = PV_OK;
    pv_audit_work *w = s->w;
    double *all = NULL;
    int64_t c = 0, d = 0;
    char **folder = pv_calloc((size_t)w->parties, sizeof *folder);
    if (folder == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for the folders");
    for (int i = 0; i < w->parties; i++) {
        folder[i] = pv_run_party_path(w->o->run, w->party[i].name, "");
        if (folder[i] == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a path");
    }
    PV_TRY_GOTO(
        w->scheme->weights(&all, &c, &d, &w->scenario, (const char *const *)(void *)folder));
    if (c != s->c->target[0].batch || d + 1 != s->c->width)
        PV_FAIL_GOTO(PV_ERR_MISMATCH,
                     "the layer that the halves add up to has %lld outputs and %lld inputs, the "
                     "scenario's %lld and %lld",
                     (long long)c, (long long)d, (long long)s->c->target[0].batch,
                     (long long)s->c->width - 1);
    PV_TRY_GOTO(pv_answer_set(&s->answers, 0, c, d + 1));
    for (int64_t i = 0; i < c * (d + 1); i++) s->answers.item[0].x[i] = (float)all[i];
done:
    for (int i = 0; i < w->parties; i++) pv_free(folder[i]);
    pv_free(folder);
    pv_free(all);
    return status;
}

/* out [c,d]: less the mean over the classes */
static void centre(double *out, const float *x, int64_t c, int64_t d)
{
    for (int64_t j = 0; j < d; j++) {
        double mean = 0;
        for (int64_t k = 0; k < c; k++) mean += x[k * d + j] / (double)c;
        for (int64_t k = 0; k < c; k++) out[k * d + j] = x[k * d + j] - mean;
    }
}

static int64_t label_of(const double *w, const float *a, int64_t c, int64_t d)
{
    int64_t best = 0;
    double most = -HUGE_VAL;
    for (int64_t k = 0; k < c; k++) {
        double z = w[k * d + d - 1];
        for (int64_t j = 0; j < d - 1; j++) z += w[k * d + j] * a[j];
        if (z > most) most = z, best = k;
    }
    return best;
}

/* On the adversary's own rows. */
static pv_status compare_labels(pv_weight_score *s, const double *guess, const double *truth,
                                int64_t c, int64_t d, const pv_known *k, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    pv_activations own = {0};
    int64_t same = 0, most = 0, *count = pv_calloc((size_t)c, sizeof *count);
    if (count == NULL) PV_FAIL_MEMORY((size_t)c * sizeof *count);
    PV_TRY_GOTO(pv_activations_init(&own, k->own_model, k->own_head, k->own_data, ctx));
    if (own.width != d - 1)
        PV_FAIL_GOTO(PV_ERR_MISMATCH,
                     "the layer has %lld inputs, the network below it %lld outputs",
                     (long long)d - 1, (long long)own.width);
    for (int64_t i = 0; i < own.rows; i++) {
        int64_t label = label_of(truth, own.a + i * own.width, c, d);
        same += label == label_of(guess, own.a + i * own.width, c, d);
        if (++count[label] > most) most = count[label];
    }
    if (own.rows > 0) s->agree = (double)same / (double)own.rows;
    if (own.rows > 0) s->most = (double)most / (double)own.rows;
done:
    pv_free(count);
    pv_activations_clear(&own);
    return status;
}

/* d: numbers of a class. known NULL: no rows to compare on. */
static pv_status score_layer(pv_score *out, const pv_guess *guess, const pv_answers *answers,
                             int64_t d, const pv_known *known, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    pv_weight_score *s = &out->weights;
    *out = (pv_score){.leak_auc = NAN};
    *s = (pv_weight_score){.error = NAN, .baseline_error = NAN, .agree = NAN, .most = NAN};
    if (guess->count == 0 || answers->count == 0) return PV_OK;
    const pv_guess_item *g = &guess->item[0];
    const pv_answer *a = &answers->item[0];
    int64_t c = a->batch;
    size_t cells = (size_t)(c * d);
    if (g->x == NULL || g->batch != c) return PV_OK;
    double *x = pv_alloc(cells, sizeof *x), *t = pv_alloc(cells, sizeof *t), off = 0, all = 0;
    if (x == NULL || t == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a layer");
    centre(x, g->x, c, d);
    centre(t, a->x, c, d);
    for (size_t i = 0; i < cells; i++) {
        off += (x[i] - t[i]) * (x[i] - t[i]);
        all += t[i] * t[i];
    }
    double near = WITHIN * sqrt(all / (double)cells);
    for (size_t i = 0; i < cells; i++) {
        s->right += fabs(x[i] - t[i]) <= near;
        s->baseline += fabs(t[i]) <= near;
    }
    s->count = (int64_t)cells;
    out->finished = g->finished;
    if (all > 0) s->error = sqrt(off / all);
    if (all > 0) s->baseline_error = 1;
    if (known != NULL) PV_TRY_GOTO(compare_labels(s, x, t, c, d, known, ctx));
done:
    pv_free(x);
    pv_free(t);
    return status;
}

pv_status pv_audit_score_weights(pv_audit_scored *s)
{
    pv_audit_case *c = s->c;
    const pv_ctx *ctx = s->w->ctx;
    s->run = s->positive = s->negative = (pv_score){.leak_auc = NAN};
    if (c->failure.size > 0 || c->targets == 0) return PV_OK;
    PV_TRY(pv_answers_init(&s->answers, 1));
    PV_TRY(true_layer(s));
    PV_TRY(score_layer(&s->run, &c->guess, &s->answers, c->width, &c->known, ctx));
    PV_TRY(
        score_layer(&s->positive, &c->positive_guess, &c->positive.answers, c->width, NULL, ctx));
    return score_layer(&s->negative, &c->negative_guess, &c->negative.answers, c->width, NULL, ctx);
}
