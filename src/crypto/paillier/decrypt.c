#include "crypto/paillier/paillier_i.h"

#include "base/ct.h"

#include <string.h>

/* Faults. A machine that errs in one half of the key gives an m that is right modulo one prime
 * alone, and whoever knows what m should have been then has gcd(m' - m, n) = p or q (Boneh,
 * DeMillo, Lipton 1997). That c^(p-1) is 1 modulo p catches errors of the part modulo p of each
 * residue, but none of the part above it. So every piece of a batch brings one more ciphertext, the
 * product of all others and of 1 + n: it must decrypt to 1 and the sum of all the plaintexts. An
 * error in one of them, or in the product, breaks the sum; a wrong constant of the key scales them
 * all, which the 1 does not bear. This costs a multiplication a ciphertext and an exponentiation a
 * piece. Against somebody who chooses faults it is no defence. */

typedef struct batch {
    pv_paillier_scratch c[2]; /* residues modulo p², q²: [count + 1][2·limbs] */
    pv_paillier_scratch m; /* [count + 1][2·limbs]; then for a while logarithms of both halves */
    pv_paillier_scratch check; /* the additional ciphertext: 4·limbs */
} batch;

static void batch_clear(batch *b)
{
    for (int i = 0; i < 2; i++) pv_paillier_scratch_clear(&b->c[i]);
    pv_paillier_scratch_clear(&b->m);
    pv_paillier_scratch_clear(&b->check);
}

static pv_status batch_init(batch *b, size_t count, size_t limbs)
{
    *b = (batch){0};
    for (int i = 0; i < 2; i++) PV_TRY(pv_paillier_scratch_init(&b->c[i], count + 1, 2 * limbs));
    PV_TRY(pv_paillier_scratch_init(&b->m, count + 1, 2 * limbs));
    return pv_paillier_scratch_init(&b->check, 1, 4 * limbs);
}

static pv_status reduce(batch *b, const pv_paillier_sk *sk, const uint64_t *c, size_t count,
                        int threads)
{
    static const uint64_t one[PV_PAILLIER_LIMBS] = {1};
    const pv_modsq *square = sk->pk->square;
    size_t limbs = sk->limbs;
    uint64_t *check = b->check.limb;
    PV_TRY(pv_paillier_product(check, sk->pk, c, count, threads));
    PV_TRY(pv_modsq_mul_plain(square, check, check, one, 1, 1));
#pragma omp parallel for num_threads(threads) if (threads > 1)
    for (size_t k = 0; k <= count; k++)
        for (int i = 0; i < 2; i++)
            pv_crt_reduce(b->c[i].limb + 2 * k * limbs, k < count ? c + 4 * k * limbs : check,
                          &sk->half[i].p2);
    return PV_OK;
}

/* The logarithms lie where the residues did. */
static pv_status logarithms(batch *b, const pv_paillier_sk *sk, size_t count, int threads)
{
    for (int i = 0; i < 2; i++) {
        const pv_paillier_half *h = &sk->half[i];
        uint64_t *l = b->m.limb;
        PV_TRY(
            pv_modsq_log(h->square, l, b->c[i].limb, h->order, 64 * sk->limbs, count + 1, threads));
        for (size_t k = 0; k <= count; k++)
            pv_crt_mul(b->c[i].limb + k * sk->limbs, l + k * sk->limbs, h->h, &h->p);
    }
    return PV_OK;
}

static void combine(batch *b, const pv_paillier_sk *sk, size_t count, int threads)
{
    size_t limbs = sk->limbs;
#pragma omp parallel for num_threads(threads) if (threads > 1)
    for (size_t k = 0; k <= count; k++)
        pv_crt_combine(b->m.limb + 2 * k * limbs, b->c[0].limb + k * limbs,
                       b->c[1].limb + k * limbs, &sk->half[0].p, &sk->half[1].p,
                       sk->half[1].inverse);
}

static int sums_agree(const batch *b, const pv_paillier_sk *sk, size_t count)
{
    uint64_t sum[PV_PAILLIER_LIMBS] = {1};
    size_t limbs = sk->pk->limbs;
    for (size_t k = 0; k < count; k++) pv_residue_add(sum, sum, b->m.limb + k * limbs, sk->pk);
    int same = pv_secret_equal(sum, b->m.limb + count * limbs, limbs * sizeof *sum);
    pv_secret_wipe(sum, sizeof sum);
    PV_CT_PUBLIC(&same, sizeof same);
    return same;
}

static pv_status decrypt_piece(batch *b, const pv_paillier_sk *sk, const uint64_t *c, size_t count,
                               int threads)
{
    PV_TRY(reduce(b, sk, c, count, threads));
    PV_TRY(logarithms(b, sk, count, threads));
    combine(b, sk, count, threads);
    if (sums_agree(b, sk, count)) return PV_OK;
    PV_FAIL(PV_ERR_NUMERIC,
            "decryption: the plaintexts of %zu ciphertexts do not add up to that of their product; "
            "this machine computes wrongly, and nothing of it may leave",
            count);
}

pv_status pv_paillier_decrypt(uint64_t *m, const pv_paillier_sk *sk, const uint64_t *c,
                              size_t count, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    size_t limbs = sk->pk->limbs;
    batch b;
    PV_TRY_GOTO(batch_init(&b, pv_paillier_piece(count, 0), sk->limbs));
    for (size_t done = 0, n; done < count; done += n) {
        n = pv_paillier_piece(count, done);
        PV_TRY_GOTO(pv_ctx_check(ctx));
        PV_TRY_GOTO(decrypt_piece(&b, sk, c + 2 * done * limbs, n, pv_ctx_threads(ctx)));
        memcpy(m + done * limbs, b.m.limb, n * limbs * sizeof *m);
    }
done:
    if (status != PV_OK) pv_secret_wipe(m, count * limbs * sizeof *m);
    batch_clear(&b);
    return status;
}
