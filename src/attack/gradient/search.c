#include "attack/gradient/search.h"

#include "base/clock.h"
#include "base/ctx.h"
#include "base/mem.h"
#include <math.h>
#include <string.h>

enum { ITERATIONS = 20, HISTORY = 100, NUMERIC_FAILURES = 3, PROGRESS_EVERY = 20 };
/* L-BFGS sees the objective this much larger: its tolerances and least curvature are absolute, made
 * for objectives that begin far above 1. */
static const double GAIN = 1e6;
static const double BETA1 = 0.9, BETA2 = 0.999, EPS = 1e-8;

pv_status pv_search_init(pv_search *s, pv_matching *m)
{
    *s = (pv_search){.matching = m, .loss = INFINITY};
    s->best = pv_calloc(m->variables, sizeof(double));
    s->slope = pv_calloc(m->variables, sizeof(double));
    s->moment = pv_calloc(m->variables, 2 * sizeof(double));
    if (s->best != NULL && s->slope != NULL && s->moment != NULL) return PV_OK;
    pv_search_clear(s);
    PV_FAIL(PV_ERR_MEMORY, "out of memory for a search over %zu variables", m->variables);
}

void pv_search_clear(pv_search *s)
{
    pv_free(s->best);
    pv_free(s->slope);
    pv_free(s->moment);
    *s = (pv_search){0};
}

/* The objective, its best point kept, within the budget. A budget that is used up ends the search
 * through a failing status that pv_search_run takes back. */
static pv_status evaluate(void *user, const double *v, double *value, double *slope)
{
    pv_search *s = user;
    const pv_search_options *o = &s->options;
    PV_TRY(pv_ctx_check(s->ctx));
    if ((o->evaluations > 0 && s->evaluations >= o->evaluations) ||
        (o->deadline > 0 && pv_clock_seconds() >= o->deadline)) {
        s->exhausted = 1;
        return PV_ERR_TIMEOUT;
    }
    s->evaluations++;
    PV_TRY(pv_matching_evaluate(s->matching, v, value, slope));
    if (*value < s->loss) {
        s->loss = *value;
        memcpy(s->best, v, s->matching->variables * sizeof(double));
    }
    return PV_OK;
}

static pv_status evaluate_larger(void *user, const double *v, double *value, double *slope)
{
    pv_search *s = user;
    PV_TRY(evaluate(s, v, value, slope));
    *value *= GAIN;
    for (size_t i = 0; i < s->matching->variables; i++) slope[i] *= GAIN;
    return PV_OK;
}

static pv_status lbfgs(pv_search *s, double *v, const char *what)
{
    const pv_search_options *o = &s->options;
    size_t n = s->matching->variables;
    int failures = 0;
    pv_lbfgs *l = NULL;
    pv_status status = PV_OK;
    pv_lbfgs_options options = {.size = sizeof options,
                                .history = HISTORY,
                                .max_iter = ITERATIONS,
                                .lr = o->lr,
                                .strong_wolfe = o->wolfe};
    PV_TRY(pv_lbfgs_new(&l, n, &options));
    for (int64_t step = 0; step < o->steps && s->loss > o->stop; step++) {
        double value;
        pv_ctx_progress(s->ctx, what, (uint64_t)step, (uint64_t)o->steps);
        status = pv_lbfgs_step(l, v, evaluate_larger, s, &value, NULL);
        if (status == PV_ERR_NUMERIC && failures++ < NUMERIC_FAILURES && isfinite(s->loss)) {
            pv_trail_clear();
            memcpy(v, s->best, n * sizeof(double));
            status = PV_OK;
            continue;
        }
        if (status == PV_ERR_NUMERIC) { /* it gives up: a result, not a failure */
            pv_trail_clear();
            status = PV_OK;
            break;
        }
        if (status != PV_OK || pv_lbfgs_converged(l)) break;
    }
    pv_lbfgs_free(l);
    return status;
}

static double sign(double x)
{
    return (x > 0) - (x < 0);
}

static void adam_move(pv_search *s, double *v, int64_t step, double lr)
{
    size_t n = s->matching->variables, samples = s->matching->samples;
    double *first = s->moment, *second = s->moment + n;
    double c1 = 1 - pow(BETA1, (double)step + 1), c2 = 1 - pow(BETA2, (double)step + 1);
    for (size_t i = 0; i < n; i++) {
        double slope = i < samples ? sign(s->slope[i]) : s->slope[i];
        first[i] = BETA1 * first[i] + (1 - BETA1) * slope;
        second[i] = BETA2 * second[i] + (1 - BETA2) * slope * slope;
        v[i] -= lr * (first[i] / c1) / (sqrt(second[i] / c2) + EPS);
    }
    if (s->options.low == NULL) return;
    for (size_t i = 0; i < samples; i++)
        v[i] = fmin(fmax(v[i], s->options.low[i]), s->options.high[i]);
}

static pv_status adam(pv_search *s, double *v, const char *what)
{
    const pv_search_options *o = &s->options;
    memset(s->moment, 0, 2 * s->matching->variables * sizeof(double));
    for (int64_t step = 0; step < o->steps && s->loss > o->stop; step++) {
        double value, lr = o->lr;
        for (int64_t eighth = 3; eighth <= 7; eighth += 2)
            if (8 * step >= eighth * o->steps) lr *= 0.1;
        if (step % PROGRESS_EVERY == 0)
            pv_ctx_progress(s->ctx, what, (uint64_t)step, (uint64_t)o->steps);
        PV_TRY(evaluate(s, v, &value, s->slope));
        if (!isfinite(value)) return PV_OK;
        adam_move(s, v, step, lr);
    }
    return PV_OK;
}

pv_status pv_search_run(pv_search *s, double *v, const pv_search_options *options, const char *what,
                        const pv_ctx *ctx)
{
    s->options = *options;
    s->ctx = ctx;
    s->loss = INFINITY;
    s->evaluations = 0;
    s->exhausted = s->finished = 0;
    memcpy(s->best, v, s->matching->variables * sizeof(double));
    pv_status status = options->adam ? adam(s, v, what) : lbfgs(s, v, what);
    s->ctx = NULL;
    if (s->exhausted) return PV_OK;
    s->finished = status == PV_OK;
    return status;
}
