#include "attack/gradient/gradient.h"

#include "attack/gradient/records.h"
#include "attack/gradient/restore.h"
#include "base/clock.h"
#include "base/ctx.h"

static const pv_attack_option options[] = {{NULL, NULL}};

static pv_status read_one(pv_restore *r, pv_guess *guess, size_t i, const pv_view *const *view,
                          int views, const pv_public *known, const pv_attack_target *target)
{
    pv_status status = PV_OK;
    pv_gradient_record record = {0};
    const int32_t *ignored;
    int64_t batch;
    double begin = pv_clock_seconds();
    PV_TRY_GOTO(pv_gradient_record_init(&record, view, views, known, target));
    PV_TRY_GOTO(pv_gradient_record_batch(&batch, &ignored, &record, target, PV_GRADIENT_READ));
    PV_TRY_GOTO(pv_guess_claim(guess, i, batch, 0, 1, 1));
    pv_guess_item *item = &guess->item[i];
    PV_TRY_GOTO(
        pv_restore_labels(r, item->label, item->confidence, record.weight, record.gradient, batch));
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
    pv_status status = PV_OK;
    pv_restore r = {0};
    double begin = pv_clock_seconds();
    PV_TRY(pv_attack_option_check(&pv_attack_labels, option, count));
    PV_TRY(pv_restore_init(&r, known->model, budget->seed));
    for (size_t i = 0; i < targets; i++) {
        PV_TRY_GOTO(pv_ctx_check(ctx));
        if (budget->seconds > 0 && pv_clock_seconds() - begin >= budget->seconds) break;
        PV_TRY_GOTO(read_one(&r, guess, i, view, views, known, &target[i]));
        pv_ctx_progress(ctx, "labels", i + 1, targets);
    }
done:
    pv_restore_clear(&r);
    return status;
}

const pv_attack pv_attack_labels = {
    .name = "labels",
    .version = 1,
    .summary = "the labels of a batch, read off the gradient of the last layer",
    .source = "Zhao, Mopuri, Bilen 2020, iDLG; Wainakh et al. 2022, User-Level Label Leakage",
    .wants = "labels",
    .options = options,
    .run = run,
};
