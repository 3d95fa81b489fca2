/* crypto/secagg/quantise.h - floats as numbers mod 2^64, so that they can be masked and summed
 *
 *   q = round(clamp(x, -clip, clip) * weight * 2^f)       to nearest, ties to even
 *   x' = S * 2^-f / divisor                               S the sum of q, read as signed
 *
 * f is the largest with n * clip * max_weight * 2^f < 2^62, by the exponents: n*clip*max_weight =
 * m*2^e with 1/2 <= m < 1 gives f = 62 - e. So |q| < 2^62/n + 1/2 and |S| < 2^62 + n/2 < 2^63: no
 * sum of up to n clients can overflow, whatever they hold.
 *
 * x is a float and weight an integer of at most 29 bits, so x*weight*2^f is exact in a double (24 +
 * 29 bits), and so is clip, which must be a float as well: the one rounding is the one to integers.
 * Each client is off by at most 1/2, hence
 *
 *   |S * 2^-f - sum_u clamp(x_u) * weight_u| <= n * 2^-(f+1).
 *
 * On the way back S becomes a double (relative error 2^-53), is divided (2^-53) and becomes a float
 * (2^-24): these are relative to the result and do not grow with n. Results beyond the floats are
 * infinite.
 *
 * Values beyond clip are clamped and counted; the count is the client's to report. NaN and infinity
 * are an error.
 */
#ifndef PV_CRYPTO_SECAGG_QUANTISE_H
#define PV_CRYPTO_SECAGG_QUANTISE_H

#include "privet/status.h"
#include <stddef.h>
#include <stdint.h>

enum { PV_SECAGG_MAX_WEIGHT = (1 << 29) - 1 };

typedef struct pv_secagg_scale {
    float clip;
    uint32_t max_weight;
    int fraction; /* f, may be negative */
} pv_secagg_scale;

/* The same at all parties. clip > 0 and finite, 1 <= max_weight <= PV_SECAGG_MAX_WEIGHT, n in
 * 1..1024. Errors: PV_ERR_OPTION. */
pv_status pv_secagg_scale_make(pv_secagg_scale *s, float clip, uint32_t max_weight,
                               int n) PV_MUST_USE;

/* *clipped: how many were beyond clip. Errors: PV_ERR_OPTION (weight is 0 or above max_weight),
 * PV_ERR_NUMERIC (NaN or infinity; q is zero). */
pv_status pv_secagg_quantise(uint64_t *q, const float *x, size_t length, uint32_t weight,
                             const pv_secagg_scale *s, size_t *clipped) PV_MUST_USE;

/* divisor > 0: 1 for the sum, the sum of the weights for the mean. */
void pv_secagg_dequantise(float *x, const uint64_t *sum, size_t length, double divisor,
                          const pv_secagg_scale *s);

#endif
