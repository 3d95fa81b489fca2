#include "math/noise.h"

#include <assert.h>
#include <math.h>

typedef unsigned __int128 wide;

enum { FAR = 64 };

void pv_noise_normal(double *out, size_t count, pv_csprng *r)
{
    for (size_t i = 0; i < count; i += 2) {
        double u = (double)((pv_csprng_u64(r) >> 11) + 1) * 0x1p-53; /* (0, 1] */
        double angle = (double)(pv_csprng_u64(r) >> 11) * (0x1p-53 * 2 * M_PI);
        double radius = sqrt(-2 * log(u));
        out[i] = radius * cos(angle);
        if (i + 1 < count) out[i + 1] = radius * sin(angle);
    }
}

/* Uniform in [0, n): the first 2^128 mod n values are rejected, what is left divides evenly. */
static wide below(wide n, pv_csprng *r)
{
    if (n <= UINT64_MAX) return pv_csprng_below(r, (uint64_t)n);
    wide reject = (0 - n) % n, x;
    do x = (wide)pv_csprng_u64(r) << 64 | pv_csprng_u64(r);
    while (x < reject);
    return x % n;
}

/* exp(-g) for g = numerator/denominator <= 1: the first k with no success among draws of
 * probability g/1, g/2, ... is odd with probability 1 - g + g²/2 - ... */
static int exp_of_fraction(wide numerator, wide denominator, pv_csprng *r)
{
    uint64_t k = 1;
    while (below(denominator * k, r) < numerator) k++;
    return k % 2 == 1;
}

/* 1 with probability exp(-numerator/denominator); denominator below 2^114. */
static int bernoulli_exp(wide numerator, wide denominator, pv_csprng *r)
{
    for (wide whole = numerator / denominator; whole > 0; whole--)
        if (!exp_of_fraction(1, 1, r)) return 0;
    return exp_of_fraction(numerator % denominator, denominator, r);
}

int64_t pv_noise_laplace(uint64_t t, pv_csprng *r)
{
    assert(t >= 1 && t <= PV_NOISE_MOST + 1);
    for (;;) {
        uint64_t low = pv_csprng_below(r, t), high = 0;
        if (!exp_of_fraction(low, t, r)) continue;
        while (high <= FAR && exp_of_fraction(1, 1, r)) high++;
        if (high > FAR) continue;
        int64_t x = (int64_t)(low + t * high);
        int minus = (int)pv_csprng_below(r, 2);
        if (minus && x == 0) continue; /* or zero would be drawn twice as often */
        return minus ? -x : x;
    }
}

int64_t pv_noise_gaussian(uint64_t sigma, pv_csprng *r)
{
    assert(sigma >= 1 && sigma <= PV_NOISE_MOST);
    /* A Laplace draw y is kept with probability exp(-(|y| - σ²/t)²/(2σ²)), over a common
     * denominator exp(-(|y|·t - σ²)²/(2σ²t²)). */
    const uint64_t t = sigma + 1, square = sigma * sigma;
    for (;;) {
        int64_t y = pv_noise_laplace(t, r);
        int64_t off = (int64_t)((uint64_t)(y < 0 ? -y : y) * t) - (int64_t)square;
        uint64_t size = (uint64_t)(off < 0 ? -off : off);
        if (bernoulli_exp((wide)size * size, (wide)square * 2 * t * t, r)) return y;
    }
}
