#include "attack/inversion/unsplit.h"

#include "attack/inversion/descent.h"
#include "attack/inversion/scores.h"
#include "base/clock.h"
#include "base/ctx.h"
#include "base/mem.h"
#include "nn/model_i.h"
#include <math.h>
#include <string.h>

void pv_unsplit_defaults(pv_unsplit_options *o)
{
    *o = (pv_unsplit_options){.tv = 0.05,
                              .rounds = 60,
                              .sample_steps = 20,
                              .weight_steps = 20,
                              .sample_lr = 0.05,
                              .weight_lr = 0.005,
                              .restarts = 8,
                              .batch = 32,
                              .seed = 1};
}

/* A network like it with weights of its own. */
static pv_status fresh(pv_model **out, const pv_model *front, uint64_t seed)
{
    pv_rng stream = pv_rng_make(seed, PV_STREAM_WEIGHTS);
    PV_TRY(pv_model_copy(out, front));
    for (size_t i = 0; i < (*out)->params; i++) {
        pv_model_parameter *p = &(*out)->param[i];
        pv_rng rng = pv_rng_fork(&stream, i);
        int drawn = p->role == PV_ROLE_WEIGHT || p->role == PV_ROLE_BIAS;
        double bound = drawn ? 1 / sqrt(fmax(p->fan_in, 1)) : 0;
        float fixed = p->role == PV_ROLE_ONES || p->role == PV_ROLE_STATE_ONES, *v = p->value.data;
        for (int64_t k = 0; k < pv_tensor_count(&p->value); k++)
            v[k] = drawn ? (float)(bound * (2 * pv_rng_uniform(&rng) - 1)) : fixed;
    }
    return PV_OK;
}

static pv_status alternate(pv_descent *d, const pv_unsplit_options *o, double deadline,
                           int *exhausted, const pv_ctx *ctx)
{
    int64_t samples = 0, weights = 0;
    for (int64_t round = 0; round < o->rounds && !*exhausted; round++) {
        pv_ctx_progress(ctx, "unsplit", (uint64_t)round, (uint64_t)o->rounds);
        for (int64_t k = 0; k < o->sample_steps + o->weight_steps; k++) {
            int moves = k < o->sample_steps;
            PV_TRY(pv_ctx_check(ctx));
            if (deadline > 0 && pv_clock_seconds() >= deadline) {
                *exhausted = 1;
                break;
            }
            PV_TRY(pv_descent_evaluate(d, weights, moves ? 0 : o->weight_lr));
            if (moves)
                pv_descent_move(d, samples++, o->sample_lr);
            else
                weights++;
        }
    }
    return pv_descent_evaluate(d, weights, 0);
}

/* Brightness and contrast of a channel are the front's to undo, and the variation makes them small;
 * but images are known to go from black to white, one or another of the rows that share a network.
 */
static void stretch(pv_descent *d, int64_t n)
{
    pv_shape s = pv_model_what(d->model).sample;
    int64_t channels = s.dim[s.ndim - 1];
    if (d->model->domain.kind != PV_DATA_IMAGE) return;
    for (int64_t c = 0; c < channels; c++) {
        float low = HUGE_VALF, high = -HUGE_VALF;
        for (int64_t k = c; k < n * d->sample; k += channels) {
            low = fminf(low, d->v[k]);
            high = fmaxf(high, d->v[k]);
        }
        float gain = (d->high[c] - d->low[c]) / (high - low);
        if (!(high > low) || !isfinite(gain)) continue;
        for (int64_t k = c; k < n * d->sample; k += channels)
            d->v[k] = d->low[c] + gain * (d->v[k] - low);
    }
}

static pv_status take(pv_likelihood_result *out, const pv_descent *d, int64_t first, int64_t n)
{
    double *x = pv_alloc((size_t)d->sample, sizeof *x);
    if (x == NULL) PV_FAIL_MEMORY((size_t)d->sample * sizeof *x);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t k = 0; k < d->sample; k++) x[k] = d->v[i * d->sample + k];
        pv_sample_restore(out->x + (first + i) * d->sample, x, d->model);
        out->residual[first + i] = d->residual_at[i];
    }
    pv_free(x);
    return PV_OK;
}

typedef struct search {
    pv_likelihood_result *out;
    const pv_model *front;
    const pv_secret_plan *plan;
    const float *z;
    const pv_unsplit_options *o;
    double deadline, best; /* best: of the rows at hand, over the starts */
    const pv_ctx *ctx;
} search;

/* One network from one start, for rows first .. first + n; kept when it fits them best. */
static pv_status attempt(search *s, int64_t first, int64_t n, int start)
{
    const pv_unsplit_options *o = s->o;
    pv_status status = PV_OK;
    pv_model *shadow = NULL;
    pv_descent d = {0};
    pv_descent_options how = {.batch = n, .tv = o->tv, .shadow = 1, .free = s->plan != NULL};
    int exhausted = 0;
    double value = 0;
    PV_TRY(fresh(&shadow, s->front, o->seed + (uint64_t)(first * o->restarts + start)));
    PV_TRY_GOTO(pv_descent_init(&d, shadow, s->plan, &how, s->ctx));
    PV_TRY_GOTO(pv_descent_set(&d, s->z + first * d.width, n));
    pv_descent_start_grey(&d);
    PV_TRY_GOTO(alternate(&d, o, s->deadline, &exhausted, s->ctx));
    for (int64_t i = 0; i < n; i++) value += pv_descent_value(&d, i);
    if (start == 0 || value < s->best) {
        s->best = value;
        stretch(&d, n);
        PV_TRY_GOTO(take(s->out, &d, first, n));
    }
    s->out->evaluations += d.evaluations;
    if (exhausted) s->out->finished = 0;
done:
    pv_descent_clear(&d);
    pv_model_free(shadow);
    return status;
}

pv_status pv_unsplit_invert(pv_likelihood_result *out, const pv_model *front,
                            const pv_secret_plan *plan, const float *z, int64_t n,
                            const pv_unsplit_options *o, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    pv_model_domain domain = pv_model_what(front);
    search s = {.out = out,
                .front = front,
                .plan = plan,
                .z = z,
                .o = o,
                .deadline = o->seconds > 0 ? pv_clock_seconds() + o->seconds : 0,
                .ctx = ctx};
    PV_TRY(pv_likelihood_result_init(out, n, pv_shape_count(&domain.sample)));
    for (int64_t first = 0; first < n; first += o->batch) {
        int64_t some = n - first < o->batch ? n - first : o->batch;
        for (int start = 0; start < o->restarts && status == PV_OK; start++)
            status = attempt(&s, first, some, start);
    }
    if (status != PV_OK) pv_likelihood_result_clear(out);
    return status;
}
