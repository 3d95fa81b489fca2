#include "crypto/paillier/crt.h"

#include "base/secret.h"
#include "math/modular/double.h"
#include <gmp.h>
#include <string.h>

_Static_assert(sizeof(mp_limb_t) == sizeof(uint64_t) && GMP_NAIL_BITS == 0,
               "GMP's limbs are read as numbers of 64 bits");

void pv_crt_product(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t limbs)
{
    out[limbs] = mpn_mul_1(out, a, (mp_size_t)limbs, b[0]);
    for (size_t i = 1; i < limbs; i++)
        out[limbs + i] = mpn_addmul_1(out + i, a, (mp_size_t)limbs, b[i]);
}

void pv_crt_add_limb(uint64_t *x, uint64_t carry, size_t limbs)
{
    for (size_t i = 0; i < limbs; i++) {
        unsigned __int128 t = (unsigned __int128)x[i] + carry;
        x[i] = (uint64_t)t;
        carry = (uint64_t)(t >> 64);
    }
}

void pv_crt_sub_limb(uint64_t *x, uint64_t borrow, size_t limbs)
{
    for (size_t i = 0; i < limbs; i++) {
        unsigned __int128 t = (unsigned __int128)x[i] - borrow;
        x[i] = (uint64_t)t;
        borrow = (uint64_t)(t >> 64) & 1;
    }
}

uint64_t pv_crt_below(const uint64_t *a, const uint64_t *b, size_t limbs)
{
    uint64_t borrow = 0;
    for (size_t i = 0; i < limbs; i++) {
        unsigned __int128 d = (unsigned __int128)a[i] - b[i] - borrow;
        borrow = (uint64_t)(d >> 64) & 1;
    }
    return borrow;
}

uint64_t pv_crt_zero(const uint64_t *a, size_t limbs)
{
    uint64_t any = 0;
    for (size_t i = 0; i < limbs; i++) any |= a[i];
    return 1 ^ ((any | (0 - any)) >> 63);
}

void pv_crt_select(uint64_t *out, uint64_t bit, const uint64_t *a, const uint64_t *b, size_t limbs)
{
    uint64_t mask = pv_secret_mask(bit);
    for (size_t i = 0; i < limbs; i++) out[i] = b[i] ^ (mask & (a[i] ^ b[i]));
}

void pv_crt_add(uint64_t *out, const uint64_t *a, const uint64_t *b, const uint64_t *m,
                size_t limbs)
{
    mp_size_t n = (mp_size_t)limbs;
    uint64_t less[PV_CRT_LIMBS];
    uint64_t carry = mpn_add_n(out, a, b, n);
    uint64_t borrow = mpn_sub_n(less, out, m, n);
    pv_crt_select(out, carry | (borrow ^ 1), less, out, limbs);
    pv_secret_wipe(less, limbs * sizeof *less);
}

void pv_crt_sub(uint64_t *out, const uint64_t *a, const uint64_t *b, const uint64_t *m,
                size_t limbs)
{
    mp_size_t n = (mp_size_t)limbs;
    uint64_t more[PV_CRT_LIMBS];
    uint64_t borrow = mpn_sub_n(out, a, b, n);
    (void)mpn_add_n(more, out, m, n);
    pv_crt_select(out, borrow, more, out, limbs);
    pv_secret_wipe(more, limbs * sizeof *more);
}

/* out = t/R mod m; t: 2·limbs limbs, below m·R, is used up. */
static void redc(uint64_t *out, uint64_t *t, const pv_crt_modulus *M)
{
    mp_size_t n = (mp_size_t)M->limbs;
    for (mp_size_t i = 0; i < n; i++) t[i] = mpn_addmul_1(t + i, M->m, n, t[i] * M->inverse);
    pv_crt_add(out, t + n, t, M->m, M->limbs);
}

void pv_crt_mul(uint64_t *out, const uint64_t *a, const uint64_t *b, const pv_crt_modulus *M)
{
    uint64_t t[2 * PV_CRT_LIMBS];
    pv_crt_product(t, a, b, M->limbs);
    redc(out, t, M);
    pv_secret_wipe(t, 2 * M->limbs * sizeof *t);
}

void pv_crt_enter(uint64_t *out, const uint64_t *a, const pv_crt_modulus *M)
{
    pv_crt_mul(out, a, M->rr, M);
}

void pv_crt_reduce(uint64_t *out, const uint64_t *x, const pv_crt_modulus *M)
{
    uint64_t t[2 * PV_CRT_LIMBS];
    memcpy(t, x, 2 * M->limbs * sizeof *t);
    redc(out, t, M);
    pv_crt_enter(out, out, M);
    pv_secret_wipe(t, 2 * M->limbs * sizeof *t);
}

void pv_crt_init(pv_crt_modulus *M, const uint64_t *m, size_t limbs)
{
    uint64_t x = m[0]; /* m[0]^-1 to 3 bits; each round doubles them */
    memset(M, 0, sizeof *M);
    M->limbs = limbs;
    memcpy(M->m, m, limbs * sizeof *m);
    for (int i = 0; i < 5; i++) x *= 2 - m[0] * x;
    M->inverse = 0 - x;
    M->rr[0] = 1; /* R² mod m: 1 doubled as often */
    for (size_t i = 0; i < 128 * limbs; i++) (void)pv_double_mod(M->rr, M->m, limbs);
}

void pv_crt_combine(uint64_t *out, const uint64_t *a, const uint64_t *b, const pv_crt_modulus *p,
                    const pv_crt_modulus *q, const uint64_t *inverse)
{
    mp_size_t n = (mp_size_t)p->limbs;
    uint64_t t[PV_CRT_LIMBS];
    pv_crt_sub(t, b, a, q->m, q->limbs); /* a < p < q */
    pv_crt_mul(t, t, inverse, q);
    pv_crt_product(out, p->m, t, p->limbs);
    uint64_t carry = mpn_add_n(out, out, a, n);
    pv_crt_add_limb(out + n, carry, p->limbs);
    pv_secret_wipe(t, p->limbs * sizeof *t);
}
