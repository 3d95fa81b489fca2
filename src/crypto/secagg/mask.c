#include "crypto/secagg/mask.h"

#include "base/secret.h"
#include <sodium.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "masks are read as they lie in memory");

enum { CHUNK = 512 }; /* values a piece: their masks stay in the fastest cache */

static void store(uint8_t *p, uint64_t v, size_t n)
{
    for (size_t i = 0; i < n; i++) p[i] = (uint8_t)(v >> (8 * i));
}

void pv_secagg_context(uint8_t context[32], const pv_secagg_params *p)
{
    static const char label[] = "privet/secagg/1";
    uint8_t bytes[sizeof label + PV_SECAGG_RUN_BYTES + 8 + 2 + 2 + 8], *at = bytes;
    memcpy(at, label, sizeof label);
    at += sizeof label;
    memcpy(at, p->run, PV_SECAGG_RUN_BYTES);
    at += PV_SECAGG_RUN_BYTES;
    store(at, p->round, 8);
    store(at + 8, (uint64_t)p->n, 2);
    store(at + 10, (uint64_t)p->t, 2);
    store(at + 12, p->length, 8);
    crypto_hash_sha256(context, bytes, sizeof bytes);
}

void pv_secagg_public_key(uint8_t public_key[32], const uint8_t private_key[32])
{
    /* Never fails: the base point has a large order. */
    (void)crypto_scalarmult_curve25519_base(public_key, private_key);
}

void pv_secagg_key_pair(uint8_t private_key[32], uint8_t public_key[32], pv_csprng *r)
{
    pv_csprng_bytes(r, private_key, 32);
    pv_secagg_public_key(public_key, private_key);
}

int pv_secagg_key_valid(const uint8_t public_key[32])
{
    static const uint8_t any[32] = {8}; /* X25519 makes every private key a multiple of 8 */
    uint8_t product[32];
    return crypto_scalarmult_curve25519(product, any, public_key) == 0;
}

static void begin(crypto_auth_hmacsha256_state *state, const uint8_t key[32], const char *use,
                  const uint8_t context[32])
{
    crypto_auth_hmacsha256_init(state, key, 32);
    crypto_auth_hmacsha256_update(state, (const uint8_t *)use, strlen(use) + 1);
    crypto_auth_hmacsha256_update(state, context, 32);
}

static void absorb(crypto_auth_hmacsha256_state *state, int client)
{
    uint8_t number[2];
    store(number, (uint64_t)client, sizeof number);
    crypto_auth_hmacsha256_update(state, number, sizeof number);
}

void pv_secagg_agree(uint8_t key[32], const char *use, const uint8_t context[32],
                     const uint8_t private_key[32], const uint8_t peer[32], pv_secagg_end first,
                     pv_secagg_end second)
{
    crypto_auth_hmacsha256_state state;
    uint8_t product[32];
    int zero = crypto_scalarmult_curve25519(product, private_key, peer);
    (void)zero; /* pv_secagg_key_valid has ruled it out */
    begin(&state, product, use, context);
    absorb(&state, first.client);
    crypto_auth_hmacsha256_update(&state, first.public_key, 32);
    absorb(&state, second.client);
    crypto_auth_hmacsha256_update(&state, second.public_key, 32);
    crypto_auth_hmacsha256_final(&state, key);
    pv_secret_wipe(product, sizeof product);
    pv_secret_wipe(&state, sizeof state);
}

void pv_secagg_derive(uint8_t key[32], const char *use, const uint8_t context[32],
                      const uint8_t seed[32], int owner)
{
    crypto_auth_hmacsha256_state state;
    begin(&state, seed, use, context);
    absorb(&state, owner);
    crypto_auth_hmacsha256_final(&state, key);
    pv_secret_wipe(&state, sizeof state);
}

static void expand(uint64_t mask[CHUNK], size_t n, size_t at, const uint8_t key[32])
{
    /* A key makes one mask only, so the nonce may be constant. */
    static const uint8_t nonce[crypto_stream_chacha20_NONCEBYTES] = {0};
    uint8_t *bytes = (uint8_t *)mask;
    memset(bytes, 0, 8 * n);
    crypto_stream_chacha20_xor_ic(bytes, bytes, 8 * n, nonce, at / 8, key); /* 64 bytes a block */
}

void pv_secagg_mask_add(uint64_t *values, size_t length, const uint8_t key[32])
{
    uint64_t mask[CHUNK];
    for (size_t at = 0; at < length; at += CHUNK) {
        size_t n = length - at < CHUNK ? length - at : CHUNK;
        expand(mask, n, at, key);
        for (size_t i = 0; i < n; i++) values[at + i] += mask[i];
    }
    pv_secret_wipe(mask, sizeof mask);
}

void pv_secagg_mask_subtract(uint64_t *values, size_t length, const uint8_t key[32])
{
    uint64_t mask[CHUNK];
    for (size_t at = 0; at < length; at += CHUNK) {
        size_t n = length - at < CHUNK ? length - at : CHUNK;
        expand(mask, n, at, key);
        for (size_t i = 0; i < n; i++) values[at + i] -= mask[i];
    }
    pv_secret_wipe(mask, sizeof mask);
}
