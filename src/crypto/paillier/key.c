#include "crypto/paillier/paillier_i.h"

#include "math/modular/prime.h"
#include <gmp.h>
#include <sodium.h>
#include <string.h>

enum { ERROR_BITS = 80, SMALL = 1 << 16 };

static int known_bits(int bits)
{
    return bits == 2048 || bits == 3072 || bits == 4096;
}

/* ---- public keys */

pv_status pv_paillier_pk_assemble(pv_paillier_pk **out, const uint64_t *n, int bits,
                                  pv_modsq_code code)
{
    pv_status status = PV_OK;
    pv_paillier_pk *pk = pv_calloc(1, sizeof *pk);
    *out = NULL;
    if (pk == NULL) PV_FAIL_MEMORY(sizeof *pk);
    pk->bits = bits;
    pk->limbs = (size_t)bits / 64;
    memcpy(pk->n, n, pk->limbs * sizeof *n);
    pv_crt_product(pk->n2, pk->n, pk->n, pk->limbs);
    PV_TRY_GOTO(pv_modsq_new(&pk->square, pk->n, pk->limbs, code));
    *out = pk;
    return PV_OK;
done:
    pv_paillier_pk_free(pk);
    return status;
}

/* n is public, so GMP's integers may have it. */
static int perfect_power(const uint64_t *n, size_t limbs)
{
    mpz_t z;
    int is = mpz_perfect_power_p(mpz_roinit_n(z, n, (mp_size_t)limbs));
    return is;
}

static pv_status well_formed(const uint64_t *n, size_t limbs)
{
    pv_status status = PV_OK;
    pv_csprng r;
    if (n[limbs - 1] >> 63 == 0)
        PV_FAIL(PV_ERR_RANGE, "a Paillier modulus of %zu bytes has less than %zu bits", 8 * limbs,
                64 * limbs);
    if ((n[0] & 1) == 0) PV_FAIL(PV_ERR_RANGE, "a Paillier modulus is even");
    uint32_t factor = pv_prime_small_factor(n, limbs, SMALL);
    if (factor != 0) PV_FAIL(PV_ERR_RANGE, "a Paillier modulus has the factor %u", factor);
    if (perfect_power(n, limbs)) PV_FAIL(PV_ERR_RANGE, "a Paillier modulus is a perfect power");
    PV_TRY(pv_csprng_init(&r));
    /* a prime passes any number of tests, so one is enough to refuse it */
    if (pv_prime_probable(n, limbs, 2, &r))
        PV_FAIL_GOTO(PV_ERR_RANGE, "a Paillier modulus is prime; a product of two was expected");
done:
    pv_csprng_clear(&r);
    return status;
}

pv_status pv_paillier_pk_new(pv_paillier_pk **out, const uint8_t *n, size_t bytes)
{
    uint64_t limb[PV_PAILLIER_LIMBS];
    *out = NULL;
    if (bytes > sizeof limb || !known_bits((int)(8 * bytes)))
        PV_FAIL(PV_ERR_RANGE, "a Paillier modulus has %zu bits; 2048, 3072 or 4096 were expected",
                8 * bytes);
    memcpy(limb, n, bytes);
    PV_TRY(well_formed(limb, bytes / 8));
    return pv_paillier_pk_assemble(out, limb, (int)(8 * bytes), PV_MODSQ_BEST);
}

void pv_paillier_pk_free(pv_paillier_pk *pk)
{
    if (pk == NULL) return;
    pv_modsq_free(pk->square);
    pv_free(pk);
}

int pv_paillier_bits(const pv_paillier_pk *pk)
{
    return pk->bits;
}

size_t pv_paillier_limbs(const pv_paillier_pk *pk)
{
    return pk->limbs;
}

const uint64_t *pv_paillier_n(const pv_paillier_pk *pk)
{
    return pk->n;
}

void pv_paillier_pk_bytes(uint8_t *n, const pv_paillier_pk *pk)
{
    memcpy(n, pk->n, pk->limbs * sizeof *pk->n);
}

const char *pv_paillier_code(const pv_paillier_pk *pk)
{
    return pv_modsq_code_name(pk->square);
}

void pv_paillier_fingerprint(uint8_t out[32], const pv_paillier_pk *pk)
{
    static const char label[] = "privet/1 paillier";
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (const uint8_t *)label, sizeof label); /* with its zero */
    crypto_hash_sha256_update(&state, (const uint8_t *)pk->n, pk->limbs * sizeof *pk->n);
    crypto_hash_sha256_final(&state, out);
}

/* ---- private keys */

/* out (2·limbs) = 1/x mod p², by exponent p² - p - 1; x below p² */
static pv_status inverse_square(uint64_t *out, const pv_paillier_half *h, const uint64_t *x)
{
    size_t limbs = h->p.limbs;
    uint64_t e[PV_PAILLIER_LIMBS];
    mp_size_t n = (mp_size_t)limbs;
    memcpy(e, h->p2.m, 2 * limbs * sizeof *e);
    uint64_t borrow = mpn_sub_n(e, e, h->p.m, n);
    pv_crt_sub_limb(e + n, borrow, limbs);
    pv_crt_sub_limb(e, 1, 2 * limbs);
    pv_status s = pv_modsq_pow(h->square, out, x, e, 128 * limbs, 1, 1);
    pv_secret_wipe(e, sizeof e);
    return s;
}

pv_status pv_paillier_half_inverse(uint64_t *out, const pv_paillier_half *h, const uint64_t *x)
{
    uint64_t wide[PV_PAILLIER_LIMBS] = {0};
    memcpy(wide, x, h->p.limbs * sizeof *x);
    pv_status s = inverse_square(wide, h, wide);
    if (s == PV_OK) pv_crt_reduce(out, wide, &h->p);
    pv_secret_wipe(wide, sizeof wide);
    return s;
}

static pv_status half_init(pv_paillier_half *h, const uint64_t *p, const uint64_t *other,
                           size_t limbs, pv_modsq_code code)
{
    pv_status status = PV_OK;
    uint64_t square[PV_PAILLIER_LIMBS] = {0}, x[PV_PAILLIER_LIMBS / 2];
    pv_crt_product(square, p, p, limbs);
    pv_crt_init(&h->p, p, limbs);
    pv_crt_init(&h->p2, square, 2 * limbs);
    memcpy(h->order, p, limbs * sizeof *p);
    h->order[0] &= ~(uint64_t)1;
    PV_TRY_GOTO(pv_modsq_new(&h->square, p, limbs, code));
    PV_TRY_GOTO(pv_paillier_half_inverse(x, h, other));
    pv_crt_enter(h->inverse, x, &h->p);
    memset(square, 0, sizeof square);
    pv_crt_sub(h->h, square, h->inverse, p, limbs);
done:
    pv_secret_wipe(square, sizeof square);
    pv_secret_wipe(x, sizeof x);
    return status;
}

static size_t sk_bytes(void)
{
    return (sizeof(pv_paillier_sk) + 63) / 64 * 64; /* aligned at its beginning as well */
}

static pv_status owner_new(pv_paillier_owner **out)
{
    pv_paillier_owner *o = pv_calloc(1, sizeof *o);
    *out = NULL;
    if (o == NULL) PV_FAIL_MEMORY(sizeof *o);
    if (pthread_mutex_init(&o->lock, NULL) != 0) {
        pv_free(o);
        PV_FAIL(PV_ERR_RUN, "a lock for a Paillier key could not be made");
    }
    *out = o;
    return PV_OK;
}

pv_status pv_paillier_assemble(pv_paillier_sk **out, const uint64_t *p, const uint64_t *q, int bits,
                               int safe, pv_modsq_code code)
{
    pv_status status = PV_OK;
    size_t limbs = (size_t)bits / 128;
    uint64_t prime[2][PV_PAILLIER_LIMBS / 2], n[PV_PAILLIER_LIMBS], x[PV_PAILLIER_LIMBS];
    pv_paillier_sk *sk = pv_secret_alloc(sk_bytes());
    *out = NULL;
    if (sk == NULL) PV_FAIL_MEMORY(sk_bytes());
    memset(sk, 0, sizeof *sk);
    uint64_t ordered = pv_crt_below(p, q, limbs);
    pv_crt_select(prime[0], ordered, p, q, limbs);
    pv_crt_select(prime[1], ordered, q, p, limbs);
    pv_crt_product(n, p, q, limbs);
    sk->safe = safe;
    sk->limbs = limbs;
    PV_TRY_GOTO(owner_new(&sk->owner));
    PV_TRY_GOTO(pv_paillier_pk_assemble(&sk->pk, n, bits, code));
    for (int i = 0; i < 2; i++)
        PV_TRY_GOTO(half_init(&sk->half[i], prime[i], prime[1 - i], limbs, code));
    PV_TRY_GOTO(inverse_square(x, &sk->half[1], sk->half[0].p2.m));
    pv_crt_enter(sk->inverse2, x, &sk->half[1].p2);
    *out = sk;
    sk = NULL;
done:
    pv_secret_wipe(prime, sizeof prime);
    pv_secret_wipe(x, sizeof x);
    pv_paillier_sk_free(sk);
    return status;
}

void pv_paillier_sk_free(pv_paillier_sk *sk)
{
    if (sk == NULL) return;
    for (int i = 0; i < 2; i++) {
        if (sk->owner != NULL) pv_modsq_table_free(sk->owner->table[i]);
        pv_modsq_free(sk->half[i].square);
    }
    if (sk->owner != NULL) pthread_mutex_destroy(&sk->owner->lock);
    pv_free(sk->owner);
    pv_paillier_pk_free(sk->pk);
    pv_secret_free(sk);
}

/* (p-1)/2 is prime, and odd. */
static int safe_prime(const uint64_t *p, size_t limbs, pv_csprng *r)
{
    uint64_t half[PV_PAILLIER_LIMBS / 2];
    if ((p[0] & 3) != 3) return 0;
    (void)mpn_rshift(half, p, (mp_size_t)limbs, 1);
    int is = pv_prime_probable(half, limbs, ERROR_BITS, r);
    pv_secret_wipe(half, sizeof half);
    return is;
}

/* Of the same number of bits, p cannot divide q-1 (q-1 = p would be odd, more is too large), so n
 * shares no factor with (p-1)(q-1). */
pv_status pv_paillier_from_primes(pv_paillier_sk **out, const uint64_t *p, const uint64_t *q,
                                  int bits)
{
    pv_status status = PV_OK;
    pv_csprng r;
    uint64_t n[PV_PAILLIER_LIMBS];
    size_t limbs = (size_t)bits / 128;
    *out = NULL;
    if (!known_bits(bits))
        PV_FAIL(PV_ERR_RANGE, "a Paillier key of %d bits; 2048, 3072 or 4096 were expected", bits);
    if (p[limbs - 1] >> 63 == 0 || q[limbs - 1] >> 63 == 0)
        PV_FAIL(PV_ERR_RANGE, "a prime of a Paillier key of %d bits has less than %d", bits,
                bits / 2);
    if (pv_secret_equal(p, q, limbs * sizeof *p))
        PV_FAIL(PV_ERR_RANGE, "the primes of a Paillier key are the same one");
    pv_crt_product(n, p, q, limbs);
    if (n[2 * limbs - 1] >> 63 == 0)
        PV_FAIL(PV_ERR_RANGE, "the product of two primes has less than %d bits", bits);
    PV_TRY(pv_csprng_init(&r));
    if (!pv_prime_probable(p, limbs, ERROR_BITS, &r) ||
        !pv_prime_probable(q, limbs, ERROR_BITS, &r))
        PV_FAIL_GOTO(PV_ERR_RANGE, "a number given as a prime of a Paillier key is none");
    int safe = safe_prime(p, limbs, &r) && safe_prime(q, limbs, &r);
    PV_TRY_GOTO(pv_paillier_assemble(out, p, q, bits, safe, PV_MODSQ_BEST));
done:
    pv_csprng_clear(&r);
    return status;
}

pv_status pv_paillier_generate(pv_paillier_sk **out, int bits, pv_csprng *r, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    uint64_t prime[2][PV_PAILLIER_LIMBS / 2];
    *out = NULL;
    if (!known_bits(bits))
        PV_FAIL(PV_ERR_USAGE, "a Paillier key has 2048, 3072 or 4096 bits, not %d", bits);
    for (int i = 0; i < 2; i++)
        PV_TRY_GOTO(pv_prime_safe(prime[i], (size_t)bits / 2, ERROR_BITS, r, ctx));
    /* with the two top bits of both set, their product has all its bits */
    if (pv_secret_equal(prime[0], prime[1], (size_t)bits / 16))
        PV_FAIL_GOTO(PV_ERR_RUN, "the same prime was drawn twice: the randomness is broken");
    PV_TRY_GOTO(pv_paillier_assemble(out, prime[0], prime[1], bits, 1, PV_MODSQ_BEST));
done:
    pv_secret_wipe(prime, sizeof prime);
    return status;
}

const pv_paillier_pk *pv_paillier_public(const pv_paillier_sk *sk)
{
    return sk->pk;
}

int pv_paillier_safe(const pv_paillier_sk *sk)
{
    return sk->safe;
}
