/* net/io.c - the thread that talks: poll over listeners, strangers and links */
#include "net/hub_i.h"

#include "base/clock.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define LINGER_SECONDS 2.0
#define DEAF_SECONDS   0.5

pv_status pv_io_add(pv_hub *h, pv_conn *c)
{
    pv_status status = pv_grow((void **)&h->conn, &h->conn_cap, h->conns + 1, sizeof(pv_conn *));
    if (status != PV_OK)
        pv_conn_free(c);
    else
        h->conn[h->conns++] = c;
    return status;
}

static void count_raw(pv_hub *h, pv_conn *c)
{
    uint64_t sent, received;
    if (c->peer < 0 || c->shut) return;
    pv_conn_raw(c, &sent, &received);
    /* What is not frames of the link: heartbeats, handshakes, TLS. Frames are taken off as they are
     * counted (carry.c). */
    pthread_mutex_lock(&h->lock);
    pv_hub_traffic *t = pv_hub_count(h, &h->peer[c->peer], 0);
    t->sent_bytes += sent;
    t->received_bytes += received;
    pthread_mutex_unlock(&h->lock);
}

void pv_io_drop(pv_hub *h, pv_conn *c, const char *why)
{
    double now = pv_clock_seconds();
    if (c->state == PV_CONN_OVER) return;
    count_raw(h, c);
    c->state = PV_CONN_OVER;
    if (c->peer < 0) return;
    pv_peer *p = &h->peer[c->peer];
    pthread_mutex_lock(&h->lock);
    if (p->conn == c) {
        p->conn = NULL;
        p->up = 0;
        p->down_since = now;
        snprintf(p->trouble, sizeof p->trouble, "%s", why);
        if (!h->stop && !(p->bye_in && p->bye_out))
            pv_hub_say(h, PV_LOG_INFO, "lost the connection to %s (%s): %s", p->name, c->where,
                       why);
        pv_dial_later(h, c->peer, now, 1);
        pthread_cond_broadcast(&h->changed);
    } else if (p->dialling == c) {
        p->dialling = NULL;
        snprintf(p->trouble, sizeof p->trouble, "%s", why);
        pv_dial_later(h, c->peer, now, 0);
    }
    pthread_mutex_unlock(&h->lock);
}

static int is_stranger(const pv_conn *c)
{
    return !c->dialled && !c->channel && (c->state == PV_CONN_TLS || c->state == PV_CONN_HELLO);
}

static void refused(pv_hub *h, const pv_conn *c, const char *why)
{
    pthread_mutex_lock(&h->lock);
    pv_hub_say(h, PV_LOG_WARN, "refused a connection from %s: %s", c->where, why);
    pthread_mutex_unlock(&h->lock);
}

/* What becomes of a connection on which something failed, with the trail saying what. */
static void failed(pv_hub *h, pv_conn *c, pv_status s, double now)
{
    char why[PV_TROUBLE];
    int network = s == PV_ERR_NETWORK || s == PV_ERR_MEMORY || s == PV_ERR_RUN;
    snprintf(why, sizeof why, "%s", pv_trail_text());
    count_raw(h, c);
    if (is_stranger(c)) {
        refused(h, c, why);
        if (network)
            pv_io_drop(h, c, why);
        else if (c->state == PV_CONN_TLS)
            pv_greet_close(c, now); /* TLS has told it */
        else
            pv_greet_refuse(h, c, s == PV_ERR_AUTH ? PV_REFUSE_AUTH : PV_REFUSE_PROTOCOL, why, now);
        return;
    }
    if (c->state == PV_CONN_UP && !network && s != PV_ERR_AUTH) {
        pthread_mutex_lock(&h->lock);
        pv_hub_broke(h, c->peer, PV_ERR_PEER, "%s broke the protocol: %s", h->peer[c->peer].name,
                     why);
        pthread_mutex_unlock(&h->lock);
        pv_greet_refuse(h, c, PV_REFUSE_PROTOCOL, why, now);
        return;
    }
    /* Whoever it is has shown the right certificate before the state became HELLO. */
    if (c->state == PV_CONN_HELLO && !network) {
        pthread_mutex_lock(&h->lock);
        if (s == PV_ERR_AUTH)
            pv_hub_broke(h, c->peer, s, "%s does not take this party's certificate: %s",
                         h->peer[c->peer].name, why);
        else
            pv_hub_broke(h, c->peer, s == PV_ERR_MISMATCH ? s : PV_ERR_PEER, "%s: %s",
                         h->peer[c->peer].name, why);
        pthread_mutex_unlock(&h->lock);
    } else if (s == PV_ERR_AUTH && c->peer >= 0) {
        pthread_mutex_lock(&h->lock);
        pv_hub_say(h, PV_LOG_WARN, "%s answers as %s, but: %s", c->where, h->peer[c->peer].name,
                   why);
        pthread_mutex_unlock(&h->lock);
    }
    pv_io_drop(h, c, why);
}

/* ---- one connection's turn */

static int may_read(pv_hub *h, pv_conn *c, double now)
{
    if (c->state != PV_CONN_UP || c->head_have > 0) return 1;
    pv_peer *p = &h->peer[c->peer];
    pthread_mutex_lock(&h->lock);
    p->paused = p->link.in_bytes > h->window;
    int paused = p->paused;
    p->heard = c->heard;
    pthread_mutex_unlock(&h->lock);
    if (paused) c->heard = now; /* it isn't silent, it isn't listened to */
    return !paused;
}

static pv_status read_some(pv_hub *h, pv_conn *c, int *carried, double now)
{
    c->turn = PV_CONN_TURN;
    while (may_read(h, c, now)) {
        int ready;
        PV_TRY(pv_conn_read(c, &ready, now, h->type, h->types));
        if (!ready) break;
        *carried |= c->state == PV_CONN_UP;
        PV_TRY(c->state == PV_CONN_UP ? pv_carry_frame(h, c) : pv_greet_frame(h, c, now));
        if (c->state != PV_CONN_UP && c->state != PV_CONN_HELLO) return PV_OK;
        pv_conn_taken(c);
    }
    if (c->ended) PV_FAIL(PV_ERR_NETWORK, "the connection was closed");
    return PV_OK;
}

/* The role's thread is woken once a turn, not once a frame. */
static pv_status read_frames(pv_hub *h, pv_conn *c, double now)
{
    int carried = 0;
    pv_status status = read_some(h, c, &carried, now);
    if (!carried) return status;
    pthread_mutex_lock(&h->lock);
    pthread_cond_broadcast(&h->changed);
    pthread_mutex_unlock(&h->lock);
    return status;
}

/* Until the other end closes, too: what it did not read yet would be lost otherwise. */
static void linger(pv_conn *c)
{
    char rest[4096];
    for (int i = 0; i < 64; i++) {
        ssize_t n = recv(c->fd, rest, sizeof rest, MSG_DONTWAIT);
        if (n > 0 || (n < 0 && errno == EINTR)) continue;
        if (n == 0 || errno != EAGAIN) c->state = PV_CONN_OVER;
        return;
    }
}

static pv_status closing(pv_conn *c, double now)
{
    if (!c->shut) {
        PV_TRY(pv_conn_flush(c, now));
        if (pv_conn_unsent(c) > 0) return PV_OK;
        pv_tls_close(c->tls);
        c->tls = NULL;
        c->shut = 1;
        shutdown(c->fd, SHUT_WR);
    }
    linger(c);
    return PV_OK;
}

static pv_status serve(pv_hub *h, pv_conn *c, short events, double now)
{
    int done;
    if (c->state == PV_CONN_CONNECTING && events != 0) PV_TRY(pv_dial_connected(h, c));
    if (c->state == PV_CONN_PROXY && events != 0) PV_TRY(pv_dial_proxied(h, c));
    if (c->state == PV_CONN_TLS && (events != 0 || c->dialled)) {
        PV_TRY(pv_tls_handshake(c->tls, &done));
        if (done) PV_TRY(pv_greet_tls(h, c));
    }
    if ((c->state == PV_CONN_HELLO || c->state == PV_CONN_UP) &&
        ((events & ~POLLOUT) != 0 || c->more || (c->tls != NULL && pv_tls_pending(c->tls))))
        PV_TRY(read_frames(h, c, now));
    if (c->state == PV_CONN_PROXY || c->state == PV_CONN_HELLO) PV_TRY(pv_conn_flush(c, now));
    if (c->state == PV_CONN_UP) PV_TRY(pv_carry_fill(h, c, now));
    if (c->state == PV_CONN_CLOSING && closing(c, now) != PV_OK) c->state = PV_CONN_OVER;
    return PV_OK;
}

static void turn(pv_hub *h, pv_conn *c, short events, double now)
{
    if (c->state == PV_CONN_OVER) return;
    pv_status s = serve(h, c, events, now);
    if (s != PV_OK) failed(h, c, s, now);
    if (c->state == PV_CONN_UP) count_raw(h, c);
}

/* ---- time */

static void deadline(pv_hub *h, pv_conn *c, double now)
{
    char why[PV_TROUBLE];
    switch (c->state) {
    case PV_CONN_UP:
        if (now - c->heard > h->silence) {
            snprintf(why, sizeof why, "nothing was heard for %.3g s", now - c->heard);
            pv_io_drop(h, c, why);
        } else if (now - c->said >= h->heartbeat && pv_conn_unsent(c) == 0) {
            pv_frame_header ping = {.type = PV_TYPE_PING};
            /* Without memory for it there are worse troubles than a missing heartbeat. */
            if (pv_conn_put_frame(c, &ping, NULL) == PV_OK) {
                pthread_mutex_lock(&h->lock);
                pv_hub_count(h, &h->peer[c->peer], 0)->sent_count++;
                pthread_mutex_unlock(&h->lock);
            }
        }
        break;
    case PV_CONN_CLOSING:
        if (now - c->since > LINGER_SECONDS) c->state = PV_CONN_OVER;
        break;
    case PV_CONN_OVER:
        break;
    default:
        if (c->channel || now - c->since <= h->handshake) break;
        if (is_stranger(c)) {
            snprintf(why, sizeof why, "it did not show who it is within %.3g s", h->handshake);
            refused(h, c, why);
        } else {
            snprintf(why, sizeof why, "no answer within %.3g s", h->handshake);
        }
        pv_io_drop(h, c, why);
    }
}

static double next_deadline(const pv_hub *h, const pv_conn *c)
{
    switch (c->state) {
    case PV_CONN_UP: {
        double silent = c->heard + h->silence, quiet = c->said + h->heartbeat;
        return silent < quiet ? silent : quiet;
    }
    case PV_CONN_CLOSING:
        return c->since + LINGER_SECONDS;
    default:
        return c->since + h->handshake;
    }
}

/* ---- strangers */

static void make_room(pv_hub *h)
{
    size_t strangers = 0;
    pv_conn *oldest = NULL;
    for (size_t i = 0; i < h->conns; i++) {
        pv_conn *c = h->conn[i];
        if (!is_stranger(c) && !(c->state == PV_CONN_CLOSING && c->peer < 0)) continue;
        strangers++;
        if (oldest == NULL || c->since < oldest->since) oldest = c;
    }
    if (strangers < PV_STRANGERS) return;
    if (is_stranger(oldest))
        refused(h, oldest, "too many connections had not shown who they are; it was the oldest");
    pv_io_drop(h, oldest, "");
}

static void welcome_strangers(pv_hub *h, int listener, double now)
{
    char who[PV_ADDRESS_TEXT];
    for (int n = 0; n < 16; n++) {
        pv_conn *c = NULL;
        int fd = pv_address_accept(listener, who);
        if (fd < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
                h->deaf_until = now + DEAF_SECONDS;
            return;
        }
        make_room(h);
        if (pv_conn_new(&c, fd, PV_CONN_TLS, now) != PV_OK) {
            close(fd);
            return;
        }
        snprintf(c->where, sizeof c->where, "%s", who);
        if (pv_io_add(h, c) != PV_OK) return;
        if (pv_tls_open(&c->tls, h->tls, fd, 1) != PV_OK) pv_io_drop(h, c, pv_trail_text());
    }
}

/* ---- the loop */

typedef struct polls {
    struct pollfd *fd;
    size_t cap, count;
} polls;

static short wanted(pv_hub *h, pv_conn *c, double now)
{
    short out = pv_conn_unsent(c) > 0 || c->behind ? POLLOUT : 0;
    switch (c->state) {
    case PV_CONN_CONNECTING:
        return POLLOUT;
    case PV_CONN_TLS:
        return pv_tls_wants_write(c->tls) ? POLLOUT : POLLIN;
    case PV_CONN_UP:
        return (short)(out | (may_read(h, c, now) ? POLLIN : 0));
    case PV_CONN_CLOSING:
        return c->shut ? POLLIN : POLLOUT;
    default:
        return (short)(out | POLLIN);
    }
}

/* How long to sleep, in milliseconds; what to wait for is in p. */
static pv_status prepare(pv_hub *h, polls *p, int *milliseconds, double now)
{
    double next = now + pv_dial_next(h, now);
    size_t need = 1 + (size_t)h->listeners + h->conns;
    PV_TRY(pv_grow((void **)&p->fd, &p->cap, need, sizeof *p->fd));
    p->count = 0;
    p->fd[p->count++] = (struct pollfd){.fd = h->wake, .events = POLLIN};
    int deaf = now < h->deaf_until;
    if (deaf && h->deaf_until < next) next = h->deaf_until;
    for (int i = 0; i < h->listeners; i++)
        p->fd[p->count++] = (struct pollfd){.fd = deaf ? -1 : h->listener[i], .events = POLLIN};
    int more = 0;
    for (size_t i = 0; i < h->conns; i++) {
        pv_conn *c = h->conn[i];
        short events = wanted(h, c, now);
        double d = next_deadline(h, c);
        /* Without events not even a hang-up is asked for: it would wake without end. */
        p->fd[p->count++] = (struct pollfd){.fd = events != 0 ? c->fd : -1, .events = events};
        if (d < next) next = d;
        more |= c->more && (events & POLLIN) != 0;
    }
    double wait = next - now;
    *milliseconds = more || wait <= 0 ? 0 : wait > 60 ? 60000 : (int)(wait * 1000) + 1;
    return PV_OK;
}

static void sweep(pv_hub *h)
{
    size_t kept = 0;
    for (size_t i = 0; i < h->conns; i++) {
        if (h->conn[i]->state == PV_CONN_OVER)
            pv_conn_free(h->conn[i]);
        else
            h->conn[kept++] = h->conn[i];
    }
    h->conns = kept;
}

/* What the role's thread wants told to peers. */
static void refusals(pv_hub *h, double now)
{
    for (int i = 0; i < h->peers; i++) {
        pv_peer *p = &h->peer[i];
        char text[PV_TROUBLE];
        pthread_mutex_lock(&h->lock);
        pv_refusal r = p->refuse;
        p->refuse = (pv_refusal)0;
        memcpy(text, p->refuse_text, sizeof text);
        pthread_mutex_unlock(&h->lock);
        if (r == 0) continue;
        if (p->dialling != NULL) pv_io_drop(h, p->dialling, text);
        if (p->conn != NULL) pv_greet_refuse(h, p->conn, r, text, now);
    }
}

static void open_channels(pv_hub *h, double now)
{
    for (int i = 0; i < h->peers; i++) {
        pv_peer *p = &h->peer[i];
        pv_conn *c = NULL;
        if (p->channel < 0) continue;
        if (pv_conn_new(&c, p->channel, PV_CONN_HELLO, now) != PV_OK) continue;
        p->channel = -1;
        c->channel = 1;
        c->peer = i;
        c->dialled = strcmp(h->name, p->name) > 0;
        snprintf(c->where, sizeof c->where, "a channel");
        if (pv_io_add(h, c) != PV_OK) continue;
        p->dialling = c;
        if (c->dialled && pv_greet_hello(h, c) != PV_OK) pv_io_drop(h, c, pv_trail_text());
    }
}

/* The last words: BYE and REFUSE are to arrive, everything else may be cut. */
static void say_goodbye(pv_hub *h, double now)
{
    for (size_t i = 0; i < h->conns; i++) {
        pv_conn *c = h->conn[i];
        if (c->state == PV_CONN_UP && c->bye)
            pv_greet_close(c, now);
        else if (c->state != PV_CONN_CLOSING)
            c->state = PV_CONN_OVER;
    }
}

void *pv_io_run(void *hub)
{
    pv_hub *h = hub;
    polls p = {0};
    int stopping = 0;
    open_channels(h, pv_clock_seconds());
    for (;;) {
        int milliseconds = 100;
        double now = pv_clock_seconds();
        pthread_mutex_lock(&h->lock);
        int stop = h->stop;
        pthread_mutex_unlock(&h->lock);
        refusals(h, now);
        if (stop && !stopping) say_goodbye(h, now);
        stopping = stop;
        if (!stopping) pv_dial_due(h, now);
        for (size_t i = 0; i < h->conns; i++) {
            deadline(h, h->conn[i], now);
            if (h->conn[i]->state == PV_CONN_UP || h->conn[i]->state == PV_CONN_CLOSING)
                turn(h, h->conn[i], 0, now); /* what there is to send */
        }
        sweep(h);
        if (stopping && h->conns == 0) break;
        if (prepare(h, &p, &milliseconds, now) != PV_OK) { /* no memory: again in a while */
            p.count = 0;
            (void)poll(NULL, 0, 100);
            continue;
        }
        (void)poll(p.fd, (nfds_t)p.count, milliseconds);
        now = pv_clock_seconds();
        if (p.fd[0].revents != 0) {
            uint64_t count; /* of no interest, nor whether there was one */
            if (read(h->wake, &count, sizeof count) < 0) count = 0;
        }
        size_t first = 1 + (size_t)h->listeners, polled = p.count - first;
        for (size_t i = 0; i < polled; i++) {
            short events = p.fd[first + i].revents;
            if (events != 0 || h->conn[i]->more) turn(h, h->conn[i], events, now);
        }
        for (int i = 0; i < h->listeners && !stopping; i++)
            if (p.fd[1 + i].revents != 0) welcome_strangers(h, h->listener[i], now);
        sweep(h);
    }
    pv_free(p.fd);
    return NULL;
}
