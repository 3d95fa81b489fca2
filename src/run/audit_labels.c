#include "run/audit_i.h"

#include <math.h>
#include <string.h>

enum { DRAWS = 20 };

static int is_scored(const pv_answer *a, int64_t i, int classes)
{
    return !a->known[i] && a->label[i] >= 0 && a->label[i] < classes;
}

static int32_t said(const pv_guess_item *g, int64_t i, int classes)
{
    if (g->label == NULL || i >= g->batch) return -1;
    return g->label[i] >= 0 && g->label[i] < classes ? g->label[i] : -1;
}

static int64_t count_rows(const pv_answers *answers)
{
    int64_t n = 0;
    for (size_t t = 0; t < answers->count; t++) n += answers->item[t].batch;
    return n;
}

/* ---- naming groups */

/* table [classes, classes]: rows of group k that are of class c. */
static pv_status name_by(int32_t *name, double *right, const int64_t *table, int classes)
{
    double *cost = pv_alloc((size_t)classes * (size_t)classes, sizeof *cost), total = 0;
    if (cost == NULL) PV_FAIL_MEMORY((size_t)classes * (size_t)classes * sizeof *cost);
    for (int i = 0; i < classes * classes; i++) cost[i] = -(double)table[i];
    pv_status status = pv_assignment_solve(name, &total, cost, classes, classes);
    pv_free(cost);
    if (right != NULL) *right = -total;
    return status;
}

pv_status pv_labels_name(int32_t *name, const pv_guess *guess, const pv_answers *answers,
                         int classes)
{
    int64_t *table = pv_calloc((size_t)classes * (size_t)classes, sizeof *table);
    if (table == NULL) PV_FAIL_MEMORY((size_t)classes * (size_t)classes * sizeof *table);
    for (size_t t = 0; t < answers->count; t++) {
        const pv_answer *a = &answers->item[t];
        for (int64_t i = 0; i < a->batch; i++) {
            int32_t group = said(&guess->item[t], i, classes);
            if (group >= 0 && is_scored(a, i, classes)) table[group * classes + a->label[i]]++;
        }
    }
    pv_status status = name_by(name, NULL, table, classes);
    pv_free(table);
    return status;
}

/* ---- one class against the rest */

/* The surest of the class come first, then the least sure of others, the surest others last. An
 * attack that ranks has one score for both classes. */
static double score_of(const pv_guess_item *g, int64_t i, int ranks, int32_t label, int class)
{
    double sure = isfinite(g->confidence[i]) ? g->confidence[i] : 0;
    if (ranks) return class == 1 ? sure : -sure;
    return label == class ? sure : -sure;
}

static pv_status leak_of(pv_class_leak *out, int class, const pv_guess *guess,
                         const pv_answers *answers, const int32_t *name, int classes, int ranks,
                         double *score, uint8_t *positive)
{
    int64_t n = 0;
    for (size_t t = 0; t < answers->count; t++) {
        const pv_answer *a = &answers->item[t];
        const pv_guess_item *g = &guess->item[t];
        for (int64_t i = 0; i < a->batch; i++) {
            if (!is_scored(a, i, classes)) continue;
            int32_t label = said(g, i, classes);
            if (label >= 0 && name != NULL) label = name[label];
            positive[n] = a->label[i] == class;
            out->rows += positive[n];
            out->right += positive[n] && label == class;
            score[n++] = i < g->batch ? score_of(g, i, ranks, label, class) : 0;
        }
    }
    if (out->rows == 0 || out->rows == n) return PV_OK;
    PV_TRY(pv_auc(&out->auc, score, positive, n, 0.95));
    if (out->auc.auc < 0.5) {
        pv_interval i = out->auc.interval;
        out->auc.auc = 1 - out->auc.auc;
        out->auc.interval = (pv_interval){1 - i.high, 1 - i.low};
    }
    return PV_OK;
}

pv_status pv_labels_leak(pv_score *s, const pv_guess *guess, const pv_answers *answers,
                         const int32_t *name, int classes, int ranks)
{
    pv_status status = PV_OK;
    int64_t n = count_rows(answers), measured = 0;
    double *score = NULL, sum = 0;
    uint8_t *positive = NULL;
    s->leak_auc = NAN;
    for (size_t t = 0; t < answers->count; t++)
        if (guess->item[t].confidence == NULL) return PV_OK;
    if (n == 0) return PV_OK;
    score = pv_alloc((size_t)n, sizeof *score);
    positive = pv_alloc((size_t)n, 1);
    s->class = pv_calloc((size_t)classes, sizeof *s->class);
    if (score == NULL || positive == NULL || s->class == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for ranking %lld rows", (long long)n);
    s->classes = classes;
    for (int k = 0; k < classes; k++) {
        PV_TRY_GOTO(
            leak_of(&s->class[k], k, guess, answers, name, classes, ranks, score, positive));
        if (s->class[k].auc.positives == 0) continue;
        sum += s->class[k].auc.auc;
        measured++;
    }
    if (measured > 0) s->leak_auc = sum / (double)measured;
done:
    pv_free(score);
    pv_free(positive);
    return status;
}

/* ---- what one knows without a view */

/* The labels and groups of all rows that are scored, one after the other. */
static int64_t flatten(int32_t *group, uint32_t *label, const pv_guess *guess,
                       const pv_answers *answers, int classes)
{
    int64_t n = 0;
    for (size_t t = 0; t < answers->count; t++)
        for (int64_t i = 0; i < answers->item[t].batch; i++)
            if (is_scored(&answers->item[t], i, classes)) {
                group[n] = said(&guess->item[t], i, classes);
                label[n++] = (uint32_t)answers->item[t].label[i];
            }
    return n;
}

/* The mean over labels that are drawn anew. */
static pv_status named_by_luck(double *right, const int32_t *group, uint32_t *label, int64_t n,
                               int classes, uint64_t seed)
{
    pv_status status = PV_OK;
    pv_rng r = pv_rng_make(seed + 5000011, PV_STREAM_ATTACK);
    size_t cells = (size_t)classes * (size_t)classes;
    int64_t *table = pv_alloc(cells, sizeof *table);
    int32_t *name = pv_alloc((size_t)classes, sizeof *name);
    double sum = 0, one = 0;
    if (table == NULL || name == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for %d classes", classes);
    for (int draw = 0; draw < DRAWS; draw++) {
        pv_rng_shuffle(&r, label, (size_t)n);
        memset(table, 0, cells * sizeof *table);
        for (int64_t i = 0; i < n; i++)
            if (group[i] >= 0) table[group[i] * classes + (int32_t)label[i]]++;
        PV_TRY_GOTO(name_by(name, &one, table, classes));
        sum += one;
    }
    *right = sum / DRAWS;
done:
    pv_free(table);
    pv_free(name);
    return status;
}

pv_status pv_labels_chance(double *right, const pv_guess *guess, const pv_answers *answers,
                           int renames, int classes, uint64_t seed)
{
    pv_status status = PV_OK;
    int64_t n = count_rows(answers);
    int32_t *group = pv_alloc((size_t)n + 1, sizeof *group);
    uint32_t *label = pv_alloc((size_t)n + 1, sizeof *label);
    int64_t *count = pv_calloc((size_t)classes + 1, sizeof *count);
    double lucky = 0;
    *right = 0;
    if (group == NULL || label == NULL || count == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the labels of %lld rows", (long long)n);
    n = flatten(group, label, guess, answers, classes);
    for (int64_t i = 0; i < n; i++) count[label[i]]++;
    for (int k = 0; k < classes; k++) *right = fmax(*right, (double)count[k]);
    if (renames) PV_TRY_GOTO(named_by_luck(&lucky, group, label, n, classes, seed));
    *right = fmax(*right, lucky);
done:
    pv_free(group);
    pv_free(label);
    pv_free(count);
    return status;
}
