#include "attack/inversion/activations.h"

#include "attack/inversion/decoder.h"
#include "attack/inversion/scores.h"
#include "attack/inversion/unsplit.h"
#include "attack/queries.h"
#include "attack/shadow.h"
#include "base/clock.h"
#include "base/ctx.h"
#include "base/mem.h"
#include "nn/model_i.h"
#include <string.h>

static const pv_attack_option likelihood_options[] = {{"tv", "0.002"},       {"steps", "500"},
                                                      {"restarts", "1"},     {"lr", "0.1"},
                                                      {"optimiser", "adam"}, {NULL, NULL}};
static const pv_attack_option decoder_options[] = {
    {"shadow", "10000"}, {"steps", "1000"}, {"lr", "0.002"}, {"width", "24"},
    {"refine", "500"},   {"pull", "0.005"}, {NULL, NULL}};
static const pv_attack_option unsplit_options[] = {{"tv", "0.05"},         {"rounds", "60"},
                                                   {"restarts", "8"},      {"lr", "0.05"},
                                                   {"weight_lr", "0.005"}, {NULL, NULL}};

/* Seconds of the budget that are left for target t and those behind it, in equal shares. */
static double share(const pv_budget *budget, double begin, size_t t, size_t targets)
{
    if (budget->seconds <= 0) return 0;
    double left = budget->seconds - (pv_clock_seconds() - begin);
    return left > 0 ? left / (double)(targets - t) : 1e-9;
}

/* ---- likelihood and unsplit: a search for each target */

typedef pv_status (*invert)(pv_likelihood_result *out, const pv_public *known, const pv_queries *q,
                            const void *how, double seconds, const pv_ctx *ctx);

static pv_status by_likelihood(pv_likelihood_result *out, const pv_public *known,
                               const pv_queries *q, const void *how, double seconds,
                               const pv_ctx *ctx)
{
    pv_likelihood_options o = *(const pv_likelihood_options *)how;
    o.seconds = seconds;
    o.noise = known->front->noise * known->front->spread;
    return pv_likelihood_invert(out, known->front->model, &known->front->plan, q->z, NULL, q->n, &o,
                                ctx);
}

static pv_status by_unsplit(pv_likelihood_result *out, const pv_public *known, const pv_queries *q,
                            const void *how, double seconds, const pv_ctx *ctx)
{
    pv_unsplit_options o = *(const pv_unsplit_options *)how;
    o.seconds = seconds;
    return pv_unsplit_invert(out, known->front->model, &known->front->plan, q->z, q->n, &o, ctx);
}

static pv_status take(pv_guess *guess, size_t t, const pv_likelihood_result *r)
{
    pv_guess_item *item = &guess->item[t];
    PV_TRY(pv_guess_claim(guess, t, r->n, r->sample, 0, 1));
    memcpy(item->x, r->x, (size_t)(r->n * r->sample) * sizeof *item->x);
    for (int64_t i = 0; i < r->n; i++) {
        item->confidence[i] = -r->residual[i];
        item->loss += r->residual[i] / (double)r->n;
    }
    item->evaluations = r->evaluations;
    item->finished = r->finished;
    return PV_OK;
}

static pv_status search_all(pv_guess *guess, invert f, const void *how, const char *who,
                            const pv_view *const *view, int views, const pv_public *known,
                            const pv_attack_target *target, size_t targets, const pv_budget *budget,
                            const pv_ctx *ctx)
{
    double begin = pv_clock_seconds();
    PV_TRY(pv_queries_check(known, who));
    for (size_t t = 0; t < targets; t++) {
        double began = pv_clock_seconds();
        pv_queries q;
        pv_likelihood_result r = {0};
        PV_TRY(pv_queries_init(&q, view, views, known, &target[t], ctx));
        pv_status status = f(&r, known, &q, how, share(budget, begin, t, targets), ctx);
        if (status == PV_OK) status = take(guess, t, &r);
        pv_likelihood_result_clear(&r);
        pv_queries_clear(&q);
        PV_TRY(status);
        guess->item[t].seconds = pv_clock_seconds() - began;
    }
    return PV_OK;
}

static pv_status run_likelihood(pv_guess *guess, const pv_view *const *view, int views,
                                const pv_public *known, const pv_attack_target *target,
                                size_t targets, const pv_attack_option *option, int count,
                                const pv_budget *budget, const pv_ctx *ctx)
{
    const pv_attack *a = &pv_attack_likelihood;
    pv_likelihood_options o;
    int64_t restarts;
    pv_likelihood_defaults(&o);
    PV_TRY(pv_attack_option_check(a, option, count));
    PV_TRY(pv_attack_option_number(&o.tv, a, option, count, "tv", 0, 1000));
    PV_TRY(pv_attack_option_count(&o.steps, a, option, count, "steps", 1, 10000000));
    PV_TRY(pv_attack_option_count(&restarts, a, option, count, "restarts", 1, 10000));
    PV_TRY(pv_attack_option_number(&o.lr, a, option, count, "lr", 1e-6, 100));
    PV_TRY(pv_attack_option_choice(&o.lbfgs, a, option, count, "optimiser", "adam|lbfgs"));
    o.restarts = budget->restarts > 0 ? budget->restarts : (int)restarts;
    if (budget->evaluations > 0 && budget->evaluations < o.steps) o.steps = budget->evaluations;
    o.seed = budget->seed;
    return search_all(guess, by_likelihood, &o, a->name, view, views, known, target, targets,
                      budget, ctx);
}

static pv_status run_unsplit(pv_guess *guess, const pv_view *const *view, int views,
                             const pv_public *known, const pv_attack_target *target, size_t targets,
                             const pv_attack_option *option, int count, const pv_budget *budget,
                             const pv_ctx *ctx)
{
    const pv_attack *a = &pv_attack_unsplit;
    pv_unsplit_options o;
    int64_t restarts, each;
    pv_unsplit_defaults(&o);
    PV_TRY(pv_attack_option_check(a, option, count));
    PV_TRY(pv_attack_option_number(&o.tv, a, option, count, "tv", 0, 1000));
    PV_TRY(pv_attack_option_count(&o.rounds, a, option, count, "rounds", 1, 1000000));
    PV_TRY(pv_attack_option_count(&restarts, a, option, count, "restarts", 1, 10000));
    PV_TRY(pv_attack_option_number(&o.sample_lr, a, option, count, "lr", 1e-6, 100));
    PV_TRY(pv_attack_option_number(&o.weight_lr, a, option, count, "weight_lr", 1e-6, 100));
    o.restarts = budget->restarts > 0 ? budget->restarts : (int)restarts;
    each = o.sample_steps + o.weight_steps;
    if (budget->evaluations > 0 && budget->evaluations < o.rounds * each)
        o.rounds = (budget->evaluations + each - 1) / each;
    o.seed = budget->seed;
    return search_all(guess, by_unsplit, &o, a->name, view, views, known, target, targets, budget,
                      ctx);
}

/* Of a budget of time, for the network; refining has the rest. */
static const double LEARNING_SHARE = 0.75;

/* ---- inverse-network: learned once, applied to each, and what it says refined by the search */

static pv_status take_decoded(pv_guess *guess, size_t t, const pv_decoder *d, const float *x,
                              int64_t n, const pv_model *front)
{
    pv_guess_item *item = &guess->item[t];
    int64_t sample = d->learner.outputs;
    double *one = pv_alloc((size_t)sample, sizeof *one);
    if (one == NULL) PV_FAIL_MEMORY((size_t)sample * sizeof *one);
    pv_status status = pv_guess_claim(guess, t, n, sample, 0, 0);
    for (int64_t i = 0; i < n && status == PV_OK; i++) {
        for (int64_t k = 0; k < sample; k++) one[k] = x[i * sample + k];
        pv_sample_restore(item->x + i * sample, one, front);
    }
    pv_free(one);
    item->loss = d->loss;
    return status;
}

/* by: how to refine; steps 0: not at all. */
static pv_status apply(pv_guess *guess, size_t t, pv_decoder *d, const pv_public *known,
                       const pv_queries *q, pv_likelihood_options *by, double seconds,
                       const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    pv_likelihood_result r = {0};
    float *x = pv_alloc((size_t)q->n, (size_t)d->learner.outputs * sizeof *x);
    if (x == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for %lld samples", (long long)q->n);
    PV_TRY_GOTO(pv_decoder_apply(d, x, q->z, q->n));
    by->first = x;
    if (by->steps > 0) PV_TRY_GOTO(by_likelihood(&r, known, q, by, seconds, ctx));
    PV_TRY_GOTO(by->steps > 0 ? take(guess, t, &r)
                              : take_decoded(guess, t, d, x, q->n, known->front->model));
    guess->item[t].evaluations += d->learner.steps;
    guess->item[t].finished = d->finished && (by->steps == 0 || r.finished);
done:
    by->first = NULL;
    pv_likelihood_result_clear(&r);
    pv_free(x);
    return status;
}

static pv_status run_decoder(pv_guess *guess, const pv_view *const *view, int views,
                             const pv_public *known, const pv_attack_target *target, size_t targets,
                             const pv_attack_option *option, int count, const pv_budget *budget,
                             const pv_ctx *ctx)
{
    const pv_attack *a = &pv_attack_inverse_network;
    pv_status status = PV_OK;
    pv_decoder_options o;
    pv_shadow s = {0};
    pv_decoder d = {0};
    pv_likelihood_options by;
    int64_t most;
    double begin = pv_clock_seconds();
    pv_decoder_defaults(&o);
    pv_likelihood_refining(&by);
    PV_TRY(pv_attack_option_check(a, option, count));
    PV_TRY(pv_attack_option_count(&most, a, option, count, "shadow", 1, 10000000));
    PV_TRY(pv_attack_option_count(&o.steps, a, option, count, "steps", 1, 10000000));
    PV_TRY(pv_attack_option_number(&o.lr, a, option, count, "lr", 1e-6, 100));
    PV_TRY(pv_attack_option_count(&o.width, a, option, count, "width", 4, 1024));
    PV_TRY(pv_attack_option_count(&by.steps, a, option, count, "refine", 0, 10000000));
    PV_TRY(pv_attack_option_number(&by.pull, a, option, count, "pull", 0, 1000));
    if (budget->evaluations > 0 && budget->evaluations < o.steps) o.steps = budget->evaluations;
    if (budget->evaluations > 0 && budget->evaluations < by.steps) by.steps = budget->evaluations;
    o.seed = by.seed = budget->seed;
    double learning = by.steps > 0 ? LEARNING_SHARE : 1;
    o.deadline = budget->seconds > 0 ? begin + learning * budget->seconds : 0;
    PV_TRY_GOTO(pv_shadow_init(&s, known, most, 1, budget->seed, a->name, ctx));
    PV_TRY_GOTO(pv_decoder_learn(&d, known->front->activation,
                                 pv_model_what(known->front->model).sample, s.z, s.x, s.n, &o,
                                 ctx));
    for (size_t t = 0; t < targets; t++) {
        pv_queries q;
        PV_TRY_GOTO(pv_queries_init(&q, view, views, known, &target[t], ctx));
        status = apply(guess, t, &d, known, &q, &by, share(budget, begin, t, targets), ctx);
        pv_queries_clear(&q);
        PV_TRY_GOTO(status);
    }
    for (size_t t = 0; t < targets; t++)
        guess->item[t].seconds = (pv_clock_seconds() - begin) / (double)targets;
done:
    pv_decoder_clear(&d);
    pv_shadow_clear(&s);
    return status;
}

const pv_attack pv_attack_likelihood = {
    .name = "likelihood",
    .version = 1,
    .summary = "samples whose activations are those that were sent, by who knows the front half",
    .source = "He, Zhang, Lee 2019, Model Inversion Attacks Against Collaborative Inference (rMLE)",
    .wants = "rows",
    .needs = PV_NEEDS_FRONT,
    .options = likelihood_options,
    .run = run_likelihood,
};

const pv_attack pv_attack_inverse_network = {
    .name = "inverse-network",
    .version = 1,
    .summary = "samples by a decoder that learned on the adversary's own ones",
    .source = "the same (inverse network); Dosovitskiy, Brox 2016, Inverting Visual "
              "Representations with Convolutional Networks",
    .wants = "rows",
    .rough = 1,
    .needs = PV_NEEDS_FRONT,
    .options = decoder_options,
    .run = run_decoder,
};

const pv_attack pv_attack_unsplit = {
    .name = "unsplit",
    .version = 1,
    .summary = "samples and a front half together, from what the front half looks like",
    .source = "Erdogan, Küpçü, Çiçek 2022, UnSplit",
    .wants = "rows",
    .rough = 1,
    .needs = PV_NEEDS_FRONT,
    .options = unsplit_options,
    .run = run_unsplit,
};
