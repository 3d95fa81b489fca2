#include "privet/metric.h"

#include "math/special.h"
#include <assert.h>
#include <math.h>

pv_interval pv_clopper_pearson(int64_t k, int64_t n, double confidence)
{
    assert(n >= 1 && k >= 0 && k <= n && confidence > 0.0 && confidence < 1.0);
    double a = 1.0 - confidence, hits = (double)k, misses = (double)(n - k);
    return (pv_interval){
        k == 0 ? 0.0 : pv_special_beta_inverse(hits, misses + 1.0, 0.5 * a),
        k == n ? 1.0 : pv_special_beta_inverse(hits + 1.0, misses, 1.0 - 0.5 * a),
    };
}

pv_interval pv_wilson(int64_t k, int64_t n, double confidence)
{
    assert(n >= 1 && k >= 0 && k <= n && confidence > 0.0 && confidence < 1.0);
    double m = (double)n, p = (double)k / m, z = pv_special_normal_quantile(0.5 + 0.5 * confidence);
    double scale = 1.0 + z * z / m, centre = p + z * z / (2.0 * m);
    double half = z * sqrt(p * (1.0 - p) / m + z * z / (4.0 * m * m));
    /* at the ends rounding would leave a trace of the other side */
    return (pv_interval){k == 0 ? 0.0 : (centre - half) / scale,
                         k == n ? 1.0 : (centre + half) / scale};
}
