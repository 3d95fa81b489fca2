/* The input of a dense first layer, read off its gradient.
 *
 * With a = W x + b, the mean loss over B samples has dL/dW_i = sum_n d_ni x_n and dL/db_i = sum_n
 * d_ni, where d_ni is the loss's derivative to unit i at sample n, over B. One sample: every row
 * with db_i != 0 gives x = dW_i / db_i, and all of them together x = sum_i db_i dW_i / sum_i
 * db_i^2, which rounds least. A batch: a unit that only one sample moves (a ReLU that is off for
 * the others) gives that sample exactly, and all units that only it moves give the same; units that
 * several move give mixtures, which hardly ever agree. So rows that agree are gathered, and the
 * largest groups are the guess; what is left of it are the single rows that fit best into the
 * samples' range. */
#include "attack/gradient/gradient.h"

#include "attack/gradient/records.h"
#include "base/clock.h"
#include "base/ctx.h"
#include "base/mem.h"
#include "nn/model_i.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const pv_attack_option options[] = {{NULL, NULL}};

/* Rows whose bias gradient is below this share of the largest are all rounding. */
static const double SMALLEST = 1e-5;
/* Rows agree whose difference is below this share of their size. */
static const double AGREE = 1e-3;

typedef struct first_layer {
    int weight, bias; /* parameters */
    int64_t units, inputs;
} first_layer;

/* A dense layer with a bias that nothing but changes of shape stands before. */
static pv_status find_first(first_layer *f, const pv_model *m)
{
    size_t i = 0;
    while (i < m->layers.count && (m->layers.layer[i].kind == PV_LAYER_INPUT ||
                                   m->layers.layer[i].kind == PV_LAYER_FLATTEN ||
                                   m->layers.layer[i].kind == PV_LAYER_RESHAPE))
        i++;
    const pv_layer *l = i < m->layers.count ? &m->layers.layer[i] : NULL;
    if (l == NULL || l->kind != PV_LAYER_DENSE || l->value[PV_DENSE_BIAS] == 0)
        PV_FAIL(
            PV_ERR_UNSUPPORTED,
            "%s begins with %s; what goes in can be read off the gradient of a dense first layer "
            "with a bias only",
            m->name,
            l == NULL                   ? "nothing"
            : l->kind == PV_LAYER_DENSE ? "a dense layer without a bias"
                                        : l->name);
    *f = (first_layer){.weight = 0, .bias = 1};
    const pv_shape *shape = &m->param[0].value.shape;
    f->units = shape->dim[0];
    f->inputs = shape->dim[1];
    if (f->inputs != pv_shape_count(&m->domain.sample))
        PV_FAIL(PV_ERR_UNSUPPORTED,
                "%s: its first layer takes %lld numbers at a time, a sample has %lld", m->name,
                (long long)f->inputs, (long long)pv_shape_count(&m->domain.sample));
    return PV_OK;
}

typedef struct group {
    int64_t unit; /* of the rows that agree, the one with the largest bias gradient */
    int64_t size;
    double outside; /* how far the row leaves the samples' range, on average */
} group;

static int by_worth(const void *a, const void *b)
{
    const group *x = a, *y = b;
    int alone = x->size == 1 && y->size == 1;
    if (alone && x->outside != y->outside) return x->outside < y->outside ? -1 : 1;
    if (x->size != y->size) return x->size > y->size ? -1 : 1;
    return (x->unit > y->unit) - (x->unit < y->unit);
}

/* Number k of the sample that row `unit` gives, before normalisation. */
static double value_at(const first_layer *f, const pv_norm *norm, const float *dw, const float *db,
                       int64_t unit, int64_t k)
{
    double x = (double)dw[unit * f->inputs + k] / db[unit];
    if (norm->n > 0) x = x / norm->inverse_std[k % norm->n] + norm->mean[k % norm->n];
    return x;
}

static int agree(const first_layer *f, const float *dw, const float *db, int64_t a, int64_t b)
{
    double difference = 0, size = 0;
    for (int64_t k = 0; k < f->inputs; k++) {
        double x = (double)dw[a * f->inputs + k] / db[a], y = (double)dw[b * f->inputs + k] / db[b];
        difference += (x - y) * (x - y);
        size += x * x + y * y;
    }
    return difference <= AGREE * AGREE * size;
}

static double outside(const first_layer *f, const pv_norm *norm, const float *dw, const float *db,
                      int64_t unit)
{
    double sum = 0;
    for (int64_t k = 0; k < f->inputs; k++) {
        double x = value_at(f, norm, dw, db, unit, k);
        sum += x < 0 ? -x : x > 1 ? x - 1 : 0;
    }
    return sum / (double)f->inputs;
}

/* Groups of rows that agree, each by its strongest row: *groups of them. */
static void gather(group *g, int64_t *groups, const first_layer *f, const float *dw,
                   const float *db)
{
    float most = 0;
    *groups = 0;
    for (int64_t i = 0; i < f->units; i++) most = fmaxf(most, fabsf(db[i]));
    for (int64_t i = 0; i < f->units; i++) {
        int64_t k = 0;
        if (!(fabsf(db[i]) > SMALLEST * most)) continue;
        while (k < *groups && !agree(f, dw, db, g[k].unit, i)) k++;
        if (k == *groups) g[(*groups)++] = (group){.unit = i};
        g[k].size++;
        if (fabsf(db[i]) > fabsf(db[g[k].unit])) g[k].unit = i;
    }
}

/* x = sum_i db_i dW_i / sum_i db_i^2, and how much of dW is not db x^T: 0 for one sample. */
static pv_status solve_one(pv_guess_item *item, const first_layer *f, const pv_norm *norm,
                           const float *dw, const float *db, int images)
{
    double square = 0, left = 0, all = 0;
    double *x = pv_calloc((size_t)f->inputs, sizeof *x);
    if (x == NULL) PV_FAIL_MEMORY((size_t)f->inputs * sizeof *x);
    for (int64_t i = 0; i < f->units; i++) {
        square += (double)db[i] * db[i];
        for (int64_t k = 0; k < f->inputs; k++) x[k] += (double)db[i] * dw[i * f->inputs + k];
    }
    for (int64_t k = 0; k < f->inputs; k++) x[k] = square > 0 ? x[k] / square : 0;
    for (int64_t i = 0; i < f->units; i++)
        for (int64_t k = 0; k < f->inputs; k++) {
            double g = dw[i * f->inputs + k], r = g - db[i] * x[k];
            left += r * r;
            all += g * g;
        }
    for (int64_t k = 0; k < f->inputs; k++) {
        double v = x[k];
        if (norm->n > 0) v = v / norm->inverse_std[k % norm->n] + norm->mean[k % norm->n];
        item->x[k] = (float)(images ? fmin(fmax(v, 0), 1) : v);
    }
    item->loss = all > 0 ? left / all : 1;
    item->confidence[0] = -item->loss;
    pv_free(x);
    return PV_OK;
}

static pv_status solve_batch(pv_guess_item *item, const first_layer *f, const pv_norm *norm,
                             const float *dw, const float *db, int images)
{
    int64_t groups, together = 0;
    group *g = pv_alloc((size_t)f->units, sizeof *g);
    if (g == NULL) PV_FAIL_MEMORY((size_t)f->units * sizeof *g);
    gather(g, &groups, f, dw, db);
    for (int64_t i = 0; images && i < groups; i++)
        g[i].outside = outside(f, norm, dw, db, g[i].unit);
    qsort(g, (size_t)groups, sizeof *g, by_worth);
    for (int64_t n = 0; n < item->batch; n++) {
        item->confidence[n] = n < groups ? (double)g[n].size : 0;
        for (int64_t k = 0; k < f->inputs; k++) {
            double x = n < groups     ? value_at(f, norm, dw, db, g[n].unit, k)
                       : norm->n == 0 ? 0
                                      : norm->mean[k % norm->n];
            item->x[n * f->inputs + k] = (float)(images ? fmin(fmax(x, 0), 1) : x);
        }
        together += n < groups && g[n].size > 1;
    }
    /* the share of the batch that no two rows agree on */
    item->loss = 1 - (double)together / (double)item->batch;
    pv_free(g);
    return PV_OK;
}

static pv_status read_one(const first_layer *f, pv_guess *guess, size_t i,
                          const pv_view *const *view, int views, const pv_public *known,
                          const pv_attack_target *target)
{
    pv_status status = PV_OK;
    pv_gradient_record record = {0};
    const int32_t *ignored;
    int64_t batch;
    const pv_norm *norm = pv_model_norm(known->model);
    int images = pv_model_what(known->model).kind == PV_DATA_IMAGE;
    double begin = pv_clock_seconds();
    PV_TRY_GOTO(pv_gradient_record_init(&record, view, views, known, target));
    PV_TRY_GOTO(pv_gradient_record_batch(&batch, &ignored, &record, target, PV_GRADIENT_READ));
    PV_TRY_GOTO(pv_guess_claim(guess, i, batch, f->inputs, 0, 1));
    pv_guess_item *item = &guess->item[i];
    const float *dw = record.gradient[f->weight], *db = record.gradient[f->bias];
    if (batch == 1)
        PV_TRY_GOTO(solve_one(item, f, norm, dw, db, images));
    else
        PV_TRY_GOTO(solve_batch(item, f, norm, dw, db, images));
    item->finished = 1;
    item->seconds = pv_clock_seconds() - begin;
done:
    pv_gradient_record_clear(&record);
    return status;
}

static pv_status run(pv_guess *guess, const pv_view *const *view, int views, const pv_public *known,
                     const pv_attack_target *target, size_t targets, const pv_attack_option *option,
                     int count, const pv_budget *budget, const pv_ctx *ctx)
{
    first_layer f = {0};
    double begin = pv_clock_seconds();
    PV_TRY(pv_attack_option_check(&pv_attack_analytic, option, count));
    PV_TRY(find_first(&f, known->model));
    for (size_t i = 0; i < targets; i++) {
        PV_TRY(pv_ctx_check(ctx));
        if (budget->seconds > 0 && pv_clock_seconds() - begin >= budget->seconds) break;
        PV_TRY(read_one(&f, guess, i, view, views, known, &target[i]));
        pv_ctx_progress(ctx, "analytic", i + 1, targets);
    }
    return PV_OK;
}

const pv_attack pv_attack_analytic = {
    .name = "analytic",
    .version = 1,
    .summary = "what goes into a dense first layer with a bias, read off its gradient",
    .source = "Geiping, Bauermeister, Droege, Moeller 2020, Inverting Gradients, proposition 3.1",
    .wants = "training samples",
    .options = options,
    .run = run,
};
