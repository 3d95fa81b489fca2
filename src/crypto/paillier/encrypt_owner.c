#include "crypto/paillier/paillier_i.h"

#include <string.h>

/* A generator of the n-th residues modulo p² is one of the group modulo p, raised to p: its order
 * is p-1. For safe primes p = 2·p'+1 orders modulo p are 1, 2, p' and p-1; -4 is no square (4 is
 * one, -1 is none as p = 3 mod 4) and not -1, so its order is p-1. */
static pv_status make_table(pv_modsq_table **out, const pv_paillier_half *h, int threads)
{
    size_t limbs = h->p.limbs;
    uint64_t g[PV_PAILLIER_LIMBS] = {0};
    memcpy(g, h->p.m, limbs * sizeof *g);
    pv_crt_sub_limb(g, 4, limbs);
    pv_status s = pv_modsq_pow(h->square, g, g, h->p.m, 64 * limbs, 1, 1);
    if (s == PV_OK) s = pv_modsq_table_new(out, h->square, g, 64 * limbs, 0, threads);
    pv_secret_wipe(g, sizeof g);
    return s;
}

static pv_status tables(const pv_paillier_sk *sk, int threads)
{
    pv_status s = PV_OK;
    pthread_mutex_lock(&sk->owner->lock);
    for (int i = 0; i < 2 && s == PV_OK; i++)
        if (sk->owner->table[i] == NULL)
            s = make_table(&sk->owner->table[i], &sk->half[i], threads);
    pthread_mutex_unlock(&sk->owner->lock);
    return s;
}

size_t pv_paillier_table_bytes(const pv_paillier_sk *sk)
{
    size_t bytes = 0;
    pthread_mutex_lock(&sk->owner->lock);
    for (int i = 0; i < 2; i++)
        if (sk->owner->table[i] != NULL) bytes += pv_modsq_table_bytes(sk->owner->table[i]);
    pthread_mutex_unlock(&sk->owner->lock);
    return bytes;
}

/* Modulo one p²: [count][2·limbs]. x is used up. */
static pv_status residues_half(uint64_t *out, const pv_paillier_sk *sk, int i, const uint64_t *x,
                               size_t count, int threads)
{
    const pv_paillier_half *h = &sk->half[i];
    size_t limbs = sk->limbs;
    if (sk->safe) return pv_modsq_table_pow(sk->owner->table[i], out, x, count, threads);
    for (size_t k = 0; k < count; k++) {
        memcpy(out + 2 * k * limbs, x + k * limbs, limbs * sizeof *x);
        memset(out + (2 * k + 1) * limbs, 0, limbs * sizeof *x);
    }
    return pv_modsq_pow(h->square, out, out, h->p.m, 64 * limbs, count, threads);
}

pv_status pv_paillier_owner_residues(uint64_t *rho, const pv_paillier_sk *sk, const uint64_t *x,
                                     size_t count, int threads)
{
    pv_status status = PV_OK;
    size_t limbs = sk->limbs;
    pv_paillier_scratch half = {NULL, 0};
    if (sk->safe) PV_TRY(tables(sk, threads));
    PV_TRY(pv_paillier_scratch_init(&half, 2 * count, 2 * limbs));
    uint64_t *a = half.limb, *b = a + 2 * count * limbs;
    PV_TRY_GOTO(residues_half(a, sk, 0, x, count, threads));
    PV_TRY_GOTO(residues_half(b, sk, 1, x + count * limbs, count, threads));
#pragma omp parallel for num_threads(threads) if (threads > 1)
    for (size_t k = 0; k < count; k++)
        pv_crt_combine(rho + 4 * k * limbs, a + 2 * k * limbs, b + 2 * k * limbs, &sk->half[0].p2,
                       &sk->half[1].p2, sk->inverse2);
done:
    pv_paillier_scratch_clear(&half);
    return status;
}

/* Exponents below the group's order, exactly uniform: how often one is thrown away says how large
 * p-1 is beside 2^(bits/2), to as many digits as the square root of the number of encryptions has;
 * that is far from what would help to factor n. Bases of r^p: not zero. */
static void draw(uint64_t *x, const pv_paillier_sk *sk, size_t count, pv_csprng *r)
{
    for (int i = 0; i < 2; i++, x += count * sk->limbs)
        pv_paillier_below(x, count, sk->safe ? sk->half[i].order : sk->half[i].p.m, sk->limbs, r);
}

pv_status pv_paillier_encrypt_owner(uint64_t *c, const pv_paillier_sk *sk, const uint64_t *m,
                                    size_t count, pv_csprng *r, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    int threads = pv_ctx_threads(ctx);
    pv_paillier_scratch x = {NULL, 0};
    PV_TRY(pv_paillier_scratch_init(&x, 2 * pv_paillier_piece(count, 0), sk->limbs));
    for (size_t done = 0, n; done < count; done += n) {
        uint64_t *at = c + done * 2 * sk->pk->limbs;
        n = pv_paillier_piece(count, done);
        PV_TRY_GOTO(pv_ctx_check(ctx));
        draw(x.limb, sk, n, r);
        PV_TRY_GOTO(pv_paillier_owner_residues(at, sk, x.limb, n, threads));
        PV_TRY_GOTO(
            pv_modsq_mul_plain(sk->pk->square, at, at, m + done * sk->pk->limbs, n, threads));
    }
done:
    pv_paillier_scratch_clear(&x);
    return status;
}
