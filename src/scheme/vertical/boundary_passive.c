#include "scheme/vertical/boundary_i.h"

#include <inttypes.h>
#include <string.h>

static size_t weights(const pv_passive *p)
{
    return (size_t)(p->bound.set.width * p->bound.set.outputs);
}

/* Limbs of the masks of a whole batch. */
static size_t score_limbs(const pv_passive *p)
{
    return pv_boundary_count(&p->bound, p->bound.set.batch).scores * pv_paillier_limbs(p->pk);
}

static size_t weight_limbs(const pv_passive *p)
{
    return pv_boundary_count(&p->bound, p->bound.set.batch).weights * pv_paillier_limbs(p->pk);
}

pv_status pv_passive_new(pv_passive **out, const pv_boundary *b, const pv_paillier_pk *pk, int safe,
                         pv_csprng *r, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    *out = NULL;
    if (pv_paillier_bits(pk) != b->set.bits)
        PV_FAIL(PV_ERR_MISMATCH, "vertical: the key has %d bits, the scenario says %d",
                pv_paillier_bits(pk), b->set.bits);
    pv_passive *p = pv_calloc(1, sizeof *p);
    if (p == NULL) PV_FAIL_MEMORY(sizeof *p);
    p->bound = *b;
    p->pk = pk;
    p->ctx = ctx;
    p->share = pv_secret_alloc(weights(p) * sizeof *p->share);
    p->velocity = pv_secret_alloc(weights(p) * sizeof *p->velocity);
    p->score_mask = pv_calloc(score_limbs(p), sizeof *p->score_mask);
    p->weight_mask = pv_calloc(weight_limbs(p), sizeof *p->weight_mask);
    if (p->share == NULL || p->velocity == NULL || p->score_mask == NULL || p->weight_mask == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory: %zu shares were asked for", 2 * weights(p));
    memset(p->share, 0, weights(p) * sizeof *p->share);
    memset(p->velocity, 0, weights(p) * sizeof *p->velocity);
    PV_TRY_GOTO(
        pv_paillier_blind_new(&p->blind, pk, safe ? PV_BLIND_FULL : PV_BLIND_TEXTBOOK, r, ctx));
    *out = p;
    p = NULL;
done:
    pv_passive_free(p);
    return status;
}

void pv_passive_free(pv_passive *p)
{
    if (p == NULL) return;
    pv_secret_free(p->share);
    pv_secret_free(p->velocity);
    pv_boundary_drop(p->score_mask, score_limbs(p), sizeof *p->score_mask);
    pv_boundary_drop(p->weight_mask, weight_limbs(p), sizeof *p->weight_mask);
    pv_paillier_blind_free(p->blind);
    pv_secret_wipe(p, sizeof *p);
    pv_free(p);
}

pv_status pv_passive_setup(pv_passive *p, const void *share, size_t size, double scale, int known,
                           const char *what, pv_csprng *r)
{
    pv_status status = PV_OK;
    size_t count = weights(p);
    uint64_t fits = 1;
    pv_wide *w = NULL;
    if (p->ready) PV_FAIL(PV_ERR_USAGE, "vertical: the passive party has its share already");
    PV_TRY_GOTO(pv_boundary_take(&w, count, sizeof *w));
    PV_TRY_GOTO(pv_boundary_get_wides(w, count, share, size, &p->bound, what));
    if (!known) PV_TRY_GOTO(pv_boundary_initial(w, &p->bound, scale, r));
    for (size_t i = 0; i < count; i++) fits &= pv_wide_fits(w[i], p->bound.masked_bits);
    if (!fits)
        PV_FAIL_GOTO(PV_ERR_PEER, "%s: a share is wider than the %u bits that the scenario gives",
                     what, p->bound.masked_bits);
    memcpy(p->share, w, count * sizeof *w);
    p->ready = 1;
done:
    pv_boundary_drop(w, count, sizeof *w);
    return status;
}

const pv_wide *pv_passive_share(const pv_passive *p)
{
    return p->share;
}

const pv_wide *pv_passive_velocity(const pv_passive *p)
{
    return p->velocity;
}
