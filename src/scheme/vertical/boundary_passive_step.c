#include "scheme/vertical/boundary_i.h"

#include <inttypes.h>
#include <string.h>

pv_status pv_passive_scores(pv_bytes *out, pv_passive *p, const void *samples, size_t size,
                            int64_t rows, const char *what, pv_csprng *r)
{
    pv_status status = PV_OK;
    const pv_boundary *b = &p->bound;
    *out = (pv_bytes){0};
    PV_TRY(pv_boundary_begin(b, p->ready, rows));
    const pv_boundary_counts n = pv_boundary_count(b, rows);
    size_t limbs = pv_paillier_limbs(p->pk), width = (size_t)b->set.width,
           classes = (size_t)b->set.outputs;
    uint64_t *base = NULL, *score = NULL;
    pv_wide *working = NULL;
    p->batch = 0;
    PV_TRY_GOTO(pv_boundary_take(&base, 2 * limbs * n.samples, sizeof *base));
    PV_TRY_GOTO(pv_boundary_take(&score, 2 * limbs * n.scores, sizeof *score));
    PV_TRY_GOTO(pv_boundary_take(&working, width * classes, sizeof *working));
    PV_TRY_GOTO(pv_boundary_get_ciphers(base, n.samples, samples, size, p->pk, what));
    pv_boundary_working(working, p->share, b);
    PV_TRY_GOTO(pv_paillier_products(score, p->pk, base, working,
                                     p->settled ? b->settled_exponent_bits : b->exponent_bits,
                                     classes, n.samples / width, width, p->ctx));
    pv_residue_random(p->score_mask, p->pk, n.scores, r);
    PV_TRY_GOTO(
        pv_paillier_rerandomize(score, p->blind, score, p->score_mask, n.scores, r, p->ctx));
    PV_TRY_GOTO(pv_boundary_put_ciphers(out, score, n.scores, p->pk));
    p->rows = rows;
    p->batch = PV_BATCH_BEGUN;
done:
    pv_free(base);
    pv_boundary_drop(score, 2 * limbs * n.scores, sizeof *score);
    pv_boundary_drop(working, width * classes, sizeof *working);
    return status;
}

pv_status pv_passive_logits(double *z, pv_passive *p, const void *opened, size_t size,
                            const char *what)
{
    pv_status status = PV_OK;
    const pv_boundary *b = &p->bound;
    PV_TRY(pv_boundary_turn(p->batch, PV_BATCH_BEGUN, PV_BATCH_OPENED, "reading scores"));
    size_t limbs = pv_paillier_limbs(p->pk), classes = (size_t)b->set.outputs,
           slots = (size_t)b->score_slots, count = pv_boundary_count(b, p->rows).scores;
    uint64_t *y = NULL, over = 0;
    pv_wide *slot = NULL;
    PV_TRY_GOTO(pv_boundary_take(&y, limbs * count, sizeof *y));
    PV_TRY_GOTO(pv_boundary_take(&slot, slots, sizeof *slot));
    PV_TRY_GOTO(pv_boundary_get_residues(y, count, opened, size, p->pk, what));
    size_t packs = count / classes;
    for (size_t at = 0; at < count; at++) {
        size_t first, n = pv_boundary_pack(&first, at % packs, (size_t)p->rows, slots);
        uint64_t *one = y + at * limbs;
        pv_residue_sub(one, one, p->score_mask + at * limbs, p->pk);
        pv_slots_unpack(slot, one, n, b->score_slot, p->pk, &over);
        for (size_t i = 0; i < n; i++)
            z[(first + i) * classes + at / packs] = pv_wide_double(slot[i], -b->set.fa - b->set.fw);
    }
    if (over)
        PV_FAIL_GOTO(PV_ERR_PEER,
                     "%s: a score does not fit its slot of %u bits: the peer computed something "
                     "else than the protocol says",
                     what, b->score_slot);
    pv_secret_wipe(p->score_mask, count * limbs * sizeof *p->score_mask);
    p->batch |= PV_BATCH_OPENED;
done:
    pv_boundary_drop(y, limbs * count, sizeof *y);
    pv_boundary_drop(slot, slots, sizeof *slot);
    return status;
}

/* out [rows, c] = G^ of g, within the bounds that slots were laid out for. */
static pv_status quantise(int64_t *out, const pv_passive *p, const double *g, int64_t most,
                          int64_t row_most)
{
    const pv_boundary_settings *s = &p->bound.set;
    uint64_t beyond = 0, wrong = 0, wide = 0;
    for (int64_t i = 0; i < p->rows; i++) {
        int64_t sum = 0;
        for (int64_t k = 0; k < s->outputs; k++) {
            int64_t x = pv_boundary_fixed(g[i * s->outputs + k], s->fg, most, &beyond, &wrong);
            int64_t sign = -(int64_t)((uint64_t)x >> 63);
            out[i * s->outputs + k] = x;
            sum += (x ^ sign) - sign;
        }
        wide |= (uint64_t)(row_most - sum) >> 63;
    }
    if (wrong)
        PV_FAIL(PV_ERR_NUMERIC,
                "vertical: a gradient at the scores is not a finite number; has the learning "
                "diverged?");
    if (beyond || wide)
        PV_FAIL(PV_ERR_NUMERIC,
                "vertical: a gradient at the scores is larger than the bounds were worked out for "
                "(%g/%" PRId64 " in each entry, %g/%" PRId64
                " over a row); was it divided by the batch's nominal size?",
                (double)most / (double)p->bound.gradient_most * s->gradient, s->batch,
                (double)row_most / (double)p->bound.gradient_most * s->gradient, s->batch);
    return PV_OK;
}

/* [D] = G^ᵀ·[A] + R2 */
static pv_status weight_gradient(pv_bytes *out, pv_passive *p, const void *features, size_t size,
                                 const int64_t *g, const char *what, pv_csprng *r)
{
    pv_status status = PV_OK;
    const pv_boundary *b = &p->bound;
    const pv_boundary_counts n = pv_boundary_count(b, p->rows);
    size_t limbs = pv_paillier_limbs(p->pk), rows = (size_t)p->rows,
           classes = (size_t)b->set.outputs;
    uint64_t *base = NULL, *d = NULL;
    pv_wide *e = NULL;
    PV_TRY_GOTO(pv_boundary_take(&base, 2 * limbs * n.features, sizeof *base));
    PV_TRY_GOTO(pv_boundary_take(&d, 2 * limbs * n.weights, sizeof *d));
    PV_TRY_GOTO(pv_boundary_take(&e, rows * classes, sizeof *e));
    PV_TRY_GOTO(pv_boundary_get_ciphers(base, n.features, features, size, p->pk, what));
    for (size_t i = 0; i < rows; i++)
        for (size_t k = 0; k < classes; k++) e[k * rows + i] = pv_wide_from(g[i * classes + k]);
    PV_TRY_GOTO(pv_paillier_products(d, p->pk, base, e, b->gradient_bits, classes,
                                     (size_t)b->weight_packs, rows, p->ctx));
    pv_residue_random(p->weight_mask, p->pk, n.weights, r);
    PV_TRY_GOTO(pv_paillier_rerandomize(d, p->blind, d, p->weight_mask, n.weights, r, p->ctx));
    PV_TRY_GOTO(pv_boundary_put_ciphers(out, d, n.weights, p->pk));
done:
    pv_free(base);
    pv_boundary_drop(d, 2 * limbs * n.weights, sizeof *d);
    pv_boundary_drop(e, rows * classes, sizeof *e);
    return status;
}

/* The plaintexts pack(G^·W~u), in the order of [X]. */
static pv_status masked_gradient(uint64_t *plain, const pv_passive *p, const int64_t *g)
{
    pv_status status = PV_OK;
    const pv_boundary *b = &p->bound;
    const pv_boundary_counts n = pv_boundary_count(b, p->rows);
    size_t limbs = pv_paillier_limbs(p->pk), rows = (size_t)p->rows, width = (size_t)b->set.width,
           classes = (size_t)b->set.outputs, slots = (size_t)b->gradient_slots,
           full = (size_t)b->gradient_full, rest = (size_t)b->gradient_rest;
    pv_wide *working = NULL, *slot = NULL;
    PV_TRY_GOTO(pv_boundary_take(&working, width * classes, sizeof *working));
    PV_TRY_GOTO(pv_boundary_take(&slot, slots, sizeof *slot));
    pv_boundary_working(working, p->share, b);
    for (size_t i = 0; i < rows; i++)
        for (size_t q = 0; q < full; q++, plain += limbs) {
            for (size_t j = 0; j < slots; j++)
                slot[j] = pv_boundary_dot(g + i * classes, working + q * slots + j, classes, width);
            pv_slots_pack(plain, slot, slots, b->gradient_slot, p->pk);
        }
    for (size_t group = 0; group < n.groups; group++, plain += limbs) {
        size_t first, samples = pv_boundary_pack(&first, group, rows, n.together);
        for (size_t j = 0; j < samples * rest; j++)
            slot[j] = pv_boundary_dot(g + (first + j / rest) * classes,
                                      working + full * slots + j % rest, classes, width);
        pv_slots_pack(plain, slot, samples * rest, b->gradient_slot, p->pk);
    }
done:
    pv_boundary_drop(working, width * classes, sizeof *working);
    pv_boundary_drop(slot, slots, sizeof *slot);
    return status;
}

/* x = -G^·[E]: of full packs sample by sample, then of the rests group by group, where a sample
 * that is missing in the last group counts for zero. */
static pv_status share_gradient(uint64_t *x, const pv_passive *p, const uint64_t *base,
                                const int64_t *g)
{
    pv_status status = PV_OK;
    const pv_boundary *b = &p->bound;
    const pv_boundary_counts n = pv_boundary_count(b, p->rows);
    size_t limbs = pv_paillier_limbs(p->pk), rows = (size_t)p->rows,
           classes = (size_t)b->set.outputs, full = (size_t)b->gradient_full,
           terms = n.together * classes, padded = n.groups * terms;
    size_t numbers = padded > rows * classes ? padded : rows * classes;
    pv_wide *e = NULL;
    PV_TRY_GOTO(pv_boundary_take(&e, numbers, sizeof *e));
    for (size_t i = 0; i < rows * classes; i++) e[i] = pv_wide_from(-g[i]);
    if (full > 0)
        PV_TRY_GOTO(
            pv_paillier_products(x, p->pk, base, e, b->shown_bits, rows, full, classes, p->ctx));
    if (n.groups > 0)
        PV_TRY_GOTO(pv_paillier_products(x + 2 * limbs * rows * full, p->pk,
                                         base + 2 * limbs * full * classes, e, b->shown_bits,
                                         n.groups, 1, terms, p->ctx));
done:
    pv_boundary_drop(e, numbers, sizeof *e);
    return status;
}

/* [X] = [G^·W~] - G^·[E] */
static pv_status activation_gradient(pv_bytes *out, pv_passive *p, const void *shares, size_t size,
                                     const int64_t *g, const char *what, pv_csprng *r)
{
    pv_status status = PV_OK;
    const pv_boundary_counts n = pv_boundary_count(&p->bound, p->rows);
    size_t limbs = pv_paillier_limbs(p->pk);
    uint64_t *base = NULL, *x = NULL, *plain = NULL;
    PV_TRY_GOTO(pv_boundary_take(&base, 2 * limbs * n.shares, sizeof *base));
    PV_TRY_GOTO(pv_boundary_take(&x, 2 * limbs * n.activations, sizeof *x));
    PV_TRY_GOTO(pv_boundary_take(&plain, limbs * n.activations, sizeof *plain));
    PV_TRY_GOTO(pv_boundary_get_ciphers(base, n.shares, shares, size, p->pk, what));
    PV_TRY_GOTO(share_gradient(x, p, base, g));
    PV_TRY_GOTO(masked_gradient(plain, p, g));
    PV_TRY_GOTO(pv_paillier_rerandomize(x, p->blind, x, plain, n.activations, r, p->ctx));
    PV_TRY_GOTO(pv_boundary_put_ciphers(out, x, n.activations, p->pk));
done:
    pv_free(base);
    pv_boundary_drop(x, 2 * limbs * n.activations, sizeof *x);
    pv_boundary_drop(plain, limbs * n.activations, sizeof *plain);
    return status;
}

pv_status pv_passive_gradients(pv_bytes *d, pv_bytes *x, pv_passive *p, const void *features,
                               size_t features_size, const void *shares, size_t shares_size,
                               const double *g, const double *g_shown, const char *what,
                               pv_csprng *r)
{
    pv_status status = PV_OK;
    const pv_boundary *b = &p->bound;
    size_t count = (size_t)(p->rows * b->set.outputs);
    int64_t *clean = NULL, *shown = NULL;
    *d = (pv_bytes){0};
    if (x != NULL) *x = (pv_bytes){0};
    PV_TRY(pv_boundary_may_train(p->settled));
    PV_TRY(pv_boundary_turn(p->batch, PV_BATCH_OPENED, PV_BATCH_REST, "sending gradients"));
    PV_TRY_GOTO(pv_boundary_take(&clean, count, sizeof *clean));
    PV_TRY_GOTO(pv_boundary_take(&shown, count, sizeof *shown));
    PV_TRY_GOTO(quantise(clean, p, g, b->gradient_most, b->gradient_row));
    PV_TRY_GOTO(quantise(shown, p, g_shown == NULL ? g : g_shown, b->shown_most, b->shown_row));
    PV_TRY_GOTO(weight_gradient(d, p, features, features_size, clean, what, r));
    if (x != NULL) PV_TRY_GOTO(activation_gradient(x, p, shares, shares_size, shown, what, r));
    p->batch |= PV_BATCH_REST;
done:
    if (status != PV_OK) pv_bytes_clear(d);
    pv_boundary_drop(clean, count, sizeof *clean);
    pv_boundary_drop(shown, count, sizeof *shown);
    return status;
}

/* n [c·d] = centred(U - R2); in place, u gets unmasked */
static pv_status read_update(pv_wide *n, const pv_passive *p, uint64_t *u, const char *what)
{
    const pv_boundary *b = &p->bound;
    size_t limbs = pv_paillier_limbs(p->pk), width = (size_t)b->set.width,
           packs = (size_t)b->weight_packs;
    uint64_t over = 0;
    for (size_t at = 0; at < packs * (size_t)b->set.outputs; at++) {
        size_t first, count = pv_boundary_pack(&first, at % packs, width, (size_t)b->weight_slots);
        uint64_t *one = u + at * limbs;
        pv_residue_sub(one, one, p->weight_mask + at * limbs, p->pk);
        pv_slots_unpack(n + at / packs * width + first, one, count, b->weight_slot, p->pk, &over);
    }
    if (over)
        PV_FAIL(PV_ERR_PEER,
                "%s: a number does not fit its slot of %u bits: the peer computed something else "
                "than the protocol says",
                what, b->weight_slot);
    return PV_OK;
}

static pv_status update(pv_passive *p, const void *u, size_t u_size, const void *s, size_t s_size,
                        int64_t eta, const char *what)
{
    pv_status status = PV_OK;
    const pv_boundary *b = &p->bound;
    size_t numbers = pv_boundary_count(b, p->rows).weights, limbs = pv_paillier_limbs(p->pk),
           count = (size_t)(b->set.width * b->set.outputs);
    uint64_t *residue = NULL;
    pv_wide *n = NULL, *step = NULL;
    pv_boundary_shares now = {p->share, p->velocity}, next = {pv_secret_alloc(count * sizeof *n),
                                                              pv_secret_alloc(count * sizeof *n)};
    if (next.share == NULL || next.velocity == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory: %zu shares were asked for", 2 * count);
    PV_TRY_GOTO(pv_boundary_take(&residue, numbers * limbs, sizeof *residue));
    PV_TRY_GOTO(pv_boundary_take(&n, count, sizeof *n));
    PV_TRY_GOTO(pv_boundary_take(&step, count, sizeof *step));
    PV_TRY_GOTO(pv_boundary_get_residues(residue, numbers, u, u_size, p->pk, what));
    PV_TRY_GOTO(pv_boundary_get_wides(step, count, s, s_size, b, what));
    PV_TRY_GOTO(read_update(n, p, residue, what));
    if (!pv_boundary_step_passive(next, b, now, n, step, eta))
        PV_FAIL_GOTO(PV_ERR_PEER,
                     "%s: a share would be wider than the %u bits (weights) or %u bits (velocity) "
                     "that the scenario gives",
                     what, b->masked_bits, b->masked_velocity_bits);
    p->share = next.share;
    p->velocity = next.velocity;
    next = now;
done:
    pv_boundary_drop(residue, numbers * limbs, sizeof *residue);
    pv_boundary_drop(n, count, sizeof *n);
    pv_boundary_drop(step, count, sizeof *step);
    pv_secret_free(next.share);
    pv_secret_free(next.velocity);
    return status;
}

pv_status pv_passive_update(pv_passive *p, const void *u, size_t u_size, const void *s,
                            size_t s_size, double eta, const char *what)
{
    int64_t rate;
    PV_TRY(pv_boundary_turn(p->batch, PV_BATCH_REST, PV_BATCH_UPDATED, "updating the weights"));
    PV_TRY(pv_boundary_rate(&rate, &p->bound, eta));
    if (p->steps >= (uint64_t)p->bound.set.steps)
        PV_FAIL(PV_ERR_USAGE,
                "vertical: the bounds were worked out for %" PRId64 " steps, all done",
                p->bound.set.steps);
    PV_TRY(update(p, u, u_size, s, s_size, rate, what));
    pv_secret_wipe(p->weight_mask, pv_boundary_count(&p->bound, p->rows).weights *
                                       pv_paillier_limbs(p->pk) * sizeof *p->weight_mask);
    p->batch |= PV_BATCH_UPDATED;
    p->steps++;
    return PV_OK;
}

pv_status pv_passive_settle(pv_passive *p, const void *s, size_t size, const char *what)
{
    pv_status status = PV_OK;
    const pv_boundary *b = &p->bound;
    size_t count = (size_t)(b->set.width * b->set.outputs);
    pv_wide *next = NULL;
    PV_TRY(pv_boundary_may_settle(b, p->ready, p->settled));
    PV_TRY_GOTO(pv_boundary_take(&next, count, sizeof *next));
    PV_TRY_GOTO(pv_boundary_get_wides(next, count, s, size, b, what));
    if (!pv_boundary_settle_passive(next, b, p->share, next))
        PV_FAIL_GOTO(PV_ERR_PEER,
                     "%s: a share would be wider than the %u bits that the scenario gives for "
                     "predictions",
                     what, b->settled_masked_bits);
    memcpy(p->share, next, count * sizeof *next);
    pv_secret_wipe(p->velocity, count * sizeof *p->velocity);
    p->settled = 1;
    p->batch = 0;
done:
    pv_boundary_drop(next, count, sizeof *next);
    return status;
}
