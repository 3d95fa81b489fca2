#include "crypto/paillier/paillier_i.h"

#include <string.h>

struct pv_paillier_pool {
    const pv_paillier_blind *blind;
    const pv_paillier_pk *pk;
    size_t capacity, left;
    uint64_t *rho; /* [capacity]; the first `left` are fresh */
};

pv_status pv_paillier_pool_new(pv_paillier_pool **out, const pv_paillier_blind *b, size_t capacity)
{
    pv_paillier_pool *p = pv_calloc(1, sizeof *p);
    *out = NULL;
    if (p == NULL) PV_FAIL_MEMORY(sizeof *p);
    p->blind = b;
    p->pk = pv_paillier_blind_public(b);
    p->capacity = capacity;
    p->rho = pv_calloc(capacity, 2 * p->pk->limbs * sizeof *p->rho);
    if (p->rho == NULL) {
        pv_free(p);
        PV_FAIL(PV_ERR_MEMORY, "out of memory for a pool of %zu residues", capacity);
    }
    *out = p;
    return PV_OK;
}

void pv_paillier_pool_free(pv_paillier_pool *p)
{
    if (p == NULL) return;
    pv_secret_wipe(p->rho, p->capacity * 2 * p->pk->limbs * sizeof *p->rho);
    pv_free(p->rho);
    pv_free(p);
}

size_t pv_paillier_pool_left(const pv_paillier_pool *p)
{
    return p->left;
}

pv_status pv_paillier_pool_fill(pv_paillier_pool *p, size_t count, pv_csprng *r, const pv_ctx *ctx)
{
    if (count > p->capacity - p->left) count = p->capacity - p->left;
    PV_TRY(pv_paillier_blind_draw(p->rho + p->left * 2 * p->pk->limbs, p->blind, count, r, ctx));
    p->left += count;
    return PV_OK;
}

/* Taken from the end and wiped, also when the multiplication fails: nothing is used twice. */
pv_status pv_paillier_pool_rerandomize(uint64_t *out, pv_paillier_pool *p, const uint64_t *c,
                                       const uint64_t *m, size_t count, pv_csprng *r,
                                       const pv_ctx *ctx)
{
    size_t limbs = 2 * p->pk->limbs, n = count < p->left ? count : p->left;
    uint64_t *rho = p->rho + (p->left - n) * limbs;
    int threads = pv_ctx_threads(ctx);
    PV_TRY(pv_ctx_check(ctx));
    pv_status s = pv_modsq_mul(p->pk->square, out, c, rho, n, threads);
    pv_secret_wipe(rho, n * limbs * sizeof *rho);
    p->left -= n;
    if (s == PV_OK && m != NULL) s = pv_modsq_mul_plain(p->pk->square, out, out, m, n, threads);
    if (s != PV_OK || n == count) return s;
    return pv_paillier_rerandomize(out + n * limbs, p->blind, c + n * limbs,
                                   m == NULL ? NULL : m + n * p->pk->limbs, count - n, r, ctx);
}
