#include "crypto/paillier/reference.h"

#include "base/mem.h"
#include <gmp.h>
#include <string.h>

struct pv_paillier_reference {
    size_t limbs;
    mpz_t n, n2, p[2], p2[2], order[2], h[2], inverse; /* h[i] = h_p, h_q; inverse = 1/p mod q */
    mpz_t t, u[2];
};

static void initialise(pv_paillier_reference *k)
{
    mpz_inits(k->n, k->n2, k->inverse, k->t, NULL);
    for (int i = 0; i < 2; i++) mpz_inits(k->p[i], k->p2[i], k->order[i], k->h[i], k->u[i], NULL);
}

/* L(x) = (x - 1)/p */
static void logarithm(mpz_t out, const mpz_t x, const mpz_t p)
{
    mpz_sub_ui(out, x, 1);
    mpz_divexact(out, out, p);
}

pv_status pv_paillier_reference_new(pv_paillier_reference **out, const uint64_t *p,
                                    const uint64_t *q, int bits)
{
    pv_paillier_reference *k = pv_calloc(1, sizeof *k);
    *out = k;
    if (k == NULL) PV_FAIL_MEMORY(sizeof *k);
    initialise(k);
    k->limbs = (size_t)bits / 64;
    mpz_import(k->p[0], k->limbs / 2, -1, sizeof *p, 0, 0, p);
    mpz_import(k->p[1], k->limbs / 2, -1, sizeof *q, 0, 0, q);
    mpz_mul(k->n, k->p[0], k->p[1]);
    mpz_mul(k->n2, k->n, k->n);
    mpz_invert(k->inverse, k->p[0], k->p[1]);
    mpz_add_ui(k->t, k->n, 1);
    for (int i = 0; i < 2; i++) {
        mpz_mul(k->p2[i], k->p[i], k->p[i]);
        mpz_sub_ui(k->order[i], k->p[i], 1);
        mpz_powm(k->u[i], k->t, k->order[i], k->p2[i]);
        logarithm(k->u[i], k->u[i], k->p[i]);
        mpz_invert(k->h[i], k->u[i], k->p[i]);
    }
    return PV_OK;
}

void pv_paillier_reference_free(pv_paillier_reference *k)
{
    if (k == NULL) return;
    mpz_clears(k->n, k->n2, k->inverse, k->t, NULL);
    for (int i = 0; i < 2; i++) mpz_clears(k->p[i], k->p2[i], k->order[i], k->h[i], k->u[i], NULL);
    pv_free(k);
}

static void store(uint64_t *out, size_t limbs, const mpz_t x)
{
    memset(out, 0, limbs * sizeof *out);
    mpz_export(out, NULL, -1, sizeof *out, 0, 0, x);
}

void pv_paillier_reference_encrypt(uint64_t *c, pv_paillier_reference *k, const uint64_t *m,
                                   const uint64_t *r)
{
    mpz_import(k->t, k->limbs, -1, sizeof *r, 0, 0, r);
    mpz_powm(k->t, k->t, k->n, k->n2);
    mpz_import(k->u[0], k->limbs, -1, sizeof *m, 0, 0, m);
    mpz_mul(k->u[0], k->u[0], k->n);
    mpz_add_ui(k->u[0], k->u[0], 1);
    mpz_mul(k->t, k->t, k->u[0]);
    mpz_mod(k->t, k->t, k->n2);
    store(c, 2 * k->limbs, k->t);
}

void pv_paillier_reference_decrypt(uint64_t *m, pv_paillier_reference *k, const uint64_t *c)
{
    mpz_import(k->t, 2 * k->limbs, -1, sizeof *c, 0, 0, c);
    for (int i = 0; i < 2; i++) {
        mpz_mod(k->u[i], k->t, k->p2[i]);
        mpz_powm(k->u[i], k->u[i], k->order[i], k->p2[i]);
        logarithm(k->u[i], k->u[i], k->p[i]);
        mpz_mul(k->u[i], k->u[i], k->h[i]);
        mpz_mod(k->u[i], k->u[i], k->p[i]);
    }
    mpz_sub(k->t, k->u[1], k->u[0]);
    mpz_mul(k->t, k->t, k->inverse);
    mpz_mod(k->t, k->t, k->p[1]);
    mpz_mul(k->t, k->t, k->p[0]);
    mpz_add(k->t, k->t, k->u[0]);
    store(m, k->limbs, k->t);
}
