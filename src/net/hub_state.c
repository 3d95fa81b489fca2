/* net/hub_state.c - positions of links and view, as a commit keeps them
 *
 *     u32     version, 1
 *     u32     peers, u32 types of the table
 *     each peer:
 *         string  name
 *         u8      flags: 1 its key is known, 2 given up, 4 it has said goodbye
 *         32      public key
 *         3 times u64 count, 32 bytes hash: transcripts forgotten up to, sent, received
 *         u64     last data frame sent, u64 the last frame of its direction when it said goodbye
 *         types+2 times 4 u64: sent count and bytes, received count and bytes
 *     u64     decisions so far
 *     u64     bytes, u64 records, 32 bytes hash: position of the view
 *     4 f64   seconds: channel, journal, view, waiting
 */
#include "net/hub_i.h"

#include "wire/reader.h"
#include "wire/writer.h"
#include <inttypes.h>
#include <string.h>

enum { STATE_VERSION = 1, KNOWN = 1, DROPPED = 2, GONE = 4 };

static void put_transcript(pv_writer *w, const pv_transcript *t)
{
    pv_writer_u64le(w, t->count);
    pv_writer_bytes(w, t->hash.byte, PV_HASH_BYTES);
}

static void get_hash(pv_hash *out, pv_reader *r, const char *field)
{
    const uint8_t *p = pv_reader_bytes(r, PV_HASH_BYTES, field);
    if (p != NULL) memcpy(out->byte, p, PV_HASH_BYTES);
}

static void get_transcript(pv_transcript *out, pv_reader *r, const char *field)
{
    out->count = pv_reader_u64le(r, field);
    get_hash(&out->hash, r, field);
}

static void put_peer(pv_writer *w, const pv_hub *h, const pv_peer *p)
{
    pv_writer_string(w, p->name);
    pv_writer_u8(
        w, (uint8_t)((p->known ? KNOWN : 0) | (p->dropped ? DROPPED : 0) | (p->bye_in ? GONE : 0)));
    pv_writer_bytes(w, p->key, sizeof p->key);
    put_transcript(w, &p->link.base);
    put_transcript(w, &p->place.sent);
    put_transcript(w, &p->place.received);
    pv_writer_u64le(w, p->place.last_data);
    pv_writer_u64le(w, p->bye_last);
    for (int i = 0; i < h->types + 2; i++) {
        pv_writer_u64le(w, p->traffic[i].sent_count);
        pv_writer_u64le(w, p->traffic[i].sent_bytes);
        pv_writer_u64le(w, p->traffic[i].received_count);
        pv_writer_u64le(w, p->traffic[i].received_bytes);
    }
}

pv_status pv_hub_state_encode(pv_bytes *out, pv_hub *h)
{
    pv_writer w = pv_writer_make("positions", SIZE_MAX);
    pv_writer_u32le(&w, STATE_VERSION);
    pv_writer_u32le(&w, (uint32_t)h->peers);
    pv_writer_u32le(&w, (uint32_t)h->types);
    for (int i = 0; i < h->peers; i++) put_peer(&w, h, &h->peer[i]);
    pv_writer_u64le(&w, h->decided_place);
    pv_writer_u64le(&w, h->view_place.bytes);
    pv_writer_u64le(&w, h->view_place.records);
    pv_writer_bytes(&w, h->view_place.hash.byte, PV_HASH_BYTES);
    pv_writer_f64le(&w, h->seconds.channel + h->io_before + pv_hub_io_seconds(h));
    pv_writer_f64le(&w, h->seconds.journal);
    pv_writer_f64le(&w, h->seconds.view);
    pv_writer_f64le(&w, h->seconds.waiting);
    pv_status status = pv_writer_take(&w, out);
    pv_writer_clear(&w);
    return status;
}

static void get_peer(pv_reader *r, const pv_hub *h, pv_peer *p)
{
    char name[PV_PARTY_NAME];
    pv_reader_string(r, name, sizeof name, "peer");
    if (pv_reader_status(r) == PV_OK && strcmp(name, p->name) != 0)
        pv_reader_fail(r, PV_ERR_MISMATCH, "peer '%s' where '%s' was expected", name, p->name);
    uint8_t flags = pv_reader_u8(r, "flags");
    p->known = (flags & KNOWN) != 0;
    p->dropped = (flags & DROPPED) != 0;
    p->bye_in = (flags & GONE) != 0;
    const uint8_t *key = pv_reader_bytes(r, sizeof p->key, "key");
    if (key != NULL) memcpy(p->key, key, sizeof p->key);
    pv_link *l = &p->link;
    get_transcript(&l->base, r, "frames forgotten");
    get_transcript(&l->sent, r, "frames sent");
    get_transcript(&l->received, r, "frames received");
    l->last_data = pv_reader_u64le(r, "last data frame");
    p->bye_last = pv_reader_u64le(r, "last frame");
    for (int i = 0; i < h->types + 2; i++) {
        p->traffic[i].sent_count = pv_reader_u64le(r, "traffic");
        p->traffic[i].sent_bytes = pv_reader_u64le(r, "traffic");
        p->traffic[i].received_count = pv_reader_u64le(r, "traffic");
        p->traffic[i].received_bytes = pv_reader_u64le(r, "traffic");
    }
    l->acked = l->base;
    l->arrived = l->received.count;
    l->stored = l->base.count;
    p->place = (pv_hub_place){.sent = l->sent, .received = l->received, .last_data = l->last_data};
}

static pv_status parse(pv_hub *h, const pv_hub_recovered *rec, pv_view_position *view)
{
    pv_reader r = pv_reader_make("the journal's positions", rec->hub, rec->hub_size);
    uint32_t version = pv_reader_u32le(&r, "version");
    if (pv_reader_status(&r) == PV_OK && version != STATE_VERSION)
        pv_reader_fail(&r, PV_ERR_VERSION, "version %u, %d is read", version, STATE_VERSION);
    uint32_t peers = pv_reader_u32le(&r, "peers"), types = pv_reader_u32le(&r, "types");
    if (pv_reader_status(&r) == PV_OK &&
        (peers != (uint32_t)h->peers || types != (uint32_t)h->types))
        pv_reader_fail(&r, PV_ERR_MISMATCH, "%u peers and %u message types, now %d and %d", peers,
                       types, h->peers, h->types);
    for (int i = 0; i < h->peers; i++) get_peer(&r, h, &h->peer[i]);
    h->decided = h->decided_place = pv_reader_u64le(&r, "decisions");
    view->bytes = pv_reader_u64le(&r, "position of the view");
    view->records = pv_reader_u64le(&r, "position of the view");
    get_hash(&view->hash, &r, "position of the view");
    h->io_before = pv_reader_f64le(&r, "seconds");
    h->seconds.journal = pv_reader_f64le(&r, "seconds");
    h->seconds.view = pv_reader_f64le(&r, "seconds");
    h->seconds.waiting = pv_reader_f64le(&r, "seconds");
    pv_reader_end(&r);
    PV_TRY(pv_reader_status(&r));
    h->commit_state = (pv_bytes){.data = pv_alloc(rec->state_size, 1), .size = rec->state_size};
    if (h->commit_state.data == NULL) {
        h->commit_state.size = 0;
        PV_FAIL_MEMORY(rec->state_size);
    }
    if (rec->state_size > 0) memcpy(h->commit_state.data, rec->state, rec->state_size);
    h->commit_step = rec->step;
    h->committed = 1;
    return PV_OK;
}

static pv_status restore_decision(pv_hub *h, const pv_hub_frame *f)
{
    if (f->number <= h->decided_place) return PV_OK;
    if (f->type != PV_TYPE_DECISION || f->size != sizeof h->decision->bytes ||
        f->number != h->decision_recovered + 1)
        PV_FAIL(PV_ERR_FORMAT, "the journal's decision %" PRIu64 " is not in order", f->number);
    PV_TRY(pv_grow((void **)&h->decision, &h->decision_cap, h->decisions + 1, sizeof *h->decision));
    pv_decision *d = &h->decision[h->decisions++];
    *d = (pv_decision){.number = f->number, .step = f->step, .durable = 1};
    memcpy(d->bytes, f->payload, sizeof d->bytes);
    h->decision_recovered = f->number;
    h->replaying = 1;
    return PV_OK;
}

static pv_status restore_frame(pv_hub *h, const pv_hub_frame *f)
{
    if (f->peer == PV_PEER_SELF) return restore_decision(h, f);
    if (f->peer >= h->peers)
        PV_FAIL(PV_ERR_FORMAT, "the journal has a frame for peer %d of %d", f->peer, h->peers);
    pv_peer *p = &h->peer[f->peer];
    pv_payload *payload = NULL;
    if (p->dropped || f->number <= p->link.base.count) return PV_OK;
    if (f->number != p->link.stored + 1)
        PV_FAIL(PV_ERR_FORMAT,
                "the journal has frame %" PRIu64 " for %s where frame %" PRIu64 " was expected",
                f->number, p->name, p->link.stored + 1);
    PV_TRY(pv_payload_new(&payload, f->size));
    if (f->size > 0) memcpy(payload->bytes.data, f->payload, f->size);
    pv_status status = pv_hash_of(&payload->hash, f->payload, f->size);
    if (status != PV_OK) {
        pv_payload_release(payload);
        return status;
    }
    if (f->number > p->link.sent.count) h->replaying = 1;
    return pv_link_store(&p->link, f->type, f->step, payload);
}

pv_status pv_hub_state_restore(pv_hub *h, const pv_hub_recovered *r, pv_view_position *view)
{
    *view = (pv_view_position){0};
    if (r->hub != NULL) PV_TRY(parse(h, r, view));
    h->decision_recovered = h->decided_place;
    for (size_t i = 0; i < r->frames; i++) PV_TRY(restore_frame(h, &r->frame[i]));
    for (int i = 0; i < h->peers; i++) {
        const pv_peer *p = &h->peer[i];
        pv_link *l = &h->peer[i].link;
        if (!p->dropped && l->stored < l->sent.count)
            PV_FAIL(PV_ERR_FORMAT,
                    "the journal has frames for %s up to %" PRIu64 ", and says that %" PRIu64
                    " were made",
                    p->name, l->stored, l->sent.count);
        const pv_out_frame *last = pv_link_out(l, l->sent.count);
        if (last != NULL && !pv_hash_equal(&last->chain, &l->sent.hash))
            PV_FAIL(PV_ERR_FORMAT, "the journal's frames for %s are not those that were sent",
                    p->name);
        l->durable = l->wired = l->stored;
    }
    return PV_OK;
}
