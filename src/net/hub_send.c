/* net/hub_send.c - frames made by the role, kept pending, made durable */
#include "net/hub_i.h"

#include "base/clock.h"
#include <inttypes.h>
#include <string.h>

static void spent(pv_hub *h, double since)
{
    h->seconds.channel += pv_clock_seconds() - since;
}

/* A frame that the store had before the crash: what is made now must be the same. */
static pv_status compare(const pv_hub *h, const pv_peer *p, const pv_out_frame *f, uint16_t type,
                         uint64_t step, const pv_payload *made)
{
    if (f->type == type && f->step == step && f->payload->bytes.size == made->bytes.size &&
        pv_hash_equal(&f->payload->hash, &made->hash))
        return PV_OK;
    PV_FAIL(PV_ERR_RUN,
            "step %" PRIu64
            " of %s was executed again after a crash and made another frame %" PRIu64
            " for %s (type %d, step %" PRIu64 ", %zu bytes; before: type %d, step %" PRIu64
            ", %zu bytes): steps must be deterministic",
            h->step, h->name, p->link.sent.count + 1, p->name, type, step, made->bytes.size,
            f->type, f->step, f->payload->bytes.size);
}

/* Under the lock. *payload becomes the one that counts. */
static pv_status make(pv_hub *h, int peer, uint16_t type, uint64_t step, pv_payload **payload)
{
    pv_peer *p = &h->peer[peer];
    pv_link *l = &p->link;
    pv_out_frame *stored = pv_link_out(l, l->sent.count + 1);
    if (stored != NULL) {
        PV_TRY(compare(h, p, stored, type, step, *payload));
        pv_payload_release(*payload);
        *payload = pv_payload_share(stored->payload);
    } else {
        PV_TRY(pv_grow((void **)&h->pending, &h->pending_cap, h->pendings + 1, sizeof *h->pending));
        PV_TRY(pv_link_store(l, type, step, pv_payload_share(*payload)));
        h->pending[h->pendings++] = (pv_pending){.peer = peer, .number = l->stored};
    }
    pv_link_made(l);
    return PV_OK;
}

pv_status pv_hub_make(pv_hub *h, int peer, uint16_t type, uint64_t step, pv_payload *payload)
{
    pthread_mutex_lock(&h->lock);
    pv_status status = make(h, peer, type, step, &payload);
    uint64_t number = h->peer[peer].link.sent.count;
    pthread_mutex_unlock(&h->lock);
    if (status == PV_OK)
        status = pv_hub_record(h, PV_VIEW_SENT, peer, type, step, number, &payload->hash,
                               payload->bytes.data, payload->bytes.size);
    if (status == PV_OK) { /* only now: it may be acknowledged already, when a step is replayed */
        pthread_mutex_lock(&h->lock);
        pv_link_forget(&h->peer[peer].link);
        pthread_mutex_unlock(&h->lock);
    }
    pv_payload_release(payload);
    return status;
}

/* Under the lock: is too much kept for this peer, that it can be expected to seal? Not when the
 * role itself has yet to take something from it, and not when all of it belongs to this step. */
static int must_wait(const pv_hub *h, const pv_peer *p)
{
    const pv_link *l = &p->link;
    if (l->out_bytes <= h->window || p->dropped || p->broken || h->fatal != PV_OK) return 0;
    const pv_out_frame *oldest = pv_link_out(l, l->base.count + 1);
    const pv_in_frame *head = pv_link_head(l);
    return oldest != NULL && oldest->step < h->step && (head == NULL || head->type == PV_TYPE_SEAL);
}

static pv_status make_room(pv_hub *h, int peer)
{
    double since = pv_clock_seconds();
    for (int flushed = 0;;) {
        pthread_mutex_lock(&h->lock);
        int wait = must_wait(h, &h->peer[peer]);
        pthread_mutex_unlock(&h->lock);
        if (!wait) return PV_OK;
        if (!flushed) PV_TRY(pv_flush(h));
        flushed = 1;
        PV_TRY(pv_hub_enter(h));
        PV_TRY(pv_hub_take_seals(h, peer));
        double patience = h->peer[peer].patience;
        if (patience > 0 && pv_clock_seconds() - since >= patience)
            PV_FAIL(PV_ERR_TIMEOUT, "%s has not taken what it was sent within %.3g s",
                    h->peer[peer].name, patience);
        pthread_mutex_lock(&h->lock);
        if (must_wait(h, &h->peer[peer]) && pv_link_head(&h->peer[peer].link) == NULL) {
            pv_hub_waiting(h, peer, since, " to seal what it was sent");
            pv_hub_sleep(h, -1);
        }
        pthread_mutex_unlock(&h->lock);
    }
}

static pv_status check_peer(pv_hub *h, int peer)
{
    if (peer < 0 || peer >= h->peers) PV_FAIL(PV_ERR_USAGE, "there is no peer %d", peer);
    pthread_mutex_lock(&h->lock);
    int dropped = h->peer[peer].dropped, finishing = h->finishing;
    pthread_mutex_unlock(&h->lock);
    if (dropped)
        PV_FAIL(PV_ERR_USAGE, "%s was given up; nothing can be sent to it", h->peer[peer].name);
    if (finishing) PV_FAIL(PV_ERR_USAGE, "nothing can be sent after pv_hub_finish");
    return PV_OK;
}

static pv_status encode(pv_payload **out, pv_hub *h, uint16_t type, const pv_part *part,
                        size_t count)
{
    const pv_message_type *t = pv_hub_type(h, type);
    *out = NULL;
    if (t == NULL)
        PV_FAIL(PV_ERR_USAGE, "a message of type %d, which the scheme does not have", type);
    size_t size = pv_parts_size(part, count);
    if (size > t->max)
        PV_FAIL(PV_ERR_LIMIT, "a message '%s' of %zu bytes, receivers take at most %" PRIu64,
                t->name, size, t->max);
    PV_TRY(pv_payload_new(out, size));
    pv_status status = pv_parts_encode((*out)->bytes.data, part, count);
    if (status == PV_OK) status = pv_hash_of(&(*out)->hash, (*out)->bytes.data, size);
    if (status != PV_OK) {
        pv_payload_release(*out);
        *out = NULL;
    }
    return status;
}

pv_status pv_send_all(pv_hub *h, const int *peer, int peers, uint16_t type, const pv_part *part,
                      size_t count)
{
    pv_payload *payload = NULL;
    PV_TRY(pv_hub_enter(h));
    for (int i = 0; i < peers; i++) {
        PV_TRY(check_peer(h, peer[i]));
        PV_TRY(make_room(h, peer[i]));
    }
    double since = pv_clock_seconds();
    pv_status status = encode(&payload, h, type, part, count);
    spent(h, since);
    for (int i = 0; i < peers && status == PV_OK; i++)
        status = pv_hub_make(h, peer[i], type, h->step, pv_payload_share(payload));
    pv_payload_release(payload);
    return status;
}

pv_status pv_send(pv_hub *h, int peer, uint16_t type, const pv_part *part, size_t count)
{
    return pv_send_all(h, &peer, 1, type, part, count);
}

/* ---- flush */

typedef struct frames {
    pv_hub_frame *frame;
    size_t count, cap;
} frames;

static pv_status add(frames *f, int peer, uint64_t number, const pv_out_frame *o)
{
    PV_TRY(pv_grow((void **)&f->frame, &f->cap, f->count + 1, sizeof *f->frame));
    f->frame[f->count++] = (pv_hub_frame){.peer = (uint16_t)peer,
                                          .type = o->type,
                                          .step = o->step,
                                          .number = number,
                                          .payload = o->payload->bytes.data,
                                          .size = o->payload->bytes.size};
    return PV_OK;
}

static pv_status add_decision(frames *f, const pv_decision *d)
{
    PV_TRY(pv_grow((void **)&f->frame, &f->cap, f->count + 1, sizeof *f->frame));
    f->frame[f->count++] = (pv_hub_frame){.peer = PV_PEER_SELF,
                                          .type = PV_TYPE_DECISION,
                                          .step = d->step,
                                          .number = d->number,
                                          .payload = (const uint8_t *)d->bytes,
                                          .size = sizeof d->bytes};
    return PV_OK;
}

/* Under the lock, though the store works without it: only the role's thread forgets frames. */
static pv_status gather(frames *fresh, frames *kept, pv_hub *h)
{
    for (size_t i = 0; i < h->pendings; i++) {
        const pv_pending *p = &h->pending[i];
        const pv_out_frame *o = pv_link_out(&h->peer[p->peer].link, p->number);
        if (o != NULL) PV_TRY(add(fresh, p->peer, p->number, o)); /* NULL: of who was given up */
    }
    for (size_t i = 0; i < h->decisions; i++)
        if (!h->decision[i].durable) PV_TRY(add_decision(fresh, &h->decision[i]));
    if (!h->commit_pending) return PV_OK;
    for (size_t i = 0; i < h->decisions; i++)
        if (h->decision[i].number > h->decided_place) PV_TRY(add_decision(kept, &h->decision[i]));
    for (int i = 0; i < h->peers; i++) {
        const pv_link *l = &h->peer[i].link;
        for (uint64_t n = l->base.count + 1; n <= l->stored; n++) {
            const pv_out_frame *o = pv_link_out(l, n);
            if (o != NULL) PV_TRY(add(kept, i, n, o));
        }
    }
    return PV_OK;
}

static pv_status store(pv_hub *h)
{
    pv_status status = PV_OK;
    frames fresh = {0}, kept = {0};
    pv_bytes hub = {0};
    pv_hub_commit commit = {
        .step = h->commit_step, .state = h->commit_state.data, .state_size = h->commit_state.size};
    pthread_mutex_lock(&h->lock);
    status = gather(&fresh, &kept, h);
    if (status == PV_OK && h->commit_pending) status = pv_hub_state_encode(&hub, h);
    pthread_mutex_unlock(&h->lock);
    if (status == PV_OK) {
        commit.hub = hub.data;
        commit.hub_size = hub.size;
        double since = pv_clock_seconds();
        status = h->store.flush(h->store.self, fresh.frame, fresh.count,
                                h->commit_pending ? &commit : NULL, kept.frame, kept.count);
        h->seconds.journal += pv_clock_seconds() - since;
    }
    pv_bytes_clear(&hub);
    pv_free(fresh.frame);
    pv_free(kept.frame);
    return status;
}

static void forget_decisions(pv_hub *h)
{
    size_t kept = 0;
    for (size_t i = 0; i < h->decisions; i++) {
        h->decision[i].durable = 1;
        if (h->decision[i].number > h->decided_place) h->decision[kept++] = h->decision[i];
    }
    h->decisions = kept;
}

static pv_status sync_view(pv_hub *h)
{
    double since = pv_clock_seconds();
    if (h->view == NULL) return PV_OK;
    pv_status status = pv_view_sync(h->view);
    h->seconds.view += pv_clock_seconds() - since;
    return status;
}

pv_status pv_flush(pv_hub *h)
{
    int decided = h->decisions > 0 && !h->decision[h->decisions - 1].durable;
    PV_TRY(pv_hub_enter(h));
    /* Before a commit that has the view's position in it; and what is noted after the last one. */
    if (h->commit_pending || h->finishing) PV_TRY(sync_view(h));
    if (h->pendings == 0 && !h->commit_pending && !decided) return PV_OK;
    if (h->store.flush != NULL) PV_TRY(store(h));
    pthread_mutex_lock(&h->lock);
    for (int i = 0; i < h->peers; i++) h->peer[i].link.durable = h->peer[i].link.stored;
    pthread_mutex_unlock(&h->lock);
    h->pendings = 0;
    forget_decisions(h);
    h->commit_pending = 0;
    pv_hub_wake(h);
    return PV_OK;
}

/* ---- decisions */

uint64_t pv_decision_value(const pv_decision *d)
{
    uint64_t value = 0;
    for (int i = 0; i < 8; i++) value |= (uint64_t)((const uint8_t *)d->bytes)[i] << 8 * i;
    return value;
}

int pv_decided(const pv_hub *h, uint64_t *value)
{
    for (size_t i = 0; i < h->decisions; i++)
        if (h->decision[i].number == h->decided + 1) {
            *value = pv_decision_value(&h->decision[i]);
            return 1;
        }
    return 0;
}

int pv_hub_behind(const pv_hub *h)
{
    uint64_t value;
    if (!h->replaying) return 0;
    for (int i = 0; i < h->peers; i++) {
        const pv_link *l = &h->peer[i].link; /* of what is the role's thread's own to change */
        if (!h->peer[i].dropped && l->stored > l->sent.count) return 1;
    }
    return pv_decided(h, &value);
}

pv_status pv_decide(pv_hub *h, uint64_t *value)
{
    PV_TRY(pv_hub_enter(h));
    if (pv_decided(h, value)) {
        h->decided++;
        return PV_OK;
    }
    PV_TRY(pv_grow((void **)&h->decision, &h->decision_cap, h->decisions + 1, sizeof *h->decision));
    pv_decision *d = &h->decision[h->decisions++];
    *d = (pv_decision){.number = ++h->decided, .step = h->step};
    for (int i = 0; i < 8; i++) ((uint8_t *)d->bytes)[i] = (uint8_t)(*value >> 8 * i);
    return pv_flush(h);
}
