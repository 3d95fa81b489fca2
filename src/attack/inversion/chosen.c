#include "attack/inversion/chosen.h"

#include "base/mem.h"
#include <math.h>
#include <string.h>

static size_t packs_of(const pv_chosen_layout *l)
{
    return (l->rows + l->slots - 1) / l->slots;
}

/* e [classes, width] = working + 2^t at each class's feature */
static void raise(pv_wide *e, const pv_chosen *c, const pv_wide *working)
{
    const pv_chosen_layout *l = &c->layout;
    memcpy(e, working, l->classes * l->width * sizeof *e);
    for (size_t k = 0; k < l->classes; k++) {
        pv_wide *one = &e[k * l->width + c->feature[k]];
        *one = pv_wide_add(*one, pv_wide_shl(pv_wide_from(1), c->shift));
    }
}

static pv_status prepare(pv_chosen *c, const pv_chosen_layout *layout, const pv_paillier_pk *pk,
                         const size_t *feature)
{
    *c = (pv_chosen){.layout = *layout, .pk = pk};
    if (layout->slot < layout->activation_bits + 8)
        PV_FAIL(PV_ERR_RANGE,
                "a slot of %u bits has no room above the scores for an activation of %u",
                layout->slot, layout->activation_bits);
    c->shift = layout->slot - layout->activation_bits;
    c->mask = pv_alloc(layout->classes * packs_of(layout), pv_paillier_limbs(pk) * 8);
    c->feature = pv_alloc(layout->classes, sizeof *feature);
    if (c->mask == NULL || c->feature == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for %zu masks", layout->classes * packs_of(layout));
    memcpy(c->feature, feature, layout->classes * sizeof *feature);
    return PV_OK;
}

pv_status pv_chosen_scores(pv_bytes *message, pv_chosen *c, const pv_chosen_layout *layout,
                           const pv_paillier_pk *pk, const pv_paillier_blind *blind,
                           const pv_wide *working, const size_t *feature, const void *samples,
                           size_t size, pv_csprng *r, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    size_t limbs = pv_paillier_limbs(pk), packs = packs_of(layout), in = packs * layout->width,
           out = packs * layout->classes, bytes = pv_paillier_cipher_bytes(pk);
    unsigned bits = layout->exponent_bits;
    uint64_t *base = pv_alloc(in, 2 * limbs * sizeof *base),
             *score = pv_alloc(out, 2 * limbs * sizeof *score);
    pv_wide *e = pv_alloc(layout->classes * layout->width, sizeof *e);
    *message = (pv_bytes){0};
    PV_TRY_GOTO(prepare(c, layout, pk, feature));
    if (base == NULL || score == NULL || e == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for %zu ciphertexts", in + out);
    if (size != in * bytes)
        PV_FAIL_GOTO(PV_ERR_PEER, "enc-samples: %zu bytes; %zu ciphertexts of %zu were expected",
                     size, in, bytes);
    PV_TRY_GOTO(pv_paillier_cipher_load(base, samples, in, pk, "enc-samples"));
    raise(e, c, working);
    if (bits < c->shift + 2) bits = c->shift + 2;
    PV_TRY_GOTO(pv_paillier_products(score, pk, base, e, bits + 1, layout->classes, packs,
                                     layout->width, ctx));
    pv_residue_random(c->mask, pk, out, r);
    PV_TRY_GOTO(pv_paillier_rerandomize(score, blind, score, c->mask, out, r, ctx));
    message->data = pv_alloc(out, bytes);
    if (message->data == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for %zu bytes", size);
    message->size = out * bytes;
    pv_paillier_cipher_store(message->data, score, out, pk);
done:
    pv_free(base);
    pv_free(score);
    pv_free(e);
    if (status != PV_OK) pv_chosen_clear(c);
    return status;
}

/* v = z + 2^t·a with |z| below 2^(t-1) */
static void take_apart(double *activation, double *z, const pv_chosen *c, pv_wide v)
{
    pv_wide half = pv_wide_shl(pv_wide_from(1), c->shift - 1);
    pv_wide a = pv_wide_shr(pv_wide_add(v, half), c->shift);
    *activation = pv_wide_double(a, -c->layout.fa);
    if (z == NULL) return;
    *z = pv_wide_double(pv_wide_sub(v, pv_wide_shl(a, c->shift)), -c->layout.fa - c->layout.fw);
}

pv_status pv_chosen_read(double *activation, double *z, const pv_chosen *c, const void *opened,
                         size_t size)
{
    pv_status status = PV_OK;
    const pv_chosen_layout *l = &c->layout;
    size_t limbs = pv_paillier_limbs(c->pk), packs = packs_of(l), count = packs * l->classes;
    uint64_t *y = pv_alloc(count, limbs * sizeof *y), over = 0;
    pv_wide *slot = pv_alloc(l->slots, sizeof *slot);
    if (y == NULL || slot == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for %zu residues", count);
    if (size != count * pv_residue_bytes(c->pk))
        PV_FAIL_GOTO(PV_ERR_PEER, "opened-scores: %zu bytes; %zu residues were expected", size,
                     count);
    PV_TRY_GOTO(pv_residue_load(y, opened, count, c->pk, "opened-scores"));
    for (size_t at = 0; at < count; at++) {
        size_t k = at / packs, first = at % packs * l->slots,
               n = l->rows - first < l->slots ? l->rows - first : l->slots;
        pv_residue_sub(y + at * limbs, y + at * limbs, c->mask + at * limbs, c->pk);
        pv_slots_unpack(slot, y + at * limbs, n, l->slot, c->pk, &over);
        for (size_t i = 0; i < n; i++) {
            size_t to = (first + i) * l->classes + k;
            take_apart(activation + to, z == NULL ? NULL : z + to, c, slot[i]);
        }
    }
    if (over) PV_FAIL_GOTO(PV_ERR_NUMERIC, "a raised score did not fit its slot");
done:
    pv_free(y);
    pv_free(slot);
    return status;
}

void pv_chosen_clear(pv_chosen *c)
{
    pv_free(c->mask);
    pv_free(c->feature);
    *c = (pv_chosen){0};
}
