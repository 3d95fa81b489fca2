#include "crypto/paillier/paillier_i.h"

#include <gmp.h>
#include <sodium.h>
#include <string.h>

enum { BLOCK = 32, CANDIDATES_MAX = 1024 };

size_t pv_paillier_proof_bytes(int bits)
{
    return PV_PAILLIER_ROOTS * (size_t)bits / 8;
}

static void add_u32(crypto_hash_sha256_state *state, uint32_t x)
{
    uint8_t b[4] = {(uint8_t)x, (uint8_t)(x >> 8), (uint8_t)(x >> 16), (uint8_t)(x >> 24)};
    crypto_hash_sha256_update(state, b, sizeof b);
}

/* What all challenges are hashed from, so that each costs two blocks more. */
static void seed_of(uint8_t seed[BLOCK], const pv_paillier_pk *pk, const void *context,
                    size_t context_bytes)
{
    static const char label[] = "privet/1 paillier roots";
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (const uint8_t *)label, sizeof label);
    add_u32(&state, (uint32_t)pk->bits);
    crypto_hash_sha256_update(&state, (const uint8_t *)pk->n, pk->limbs * sizeof *pk->n);
    crypto_hash_sha256_update(&state, context, context_bytes);
    crypto_hash_sha256_final(&state, seed);
}

/* The first of the candidates SHA-256(seed, root, candidate, block) ... that is below n. n has its
 * top bit, so that one in two is at least. */
static pv_status challenge(uint64_t *rho, const pv_paillier_pk *pk, const uint8_t seed[BLOCK],
                           uint32_t root)
{
    crypto_hash_sha256_state state;
    uint8_t *at = (uint8_t *)rho;
    for (uint32_t candidate = 0; candidate < CANDIDATES_MAX; candidate++) {
        for (uint32_t block = 0; block < (uint32_t)pk->bits / (8 * BLOCK); block++) {
            crypto_hash_sha256_init(&state);
            crypto_hash_sha256_update(&state, seed, BLOCK);
            add_u32(&state, root);
            add_u32(&state, candidate);
            add_u32(&state, block);
            crypto_hash_sha256_final(&state, at + (size_t)block * BLOCK);
        }
        if (pv_crt_below(rho, pk->n, pk->limbs)) return PV_OK;
    }
    PV_FAIL(PV_ERR_RUN, "a challenge below n could not be drawn");
}

/* out = t/q of 2·limbs by limbs, where nothing remains: from below (Jebelean 1993), since only a
 * division from above would look at q's top. t is used up. */
static void divide_exactly(uint64_t *out, uint64_t *t, const pv_crt_modulus *q)
{
    for (size_t i = 0; i < q->limbs; i++) {
        out[i] = t[i] * (0 - q->inverse);
        (void)mpn_submul_1(t + i, q->m, (mp_size_t)(q->limbs - i), out[i]);
    }
}

/* d = 1/n mod (p-1), the exponent that undoes n modulo p: n is q there, and with
 * t = -1/(p-1) mod q, 1 + (p-1)·t is a multiple of q: that multiple is d. */
static pv_status root_exponent(uint64_t *d, const pv_paillier_half *h, const pv_paillier_half *o)
{
    size_t limbs = h->p.limbs;
    uint64_t t[PV_PAILLIER_LIMBS] = {0}, x[PV_PAILLIER_LIMBS / 2] = {0};
    memcpy(t, h->order, limbs * sizeof *t);
    pv_crt_reduce(t, t, &o->p);
    pv_crt_sub(t, x, t, o->p.m, limbs);
    pv_status s = pv_paillier_half_inverse(x, o, t);
    if (s == PV_OK) {
        pv_crt_product(t, h->order, x, limbs);
        pv_crt_add_limb(t, 1, 2 * limbs);
        divide_exactly(d, t, &o->p);
    }
    pv_secret_wipe(t, sizeof t);
    pv_secret_wipe(x, sizeof x);
    return s;
}

/* out[i] = the n-th root of rho[i] modulo p */
static pv_status roots_half(uint64_t *out, const pv_paillier_sk *sk, int i, const uint64_t *rho)
{
    const pv_paillier_half *h = &sk->half[i];
    pv_status status = PV_OK;
    size_t limbs = sk->limbs;
    uint64_t d[PV_PAILLIER_LIMBS / 2];
    pv_paillier_scratch wide = {NULL, 0};
    PV_TRY(pv_paillier_scratch_init(&wide, PV_PAILLIER_ROOTS, 2 * limbs));
    PV_TRY_GOTO(root_exponent(d, h, &sk->half[1 - i]));
    for (size_t k = 0; k < PV_PAILLIER_ROOTS; k++)
        pv_crt_reduce(wide.limb + 2 * k * limbs, rho + 2 * k * limbs, &h->p);
    PV_TRY_GOTO(pv_modsq_pow(h->square, wide.limb, wide.limb, d, 64 * limbs, PV_PAILLIER_ROOTS, 1));
    for (size_t k = 0; k < PV_PAILLIER_ROOTS; k++)
        pv_crt_reduce(out + k * limbs, wide.limb + 2 * k * limbs, &h->p);
done:
    pv_secret_wipe(d, sizeof d);
    pv_paillier_scratch_clear(&wide);
    return status;
}

pv_status pv_paillier_prove(uint8_t *proof, const pv_paillier_sk *sk, const void *context,
                            size_t context_bytes)
{
    pv_status status = PV_OK;
    const pv_paillier_pk *pk = sk->pk;
    size_t limbs = sk->limbs;
    uint8_t seed[BLOCK];
    pv_paillier_scratch s = {NULL, 0};
    PV_TRY(pv_paillier_scratch_init(&s, PV_PAILLIER_ROOTS, 4 * limbs));
    uint64_t *rho = s.limb,
             *half[2] = {rho + PV_PAILLIER_ROOTS * 2 * limbs, rho + PV_PAILLIER_ROOTS * 3 * limbs};
    seed_of(seed, pk, context, context_bytes);
    for (uint32_t k = 0; k < PV_PAILLIER_ROOTS; k++)
        PV_TRY_GOTO(challenge(rho + 2 * k * limbs, pk, seed, k));
    for (int i = 0; i < 2; i++) PV_TRY_GOTO(roots_half(half[i], sk, i, rho));
    for (size_t k = 0; k < PV_PAILLIER_ROOTS; k++)
        pv_crt_combine(rho + 2 * k * limbs, half[0] + k * limbs, half[1] + k * limbs,
                       &sk->half[0].p, &sk->half[1].p, sk->half[1].inverse);
    pv_residue_store(proof, rho, PV_PAILLIER_ROOTS, pk);
    PV_TRY_GOTO(pv_paillier_verify(pk, proof, pv_paillier_proof_bytes(pk->bits), context,
                                   context_bytes)); /* a fault would give n away here as well */
done:
    if (status != PV_OK) pv_secret_wipe(proof, pv_paillier_proof_bytes(pk->bits));
    pv_paillier_scratch_clear(&s);
    return status;
}

static int is_root(const uint64_t *sigma, const uint64_t *rho, const pv_paillier_pk *pk)
{
    mpz_t power, s, r, n;
    mp_size_t limbs = (mp_size_t)pk->limbs, of_s = limbs, of_r = limbs;
    if (!pv_crt_below(sigma, pk->n, pk->limbs)) return 0;
    while (of_s > 0 && sigma[of_s - 1] == 0) of_s--;
    while (of_r > 0 && rho[of_r - 1] == 0) of_r--;
    mpz_init(power);
    mpz_roinit_n(n, pk->n, limbs);
    mpz_powm(power, mpz_roinit_n(s, sigma, of_s), n, n);
    int same = mpz_cmp(power, mpz_roinit_n(r, rho, of_r)) == 0;
    mpz_clear(power);
    return same;
}

pv_status pv_paillier_verify(const pv_paillier_pk *pk, const uint8_t *proof, size_t bytes,
                             const void *context, size_t context_bytes)
{
    uint64_t rho[PV_PAILLIER_LIMBS], sigma[PV_PAILLIER_LIMBS];
    uint8_t seed[BLOCK];
    if (bytes != pv_paillier_proof_bytes(pk->bits))
        PV_FAIL(PV_ERR_AUTH,
                "the proof that a Paillier modulus is well-formed has %zu bytes; %zu were expected",
                bytes, pv_paillier_proof_bytes(pk->bits));
    seed_of(seed, pk, context, context_bytes);
    for (uint32_t k = 0; k < PV_PAILLIER_ROOTS; k++) {
        PV_TRY(challenge(rho, pk, seed, k));
        memcpy(sigma, proof + k * pv_residue_bytes(pk), pv_residue_bytes(pk));
        if (!is_root(sigma, rho, pk))
            PV_FAIL(PV_ERR_AUTH,
                    "the proof that a Paillier modulus is well-formed does not hold (root %u of "
                    "%d): refuse the key",
                    k + 1, PV_PAILLIER_ROOTS);
    }
    return PV_OK;
}
