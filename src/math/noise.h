/* math/noise.h - noise that must not be guessed, from a csprng
 *
 * Discrete distributions are sampled exactly: with integer arithmetic and uniform bits only, so
 * that no rounding of a logarithm stands between a proof of privacy and what was drawn (Canonne,
 * Kamath, Steinke 2020, "The discrete Gaussian for differential privacy", algorithms 1 to 3).
 *
 *     discrete Laplace     P(x) proportional to exp(-|x|/t)
 *     discrete Gaussian    P(x) proportional to exp(-x²/(2σ²)); its variance is at most σ², and
 *                          P(|X| >= k·σ) <= 2·exp(-k²/2) (proposition 25)
 *
 * These samplers reject, so the time of a draw depends on the value drawn: a peer that times a
 * whole batch sees the sum of many such times and no more. pv_noise_normal is Box and Muller's
 * transform of 53-bit uniforms in floating point: for protections that prove nothing about tails.
 */
#ifndef PV_MATH_NOISE_H
#define PV_MATH_NOISE_H

#include "base/csprng.h"

/* t and σ at most; draws beyond 64·t, whose probability is below exp(-2000), are drawn again. */
#define PV_NOISE_MOST (UINT64_C(1) << 28)

void pv_noise_normal(double *out, size_t count, pv_csprng *r); /* N(0, 1) */

/* 1 <= t <= PV_NOISE_MOST + 1 */
int64_t pv_noise_laplace(uint64_t t, pv_csprng *r);
/* 1 <= sigma <= PV_NOISE_MOST */
int64_t pv_noise_gaussian(uint64_t sigma, pv_csprng *r);

#endif
