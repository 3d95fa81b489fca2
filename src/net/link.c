#include "net/link.h"

#include <inttypes.h>
#include <string.h>

/* What a frame takes beside its payload: so that many small ones count, too. */
enum { FRAME_COST = 128 };

/* ---- payloads */

pv_status pv_payload_new(pv_payload **out, size_t size)
{
    pv_payload *p = pv_calloc(1, sizeof *p);
    *out = NULL;
    if (p == NULL) PV_FAIL_MEMORY(sizeof *p);
    p->bytes = (pv_bytes){.data = pv_alloc(size, 1), .size = size};
    if (p->bytes.data == NULL) {
        pv_free(p);
        PV_FAIL_MEMORY(size);
    }
    atomic_init(&p->owners, 1);
    *out = p;
    return PV_OK;
}

pv_payload *pv_payload_share(pv_payload *p)
{
    atomic_fetch_add(&p->owners, 1);
    return p;
}

void pv_payload_release(pv_payload *p)
{
    if (p == NULL || atomic_fetch_sub(&p->owners, 1) != 1) return;
    pv_bytes_clear(&p->bytes);
    pv_free(p);
}

/* ---- queues */

static void *queue_at(const pv_queue *q, size_t i, size_t size)
{
    return (char *)q->item + (q->begin + i) % q->cap * size;
}

/* Room for one more. */
static pv_status queue_reserve(pv_queue *q, size_t size)
{
    if (q->count < q->cap) return PV_OK;
    size_t cap = q->cap == 0 ? 8 : 2 * q->cap;
    char *item = pv_alloc(cap, size);
    if (item == NULL) PV_FAIL_MEMORY(cap * size);
    for (size_t i = 0; i < q->count; i++) memcpy(item + i * size, queue_at(q, i, size), size);
    pv_free(q->item);
    *q = (pv_queue){.item = item, .count = q->count, .cap = cap};
    return PV_OK;
}

static void queue_drop(pv_queue *q)
{
    q->begin = (q->begin + 1) % q->cap;
    q->count--;
}

static pv_out_frame *out_at(const pv_link *l, size_t i)
{
    return queue_at(&l->out, i, sizeof(pv_out_frame));
}

static pv_in_frame *in_at(const pv_link *l, size_t i)
{
    return queue_at(&l->in, i, sizeof(pv_in_frame));
}

/* ---- the link */

pv_status pv_link_init(pv_link *l, const pv_hash *scenario, const char *self, const char *peer)
{
    *l = (pv_link){0};
    PV_TRY(pv_transcript_begin(&l->sent, scenario, self, peer));
    PV_TRY(pv_transcript_begin(&l->received, scenario, peer, self));
    l->base = l->acked = l->sent;
    return PV_OK;
}

static void drop_out(pv_link *l)
{
    pv_out_frame *f = out_at(l, 0);
    l->base = (pv_transcript){.count = l->base.count + 1, .hash = f->chain};
    l->out_bytes -= f->payload->bytes.size + FRAME_COST;
    pv_payload_release(f->payload);
    queue_drop(&l->out);
}

void pv_link_forget_all(pv_link *l)
{
    pv_in_frame f;
    while (l->out.count > 0) drop_out(l);
    while (l->in.count > 0) {
        pv_link_take(l, &f);
        pv_bytes_clear(&f.payload);
    }
}

void pv_link_clear(pv_link *l)
{
    pv_link_forget_all(l);
    pv_free(l->out.item);
    pv_free(l->in.item);
    *l = (pv_link){0};
}

pv_status pv_link_store(pv_link *l, uint16_t type, uint64_t step, pv_payload *payload)
{
    pv_transcript t = l->base;
    if (l->out.count > 0)
        t = (pv_transcript){.count = l->stored, .hash = out_at(l, l->out.count - 1)->chain};
    pv_status status = queue_reserve(&l->out, sizeof(pv_out_frame));
    if (status == PV_OK)
        status = pv_transcript_add(&t, step, type, payload->bytes.size, &payload->hash);
    if (status != PV_OK) {
        pv_payload_release(payload);
        return status;
    }
    l->out.count++;
    *out_at(l, l->out.count - 1) =
        (pv_out_frame){.type = type, .step = step, .payload = payload, .chain = t.hash};
    l->stored = t.count;
    l->out_bytes += payload->bytes.size + FRAME_COST;
    return PV_OK;
}

void pv_link_made(pv_link *l)
{
    const pv_out_frame *f = pv_link_out(l, l->sent.count + 1);
    l->sent = (pv_transcript){.count = l->sent.count + 1, .hash = f->chain};
    if (f->type != PV_TYPE_SEAL) l->last_data = l->sent.count;
}

pv_out_frame *pv_link_out(const pv_link *l, uint64_t number)
{
    if (number <= l->base.count || number > l->base.count + l->out.count) return NULL;
    return out_at(l, (size_t)(number - l->base.count - 1));
}

pv_status pv_link_acknowledge(pv_link *l, const char *peer, const pv_transcript *t)
{
    const pv_hash *mine = NULL;
    if (t->count == l->acked.count)
        mine = &l->acked.hash;
    else if (t->count > l->acked.count && t->count <= l->wired)
        mine = &pv_link_out(l, t->count)->chain;
    if (mine == NULL)
        PV_FAIL(PV_ERR_PEER,
                "%s acknowledges frame %" PRIu64 ", after %" PRIu64 " of %" PRIu64 " sent", peer,
                t->count, l->acked.count, l->wired);
    if (!pv_hash_equal(mine, &t->hash))
        PV_FAIL(PV_ERR_PEER,
                "%s has another transcript of what was sent to it, up to frame %" PRIu64, peer,
                t->count);
    l->acked = *t;
    return PV_OK;
}

void pv_link_forget(pv_link *l)
{
    uint64_t to = l->acked.count < l->sent.count ? l->acked.count : l->sent.count;
    while (l->base.count < to) drop_out(l);
}

pv_status pv_link_arrive(pv_link *l, const pv_in_frame *f)
{
    pv_status status = queue_reserve(&l->in, sizeof(pv_in_frame));
    if (status != PV_OK) {
        pv_bytes bytes = f->payload;
        pv_bytes_clear(&bytes);
        return status;
    }
    l->in.count++;
    *in_at(l, l->in.count - 1) = *f;
    l->arrived = f->number;
    l->in_bytes += f->payload.size + FRAME_COST;
    if (f->type != PV_TYPE_SEAL) l->in_data++;
    return PV_OK;
}

pv_in_frame *pv_link_head(const pv_link *l)
{
    return l->in.count == 0 ? NULL : in_at(l, 0);
}

void pv_link_take(pv_link *l, pv_in_frame *out)
{
    *out = *in_at(l, 0);
    l->in_bytes -= out->payload.size + FRAME_COST;
    if (out->type != PV_TYPE_SEAL) l->in_data--;
    queue_drop(&l->in);
}
