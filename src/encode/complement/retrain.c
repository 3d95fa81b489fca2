#include "encode/complement/retrain.h"

#include "base/clock.h"
#include "base/ctx.h"
#include "base/mem.h"
#include "encode/complement/retrain_guard.h"
#include "encode/complement/retrain_log.h"
#include "nn/order.h"
#include "nn/trainer_i.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TEST_BATCH = 250 };
/* So little of what lies between chance and all right is chance: the task has collapsed. */
static const double COLLAPSED = 0.1;

typedef struct retrainer {
    pv_hidden *h;
    const pv_retrain_options *o;
    const pv_ctx *ctx;
    int64_t batch, batches, step;
    double chance; /* share of the most frequent class: an answer made of the secret alone */
    pv_schedule schedule;
    pv_graph *graph;
    pv_plan *plan;
    pv_model_nodes nodes;
    pv_optim optim;
    pv_node answer_node, loss, predicted;
    pv_batch data;
    pv_secret_value *value; /* [batch] */
    float *secret;          /* [batch, secret_size] */
    int64_t secret_size;
    int32_t *answer, *guess; /* [batch]: the label that belongs to the secret; what was said */
    pv_guard guard;
    int guarded;
    pv_hidden_runner tester;
    uint32_t *order;
    int64_t *index;
    pv_retrain_result result;
    size_t epoch_cap;
    pv_model *best; /* the judge's; NULL: none yet */
} retrainer;

void pv_retrain_defaults(pv_retrain_options *o, const char *model, const pv_data *data)
{
    *o = (pv_retrain_options){
        .guard = {.warmup_epochs = 3, .ramp_epochs = 8, .decoder_steps = 3, .restart_epochs = 4}};
    pv_train_defaults(&o->train, model, data);
}

static pv_status check_options(const pv_hidden *h, const pv_retrain_options *o)
{
    PV_TRY(pv_train_check(&o->train));
    PV_TRY(pv_front_noise_check(o->guard.noise));
    if (o->train.checkpoint != NULL || o->train.resume || o->train.patience > 0 ||
        o->train.validation != NULL)
        PV_FAIL(PV_ERR_OPTION, "retraining has no checkpoints, no validation data and no patience");
    PV_TRY(pv_data_complete(o->train.train));
    PV_TRY(pv_model_check_data(h->model, o->train.train));
    if (o->test == NULL) return PV_OK;
    PV_TRY(pv_data_complete(o->test));
    return pv_model_check_data(h->model, o->test);
}

static double most_frequent(const pv_data *data)
{
    int64_t of[PV_SECRET_CLASSES] = {0}, count = pv_data_count(data), most = 0;
    for (int64_t i = 0; i < count; i++) of[pv_data_label(data, i)]++;
    for (int k = 0; k < PV_SECRET_CLASSES; k++)
        if (of[k] > most) most = of[k];
    return (double)most / (double)count;
}

static pv_status allocate(retrainer *t)
{
    const pv_secret_plan *p = &t->h->plan;
    int64_t count = pv_data_count(t->o->train.train);
    size_t n = (size_t)t->batch;
    t->secret_size = pv_secret_numbers(p);
    PV_TRY(pv_batch_init(&t->data, t->h->model, t->batch));
    t->value = pv_calloc(n, sizeof *t->value);
    t->secret = pv_alloc(n, (size_t)t->secret_size * sizeof *t->secret);
    t->answer = pv_calloc(n, sizeof *t->answer);
    t->guess = pv_calloc(n, sizeof *t->guess);
    t->order = pv_alloc((size_t)count, sizeof *t->order);
    t->index = pv_alloc(n, sizeof *t->index);
    if (t->value == NULL || t->secret == NULL || t->answer == NULL || t->guess == NULL ||
        t->order == NULL || t->index == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for retraining on %lld samples", (long long)count);
    return PV_OK;
}

static pv_status build_network(retrainer *t, pv_node *extra)
{
    *extra = PV_NONE;
    if (!t->guarded) return pv_hidden_build(t->h, t->graph, t->batch, 1, PV_NONE, &t->nodes);
    PV_TRY(pv_hidden_begin(t->h, t->graph, t->batch, 1, PV_NONE, &t->nodes));
    return pv_guard_build(&t->guard, t->h, t->graph, &t->nodes, extra);
}

/* The whole step: network, loss, gradients of what lies behind the secret's entry, optimiser. */
static pv_status build(retrainer *t, const pv_plan_options *options)
{
    pv_status status = PV_OK;
    const pv_model *m = t->h->model;
    size_t first = pv_model_first_param(m, pv_model_secret_at(m));
    pv_node *gradient = NULL, *weight = NULL, extra, output[4];
    pv_graph *g;
    int n = 0, outputs = 0;
    PV_TRY(pv_graph_new(&t->graph));
    g = t->graph;
    weight = pv_alloc(m->params, sizeof *weight);
    gradient = pv_alloc(m->params, sizeof *gradient);
    if (weight == NULL || gradient == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a step of %zu parameters", m->params);
    PV_TRY_GOTO(build_network(t, &extra));
    t->answer_node = pv_input_index(g, "answer", PV_SHAPE(t->batch));
    t->loss = pv_smoothed_loss(g, t->nodes.logits, t->answer_node, t->o->train.label_smoothing,
                               m->domain.classes);
    t->predicted = pv_argmax(g, t->nodes.logits);
    pv_node all = extra == PV_NONE ? t->loss : pv_add(g, t->loss, extra);
    PV_TRY_GOTO(pv_graph_check(g));
    for (size_t i = first; i < m->params; i++)
        if (!pv_model_param_is_state(m, (int)i)) weight[n++] = t->nodes.param[i];
    PV_TRY_GOTO(pv_grad(g, &all, NULL, 1, weight, n, gradient));
    PV_TRY_GOTO(pv_optim_append(&t->optim, g, weight, gradient, n, &t->o->train.optim));
    output[outputs++] = t->loss;
    output[outputs++] = t->predicted;
    if (t->guarded && pv_guard_decodes(&t->guard)) {
        output[outputs++] = t->guard.z;
        output[outputs++] = t->nodes.logits;
    }
    PV_TRY_GOTO(pv_compile(&t->plan, g, output, outputs, options));
    PV_TRY_GOTO(pv_model_to_plan(m, &t->nodes, t->plan));
done:
    pv_free(weight);
    pv_free(gradient);
    return status;
}

static pv_status init(retrainer *t)
{
    const pv_train_options *o = &t->o->train;
    int64_t count = pv_data_count(o->train);
    const pv_plan_options plan = {.size = sizeof plan,
                                  .backend = o->backend,
                                  .threads = pv_ctx_threads(t->ctx),
                                  .seed = o->seed};
    t->batch = o->batch < count ? o->batch : count;
    t->batches = count / t->batch;
    t->chance = most_frequent(o->train);
    t->schedule = pv_train_schedule(o, t->batches);
    t->guarded = pv_guard_wanted(&t->o->guard);
    PV_TRY(allocate(t));
    if (t->guarded) PV_TRY(pv_guard_init(&t->guard, t->h, t->o, t->batch));
    PV_TRY(build(t, &plan));
    if (t->guarded) PV_TRY(pv_guard_compile(&t->guard, &plan));
    t->h->noise = t->guarded ? t->guard.o.noise : 0;
    t->h->noise_at = t->h->noise > 0 ? t->guard.o.cut : (pv_cut_at){0};
    if (t->o->test == NULL) return PV_OK;
    int64_t held = pv_data_count(t->o->test);
    return pv_hidden_runner_init(&t->tester, t->h, held < TEST_BATCH ? held : TEST_BATCH, t->ctx);
}

static void clear(retrainer *t)
{
    if (t->guarded) pv_guard_clear(&t->guard);
    pv_plan_free(t->plan);
    pv_graph_free(t->graph);
    pv_optim_clear(&t->optim);
    pv_model_nodes_clear(&t->nodes);
    pv_batch_clear(&t->data);
    pv_hidden_runner_clear(&t->tester);
    pv_model_free(t->best);
    pv_free(t->value);
    pv_free(t->secret);
    pv_free(t->answer);
    pv_free(t->guess);
    pv_free(t->order);
    pv_free(t->index);
    pv_retrain_result_clear(&t->result);
}

/* Samples, a secret for each, and the labels that belong to both. */
static pv_status fill(retrainer *t, int64_t batch)
{
    const pv_train_options *o = &t->o->train;
    pv_rng secrets = pv_rng_make(o->seed, PV_STREAM_SECRET);
    pv_rng r = pv_rng_fork(&secrets, (uint64_t)t->step);
    for (int64_t i = 0; i < t->batch; i++) t->index[i] = t->order[batch * t->batch + i];
    pv_batch_fill(&t->data, t->h->model, o->train, t->index, &o->augment, o->seed,
                  (uint64_t)t->step);
    for (int64_t i = 0; i < t->batch; i++) {
        pv_secret_draw(&t->value[i], &t->h->plan, &r);
        pv_secret_fill_open(t->secret + i * t->secret_size, &t->h->plan, &t->value[i]);
        t->answer[i] = pv_secret_hide(&t->value[i], t->data.label[i]);
    }
    PV_TRY(pv_plan_write(t->plan, t->nodes.input, t->data.x, PV_F32));
    PV_TRY(pv_plan_write(t->plan, t->nodes.secret, t->secret, PV_F32));
    return pv_plan_write(t->plan, t->answer_node, t->answer, PV_I32);
}

static pv_status train_batch(retrainer *t, int64_t batch, double *loss, int64_t *right)
{
    double value, epoch = (double)t->step / (double)t->batches;
    PV_TRY(fill(t, batch));
    if (t->guarded)
        PV_TRY(pv_guard_before(&t->guard, t->plan, &t->h->plan, t->answer, t->step, epoch));
    PV_TRY(pv_optim_set(&t->optim, t->plan, t->step, pv_schedule_lr(&t->schedule, t->step)));
    PV_TRY(pv_run(t->plan));
    PV_TRY(pv_plan_read(t->plan, t->loss, &value, PV_F64));
    PV_TRY(pv_plan_read(t->plan, t->predicted, t->guess, PV_I32));
    if (!isfinite(value))
        PV_FAIL(PV_ERR_NUMERIC,
                "epoch %d, step %lld: the loss is not finite; lower the learning rate (it is %g) "
                "or clip the gradient",
                t->result.epochs + 1, (long long)t->step, t->o->train.lr);
    if (t->guarded)
        PV_TRY(pv_guard_after(&t->guard, t->plan, t->nodes.logits, t->data.x, t->value,
                              t->data.label));
    *loss += value;
    for (int64_t i = 0; i < t->batch; i++) *right += t->guess[i] == t->answer[i];
    t->step++;
    return PV_OK;
}

static pv_status test(retrainer *t, pv_retrain_epoch *e)
{
    int classes = t->h->plan.classes;
    e->test_accuracy = NAN;
    if (t->o->test == NULL) return PV_OK;
    e->of_value = pv_calloc((size_t)classes, sizeof *e->of_value);
    if (e->of_value == NULL) PV_FAIL_MEMORY((size_t)classes * sizeof *e->of_value);
    PV_TRY(pv_hidden_runner_load(&t->tester, t->h));
    return pv_hidden_runner_measure(&t->tester, t->h, t->o->test, t->o->train.seed, t->ctx,
                                    &e->test_accuracy, e->of_value);
}

static int is_behind_the_ramp(const retrainer *t)
{
    const pv_guard_options *g = &t->o->guard;
    return !t->guarded || t->result.epochs >= g->warmup_epochs + g->ramp_epochs;
}

static int has_collapsed(const retrainer *t, const pv_retrain_epoch *e)
{
    return is_behind_the_ramp(t) && e->accuracy < t->chance + COLLAPSED * (1 - t->chance);
}

/* Keeps the weights of the epoch that the judge likes best. */
static pv_status judge(retrainer *t, pv_retrain_epoch *e)
{
    const pv_retrain_judge *j = &t->o->judge;
    pv_retrain_result *r = &t->result;
    e->verdict = (pv_retrain_verdict){NAN, NAN};
    if (!t->best) r->kept = r->epochs;
    if (j->judge == NULL || !is_behind_the_ramp(t) || r->collapsed) return PV_OK;
    PV_TRY(j->judge(&e->verdict, j->user, t->h));
    if (!(e->verdict.answered >= j->floor)) return PV_OK;
    if (t->best != NULL && e->verdict.read >= r->epoch[r->kept - 1].verdict.read) return PV_OK;
    pv_model_free(t->best);
    t->best = NULL;
    PV_TRY(pv_model_copy(&t->best, t->h->model));
    r->kept = r->epochs;
    return PV_OK;
}

/* The weights that were picked are what is left. */
static void settle(retrainer *t)
{
    pv_retrain_result *r = &t->result;
    if (t->best == NULL) {
        if (t->o->judge.judge != NULL)
            pv_ctx_log(
                t->ctx, PV_LOG_WARN,
                "no epoch behind the ramp answered %g %% rightly, so the last one is kept as "
                "it is: lower the floor or the pressure, or train longer",
                100 * t->o->judge.floor);
        return;
    }
    pv_model *old = t->h->model;
    t->h->model = t->best;
    t->best = old;
    r->picked = 1;
    r->collapsed = 0;
}

static void report(const retrainer *t, const pv_retrain_epoch *e)
{
    char held[48] = "", read[48] = "", fresh[80] = "";
    if (!isnan(e->test_accuracy))
        snprintf(held, sizeof held, ", test accuracy %.2f %%", 100 * e->test_accuracy);
    if (!isnan(e->read)) snprintf(read, sizeof read, ", secrets read %.1f %%", 100 * e->read);
    if (!isnan(e->verdict.read))
        snprintf(fresh, sizeof fresh, ", fresh probes %.1f points above the prior at %.2f %%",
                 100 * e->verdict.read, 100 * e->verdict.answered);
    pv_ctx_log(t->ctx, PV_LOG_INFO, "epoch %d/%d: loss %.4f, accuracy %.2f %%%s%s%s; %.1f s%s",
               t->result.epochs, t->o->train.epochs, e->loss, 100 * e->accuracy, held, read, fresh,
               e->seconds,
               !t->result.collapsed ? ""
               : t->guarded         ? "; the task is at chance, it has collapsed"
                                    : "; the task is at chance");
}

static int begins_anew(const retrainer *t)
{
    double each = t->o->guard.restart_epochs;
    if (!t->guarded || !pv_guard_decodes(&t->guard) || each <= 0 || t->result.epochs == 0) return 0;
    return floor(t->result.epochs / each) > floor((t->result.epochs - 1) / each);
}

static pv_status finish_epoch(retrainer *t, double loss, int64_t right, double started)
{
    pv_retrain_result *r = &t->result;
    pv_guard *k = &t->guard;
    PV_TRY(pv_grow((void **)&r->epoch, &t->epoch_cap, (size_t)r->epochs + 1, sizeof *r->epoch));
    pv_retrain_epoch *e = &r->epoch[r->epochs++];
    *e = (pv_retrain_epoch){.loss = loss / (double)t->batches,
                            .accuracy = (double)right / (double)(t->batches * t->batch),
                            .read = k->asked > 0 ? (double)k->right / (double)k->asked : NAN,
                            .seconds = pv_clock_seconds() - started};
    k->right = k->asked = 0;
    r->seconds += e->seconds;
    PV_TRY(pv_model_from_plan(t->h->model, &t->nodes, t->plan));
    PV_TRY(test(t, e));
    r->collapsed = has_collapsed(t, e);
    PV_TRY(judge(t, e));
    report(t, e);
    return pv_retrain_log(t->o->train.log, r, t->batches, t->h->plan.classes);
}

static pv_status train_epoch(retrainer *t)
{
    char what[48];
    const pv_train_options *o = &t->o->train;
    double started = pv_clock_seconds(), loss = 0;
    int64_t right = 0;
    snprintf(what, sizeof what, "epoch %d/%d", t->result.epochs + 1, o->epochs);
    if (begins_anew(t)) PV_TRY(pv_guard_restart(&t->guard));
    pv_order_epoch(t->order, (uint32_t)pv_data_count(o->train), o->seed, t->result.epochs);
    for (int64_t b = 0; b < t->batches; b++) {
        PV_TRY(pv_ctx_check(t->ctx));
        PV_TRY(train_batch(t, b, &loss, &right));
        pv_ctx_progress(t->ctx, what, (uint64_t)t->step, (uint64_t)(t->batches * o->epochs));
    }
    return finish_epoch(t, loss, right, started);
}

pv_status pv_retrain(pv_hidden *h, const pv_retrain_options *o, const pv_ctx *ctx,
                     pv_retrain_result *result)
{
    pv_status status = PV_OK;
    retrainer t = {.h = h, .o = o, .ctx = ctx};
    *result = (pv_retrain_result){0};
    PV_TRY(check_options(h, o));
    PV_TRY_GOTO(init(&t));
    while (t.result.epochs < o->train.epochs) PV_TRY_GOTO(train_epoch(&t));
    settle(&t);
    if (t.result.collapsed)
        pv_ctx_log(ctx, PV_LOG_WARN, "the task ended at chance%s",
                   t.guarded ? ": the pressure was too much or came too early; what a probe reads "
                               "of this model means nothing. Lower it, or lengthen warm-up and ramp"
                             : ": train longer, keep more layers or take another learning rate");
    t.result.steps = t.step;
    *result = t.result;
    t.result = (pv_retrain_result){0};
done:
    clear(&t);
    return status;
}

void pv_retrain_result_clear(pv_retrain_result *r)
{
    for (int i = 0; i < r->epochs; i++) pv_free(r->epoch[i].of_value);
    pv_free(r->epoch);
    *r = (pv_retrain_result){0};
}
