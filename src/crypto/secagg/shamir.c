#include "crypto/secagg/shamir.h"

#include "base/secret.h"
#include <assert.h>
#include <string.h>

enum { MAX_WORDS = PV_SHAMIR_MAX_BYTES / 2, REDUCE = 0x2B /* z^16 = z^5 + z^3 + z + 1 */ };

static uint16_t times_z(uint16_t v)
{
    return (uint16_t)((unsigned)v << 1) ^ (uint16_t)((0u - (v >> 15)) & REDUCE);
}

uint16_t pv_shamir_multiply(uint16_t a, uint16_t b)
{
    uint16_t product = 0;
    for (int bit = 15; bit >= 0; bit--)
        product = times_z(product) ^ (uint16_t)(a & pv_secret_mask(b >> bit & 1));
    return product;
}

/* v *= factor, word by word; only the public factor decides what is done. */
static void scale(uint16_t *v, size_t words, uint16_t factor)
{
    uint16_t from[MAX_WORDS];
    memcpy(from, v, words * sizeof *v);
    memset(v, 0, words * sizeof *v);
    int bit = 15;
    while (bit > 0 && factor >> bit == 0) bit--;
    for (; bit >= 0; bit--) {
        for (size_t i = 0; i < words; i++) v[i] = times_z(v[i]);
        if (factor >> bit & 1)
            for (size_t i = 0; i < words; i++) v[i] ^= from[i];
    }
    pv_secret_wipe(from, sizeof from);
}

static void load(uint16_t *v, const uint8_t *p, size_t words)
{
    for (size_t i = 0; i < words; i++) v[i] = (uint16_t)(p[2 * i] | (unsigned)p[2 * i + 1] << 8);
}

static void store(uint8_t *p, const uint16_t *v, size_t words)
{
    for (size_t i = 0; i < words; i++) {
        p[2 * i] = (uint8_t)v[i];
        p[2 * i + 1] = (uint8_t)(v[i] >> 8);
    }
}

static void add(uint16_t *v, const uint8_t *p, size_t words)
{
    for (size_t i = 0; i < words; i++) v[i] ^= (uint16_t)(p[2 * i] | (unsigned)p[2 * i + 1] << 8);
}

pv_status pv_shamir_split(uint8_t *shares, const uint8_t *secret, size_t size, int n, int t,
                          pv_csprng *r)
{
    assert(size % 2 == 0 && size <= PV_SHAMIR_MAX_BYTES && t >= 1 && t <= n && n <= UINT16_MAX);
    size_t words = size / 2, degree = (size_t)t - 1;
    uint16_t value[MAX_WORDS];
    uint8_t *coefficient = pv_secret_alloc(degree * size + 16); /* of z^1, z^2, ... */
    if (coefficient == NULL) PV_FAIL_MEMORY(degree * size + 16);
    pv_csprng_bytes(r, coefficient, degree * size);
    for (int x = 1; x <= n; x++) {
        memset(value, 0, sizeof value);
        for (size_t k = degree; k > 0; k--) { /* Horner */
            add(value, coefficient + (k - 1) * size, words);
            scale(value, words, (uint16_t)x);
        }
        add(value, secret, words);
        store(shares + (size_t)(x - 1) * size, value, words);
    }
    pv_secret_wipe(value, sizeof value);
    pv_secret_free(coefficient);
    return PV_OK;
}

static uint16_t inverse(uint16_t a)
{
    uint16_t power = a, product = 1; /* a^(2^16 - 2) = a^2 a^4 ... a^(2^15) */
    for (int i = 1; i < 16; i++) {
        power = pv_shamir_multiply(power, power);
        product = pv_shamir_multiply(product, power);
    }
    return product;
}

void pv_shamir_weights(uint16_t *weight, const uint16_t *point, int t)
{
    for (int i = 0; i < t; i++) {
        uint16_t above = 1, below = 1;
        for (int j = 0; j < t; j++) {
            if (j == i) continue;
            above = pv_shamir_multiply(above, point[j]);
            below = pv_shamir_multiply(below, point[j] ^ point[i]);
        }
        assert(point[i] != 0 && below != 0);
        weight[i] = pv_shamir_multiply(above, inverse(below));
    }
}

void pv_shamir_add(uint8_t *secret, const uint8_t *share, size_t size, uint16_t weight)
{
    assert(size % 2 == 0 && size <= PV_SHAMIR_MAX_BYTES);
    uint16_t value[MAX_WORDS];
    load(value, share, size / 2);
    scale(value, size / 2, weight);
    add(value, secret, size / 2);
    store(secret, value, size / 2);
    pv_secret_wipe(value, sizeof value);
}
