#include "crypto/identity/hmac.h"

#include "base/secret.h"

enum { BLOCK = 64 }; /* of SHA-256 */

/* SHA-256 of the padded key and data. */
static pv_status half(pv_hash *out, const uint8_t *key, uint8_t pad, const void *data, size_t size)
{
    pv_hasher s;
    uint8_t block[BLOCK];
    PV_TRY(pv_hasher_init(&s));
    for (int i = 0; i < BLOCK; i++) block[i] = (uint8_t)((i < PV_HMAC_KEY ? key[i] : 0) ^ pad);
    pv_hasher_add(&s, block, sizeof block);
    pv_hasher_add(&s, data, size);
    pv_secret_wipe(block, sizeof block);
    return pv_hasher_end(&s, out); /* OpenSSL wipes the state */
}

pv_status pv_hmac(pv_hash *out, const uint8_t key[PV_HMAC_KEY], const void *data, size_t size)
{
    pv_hash inner;
    PV_TRY(half(&inner, key, 0x36, data, size));
    pv_status s = half(out, key, 0x5C, inner.byte, sizeof inner.byte);
    pv_secret_wipe(&inner, sizeof inner);
    return s;
}
