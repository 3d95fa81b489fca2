#include "attack/inversion/descent.h"

#include "base/clock.h"
#include "base/ctx.h"
#include "base/mem.h"
#include "nn/model_i.h"
#include "privet/metric.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ITERATIONS = 20, HISTORY = 20, PROGRESS_EVERY = 20 };
static const double BETA1 = 0.9, BETA2 = 0.999, EPS = 1e-8;
/* L-BFGS sees the objective this much larger: its tolerances are absolute. */
static const double GAIN = 1e4;

/* ---- the objective as a graph */

static pv_shape with_batch(int64_t batch, pv_shape s)
{
    for (int i = s.ndim++; i > 0; i--) s.dim[i] = s.dim[i - 1];
    s.dim[0] = batch;
    return s;
}

/* The mean over everything but the batch of |differences| along axis; PV_NONE without any. */
static pv_node roughness(pv_graph *g, pv_node x, int axis)
{
    int64_t n = pv_node_shape(g, x)->dim[axis];
    if (n < 2) return PV_NONE;
    pv_node step = pv_sub(g, pv_slice_axis(g, x, axis, 1, n), pv_slice_axis(g, x, axis, 0, n - 1));
    return pv_mean(g, pv_flatten(g, pv_abs(g, step)), 1u << 1, 0);
}

static pv_node variation(pv_graph *g, pv_node x, int64_t batch)
{
    pv_node sum = pv_const(g, 0, PV_SHAPE(batch));
    if (pv_node_shape(g, x) == NULL || pv_node_shape(g, x)->ndim != 4) return sum;
    for (int axis = 1; axis <= 2; axis++) {
        pv_node part = roughness(g, x, axis);
        if (part != PV_NONE) sum = pv_add(g, sum, part);
    }
    return sum;
}

/* A node "secret", which the model takes for its own: one number a channel, repeated. */
static pv_status free_secret(pv_descent *d)
{
    pv_graph *g = d->graph;
    pv_shape whole = with_batch(d->batch, d->plan->input), one = whole;
    whole.dim[whole.ndim - 1] = one.dim[one.ndim - 1] = d->channels;
    for (int i = 1; i < one.ndim - 1; i++) one.dim[i] = 1;
    int flat = pv_shape_count(&one) == pv_shape_count(&whole);
    d->s = pv_input(g, flat ? "secret" : "planes", one);
    if (!flat) pv_node_set_name(g, pv_broadcast(g, d->s, whole), "secret");
    return pv_graph_check(g);
}

static pv_status append_optimiser(pv_descent *d, pv_node value)
{
    size_t n = (size_t)d->nodes.params;
    pv_status status = PV_OK;
    int weights = 0;
    pv_node *node = pv_calloc(2 * n + 1, sizeof *node), *slope = node + n;
    if (node == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for %zu parameters", n);
    for (int i = 0; i < d->nodes.params; i++)
        if (!pv_model_param_is_state(d->model, i)) node[weights++] = d->nodes.param[i];
    pv_optim_options o = {.size = sizeof o, .kind = PV_ADAM};
    PV_TRY_GOTO(pv_grad(d->graph, &value, NULL, 1, node, weights, slope));
    PV_TRY_GOTO(pv_optim_append(&d->optim, d->graph, node, slope, weights, &o));
done:
    pv_free(node);
    return status;
}

static pv_status build(pv_descent *d)
{
    pv_graph *g = d->graph;
    pv_shape one = PV_SHAPE(d->batch);
    d->x = pv_input(g, "sample", with_batch(d->batch, d->model->domain.sample));
    if (d->free) PV_TRY(free_secret(d));
    PV_TRY(pv_model_build(d->model, g, d->batch, 0, d->x, &d->nodes));
    if ((d->nodes.secret != PV_NONE) != (d->plan != NULL))
        PV_FAIL(PV_ERR_MISMATCH,
                d->plan == NULL
                    ? "%s takes a secret beside the sample, and nobody said which kind it is"
                    : "%s takes no secret beside the sample, and one was to be given to it",
                pv_model_name(d->model));
    if (d->plan != NULL && !d->free) d->s = d->nodes.secret;
    pv_shape shape = *pv_node_shape(g, d->nodes.logits);
    d->width = pv_shape_count(&shape) / d->batch;
    d->z = pv_input(g, "given", shape);
    d->scale = pv_input(g, "one over square", one);
    pv_node off = pv_flatten(g, pv_sub(g, d->nodes.logits, d->z));
    d->residual = pv_mul(g, pv_sum(g, pv_square(g, off), 1u << 1, 0), d->scale);
    d->variation = variation(g, d->x, d->batch);
    pv_node each = pv_add(g, d->residual, pv_scale(g, d->variation, d->tv));
    if (d->pull > 0) {
        d->prior = pv_input(g, "first guess", *pv_node_shape(g, d->x));
        pv_node far = pv_flatten(g, pv_square(g, pv_sub(g, d->x, d->prior)));
        each = pv_add(g, each, pv_scale(g, pv_mean(g, far, 1u << 1, 0), d->pull));
    }
    pv_node value = pv_sum(g, each, 0, 0);
    PV_TRY(pv_grad(g, &value, NULL, 1, (pv_node[]){d->x, d->s}, 1 + d->free, d->slope));
    if (d->shadow) PV_TRY(append_optimiser(d, value));
    return pv_graph_check(g);
}

/* The least and the greatest number that a variable may be. */
static void fill_box(pv_descent *d)
{
    const pv_norm *norm = &d->model->norm;
    size_t samples = (size_t)(d->batch * d->sample);
    for (size_t i = 0; i < d->variables; i++) {
        int image = d->model->domain.kind == PV_DATA_IMAGE;
        d->low[i] = image ? 0 : -HUGE_VALF;
        d->high[i] = image ? 1 : HUGE_VALF;
        if (i >= samples) {
            d->low[i] = (float)-d->plan->alpha;
            d->high[i] = (float)d->plan->alpha;
        } else if (norm->n > 0) {
            size_t c = i % (size_t)norm->n;
            d->low[i] = (d->low[i] - norm->mean[c]) * norm->inverse_std[c];
            d->high[i] = (d->high[i] - norm->mean[c]) * norm->inverse_std[c];
        }
    }
}

pv_status pv_descent_init(pv_descent *d, const pv_model *model, const pv_secret_plan *plan,
                          const pv_descent_options *o, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    *d = (pv_descent){.model = model,
                      .plan = plan,
                      .batch = o->batch,
                      .sample = pv_shape_count(&model->domain.sample),
                      .channels = plan != NULL ? pv_secret_channels(plan) : 0,
                      .free = o->free && plan != NULL,
                      .shadow = o->shadow,
                      .s = PV_NONE,
                      .tv = o->tv,
                      .pull = o->pull};
    if (model->domain.kind == PV_DATA_TEXT)
        PV_FAIL(PV_ERR_UNSUPPORTED,
                "%s reads tokens; slopes to its input, which this attack follows, are for images "
                "and tables",
                pv_model_name(model));
    d->variables = (size_t)(d->batch * (d->sample + (d->free ? d->channels : 0)));
    PV_TRY_GOTO(pv_graph_new(&d->graph));
    PV_TRY_GOTO(build(d));
    pv_plan_options options = {.size = sizeof options, .threads = pv_ctx_threads(ctx), .seed = 1};
    pv_node out[4] = {d->residual, d->variation, d->slope[0], d->slope[1]};
    PV_TRY_GOTO(pv_compile(&d->run, d->graph, out, 3 + d->free, &options));
    PV_TRY_GOTO(pv_model_to_plan(model, &d->nodes, d->run));
    d->v = pv_calloc(d->variables, 6 * sizeof *d->v);
    d->residual_at = pv_calloc((size_t)d->batch, 3 * sizeof *d->residual_at);
    if (d->pull > 0) d->first = pv_calloc((size_t)d->batch, (size_t)d->sample * sizeof *d->first);
    if (d->v == NULL || d->residual_at == NULL || (d->pull > 0 && d->first == NULL))
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a search over %zu variables", d->variables);
    d->slope_at = d->v + d->variables;
    d->moment = d->slope_at + d->variables;
    d->low = d->moment + 2 * d->variables;
    d->high = d->low + d->variables;
    d->variation_at = d->residual_at + d->batch;
    d->scale_at = d->variation_at + d->batch;
    fill_box(d);
done:
    if (status != PV_OK) pv_descent_clear(d);
    return status;
}

void pv_descent_clear(pv_descent *d)
{
    pv_plan_free(d->run);
    pv_optim_clear(&d->optim);
    pv_model_nodes_clear(&d->nodes);
    pv_graph_free(d->graph);
    pv_free(d->v);
    pv_free(d->first);
    pv_free(d->residual_at);
    *d = (pv_descent){0};
}

/* ---- what it is about */

pv_status pv_descent_set(pv_descent *d, const float *z, int64_t n)
{
    pv_status status = PV_OK;
    float *all = pv_alloc((size_t)d->batch, (size_t)d->width * sizeof *all);
    if (all == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for %lld activations", (long long)n);
    for (int64_t i = 0; i < d->batch; i++) {
        const float *from = z + (i < n ? i : 0) * d->width;
        double square = 0;
        memcpy(all + i * d->width, from, (size_t)d->width * sizeof *all);
        for (int64_t k = 0; k < d->width; k++) square += (double)from[k] * from[k];
        d->scale_at[i] = square > 1e-12 ? (float)(1 / square) : 1;
    }
    PV_TRY_GOTO(pv_plan_write(d->run, d->z, all, PV_F32));
    PV_TRY_GOTO(pv_plan_write(d->run, d->scale, d->scale_at, PV_F32));
done:
    pv_free(all);
    return status;
}

pv_status pv_descent_secrets(pv_descent *d, const pv_secret_value *secret, int64_t n)
{
    int64_t each = pv_secret_numbers(d->plan);
    pv_status status = PV_OK;
    float *all = pv_alloc((size_t)d->batch, (size_t)each * sizeof *all);
    if (all == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for %lld secrets", (long long)n);
    for (int64_t i = 0; i < d->batch; i++)
        pv_secret_fill_open(all + i * each, d->plan, &secret[i < n ? i : 0]);
    PV_TRY_GOTO(pv_plan_write(d->run, d->s, all, PV_F32));
done:
    pv_free(all);
    return status;
}

static float boxed(const pv_descent *d, size_t i, float v)
{
    return v < d->low[i] ? d->low[i] : v > d->high[i] ? d->high[i] : v;
}

void pv_descent_start_grey(pv_descent *d)
{
    for (size_t i = 0; i < d->variables; i++) {
        float middle = (d->low[i] + d->high[i]) / 2;
        d->v[i] = isfinite(middle) ? middle : 0;
    }
    memset(d->moment, 0, 2 * d->variables * sizeof *d->moment);
}

pv_status pv_descent_start_at(pv_descent *d, const float *x0, int64_t n)
{
    size_t samples = (size_t)(d->batch * d->sample);
    for (size_t i = 0; i < d->variables; i++) {
        size_t row = i / (size_t)d->sample, from = row < (size_t)n ? i : i % (size_t)d->sample;
        d->v[i] = i < samples ? boxed(d, i, x0[from]) : 0;
    }
    memset(d->moment, 0, 2 * d->variables * sizeof *d->moment);
    if (d->first == NULL) return PV_OK;
    memcpy(d->first, d->v, samples * sizeof *d->first);
    return pv_plan_write(d->run, d->prior, d->first, PV_F32);
}

void pv_descent_start(pv_descent *d, double spread, pv_rng *r)
{
    size_t samples = (size_t)(d->batch * d->sample);
    for (size_t i = 0; i < d->variables; i++) {
        double v = spread > 0 && i < samples ? spread * pv_rng_normal(r) : 0;
        d->v[i] = boxed(d, i, (float)v);
    }
    memset(d->moment, 0, 2 * d->variables * sizeof *d->moment);
}

pv_status pv_descent_evaluate(pv_descent *d, int64_t step, double weights_lr)
{
    size_t samples = (size_t)(d->batch * d->sample);
    PV_TRY(pv_plan_write(d->run, d->x, d->v, PV_F32));
    if (d->free) PV_TRY(pv_plan_write(d->run, d->s, d->v + samples, PV_F32));
    if (d->shadow) PV_TRY(pv_optim_set(&d->optim, d->run, step, weights_lr));
    PV_TRY(pv_run(d->run));
    PV_TRY(pv_plan_read(d->run, d->residual, d->residual_at, PV_F32));
    PV_TRY(pv_plan_read(d->run, d->variation, d->variation_at, PV_F32));
    PV_TRY(pv_plan_read(d->run, d->slope[0], d->slope_at, PV_F32));
    if (d->free) PV_TRY(pv_plan_read(d->run, d->slope[1], d->slope_at + samples, PV_F32));
    d->evaluations++;
    return PV_OK;
}

double pv_descent_value(const pv_descent *d, int64_t i)
{
    double value = d->residual_at[i] + d->tv * d->variation_at[i];
    if (d->first != NULL)
        value += d->pull *
                 pv_mean_squared_error(d->v + i * d->sample, d->first + i * d->sample, d->sample);
    return isfinite(value) ? value : INFINITY;
}

/* ---- searching */

void pv_descent_move(pv_descent *d, int64_t step, double lr)
{
    float *first = d->moment, *second = d->moment + d->variables;
    double c1 = 1 - pow(BETA1, (double)step + 1), c2 = 1 - pow(BETA2, (double)step + 1);
    for (size_t i = 0; i < d->variables; i++) {
        double slope = isfinite(d->slope_at[i]) ? d->slope_at[i] : 0;
        first[i] = (float)(BETA1 * first[i] + (1 - BETA1) * slope);
        second[i] = (float)(BETA2 * second[i] + (1 - BETA2) * slope * slope);
        double by = lr * (first[i] / c1) / (sqrt(second[i] / c2) + EPS);
        d->v[i] = boxed(d, i, (float)(d->v[i] - by));
    }
}

static pv_status adam(pv_descent *d, const pv_descent_search *s, int *exhausted, const char *what,
                      const pv_ctx *ctx)
{
    const double pi = 3.14159265358979323846;
    for (int64_t step = 0; step < s->steps; step++) {
        PV_TRY(pv_ctx_check(ctx));
        if (s->deadline > 0 && pv_clock_seconds() >= s->deadline) {
            *exhausted = 1;
            break;
        }
        if (step % PROGRESS_EVERY == 0)
            pv_ctx_progress(ctx, what, (uint64_t)step, (uint64_t)s->steps);
        PV_TRY(pv_descent_evaluate(d, step, 0));
        pv_descent_move(d, step, s->lr * (1 + cos(pi * (double)step / (double)s->steps)) / 2);
    }
    return PV_OK;
}

typedef struct follow {
    pv_descent *d;
    const pv_descent_search *s;
    const pv_ctx *ctx;
    int exhausted;
} follow;

static pv_status evaluate(void *user, const double *x, double *value, double *slope)
{
    follow *f = user;
    pv_descent *d = f->d;
    PV_TRY(pv_ctx_check(f->ctx));
    if (f->s->deadline > 0 && pv_clock_seconds() >= f->s->deadline) {
        f->exhausted = 1;
        return PV_ERR_TIMEOUT;
    }
    for (size_t i = 0; i < d->variables; i++) d->v[i] = (float)x[i];
    PV_TRY(pv_descent_evaluate(d, 0, 0));
    *value = 0;
    for (int64_t i = 0; i < d->batch; i++) *value += GAIN * pv_descent_value(d, i);
    for (size_t i = 0; i < d->variables; i++) slope[i] = GAIN * d->slope_at[i];
    return PV_OK;
}

static pv_status lbfgs(pv_descent *d, const pv_descent_search *s, int *exhausted, const char *what,
                       const pv_ctx *ctx)
{
    follow f = {.d = d, .s = s, .ctx = ctx};
    pv_lbfgs *l = NULL;
    pv_status status = PV_OK;
    pv_lbfgs_options o = {
        .size = sizeof o, .history = HISTORY, .max_iter = ITERATIONS, .strong_wolfe = 1};
    double *x = pv_alloc(d->variables, sizeof *x);
    if (x == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for %zu variables", d->variables);
    for (size_t i = 0; i < d->variables; i++) x[i] = d->v[i];
    PV_TRY_GOTO(pv_lbfgs_new(&l, d->variables, &o));
    for (int64_t step = 0; step < s->steps && status == PV_OK && !pv_lbfgs_converged(l);
         step += ITERATIONS) {
        double value;
        pv_ctx_progress(ctx, what, (uint64_t)step, (uint64_t)s->steps);
        status = pv_lbfgs_step(l, x, evaluate, &f, &value, NULL);
    }
    if (status != PV_OK && (f.exhausted || status == PV_ERR_NUMERIC)) {
        pv_trail_clear(); /* where it got is a result */
        status = PV_OK;
        *exhausted |= f.exhausted;
    }
    for (size_t i = 0; i < d->variables; i++) d->v[i] = boxed(d, i, (float)x[i]);
done:
    pv_lbfgs_free(l);
    pv_free(x);
    return status;
}

pv_status pv_descent_run(pv_descent *d, const pv_descent_search *s, int *exhausted,
                         const char *what, const pv_ctx *ctx)
{
    PV_TRY((s->lbfgs ? lbfgs : adam)(d, s, exhausted, what, ctx));
    return pv_descent_evaluate(d, 0, 0);
}
