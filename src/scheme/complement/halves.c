#include "scheme/complement/halves.h"

#include "base/ctx.h"
#include "base/mem.h"

#include <math.h>

void pv_complement_halves_clear(pv_complement_halves *h)
{
    pv_split_half_clear(&h->front);
    pv_split_half_clear(&h->back);
    *h = (pv_complement_halves){0};
}

/* ---- from files */
static pv_status cut_model(pv_complement_halves *h, pv_hidden *hidden,
                           const pv_complement_options *o, const pv_data *data, uint64_t seed)
{
    pv_cut_at cut;
    hidden->noise = o->guard.noise; /* the scenario's, whatever it was trained with */
    PV_TRY(pv_cut_parse(&cut, o->cut, hidden->model));
    PV_TRY(pv_split_make(&h->front, &h->back, hidden, &cut, data, seed));
    h->published = 1;
    return PV_OK;
}

static pv_status open_model(pv_complement_halves *h, const char *path,
                            const pv_complement_options *o, const pv_scenario *s,
                            const pv_data *data, const char *who)
{
    pv_hidden hidden = {0};
    pv_status status = PV_OK;
    if (data == NULL)
        PV_FAIL(PV_ERR_INPUT,
                "%s: a whole model is cut here, and the ranges of what crosses come from rows: "
                "write data = SPEC into its local file, or cut it before (privet partition)",
                who);
    PV_TRY(pv_hidden_load(&hidden, path));
    PV_TRY_GOTO(pv_model_check_data(hidden.model, data));
    h->trained_noise = hidden.noise;
    PV_TRY_GOTO(cut_model(h, &hidden, o, data, s->seed));
    PV_TRY_GOTO(pv_complement_half_check(&h->back, o, s, path));
done:
    pv_hidden_clear(&hidden);
    return status;
}

static pv_status same_binding(const pv_split_half *front, const char *front_path,
                              const pv_split_half *back, const char *back_path)
{
    char a[PV_HASH_TEXT], b[PV_HASH_TEXT];
    if (pv_hash_equal(&front->binding, &back->binding)) return PV_OK;
    PV_FAIL(PV_ERR_MISMATCH,
            "%s is of the model %s, %s of %s: halves of one partition belong together", front_path,
            pv_hash_text(&front->binding, a), back_path, pv_hash_text(&back->binding, b));
}

static pv_status open_halves(pv_complement_halves *h, const pv_local *l,
                             const pv_complement_options *o, const pv_scenario *s)
{
    PV_TRY(pv_split_half_load(&h->back, l->half, 1));
    PV_TRY(pv_complement_half_check(&h->back, o, s, l->half));
    if (l->front == NULL) return PV_OK;
    PV_TRY(pv_split_half_load(&h->front, l->front, 0));
    h->published = 1;
    PV_TRY(pv_complement_half_check(&h->front, o, s, l->front));
    return same_binding(&h->front, l->front, &h->back, l->half);
}

pv_status pv_complement_halves_open(pv_complement_halves *h, const pv_local *l,
                                    const pv_complement_options *o, const pv_scenario *s,
                                    const pv_data *data, const char *who)
{
    pv_status status = PV_OK;
    *h = (pv_complement_halves){0};
    if (l->model != NULL && (l->half != NULL || l->front != NULL))
        PV_FAIL(PV_ERR_INPUT, "%s: its local file names a whole model and a half: one of them",
                who);
    if (l->front != NULL && l->half == NULL)
        PV_FAIL(PV_ERR_INPUT, "%s: front = %s belongs to a line half = FILE", who, l->front);
    h->given = l->model != NULL || l->half != NULL;
    h->trained_noise = o->guard.noise; /* what is not told is what it should be */
    if (l->model != NULL)
        status = open_model(h, l->model, o, s, data, who);
    else if (l->half != NULL)
        status = open_halves(h, l, o, s);
    else if (data == NULL)
        status = pv_trail_fail(
            PV_ERR_INPUT, __FILE__, __LINE__,
            "%s has no model: write model = FILE (privet retrain), half = FILE (privet partition) "
            "or data = SPEC, to train on, into its local file",
            who);
    if (status != PV_OK) pv_complement_halves_clear(h);
    return status;
}

/* ---- trained here */
static pv_status train_old(pv_model *m, const pv_complement_options *o, const pv_scenario *s,
                           const pv_data *data, const pv_ctx *ctx)
{
    pv_norm norm;
    pv_train_result result;
    pv_train_options t;
    PV_TRY(pv_norm_fit(&norm, data));
    pv_fed_set_norm(m, &norm);
    pv_fed_learning_train(&t, &o->learning);
    t.train = data;
    t.seed = s->seed;
    t.epochs = (int)o->kept_epochs;
    if (o->keep == 0 || t.epochs == 0) return PV_OK;
    PV_TRY(pv_train(m, &t, ctx, &result));
    pv_train_result_clear(&result);
    return PV_OK;
}

static pv_status teach(pv_retrain_result *result, pv_hidden *hidden, const pv_complement_options *o,
                       const pv_scenario *s, const pv_data *data, const pv_ctx *ctx)
{
    pv_retrain_options r = {.guard = o->guard};
    pv_fed_learning_train(&r.train, &o->learning);
    r.train.train = data;
    r.train.seed = s->seed;
    r.train.epochs = (int)o->epochs;
    PV_TRY(pv_cut_parse(&r.guard.cut, o->cut, hidden->model));
    return pv_retrain(hidden, &r, ctx, result);
}

static pv_status tell_training(pv_party *p, const pv_retrain_result *r)
{
    const pv_retrain_epoch *last = r->epochs > 0 ? &r->epoch[r->epochs - 1] : NULL;
    json_t *j = json_object();
    pv_status status = PV_OK;
    PV_TRY_GOTO(pv_json_set(j, "epochs", json_integer(r->epochs)));
    PV_TRY_GOTO(pv_json_set(j, "steps", json_integer(r->steps)));
    PV_TRY_GOTO(pv_json_set(j, "loss", pv_json_number(last != NULL ? last->loss : NAN)));
    PV_TRY_GOTO(pv_json_set(j, "accuracy", pv_json_number(last != NULL ? last->accuracy : NAN)));
    PV_TRY_GOTO(pv_json_set(j, "read", pv_json_number(last != NULL ? last->read : NAN)));
    PV_TRY_GOTO(pv_json_set(j, "collapsed", json_boolean(r->collapsed)));
    PV_TRY_GOTO(pv_json_set(j, "seconds", pv_json_number(r->seconds)));
    status = pv_party_result(p, "training", j);
    j = NULL;
done:
    json_decref(j);
    return status;
}

static pv_status measure(pv_party *p, const pv_hidden *hidden, const pv_data *test)
{
    pv_hidden_score score;
    if (test == NULL) return PV_OK;
    PV_TRY(pv_hidden_measure(&score, hidden, test, pv_party_scenario(p)->seed, pv_party_ctx(p)));
    double accuracy = score.accuracy, worst = score.worst;
    int64_t count = score.count;
    pv_hidden_score_clear(&score);
    PV_TRY(pv_party_result(p, "test_accuracy", pv_json_number(accuracy)));
    PV_TRY(pv_party_result(p, "test_worst_secret", pv_json_number(worst)));
    PV_TRY(pv_party_result(p, "test_correct",
                           json_integer((json_int_t)llround(accuracy * (double)count))));
    return pv_party_result(p, "test_count", json_integer((json_int_t)count));
}

pv_status pv_complement_halves_train(pv_complement_halves *h, pv_party *p,
                                     const pv_complement_options *o, const pv_data *data,
                                     const pv_data *test)
{
    pv_status status = PV_OK;
    const pv_scenario *s = pv_party_scenario(p);
    const pv_ctx *ctx = pv_party_ctx(p);
    pv_model *old = NULL;
    pv_hidden hidden = {0};
    pv_retrain_result result = {0};
    const pv_hidden_options make = {.kind = pv_complement_kind(o),
                                    .form = pv_complement_form(o),
                                    .kept = o->keep,
                                    .seed = s->seed};
    pv_complement_halves_clear(h);
    PV_TRY_GOTO(pv_fed_model(&old, s));
    PV_TRY_GOTO(train_old(old, o, s, data, ctx));
    PV_TRY_GOTO(pv_hidden_make(&hidden, old, data, &make));
    PV_TRY_GOTO(teach(&result, &hidden, o, s, data, ctx));
    if (result.collapsed)
        pv_ctx_log(ctx, PV_LOG_WARN,
                   "%s: the network with a secret answers at chance: the training collapsed; give "
                   "it more rows, epochs or kept layers, or lower weights of hide_...",
                   pv_party_name(p));
    PV_TRY_GOTO(tell_training(p, &result));
    PV_TRY_GOTO(measure(p, &hidden, test));
    PV_TRY_GOTO(cut_model(h, &hidden, o, data, s->seed));
done:
    pv_retrain_result_clear(&result);
    pv_hidden_clear(&hidden);
    pv_model_free(old);
    return status;
}

/* ---- in the folder */
static pv_status keep(const pv_split_half *half, const char *folder)
{
    char *path;
    PV_TRY(pv_split_half_path(&path, folder, half->provider));
    pv_status status = pv_split_half_save(half, path);
    pv_free(path);
    return status;
}

static pv_status again(pv_split_half *half, const char *folder, int provider)
{
    char *path;
    PV_TRY(pv_split_half_path(&path, folder, provider));
    pv_status status = pv_split_half_load(half, path, provider);
    pv_free(path);
    return status;
}

pv_status pv_complement_halves_keep(const pv_complement_halves *h, const char *folder)
{
    PV_TRY(keep(&h->back, folder));
    return h->published ? keep(&h->front, folder) : PV_OK;
}

pv_status pv_complement_halves_again(pv_complement_halves *h, const char *folder, int published)
{
    pv_complement_halves_clear(h);
    PV_TRY(again(&h->back, folder, 1));
    if (!published) return PV_OK;
    PV_TRY(again(&h->front, folder, 0));
    h->published = 1;
    return PV_OK;
}
