#include "view/view_i.h"

#include <inttypes.h>
#include <string.h>

/* One direction of a link: its transcript after each of its frames is kept, since a seal may speak
 * of any of them. */
typedef struct direction {
    uint64_t frames;
    size_t first;    /* T_0 in links.after, T_n is n further on */
    pv_transcript t; /* so far */
} direction;

typedef struct links {
    const pv_view *v;
    direction *direction; /* [peers][2] */
    pv_hash *after;
    uint64_t *sealed; /* [peers] the last step that the peer sealed */
} links;

static int is_frame(const pv_view_record *r)
{
    return r->kind == PV_VIEW_SENT || r->kind == PV_VIEW_RECEIVED;
}

static direction *direction_of(const links *l, const pv_view_record *r, int back)
{
    return &l->direction[2 * r->peer + ((r->kind == PV_VIEW_RECEIVED) != back)];
}

static void clear(links *l)
{
    pv_free(l->direction);
    pv_free(l->after);
    pv_free(l->sealed);
    *l = (links){0};
}

static pv_status begin(links *l, const pv_view *v)
{
    const pv_view_header *h = &v->head.header;
    pv_status status = PV_OK;
    size_t peers = (size_t)h->peers, slots = 0;
    *l = (links){.v = v};
    l->direction = pv_calloc(2 * peers, sizeof *l->direction);
    l->sealed = pv_calloc(peers, sizeof *l->sealed);
    l->after = pv_alloc(v->count + 2 * peers, sizeof *l->after);
    if (l->direction == NULL || l->sealed == NULL || l->after == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "%s: out of memory for the transcripts of %zu records", v->name,
                     v->count);
    for (size_t i = 0; i < v->count; i++)
        if (is_frame(&v->entry[i].record)) direction_of(l, &v->entry[i].record, 0)->frames++;
    for (size_t i = 0; i < 2 * peers; i++) {
        direction *d = &l->direction[i];
        const char *peer = h->peer[i / 2].name;
        PV_TRY_GOTO(pv_transcript_begin(&d->t, &h->scenario, i % 2 == 0 ? h->party : peer,
                                        i % 2 == 0 ? peer : h->party));
        d->first = slots;
        l->after[slots] = d->t.hash;
        slots += (size_t)d->frames + 1;
    }
done:
    if (status != PV_OK) clear(l);
    return status;
}

static pv_status add_frame(links *l, const pv_view_record *r)
{
    char text[PV_VIEW_TEXT];
    direction *d = direction_of(l, r, 0);
    if (r->link != d->t.count + 1)
        PV_FAIL(PV_ERR_MISMATCH,
                "%s: %s is frame %" PRIu64 " of its direction and frame %" PRIu64 " was expected",
                l->v->name, pv_view_record_text(r, &l->v->head.header, text), r->link,
                d->t.count + 1);
    PV_TRY(pv_transcript_add(&d->t, r->step, r->type, r->size, &r->payload));
    l->after[d->first + d->t.count] = d->t.hash;
    return PV_OK;
}

/* ---- payloads */

enum { PIECE = 1 << 18 };

static pv_status hash_payload(pv_hash *out, const pv_view *v, const pv_view_entry *e,
                              uint8_t *piece)
{
    pv_hasher s;
    PV_TRY(pv_hasher_init(&s));
    for (uint64_t done = 0; done < e->record.size;) {
        uint64_t left = e->record.size - done;
        size_t n = left < PIECE ? (size_t)left : PIECE;
        pv_status status = pv_view_bytes(v, e->at + done, piece, n);
        if (status != PV_OK) {
            pv_hasher_clear(&s);
            return status;
        }
        pv_hasher_add(&s, piece, n);
        done += n;
    }
    return pv_hasher_end(&s, out);
}

static pv_status check_payload(const pv_view *v, const pv_view_entry *e, uint8_t *piece)
{
    char text[PV_VIEW_TEXT];
    pv_hash hash;
    PV_TRY(hash_payload(&hash, v, e, piece));
    if (!pv_hash_equal(&hash, &e->record.payload))
        PV_FAIL(PV_ERR_MISMATCH,
                "%s: %s: its bytes do not fit its hash: they were changed or "
                "damaged",
                v->name, pv_view_record_text(&e->record, &v->head.header, text));
    return PV_OK;
}

/* ---- seals */

static int agrees(const links *l, const direction *d, const pv_transcript *t)
{
    return t->count <= d->frames && pv_hash_equal(&l->after[d->first + t->count], &t->hash);
}

static pv_status check_seal(links *l, const pv_view_entry *e)
{
    const pv_view_header *h = &l->v->head.header;
    const pv_view_record *r = &e->record;
    const pv_view_peer *peer = &h->peer[r->peer];
    char text[PV_VIEW_TEXT];
    uint8_t bytes[PV_SEAL_BYTES];
    pv_seal s;
    int own = r->kind == PV_VIEW_SENT;
    pv_view_record_text(r, h, text);
    PV_TRY(pv_view_bytes(l->v, e->at, bytes, sizeof bytes));
    PV_TRY(pv_seal_parse(&s, l->v->name, bytes, sizeof bytes));
    PV_TRY_CONTEXT(pv_seal_check(&s, own ? h->key : peer->key, &h->scenario,
                                 own ? h->party : peer->name, own ? peer->name : h->party),
                   "%s: %s", l->v->name, text);
    if (s.step != r->step)
        PV_FAIL(PV_ERR_MISMATCH, "%s: %s speaks of step %" PRIu64, l->v->name, text, s.step);
    if (s.sent.count != r->link - 1 || !agrees(l, direction_of(l, r, 0), &s.sent))
        PV_FAIL(PV_ERR_MISMATCH,
                "%s: %s: what its signer says it sent, %" PRIu64
                " frames, is not what the view has before it on this link",
                l->v->name, text, s.sent.count);
    if (!agrees(l, direction_of(l, r, 1), &s.received))
        PV_FAIL(PV_ERR_MISMATCH,
                "%s: %s: what its signer says it received, %" PRIu64
                " frames, is not what the view has on this link",
                l->v->name, text, s.received.count);
    if (!own && s.step > l->sealed[r->peer]) l->sealed[r->peer] = s.step;
    return PV_OK;
}

static pv_status check_all(pv_view_check *out, links *l, uint8_t *piece)
{
    const pv_view *v = l->v;
    for (size_t i = 0; i < v->count; i++) {
        const pv_view_entry *e = &v->entry[i];
        if (is_frame(&e->record)) PV_TRY(add_frame(l, &e->record));
        if (e->record.kept) PV_TRY(check_payload(v, e, piece));
        out->payloads += e->record.kept != 0;
    }
    for (size_t i = 0; i < v->count; i++) {
        if (v->entry[i].record.type != PV_TYPE_SEAL) continue;
        PV_TRY(check_seal(l, &v->entry[i]));
        out->seals++;
    }
    out->records = v->count;
    uint64_t least = UINT64_MAX;
    for (int i = 0; i < v->head.header.peers; i++)
        if (l->direction[2 * i].frames + l->direction[2 * i + 1].frames > 0 && l->sealed[i] < least)
            least = l->sealed[i];
    out->last_sealed_step = least == UINT64_MAX ? 0 : least;
    return PV_OK;
}

pv_status pv_view_verify(pv_view_check *out, const pv_view *v)
{
    links l = {0};
    pv_status status = PV_OK;
    *out = (pv_view_check){0};
    uint8_t *piece = pv_alloc(PIECE, 1);
    if (piece == NULL) PV_FAIL_MEMORY(PIECE);
    PV_TRY_GOTO(begin(&l, v));
    PV_TRY_GOTO(check_all(out, &l, piece));
done:
    if (status != PV_OK) *out = (pv_view_check){0};
    clear(&l);
    pv_free(piece);
    return status;
}
