/* privet/metric.h - numbers that say how good a prediction, a ranking or a reconstruction is
 *
 * Pure functions of arrays; nothing is kept. Labels are class indices 0..k-1. An interval that is
 * asked for at confidence 0.95 covers the true value in at least (Clopper-Pearson) or about (the
 * others) 95 of 100 repetitions of the experiment.
 */
#ifndef PRIVET_METRIC_H
#define PRIVET_METRIC_H

#include "privet/status.h"
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pv_interval {
    double low, high;
} pv_interval;

/* ---- classes ---- */

/* The share of i with predicted[i] == truth[i]; 0 when n is 0. */
PV_API double pv_accuracy(const int32_t *predicted, const int32_t *truth, int64_t n);

/* Adds n pairs to table[k*k]: table[truth*k + predicted] counts. Zero it first. Errors:
 * PV_ERR_RANGE for a label outside 0..k-1 (the table is then as far as it came). */
PV_API pv_status pv_confusion(int64_t *table, int k, const int32_t *predicted, const int32_t *truth,
                              int64_t n) PV_MUST_USE;

/* One class against the rest, from a confusion table:
 *     precision = hits / predicted,  recall = hits / count,  f1 = 2 hits / (predicted + count)
 * where an empty denominator gives 0. */
typedef struct pv_class_score {
    int64_t count, predicted, hits; /* of the class, called the class, both */
    double precision, recall, f1;
} pv_class_score;
PV_API void pv_class_scores(pv_class_score *out, const int64_t *table, int k);

/* ---- rankings ---- */

/* The area under the receiver operating characteristic: the probability that a positive scores
 * higher than a negative, ties counted half (Mann-Whitney). Exact, by mid-ranks, O(n log n). Its
 * variance is DeLong's (DeLong, DeLong, Clarke-Pearson 1988, by the mid-rank formulas of Sun and Xu
 * 2014); the interval is auc +- z*sqrt(variance), cut to [0, 1]. With one positive or one negative
 * the variance is unknown and the interval is [0, 1]. */
typedef struct pv_auc_score {
    double auc, variance;
    pv_interval interval;
    int64_t positives, negatives;
} pv_auc_score;

/* Errors: PV_ERR_RANGE (a score is NaN, confidence outside (0,1)), PV_ERR_INPUT (no positive or no
 * negative), PV_ERR_MEMORY. */
PV_API pv_status pv_auc(pv_auc_score *out, const double *score, const uint8_t *positive, int64_t n,
                        double confidence) PV_MUST_USE;

/* ---- images: a and b have n values on the scale [0, peak] ---- */

PV_API double pv_mean_squared_error(const float *a, const float *b,
                                    int64_t n); /* mean of (a-b)^2; 0 for n = 0 */

/* Peak signal-to-noise ratio 10 log10(peak^2 / mse), in dB; INFINITY when a equals b. */
PV_API double pv_psnr(const float *a, const float *b, int64_t n, double peak);

/* Structural similarity (Wang, Bovik, Sheikh, Simoncelli 2004, equation 13), the mean over all
 * places of an 11x11 Gaussian window (sigma 1.5) that lie wholly inside the image, and over
 * channels; K1 = 0.01, K2 = 0.03. Images are [height, width, channels]; -1 to 1, 1 for equal ones.
 * Errors: PV_ERR_SHAPE (a side below 11), PV_ERR_MEMORY. */
PV_API pv_status pv_ssim(double *out, const float *a, const float *b, int height, int width,
                         int channels, double peak) PV_MUST_USE;

/* ---- k successes in n trials, 0 <= k <= n, n >= 1, 0 < confidence < 1 ---- */

/* Clopper and Pearson (1934), never too narrow: with a = 1 - confidence,
 *     low = Beta^-1(a/2; k, n-k+1), 0 for k = 0;   high = Beta^-1(1-a/2; k+1, n-k), 1 for k = n. */
PV_API pv_interval pv_clopper_pearson(int64_t k, int64_t n, double confidence);

/* Wilson (1927), closer to its confidence on average: with p = k/n and z the normal quantile,
 *     (p + z^2/2n +- z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n). */
PV_API pv_interval pv_wilson(int64_t k, int64_t n, double confidence);

/* ---- assignment ---- */

/* Give every row its own column so that the sum of cost[row*columns + column] is least: column[row]
 * and, unless total is NULL, the sum. rows <= columns. Shortest augmenting paths with potentials
 * (Kuhn 1955, Munkres 1957, Jonker and Volgenant 1987), O(rows^2 columns). Matches reconstructed
 * items with true ones before they are scored. Errors: PV_ERR_SHAPE (rows > columns), PV_ERR_RANGE
 * (a cost is not finite), PV_ERR_MEMORY. */
PV_API pv_status pv_assignment_solve(int32_t *column, double *total, const double *cost, int rows,
                                     int columns) PV_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
