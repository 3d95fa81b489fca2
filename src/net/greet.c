/* net/greet.c - who is there? HELLO, WELCOME and REFUSE on a connection */
#include "net/hub_i.h"

#include "base/clock.h"
#include "net/agreement.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CLOCK_DIFFERENCE_MS = 5 * 60 * 1000 };

/* Under the lock. */
static pv_hello here(const pv_hub *h, int peer)
{
    const pv_link *l = &h->peer[peer].link;
    pv_hello o = {.certificate = h->der.data,
                  .certificate_size = h->der.size,
                  .agreement = h->agreement,
                  .clock = pv_hub_clock(),
                  .need = l->arrived + 1,
                  .from = l->base.count + 1,
                  .last = l->durable};
    memcpy(o.name, h->name, sizeof o.name);
    memcpy(o.role, h->role, sizeof o.role);
    memcpy(o.scheme, h->scheme, sizeof o.scheme);
    return o;
}

static pv_status put_hello(pv_hub *h, pv_conn *c, int peer, uint16_t type, const pv_hello *o)
{
    pv_bytes payload;
    PV_TRY(pv_hello_encode(&payload, o));
    pv_frame_header header = {.type = type, .size = payload.size};
    pv_status status = pv_conn_put_frame(c, &header, payload.data);
    pv_bytes_clear(&payload);
    if (status == PV_OK) pv_hub_count(h, &h->peer[peer], 0)->sent_count++;
    return status;
}

pv_status pv_greet_hello(pv_hub *h, pv_conn *c)
{
    pthread_mutex_lock(&h->lock);
    pv_hello o = here(h, c->peer);
    pv_status status = put_hello(h, c, c->peer, PV_TYPE_HELLO, &o);
    pthread_mutex_unlock(&h->lock);
    return status;
}

static int whose(const pv_hub *h, const pv_hash *fingerprint)
{
    for (int i = 0; i < h->peers; i++)
        if (pv_hash_equal(&h->peer[i].fingerprint, fingerprint)) return i;
    return -1;
}

pv_status pv_greet_tls(pv_hub *h, pv_conn *c)
{
    char text[PV_HASH_TEXT];
    PV_TRY(pv_tls_peer(&c->certificate, c->tls));
    const pv_hash *fingerprint = pv_certificate_fingerprint(c->certificate);
    int peer = whose(h, fingerprint);
    if (c->dialled && peer != c->peer)
        PV_FAIL(PV_ERR_AUTH, "it shows the certificate of '%s' (sha256:%s), not the one of the run",
                pv_certificate_name(c->certificate), pv_hash_text(fingerprint, text));
    c->state = PV_CONN_HELLO;
    if (peer < 0)
        PV_FAIL(PV_ERR_AUTH,
                "no party of this run that talks to %s has the certificate of '%s' (sha256:%s)",
                h->name, pv_certificate_name(c->certificate), pv_hash_text(fingerprint, text));
    return c->dialled ? pv_greet_hello(h, c) : PV_OK;
}

void pv_greet_close(pv_conn *c, double now)
{
    c->state = PV_CONN_CLOSING;
    c->since = now;
}

void pv_greet_refuse(pv_hub *h, pv_conn *c, pv_refusal reason, const char *text, double now)
{
    pv_bytes payload = {0};
    int said = 0;
    if (!pv_conn_direct(c) && pv_refuse_encode(&payload, reason, text) == PV_OK) {
        pv_frame_header header = {.type = PV_TYPE_REFUSE, .size = payload.size};
        said = pv_conn_put_frame(c, &header, payload.data) == PV_OK;
    }
    pv_bytes_clear(&payload);
    /* Off the peer it goes, and then on, to say its last words. */
    pv_io_drop(h, c, text);
    c->peer = -1;
    if (said) pv_greet_close(c, now);
}

/* Is it who it should be? Peers of channels are known by them, others by the certificate that TLS
 * has checked. */
static pv_status identify(int *peer, pv_hub *h, pv_conn *c, const pv_hello *there)
{
    pv_hash fingerprint;
    *peer = -1;
    PV_TRY(pv_hash_of(&fingerprint, there->certificate, there->certificate_size));
    if (c->certificate != NULL &&
        !pv_hash_equal(&fingerprint, pv_certificate_fingerprint(c->certificate)))
        PV_FAIL(PV_ERR_AUTH, "it says it has another certificate than it showed");
    if (c->certificate == NULL)
        PV_TRY(pv_certificate_parse(&c->certificate, "the certificate", there->certificate,
                                    there->certificate_size));
    *peer = whose(h, &fingerprint);
    if (*peer < 0 || (c->peer >= 0 && *peer != c->peer))
        PV_FAIL(PV_ERR_AUTH, "the certificate of '%s' is not the one of the run",
                pv_certificate_name(c->certificate));
    const pv_peer *p = &h->peer[*peer];
    if (strcmp(there->name, p->name) != 0)
        PV_FAIL(PV_ERR_AUTH, "it has the certificate of %s and calls itself '%s'", p->name,
                there->name);
    if (strcmp(there->role, p->role) != 0)
        PV_FAIL(PV_ERR_AUTH, "%s comes as '%s', its role in this run is '%s'", p->name, there->role,
                p->role);
    return PV_OK;
}

/* Under the lock: the connection carries the link now. */
static void take_over(pv_hub *h, pv_conn *c, int peer, const pv_hello *there, double now)
{
    pv_peer *p = &h->peer[peer];
    int64_t clock = pv_hub_clock(), ahead; /* what the peer says may be any number */
    if (__builtin_sub_overflow(there->clock, clock, &ahead) || ahead > CLOCK_DIFFERENCE_MS ||
        ahead < -CLOCK_DIFFERENCE_MS)
        pv_hub_say(h, PV_LOG_WARN, "the clock of %s is %.0f s %s this one", p->name,
                   fabs((double)there->clock - (double)clock) / 1000,
                   there->clock > clock ? "ahead of" : "behind");
    if (p->conn != NULL) {
        pv_hub_say(h, PV_LOG_WARN, "%s connected again from %s; the connection from %s is closed",
                   p->name, c->where, p->conn->where);
        p->conn->state = PV_CONN_OVER;
    }
    if (p->dialling != NULL && p->dialling != c) p->dialling->state = PV_CONN_OVER;
    p->dialling = NULL;
    p->conn = c;
    p->pause = 0;
    p->list_at = 0;
    p->up = 1;
    /* Once: it is pinned, and the role's thread reads it without the lock from then on. */
    if (!p->known) memcpy(p->key, pv_certificate_key(c->certificate), sizeof p->key);
    p->known = 1;
    p->misfits = 0;
    p->heard = now;
    p->trouble[0] = '\0';
    c->peer = peer;
    c->next = there->need;
    c->bye = 0;
    c->state = PV_CONN_UP;
    pv_hub_say(h, PV_LOG_DEBUG, "%s is there (%s)", p->name, c->where);
    pthread_cond_broadcast(&h->changed);
}

/* A check came upon a run, or a run upon a check: no harm done, it may be over soon. */
static void busy(pv_hub *h, pv_conn *c, int peer, double now)
{
    const char *text = pv_agreement_only_checks(h->agreement)
                           ? "it only checks now; a run can begin when that is over"
                           : "a run is under way here; there is nothing to check";
    pv_peer *p = &h->peer[peer];
    pthread_mutex_lock(&h->lock);
    snprintf(p->trouble, sizeof p->trouble, "%s",
             pv_agreement_only_checks(h->agreement) ? "it is in a run already"
                                                    : "it only checks, this end is in a run");
    pthread_mutex_unlock(&h->lock);
    pv_greet_refuse(h, c, PV_REFUSE_BUSY, text, now);
}

/* Two ends that dial each other have two connections for a moment. What a HELLO says of the
 * journals is as old as the HELLO: frames that crossed on the other connection since then make it
 * look like an older copy. Said anew, on the next connection, it is the truth. */
static int may_be_stale(pv_peer *p, const pv_hello *here, const pv_hello *there)
{
    return p->known && p->misfits++ == 0 && strcmp(here->scheme, there->scheme) == 0 &&
           strcmp(here->agreement, there->agreement) == 0;
}

/* HELLO or WELCOME, from who it should be. */
static pv_status greeted(pv_hub *h, pv_conn *c, int peer, const pv_hello *there, double now)
{
    pv_str theirs = {0};
    char gone[PV_TROUBLE + 64];
    pv_peer *p = &h->peer[peer];
    if (pv_agreement_only_checks(h->agreement) != pv_agreement_only_checks(there->agreement)) {
        busy(h, c, peer, now);
        return PV_OK;
    }
    pthread_mutex_lock(&h->lock);
    int dropped = p->dropped || p->broken;
    pv_refusal how = p->broken ? PV_REFUSE_PROTOCOL : PV_REFUSE_DROPPED;
    snprintf(gone, sizeof gone, "it was given up for the rest of the run%s%s",
             p->gone[0] == '\0' ? "" : ": ", p->gone);
    pv_hello mine = here(h, peer);
    pv_status status = dropped ? PV_OK : pv_handshake_fits(&theirs, &mine, there);
    if (status == PV_OK && !dropped && !c->dialled)
        status = put_hello(h, c, peer, PV_TYPE_WELCOME, &mine);
    if (status == PV_OK && !dropped) take_over(h, c, peer, there, now);
    int stale = status == PV_ERR_MISMATCH && !c->channel && may_be_stale(p, &mine, there);
    if (status == PV_ERR_MISMATCH && !stale) pv_hub_broke(h, peer, status, "%s", pv_trail_text());
    pthread_mutex_unlock(&h->lock);
    if (stale) {
        pv_str_clear(&theirs);
        pv_trail_clear();
        pv_io_drop(h, c, "its HELLO was older than what has crossed since");
        return PV_OK;
    }
    if (dropped) pv_greet_refuse(h, c, how, gone, now);
    if (status == PV_ERR_MISMATCH) {
        pv_greet_refuse(h, c, PV_REFUSE_MISMATCH, pv_str_text(&theirs), now);
        status = PV_OK;
    }
    pv_str_clear(&theirs);
    return status;
}

static pv_status refused(pv_hub *h, pv_conn *c)
{
    pv_refusal reason;
    char text[PV_REFUSE_MAX];
    PV_TRY(pv_refuse_parse(&reason, text, c->where, c->payload.data, c->payload.size));
    if (reason == PV_REFUSE_BUSY) {
        pv_io_drop(h, c, text);
        return PV_OK;
    }
    pthread_mutex_lock(&h->lock);
    pv_hub_broke(h, c->peer, pv_refusal_status(reason), "%s refuses this party: %s",
                 h->peer[c->peer].name, text);
    pthread_mutex_unlock(&h->lock);
    pv_io_drop(h, c, text);
    return PV_OK;
}

pv_status pv_greet_frame(pv_hub *h, pv_conn *c, double now)
{
    pv_hello there;
    int peer;
    if (c->header.type == PV_TYPE_REFUSE) return refused(h, c);
    PV_TRY(pv_hello_parse(&there, c->where, c->payload.data, c->payload.size));
    pv_status status = identify(&peer, h, c, &there);
    if (status == PV_OK) status = greeted(h, c, peer, &there, now);
    pv_hello_clear(&there);
    return status;
}
