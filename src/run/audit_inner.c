#include "run/audit_i.h"

#include "math/median.h"
#include <math.h>
#include <stdlib.h>

/* An inner product is found when it is off by no more than this share of both rows' lengths. */
#define WITHIN 0.01

static void normalise(double *out, const float *x, const pv_norm *norm, int64_t width)
{
    for (int64_t i = 0; i < width; i++)
        out[i] = norm == NULL || norm->n == 0
                     ? x[i]
                     : ((double)x[i] - norm->mean[i % norm->n]) * norm->inverse_std[i % norm->n];
}

static double product(const double *a, const double *b, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

/* truth [n,n] of one target's rows, and the means of its diagonal and of what lies beside it. */
static pv_status fill(double *truth, double mean[2], const pv_answer *a, const pv_norm *norm,
                      int64_t width)
{
    int64_t n = a->batch;
    double *x = pv_alloc((size_t)n, (size_t)width * sizeof *x);
    if (x == NULL) PV_FAIL_MEMORY((size_t)(n * width) * sizeof *x);
    mean[0] = mean[1] = 0;
    for (int64_t i = 0; i < n; i++) normalise(x + i * width, a->x + i * width, norm, width);
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < n; k++) {
            truth[i * n + k] = product(x + i * width, x + k * width, width);
            mean[i == k] += truth[i * n + k] / (double)(i == k ? n : n * (n - 1));
        }
    pv_free(x);
    return PV_OK;
}

static void score_target(pv_inner_score *s, double *error, double *base, const pv_guess_item *g,
                         const double *truth, const double mean[2], int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k <= i; k++) {
            double t = truth[i * n + k], scale = sqrt(truth[i * n + i] * truth[k * n + k]);
            if (!(scale > 0)) continue;
            int there = g->inner != NULL && i < g->batch && isfinite(g->inner[i * g->batch + k]);
            double e = there ? fabs(g->inner[i * g->batch + k] - t) / scale : HUGE_VAL;
            double b = fabs(mean[i == k] - t) / scale;
            s->right += e <= WITHIN;
            s->baseline += b <= WITHIN;
            error[s->count] = e;
            base[s->count++] = b;
        }
}

pv_status pv_inner_score_init(pv_inner_score *s, const pv_guess *guess, const pv_answers *answers,
                              const pv_norm *norm, int64_t width)
{
    pv_status status = PV_OK;
    int64_t most = 0, entries = 1;
    double *truth = NULL, *error = NULL, *base = NULL, mean[2];
    *s = (pv_inner_score){.error = NAN, .baseline_error = NAN};
    for (size_t t = 0; t < answers->count; t++) {
        int64_t n = answers->item[t].batch;
        most = n > most ? n : most;
        entries += n * (n + 1) / 2;
    }
    truth = pv_alloc((size_t)(most * most + 1), sizeof *truth);
    error = pv_alloc((size_t)entries, sizeof *error);
    base = pv_alloc((size_t)entries, sizeof *base);
    if (truth == NULL || error == NULL || base == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for %lld inner products", (long long)entries);
    for (size_t t = 0; t < answers->count; t++) {
        PV_TRY_GOTO(fill(truth, mean, &answers->item[t], norm, width));
        score_target(s, error, base, &guess->item[t], truth, mean, answers->item[t].batch);
    }
    s->error = pv_median(error, s->count);
    s->baseline_error = pv_median(base, s->count);
done:
    pv_free(truth);
    pv_free(error);
    pv_free(base);
    return status;
}
