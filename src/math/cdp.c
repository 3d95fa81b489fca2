#include "math/cdp.h"

#include <assert.h>
#include <math.h>

double pv_cdp_gaussian(double sensitivity, double sigma)
{
    double ratio = sensitivity / sigma;
    return 0.5 * ratio * ratio;
}

/* over = α - 1 */
static double bound(double rho, double delta, double over)
{
    return rho * (1 + over) + log(over) - log1p(over) - (log(delta) + log1p(over)) / over;
}

double pv_cdp_epsilon(double rho, double delta)
{
    assert(rho >= 0 && delta > 0 && delta < 1);
    enum { GRID = 400, STEPS = 100 };
    if (rho == 0 || isinf(rho)) return rho;
    /* Around the order where ρ·(α-1) and log(1/δ)/(α-1) meet, on a scale of logarithms: a grid
     * finds the valley, golden sections its bottom. */
    const double middle = 0.5 * log(-log(delta) / rho), width = 12, step = 2 * width / GRID;
    double best = middle, least = INFINITY;
    for (int i = 0; i <= GRID; i++) {
        double at = middle - width + i * step, value = bound(rho, delta, exp(at));
        if (value < least) {
            least = value;
            best = at;
        }
    }
    const double golden = 0.6180339887498949;
    double low = best - step, high = best + step;
    for (int i = 0; i < STEPS; i++) {
        double a = high - golden * (high - low), b = low + golden * (high - low);
        double at_a = bound(rho, delta, exp(a)), at_b = bound(rho, delta, exp(b));
        least = fmin(least, fmin(at_a, at_b));
        if (at_a < at_b)
            high = b;
        else
            low = a;
    }
    return fmax(least, 0);
}
