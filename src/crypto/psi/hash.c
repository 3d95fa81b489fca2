#include "crypto/psi/hash.h"

#include "base/secret.h"
#include <assert.h>
#include <sodium.h>
#include <string.h>

enum { HASH = crypto_hash_sha512_BYTES, BLOCK = 128, MOST_DST = 255, MOST = 255 * HASH };

static void domain(crypto_hash_sha512_state *state, const pv_psi_domain *d)
{
    const uint8_t size = (uint8_t)d->size;
    crypto_hash_sha512_update(state, d->dst, d->size);
    crypto_hash_sha512_update(state, &size, 1);
}

static void begin(uint8_t b0[HASH], size_t size, const pv_psi_message *m, const pv_psi_domain *d)
{
    static const uint8_t zeros[BLOCK];
    const uint8_t length[3] = {(uint8_t)(size >> 8), (uint8_t)size, 0};
    crypto_hash_sha512_state state;
    crypto_hash_sha512_init(&state);
    crypto_hash_sha512_update(&state, zeros, sizeof zeros);
    if (m->first_bytes > 0) crypto_hash_sha512_update(&state, m->first, m->first_bytes);
    if (m->second_bytes > 0) crypto_hash_sha512_update(&state, m->second, m->second_bytes);
    crypto_hash_sha512_update(&state, length, sizeof length);
    domain(&state, d);
    crypto_hash_sha512_final(&state, b0);
    pv_secret_wipe(&state, sizeof state);
}

static void expand(uint8_t *out, size_t size, const pv_psi_message *m, const pv_psi_domain *d)
{
    uint8_t b0[HASH], b[HASH] = {0};
    crypto_hash_sha512_state state;
    begin(b0, size, m, d);
    for (size_t at = 0, i = 1; at < size; at += HASH, i++) {
        const uint8_t number = (uint8_t)i;
        for (int k = 0; k < HASH; k++) b[k] ^= b0[k];
        crypto_hash_sha512_init(&state);
        crypto_hash_sha512_update(&state, b, HASH);
        crypto_hash_sha512_update(&state, &number, 1);
        domain(&state, d);
        crypto_hash_sha512_final(&state, b);
        memcpy(out + at, b, size - at < HASH ? size - at : HASH);
    }
    pv_secret_wipe(&state, sizeof state);
    pv_secret_wipe(b0, sizeof b0);
    pv_secret_wipe(b, sizeof b);
}

pv_status pv_psi_hash_expand(uint8_t *out, size_t size, const pv_psi_message *m,
                             const pv_psi_domain *d)
{
    if (d->size == 0 || d->size > MOST_DST || size > MOST)
        PV_FAIL(PV_ERR_USAGE,
                "hashing %zu bytes for a domain of %zu: at most %d, and 1 to %d, can be", size,
                d->size, MOST, MOST_DST);
    expand(out, size, m, d);
    return PV_OK;
}

void pv_psi_hash_point(uint8_t point[32], const pv_psi_message *m, const pv_psi_domain *d)
{
    uint8_t uniform[crypto_core_ristretto255_HASHBYTES];
    assert(d->size > 0 && d->size <= MOST_DST);
    expand(uniform, sizeof uniform, m, d);
    /* Never fails: every 64 bytes have a point. */
    (void)crypto_core_ristretto255_from_hash(point, uniform);
    pv_secret_wipe(uniform, sizeof uniform);
}
