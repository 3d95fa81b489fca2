/* base/csprng.h - unpredictable randomness: keys, masks, noise that must hide something, shares
 *
 * ChaCha20 (Bernstein 2008) with fast key erasure (Bernstein 2017): each refill makes 1,024 bytes
 * of key stream, its first 32 become the next key, the rest is handed out and wiped as it goes. Who
 * sees the state later cannot compute what was drawn before.
 *
 * Two beginnings:
 *
 *   pv_csprng_init    a key from the operating system: for what is drawn once (a party's keys);
 *   pv_csprng_derive  a key derived from the party's 32-byte run key by purpose, step and attempt,
 *       BLAKE2b-256 (RFC 7693) keyed with the run key over the three: for what a role draws while
 * it runs, so that a step replayed after a crash draws the same bytes. `attempt` counts
 *       re-executions of a step whose bytes never reached the disk: those must draw afresh, since a
 *       mask or nonce used on two different messages gives both away. Different purposes, steps or
 *       attempts give independent streams.
 *
 * The bytes do not depend on how they are cut into requests. This is on purpose another type than
 * pv_rng. A pv_csprng is used by one thread, is not copied and is cleared, which wipes it.
 */
#ifndef PV_BASE_CSPRNG_H
#define PV_BASE_CSPRNG_H

#include "privet/status.h"
#include <stddef.h>
#include <stdint.h>

enum { PV_RUN_KEY_BYTES = 32 };

typedef struct pv_csprng {
    uint8_t key[32];
    uint8_t buffer[1024 - 32];
    size_t left; /* unused bytes at the end of buffer */
} pv_csprng;

/* Errors of both: PV_ERR_RUN when the operating system gives no randomness. */
pv_status pv_csprng_init(pv_csprng *r) PV_MUST_USE;

/* purpose: a short constant text, one for each use, "instahide/mix". */
pv_status pv_csprng_derive(pv_csprng *r, const uint8_t run_key[PV_RUN_KEY_BYTES],
                           const char *purpose, uint64_t step, uint64_t attempt) PV_MUST_USE;

void pv_csprng_clear(pv_csprng *r); /* wipes; idempotent */

void pv_csprng_bytes(pv_csprng *r, void *out, size_t size);
uint64_t pv_csprng_u64(pv_csprng *r);

/* Uniform in [0, n), exactly; n >= 1. The number of draws depends on the draws themselves, not on
 * the result. */
uint64_t pv_csprng_below(pv_csprng *r, uint64_t n);

#endif
