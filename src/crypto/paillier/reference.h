/* crypto/paillier/reference.h - Paillier as a textbook has it, by GMP's integers: the yardstick
 *
 * One ciphertext at a time, c = (1 + m·n)·r^n mod n² and decryption by the Chinese remainder
 * theorem (Paillier 1999, section 7), as anybody would write it. Neither constant in time nor
 * wiped: for benchmarks and tests, with keys that are no secrets. Sizes as in paillier.h.
 */
#ifndef PV_CRYPTO_PAILLIER_REFERENCE_H
#define PV_CRYPTO_PAILLIER_REFERENCE_H

#include "base/trail.h"
#include <stddef.h>
#include <stdint.h>

typedef struct pv_paillier_reference pv_paillier_reference;

/* p, q: bits/2 bits each */
pv_status pv_paillier_reference_new(pv_paillier_reference **out, const uint64_t *p,
                                    const uint64_t *q, int bits) PV_MUST_USE;
void pv_paillier_reference_free(pv_paillier_reference *k); /* accepts NULL */
void pv_paillier_reference_encrypt(uint64_t *c, pv_paillier_reference *k, const uint64_t *m,
                                   const uint64_t *r);
void pv_paillier_reference_decrypt(uint64_t *m, pv_paillier_reference *k, const uint64_t *c);

#endif
