/* parties.h - a server and clients with certificates in a folder of their own, stores in memory
 * that can be told to crash, and a scripted conversation between them */
#ifndef TESTS_NET_PARTIES_H
#define TESTS_NET_PARTIES_H

#include "check.h"

#include "base/clock.h"
#include "net/hub.h"
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MODEL = PV_TYPE_FIRST, UPDATE, MOST = 4, VALUES = 50 };

static const pv_message_type party_types[] = {
    {MODEL, "model", "weights f64", (uint64_t)1 << 28, {PV_RETAIN_FULL, 0}},
    {UPDATE, "update", "weights f64", (uint64_t)1 << 28, {PV_RETAIN_EVERY, 2}},
};

/* ---- a store in memory */

typedef struct memory_store {
    pv_hub_frame frame[4096]; /* payloads of their own */
    size_t frames;
    uint8_t *hub, *state;
    size_t hub_size, state_size;
    uint64_t step;
    int flushes, fail_at, fail_late; /* the flush that fails; after it was durable? */
} memory_store;

static inline uint8_t *memory_copy(const void *p, size_t n)
{
    uint8_t *c = malloc(n == 0 ? 1 : n);
    if (n > 0) memcpy(c, p, n);
    return c;
}

static inline void memory_frames(memory_store *s, const pv_hub_frame *f, size_t n)
{
    for (size_t i = 0; i < n && s->frames < 4096; i++) {
        s->frame[s->frames] = f[i];
        s->frame[s->frames++].payload = memory_copy(f[i].payload, f[i].size);
    }
}

static inline void memory_clear(memory_store *s)
{
    for (size_t i = 0; i < s->frames; i++) free((void *)s->frame[i].payload);
    s->frames = 0;
    free(s->hub);
    free(s->state);
    s->hub = s->state = NULL;
}

static inline pv_status memory_flush(void *self, const pv_hub_frame *frame, size_t frames,
                                     const pv_hub_commit *commit, const pv_hub_frame *kept,
                                     size_t kept_count)
{
    memory_store *s = self;
    int fails = ++s->flushes == s->fail_at;
    if (fails && !s->fail_late)
        return pv_trail_fail(PV_ERR_IO, __FILE__, __LINE__, "crash before the flush");
    if (commit != NULL) {
        memory_clear(s);
        memory_frames(s, kept, kept_count);
        s->hub = memory_copy(commit->hub, commit->hub_size);
        s->hub_size = commit->hub_size;
        s->state = memory_copy(commit->state, commit->state_size);
        s->state_size = commit->state_size;
        s->step = commit->step;
    } else {
        memory_frames(s, frame, frames);
    }
    if (fails) return pv_trail_fail(PV_ERR_IO, __FILE__, __LINE__, "crash after the flush");
    return PV_OK;
}

static inline pv_hub_recovered memory_recovered(const memory_store *s)
{
    return (pv_hub_recovered){.hub = s->hub,
                              .hub_size = s->hub_size,
                              .step = s->step,
                              .state = s->state,
                              .state_size = s->state_size,
                              .frame = s->frame,
                              .frames = s->frames};
}

/* ---- parties */

typedef struct party {
    char name[PV_PARTY_NAME], role[PV_PARTY_NAME];
    pv_identity *identity;
    pv_certificate *ca;
    char address[64], view[256];
    pv_hub_peer peer[MOST];
    pv_hub_options options;
    memory_store store;
    pv_ctx ctx;
    pthread_mutex_t log_lock;
    char log[16384];
    size_t log_size;
    pthread_t thread;
    pv_status status;
    char trail[1024];
    /* the script */
    int steps, values;
    double sum;
    int points, kill_at, kills; /* a kill at this point of the script, once */
    double finish;
    atomic_int *go_on; /* waits for it to become 1 before it starts again */
} party;

typedef struct crowd {
    char folder[64];
    pv_certificate *ca;
    party party[MOST]; /* [0] is the server */
    int parties;
} crowd;

static inline void party_log(void *user, pv_log_level level, const char *line)
{
    party *p = user;
    pthread_mutex_lock(&p->log_lock);
    if (p->log_size + 1 < sizeof p->log)
        p->log_size += (size_t)snprintf(p->log + p->log_size, sizeof p->log - p->log_size, "%s%s\n",
                                        level == PV_LOG_WARN ? "warning: " : "", line);
    pthread_mutex_unlock(&p->log_lock);
}

static inline int party_said(party *p, const char *text)
{
    pthread_mutex_lock(&p->log_lock);
    int said = strstr(p->log, text) != NULL;
    pthread_mutex_unlock(&p->log_lock);
    return said;
}

static inline void crowd_identity(pv_identity **id, const char *folder, const char *name)
{
    char pem[256], key[256];
    const pv_passphrase none = {NULL};
    CHECK_OK(pv_party_make(folder, name, 10, &none, &none));
    snprintf(pem, sizeof pem, "%s/%s.pem", folder, name);
    snprintf(key, sizeof key, "%s/%s.key", folder, name);
    CHECK_OK(pv_identity_load(id, pem, key, &none));
}

static inline void crowd_link(crowd *c, int a, int b)
{
    party *p = &c->party[a], *q = &c->party[b];
    pv_hub_peer *peer = &p->peer[p->options.peers++];
    *peer = (pv_hub_peer){.name = q->name,
                          .role = q->role,
                          .fingerprint =
                              *pv_certificate_fingerprint(pv_identity_certificate(q->identity)),
                          .channel = -1};
}

/* A server and clients, in a star; nothing is open yet. */
static inline void crowd_init(crowd *c, int parties)
{
    char path[256];
    const pv_passphrase none = {NULL};
    static const char *const names[] = {"server", "a", "b", "c"};
    memset(c, 0, sizeof *c);
    c->parties = parties;
    snprintf(c->folder, sizeof c->folder, "/tmp/net-XXXXXX");
    assert_non_null(mkdtemp(c->folder));
    CHECK_OK(pv_ca_make(c->folder, "ca", 10, &none));
    snprintf(path, sizeof path, "%s/ca.pem", c->folder);
    CHECK_OK(pv_certificate_load(&c->ca, path));
    for (int i = 0; i < parties; i++) {
        party *p = &c->party[i];
        snprintf(p->name, sizeof p->name, "%s", names[i]);
        snprintf(p->role, sizeof p->role, "%s", i == 0 ? "server" : "client");
        snprintf(p->view, sizeof p->view, "%s/%s.pvv", c->folder, names[i]);
        crowd_identity(&p->identity, c->folder, names[i]);
        pthread_mutex_init(&p->log_lock, NULL);
        p->ctx = (pv_ctx){.log = party_log, .user = p};
        p->steps = 3;
        p->values = VALUES;
        p->finish = 5;
        p->options = (pv_hub_options){.size = sizeof p->options,
                                      .name = p->name,
                                      .role = p->role,
                                      .scheme = "sums",
                                      .identity = p->identity,
                                      .ca = c->ca,
                                      .agreement = "[scenario]\nscheme = sums\nrounds = 3\n",
                                      .peer = p->peer,
                                      .type = party_types,
                                      .types = 2,
                                      .view = p->view,
                                      .store = {&p->store, memory_flush}};
    }
    for (int i = 1; i < parties; i++) {
        crowd_link(c, 0, i);
        crowd_link(c, i, 0);
    }
}

/* Every client dials the server, at a port that is free now and is none of those that the system
 * gives to who dials: a server that comes back must find it free. */
static inline void crowd_tcp(crowd *c, const char *host)
{
    static int next;
    party *p = &c->party[0];
    pv_hub *probe = NULL;
    pv_hub_options o = p->options;
    pv_status status = PV_ERR_NETWORK;
    if (next == 0) next = 10000 + (int)(getpid() * 61L % 20000);
    o.view = NULL;
    o.listen = p->options.listen = p->address;
    for (int i = 0; i < 1000 && status != PV_OK; i++) {
        snprintf(p->address, sizeof p->address, "%s:%d", host, next);
        if (++next > 32000) next = 10000;
        status = pv_hub_open(&probe, NULL, &o);
    }
    CHECK_OK(status);
    pv_hub_free(probe);
    for (int i = 1; i < c->parties; i++) c->party[i].peer[0].address = p->address;
}

static inline void crowd_channels(crowd *c)
{
    for (int i = 1; i < c->parties; i++) {
        int end[2];
        CHECK_OK(pv_hub_channel_pair(end));
        c->party[0].peer[i - 1].channel = end[0];
        c->party[i].peer[0].channel = end[1];
    }
}

static inline void crowd_free(crowd *c)
{
    char path[512];
    for (int i = 0; i < c->parties; i++) {
        memory_clear(&c->party[i].store);
        pv_identity_free(c->party[i].identity);
        pthread_mutex_destroy(&c->party[i].log_lock);
    }
    pv_certificate_free(c->ca);
    DIR *d = opendir(c->folder);
    assert_non_null(d);
    for (const struct dirent *e; (e = readdir(d)) != NULL;) {
        snprintf(path, sizeof path, "%s/%s", c->folder, e->d_name);
        if (e->d_name[0] != '.') unlink(path);
    }
    closedir(d);
    rmdir(c->folder);
}

/* ---- the script: the server sends sums, each client answers with an update, step after step */

#define SCRIPT(expr)                                                                               \
    do {                                                                                           \
        if (++p->points == p->kill_at)                                                             \
            return pv_trail_fail(PV_ERR_IO, __FILE__, __LINE__, "killed before " #expr);           \
        pv_status script_ = (expr);                                                                \
        if (script_ != PV_OK) return script_;                                                      \
    } while (0)

static inline pv_status script_take(pv_hub *h, party *p, int peer, uint16_t type, double *first)
{
    pv_message m;
    const pv_part *part;
    PV_TRY(pv_recv(&m, h, peer, type, 20));
    pv_status status =
        pv_parts_get(&part, &m.parts, m.what, "weights", PV_F64, PV_SHAPE(p->values));
    if (status == PV_OK) {
        const double *w = part->data;
        *first = w[0];
        for (int i = 1; i < p->values; i++)
            if (w[i] != w[0] + i) status = PV_ERR_NUMERIC;
    }
    pv_message_clear(&m);
    return status;
}

static inline pv_status script_send(pv_hub *h, party *p, uint16_t type, double first)
{
    int all[MOST] = {0, 1, 2, 3};
    double *w = malloc((size_t)p->values * sizeof *w);
    for (int i = 0; i < p->values; i++) w[i] = first + i;
    pv_part part = {"weights", PV_F64, PV_SHAPE(p->values), w};
    pv_status status = pv_send_all(h, all, pv_hub_peers(h), type, &part, 1);
    free(w);
    return status;
}

static inline pv_status script_step(pv_hub *h, party *p, uint64_t step)
{
    double x;
    if (strcmp(p->role, "server") == 0) {
        SCRIPT(script_send(h, p, MODEL, p->sum));
        for (int i = 0; i < pv_hub_peers(h); i++) {
            SCRIPT(script_take(h, p, i, UPDATE, &x));
            p->sum += x;
        }
        pv_part part = {"sum", PV_F64, PV_SHAPE(1), &p->sum};
        SCRIPT(pv_note(h, PV_VIEW_DERIVED, MODEL, &part, 1));
    } else {
        SCRIPT(script_take(h, p, 0, MODEL, &x));
        p->sum = x / 2 + p->name[0] + (double)step;
        SCRIPT(script_send(h, p, UPDATE, p->sum));
    }
    return PV_OK;
}

static inline pv_status script_run(pv_hub *h, party *p)
{
    uint64_t step = p->store.hub == NULL ? 0 : p->store.step;
    p->sum = 0;
    if (p->store.hub != NULL) memcpy(&p->sum, p->store.state, sizeof p->sum);
    SCRIPT(pv_hub_wait(h, 20));
    while (step < (uint64_t)p->steps) {
        pv_hub_set_step(h, ++step);
        PV_TRY(script_step(h, p, step));
        SCRIPT(pv_commit(h, step, &p->sum, sizeof p->sum));
    }
    SCRIPT(pv_hub_finish(h, p->finish));
    return PV_OK;
}

/* Until it ends well, or with an error that is none of the crashes. */
static inline void *party_thread(void *arg)
{
    party *p = arg;
    for (;;) {
        pv_hub *h = NULL;
        p->options.recovered = memory_recovered(&p->store);
        pv_trail_clear();
        p->status = pv_hub_open(&h, &p->ctx, &p->options);
        if (p->status == PV_OK) p->status = script_run(h, p);
        snprintf(p->trail, sizeof p->trail, "%s", pv_trail_text());
        pv_hub_free(h);
        int crash = p->status == PV_ERR_IO &&
                    (strncmp(p->trail, "killed", 6) == 0 || strncmp(p->trail, "crash", 5) == 0);
        if (!crash) return NULL;
        p->kills++;
        p->kill_at = p->store.fail_at = 0;
        while (p->go_on != NULL && atomic_load(p->go_on) == 0) usleep(1000);
    }
}

static inline void crowd_start(crowd *c)
{
    for (int i = 0; i < c->parties; i++)
        assert_int_equal(pthread_create(&c->party[i].thread, NULL, party_thread, &c->party[i]), 0);
}

static inline void crowd_join(crowd *c)
{
    for (int i = 0; i < c->parties; i++) pthread_join(c->party[i].thread, NULL);
}

/* Everybody ended well, with the sums of an undisturbed run, and the views agree. */
static inline void crowd_check(crowd *c)
{
    double sum = 0, last[MOST] = {0};
    for (int step = 1; step <= c->party[0].steps; step++) {
        double next = sum;
        for (int i = 1; i < c->parties; i++)
            next += last[i] = sum / 2 + c->party[i].name[0] + (double)step;
        sum = next;
    }
    last[0] = sum;
    int failed = 0;
    for (int i = 0; i < c->parties; i++) failed += c->party[i].status != PV_OK;
    for (int i = 0; i < c->parties && failed; i++)
        print_error("%s: %s\n%s\n", c->party[i].name, c->party[i].trail, c->party[i].log);
    for (int i = 0; i < c->parties; i++) {
        party *p = &c->party[i];
        assert_int_equal(p->status, PV_OK);
        assert_true(p->sum == last[i]);
    }
    if (c->party[0].options.view == NULL) return;
    pv_view *v[MOST];
    for (int i = 0; i < c->parties; i++) {
        pv_view_check check;
        CHECK_OK(pv_view_open(&v[i], c->party[i].view));
        CHECK_OK(pv_view_verify(&check, v[i]));
        assert_int_equal(check.last_sealed_step, c->party[i].steps);
        assert_int_equal(pv_view_torn(v[i]), 0);
    }
    for (int i = 1; i < c->parties; i++) {
        pv_view_cross_result r;
        CHECK_OK(pv_view_cross(&r, v[0], v[i]));
        assert_true(r.frames >= 4 * (uint64_t)c->party[0].steps);
        assert_int_equal(r.a_only + r.b_only, 0);
    }
    for (int i = 0; i < c->parties; i++) pv_view_free(v[i]);
}

static inline void crowd_run(crowd *c)
{
    crowd_start(c);
    crowd_join(c);
    crowd_check(c);
}

#endif
