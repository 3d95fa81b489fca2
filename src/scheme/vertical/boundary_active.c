#include "scheme/vertical/boundary_i.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static size_t weights(const pv_active *a)
{
    return (size_t)(a->bound.set.width * a->bound.set.outputs);
}

static size_t cells(const pv_active *a) /* of a whole batch */
{
    return (size_t)(a->bound.set.width * a->bound.set.batch);
}

pv_status pv_active_new(pv_active **out, const pv_boundary *b, const pv_paillier_sk *sk,
                        const pv_ctx *ctx)
{
    *out = NULL;
    if (pv_paillier_bits(pv_paillier_public(sk)) != b->set.bits)
        PV_FAIL(PV_ERR_MISMATCH, "vertical: the key has %d bits, the scenario says %d",
                pv_paillier_bits(pv_paillier_public(sk)), b->set.bits);
    pv_active *a = pv_calloc(1, sizeof *a);
    if (a == NULL) PV_FAIL_MEMORY(sizeof *a);
    a->bound = *b;
    a->sk = sk;
    a->pk = pv_paillier_public(sk);
    a->ctx = ctx;
    a->share = pv_secret_alloc(weights(a) * sizeof *a->share);
    a->velocity = pv_secret_alloc(weights(a) * sizeof *a->velocity);
    a->activation = pv_calloc(cells(a), sizeof *a->activation);
    if (a->share == NULL || a->velocity == NULL || a->activation == NULL) {
        pv_active_free(a);
        PV_FAIL(PV_ERR_MEMORY, "out of memory for the shares of %" PRId64 "x%" PRId64 " weights",
                b->set.width, b->set.outputs);
    }
    memset(a->share, 0, weights(a) * sizeof *a->share);
    memset(a->velocity, 0, weights(a) * sizeof *a->velocity);
    *out = a;
    return PV_OK;
}

void pv_active_free(pv_active *a)
{
    if (a == NULL) return;
    pv_secret_free(a->share);
    pv_secret_free(a->velocity);
    pv_boundary_drop(a->activation, cells(a), sizeof *a->activation);
    pv_secret_wipe(a, sizeof *a);
    pv_free(a);
}

static pv_status known(pv_wide *w, const pv_active *a, const double *init)
{
    for (size_t i = 0; i < weights(a); i++) {
        if (!(fabs(init[i]) <= a->bound.set.initial))
            PV_FAIL(PV_ERR_RANGE,
                    "vertical: initial weight %zu is %g, the bounds were worked out for %g; raise "
                    "`initial`",
                    i, init[i], a->bound.set.initial);
        w[i] = pv_wide_round(init[i], a->bound.scale);
    }
    return PV_OK;
}

pv_status pv_active_setup(pv_bytes *out, pv_active *a, double scale, const double *init,
                          pv_csprng *r)
{
    pv_status status = PV_OK;
    size_t count = weights(a);
    pv_wide *sum = NULL;
    *out = (pv_bytes){0};
    if (a->ready) PV_FAIL(PV_ERR_USAGE, "vertical: the active party has its share already");
    PV_TRY_GOTO(pv_boundary_take(&sum, count, sizeof *sum));
    if (init != NULL)
        PV_TRY_GOTO(known(sum, a, init));
    else
        PV_TRY_GOTO(pv_boundary_initial(sum, &a->bound, scale, r));
    for (size_t i = 0; i < count; i++) {
        a->share[i] = pv_wide_random(r, a->bound.share_bits);
        sum[i] = pv_wide_add(sum[i], a->share[i]);
    }
    PV_TRY_GOTO(pv_boundary_put_wides(out, sum, count, &a->bound));
    a->ready = 1;
done:
    pv_boundary_drop(sum, count, sizeof *sum);
    return status;
}

/* a^, with what is beyond the clamp counted. */
static pv_status quantise(pv_active *a, const float *activation, int64_t rows)
{
    const pv_boundary_settings *s = &a->bound.set;
    uint64_t beyond = 0, wrong = 0;
    for (int64_t i = 0; i < rows * s->width; i++)
        a->activation[i] = pv_boundary_fixed((double)activation[i], s->fa, a->bound.activation_most,
                                             &beyond, &wrong);
    if (wrong)
        PV_FAIL(PV_ERR_NUMERIC,
                "vertical: an activation is not a finite number; has the learning diverged?");
    a->clamped += beyond;
    return PV_OK;
}

/* Encrypts `count` plaintexts into a message. */
static pv_status encrypt(pv_bytes *out, const pv_active *a, const uint64_t *plain, size_t count,
                         pv_csprng *r)
{
    pv_status status = PV_OK;
    size_t limbs = pv_paillier_limbs(a->pk);
    uint64_t *cipher = NULL;
    PV_TRY_GOTO(pv_boundary_take(&cipher, 2 * limbs * count, sizeof *cipher));
    PV_TRY_GOTO(pv_paillier_encrypt_owner(cipher, a->sk, plain, count, r, a->ctx));
    PV_TRY_GOTO(pv_boundary_put_ciphers(out, cipher, count, a->pk));
done:
    pv_boundary_drop(cipher, 2 * limbs * count, sizeof *cipher);
    return status;
}

pv_status pv_active_send_samples(pv_bytes *out, pv_active *a, const float *activation, int64_t rows,
                                 pv_csprng *r)
{
    pv_status status = PV_OK;
    const pv_boundary *b = &a->bound;
    size_t limbs = pv_paillier_limbs(a->pk), width = (size_t)b->set.width;
    size_t slots = (size_t)b->score_slots;
    uint64_t *plain = NULL;
    pv_wide *slot = NULL;
    *out = (pv_bytes){0};
    PV_TRY(pv_boundary_begin(b, a->ready, rows));
    size_t count = pv_boundary_count(b, rows).samples;
    a->batch = 0;
    PV_TRY_GOTO(quantise(a, activation, rows));
    PV_TRY_GOTO(pv_boundary_take(&plain, count * limbs, sizeof *plain));
    PV_TRY_GOTO(pv_boundary_take(&slot, slots, sizeof *slot));
    for (size_t at = 0; at < count; at++) {
        size_t first, n = pv_boundary_pack(&first, at / width, (size_t)rows, slots);
        for (size_t i = 0; i < n; i++)
            slot[i] = pv_wide_from(a->activation[(first + i) * width + at % width]);
        pv_slots_pack(plain + at * limbs, slot, n, b->score_slot, a->pk);
    }
    PV_TRY_GOTO(encrypt(out, a, plain, count, r));
    a->rows = rows;
    a->batch = PV_BATCH_BEGUN;
done:
    pv_boundary_drop(plain, count * limbs, sizeof *plain);
    pv_boundary_drop(slot, slots, sizeof *slot);
    return status;
}

static pv_status send_features(pv_bytes *out, const pv_active *a, pv_csprng *r)
{
    pv_status status = PV_OK;
    const pv_boundary *b = &a->bound;
    size_t limbs = pv_paillier_limbs(a->pk), width = (size_t)b->set.width, rows = (size_t)a->rows;
    size_t slots = (size_t)b->weight_slots, count = pv_boundary_count(b, a->rows).features;
    uint64_t *plain = NULL;
    pv_wide *slot = NULL;
    PV_TRY_GOTO(pv_boundary_take(&plain, count * limbs, sizeof *plain));
    PV_TRY_GOTO(pv_boundary_take(&slot, slots, sizeof *slot));
    for (size_t at = 0; at < count; at++) {
        size_t first, n = pv_boundary_pack(&first, at / rows, width, slots);
        for (size_t j = 0; j < n; j++)
            slot[j] = pv_wide_from(a->activation[at % rows * width + first + j]);
        pv_slots_pack(plain + at * limbs, slot, n, b->weight_slot, a->pk);
    }
    PV_TRY_GOTO(encrypt(out, a, plain, count, r));
done:
    pv_boundary_drop(plain, count * limbs, sizeof *plain);
    pv_boundary_drop(slot, slots, sizeof *slot);
    return status;
}

/* Full packs of every class, then the rest of every class at every place of a group. */
static pv_status send_shares(pv_bytes *out, const pv_active *a, pv_csprng *r)
{
    pv_status status = PV_OK;
    const pv_boundary *b = &a->bound;
    const pv_boundary_counts n = pv_boundary_count(b, a->rows);
    size_t limbs = pv_paillier_limbs(a->pk), width = (size_t)b->set.width,
           classes = (size_t)b->set.outputs, slots = (size_t)b->gradient_slots,
           rest = (size_t)b->gradient_rest, full = (size_t)b->gradient_full;
    uint64_t *plain = NULL, *to = NULL;
    pv_wide *working = NULL, *slot = NULL;
    PV_TRY_GOTO(pv_boundary_take(&plain, n.shares * limbs, sizeof *plain));
    PV_TRY_GOTO(pv_boundary_take(&working, weights(a), sizeof *working));
    PV_TRY_GOTO(pv_boundary_take(&slot, slots, sizeof *slot));
    pv_boundary_working(working, a->share, b);
    to = plain;
    for (size_t p = 0; p < full; p++)
        for (size_t k = 0; k < classes; k++, to += limbs)
            pv_slots_pack(to, working + k * width + p * slots, slots, b->gradient_slot, a->pk);
    for (size_t place = 0; place < n.together; place++)
        for (size_t k = 0; k < classes; k++, to += limbs) {
            memset(slot, 0, slots * sizeof *slot);
            memcpy(slot + place * rest, working + k * width + full * slots, rest * sizeof *slot);
            pv_slots_pack(to, slot, (place + 1) * rest, b->gradient_slot, a->pk);
        }
    PV_TRY_GOTO(encrypt(out, a, plain, n.shares, r));
done:
    pv_boundary_drop(plain, n.shares * limbs, sizeof *plain);
    pv_boundary_drop(working, weights(a), sizeof *working);
    pv_boundary_drop(slot, slots, sizeof *slot);
    return status;
}

pv_status pv_active_send_rest(pv_bytes *features, pv_bytes *shares, pv_active *a, pv_csprng *r)
{
    *features = (pv_bytes){0};
    if (shares != NULL) *shares = (pv_bytes){0};
    PV_TRY(pv_boundary_may_train(a->settled));
    PV_TRY(pv_boundary_turn(a->batch, PV_BATCH_BEGUN, PV_BATCH_REST, "sending the rest of a step"));
    pv_status status = send_features(features, a, r);
    if (status == PV_OK && shares != NULL) status = send_shares(shares, a, r);
    if (status != PV_OK) {
        pv_bytes_clear(features);
        return status;
    }
    a->batch |= PV_BATCH_REST;
    return PV_OK;
}

uint64_t pv_active_clamped(const pv_active *a)
{
    return a->clamped;
}

const pv_wide *pv_active_share(const pv_active *a)
{
    return a->share;
}

const pv_wide *pv_active_velocity(const pv_active *a)
{
    return a->velocity;
}
