#include "crypto/secagg/quantise.h"

#include "base/trail.h"
#include "crypto/secagg/secagg.h"
#include <assert.h>
#include <math.h>
#include <string.h>

pv_status pv_secagg_scale_make(pv_secagg_scale *s, float clip, uint32_t max_weight, int n)
{
    int exponent;
    if (!(clip > 0) || !isfinite(clip))
        PV_FAIL(PV_ERR_OPTION, "masked sums: values are clipped to %g, expected a number above 0",
                (double)clip);
    if (max_weight < 1 || max_weight > PV_SECAGG_MAX_WEIGHT)
        PV_FAIL(PV_ERR_OPTION, "masked sums: weights up to %lu, expected 1 to %d",
                (unsigned long)max_weight, PV_SECAGG_MAX_WEIGHT);
    if (n < 1 || n > PV_SECAGG_MAX_CLIENTS)
        PV_FAIL(PV_ERR_OPTION, "masked sums: a sum of %d vectors, expected 1 to %d", n,
                PV_SECAGG_MAX_CLIENTS);
    /* The product with n may round, upwards or to a power of two: never below a power of two. */
    (void)frexp((double)clip * max_weight * n, &exponent);
    *s = (pv_secagg_scale){clip, max_weight, 62 - exponent};
    return PV_OK;
}

pv_status pv_secagg_quantise(uint64_t *q, const float *x, size_t length, uint32_t weight,
                             const pv_secagg_scale *s, size_t *clipped)
{
    size_t beyond = 0, bad = 0, first_bad = 0;
    *clipped = 0;
    if (weight < 1 || weight > s->max_weight)
        PV_FAIL(PV_ERR_OPTION, "masked sums: a weight of %lu, expected 1 to %lu",
                (unsigned long)weight, (unsigned long)s->max_weight);
    const double clip = s->clip, factor = ldexp((double)weight, s->fraction);
    for (size_t i = 0; i < length; i++) {
        double v = x[i], c = fmin(fmax(v, -clip), clip); /* NaN becomes a number */
        int finite = isfinite(v) != 0;
        beyond += (size_t)(v != c);
        first_bad += (size_t)(bad == 0 && finite);
        bad += (size_t)!finite;
        q[i] = (uint64_t)llrint(c * factor);
    }
    if (bad > 0) {
        memset(q, 0, length * sizeof *q);
        PV_FAIL(PV_ERR_NUMERIC,
                "masked sums: %zu of %zu values are no finite numbers, the first at %zu; has the "
                "training diverged?",
                bad, length, first_bad);
    }
    *clipped = beyond;
    return PV_OK;
}

void pv_secagg_dequantise(float *x, const uint64_t *sum, size_t length, double divisor,
                          const pv_secagg_scale *s)
{
    assert(divisor > 0);
    for (size_t i = 0; i < length; i++)
        x[i] = (float)(ldexp((double)(int64_t)sum[i], -s->fraction) / divisor);
}
