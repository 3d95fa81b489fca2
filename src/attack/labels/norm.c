#include "attack/labels/labels.h"
#include "attack/labels/releases.h"
#include "attack/labels/split.h"
#include "base/clock.h"
#include "base/mem.h"
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

static const pv_attack_option options[] = {{"share", "0"}, {NULL, NULL}};

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* score [rows]: mean over a row's releases of log(length / median length of the step). */
static pv_status measure(double *score, const pv_releases *r)
{
    int64_t most = 0;
    for (int64_t s = 0; s < r->steps; s++)
        if (r->first[s + 1] - r->first[s] > most) most = r->first[s + 1] - r->first[s];
    float *sorted = pv_alloc((size_t)most, sizeof *sorted);
    int32_t *times = pv_calloc((size_t)r->rows, sizeof *times);
    if (sorted == NULL || times == NULL) {
        pv_free(sorted);
        pv_free(times);
        PV_FAIL(PV_ERR_MEMORY, "out of memory for the lengths of %" PRId64 " rows", r->rows);
    }
    for (int64_t s = 0; s < r->steps; s++) {
        int64_t from = r->first[s], n = r->first[s + 1] - from;
        if (n == 0) continue;
        for (int64_t k = 0; k < n; k++) sorted[k] = r->norm[from + k];
        qsort(sorted, (size_t)n, sizeof *sorted, by_value);
        double median = (double)sorted[n / 2] + FLT_MIN;
        for (int64_t k = 0; k < n; k++) {
            int32_t row = r->row[from + k];
            score[row] += log(((double)r->norm[from + k] + FLT_MIN) / median);
            times[row]++;
        }
    }
    for (int64_t i = 0; i < r->rows; i++) score[i] /= times[i];
    pv_free(sorted);
    pv_free(times);
    return PV_OK;
}

static pv_status run(pv_guess *guess, const pv_view *const *view, int views, const pv_public *known,
                     const pv_attack_target *target, size_t targets, const pv_attack_option *option,
                     int count, const pv_budget *budget, const pv_ctx *ctx)
{
    const pv_attack *a = &pv_attack_norm;
    pv_status status = PV_OK;
    pv_releases r = {0};
    double begin = pv_clock_seconds(), share, *score = NULL;
    int32_t *label = NULL;
    int classes = known->classes > 0 ? known->classes : pv_model_what(known->model).classes;
    PV_TRY(pv_attack_option_check(a, option, count));
    PV_TRY(pv_attack_option_number(&share, a, option, count, "share", 0, 1));
    if (classes != 2)
        PV_FAIL(PV_ERR_UNSUPPORTED, "norm tells two classes apart; there are %d", classes);
    PV_TRY_GOTO(pv_releases_init(&r, view, views, 1, budget->seed, ctx));
    score = pv_calloc((size_t)r.rows, sizeof *score);
    label = pv_alloc((size_t)r.rows, sizeof *label);
    if (score == NULL || label == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for %" PRId64 " rows", r.rows);
    PV_TRY_GOTO(measure(score, &r));
    PV_TRY_GOTO(pv_split_labels(label, score, r.rows, share));
    pv_split_name(label, score, &r, known);
    PV_TRY_GOTO(pv_releases_answer(guess, &r, target, targets, label, score, 0,
                                   pv_clock_seconds() - begin, 0, 1));
done:
    pv_free(score);
    pv_free(label);
    pv_releases_clear(&r);
    return status;
}

const pv_attack pv_attack_norm = {
    .name = "norm",
    .version = 1,
    .summary = "two classes: rows of the rare one have longer gradients at the cut",
    .source = "Li et al. 2022, Label Leakage and Protection in Two-party Split Learning",
    .wants = "labels",
    .reads = "activation-gradient",
    .control = "rare-label-gradient",
    .renames = 1,
    .ranks = 1,
    .options = options,
    .run = run,
};
