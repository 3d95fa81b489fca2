#include "net/conn.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

pv_status pv_conn_new(pv_conn **out, int fd, pv_conn_state state, double now)
{
    pv_conn *c = pv_calloc(1, sizeof *c);
    *out = c;
    if (c == NULL) PV_FAIL_MEMORY(sizeof *c);
    *c = (pv_conn){
        .fd = fd, .state = state, .peer = -1, .since = now, .heard = now, .said = now, .next = 1};
    return PV_OK;
}

void pv_conn_free(pv_conn *c)
{
    if (c == NULL) return;
    pv_tls_close(c->tls);
    if (c->fd >= 0) close(c->fd);
    pv_certificate_free(c->certificate);
    pv_bytes_clear(&c->payload);
    pv_hasher_clear(&c->hasher);
    pv_payload_release(c->direct);
    pv_free(c->out);
    pv_free(c);
}

/* ---- out */

pv_status pv_conn_put(pv_conn *c, const void *data, size_t size)
{
    if (c->out_at == c->out_size) c->out_at = c->out_size = 0;
    PV_TRY(pv_grow((void **)&c->out, &c->out_cap, c->out_size + size, 1));
    if (size > 0) memcpy(c->out + c->out_size, data, size);
    c->out_size += size;
    return PV_OK;
}

pv_status pv_conn_put_frame(pv_conn *c, const pv_frame_header *h, const void *payload)
{
    uint8_t head[PV_FRAME_HEADER];
    size_t before = c->out_size;
    pv_frame_encode(head, h);
    PV_TRY(pv_conn_put(c, head, sizeof head));
    pv_status status = pv_conn_put(c, payload, (size_t)h->size);
    if (status != PV_OK) c->out_size = before; /* never half a frame */
    return status;
}

pv_status pv_conn_put_payload(pv_conn *c, const pv_frame_header *h, pv_payload *p)
{
    if (p->bytes.size <= PV_CONN_SMALL) return pv_conn_put_frame(c, h, p->bytes.data);
    uint8_t head[PV_FRAME_HEADER];
    size_t first = PV_CONN_SMALL - PV_FRAME_HEADER; /* header and this fill a record of TLS */
    size_t before = c->out_size;
    pv_frame_encode(head, h);
    PV_TRY(pv_conn_put(c, head, sizeof head));
    pv_status status = pv_conn_put(c, p->bytes.data, first);
    if (status != PV_OK) {
        c->out_size = before;
        return status;
    }
    c->direct = pv_payload_share(p);
    c->direct_at = first;
    return PV_OK;
}

int pv_conn_direct(const pv_conn *c)
{
    return c->direct != NULL;
}

size_t pv_conn_unsent(const pv_conn *c)
{
    return c->out_size - c->out_at + (c->direct == NULL ? 0 : c->direct->bytes.size - c->direct_at);
}

static pv_status write_some(pv_conn *c, const void *data, size_t size, size_t *n)
{
    if (c->tls != NULL) return pv_tls_write(c->tls, data, size, n);
    *n = 0;
    ssize_t k = send(c->fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (k < 0 && errno != EAGAIN && errno != EINTR) PV_FAIL(PV_ERR_NETWORK, "%s", strerror(errno));
    if (k > 0) {
        *n = (size_t)k;
        c->raw_sent += *n;
    }
    return PV_OK;
}

pv_status pv_conn_flush(pv_conn *c, double now)
{
    size_t n = 1;
    while (c->out_at < c->out_size) {
        PV_TRY(write_some(c, c->out + c->out_at, c->out_size - c->out_at, &n));
        if (n == 0) return PV_OK;
        c->out_at += n;
        c->said = now;
    }
    size_t turn = PV_CONN_TURN;
    while (c->direct != NULL && turn > 0) {
        size_t left = c->direct->bytes.size - c->direct_at;
        PV_TRY(write_some(c, c->direct->bytes.data + c->direct_at, left, &n));
        if (n == 0) return PV_OK;
        c->direct_at += n;
        c->said = now;
        turn -= n < turn ? n : turn;
        if (n == left) {
            pv_payload_release(c->direct);
            c->direct = NULL;
        }
    }
    return PV_OK;
}

/* ---- in */

static pv_status read_some(pv_conn *c, void *out, size_t size, size_t *n, double now)
{
    *n = 0;
    if (c->tls != NULL) {
        PV_TRY(pv_tls_read(c->tls, out, size, n, &c->ended));
    } else {
        ssize_t k = recv(c->fd, out, size, MSG_DONTWAIT);
        if (k < 0 && errno != EAGAIN && errno != EINTR)
            PV_FAIL(PV_ERR_NETWORK, "%s", strerror(errno));
        c->ended = k == 0;
        if (k > 0) c->raw_received += *n = (size_t)k;
    }
    if (*n > 0) c->heard = now;
    c->turn -= *n < c->turn ? *n : c->turn;
    return PV_OK;
}

static pv_status begin_payload(pv_conn *c, const pv_message_type *type, int types)
{
    PV_TRY(pv_frame_parse(&c->header, c->where, c->head));
    PV_TRY(pv_frame_allow(&c->header, c->where, c->state == PV_CONN_UP, c->dialled, type, types));
    c->payload =
        (pv_bytes){.data = pv_alloc((size_t)c->header.size, 1), .size = (size_t)c->header.size};
    c->have = 0;
    if (c->payload.data == NULL) {
        c->payload.size = 0;
        PV_FAIL_MEMORY(c->header.size);
    }
    return pv_hasher_init(&c->hasher);
}

pv_status pv_conn_read(pv_conn *c, int *ready, double now, const pv_message_type *type, int types)
{
    size_t n;
    *ready = 0;
    c->more = 0;
    for (;;) {
        if (c->head_have == PV_FRAME_HEADER && c->have == c->payload.size) {
            *ready = 1;
            return pv_hasher_end(&c->hasher, &c->hash);
        }
        if (c->turn == 0) {
            c->more = 1;
            return PV_OK;
        }
        if (c->head_have < PV_FRAME_HEADER) {
            PV_TRY(read_some(c, c->head + c->head_have, PV_FRAME_HEADER - c->head_have, &n, now));
            c->head_have += n;
            if (c->head_have == PV_FRAME_HEADER) PV_TRY(begin_payload(c, type, types));
        } else {
            uint8_t *to = c->payload.data + c->have;
            PV_TRY(read_some(c, to, c->payload.size - c->have, &n, now));
            pv_hasher_add(&c->hasher, to, n);
            c->have += n;
        }
        if (n == 0) return PV_OK;
    }
}

void pv_conn_taken(pv_conn *c)
{
    pv_bytes_clear(&c->payload);
    c->head_have = c->have = 0;
}

void pv_conn_raw(pv_conn *c, uint64_t *sent, uint64_t *received)
{
    if (c->tls != NULL) {
        uint64_t s = pv_tls_raw_sent(c->tls), r = pv_tls_raw_received(c->tls);
        *sent = s - c->raw_sent;
        *received = r - c->raw_received;
        c->raw_sent = s;
        c->raw_received = r;
    } else { /* counted as they went */
        *sent = c->raw_sent;
        *received = c->raw_received;
        c->raw_sent = c->raw_received = 0;
    }
}
