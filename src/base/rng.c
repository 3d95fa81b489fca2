#include "privet/rng.h"

#include <math.h>

enum { ROUNDS = 10 };

static const uint32_t MULTIPLIER[2] = {0xD2511F53u, 0xCD9E8D57u};
static const uint32_t WEYL[2] = {0x9E3779B9u, 0xBB67AE85u};

void pv_rng_block(uint64_t seed, uint64_t stream, uint64_t block, uint32_t out[4])
{
    uint32_t c[4] = {(uint32_t)block, (uint32_t)(block >> 32), (uint32_t)stream,
                     (uint32_t)(stream >> 32)};
    uint32_t k[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t p0 = (uint64_t)MULTIPLIER[0] * c[0], p1 = (uint64_t)MULTIPLIER[1] * c[2];
        uint32_t next[4] = {(uint32_t)(p1 >> 32) ^ c[1] ^ k[0], (uint32_t)p1,
                            (uint32_t)(p0 >> 32) ^ c[3] ^ k[1], (uint32_t)p0};
        for (int i = 0; i < 4; i++) c[i] = next[i];
        k[0] += WEYL[0];
        k[1] += WEYL[1];
    }
    for (int i = 0; i < 4; i++) out[i] = c[i];
}

/* The next n words, with as few blocks as they need. */
static void draw(pv_rng *r, uint32_t *out, int n)
{
    uint32_t w[4];
    for (int i = 0; i < n;) {
        pv_rng_block(r->seed, r->stream, r->position / 4, w);
        do out[i++] = w[r->position++ % 4];
        while (i < n && r->position % 4 != 0);
    }
}

static uint64_t join(const uint32_t w[2])
{
    return (uint64_t)w[1] << 32 | w[0];
}

/* [0, 1), 53 bits */
static double unit(uint64_t x)
{
    return (double)(x >> 11) * 0x1p-53;
}

pv_rng pv_rng_make(uint64_t seed, uint64_t stream)
{
    return (pv_rng){.seed = seed, .stream = stream, .position = 0};
}

pv_rng pv_rng_fork(const pv_rng *r, uint64_t index)
{
    /* The child's seed is a block of a counter space that pv_rng_u32 never visits (top bit of the
     * block). */
    uint32_t w[4];
    pv_rng_block(r->seed, r->stream, index | (UINT64_C(1) << 63), w);
    return pv_rng_make(join(w), join(w + 2));
}

uint32_t pv_rng_u32(pv_rng *r)
{
    uint32_t w;
    draw(r, &w, 1);
    return w;
}

uint64_t pv_rng_u64(pv_rng *r)
{
    uint32_t w[2];
    draw(r, w, 2);
    return join(w);
}

uint64_t pv_rng_below(pv_rng *r, uint64_t n)
{
    /* Reject the first 2^64 mod n values: what is left divides evenly. */
    uint64_t reject = (0 - n) % n, x;
    do x = pv_rng_u64(r);
    while (x < reject);
    return x % n;
}

double pv_rng_uniform(pv_rng *r)
{
    return unit(pv_rng_u64(r));
}

double pv_rng_normal(pv_rng *r)
{
    uint32_t w[4];
    draw(r, w, 4);
    double u = 1.0 - unit(join(w)), v = unit(join(w + 2));
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v);
}

double pv_rng_gamma(pv_rng *r, double shape)
{
    if (shape < 1.0) {
        double u = 1.0 - pv_rng_uniform(r);
        return pv_rng_gamma(r, shape + 1.0) * pow(u, 1.0 / shape);
    }
    double d = shape - 1.0 / 3.0, c = 1.0 / sqrt(9.0 * d);
    for (;;) {
        double x = pv_rng_normal(r), v = 1.0 + c * x;
        if (v <= 0.0) continue;
        v = v * v * v;
        double u = 1.0 - pv_rng_uniform(r);
        if (log(u) < 0.5 * x * x + d - d * v + d * log(v)) return d * v;
    }
}

void pv_rng_shuffle(pv_rng *r, uint32_t *items, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)pv_rng_below(r, i);
        uint32_t t = items[i - 1];
        items[i - 1] = items[j];
        items[j] = t;
    }
}
