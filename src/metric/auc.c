#include "privet/metric.h"

#include "base/mem.h"
#include "math/special.h"
#include <math.h>
#include <stdlib.h>

/* A sample, its mid-rank (1-based; ties share the mean of their places) among all samples and among
 * those of its own class. */
typedef struct item {
    double score, all, own;
    int positive;
} item;

static int by_class_then_score(const void *pa, const void *pb)
{
    const item *a = pa, *b = pb;
    if (a->positive != b->positive) return b->positive - a->positive;
    return (a->score > b->score) - (a->score < b->score);
}

static int by_score(const void *pa, const void *pb)
{
    const item *a = pa, *b = pb;
    return (a->score > b->score) - (a->score < b->score);
}

/* Mid-ranks of sorted items, into `all` or `own`. */
static void rank(item *x, int64_t n, int own)
{
    for (int64_t i = 0, j; i < n; i = j) {
        for (j = i; j < n && x[j].score == x[i].score; j++) continue;
        double mid = 0.5 * (double)(i + j + 1);
        for (int64_t t = i; t < j; t++)
            if (own)
                x[t].own = mid;
            else
                x[t].all = mid;
    }
}

/* The variance of a class's structural components V = (all - own) / others, divided by its size.
 * For a positive, (all - own) counts the negatives below it; for a negative, the positives below
 * it, which has the same variance as those above. */
static double share_of_variance(const item *x, int64_t n, int positive, int64_t size,
                                int64_t others)
{
    double mean = 0.0, square = 0.0;
    if (size < 2) return NAN;
    for (int64_t i = 0; i < n; i++)
        if (x[i].positive == positive) mean += (x[i].all - x[i].own) / (double)others;
    mean /= (double)size;
    for (int64_t i = 0; i < n; i++) {
        double d = (x[i].all - x[i].own) / (double)others - mean;
        if (x[i].positive == positive) square += d * d;
    }
    return square / (double)(size - 1) / (double)size;
}

static pv_status read_items(item *x, pv_auc_score *out, const double *score,
                            const uint8_t *positive, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        if (isnan(score[i]))
            PV_FAIL(PV_ERR_RANGE, "the score of sample %lld is not a number", (long long)i);
        x[i] = (item){.score = score[i], .positive = positive[i] != 0};
        out->positives += x[i].positive;
    }
    out->negatives = n - out->positives;
    if (out->positives == 0 || out->negatives == 0)
        PV_FAIL(PV_ERR_INPUT,
                "an AUC needs samples of both classes: there are %lld positives, %lld negatives",
                (long long)out->positives, (long long)out->negatives);
    return PV_OK;
}

pv_status pv_auc(pv_auc_score *out, const double *score, const uint8_t *positive, int64_t n,
                 double confidence)
{
    pv_status status = PV_OK;
    *out = (pv_auc_score){0};
    if (!(confidence > 0.0 && confidence < 1.0))
        PV_FAIL(PV_ERR_RANGE, "the confidence %g must lie between 0 and 1", confidence);
    item *x = pv_alloc((size_t)n, sizeof *x);
    if (x == NULL) PV_FAIL_MEMORY((size_t)n * sizeof *x);
    PV_TRY_GOTO(read_items(x, out, score, positive, n));

    qsort(x, (size_t)n, sizeof *x, by_class_then_score);
    rank(x, out->positives, 1);
    rank(x + out->positives, out->negatives, 1);
    qsort(x, (size_t)n, sizeof *x, by_score);
    rank(x, n, 0);

    double wins = 0.0, p = (double)out->positives, q = (double)out->negatives;
    for (int64_t i = 0; i < n; i++)
        if (x[i].positive) wins += x[i].all - x[i].own;
    out->auc = wins / (p * q);
    out->variance = share_of_variance(x, n, 1, out->positives, out->negatives) +
                    share_of_variance(x, n, 0, out->negatives, out->positives);
    out->interval = (pv_interval){0.0, 1.0};
    if (!isnan(out->variance)) {
        double half = pv_special_normal_quantile(0.5 + 0.5 * confidence) * sqrt(out->variance);
        out->interval = (pv_interval){fmax(0.0, out->auc - half), fmin(1.0, out->auc + half)};
    }
done:
    pv_free(x);
    return status;
}
