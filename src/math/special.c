#include "math/special.h"

#include <assert.h>
#include <float.h>
#include <math.h>

static double log_gamma(double x)
{
    int sign; /* lgamma keeps it in a global, which threads would share */
    return lgamma_r(x, &sign);
}

double pv_special_log_beta(double a, double b)
{
    return log_gamma(a) + log_gamma(b) - log_gamma(a + b);
}

/* DLMF 8.17.22, evaluated from the front (modified Lentz): the m-th pair of partial numerators is
 *     d_2m   =  m (b-m) x / ((a+2m-1)(a+2m))
 *     d_2m+1 = -(a+m)(a+b+m) x / ((a+2m)(a+2m+1))
 * It converges in O(sqrt(max(a, b))) terms where x < (a+1)/(a+b+2). */
static double beta_fraction(double a, double b, double x)
{
    enum { TERMS = 100000 };
    const double tiny = 1e-300;
    double c = 1.0, d = 1.0 - (a + b) * x / (a + 1.0);
    d = 1.0 / (fabs(d) < tiny ? tiny : d);
    double value = d;
    for (int m = 1; m < TERMS; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        double change = 1.0;
        for (int k = 0; k < 2; k++) {
            double numerator = k == 0 ? even : odd;
            d = 1.0 + numerator * d;
            d = 1.0 / (fabs(d) < tiny ? tiny : d);
            c = 1.0 + numerator / c;
            if (fabs(c) < tiny) c = tiny;
            change = c * d;
            value *= change;
        }
        if (fabs(change - 1.0) <= DBL_EPSILON) break;
    }
    return value;
}

/* x^a (1-x)^b / B(a, b) */
static double beta_front(double a, double b, double x)
{
    return exp(a * log(x) + b * log1p(-x) - pv_special_log_beta(a, b));
}

double pv_special_beta(double a, double b, double x)
{
    assert(a > 0.0 && b > 0.0 && x >= 0.0 && x <= 1.0);
    if (x == 0.0 || x == 1.0) return x;
    if (x < (a + 1.0) / (a + b + 2.0)) return beta_front(a, b, x) * beta_fraction(a, b, x) / a;
    return 1.0 - beta_front(b, a, 1.0 - x) * beta_fraction(b, a, 1.0 - x) / b;
}

double pv_special_beta_inverse(double a, double b, double p)
{
    assert(a > 0.0 && b > 0.0 && p >= 0.0 && p <= 1.0);
    enum { STEPS = 2000 };
    if (p == 0.0 || p == 1.0) return p;
    /* Newton's steps inside a shrinking bracket; a step that leaves it is replaced by halving, so
     * that the flat ends of the distribution function cost time and never the answer. */
    double low = 0.0, high = 1.0, x = a / (a + b);
    for (int i = 0; i < STEPS; i++) {
        double excess = pv_special_beta(a, b, x) - p;
        if (excess == 0.0) break;
        *(excess < 0.0 ? &low : &high) = x;
        double next = x - excess * x * (1.0 - x) / beta_front(a, b, x);
        if (!(next > low && next < high)) next = 0.5 * (low + high);
        if (fabs(next - x) <= DBL_EPSILON * fmin(x, next)) break;
        x = next;
    }
    return x;
}

double pv_special_normal(double x)
{
    return 0.5 * erfc(-x * M_SQRT1_2);
}

double pv_special_normal_quantile(double p)
{
    assert(p >= 0.0 && p <= 1.0);
    if (p == 0.0) return -INFINITY;
    if (p == 1.0) return INFINITY;
    if (p > 0.5) return -pv_special_normal_quantile(1.0 - p);
    /* Abramowitz & Stegun 26.2.23 is right to 4.5e-4; each step of Halley's method triples the
     * number of correct digits, in the tail as well since erfc is exact relative to its size. */
    double t = sqrt(-2.0 * log(p));
    double x = (2.515517 + t * (0.802853 + t * 0.010328)) /
                   (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308))) -
               t;
    for (int i = 0; i < 3; i++) {
        double density = exp(-0.5 * x * x) * (0.5 * M_2_SQRTPI * M_SQRT1_2);
        double newton = (pv_special_normal(x) - p) / density;
        x -= newton / (1.0 + 0.5 * x * newton);
    }
    return x;
}
