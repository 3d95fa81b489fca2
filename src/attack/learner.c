#include "attack/learner.h"

#include "base/clock.h"
#include "base/ctx.h"
#include "base/mem.h"
#include "privet/rng.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PROGRESS_EVERY = 50, LOOKS = 25 };

pv_status pv_learner_init(pv_learner *l, pv_shape input, uint64_t seed)
{
    pv_status status = PV_OK;
    *l = (pv_learner){
        .batch = input.dim[0], .width = pv_shape_count(&input) / input.dim[0], .seed = seed};
    PV_TRY_GOTO(pv_graph_new(&l->graph));
    l->x = pv_input(l->graph, "x", input);
    PV_TRY_GOTO(pv_graph_check(l->graph));
done:
    if (status != PV_OK) pv_learner_clear(l);
    return status;
}

void pv_learner_clear(pv_learner *l)
{
    pv_plan_free(l->train);
    pv_plan_free(l->apply);
    pv_optim_clear(&l->optim);
    pv_graph_free(l->graph);
    pv_free(l->rows);
    *l = (pv_learner){0};
}

/* ---- layers */

/* A parameter; PV_NONE when there are too many, which pv_learner_ready finds. */
static pv_node parameter(pv_learner *l, pv_shape shape, int64_t fan_in)
{
    char name[16];
    if (l->params == PV_LEARNER_PARAMS) return PV_NONE;
    snprintf(name, sizeof name, "w%d", l->params);
    l->fan_in[l->params] = fan_in;
    return l->param[l->params++] = pv_param(l->graph, name, shape);
}

pv_node pv_learner_dense(pv_learner *l, pv_node x, int64_t out)
{
    const pv_shape *s = pv_node_shape(l->graph, x);
    if (s == NULL) return PV_NONE;
    int64_t in = s->dim[s->ndim - 1];
    pv_node w = parameter(l, PV_SHAPE(out, in), in), b = parameter(l, PV_SHAPE(out), 0);
    return pv_dense(l->graph, x, w, b);
}

pv_node pv_learner_conv(pv_learner *l, pv_node x, int64_t channels, int kernel)
{
    const pv_shape *s = pv_node_shape(l->graph, x);
    if (s == NULL) return PV_NONE;
    int64_t in = s->dim[s->ndim - 1];
    pv_node w = parameter(l, PV_SHAPE(channels, kernel, kernel, in), in * kernel * kernel),
            b = parameter(l, PV_SHAPE(channels), 0);
    return pv_conv2d(l->graph, x, w, b, (pv_conv_options){.pad = {kernel / 2, kernel / 2}});
}

/* ---- made ready */

static pv_status draw(pv_learner *l)
{
    pv_rng stream = pv_rng_make(l->seed, PV_STREAM_WEIGHTS);
    for (int i = 0; i < l->params; i++) {
        int64_t n = pv_shape_count(pv_node_shape(l->graph, l->param[i]));
        float *v = pv_calloc((size_t)n, sizeof *v);
        if (v == NULL) PV_FAIL_MEMORY((size_t)n * sizeof *v);
        pv_rng rng = pv_rng_fork(&stream, (uint64_t)i);
        double bound = l->fan_in[i] > 0 ? sqrt(6.0 / (double)l->fan_in[i]) : 0;
        for (int64_t k = 0; bound > 0 && k < n; k++)
            v[k] = (float)(bound * (2 * pv_rng_uniform(&rng) - 1));
        pv_status status = pv_plan_write(l->train, l->param[i], v, PV_F32);
        pv_free(v);
        PV_TRY(status);
    }
    return PV_OK;
}

/* The plan that applies takes what the one that trains has come to. */
static pv_status carry_over(pv_learner *l)
{
    for (int i = 0; i < l->params; i++) {
        int64_t n = pv_shape_count(pv_node_shape(l->graph, l->param[i]));
        float *v = pv_alloc((size_t)n, sizeof *v);
        if (v == NULL) PV_FAIL_MEMORY((size_t)n * sizeof *v);
        pv_status status = pv_plan_read(l->train, l->param[i], v, PV_F32);
        if (status == PV_OK) status = pv_plan_write(l->apply, l->param[i], v, PV_F32);
        pv_free(v);
        PV_TRY(status);
    }
    return PV_OK;
}

pv_status pv_learner_ready(pv_learner *l, pv_node out, pv_learner_loss loss, const pv_ctx *ctx)
{
    pv_graph *g = l->graph;
    pv_node slope[PV_LEARNER_PARAMS];
    pv_plan_options options = {.size = sizeof options, .threads = pv_ctx_threads(ctx), .seed = 1};
    pv_optim_options adam = {.size = sizeof adam, .kind = PV_ADAM};
    l->kind = loss;
    PV_TRY(pv_graph_check(g));
    if (out == PV_NONE)
        PV_FAIL(PV_ERR_LIMIT, "a network of more than %d parameters", PV_LEARNER_PARAMS);
    l->out = pv_affine(g, out, 1, 0);
    pv_shape shape = *pv_node_shape(g, l->out);
    l->outputs = pv_shape_count(&shape) / l->batch;
    PV_TRY(pv_compile(&l->apply, g, &l->out, 1, &options)); /* before anything is assigned */
    l->target = pv_input(g, "target", shape);
    l->loss = loss == PV_LEARNER_SQUARE ? pv_mse(g, l->out, l->target)
                                        : pv_cross_entropy(g, l->out, l->target);
    PV_TRY(pv_grad(g, &l->loss, NULL, 1, l->param, l->params, slope));
    PV_TRY(pv_optim_append(&l->optim, g, l->param, slope, l->params, &adam));
    PV_TRY(pv_compile(&l->train, g, &l->loss, 1, &options));
    l->rows = pv_alloc((size_t)l->batch, (size_t)(l->width + l->outputs) * sizeof *l->rows);
    if (l->rows == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for a batch of %lld rows", (long long)l->batch);
    PV_TRY(draw(l));
    return carry_over(l);
}

/* ---- learning */

typedef struct shuffle {
    uint32_t *order;
    int64_t n, at;
    uint64_t epoch;
    pv_rng stream;
} shuffle;

static int64_t next_row(shuffle *s)
{
    if (s->at == s->n) {
        pv_rng rng = pv_rng_fork(&s->stream, s->epoch++);
        pv_rng_shuffle(&rng, s->order, (size_t)s->n);
        s->at = 0;
    }
    return s->order[s->at++];
}

static pv_status step(pv_learner *l, shuffle *s, const float *x, const float *target, double lr,
                      double *loss)
{
    float *in = l->rows, *want = l->rows + l->batch * l->width;
    for (int64_t i = 0; i < l->batch; i++) {
        int64_t row = next_row(s);
        memcpy(in + i * l->width, x + row * l->width, (size_t)l->width * sizeof *in);
        memcpy(want + i * l->outputs, target + row * l->outputs, (size_t)l->outputs * sizeof *want);
    }
    PV_TRY(pv_plan_write(l->train, l->x, in, PV_F32));
    PV_TRY(pv_plan_write(l->train, l->target, want, PV_F32));
    PV_TRY(pv_optim_set(&l->optim, l->train, l->steps++, lr));
    PV_TRY(pv_run(l->train));
    return pv_plan_read(l->train, l->loss, loss, PV_F64);
}

pv_status pv_learner_apply(pv_learner *l, float *out, const float *x, int64_t n)
{
    float *in = l->rows, *got = l->rows + l->batch * l->width;
    for (int64_t first = 0; first < n; first += l->batch) {
        int64_t some = n - first < l->batch ? n - first : l->batch;
        for (int64_t i = 0; i < l->batch; i++)
            memcpy(in + i * l->width, x + (first + (i < some ? i : 0)) * l->width,
                   (size_t)l->width * sizeof *in);
        PV_TRY(pv_plan_write(l->apply, l->x, in, PV_F32));
        PV_TRY(pv_run(l->apply));
        PV_TRY(pv_plan_read(l->apply, l->out, got, PV_F32));
        memcpy(out + first * l->outputs, got, (size_t)(some * l->outputs) * sizeof *got);
    }
    return PV_OK;
}

static double loss_of(const pv_learner *l, const float *out, const float *target)
{
    double sum = 0, most = -HUGE_VAL, all = 0;
    for (int64_t k = 0; k < l->outputs; k++) {
        if (l->kind == PV_LEARNER_SQUARE)
            sum += ((double)out[k] - target[k]) * ((double)out[k] - target[k]);
        most = fmax(most, out[k]);
    }
    if (l->kind == PV_LEARNER_SQUARE) return sum / (double)l->outputs;
    for (int64_t k = 0; k < l->outputs; k++) all += exp(out[k] - most);
    for (int64_t k = 0; k < l->outputs; k++) sum -= target[k] * (out[k] - most - log(all));
    return sum;
}

/* The loss on rows x [n]; the weights that are applied are the trained ones afterwards. */
static pv_status look(double *loss, pv_learner *l, const float *x, const float *target, int64_t n)
{
    pv_status status = PV_OK;
    float *out = pv_alloc((size_t)n, (size_t)l->outputs * sizeof *out);
    if (out == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for %lld rows", (long long)n);
    PV_TRY_GOTO(carry_over(l));
    PV_TRY_GOTO(pv_learner_apply(l, out, x, n));
    *loss = 0;
    for (int64_t i = 0; i < n; i++)
        *loss += loss_of(l, out + i * l->outputs, target + i * l->outputs) / (double)n;
done:
    pv_free(out);
    return status;
}

/* ---- the best weights so far */
typedef struct kept {
    float *weights; /* of all parameters, one after the other; NULL before any */
    int64_t n;
    double loss;
} kept;

static pv_status keep(kept *k, pv_learner *l, double loss)
{
    int64_t at = 0;
    if (k->weights != NULL && !(loss < k->loss)) return PV_OK;
    if (k->weights == NULL) {
        for (int i = 0; i < l->params; i++)
            k->n += pv_shape_count(pv_node_shape(l->graph, l->param[i]));
        k->weights = pv_alloc((size_t)k->n, sizeof *k->weights);
        if (k->weights == NULL) PV_FAIL_MEMORY((size_t)k->n * sizeof *k->weights);
    }
    for (int i = 0; i < l->params; i++) {
        PV_TRY(pv_plan_read(l->train, l->param[i], k->weights + at, PV_F32));
        at += pv_shape_count(pv_node_shape(l->graph, l->param[i]));
    }
    k->loss = loss;
    return PV_OK;
}

static pv_status use_kept(const kept *k, pv_learner *l)
{
    int64_t at = 0;
    if (k->weights == NULL) return carry_over(l);
    for (int i = 0; i < l->params; i++) {
        PV_TRY(pv_plan_write(l->apply, l->param[i], k->weights + at, PV_F32));
        at += pv_shape_count(pv_node_shape(l->graph, l->param[i]));
    }
    return PV_OK;
}

pv_status pv_learner_fit(pv_learner *l, const float *x, const float *target, int64_t n,
                         const pv_learner_plan *how, double *last, int *exhausted, const char *what,
                         const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    pv_schedule schedule = {.kind = PV_SCHEDULE_COSINE, .lr = how->lr, .steps = how->steps};
    int64_t learn = n - how->held, every = (how->steps + LOOKS - 1) / LOOKS, counted = 0;
    shuffle s = {.n = learn, .at = learn, .stream = pv_rng_make(l->seed, PV_STREAM_SHUFFLE)};
    kept best = {0};
    double sum = 0, loss = NAN, now = NAN;
    if (learn < 1 || n > UINT32_MAX)
        PV_FAIL(PV_ERR_INPUT, "%s: %lld rows to learn from", what, (long long)learn);
    s.order = pv_alloc((size_t)learn, sizeof *s.order);
    if (s.order == NULL) PV_FAIL_MEMORY((size_t)learn * sizeof *s.order);
    for (int64_t i = 0; i < learn; i++) s.order[i] = (uint32_t)i;
    if (how->held > 0) { /* what was learned may be worse than nothing */
        PV_TRY_GOTO(look(&now, l, x + learn * l->width, target + learn * l->outputs, how->held));
        PV_TRY_GOTO(keep(&best, l, now));
    }
    for (int64_t k = 0; k < how->steps; k++) {
        PV_TRY_GOTO(pv_ctx_check(ctx));
        if (how->deadline > 0 && pv_clock_seconds() >= how->deadline) {
            *exhausted = 1;
            break;
        }
        if (k % PROGRESS_EVERY == 0) pv_ctx_progress(ctx, what, (uint64_t)k, (uint64_t)how->steps);
        PV_TRY_GOTO(step(l, &s, x, target, pv_schedule_lr(&schedule, k), &loss));
        if (!isfinite(loss))
            PV_FAIL_GOTO(PV_ERR_NUMERIC, "%s: the loss of step %lld is not finite", what,
                         (long long)k + 1);
        if (k >= how->steps - how->steps / 10) sum += loss, counted++;
        if (how->held > 0 && (k % every == every - 1 || k == how->steps - 1)) {
            PV_TRY_GOTO(
                look(&now, l, x + learn * l->width, target + learn * l->outputs, how->held));
            PV_TRY_GOTO(keep(&best, l, now));
        }
    }
    *last = best.weights != NULL ? best.loss : counted > 0 ? sum / (double)counted : loss;
    PV_TRY_GOTO(use_kept(&best, l));
done:
    pv_free(best.weights);
    pv_free(s.order);
    return status;
}
