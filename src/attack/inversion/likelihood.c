#include "attack/inversion/likelihood.h"

#include "attack/inversion/descent.h"
#include "attack/inversion/scores.h"
#include "base/clock.h"
#include "base/ctx.h"
#include "base/mem.h"
#include "nn/model_i.h"
#include "nn/stages.h"
#include <math.h>
#include <string.h>

static const double NOISE_PRIOR = 0.6; /* likelihood.h */
enum { TRIED = 16 }; /* values of an offset beyond which it is searched for, as a permutation is */

void pv_likelihood_defaults(pv_likelihood_options *o)
{
    *o = (pv_likelihood_options){
        .tv = 0.002, .steps = 500, .restarts = 1, .lr = 0.1, .batch = 32, .seed = 1};
}

void pv_likelihood_refining(pv_likelihood_options *o)
{
    pv_likelihood_defaults(o);
    o->lr = 0.05;
    o->pull = 0.005;
}

typedef struct chunk {
    pv_likelihood_result *out;
    int64_t first, n;
    double *best; /* [n] of what is minimised */
} chunk;

/* Rows for which where the search stands is better than what was found before. */
static pv_status keep(chunk *c, const pv_descent *d, int32_t value)
{
    double *x = pv_alloc((size_t)d->sample, sizeof *x);
    if (x == NULL) PV_FAIL_MEMORY((size_t)d->sample * sizeof *x);
    for (int64_t i = 0; i < c->n; i++) {
        int64_t at = c->first + i;
        double now = pv_descent_value(d, i);
        if (now >= c->best[i] && c->best[i] < INFINITY) continue;
        c->best[i] = now;
        for (int64_t k = 0; k < d->sample; k++) x[k] = d->v[i * d->sample + k];
        pv_sample_restore(c->out->x + at * d->sample, x, d->model);
        c->out->residual[at] = d->residual_at[i];
        c->out->secret[at] = value;
    }
    pv_free(x);
    return PV_OK;
}

static pv_status start(pv_descent *d, const chunk *c, int number, const pv_likelihood_options *o)
{
    pv_rng stream = pv_rng_make(o->seed, PV_STREAM_ATTACK),
           rng = pv_rng_fork(&stream, (uint64_t)(c->first * o->restarts + number));
    if (o->first != NULL) return pv_descent_start_at(d, o->first + c->first * d->sample, c->n);
    pv_descent_start(d, number == 0 ? 0 : 1, &rng);
    return PV_OK;
}

static pv_status search(chunk *c, pv_descent *d, const float *z, const pv_secret_value *secret,
                        const pv_likelihood_options *o, double deadline, const pv_ctx *ctx)
{
    int64_t values = d->plan == NULL || secret != NULL || d->free ? 1 : pv_secret_values(d->plan);
    pv_descent_search how = {
        .lbfgs = o->lbfgs, .steps = o->steps, .lr = o->lr, .deadline = deadline};
    int exhausted = 0, starts = o->first != NULL ? 1 : o->restarts;
    for (int64_t i = 0; i < c->n; i++) c->best[i] = INFINITY;
    PV_TRY(pv_descent_set(d, z + c->first * d->width, c->n));
    for (int64_t v = 0; v < values; v++) {
        pv_secret_value one;
        if (secret != NULL && d->plan != NULL)
            PV_TRY(pv_descent_secrets(d, secret + c->first, c->n));
        else if (d->plan != NULL && !d->free) {
            PV_TRY(pv_secret_of(&one, d->plan, v));
            PV_TRY(pv_descent_secrets(d, &one, 1));
        }
        for (int k = 0; k < starts && !exhausted; k++) {
            PV_TRY(start(d, c, k, o));
            PV_TRY(pv_descent_run(d, &how, &exhausted, "likelihood", ctx));
            PV_TRY(keep(c, d, values > 1 ? (int32_t)v : -1));
        }
    }
    if (exhausted) c->out->finished = 0;
    return PV_OK;
}

pv_status pv_likelihood_result_init(pv_likelihood_result *out, int64_t n, int64_t sample)
{
    *out = (pv_likelihood_result){.n = n, .sample = sample, .finished = 1};
    out->x = pv_calloc((size_t)n, (size_t)sample * sizeof *out->x);
    out->residual = pv_calloc((size_t)n, sizeof *out->residual);
    out->secret = pv_calloc((size_t)n, sizeof *out->secret);
    for (int64_t i = 0; out->secret != NULL && i < n; i++) out->secret[i] = -1;
    if (out->x != NULL && out->residual != NULL && out->secret != NULL) return PV_OK;
    pv_likelihood_result_clear(out);
    PV_FAIL(PV_ERR_MEMORY, "out of memory for %lld samples", (long long)n);
}

void pv_likelihood_result_clear(pv_likelihood_result *r)
{
    pv_free(r->x);
    pv_free(r->residual);
    pv_free(r->secret);
    *r = (pv_likelihood_result){0};
}

/* Of |z|^2, the mean over rows. */
static double noise_share(const float *z, int64_t n, int64_t width, double sd)
{
    double share = 0;
    for (int64_t i = 0; i < n; i++) {
        double square = 0;
        for (int64_t k = 0; k < width; k++) square += (double)z[i * width + k] * z[i * width + k];
        if (square > 0) share += fmin(1, (double)width * sd * sd / square) / (double)n;
    }
    return share;
}

pv_status pv_likelihood_invert(pv_likelihood_result *out, const pv_model *front,
                               const pv_secret_plan *plan, const float *z,
                               const pv_secret_value *secret, int64_t n,
                               const pv_likelihood_options *o, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    pv_model_domain domain = pv_model_what(front);
    pv_descent d = {0};
    double deadline = o->seconds > 0 ? pv_clock_seconds() + o->seconds : 0;
    int64_t values = plan != NULL ? pv_secret_values(plan) : 1;
    pv_descent_options how = {.batch = n < o->batch ? n : o->batch,
                              .tv = o->tv,
                              .pull = o->first != NULL ? o->pull : 0,
                              .free = secret == NULL && (values < 1 || values > TRIED)};
    chunk c = {.out = out};
    PV_TRY(pv_likelihood_result_init(out, n, pv_shape_count(&domain.sample)));
    if (n == 0) return PV_OK;
    if (o->noise > 0) {
        pv_shape shape;
        PV_TRY_GOTO(pv_cut_shape(&shape, front, front->layers.count));
        double prior = NOISE_PRIOR * noise_share(z, n, pv_shape_count(&shape), o->noise);
        how.tv += prior;
        if (o->first != NULL) how.pull += prior;
    }
    PV_TRY_GOTO(pv_descent_init(&d, front, plan, &how, ctx));
    c.best = pv_calloc((size_t)how.batch, sizeof *c.best);
    if (c.best == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for %lld rows", (long long)n);
    for (; c.first < n; c.first += how.batch) {
        c.n = n - c.first < how.batch ? n - c.first : how.batch;
        PV_TRY_GOTO(search(&c, &d, z, secret, o, deadline, ctx));
    }
    out->evaluations = d.evaluations;
done:
    pv_free(c.best);
    pv_descent_clear(&d);
    if (status != PV_OK) pv_likelihood_result_clear(out);
    return status;
}
