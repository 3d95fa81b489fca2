#include "attack/labels/features.h"
#include "attack/labels/labels.h"
#include "attack/labels/mixture.h"
#include "attack/labels/split.h"
#include "base/clock.h"
#include "base/mem.h"
#include "math/symmetric.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { COORDINATES = 8 };
static const pv_attack_option options[] = {{"share", "0"}, {"of", "gradient"}, {NULL, NULL}};

/* mean [n] of the releases from..to, and top [n]: the first right singular vector around it. */
static void top_vector(double *top, double *mean, double *scratch, const pv_releases *r,
                       int64_t from, int64_t to)
{
    int n = r->width;
    double *c = scratch, *vector = c + n * n, *value = vector + n * n;
    memset(c, 0, (size_t)(n * n) * sizeof *c);
    for (int k = 0; k < n; k++) mean[k] = 0;
    for (int64_t i = from; i < to; i++)
        for (int k = 0; k < n; k++) mean[k] += r->x[i * n + k] / (double)(to - from);
    for (int64_t i = from; i < to; i++)
        for (int p = 0; p < n; p++)
            for (int q = p; q < n; q++)
                c[p * n + q] += (r->x[i * n + p] - mean[p]) * (r->x[i * n + q] - mean[q]);
    pv_symmetric_eigen(c, value, vector, n);
    memcpy(top, vector, (size_t)n * sizeof *top);
}

/* score [rows]: mean over a row's releases of its projection, in units of its window's spread.
 * Each window's vector points the way of the one before. */
static pv_status project(double *score, const pv_directions *d)
{
    const pv_releases *r = d->r;
    size_t n = (size_t)r->width;
    double *scratch = pv_calloc(2 * n * n + 4 * n, sizeof *scratch);
    int32_t *times = pv_calloc((size_t)r->rows, sizeof *times);
    if (scratch == NULL || times == NULL) {
        pv_free(scratch);
        pv_free(times);
        PV_FAIL(PV_ERR_MEMORY, "out of memory for the scores of %" PRId64 " rows", r->rows);
    }
    double *before = scratch + 2 * n * n + n, *top = before + n, *mean = top + n;
    for (int w = 0; w < d->windows; w++) {
        int64_t from = d->first[w], to = d->first[w + 1];
        double turned = 0, square = 0;
        top_vector(top, mean, scratch, r, from, to);
        for (size_t k = 0; k < n; k++) turned += top[k] * before[k];
        for (size_t k = 0; k < n; k++) before[k] = turned < 0 ? -top[k] : top[k];
        for (int pass = 0; pass < 2; pass++)
            for (int64_t i = from; i < to; i++) {
                double at = 0;
                for (size_t k = 0; k < n; k++)
                    at += (r->x[(size_t)i * n + k] - mean[k]) * before[k];
                if (pass == 0)
                    square += at * at;
                else if (square > 0)
                    score[r->row[i]] += at / sqrt(square / (double)(to - from));
                times[r->row[i]] += pass;
            }
    }
    for (int64_t i = 0; i < r->rows; i++) score[i] /= times[i];
    pv_free(scratch);
    pv_free(times);
    return PV_OK;
}

static pv_status split(int32_t *label, double *score, const pv_releases *r, double share,
                       const pv_public *known)
{
    pv_status status = PV_OK;
    pv_directions d = {0};
    PV_TRY(pv_directions_init(&d, r, 2, 0));
    PV_TRY_GOTO(project(score, &d));
    PV_TRY_GOTO(pv_split_labels(label, score, r->rows, share));
    pv_split_name(label, score, r, known);
done:
    pv_directions_clear(&d);
    return status;
}

static pv_status run(pv_guess *guess, const pv_view *const *view, int views, const pv_public *known,
                     const pv_attack_target *target, size_t targets, const pv_attack_option *option,
                     int count, const pv_budget *budget, const pv_ctx *ctx)
{
    const pv_attack *a = &pv_attack_spectral;
    pv_status status = PV_OK;
    pv_releases noted = {0}, own = {0};
    double begin = pv_clock_seconds(), share, *score = NULL;
    int32_t *label = NULL;
    int of_own;
    PV_TRY(pv_attack_option_check(a, option, count));
    PV_TRY(pv_attack_option_number(&share, a, option, count, "share", 0, 1));
    PV_TRY(pv_attack_option_choice(&of_own, a, option, count, "of", "gradient|activation"));
    if (pv_grouping_classes(known) != 2)
        PV_FAIL(PV_ERR_UNSUPPORTED, "spectral tells two classes apart; there are %d",
                pv_grouping_classes(known));
    PV_TRY_GOTO(pv_releases_init(&noted, view, views, COORDINATES, budget->seed, ctx));
    if (of_own) PV_TRY_GOTO(pv_features_init(&own, known, 0, COORDINATES, budget->seed, ctx));
    const pv_releases *r = of_own ? &own : &noted;
    score = pv_calloc((size_t)r->rows, sizeof *score);
    label = pv_alloc((size_t)r->rows, sizeof *label);
    if (score == NULL || label == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for %" PRId64 " rows", r->rows);
    PV_TRY_GOTO(split(label, score, r, share, known));
    const pv_grouping how = {.finished = 1};
    PV_TRY_GOTO(pv_features_answer(guess, label, score, r, &noted, target, targets, &how,
                                   pv_clock_seconds() - begin));
done:
    pv_free(score);
    pv_free(label);
    pv_releases_clear(&noted);
    pv_releases_clear(&own);
    return status;
}

const pv_attack pv_attack_spectral = {
    .name = "spectral",
    .version = 1,
    .summary = "two classes: the split along the first singular vector of gradients at the cut",
    .source = "Sun et al. 2022, Label Leakage and Protection from Forward Embedding in Vertical "
              "Federated Learning (arXiv 2203.01451), on gradients",
    .wants = "labels",
    .reads = "activation-gradient",
    .control = "label-gradient",
    .renames = 1,
    .ranks = 1,
    .options = options,
    .run = run,
};
