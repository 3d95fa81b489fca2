/* crypto/paillier/crt.h - few operations modulo a secret odd number: the two ends of a key's halves
 *
 * The owner of a key computes modulo p² and q² (math/modular/modsq.h does the bulk of it); what
 * comes in is reduced first, and what comes out is put together by the Chinese remainder theorem.
 * Both are a handful of multiplications beside thousands, so they are plain Montgomery arithmetic
 * (Montgomery 1985) with R = 2^(64·limbs), in GMP's loops over limbs (mpn_addmul_1 and its like),
 * whose operations and addresses depend on sizes alone. No value here decides a branch.
 */
#ifndef PV_CRYPTO_PAILLIER_CRT_H
#define PV_CRYPTO_PAILLIER_CRT_H

#include <stddef.h>
#include <stdint.h>

enum { PV_CRT_LIMBS = 64 }; /* at most */

typedef struct pv_crt_modulus {
    size_t limbs;
    uint64_t inverse;          /* -m^-1 mod 2^64 */
    uint64_t m[PV_CRT_LIMBS];  /* odd */
    uint64_t rr[PV_CRT_LIMBS]; /* R² mod m */
} pv_crt_modulus;

void pv_crt_init(pv_crt_modulus *M, const uint64_t *m, size_t limbs);

/* out = x mod m, x of 2·limbs limbs and below m·R. */
void pv_crt_reduce(uint64_t *out, const uint64_t *x, const pv_crt_modulus *M);
/* out = a·R mod m, a below R: a constant's form that makes pv_crt_mul a plain product */
void pv_crt_enter(uint64_t *out, const uint64_t *a, const pv_crt_modulus *M);
/* out = a·b/R mod m; a·b < m·R. out may be an argument. */
void pv_crt_mul(uint64_t *out, const uint64_t *a, const uint64_t *b, const pv_crt_modulus *M);

/* The x below p·q with x = a mod p and x = b mod q, p < q of the same number of limbs; inverse:
 * p^-1·R mod q. out: 2·limbs limbs. */
void pv_crt_combine(uint64_t *out, const uint64_t *a, const uint64_t *b, const pv_crt_modulus *p,
                    const pv_crt_modulus *q, const uint64_t *inverse);

/* ---- on plain limbs */
/* out = (a + b) mod m, a + b < 2m; out may be an argument */
void pv_crt_add(uint64_t *out, const uint64_t *a, const uint64_t *b, const uint64_t *m,
                size_t limbs);
/* out = (a - b) mod m, -m <= a - b < m; likewise */
void pv_crt_sub(uint64_t *out, const uint64_t *a, const uint64_t *b, const uint64_t *m,
                size_t limbs);
/* out (2·limbs) = a·b */
void pv_crt_product(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t limbs);
/* x += carry, x -= borrow: of one limb. GMP's mpn_add_1 and mpn_sub_1 stop where nothing is carried
 * any more, and so tell. */
void pv_crt_add_limb(uint64_t *x, uint64_t carry, size_t limbs);
void pv_crt_sub_limb(uint64_t *x, uint64_t borrow, size_t limbs);
/* 1 when a < b */
uint64_t pv_crt_below(const uint64_t *a, const uint64_t *b, size_t limbs);
/* 1 when all limbs are zero */
uint64_t pv_crt_zero(const uint64_t *a, size_t limbs);
/* out = bit ? a : b; out may be an argument */
void pv_crt_select(uint64_t *out, uint64_t bit, const uint64_t *a, const uint64_t *b, size_t limbs);

#endif
