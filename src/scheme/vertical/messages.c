#include "scheme/vertical/messages.h"

#include "base/secret.h"
#include "fed/learning.h"
#include "nn/model_i.h"
#include "scheme/vertical/vertical.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* More rows than anything here counts to. */
#define MOST (INT64_C(1) << 40)

enum { SMALL = 1 << 20 };
#define LARGE (UINT64_C(1) << 31)

const pv_message_type pv_vertical_type[PV_VERTICAL_TYPES] = {
    {PV_VERTICAL_JOIN,
     "join",
     "truth, model, order u8[32], rows, measured i64[1], nonce, half u8[16], boundary "
     "u8[n]",
     SMALL,
     {PV_RETAIN_FULL, 0}},
    {PV_VERTICAL_KEY, "key", "n u8[bits/8], proof u8[n], safe u8[1]", SMALL, {PV_RETAIN_FULL, 0}},
    {PV_VERTICAL_START, "start", "c u8[n]", LARGE, {PV_RETAIN_DIGEST, 0}},
    {PV_VERTICAL_SAMPLES, "enc-samples", "c u8[n]", LARGE, {PV_RETAIN_DIGEST, 0}},
    {PV_VERTICAL_FEATURES, "enc-features", "c u8[n]", LARGE, {PV_RETAIN_DIGEST, 0}},
    {PV_VERTICAL_SHARES, "enc-shares", "c u8[n]", LARGE, {PV_RETAIN_DIGEST, 0}},
    {PV_VERTICAL_SCORES, "enc-scores", "c u8[n]", LARGE, {PV_RETAIN_DIGEST, 0}},
    {PV_VERTICAL_OPENED, "opened-scores", "c u8[n]", LARGE, {PV_RETAIN_DIGEST, 0}},
    {PV_VERTICAL_WEIGHT_GRADIENT, "enc-weight-gradient", "c u8[n]", LARGE, {PV_RETAIN_DIGEST, 0}},
    {PV_VERTICAL_ACTIVATION_GRADIENT,
     "enc-activation-gradient",
     "c u8[n]",
     LARGE,
     {PV_RETAIN_DIGEST, 0}},
    {PV_VERTICAL_UPDATE, "opened-weight-gradient", "c u8[n]", LARGE, {PV_RETAIN_DIGEST, 0}},
    {PV_VERTICAL_STEP, "share-step", "c u8[n]", LARGE, {PV_RETAIN_DIGEST, 0}},
    {PV_VERTICAL_SETTLED, "share-settled", "c u8[n]", LARGE, {PV_RETAIN_DIGEST, 0}},
    {PV_VERTICAL_ANSWER,
     "answer",
     "label i32[rows], probability f32[rows] or f32[rows,classes], by the scenario's answers",
     LARGE,
     {PV_RETAIN_FULL, 0}},
    {PV_VERTICAL_DISCLOSED,
     "disclosed",
     "share u8[c*d,32], each parameter of its sender f32, norm.mean and norm.inverse_std f32",
     LARGE,
     {PV_RETAIN_DIGEST, 0}},
    {PV_VERTICAL_DA,
     "activation-gradient",
     "index i64[rows], gradient f32[rows,d]",
     LARGE,
     {PV_RETAIN_FULL, 0}},
    {PV_VERTICAL_LOGITS,
     "logits",
     "index i64[rows], logits f32[rows,c], lr f64[1]",
     LARGE,
     {PV_RETAIN_FULL, 0}},
};

/* ---- join */
size_t pv_vertical_join_parts(pv_part part[PV_JOIN_PARTS], const pv_vertical_join *j)
{
    size_t n = 0;
    part[n++] = pv_part_bytes("truth", j->truth.byte, PV_HASH_BYTES);
    part[n++] = pv_part_bytes("model", j->model.byte, PV_HASH_BYTES);
    part[n++] = pv_part_bytes("order", j->order.byte, PV_HASH_BYTES);
    part[n++] = pv_part_number("rows", &j->rows);
    part[n++] = pv_part_number("measured", &j->measured);
    part[n++] = pv_part_bytes("nonce", j->nonce, PV_SESSION_BYTES);
    part[n++] = pv_part_bytes("half", j->half, PV_SESSION_BYTES);
    part[n++] = pv_part_bytes("boundary", j->boundary, j->boundary_size);
    return n;
}

pv_status pv_vertical_join_take(pv_vertical_join *j, const pv_parts *p, const char *what)
{
    const uint8_t *text;
    *j = (pv_vertical_join){0};
    PV_TRY(pv_parts_get_bytes(j->truth.byte, PV_HASH_BYTES, p, what, "truth"));
    PV_TRY(pv_parts_get_bytes(j->model.byte, PV_HASH_BYTES, p, what, "model"));
    PV_TRY(pv_parts_get_bytes(j->order.byte, PV_HASH_BYTES, p, what, "order"));
    PV_TRY(pv_parts_get_number(&j->rows, p, what, "rows", -1, MOST));
    PV_TRY(pv_parts_get_number(&j->measured, p, what, "measured", -1, MOST));
    PV_TRY(pv_parts_get_bytes(j->nonce, PV_SESSION_BYTES, p, what, "nonce"));
    PV_TRY(pv_parts_get_bytes(j->half, PV_SESSION_BYTES, p, what, "half"));
    PV_TRY(pv_parts_get_some(&text, &j->boundary_size, p, what, "boundary", PV_BOUNDARY_TEXT));
    for (size_t i = 0; i < j->boundary_size; i++)
        if (text[i] < ' ' || text[i] > '~') PV_FAIL(PV_ERR_PEER, "%s: boundary is no text", what);
    j->boundary = (const char *)text;
    return pv_parts_get_count(p, what, PV_JOIN_PARTS);
}

static pv_status same_count(int64_t own, int64_t peer, const char *what, const char *name)
{
    if (own < 0 || peer < 0 || own == peer) return PV_OK;
    PV_FAIL(PV_ERR_MISMATCH,
            "%s: it has %" PRId64 " %s, this party has %" PRId64
            "; both must bring the same ones, in the same order (privet align)",
            what, peer, name, own);
}

static const char *order_text(const pv_hash *h, char buffer[PV_HASH_TEXT])
{
    static const pv_hash zeros;
    if (pv_hash_equal(h, &zeros)) return "by position";
    pv_hash_text(h, buffer);
    buffer[16] = '\0';
    return buffer;
}

static const char *session_text(const uint8_t *s, char buffer[PV_HASH_TEXT])
{
    for (int i = 0; i < 8; i++) snprintf(buffer + 2 * i, 3, "%02x", s[i]);
    return buffer;
}

pv_status pv_vertical_join_agree(const pv_vertical_join *own, const pv_vertical_join *peer,
                                 const char *what)
{
    char a[PV_HASH_TEXT], b[PV_HASH_TEXT];
    if (!pv_hash_equal(&own->model, &peer->model))
        PV_FAIL(PV_ERR_MISMATCH,
                "%s: it has another text of the model (%.16s..., this party %.16s...); give both "
                "the same file",
                what, pv_hash_text(&peer->model, a), pv_hash_text(&own->model, b));
    if (memcmp(own->half, peer->half, PV_SESSION_BYTES) != 0)
        PV_FAIL(PV_ERR_MISMATCH,
                "%s: its half is of the training %s, this party's of %s; halves of one training "
                "belong together",
                what, session_text(peer->half, a), session_text(own->half, b));
    PV_TRY(same_count(own->rows, peer->rows, what, "training rows"));
    PV_TRY(same_count(own->measured, peer->measured, what, "rows to measure"));
    if (!pv_hash_equal(&own->order, &peer->order))
        PV_FAIL(PV_ERR_MISMATCH,
                "%s: its rows are ordered %s, this party's %s; both need the order file of the "
                "same alignment, or none",
                what, order_text(&peer->order, a), order_text(&own->order, b));
    if (own->boundary_size != peer->boundary_size ||
        memcmp(own->boundary, peer->boundary, own->boundary_size) != 0)
        PV_FAIL(PV_ERR_MISMATCH, "%s: its boundary is '%.*s', this party's '%.*s'", what,
                (int)peer->boundary_size, peer->boundary, (int)own->boundary_size, own->boundary);
    if (memcmp(own->nonce, peer->nonce, PV_SESSION_BYTES) == 0)
        PV_FAIL(PV_ERR_PEER, "%s: it sends this party's own nonce back", what);
    return PV_OK;
}

pv_status pv_vertical_session(uint8_t out[PV_SESSION_BYTES], const pv_hash *scenario,
                              const uint8_t *active_nonce, const uint8_t *passive_nonce)
{
    static const char tag[] = "privet/1 vertical/session";
    pv_hasher s;
    pv_hash h;
    PV_TRY(pv_hasher_init(&s));
    pv_hasher_add(&s, tag, sizeof tag);
    pv_hasher_add(&s, scenario->byte, PV_HASH_BYTES);
    pv_hasher_add(&s, active_nonce, PV_SESSION_BYTES);
    pv_hasher_add(&s, passive_nonce, PV_SESSION_BYTES);
    PV_TRY(pv_hasher_end(&s, &h));
    memcpy(out, h.byte, PV_SESSION_BYTES);
    return PV_OK;
}

/* ---- key */
size_t pv_vertical_key_parts(pv_part part[PV_KEY_PARTS], const pv_vertical_key *k)
{
    part[0] = pv_part_bytes("n", k->n, k->n_size);
    part[1] = pv_part_bytes("proof", k->proof, k->proof_size);
    part[2] = pv_part_bytes("safe", &k->safe, 1);
    return 3;
}

pv_status pv_vertical_key_take(pv_vertical_key *k, const pv_parts *p, const char *what,
                               int64_t bits)
{
    *k = (pv_vertical_key){0};
    PV_TRY(pv_parts_get_some(&k->n, &k->n_size, p, what, "n", SMALL));
    PV_TRY(pv_parts_get_some(&k->proof, &k->proof_size, p, what, "proof", SMALL));
    PV_TRY(pv_parts_get_bytes(&k->safe, 1, p, what, "safe"));
    if (k->n_size * 8 != (size_t)bits)
        PV_FAIL(PV_ERR_PEER, "%s: a key of %zu bits; the scenario asks for key_bits = %" PRId64,
                what, 8 * k->n_size, bits);
    if (k->safe > 1)
        PV_FAIL(PV_ERR_PEER, "%s: safe is %u; 0 or 1 was expected", what, (unsigned)k->safe);
    return pv_parts_get_count(p, what, PV_KEY_PARTS);
}

size_t pv_vertical_proof_context(uint8_t out[PV_PROOF_CONTEXT], const pv_hash *scenario,
                                 const uint8_t session[PV_SESSION_BYTES])
{
    static const char tag[] = "privet/1 vertical/key active passive";
    size_t n = sizeof tag;
    memcpy(out, tag, n);
    memcpy(out + n, scenario->byte, PV_HASH_BYTES);
    n += PV_HASH_BYTES;
    memcpy(out + n, session, PV_SESSION_BYTES);
    return n + PV_SESSION_BYTES;
}

/* ---- bytes */
pv_part pv_vertical_bytes_part(const void *data, size_t size)
{
    return pv_part_bytes("c", data, size);
}

pv_status pv_vertical_bytes_take(const uint8_t **data, size_t *size, const pv_parts *p,
                                 const char *what)
{
    PV_TRY(pv_parts_get_some(data, size, p, what, "c", (size_t)LARGE));
    return pv_parts_get_count(p, what, 1);
}

/* ---- answer */
static pv_part labels_of(const pv_vertical_answer *a)
{
    return (pv_part){
        .name = "label", .dtype = PV_I32, .shape = PV_SHAPE(a->rows), .data = a->label};
}

static pv_shape probability_shape(const pv_vertical_answer *a)
{
    return a->kind == PV_ANSWER_ROUNDED ? PV_SHAPE(a->rows) : PV_SHAPE(a->rows, a->classes);
}

size_t pv_vertical_answer_parts(pv_part part[PV_ANSWER_PARTS], const pv_vertical_answer *a)
{
    size_t n = 0;
    if (a->kind != PV_ANSWER_PROBABILITY) part[n++] = labels_of(a);
    if (a->kind != PV_ANSWER_LABEL)
        part[n++] = (pv_part){.name = "probability",
                              .dtype = PV_F32,
                              .shape = probability_shape(a),
                              .data = a->probability};
    return n;
}

pv_status pv_vertical_answer_take(pv_vertical_answer *a, const pv_parts *p, const char *what)
{
    const pv_part *part;
    size_t wanted = 0;
    if (a->kind != PV_ANSWER_PROBABILITY) {
        PV_TRY(pv_parts_get(&part, p, what, "label", PV_I32, PV_SHAPE(a->rows)));
        a->label = part->data;
        for (int64_t i = 0; i < a->rows; i++)
            if (a->label[i] < 0 || a->label[i] >= a->classes)
                PV_FAIL(PV_ERR_PEER,
                        "%s: label %d of row %" PRId64 "; there are %" PRId64 " classes", what,
                        (int)a->label[i], i, a->classes);
        wanted++;
    }
    if (a->kind != PV_ANSWER_LABEL) {
        const pv_shape shape = probability_shape(a);
        PV_TRY(pv_parts_get(&part, p, what, "probability", PV_F32, shape));
        a->probability = part->data;
        for (int64_t i = 0; i < pv_shape_count(&shape); i++)
            if (!(a->probability[i] >= 0 && a->probability[i] <= 1))
                PV_FAIL(PV_ERR_PEER, "%s: a probability is not between 0 and 1", what);
        wanted++;
    }
    return pv_parts_get_count(p, what, wanted);
}

/* ---- disclosed */
static const char MEAN[] = "norm.mean", INVERSE[] = "norm.inverse_std", SHARE[] = "share";

static pv_part norm_part(const char *name, const pv_model *m, const float *x)
{
    return (pv_part){.name = name, .dtype = PV_F32, .shape = PV_SHAPE(m->norm.n), .data = x};
}

pv_status pv_vertical_disclosed_init(pv_vertical_disclosed *d, pv_model *m,
                                     const pv_vertical_cut *cut, int side, const pv_wide *share)
{
    size_t count = (size_t)(cut->width * cut->outputs);
    *d = (pv_vertical_disclosed){.share_size = 32 * count};
    d->part = pv_alloc(m->params + 3, sizeof *d->part);
    d->share = pv_alloc(count, 32);
    if (d->part == NULL || d->share == NULL) {
        pv_vertical_disclosed_clear(d);
        PV_FAIL(PV_ERR_MEMORY, "out of memory for a half of %zu shares", count);
    }
    for (size_t i = 0; i < count; i++) pv_wide_store(d->share + 32 * i, share[i], 32);
    d->part[d->parts++] = (pv_part){
        .name = SHARE, .dtype = PV_U8, .shape = PV_SHAPE((int64_t)count, 32), .data = d->share};
    for (size_t i = 0; i < m->params; i++)
        if (pv_vertical_side(cut, m, (int)i) == side)
            d->part[d->parts++] = (pv_part){.name = m->param[i].name,
                                            .dtype = PV_F32,
                                            .shape = m->param[i].value.shape,
                                            .data = m->param[i].value.data};
    if (side != 0 || m->norm.n == 0) return PV_OK;
    d->part[d->parts++] = norm_part(MEAN, m, m->norm.mean);
    d->part[d->parts++] = norm_part(INVERSE, m, m->norm.inverse_std);
    return PV_OK;
}

void pv_vertical_disclosed_clear(pv_vertical_disclosed *d)
{
    if (d->share != NULL) pv_secret_wipe(d->share, d->share_size);
    pv_free(d->share);
    pv_free(d->part);
    *d = (pv_vertical_disclosed){0};
}

static pv_status take_floats(float *out, pv_shape shape, const pv_parts *p, const char *what,
                             const char *name)
{
    const pv_part *part;
    PV_TRY(pv_parts_get(&part, p, what, name, PV_F32, shape));
    const float *x = part->data;
    for (int64_t i = 0; i < pv_shape_count(&shape); i++) {
        if (!isfinite(x[i]))
            PV_FAIL(PV_ERR_PEER, "%s: '%s' holds a number that is not finite", what, name);
        out[i] = x[i];
    }
    return PV_OK;
}

static pv_status take_norm(pv_model *m, const pv_parts *p, const char *what)
{
    pv_status status = PV_OK;
    const pv_shape *s = &m->domain.sample;
    int64_t n = s->dim[s->ndim - 1];
    pv_norm norm = {.n = (int)n};
    norm.mean = pv_alloc((size_t)n, sizeof *norm.mean);
    norm.inverse_std = pv_alloc((size_t)n, sizeof *norm.inverse_std);
    if (norm.mean == NULL || norm.inverse_std == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a normalisation of %lld columns",
                     (long long)n);
    PV_TRY_GOTO(take_floats(norm.mean, PV_SHAPE(n), p, what, MEAN));
    PV_TRY_GOTO(take_floats(norm.inverse_std, PV_SHAPE(n), p, what, INVERSE));
    pv_fed_set_norm(m, &norm);
done:
    pv_norm_clear(&norm);
    return status;
}

pv_status pv_vertical_disclosed_take(pv_model *m, pv_wide *share, const pv_vertical_cut *cut,
                                     int side, const pv_parts *p, const char *what)
{
    const pv_part *part;
    int64_t count = cut->width * cut->outputs;
    size_t wanted = 1;
    PV_TRY(pv_parts_get(&part, p, what, SHARE, PV_U8, PV_SHAPE(count, 32)));
    const uint8_t *bytes = part->data;
    for (int64_t i = 0; i < count; i++) share[i] = pv_wide_load(bytes + 32 * i, 32);
    for (size_t i = 0; i < m->params; i++) {
        pv_model_parameter *x = &m->param[i];
        if (pv_vertical_side(cut, m, (int)i) != side) continue;
        PV_TRY(take_floats(x->value.data, x->value.shape, p, what, x->name));
        wanted++;
    }
    if (side == 0 && pv_parts_find(p, MEAN) != NULL) {
        PV_TRY(take_norm(m, p, what));
        wanted += 2;
    }
    return pv_parts_get_count(p, what, wanted);
}
