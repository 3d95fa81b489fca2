#include "privet/train.h"

#include "base/clock.h"
#include "base/ctx.h"
#include "base/mem.h"
#include "nn/step.h"
#include <math.h>

/* Large enough to keep the threads busy, small enough to stay in the cache on small networks. */
enum { BATCH = 250 };

static pv_status forward_for(pv_forward *f, const pv_model *m, const pv_data *data,
                             const pv_ctx *ctx)
{
    const pv_plan_options options = {.size = sizeof options, .threads = pv_ctx_threads(ctx)};
    int64_t count = pv_data_count(data);
    return pv_forward_init(f, m, count < BATCH ? count : BATCH, &options);
}

pv_status pv_evaluate(const pv_model *m, const pv_data *data, const pv_ctx *ctx, pv_evaluation *e)
{
    pv_status status = PV_OK;
    pv_forward f = {0};
    double start = pv_clock_seconds();
    *e = (pv_evaluation){.count = pv_data_count(data), .classes = pv_model_what(m).classes};
    size_t classes = (size_t)e->classes;
    PV_TRY(pv_data_complete(data));
    PV_TRY(pv_model_check_data(m, data));
    e->confusion = pv_calloc(classes * classes, sizeof *e->confusion);
    e->class_accuracy = pv_calloc(classes, sizeof *e->class_accuracy);
    if (e->confusion == NULL || e->class_accuracy == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a confusion matrix of %zu classes", classes);
    PV_TRY_GOTO(forward_for(&f, m, data, ctx));
    PV_TRY_GOTO(
        pv_forward_measure(&f, m, data, ctx, "evaluating", e->confusion, &e->loss, &e->accuracy));
    for (size_t k = 0; k < classes; k++) {
        int64_t samples = 0;
        for (size_t j = 0; j < classes; j++) samples += e->confusion[k * classes + j];
        e->class_accuracy[k] =
            samples == 0 ? NAN : (double)e->confusion[k * classes + k] / (double)samples;
    }
    e->seconds = pv_clock_seconds() - start;
done:
    pv_forward_clear(&f);
    if (status != PV_OK) pv_evaluation_clear(e);
    return status;
}

void pv_evaluation_clear(pv_evaluation *e)
{
    pv_free(e->confusion);
    pv_free(e->class_accuracy);
    *e = (pv_evaluation){0};
}

pv_status pv_predict(const pv_model *m, const pv_data *data, const pv_ctx *ctx, float *probability)
{
    pv_status status = PV_OK;
    pv_forward f = {0};
    int64_t count = pv_data_count(data), classes = pv_model_what(m).classes, n;
    PV_TRY(pv_model_check_data(m, data));
    PV_TRY(forward_for(&f, m, data, ctx));
    for (int64_t first = 0; first < count; first += n) {
        PV_TRY_GOTO(pv_ctx_check(ctx));
        PV_TRY_GOTO(pv_forward_run(&f, m, data, first, &n));
        for (int64_t i = 0; i < n * classes; i++)
            probability[first * classes + i] = expf(f.log_probabilities[i]);
        pv_ctx_progress(ctx, "predicting", (uint64_t)(first + n), (uint64_t)count);
    }
done:
    pv_forward_clear(&f);
    return status;
}
