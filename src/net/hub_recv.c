/* net/hub_recv.c - frames of the peers, taken in order and checked */
#include "net/hub_i.h"

#include "base/clock.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Takes the head of a queue; wakes the I/O thread when it had stopped reading for want of room. */
static int take(pv_hub *h, int peer, int seal, pv_in_frame *out)
{
    pv_peer *p = &h->peer[peer];
    pthread_mutex_lock(&h->lock);
    const pv_in_frame *head = pv_link_head(&p->link);
    int there = head != NULL && (head->type == PV_TYPE_SEAL) == seal;
    if (there) pv_link_take(&p->link, out);
    int wake = there && p->paused && p->link.in_bytes <= h->window;
    pthread_mutex_unlock(&h->lock);
    if (wake) pv_hub_wake(h);
    return there;
}

/* Transcript and view: what every frame goes through. */
static pv_status note(pv_hub *h, int peer, const pv_in_frame *f)
{
    pv_link *l = &h->peer[peer].link;
    PV_TRY(pv_transcript_add(&l->received, f->step, f->type, f->payload.size, &f->hash));
    return pv_hub_record(h, PV_VIEW_RECEIVED, peer, f->type, f->step, f->number, &f->hash,
                         f->payload.data, f->payload.size);
}

/* ---- seals */

static pv_status check_seal(pv_hub *h, int peer, const pv_in_frame *f)
{
    pv_peer *p = &h->peer[peer];
    pv_seal s;
    char what[PV_PARTY_NAME + 32];
    snprintf(what, sizeof what, "a seal of %s", p->name);
    PV_TRY(pv_seal_parse(&s, what, f->payload.data, f->payload.size));
    PV_TRY(pv_seal_check(&s, p->key, &h->scenario, p->name, h->name));
    if (s.step != f->step)
        PV_FAIL(PV_ERR_PEER, "%s is of step %" PRIu64 " in a frame of step %" PRIu64, what, s.step,
                f->step);
    if (s.sent.count != p->link.received.count ||
        !pv_hash_equal(&s.sent.hash, &p->link.received.hash))
        PV_FAIL(PV_ERR_PEER,
                "%s after frame %" PRIu64 " does not agree with what came from it, %" PRIu64
                " frames: something was changed between the two ends",
                what, s.sent.count, p->link.received.count);
    pthread_mutex_lock(&h->lock);
    pv_status status = pv_link_acknowledge(&p->link, p->name, &s.received);
    if (status == PV_OK) pv_link_forget(&p->link);
    pthread_mutex_unlock(&h->lock);
    return status;
}

pv_status pv_hub_take_seals(pv_hub *h, int peer)
{
    pv_in_frame f;
    pthread_mutex_lock(&h->lock);
    const pv_peer *p = &h->peer[peer];
    size_t there = p->broken ? 0 : p->link.in.count; /* who seals without end must not hold us up */
    pthread_mutex_unlock(&h->lock);
    for (; there > 0 && take(h, peer, 1, &f); there--) {
        pv_status status = check_seal(h, peer, &f);
        if (status != PV_OK && status != PV_ERR_MEMORY) status = pv_hub_fail(h, PV_ERR_PEER, peer);
        if (status == PV_OK) status = note(h, peer, &f);
        pv_bytes_clear(&f.payload);
        if (status == PV_ERR_PEER && pv_hub_broken(h, peer)) {
            pv_trail_clear();
            return PV_OK;
        }
        if (status != PV_OK) return status;
    }
    return PV_OK;
}

/* ---- messages */

void pv_message_clear(pv_message *m)
{
    pv_parts_clear(&m->parts);
    pv_bytes_clear(&m->payload);
    *m = (pv_message){0};
}

static pv_status open_message(pv_message *out, pv_hub *h, int peer, pv_in_frame *f, uint16_t type)
{
    const char *who = h->peer[peer].name;
    const pv_message_type *t = pv_hub_type(h, f->type), *wanted = pv_hub_type(h, type);
    *out = (pv_message){
        .peer = peer, .type = f->type, .step = f->step, .number = f->number, .payload = f->payload};
    f->payload = (pv_bytes){0};
    snprintf(out->what, sizeof out->what, "%s %" PRIu64 " from %s", t == NULL ? "?" : t->name,
             f->step, who);
    if (type != 0 && f->type != type)
        PV_FAIL(PV_ERR_PEER, "%s sent '%s' where '%s' was expected", who, t == NULL ? "?" : t->name,
                wanted == NULL ? "?" : wanted->name);
    return pv_parts_parse(&out->parts, out->what, out->payload.data, out->payload.size);
}

/* Which peer has a message? -1: none. Under the lock. */
static int who_has(pv_hub *h, int peer)
{
    if (peer >= 0) return h->peer[peer].link.in_data > 0 ? peer : -1;
    for (int i = 0; i < h->peers; i++) {
        int k = (h->turn + i) % h->peers;
        if (!h->peer[k].dropped && !h->peer[k].broken && h->peer[k].link.in_data > 0) {
            h->turn = (k + 1) % h->peers;
            return k;
        }
    }
    return -1;
}

static pv_status check_broken(const pv_hub *h, int peer)
{
    char reason[PV_TROUBLE];
    if (!pv_hub_broken(h, peer)) return PV_OK;
    pv_hub_reason(reason, sizeof reason, h, peer);
    PV_FAIL(PV_ERR_PEER, "%s", reason);
}

static pv_status next_frame(pv_in_frame *f, pv_hub *h, int peer)
{
    PV_TRY(pv_hub_take_seals(h, peer));
    PV_TRY(check_broken(h, peer));
    if (!take(h, peer, 0, f))
        PV_FAIL(PV_ERR_RUN, "the queue of %s is not in order", h->peer[peer].name);
    return PV_OK;
}

/* Nothing can come any more. Under the lock. */
static int all_gone(const pv_hub *h, int peer)
{
    if (peer >= 0) return h->peer[peer].bye_in || h->peer[peer].dropped;
    for (int i = 0; i < h->peers; i++)
        if (!h->peer[i].bye_in && !h->peer[i].dropped && !h->peer[i].broken) return 0;
    return 1;
}

static pv_status wait_for(int *from, pv_hub *h, int peer, double seconds)
{
    double since = pv_clock_seconds();
    for (;;) {
        char text[PV_TROUBLE + 300] = "";
        PV_TRY(pv_hub_enter(h));
        PV_TRY(check_broken(h, peer));
        pthread_mutex_lock(&h->lock);
        double left = seconds < 0 ? 1 : since + seconds - pv_clock_seconds();
        int gone = 0;
        *from = who_has(h, peer);
        if (*from < 0) gone = all_gone(h, peer);
        if (*from < 0 && !gone && left > 0 && h->fatal == PV_OK) {
            pv_hub_waiting(h, peer, since, "");
            pv_hub_sleep(h, left);
        }
        if (left <= 0 && peer >= 0) pv_hub_describe(text, sizeof text, h, &h->peer[peer]);
        pthread_mutex_unlock(&h->lock);
        if (*from >= 0) return PV_OK;
        if (gone)
            return pv_hub_fail(
                h,
                pv_trail_fail(PV_ERR_PEER, __FILE__, __LINE__,
                              "%s has finished its part of the run, and more was expected from it",
                              peer >= 0 ? h->peer[peer].name : "every peer"),
                peer);
        if (left <= 0)
            PV_FAIL(PV_ERR_TIMEOUT, "nothing came from %s within %.3g s%s%s",
                    peer >= 0 ? h->peer[peer].name : "any peer", seconds,
                    text[0] == '\0' ? "" : "; it is ", text);
    }
}

pv_status pv_recv(pv_message *out, pv_hub *h, int peer, uint16_t type, double seconds)
{
    pv_in_frame f = {0};
    int from = -1;
    *out = (pv_message){0};
    if (peer != PV_PEER_ANY && (peer < 0 || peer >= h->peers))
        PV_FAIL(PV_ERR_USAGE, "there is no peer %d", peer);
    if (peer >= 0 && pv_hub_dropped(h, peer))
        PV_FAIL(PV_ERR_USAGE, "%s was given up; nothing can come from it", h->peer[peer].name);
    PV_TRY(pv_flush(h));
    PV_TRY(wait_for(&from, h, peer, seconds));
    PV_TRY(next_frame(&f, h, from));
    pv_status status = note(h, from, &f);
    if (status == PV_OK) {
        status = open_message(out, h, from, &f, type);
        if (status != PV_OK && status != PV_ERR_MEMORY) status = pv_hub_fail(h, PV_ERR_PEER, from);
    }
    pv_bytes_clear(&f.payload);
    if (status != PV_OK) pv_message_clear(out);
    return status;
}
