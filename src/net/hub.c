#include "net/hub_i.h"

#include "base/clock.h"
#include "base/ctx.h"
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define WAITING_SAID_EVERY 10.0

/* ---- what the two threads tell each other */

void pv_hub_wake(pv_hub *h)
{
    uint64_t one = 1;
    /* It only fails when so many are waiting that the thread wakes anyway. */
    if (write(h->wake, &one, sizeof one) < 0) return;
}

void pv_hub_say(pv_hub *h, pv_log_level level, const char *fmt, ...)
{
    va_list ap;
    if (h->sayings == PV_SAYINGS) {
        h->unsaid++;
        return;
    }
    va_start(ap, fmt);
    vsnprintf(h->saying[h->sayings].text, sizeof h->saying[0].text, fmt, ap);
    va_end(ap);
    h->saying[h->sayings++].level = level;
}

static void say_all(pv_hub *h)
{
    char text[sizeof h->saying[0].text];
    pthread_mutex_lock(&h->lock);
    for (int i = 0; i < h->sayings; i++) {
        pv_log_level level = h->saying[i].level;
        memcpy(text, h->saying[i].text, sizeof text);
        pthread_mutex_unlock(&h->lock); /* the caller's log may take its time */
        pv_ctx_log(h->ctx, level, "%s", text);
        pthread_mutex_lock(&h->lock);
    }
    int unsaid = h->unsaid;
    h->sayings = h->unsaid = 0;
    pthread_mutex_unlock(&h->lock);
    if (unsaid > 0) pv_ctx_log(h->ctx, PV_LOG_WARN, "and %d lines more, of connections", unsaid);
}

/* Under the lock; first come first kept. */
static void fatal(pv_hub *h, pv_status s, const char *text)
{
    if (h->fatal != PV_OK) return;
    snprintf(h->fatal_text, sizeof h->fatal_text, "%s", text);
    h->fatal = s;
    pthread_cond_broadcast(&h->changed);
}

static void tell(pv_peer *p, const char *text)
{
    p->refuse = PV_REFUSE_PROTOCOL;
    snprintf(p->refuse_text, sizeof p->refuse_text, "%.*s", (int)sizeof p->refuse_text - 1, text);
}

static void broke(pv_hub *h, pv_peer *p, pv_status s, const char *text)
{
    if (!p->expendable || !p->known) {
        fatal(h, s, text);
    } else if (!p->broken && !p->dropped) {
        p->broken = 1;
        snprintf(p->gone, sizeof p->gone, "%.*s", (int)sizeof p->gone - 1, text);
        tell(p, text); /* whatever connection it has is closed */
        pthread_cond_broadcast(&h->changed);
    }
}

void pv_hub_broke(pv_hub *h, int peer, pv_status s, const char *fmt, ...)
{
    char text[sizeof h->fatal_text];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    broke(h, &h->peer[peer], s, text);
    pv_hub_wake(h); /* the I/O thread itself, so that it doesn't sleep before it has told */
}

pv_status pv_hub_fail(pv_hub *h, pv_status s, int peer)
{
    const char *text = pv_trail_text();
    pthread_mutex_lock(&h->lock);
    if (peer < 0 || s == PV_ERR_MEMORY) {
        fatal(h, s, text);
    } else {
        pv_peer *p = &h->peer[peer];
        if (!p->broken) tell(p, text); /* else it was told */
        broke(h, p, s, text);
    }
    pthread_mutex_unlock(&h->lock);
    pv_hub_wake(h);
    return s;
}

pv_status pv_hub_enter(pv_hub *h)
{
    say_all(h);
    PV_TRY(pv_ctx_check(h->ctx));
    pthread_mutex_lock(&h->lock);
    pv_status fatal = h->fatal;
    pthread_mutex_unlock(&h->lock);
    if (fatal != PV_OK) PV_FAIL(fatal, "%s", h->fatal_text); /* it no longer changes */
    return PV_OK;
}

void pv_hub_sleep(pv_hub *h, double seconds)
{
    struct timespec t;
    double before = pv_clock_seconds();
    if (seconds < 0 || seconds > 0.1) seconds = 0.1;
    clock_gettime(CLOCK_MONOTONIC, &t);
    double whole = floor(seconds), ns = (double)t.tv_nsec + (seconds - whole) * 1e9;
    t.tv_sec += (time_t)whole + (ns >= 1e9);
    t.tv_nsec = (long)(ns >= 1e9 ? ns - 1e9 : ns);
    pthread_cond_timedwait(&h->changed, &h->lock, &t);
    h->seconds.waiting += pv_clock_seconds() - before;
}

void pv_hub_describe(char *out, size_t size, const pv_hub *h, const pv_peer *p)
{
    double now = pv_clock_seconds();
    char heard[64];
    if (p->heard == 0)
        snprintf(heard, sizeof heard, "never heard of");
    else
        snprintf(heard, sizeof heard, "last heard of %.0f s ago", now - p->heard);
    if (p->up)
        snprintf(out, size, "connected, %s", heard);
    else if (p->address == NULL)
        snprintf(out, size, "%s, it is expected to connect to %s%s%s", heard, h->name,
                 p->trouble[0] == '\0' ? "" : "; the last connection ended: ", p->trouble);
    else
        snprintf(out, size, "%s, dialling %s%s%s", heard, p->address,
                 p->trouble[0] == '\0' ? "" : ": ", p->trouble);
}

void pv_hub_waiting(pv_hub *h, int peer, double since, const char *what)
{
    char text[PV_TROUBLE + 300];
    double now = pv_clock_seconds();
    if (now - since < WAITING_SAID_EVERY || now - h->said_at < WAITING_SAID_EVERY) return;
    h->said_at = now;
    for (int i = 0; i < h->peers; i++) {
        const pv_peer *p = &h->peer[i];
        if (p->dropped || (peer >= 0 && i != peer) || (peer < 0 && p->up)) continue;
        pv_hub_describe(text, sizeof text, h, p);
        pv_hub_say(h, PV_LOG_INFO, "waiting for %s%s since %.0f s: %s", p->name, what, now - since,
                   text);
    }
}

/* ---- small things */

int64_t pv_hub_clock(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

const pv_message_type *pv_hub_type(const pv_hub *h, uint16_t type)
{
    for (int i = 0; i < h->types; i++)
        if (h->type[i].id == type) return &h->type[i];
    return NULL;
}

pv_hub_traffic *pv_hub_count(const pv_hub *h, pv_peer *p, uint16_t type)
{
    if (type == PV_TYPE_SEAL) return &p->traffic[1];
    const pv_message_type *t = pv_hub_type(h, type);
    return t == NULL ? &p->traffic[0] : &p->traffic[2 + (t - h->type)];
}

int pv_hub_peers(const pv_hub *h)
{
    return h->peers;
}

int pv_hub_peer_index(const pv_hub *h, const char *name)
{
    for (int i = 0; i < h->peers; i++)
        if (strcmp(h->peer[i].name, name) == 0) return i;
    return -1;
}

const char *pv_hub_peer_name(const pv_hub *h, int peer)
{
    return peer >= 0 && peer < h->peers ? h->peer[peer].name : "?";
}

int pv_hub_port(const pv_hub *h)
{
    return h->port;
}

void pv_hub_set_step(pv_hub *h, uint64_t step)
{
    h->step = step;
}

int pv_hub_replaying(const pv_hub *h)
{
    return h->replaying;
}

static pthread_mutex_t *lock_of(const pv_hub *h)
{
    return &((pv_hub *)h)->lock; /* a hub is const to who only asks */
}

int pv_hub_dropped(const pv_hub *h, int peer)
{
    if (peer < 0 || peer >= h->peers) return 0;
    pthread_mutex_lock(lock_of(h));
    int dropped = h->peer[peer].dropped;
    pthread_mutex_unlock(lock_of(h));
    return dropped;
}

int pv_hub_broken(const pv_hub *h, int peer)
{
    if (peer < 0 || peer >= h->peers) return 0;
    pthread_mutex_lock(lock_of(h));
    int broken = h->peer[peer].broken;
    pthread_mutex_unlock(lock_of(h));
    return broken;
}

void pv_hub_reason(char *out, size_t size, const pv_hub *h, int peer)
{
    pthread_mutex_lock(lock_of(h));
    snprintf(out, size, "%s", h->peer[peer].gone);
    pthread_mutex_unlock(lock_of(h));
}

int pv_hub_traffic_types(const pv_hub *h)
{
    return h->types + 2;
}

void pv_hub_traffic_of(const pv_hub *h, int peer, pv_hub_traffic *out)
{
    pthread_mutex_lock(lock_of(h));
    memcpy(out, h->peer[peer].traffic, (size_t)(h->types + 2) * sizeof *out);
    pthread_mutex_unlock(lock_of(h));
    uint64_t sent = 0, received = 0;
    for (int i = 1; i < h->types + 2; i++) {
        sent += out[i].sent_bytes;
        received += out[i].received_bytes;
    }
    /* Row 0 holds all bytes of the sockets so far; frames that wait to be written are not among
     * them. */
    out[0].sent_bytes = out[0].sent_bytes > sent ? out[0].sent_bytes - sent : 0;
    out[0].received_bytes = out[0].received_bytes > received ? out[0].received_bytes - received : 0;
}

double pv_hub_io_seconds(const pv_hub *h)
{
    clockid_t clock;
    struct timespec t = {0};
    if (!h->running || pthread_getcpuclockid(h->thread, &clock) != 0) return 0;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

pv_hub_seconds pv_hub_seconds_of(const pv_hub *h)
{
    pthread_mutex_lock(lock_of(h));
    pv_hub_seconds s = h->seconds;
    pthread_mutex_unlock(lock_of(h));
    s.channel += h->io_before + pv_hub_io_seconds(h);
    return s;
}

/* ---- waiting for all, giving one up */

pv_status pv_hub_wait(pv_hub *h, double seconds)
{
    double since = pv_clock_seconds();
    for (;;) {
        char text[1024] = "", one[PV_TROUBLE + 300];
        int missing = 0;
        size_t used = 0;
        PV_TRY(pv_hub_enter(h));
        pthread_mutex_lock(&h->lock);
        for (int i = 0; i < h->peers; i++) {
            const pv_peer *p = &h->peer[i];
            if (p->known || p->dropped) continue;
            missing++;
            pv_hub_describe(one, sizeof one, h, p);
            if (used < sizeof text)
                used += (size_t)snprintf(text + used, sizeof text - used, "%s%s (%s)",
                                         used == 0 ? "" : ", ", p->name, one);
        }
        double left = seconds < 0 ? 1 : since + seconds - pv_clock_seconds();
        if (missing > 0 && left > 0 && h->fatal == PV_OK) {
            pv_hub_waiting(h, -1, since, "");
            pv_hub_sleep(h, left);
            missing = -1;
        } else if (h->fatal != PV_OK) {
            missing = -1;
        }
        pthread_mutex_unlock(&h->lock);
        if (missing == 0) return pv_hub_record_begin(h, NULL);
        if (missing > 0) PV_FAIL(PV_ERR_TIMEOUT, "not there after %.3g s: %s", seconds, text);
    }
}

pv_status pv_hub_drop(pv_hub *h, int peer, const char *reason)
{
    if (peer < 0 || peer >= h->peers) PV_FAIL(PV_ERR_USAGE, "there is no peer %d", peer);
    pv_peer *p = &h->peer[peer];
    PV_TRY(pv_flush(h)); /* a commit that is pending is from before */
    pthread_mutex_lock(&h->lock);
    if (!p->dropped) {
        p->dropped = 1;
        if (!p->broken) { /* which was told already */
            p->refuse = PV_REFUSE_DROPPED;
            snprintf(p->refuse_text, sizeof p->refuse_text, "it was given up: %s", reason);
            snprintf(p->gone, sizeof p->gone, "%s", reason);
        }
        pv_hub_say(h, PV_LOG_WARN, "%s is given up for the rest of the run: %s", p->name, reason);
        pv_link_forget_all(&p->link);
    }
    pthread_mutex_unlock(&h->lock);
    pv_hub_wake(h);
    say_all(h);
    return PV_OK;
}

pv_status pv_hub_break(pv_hub *h, int peer, const char *reason)
{
    char text[PV_TROUBLE]; /* the reason may be what the trail says now */
    if (peer < 0 || peer >= h->peers) PV_FAIL(PV_ERR_USAGE, "there is no peer %d", peer);
    snprintf(text, sizeof text, "%s", reason);
    pv_status status =
        pv_hub_fail(h, pv_trail_fail(PV_ERR_PEER, __FILE__, __LINE__, "%s", text), peer);
    if (!pv_hub_broken(h, peer)) return status;
    pv_trail_clear();
    return PV_OK;
}

/* ---- opening and closing */

pv_status pv_hub_channel_pair(int end[2])
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, end) != 0)
        PV_FAIL(PV_ERR_RUN, "no pair of sockets: %s", strerror(errno));
    return PV_OK;
}

static pv_status copy_name(char out[PV_PARTY_NAME], const char *name, const char *what)
{
    if (name == NULL || name[0] == '\0' || strlen(name) >= PV_PARTY_NAME)
        PV_FAIL(PV_ERR_USAGE, "a %s of 1 to %d bytes was expected", what, PV_PARTY_NAME - 1);
    memcpy(out, name, strlen(name) + 1);
    return PV_OK;
}

static pv_status open_peer(pv_hub *h, pv_peer *p, const pv_hub_peer *o)
{
    pv_address address;
    PV_TRY(copy_name(p->name, o->name, "peer's name"));
    PV_TRY(copy_name(p->role, o->role, "peer's role"));
    p->fingerprint = o->fingerprint;
    p->channel = o->address == NULL ? o->channel : -1;
    p->patience = o->patience;
    p->expendable = o->expendable;
    if (strcmp(p->name, h->name) == 0) PV_FAIL(PV_ERR_USAGE, "%s can't be its own peer", h->name);
    if (o->address != NULL) {
        PV_TRY(pv_address_parse(&address, o->address, 0));
        p->address = pv_strdup(o->address);
        if (p->address == NULL) PV_FAIL_MEMORY(strlen(o->address) + 1);
    }
    p->down_since = pv_clock_seconds();
    p->traffic = pv_calloc((size_t)h->types + 2, sizeof *p->traffic);
    if (p->traffic == NULL) PV_FAIL_MEMORY(sizeof *p->traffic);
    p->traffic[1].type = PV_TYPE_SEAL;
    for (int i = 0; i < h->types; i++) p->traffic[i + 2].type = h->type[i].id;
    return pv_link_init(&p->link, &h->scenario, h->name, p->name);
}

static pv_status copy_options(pv_hub *h, const pv_hub_options *o)
{
    PV_TRY(copy_name(h->name, o->name, "name"));
    PV_TRY(copy_name(h->role, o->role, "role"));
    PV_TRY(copy_name(h->scheme, o->scheme, "scheme"));
    if (o->peers < 0 || o->peers > PV_HUB_PEERS)
        PV_FAIL(PV_ERR_USAGE, "%d peers, at most %d can be linked to", o->peers, PV_HUB_PEERS);
    if (o->agreement == NULL || strlen(o->agreement) > PV_AGREEMENT_MAX)
        PV_FAIL(PV_ERR_LIMIT, "a scenario of at most %d bytes was expected", PV_AGREEMENT_MAX);
    for (int i = 0; i < o->types; i++)
        if (o->type[i].id < PV_TYPE_FIRST || o->type[i].id > PV_TYPE_LAST)
            PV_FAIL(PV_ERR_USAGE, "message type '%s' has number %d; a scheme's own are %d to %d",
                    o->type[i].name, o->type[i].id, PV_TYPE_FIRST, PV_TYPE_LAST);
    h->identity = o->identity;
    h->ca = o->ca;
    h->store = o->store;
    h->heartbeat = o->heartbeat > 0 ? o->heartbeat : 5;
    h->silence = o->silence > 0 ? o->silence : 20;
    h->handshake = o->handshake > 0 ? o->handshake : 10;
    h->window = o->window > 0 ? o->window : (size_t)1 << 30;
    h->agreement = pv_strdup(o->agreement);
    h->view_path = o->view == NULL ? NULL : pv_strdup(o->view);
    h->type = pv_calloc((size_t)o->types, sizeof *h->type);
    h->peer = pv_calloc((size_t)o->peers, sizeof *h->peer);
    if (h->agreement == NULL || h->type == NULL || h->peer == NULL ||
        (o->view != NULL && h->view_path == NULL))
        PV_FAIL_MEMORY(strlen(o->agreement));
    h->types = o->types;
    if (o->types > 0) memcpy(h->type, o->type, (size_t)o->types * sizeof *h->type);
    PV_TRY(pv_hash_of(&h->scenario, h->agreement, strlen(h->agreement)));
    for (int i = 0; i < o->peers; i++) {
        h->peers = i + 1;
        PV_TRY(open_peer(h, &h->peer[i], &o->peer[i]));
        h->peer[i].dials_late =
            h->peer[i].address != NULL && o->listen != NULL && strcmp(h->name, h->peer[i].name) < 0;
    }
    return PV_OK;
}

static pv_status open_network(pv_hub *h, const pv_hub_options *o)
{
    pv_address address;
    int dials = 0;
    for (int i = 0; i < h->peers; i++) dials |= h->peer[i].address != NULL;
    PV_TRY(pv_tls_certificate(&h->der, pv_identity_certificate(h->identity)));
    if (dials || o->listen != NULL) PV_TRY(pv_tls_new(&h->tls, h->identity, h->ca));
    if (o->proxy != NULL) PV_TRY(pv_address_parse(&h->proxy, o->proxy, 0));
    if (o->listen != NULL) {
        PV_TRY(pv_address_parse(&address, o->listen, 1));
        PV_TRY(pv_address_listen(h->listener, &h->listeners, &h->port, &address));
    }
    return PV_OK;
}

static pv_status start(pv_hub *h)
{
    sigset_t all, before;
    /* Signals are the program's; and writing to who is gone must not end it. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&h->thread, NULL, pv_io_run, h);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc != 0) PV_FAIL(PV_ERR_RUN, "no thread for the network: %s", strerror(rc));
    h->running = 1;
    return PV_OK;
}

static pv_status init(pv_hub *h)
{
    pthread_condattr_t monotonic;
    h->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    pthread_mutex_init(&h->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&h->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (h->wake < 0) PV_FAIL(PV_ERR_RUN, "no eventfd: %s", strerror(errno));
    return PV_OK;
}

pv_status pv_hub_open(pv_hub **out, const pv_ctx *ctx, const pv_hub_options *o)
{
    pv_status status;
    pv_view_position at;
    pv_hub *h = pv_calloc(1, sizeof *h);
    *out = NULL;
    if (h == NULL) PV_FAIL_MEMORY(sizeof *h);
    h->ctx = ctx;
    PV_TRY_GOTO(init(h));
    PV_TRY_GOTO(copy_options(h, o));
    PV_TRY_GOTO(pv_hub_state_restore(h, &o->recovered, &at));
    if (o->recovered.hub != NULL) PV_TRY_GOTO(pv_hub_record_begin(h, &at));
    PV_TRY_GOTO(open_network(h, o));
    PV_TRY_GOTO(start(h));
    *out = h;
done:
    if (status != PV_OK) pv_hub_free(h);
    return status;
}

void pv_hub_free(pv_hub *h)
{
    if (h == NULL) return;
    if (h->running) {
        pthread_mutex_lock(&h->lock);
        h->stop = 1;
        pthread_mutex_unlock(&h->lock);
        pv_hub_wake(h);
        pthread_join(h->thread, NULL);
    }
    for (size_t i = 0; i < h->conns; i++) pv_conn_free(h->conn[i]);
    for (int i = 0; i < h->listeners; i++) close(h->listener[i]);
    for (int i = 0; i < h->peers; i++) {
        pv_peer *p = &h->peer[i];
        pv_link_clear(&p->link);
        pv_free(p->address);
        pv_free(p->traffic);
        if (p->channel >= 0) close(p->channel);
    }
    if (h->wake >= 0) close(h->wake);
    pthread_mutex_destroy(&h->lock);
    pthread_cond_destroy(&h->changed);
    pv_tls_free(h->tls);
    pv_view_writer_free(h->view);
    pv_bytes_clear(&h->der);
    pv_hub_forget_state(h);
    pv_free(h->agreement);
    pv_free(h->view_path);
    pv_free(h->type);
    pv_free(h->peer);
    pv_free(h->conn);
    pv_free(h->pending);
    pv_free(h->decision);
    pv_free(h);
}
