#include "view/view_i.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The frames of one direction, as one of the ends recorded them. */
typedef struct end {
    const pv_view *v;
    pv_view_kind kind;
    int peer;
    size_t next;     /* record to look at */
    uint64_t frames; /* so far */
} end;

static const pv_view_record *next_frame(end *e)
{
    while (e->next < e->v->count) {
        const pv_view_record *r = &e->v->entry[e->next++].record;
        if (r->kind != e->kind || r->peer != e->peer) continue;
        e->frames++;
        return r;
    }
    return NULL;
}

static const char *describe(const pv_view *v, const pv_view_record *r, char buffer[PV_VIEW_TEXT])
{
    char hash[PV_HASH_TEXT];
    snprintf(buffer, PV_VIEW_TEXT,
             "frame %" PRIu64 ", step %" PRIu64 ", %s, %" PRIu64 " bytes, hash %.12s (record "
             "%" PRIu64 ")",
             r->link, r->step, pv_view_type_name(v, r->type), r->size,
             pv_hash_text(&r->payload, hash), r->number);
    return buffer;
}

static int same(const pv_view_record *a, const pv_view_record *b)
{
    return a->link == b->link && a->step == b->step && a->type == b->type && a->size == b->size &&
           pv_hash_equal(&a->payload, &b->payload);
}

/* One direction, frame by frame. *both counts on, the rest of either is what the other lacks. */
static pv_status compare(end *from, end *to, uint64_t *both)
{
    char one[PV_VIEW_TEXT], other[PV_VIEW_TEXT];
    const pv_view_record *sent, *received;
    for (;;) {
        sent = next_frame(from);
        received = next_frame(to);
        if (sent == NULL || received == NULL) break;
        if (!same(sent, received) || sent->link != from->frames)
            PV_FAIL(PV_ERR_MISMATCH,
                    "from %s to %s, frame %" PRIu64 " is the first on which the views disagree: "
                    "%s has %s; %s has %s",
                    from->v->head.header.party, to->v->head.header.party, from->frames,
                    from->v->name, describe(from->v, sent, one), to->v->name,
                    describe(to->v, received, other));
        ++*both;
    }
    while (next_frame(from) != NULL) {
    }
    while (next_frame(to) != NULL) {
    }
    return PV_OK;
}

/* What `signer`, whose view is the other one, last sealed in v must be in its own view. */
static pv_status check_backed(const pv_view *v, int peer, const pv_view *signer,
                              const end *signer_sent, const end *signer_received)
{
    const pv_view_header *h = &v->head.header, *s = &signer->head.header;
    const pv_view_entry *last = NULL;
    uint8_t bytes[PV_SEAL_BYTES];
    pv_seal seal;
    for (size_t i = 0; i < v->count; i++) {
        const pv_view_record *r = &v->entry[i].record;
        if (r->type == PV_TYPE_SEAL && r->kind == PV_VIEW_RECEIVED && r->peer == peer)
            last = &v->entry[i];
    }
    if (last == NULL) return PV_OK;
    PV_TRY(pv_view_bytes(v, last->at, bytes, sizeof bytes));
    PV_TRY(pv_seal_parse(&seal, v->name, bytes, sizeof bytes));
    PV_TRY_CONTEXT(pv_seal_check(&seal, s->key, &h->scenario, s->party, h->party),
                   "%s: record %" PRIu64, v->name, last->record.number);
    if (seal.sent.count > signer_sent->frames || seal.received.count > signer_received->frames)
        PV_FAIL(PV_ERR_MISMATCH,
                "%s signed at step %" PRIu64 " that it had sent %" PRIu64 " and received %" PRIu64
                " frames (%s, record %" PRIu64 "), but %s has only %" PRIu64 " and %" PRIu64
                ": it was cut short, or its party crashed and never went on",
                s->party, seal.step, seal.sent.count, seal.received.count, v->name,
                last->record.number, signer->name, signer_sent->frames, signer_received->frames);
    return PV_OK;
}

/* Are they two ends of a link of one run? *ab: b's index among a's peers, *ba the other way. */
static pv_status match(int *ab, int *ba, const pv_view *a, const pv_view *b)
{
    const pv_view_header *ha = &a->head.header, *hb = &b->head.header;
    if (!pv_hash_equal(&ha->scenario, &hb->scenario))
        PV_FAIL(PV_ERR_MISMATCH, "%s and %s are views of different scenarios", a->name, b->name);
    if (strcmp(ha->party, hb->party) == 0)
        PV_FAIL(PV_ERR_MISMATCH, "%s and %s are both views of %s; two parties' are compared",
                a->name, b->name, ha->party);
    *ab = pv_view_peer_index(a, hb->party);
    *ba = pv_view_peer_index(b, ha->party);
    if (*ab < 0 || *ba < 0)
        PV_FAIL(PV_ERR_MISMATCH, "%s and %s: there is no link between %s and %s", a->name, b->name,
                ha->party, hb->party);
    if (memcmp(ha->peer[*ab].key, hb->key, sizeof hb->key) != 0 ||
        memcmp(hb->peer[*ba].key, ha->key, sizeof ha->key) != 0)
        PV_FAIL(PV_ERR_MISMATCH,
                "%s and %s do not name the same public keys of %s and %s; are they of one run?",
                a->name, b->name, ha->party, hb->party);
    return PV_OK;
}

pv_status pv_view_cross(pv_view_cross_result *out, const pv_view *a, const pv_view *b)
{
    int ab = -1, ba = -1;
    uint64_t both = 0;
    *out = (pv_view_cross_result){0};
    PV_TRY(match(&ab, &ba, a, b));
    end a_sent = {a, PV_VIEW_SENT, ab, 0, 0}, a_received = {a, PV_VIEW_RECEIVED, ab, 0, 0};
    end b_sent = {b, PV_VIEW_SENT, ba, 0, 0}, b_received = {b, PV_VIEW_RECEIVED, ba, 0, 0};
    PV_TRY(compare(&a_sent, &b_received, &both));
    PV_TRY(compare(&b_sent, &a_received, &both));
    PV_TRY(check_backed(a, ab, b, &b_sent, &b_received));
    PV_TRY(check_backed(b, ba, a, &a_sent, &a_received));
    *out = (pv_view_cross_result){.frames = both,
                                  .a_only = a_sent.frames + a_received.frames - both,
                                  .b_only = b_sent.frames + b_received.frames - both};
    return PV_OK;
}
