/* net/dial.c - reaching those who have an address, again and again */
#include "net/hub_i.h"

#include "base/clock.h"
#include "base/csprng.h"
#include "net/proxy.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Pauses grow from the first to the last, each drawn from [1/2, 3/2] of it so that parties whose
 * peer comes back do not all knock at once. */
#define PAUSE_FIRST 0.1
#define PAUSE_LAST  5.0
/* Where both have an address for the other, one waits so long for the other to dial. */
#define COURTESY 5.0

static double drawn(double pause)
{
    uint64_t x = 0;
    pv_csprng r;
    if (pv_csprng_init(&r) == PV_OK) {
        x = pv_csprng_below(&r, 1001);
        pv_csprng_clear(&r);
    }
    return pause * (0.5 + (double)x / 1000);
}

void pv_dial_later(pv_hub *h, int peer, double now, int soon)
{
    pv_peer *p = &h->peer[peer];
    if (soon) {
        p->pause = 0;
        p->dial_at = now;
    } else if (p->list_at > 0 && p->list_at < p->list.count) {
        p->dial_at = now; /* the name has more addresses */
    } else {
        p->pause = p->pause == 0 ? PAUSE_FIRST : 2 * p->pause;
        if (p->pause > PAUSE_LAST) p->pause = PAUSE_LAST;
        p->dial_at = now + drawn(p->pause);
    }
    if (p->dials_late && p->dial_at < p->down_since + COURTESY)
        p->dial_at = p->down_since + COURTESY;
}

static int wants_dialling(const pv_hub *h, const pv_peer *p)
{
    return h->fatal == PV_OK && p->address != NULL && !p->dropped && !p->broken &&
           p->conn == NULL && p->dialling == NULL && !(p->bye_in && p->bye_out);
}

double pv_dial_next(const pv_hub *h, double now)
{
    double next = 60;
    pthread_mutex_t *lock = (pthread_mutex_t *)&h->lock;
    pthread_mutex_lock(lock);
    for (int i = 0; i < h->peers; i++)
        if (wants_dialling(h, &h->peer[i]) && h->peer[i].dial_at - now < next)
            next = h->peer[i].dial_at - now;
    pthread_mutex_unlock(lock);
    return next < 0 ? 0 : next;
}

static pv_status dial(pv_hub *h, int peer, double now)
{
    pv_peer *p = &h->peer[peer];
    pv_address to = h->proxy;
    pv_conn *c = NULL;
    int fd;
    if (p->list_at >= p->list.count) p->list_at = 0;
    if (p->list_at == 0) {
        p->list.count = 0;
        if (h->proxy.port == 0) PV_TRY(pv_address_parse(&to, p->address, 0));
        PV_TRY(pv_address_resolve(&p->list, &to, 0));
    }
    int at = p->list_at++;
    PV_TRY(pv_address_connect(&fd, &p->list, at));
    pv_status status = pv_conn_new(&c, fd, PV_CONN_CONNECTING, now);
    if (status != PV_OK) {
        close(fd);
        return status;
    }
    c->peer = peer;
    c->dialled = 1;
    snprintf(c->where, sizeof c->where, "%s", p->address);
    PV_TRY(pv_io_add(h, c));
    p->dialling = c;
    return PV_OK;
}

void pv_dial_due(pv_hub *h, double now)
{
    for (int i = 0; i < h->peers; i++) {
        pv_peer *p = &h->peer[i];
        pthread_mutex_lock(&h->lock);
        int due = wants_dialling(h, p) && now >= p->dial_at;
        pthread_mutex_unlock(&h->lock);
        if (!due || dial(h, i, now) == PV_OK) continue;
        pthread_mutex_lock(&h->lock);
        snprintf(p->trouble, sizeof p->trouble, "%s", pv_trail_text());
        pv_dial_later(h, i, now, 0);
        pthread_mutex_unlock(&h->lock);
    }
}

static pv_status start_tls(pv_hub *h, pv_conn *c)
{
    PV_TRY(pv_tls_open(&c->tls, h->tls, c->fd, 0));
    c->state = PV_CONN_TLS;
    return PV_OK;
}

pv_status pv_dial_connected(pv_hub *h, pv_conn *c)
{
    pv_str request = {0};
    pv_address to;
    PV_TRY(pv_address_connected(c->fd));
    if (h->proxy.port == 0) return start_tls(h, c);
    PV_TRY(pv_address_parse(&to, h->peer[c->peer].address, 0));
    pv_status status = pv_proxy_request(&request, &to);
    if (status == PV_OK) status = pv_conn_put(c, pv_str_text(&request), request.size);
    pv_str_clear(&request);
    if (status == PV_OK) c->state = PV_CONN_PROXY;
    return status;
}

/* Byte after byte, because what follows the answer is not the proxy's. */
pv_status pv_dial_proxied(pv_hub *h, pv_conn *c)
{
    int done = 0;
    if (c->payload.data == NULL) {
        c->payload.data = pv_alloc(PV_PROXY_REPLY_MAX, 1);
        if (c->payload.data == NULL) PV_FAIL_MEMORY(PV_PROXY_REPLY_MAX);
    }
    while (!done) {
        ssize_t n = recv(c->fd, c->payload.data + c->have, 1, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) return PV_OK;
        if (n < 0) PV_FAIL(PV_ERR_NETWORK, "the proxy: %s", strerror(errno));
        if (n == 0) PV_FAIL(PV_ERR_NETWORK, "the proxy closed the connection");
        PV_TRY(pv_proxy_reply(&done, (char *)c->payload.data, ++c->have));
    }
    pv_conn_taken(c);
    return start_tls(h, c);
}
