#include "attack/probe/probe.h"

#include "base/clock.h"
#include "base/ctx.h"
#include "base/mem.h"
#include "data/rows.h"
#include "nn/model_i.h"
#include "privet/metric.h"
#include "privet/train.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Few vectors make small batches, or an epoch had hardly a step. */
enum { FEWEST = 20, MOST_BATCH = 128, LEAST_BATCH = 16, STEPS = 40, PATIENCE = 8 };

static const struct kind {
    const char *name, *text;
    double lr;
    int epochs;
} kinds[PV_PROBE_KINDS] = {
    {"linear", "dense classes\n", 3e-2, 40},
    {"small", "dense 128\nrelu\ndense 64\nrelu\ndense classes\n", 3e-3, 40},
    {"large", "dense 256\nrelu\ndense 128\nrelu\ndense classes\n", 2e-3, 60},
};

const char *pv_probe_kind_name(pv_probe_kind k)
{
    return kinds[k].name;
}

void pv_probe_defaults(pv_probe_options *o)
{
    *o = (pv_probe_options){.seeds = 3, .holdout = 0.2, .seed = 1};
}

double pv_probe_prior(const int32_t *label, int64_t n, int classes)
{
    int64_t most = 0;
    for (int c = 0; c < classes; c++) {
        int64_t count = 0;
        for (int64_t i = 0; i < n; i++) count += label[i] == c;
        if (count > most) most = count;
    }
    return n > 0 ? (double)most / (double)n : 0;
}

/* ---- vectors as data sets */

static pv_status check_set(const pv_probe_set *s, const char *what)
{
    for (int64_t i = 0; i < s->n; i++)
        if (s->label[i] < 0 || s->label[i] >= s->classes)
            PV_FAIL(PV_ERR_RANGE, "%s vector %" PRId64 " has label %d; there are %d of them", what,
                    i, (int)s->label[i], s->classes);
    for (int64_t k = 0; k < s->n * s->width; k++)
        if (!isfinite(s->x[k]))
            PV_FAIL(PV_ERR_RANGE, "%s vector %" PRId64 " has a number that is not finite", what,
                    k / s->width);
    return PV_OK;
}

/* label NULL: they are asked for. */
static pv_status as_data(pv_data **out, const pv_probe *p, const float *x, const int32_t *label,
                         int64_t n)
{
    pv_status status = PV_OK;
    size_t c = (size_t)p->classes;
    float *scaled = pv_standard_rows(&p->scale, x, n);
    int32_t *none = pv_calloc((size_t)n, sizeof *none);
    char(*text)[24] = pv_alloc(c, sizeof *text);
    const char **name = pv_alloc(c, sizeof *name);
    *out = NULL;
    if (scaled == NULL || none == NULL || text == NULL || name == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for %" PRId64 " vectors", n);
    for (size_t k = 0; k < c; k++) {
        snprintf(text[k], sizeof text[k], "%zu", k);
        name[k] = text[k];
    }
    PV_TRY_GOTO(pv_data_from_rows(out, &(pv_rows){.kind = PV_DATA_TABLE,
                                                  .dtype = PV_F32,
                                                  .sample = PV_SHAPE(p->width),
                                                  .n = n,
                                                  .x = scaled,
                                                  .label = label != NULL ? label : none,
                                                  .class_name = name,
                                                  .classes = p->classes}));
done:
    pv_free(scaled);
    pv_free(none);
    pv_free(text);
    pv_free((void *)name);
    return status;
}

/* ---- one probe */

typedef struct bench {
    const pv_probe_options *o;
    pv_data *all, *fit, *held, *test;
    const pv_ctx *ctx;
} bench;

static pv_status accuracy_of(double *out, const pv_model *m, const pv_data *data, const pv_ctx *ctx)
{
    pv_evaluation e;
    PV_TRY(pv_evaluate(m, data, ctx, &e));
    *out = e.accuracy;
    pv_evaluation_clear(&e);
    return PV_OK;
}

static pv_status train_one(pv_model **out, pv_probe_score *score, const bench *b, int64_t width,
                           int classes)
{
    const struct kind *k = &kinds[score->kind];
    pv_status status = PV_OK;
    pv_model *m = NULL;
    uint64_t seed = b->o->seed * 1000 + (uint64_t)score->seed * 10 + (uint64_t)score->kind;
    pv_model_domain domain = {.size = sizeof domain,
                              .kind = PV_DATA_TABLE,
                              .sample = PV_SHAPE(width),
                              .classes = classes};
    pv_train_result result = {0};
    int64_t batch = pv_data_count(b->fit) / STEPS;
    pv_train_options o = {.size = sizeof o,
                          .train = b->fit,
                          .validation = b->held,
                          .batch = batch < LEAST_BATCH  ? LEAST_BATCH
                                   : batch > MOST_BATCH ? MOST_BATCH
                                                        : batch,
                          .epochs = b->o->epochs > 0 ? b->o->epochs : k->epochs,
                          .seed = seed,
                          .optim = {.size = sizeof o.optim, .kind = PV_ADAM},
                          .lr = k->lr,
                          .schedule = PV_SCHEDULE_COSINE,
                          .patience = PATIENCE};
    PV_TRY(pv_model_parse(&m, k->text, strlen(k->text), "probe.model", &domain, seed));
    pv_ctx quiet = b->ctx != NULL ? *b->ctx : (pv_ctx){0}; /* nobody waits for a probe's epochs */
    quiet.log = NULL;
    PV_TRY_GOTO(pv_train(m, &o, &quiet, &result));
    PV_TRY_GOTO(accuracy_of(&score->held, m, b->held, b->ctx));
    score->accuracy = NAN;
    if (b->test != NULL) PV_TRY_GOTO(accuracy_of(&score->accuracy, m, b->test, b->ctx));
    *out = m;
    m = NULL;
done:
    pv_train_result_clear(&result);
    pv_model_free(m);
    return status;
}

static pv_status train_all(pv_probe *p, const bench *b)
{
    double begin = pv_clock_seconds();
    int kind_count = b->o->kinds > 0 ? b->o->kinds : PV_PROBE_KINDS, all = b->o->seeds * kind_count;
    p->score = pv_calloc((size_t)all, sizeof *p->score);
    if (p->score == NULL) PV_FAIL_MEMORY((size_t)all * sizeof *p->score);
    for (; p->scores < all; p->scores++) {
        pv_probe_score *s = &p->score[p->scores];
        pv_model *m;
        if (p->scores > 0 && b->o->enough > 0 && p->score[p->best].held >= b->o->enough) break;
        if (p->scores > 0 && b->o->seconds > 0 && pv_clock_seconds() - begin >= b->o->seconds)
            return PV_OK;
        pv_ctx_progress(b->ctx, "probe", (uint64_t)p->scores, (uint64_t)all);
        *s = (pv_probe_score){.kind = (pv_probe_kind)(p->scores % kind_count),
                              .seed = p->scores / kind_count};
        PV_TRY(train_one(&m, s, b, p->width, p->classes));
        if (p->scores > 0 && s->held <= p->score[p->best].held) {
            pv_model_free(m);
            continue;
        }
        pv_model_free(p->model);
        p->model = m;
        p->best = p->scores;
    }
    p->finished = 1;
    return PV_OK;
}

/* ---- all of them */

static pv_status prior_of(double *out, const pv_data *data)
{
    int64_t n = pv_data_count(data);
    int32_t *label = pv_alloc((size_t)n, sizeof *label);
    if (label == NULL) PV_FAIL_MEMORY((size_t)n * sizeof *label);
    for (int64_t i = 0; i < n; i++) label[i] = pv_data_label(data, i);
    *out = pv_probe_prior(label, n, pv_data_classes(data));
    pv_free(label);
    return PV_OK;
}

static pv_status prepare(pv_probe *p, bench *b, const pv_probe_set *train, const pv_probe_set *test)
{
    if (train->n < FEWEST)
        PV_FAIL(PV_ERR_INPUT, "a probe learns from at least %d vectors, and there are %" PRId64,
                FEWEST, train->n);
    if (pv_probe_prior(train->label, train->n, train->classes) == 1)
        PV_FAIL(PV_ERR_INPUT,
                "all %" PRId64 " vectors that a probe should learn from have one "
                "label",
                train->n);
    if (test != NULL && (test->width != train->width || test->classes != train->classes))
        PV_FAIL(PV_ERR_MISMATCH,
                "vectors of %" PRId64 " numbers and %d classes to learn from, of %" PRId64
                " and %d to be measured on",
                train->width, train->classes, test->width, test->classes);
    PV_TRY(check_set(train, "training"));
    if (test != NULL) PV_TRY(check_set(test, "test"));
    PV_TRY(pv_standard_init(&p->scale, train->x, train->n, train->width));
    PV_TRY(as_data(&b->all, p, train->x, train->label, train->n));
    PV_TRY(pv_data_holdout(&b->fit, &b->held, b->all, b->o->holdout, b->o->seed));
    if (test != NULL && test->n > 0) PV_TRY(as_data(&b->test, p, test->x, test->label, test->n));
    PV_TRY(prior_of(&p->held_prior, b->held));
    p->held_count = pv_data_count(b->held);
    p->prior = p->held_prior;
    return b->test != NULL ? prior_of(&p->prior, b->test) : PV_OK;
}

pv_status pv_probe_run(pv_probe *p, const pv_probe_set *train, const pv_probe_set *test,
                       const pv_probe_options *o, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    bench b = {.o = o, .ctx = ctx};
    *p = (pv_probe){.width = train->width, .classes = train->classes};
    PV_TRY_GOTO(prepare(p, &b, train, test));
    PV_TRY_GOTO(train_all(p, &b));
done:
    pv_data_free(b.fit);
    pv_data_free(b.held);
    pv_data_free(b.all);
    pv_data_free(b.test);
    if (status != PV_OK) pv_probe_clear(p);
    return status;
}

void pv_probe_clear(pv_probe *p)
{
    pv_free(p->score);
    pv_standard_clear(&p->scale);
    pv_model_free(p->model);
    *p = (pv_probe){0};
}

pv_status pv_probe_ask(float *probability, const pv_probe *p, const float *x, int64_t n,
                       const pv_ctx *ctx)
{
    pv_data *data;
    if (n == 0) return PV_OK;
    PV_TRY(as_data(&data, p, x, NULL, n));
    pv_status status = pv_predict(p->model, data, ctx, probability);
    pv_data_free(data);
    return status;
}
