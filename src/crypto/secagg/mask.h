/* crypto/secagg/mask.h - keys that two clients agree on, and the masks made of keys
 *
 *   context   SHA-256("privet/secagg/1\0" run round n t length): names the round in every key
 *   agreed    HMAC-SHA-256(X25519(a, B), use context i key_i j key_j), i and j two clients and
 *             their public keys in an order that the use defines: sender and receiver for bundles,
 *             lower and higher number for masks
 *   derived   HMAC-SHA-256(seed, use context i), i the owner
 *   mask      the key stream of ChaCha20 (Bernstein 2008; nonce 0, counter 0), read as u64le
 *
 * `use` is a constant text and its NUL; client numbers are u16le, n and t u16le, round and length
 * u64le. Keys and seeds are secret: no branch and no address depends on them. X25519 is RFC 7748,
 * HMAC RFC 2104; all from libsodium.
 */
#ifndef PV_CRYPTO_SECAGG_MASK_H
#define PV_CRYPTO_SECAGG_MASK_H

#include "crypto/secagg/secagg.h"

enum { PV_SECAGG_KEY_BYTES = 32 };

#define PV_SECAGG_USE_BUNDLE     "bundle"
#define PV_SECAGG_USE_PAIR_MASK  "pair mask"
#define PV_SECAGG_USE_SELF_MASK  "self mask"
#define PV_SECAGG_USE_COMMITMENT "commitment"

void pv_secagg_context(uint8_t context[32], const pv_secagg_params *p);

/* A new pair. Errors: none; r is drawn once. */
void pv_secagg_key_pair(uint8_t private_key[32], uint8_t public_key[32], pv_csprng *r);
void pv_secagg_public_key(uint8_t public_key[32], const uint8_t private_key[32]);

/* 0 for the public keys whose product with every private key is zero (a small order). Asked once
 * when a key arrives, so that nothing later must branch on a secret product. */
int pv_secagg_key_valid(const uint8_t public_key[32]);

typedef struct pv_secagg_end {
    int client;
    const uint8_t *public_key;
} pv_secagg_end;

/* peer: the public key to multiply by, the valid one of the two ends that is not ours. */
void pv_secagg_agree(uint8_t key[32], const char *use, const uint8_t context[32],
                     const uint8_t private_key[32], const uint8_t peer[32], pv_secagg_end first,
                     pv_secagg_end second);

void pv_secagg_derive(uint8_t key[32], const char *use, const uint8_t context[32],
                      const uint8_t seed[32], int owner);

/* values[i] += mask[i] mod 2^64, or -= */
void pv_secagg_mask_add(uint64_t *values, size_t length, const uint8_t key[32]);
void pv_secagg_mask_subtract(uint64_t *values, size_t length, const uint8_t key[32]);

#endif
