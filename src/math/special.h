/* math/special.h - the special functions that confidence intervals are made of
 *
 * The regularised incomplete beta function is the distribution function of Beta(a, b); its inverse
 * gives exact (Clopper-Pearson) intervals for a proportion. With k successes in n trials and
 * confidence 1 - alpha they are
 *
 *     lower = k == 0 ? 0 : pv_special_beta_inverse(k, n - k + 1, alpha / 2)
 *     upper = k == n ? 1 : pv_special_beta_inverse(k + 1, n - k, 1 - alpha / 2)
 *
 * Accuracy: relative error about 1e-12 for a, b up to a hundred, 1e-10 up to a million (what the
 * cancellation between log-gammas leaves). Arguments outside their ranges are a caller's bug.
 */
#ifndef PV_MATH_SPECIAL_H
#define PV_MATH_SPECIAL_H

/* log B(a, b) = log Γ(a) + log Γ(b) - log Γ(a+b); a, b > 0 */
double pv_special_log_beta(double a, double b);

/* I_x(a, b) = 1/B(a,b) · ∫_0^x t^(a-1) (1-t)^(b-1) dt; a, b > 0, 0 <= x <= 1. Continued fraction
 * DLMF 8.17.22. */
double pv_special_beta(double a, double b, double x);

/* The x with I_x(a, b) = p; 0 <= p <= 1. */
double pv_special_beta_inverse(double a, double b, double p);

/* Φ(x), the distribution function of N(0, 1), and its inverse for 0 < p < 1 (infinite at the
 * ends). */
double pv_special_normal(double x);
double pv_special_normal_quantile(double p);

#endif
