/* net/carry.c - frames of a link onto its connection and from it */
#include "net/hub_i.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Bytes of frames were counted as bytes of the socket, too. */
static void count(pv_hub *h, pv_peer *p, uint16_t type, uint64_t size, int sent)
{
    pv_hub_traffic *t = pv_hub_count(h, p, type);
    if (sent) {
        t->sent_count++;
        t->sent_bytes += PV_FRAME_HEADER + size;
    } else {
        t->received_count++;
        t->received_bytes += PV_FRAME_HEADER + size;
    }
}

/* Under the lock: as many frames as fit. */
static pv_status gather(pv_hub *h, pv_conn *c)
{
    pv_peer *p = &h->peer[c->peer];
    pv_link *l = &p->link;
    if (c->next <= l->base.count) c->next = l->base.count + 1;
    while (c->next <= l->durable && !pv_conn_direct(c) && pv_conn_unsent(c) < PV_CONN_GATHER) {
        const pv_out_frame *f = pv_link_out(l, c->next);
        pv_frame_header header = {
            .type = f->type, .step = f->step, .number = c->next, .size = f->payload->bytes.size};
        PV_TRY(pv_conn_put_payload(c, &header, f->payload));
        count(h, p, f->type, header.size, 1);
        if (c->next > l->wired) l->wired = c->next;
        c->next++;
    }
    if (h->finishing && !c->bye && !pv_conn_direct(c) && c->next > l->durable) {
        uint8_t last[PV_BYE_BYTES];
        pv_frame_header header = {.type = PV_TYPE_BYE, .size = sizeof last};
        for (int i = 0; i < PV_BYE_BYTES; i++) last[i] = (uint8_t)(l->durable >> 8 * i);
        PV_TRY(pv_conn_put_frame(c, &header, last));
        pv_hub_count(h, p, 0)->sent_count++;
        c->bye = 1;
    }
    return PV_OK;
}

pv_status pv_carry_fill(pv_hub *h, pv_conn *c, double now)
{
    size_t written = 0;
    c->behind = 0;
    for (;;) {
        if (pv_conn_unsent(c) == 0) {
            pthread_mutex_lock(&h->lock);
            pv_status status = gather(h, c);
            pthread_mutex_unlock(&h->lock);
            PV_TRY(status);
            if (pv_conn_unsent(c) == 0) break;
        }
        size_t before = pv_conn_unsent(c);
        PV_TRY(pv_conn_flush(c, now));
        written += before - pv_conn_unsent(c);
        if (written >= PV_CONN_TURN) {
            c->behind = 1;
            break;
        }
        if (pv_conn_unsent(c) > 0) break; /* the socket takes no more */
    }
    if (!c->bye || pv_conn_unsent(c) > 0) return PV_OK;
    pthread_mutex_lock(&h->lock);
    if (!h->peer[c->peer].bye_out) {
        h->peer[c->peer].bye_out = 1;
        pthread_cond_broadcast(&h->changed);
    }
    pthread_mutex_unlock(&h->lock);
    return PV_OK;
}

static pv_status arrived(pv_hub *h, pv_conn *c)
{
    pv_peer *p = &h->peer[c->peer];
    pv_link *l = &p->link;
    if (c->header.number > l->arrived + 1)
        PV_FAIL(PV_ERR_PEER, "frame %" PRIu64 " came after frame %" PRIu64, c->header.number,
                l->arrived);
    count(h, p, c->header.type, c->header.size, 0);
    if (c->header.number <= l->arrived) return PV_OK; /* once more: harmless */
    pv_in_frame f = {.type = c->header.type,
                     .step = c->header.step,
                     .number = c->header.number,
                     .payload = c->payload,
                     .hash = c->hash};
    c->payload = (pv_bytes){0};
    PV_TRY(pv_link_arrive(l, &f));
    p->heard = c->heard;
    return PV_OK;
}

static pv_status control(pv_hub *h, pv_conn *c)
{
    pv_peer *p = &h->peer[c->peer];
    pv_refusal reason;
    char text[PV_REFUSE_MAX];
    pv_hub_count(h, p, 0)->received_count++;
    p->heard = c->heard;
    switch (c->header.type) {
    case PV_TYPE_BYE:
        p->bye_last = 0;
        for (int i = 0; i < PV_BYE_BYTES; i++) p->bye_last |= (uint64_t)c->payload.data[i] << 8 * i;
        if (p->bye_last != p->link.arrived)
            PV_FAIL(PV_ERR_PEER, "it said goodbye after frame %" PRIu64 ", having sent %" PRIu64,
                    p->bye_last, p->link.arrived);
        p->bye_in = 1;
        break;
    case PV_TYPE_REFUSE:
        PV_TRY(pv_refuse_parse(&reason, text, c->where, c->payload.data, c->payload.size));
        pv_hub_broke(h, c->peer, pv_refusal_status(reason), "%s refuses to go on: %s", p->name,
                     text);
        break;
    default:
        break;
    }
    return PV_OK;
}

pv_status pv_carry_frame(pv_hub *h, pv_conn *c)
{
    pthread_mutex_lock(&h->lock);
    pv_status status = pv_frame_is_control(c->header.type) ? control(h, c) : arrived(h, c);
    pthread_mutex_unlock(&h->lock);
    return status;
}
