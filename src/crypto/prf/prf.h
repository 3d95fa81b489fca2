/* crypto/prf/prf.h - a keyed pseudorandom function: secrets that repeat when their input does
 *
 * A party that draws a fresh secret for every query gives itself away when the same input comes
 * twice: two answers under two secrets. Derived from the input by a PRF the same input gets the
 * same secret, and a repeated query is the same bytes again.
 *
 * BLAKE2b-256 (RFC 7693), keyed with 32 bytes, over the purpose, its length and the input, is the
 * seed of a ChaCha20 stream (base/csprng.h). Keys and seeds are wiped.
 */
#ifndef PV_CRYPTO_PRF_H
#define PV_CRYPTO_PRF_H

#include "base/csprng.h"

enum { PV_PRF_KEY_BYTES = 32 };

typedef struct pv_prf_key {
    uint8_t byte[PV_PRF_KEY_BYTES];
} pv_prf_key;

void pv_prf_key_random(pv_prf_key *k, pv_csprng *r);
void pv_prf_key_clear(pv_prf_key *k); /* wipes */

/* *r: the stream that belongs to (key, purpose, input); the caller clears it. purpose: a short
 * constant text, one for each use. */
pv_status pv_prf(pv_csprng *r, const pv_prf_key *k, const char *purpose, const void *input,
                 size_t size) PV_MUST_USE;

#endif
