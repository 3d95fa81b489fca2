#include "scheme/vertical/boundary_i.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Plaintexts of `count` ciphertexts of a message. */
static pv_status decrypt(uint64_t **out, const pv_active *a, size_t count, const void *in,
                         size_t size, const char *what)
{
    pv_status status = PV_OK;
    size_t limbs = pv_paillier_limbs(a->pk);
    uint64_t *cipher = NULL, *plain = NULL;
    *out = NULL;
    PV_TRY_GOTO(pv_boundary_take(&cipher, 2 * limbs * count, sizeof *cipher));
    PV_TRY_GOTO(pv_boundary_take(&plain, limbs * count, sizeof *plain));
    PV_TRY_GOTO(pv_boundary_get_ciphers(cipher, count, in, size, a->pk, what));
    PV_TRY_GOTO(pv_paillier_decrypt(plain, a->sk, cipher, count, a->ctx));
    *out = plain;
    plain = NULL;
done:
    pv_free(cipher);
    pv_boundary_drop(plain, limbs * count, sizeof *plain);
    return status;
}

/* y: decrypted scores, [class][pack]; subtracts a^·Eu. */
static pv_status subtract_share(uint64_t *y, const pv_active *a)
{
    pv_status status = PV_OK;
    const pv_boundary *b = &a->bound;
    size_t limbs = pv_paillier_limbs(a->pk), width = (size_t)b->set.width,
           classes = (size_t)b->set.outputs, slots = (size_t)b->score_slots;
    size_t packs = ((size_t)a->rows + slots - 1) / slots;
    uint64_t *part = NULL;
    pv_wide *working = NULL, *slot = NULL;
    PV_TRY_GOTO(pv_boundary_take(&part, limbs, sizeof *part));
    PV_TRY_GOTO(pv_boundary_take(&working, width * classes, sizeof *working));
    PV_TRY_GOTO(pv_boundary_take(&slot, slots, sizeof *slot));
    pv_boundary_working(working, a->share, b);
    for (size_t at = 0; at < classes * packs; at++) {
        size_t first, n = pv_boundary_pack(&first, at % packs, (size_t)a->rows, slots);
        for (size_t i = 0; i < n; i++)
            slot[i] = pv_boundary_dot(a->activation + (first + i) * width,
                                      working + at / packs * width, width, 1);
        pv_slots_pack(part, slot, n, b->score_slot, a->pk);
        pv_residue_sub(y + at * limbs, y + at * limbs, part, a->pk);
    }
done:
    pv_boundary_drop(part, limbs, sizeof *part);
    pv_boundary_drop(working, width * classes, sizeof *working);
    pv_boundary_drop(slot, slots, sizeof *slot);
    return status;
}

pv_status pv_active_open(pv_bytes *out, pv_active *a, const void *scores, size_t size,
                         const char *what)
{
    pv_status status = PV_OK;
    uint64_t *y = NULL;
    *out = (pv_bytes){0};
    PV_TRY(pv_boundary_turn(a->batch, PV_BATCH_BEGUN, PV_BATCH_OPENED, "opening scores"));
    size_t count = pv_boundary_count(&a->bound, a->rows).scores;
    PV_TRY_GOTO(decrypt(&y, a, count, scores, size, what));
    PV_TRY_GOTO(subtract_share(y, a));
    PV_TRY_GOTO(pv_boundary_put_residues(out, y, count, a->pk));
    a->batch |= PV_BATCH_OPENED;
done:
    pv_boundary_drop(y, count * pv_paillier_limbs(a->pk), sizeof *y);
    return status;
}

/* n slots of a plaintext are entries of dA. */
static void read_gradient(double *out, const pv_active *a, pv_wide *slot, const uint64_t *plain,
                          size_t n, uint64_t *over)
{
    pv_slots_unpack(slot, plain, n, a->bound.gradient_slot, a->pk, over);
    for (size_t j = 0; j < n; j++)
        out[j] = pv_wide_double(slot[j], -a->bound.set.fg - a->bound.set.fw);
}

pv_status pv_active_gradient(double *gradient, pv_active *a, const void *x, size_t size,
                             const char *what)
{
    pv_status status = PV_OK;
    const pv_boundary *b = &a->bound;
    PV_TRY(pv_boundary_turn(a->batch, PV_BATCH_REST, PV_BATCH_GRADIENT, "reading a gradient"));
    const pv_boundary_counts n = pv_boundary_count(b, a->rows);
    size_t limbs = pv_paillier_limbs(a->pk), width = (size_t)b->set.width, rows = (size_t)a->rows,
           slots = (size_t)b->gradient_slots, full = (size_t)b->gradient_full,
           rest = (size_t)b->gradient_rest;
    uint64_t *plain = NULL, over = 0;
    pv_wide *slot = NULL;
    double *shared = NULL;
    PV_TRY_GOTO(pv_boundary_take(&slot, slots, sizeof *slot));
    PV_TRY_GOTO(pv_boundary_take(&shared, slots, sizeof *shared));
    PV_TRY_GOTO(decrypt(&plain, a, n.activations, x, size, what));
    const uint64_t *from = plain;
    for (size_t i = 0; i < rows; i++)
        for (size_t p = 0; p < full; p++, from += limbs)
            read_gradient(gradient + i * width + p * slots, a, slot, from, slots, &over);
    for (size_t g = 0; g < n.groups; g++, from += limbs) {
        size_t first, samples = pv_boundary_pack(&first, g, rows, n.together);
        read_gradient(shared, a, slot, from, samples * rest, &over);
        for (size_t i = 0; i < samples * rest; i++)
            gradient[(first + i / rest) * width + full * slots + i % rest] = shared[i];
    }
    if (over)
        PV_FAIL_GOTO(PV_ERR_PEER,
                     "%s: a gradient does not fit its slot of %u bits: the peer computed something "
                     "else than the protocol says",
                     what, b->gradient_slot);
    a->batch |= PV_BATCH_GRADIENT;
done:
    pv_boundary_drop(plain, n.activations * limbs, sizeof *plain);
    pv_boundary_drop(slot, slots, sizeof *slot);
    pv_boundary_drop(shared, slots, sizeof *shared);
    return status;
}

/* U = D + pack(n), in place */
static pv_status add_next(uint64_t *u, const pv_active *a, const pv_wide *n)
{
    pv_status status = PV_OK;
    const pv_boundary *b = &a->bound;
    size_t limbs = pv_paillier_limbs(a->pk), width = (size_t)b->set.width,
           packs = (size_t)b->weight_packs;
    uint64_t *part = NULL;
    PV_TRY_GOTO(pv_boundary_take(&part, limbs, sizeof *part));
    for (size_t at = 0; at < packs * (size_t)b->set.outputs; at++) {
        size_t first, count = pv_boundary_pack(&first, at % packs, width, (size_t)b->weight_slots);
        pv_slots_pack(part, n + at / packs * width + first, count, b->weight_slot, a->pk);
        pv_residue_add(u + at * limbs, u + at * limbs, part, a->pk);
    }
done:
    pv_boundary_drop(part, limbs, sizeof *part);
    return status;
}

static pv_status update(pv_bytes *out_u, pv_bytes *out_s, pv_active *a, const void *d, size_t size,
                        int64_t eta, const char *what, pv_csprng *r)
{
    pv_status status = PV_OK;
    const pv_boundary *b = &a->bound;
    size_t numbers = pv_boundary_count(b, a->rows).weights, limbs = pv_paillier_limbs(a->pk),
           count = (size_t)(b->set.width * b->set.outputs);
    uint64_t *u = NULL;
    pv_wide *n = NULL, *s = NULL;
    pv_boundary_shares now = {a->share, a->velocity}, next = {pv_secret_alloc(count * sizeof *n),
                                                              pv_secret_alloc(count * sizeof *n)};
    if (next.share == NULL || next.velocity == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory: %zu shares were asked for", 2 * count);
    PV_TRY_GOTO(pv_boundary_take(&n, count, sizeof *n));
    PV_TRY_GOTO(pv_boundary_take(&s, count, sizeof *s));
    PV_TRY_GOTO(decrypt(&u, a, numbers, d, size, what));
    for (size_t i = 0; i < count; i++) {
        next.velocity[i] = pv_wide_random(r, b->share_velocity_bits);
        next.share[i] = pv_wide_random(r, b->share_bits);
    }
    pv_boundary_step_active(n, s, b, now, next, eta);
    PV_TRY_GOTO(add_next(u, a, n));
    PV_TRY_GOTO(pv_boundary_put_residues(out_u, u, numbers, a->pk));
    PV_TRY_GOTO(pv_boundary_put_wides(out_s, s, count, b));
    a->share = next.share;
    a->velocity = next.velocity;
    next = now;
done:
    if (status != PV_OK) pv_bytes_clear(out_u);
    pv_boundary_drop(u, numbers * limbs, sizeof *u);
    pv_boundary_drop(n, count, sizeof *n);
    pv_boundary_drop(s, count, sizeof *s);
    pv_secret_free(next.share);
    pv_secret_free(next.velocity);
    return status;
}

pv_status pv_active_update(pv_bytes *u, pv_bytes *s, pv_active *a, const void *d, size_t size,
                           double eta, const char *what, pv_csprng *r)
{
    int64_t rate;
    *u = *s = (pv_bytes){0};
    PV_TRY(pv_boundary_turn(a->batch, PV_BATCH_REST, PV_BATCH_UPDATED, "updating the weights"));
    PV_TRY(pv_boundary_rate(&rate, &a->bound, eta));
    if (a->steps >= (uint64_t)a->bound.set.steps)
        PV_FAIL(PV_ERR_USAGE,
                "vertical: the bounds were worked out for %" PRId64 " steps, all done",
                a->bound.set.steps);
    PV_TRY(update(u, s, a, d, size, rate, what, r));
    a->batch |= PV_BATCH_UPDATED;
    a->steps++;
    return PV_OK;
}

pv_status pv_active_settle(pv_bytes *out, pv_active *a, pv_csprng *r)
{
    pv_status status = PV_OK;
    const pv_boundary *b = &a->bound;
    size_t count = (size_t)(b->set.width * b->set.outputs);
    pv_wide *s = NULL, *next = NULL;
    *out = (pv_bytes){0};
    PV_TRY(pv_boundary_may_settle(b, a->ready, a->settled));
    PV_TRY_GOTO(pv_boundary_take(&s, count, sizeof *s));
    PV_TRY_GOTO(pv_boundary_take(&next, count, sizeof *next));
    pv_boundary_settle_active(next, s, b, a->share, r);
    PV_TRY_GOTO(pv_boundary_put_wides(out, s, count, b));
    memcpy(a->share, next, count * sizeof *next);
    pv_secret_wipe(a->velocity, count * sizeof *a->velocity);
    a->settled = 1;
    a->batch = 0;
done:
    pv_boundary_drop(s, count, sizeof *s);
    pv_boundary_drop(next, count, sizeof *next);
    return status;
}
