#include "crypto/paillier/paillier_i.h"

#include <gmp.h>
#include <string.h>

enum { SLACK = 40 /* bits of an exponent beyond those of n: 2^-40 from uniform */ };

struct pv_paillier_blind {
    const pv_paillier_pk *pk;
    pv_paillier_blinding how;
    size_t bits;                               /* of an exponent */
    pv_modsq_table *table;                     /* powers of h^n; NULL for TEXTBOOK */
    uint64_t choice[2][2 * PV_PAILLIER_LIMBS]; /* 1 and y'^n */
};

const pv_paillier_pk *pv_paillier_blind_public(const pv_paillier_blind *b)
{
    return b->pk;
}

static size_t exponent_limbs(const pv_paillier_blind *b)
{
    return (b->bits + 63) / 64;
}

static int jacobi(const uint64_t *y, const pv_paillier_pk *pk)
{
    mpz_t a, n;
    size_t limbs = pk->limbs;
    while (limbs > 0 && y[limbs - 1] == 0) limbs--;
    return mpz_jacobi(mpz_roinit_n(a, y, (mp_size_t)limbs),
                      mpz_roinit_n(n, pk->n, (mp_size_t)pk->limbs));
}

/* h = -y² mod n for a random y. Neither h nor y' is a secret; what counts is that this party chose
 * them, and no other. */
static void draw_h(uint64_t *h, const pv_paillier_pk *pk, pv_csprng *r)
{
    mpz_t y, n;
    uint64_t limb[PV_PAILLIER_LIMBS];
    pv_residue_random(limb, pk, 1, r);
    mpz_init(y);
    mpz_import(y, pk->limbs, -1, sizeof *limb, 0, 0, limb);
    mpz_roinit_n(n, pk->n, (mp_size_t)pk->limbs);
    mpz_mul(y, y, y);
    mpz_neg(y, y);
    mpz_mod(y, y, n);
    memset(h, 0, 2 * pk->limbs * sizeof *h);
    mpz_export(h, NULL, -1, sizeof *h, 0, 0, y);
    mpz_clear(y);
}

static void draw_odd(uint64_t *y, const pv_paillier_pk *pk, pv_csprng *r)
{
    memset(y, 0, 2 * pk->limbs * sizeof *y);
    do pv_residue_random(y, pk, 1, r);
    while (jacobi(y, pk) != -1);
}

pv_status pv_paillier_blind_new(pv_paillier_blind **out, const pv_paillier_pk *pk,
                                pv_paillier_blinding how, pv_csprng *r, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    uint64_t x[2 * PV_PAILLIER_LIMBS];
    pv_paillier_blind *b = pv_calloc(1, sizeof *b);
    *out = NULL;
    if (b == NULL) PV_FAIL_MEMORY(sizeof *b);
    b->pk = pk;
    b->how = how;
    b->bits = (size_t)pk->bits;
    b->choice[0][0] = 1;
    if (how == PV_BLIND_HALF) b->bits = (size_t)pk->bits / 2;
    if (how == PV_BLIND_FULL) {
        b->bits = (size_t)pk->bits + SLACK;
        draw_odd(x, pk, r);
        PV_TRY_GOTO(pv_modsq_pow(pk->square, b->choice[1], x, pk->n, (size_t)pk->bits, 1, 1));
    }
    if (how != PV_BLIND_TEXTBOOK) {
        draw_h(x, pk, r);
        PV_TRY_GOTO(pv_modsq_pow(pk->square, x, x, pk->n, (size_t)pk->bits, 1, 1));
        PV_TRY_GOTO(pv_modsq_table_new(&b->table, pk->square, x, b->bits, 0, pv_ctx_threads(ctx)));
    }
    *out = b;
    return PV_OK;
done:
    pv_paillier_blind_free(b);
    return status;
}

void pv_paillier_blind_free(pv_paillier_blind *b)
{
    if (b == NULL) return;
    pv_modsq_table_free(b->table);
    pv_secret_wipe(b, sizeof *b);
    pv_free(b);
}

static pv_status textbook(uint64_t *rho, const pv_paillier_blind *b, size_t count, pv_csprng *r,
                          int threads)
{
    const pv_paillier_pk *pk = b->pk;
    for (size_t i = 0; i < count; i++) {
        uint64_t *at = rho + 2 * i * pk->limbs;
        pv_residue_random(at, pk, 1, r);
        memset(at + pk->limbs, 0, pk->limbs * sizeof *at);
    }
    return pv_modsq_pow(pk->square, rho, rho, pk->n, (size_t)pk->bits, count, threads);
}

static void draw_exponents(uint64_t *x, const pv_paillier_blind *b, size_t count, pv_csprng *r)
{
    size_t limbs = exponent_limbs(b);
    pv_csprng_bytes(r, x, count * limbs * sizeof *x);
    if (b->bits % 64 == 0) return;
    for (size_t i = 0; i < count; i++)
        x[(i + 1) * limbs - 1] &= ((uint64_t)1 << (b->bits % 64)) - 1;
}

void pv_paillier_blind_choose(uint64_t *factor, const pv_paillier_blind *b, const uint8_t *odd,
                              size_t count)
{
    size_t limbs = 2 * b->pk->limbs;
    for (size_t i = 0; i < count; i++)
        pv_crt_select(factor + i * limbs, odd[i] & 1, b->choice[1], b->choice[0], limbs);
}

pv_status pv_paillier_blind_powers(uint64_t *rho, const pv_paillier_blind *b, const uint64_t *x,
                                   const uint8_t *odd, size_t count, int threads)
{
    const pv_paillier_pk *pk = b->pk;
    size_t limbs = 2 * pk->limbs;
    pv_status status = PV_OK;
    pv_paillier_scratch factor = {NULL, 0};
    PV_TRY(pv_modsq_table_pow(b->table, rho, x, count, threads));
    if (b->how != PV_BLIND_FULL) return PV_OK;
    PV_TRY(pv_paillier_scratch_init(&factor, count, limbs));
    pv_paillier_blind_choose(factor.limb, b, odd, count);
    PV_TRY_GOTO(pv_modsq_mul(pk->square, rho, rho, factor.limb, count, threads));
done:
    pv_paillier_scratch_clear(&factor);
    return status;
}

static pv_status piece(uint64_t *rho, const pv_paillier_blind *b, uint64_t *x, size_t count,
                       pv_csprng *r, int threads)
{
    uint8_t odd[PV_PAILLIER_CHUNK];
    if (b->how == PV_BLIND_TEXTBOOK) return textbook(rho, b, count, r, threads);
    draw_exponents(x, b, count, r);
    pv_csprng_bytes(r, odd, count);
    pv_status s = pv_paillier_blind_powers(rho, b, x, odd, count, threads);
    pv_secret_wipe(odd, sizeof odd);
    return s;
}

pv_status pv_paillier_blind_draw(uint64_t *rho, const pv_paillier_blind *b, size_t count,
                                 pv_csprng *r, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    size_t limbs = 2 * b->pk->limbs;
    pv_paillier_scratch x = {NULL, 0};
    PV_TRY(pv_paillier_scratch_init(&x, pv_paillier_piece(count, 0), exponent_limbs(b)));
    for (size_t done = 0, n; done < count; done += n) {
        n = pv_paillier_piece(count, done);
        PV_TRY_GOTO(pv_ctx_check(ctx));
        PV_TRY_GOTO(piece(rho + done * limbs, b, x.limb, n, r, pv_ctx_threads(ctx)));
    }
done:
    pv_paillier_scratch_clear(&x);
    return status;
}

pv_status pv_paillier_encrypt_blind(uint64_t *c, const pv_paillier_blind *b, const uint64_t *m,
                                    size_t count, pv_csprng *r, const pv_ctx *ctx)
{
    PV_TRY(pv_paillier_blind_draw(c, b, count, r, ctx));
    return pv_modsq_mul_plain(b->pk->square, c, c, m, count, pv_ctx_threads(ctx));
}

pv_status pv_paillier_rerandomize(uint64_t *out, const pv_paillier_blind *b, const uint64_t *c,
                                  const uint64_t *m, size_t count, pv_csprng *r, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    const pv_modsq *square = b->pk->square;
    size_t limbs = 2 * b->pk->limbs;
    int threads = pv_ctx_threads(ctx);
    pv_paillier_scratch rho = {NULL, 0};
    PV_TRY(pv_paillier_scratch_init(&rho, pv_paillier_piece(count, 0), limbs));
    for (size_t done = 0, n; done < count; done += n) {
        uint64_t *at = out + done * limbs;
        n = pv_paillier_piece(count, done);
        PV_TRY_GOTO(pv_paillier_blind_draw(rho.limb, b, n, r, ctx));
        PV_TRY_GOTO(pv_modsq_mul(square, at, c + done * limbs, rho.limb, n, threads));
        if (m != NULL)
            PV_TRY_GOTO(pv_modsq_mul_plain(square, at, at, m + done * b->pk->limbs, n, threads));
    }
done:
    pv_paillier_scratch_clear(&rho);
    return status;
}
