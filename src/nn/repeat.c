#include "privet/train.h"

#include "base/clock.h"
#include "base/ctx.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

static pv_status run(const char *name, const pv_data *data, double holdout, uint64_t seed,
                     const pv_train_options *options, const pv_ctx *ctx, double *accuracy)
{
    pv_status status = PV_OK;
    pv_data *train = NULL, *test = NULL;
    pv_model *m = NULL;
    pv_train_result result = {0};
    pv_evaluation e = {0};
    pv_train_options o = *options;
    PV_TRY_GOTO(pv_data_holdout(&train, &test, data, holdout, seed));
    o.train = train;
    o.validation = NULL;
    o.checkpoint = NULL;
    o.resume = 0;
    o.log = NULL;
    o.seed = seed;
    PV_TRY_GOTO(pv_model_new(&m, name, train, seed));
    PV_TRY_GOTO(pv_train(m, &o, ctx, &result));
    PV_TRY_GOTO(pv_evaluate(m, test, ctx, &e));
    *accuracy = e.accuracy;
done:
    pv_evaluation_clear(&e);
    pv_train_result_clear(&result);
    pv_model_free(m);
    pv_data_free(train);
    pv_data_free(test);
    return status;
}

static void summarise(pv_repeat_result *r)
{
    double sum = 0, squares = 0;
    r->lowest = INFINITY;
    r->highest = -INFINITY;
    for (int i = 0; i < r->runs; i++) {
        sum += r->accuracy[i];
        r->lowest = fmin(r->lowest, r->accuracy[i]);
        r->highest = fmax(r->highest, r->accuracy[i]);
    }
    r->mean = sum / r->runs;
    for (int i = 0; i < r->runs; i++)
        squares += (r->accuracy[i] - r->mean) * (r->accuracy[i] - r->mean);
    r->sd = r->runs > 1 ? sqrt(squares / (r->runs - 1)) : 0;
}

pv_status pv_train_repeat(const char *model, const pv_data *data, int runs, double holdout,
                          const pv_train_options *o, const pv_ctx *ctx, pv_repeat_result *r)
{
    pv_status status = PV_OK;
    double start = pv_clock_seconds();
    *r = (pv_repeat_result){0};
    if (runs < 1) PV_FAIL(PV_ERR_OPTION, "%d runs were asked for; at least 1", runs);
    /* One line a run is enough: the epochs of each would drown it. */
    pv_ctx quiet = {.threads = pv_ctx_threads(ctx)};
    if (ctx != NULL) {
        quiet.cancelled = ctx->cancelled;
        quiet.user = ctx->user;
    }
    r->accuracy = pv_calloc((size_t)runs, sizeof *r->accuracy);
    if (r->accuracy == NULL) PV_FAIL_MEMORY((size_t)runs * sizeof *r->accuracy);
    for (int i = 0; i < runs; i++) {
        pv_ctx_progress(ctx, "repeating", (uint64_t)i, (uint64_t)runs);
        PV_TRY_GOTO(run(model, data, holdout, o->seed + (uint64_t)i, o, &quiet, &r->accuracy[i]));
        r->runs = i + 1;
        pv_ctx_log(ctx, PV_LOG_INFO, "run %d/%d: accuracy %.2f %%", i + 1, runs,
                   100 * r->accuracy[i]);
    }
    pv_ctx_progress(ctx, "repeating", (uint64_t)runs, (uint64_t)runs);
    summarise(r);
    r->seconds = pv_clock_seconds() - start;
done:
    if (status != PV_OK) pv_repeat_result_clear(r);
    return status;
}

void pv_repeat_result_clear(pv_repeat_result *r)
{
    pv_free(r->accuracy);
    *r = (pv_repeat_result){0};
}
