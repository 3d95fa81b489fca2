/* toy.h - a scheme of two roles that can be told to die, and a folder with parties of it
 *
 * Each step the server sends a vector of 64-bit numbers; every client answers with three times that
 * plus the labels of its data, under a mask (secret randomness), and then with the mask; the server
 * adds up what is left, and the step. So the result depends on all that crosses, and not on the
 * masks, which differ from run to run.
 */
#ifndef TESTS_PARTY_TOY_H
#define TESTS_PARTY_TOY_H

#include "check.h"

#include "base/clock.h"
#include "party/party.h"
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    TOY_VALUE = PV_TYPE_FIRST,
    TOY_UPDATE,
    TOY_MASK,
    TOY_SIZE = 300,
    TOY_STEPS = 3,
    TOY_MOST = 5
};

static const pv_message_type toy_types[] = {
    {TOY_VALUE, "value", "sum i64", 1 << 20, {PV_RETAIN_FULL, 0}},
    {TOY_UPDATE, "update", "masked i64", 1 << 20, {PV_RETAIN_FULL, 0}},
    {TOY_MASK, "mask", "mask i64", 1 << 20, {PV_RETAIN_DIGEST, 0}},
};

/* What a test tells a party: reached through its context's user pointer. */
typedef struct toy_run {
    int points, kill_at; /* dies at this point, 0: never */
    int kills;
    atomic_int cancel; /* the context says so */
    int slow;          /* milliseconds a step */
    int vanish;        /* when it ends, dead or not, it does so for good, and the others go on */
    int pause;         /* milliseconds between death and restart */
    int odd_at;        /* a client: its message of this step is of another type; 0: never */
    uint64_t mask[64]; /* the first number of each mask that was drawn */
    int masks;
    char log[8192];
    size_t log_size;
} toy_run;

typedef struct toy {
    int is_server;
    toy_run *run;
    uint64_t value[TOY_SIZE], labels;
    pv_data *data;
} toy;

static inline pv_status toy_point(toy_run *run)
{
    if (++run->points == run->kill_at)
        return pv_trail_fail(PV_ERR_RUN, __FILE__, __LINE__, "killed at point %d", run->points);
    return PV_OK;
}

#define TOY(expr)                                                                                  \
    do {                                                                                           \
        PV_TRY(toy_point(t->run));                                                                 \
        PV_TRY(expr);                                                                              \
    } while (0)

static inline pv_part toy_part(const uint64_t *value)
{
    return (pv_part){"numbers", PV_I64, PV_SHAPE(TOY_SIZE), value};
}

/* Adds sign times the numbers of the next message of a peer. */
static inline pv_status toy_take(toy *t, pv_party *p, int peer, uint16_t type, int sign, int *lost)
{
    pv_message m;
    const pv_part *part;
    PV_TRY(pv_party_recv(&m, lost, p, peer, type));
    if (*lost) return PV_OK;
    pv_status status = pv_parts_get(&part, &m.parts, m.what, "numbers", PV_I64, PV_SHAPE(TOY_SIZE));
    if (status == PV_OK)
        for (int i = 0; i < TOY_SIZE; i++)
            t->value[i] += (uint64_t)sign * ((const uint64_t *)part->data)[i];
    pv_message_clear(&m);
    return status;
}

static inline pv_status toy_open(void **self, pv_party *p)
{
    toy *t = calloc(1, sizeof *t);
    *self = t;
    t->run = pv_party_ctx(p)->user;
    t->is_server =
        strcmp(pv_scenario_find(pv_party_scenario(p), pv_party_name(p))->role, "server") == 0;
    PV_TRY(toy_point(t->run));
    if (t->is_server) return PV_OK;
    PV_TRY(pv_party_data(&t->data, p));
    for (int64_t i = 0; i < pv_data_count(t->data); i++)
        t->labels += (uint64_t)pv_data_label(t->data, i);
    return toy_point(t->run);
}

static inline pv_status toy_server_step(toy *t, pv_party *p, uint64_t step)
{
    int all[TOY_MOST], n = 0, lost;
    pv_hub *h = pv_party_hub(p);
    for (int i = 0; i < pv_hub_peers(h); i++)
        if (!pv_hub_dropped(h, i)) all[n++] = i;
    pv_part part = toy_part(t->value);
    TOY(pv_send_all(h, all, n, TOY_VALUE, &part, 1));
    for (int i = 0; i < n; i++) {
        uint64_t before[TOY_SIZE];
        memcpy(before, t->value, sizeof before);
        TOY(toy_take(t, p, all[i], TOY_UPDATE, 1, &lost));
        if (!lost) TOY(toy_take(t, p, all[i], TOY_MASK, -1, &lost));
        if (lost) memcpy(t->value, before, sizeof before);
    }
    t->value[0] += step;
    return pv_party_metric(p, json_pack("{s:i}", "first", (int)(t->value[0] & 0xffff)));
}

static inline pv_status toy_client_step(toy *t, pv_party *p, uint64_t step)
{
    pv_csprng r;
    uint64_t mask[TOY_SIZE];
    int lost;
    pv_hub *h = pv_party_hub(p);
    memset(t->value, 0, sizeof t->value);
    TOY(toy_take(t, p, 0, TOY_VALUE, 1, &lost));
    if (lost) PV_FAIL(PV_ERR_TIMEOUT, "the server is lost");
    PV_TRY(pv_party_csprng(&r, p, "toy/mask"));
    pv_csprng_bytes(&r, mask, sizeof mask);
    pv_csprng_clear(&r);
    if (t->run->masks < 64) t->run->mask[t->run->masks++] = mask[0];
    for (int i = 0; i < TOY_SIZE; i++) t->value[i] = 3 * t->value[i] + t->labels + mask[i];
    pv_part update = toy_part(t->value), second = toy_part(mask);
    TOY(pv_send(h, 0, (int)step == t->run->odd_at ? TOY_MASK : TOY_UPDATE, &update, 1));
    TOY(pv_flush(h));
    TOY(pv_send(h, 0, TOY_MASK, &second, 1));
    return toy_point(t->run);
}

static inline pv_status toy_step(void *self, pv_party *p, uint64_t step, int *done)
{
    toy *t = self;
    if (t->run->slow > 0) usleep((useconds_t)t->run->slow * 1000);
    *done = step == TOY_STEPS;
    return t->is_server ? toy_server_step(t, p, step) : toy_client_step(t, p, step);
}

static inline pv_status toy_save(void *self, pv_writer *w)
{
    toy *t = self;
    PV_TRY(toy_point(t->run));
    for (int i = 0; i < TOY_SIZE; i++) pv_writer_u64le(w, t->value[i]);
    return PV_OK;
}

static inline pv_status toy_load(void *self, pv_reader *r)
{
    toy *t = self;
    PV_TRY(toy_point(t->run));
    for (int i = 0; i < TOY_SIZE; i++) t->value[i] = pv_reader_u64le(r, "number");
    return pv_reader_status(r);
}

static inline pv_status toy_finish(void *self, pv_party *p)
{
    toy *t = self;
    pv_hash h;
    char text[PV_HASH_TEXT];
    TOY(pv_hash_of(&h, t->value, sizeof t->value));
    PV_TRY(pv_party_result(p, "labels", json_integer((json_int_t)t->labels)));
    if (t->is_server) {
        pv_part part = toy_part(t->value);
        PV_TRY(pv_note(pv_party_hub(p), PV_VIEW_PUBLISHED, TOY_VALUE, &part, 1));
        PV_TRY(pv_party_result(p, "final", json_string(pv_hash_text(&h, text))));
    }
    return toy_point(t->run);
}

static inline void toy_close(void *self)
{
    toy *t = self;
    if (t == NULL) return;
    pv_data_free(t->data);
    free(t);
}

static inline int toy_linked(const char *a, const char *b)
{
    return strcmp(a, b) != 0;
}

#define TOY_ROLE(word, fewest, many)                                                               \
    {                                                                                              \
        .name = word, .summary = word, .least = fewest, .most = many, .open = toy_open,            \
        .step = toy_step, .save = toy_save, .load = toy_load, .finish = toy_finish,                \
        .close = toy_close                                                                         \
    }
static const pv_role toy_roles[] = {TOY_ROLE("server", 1, 1), TOY_ROLE("client", 1, TOY_MOST - 1)};

/* ---- parties in a folder */

typedef struct toy_crowd {
    char folder[64], path[96]; /* path: the scenario's file */
    int parties;               /* [0] is the server */
    int channel[TOY_MOST][2];  /* of client i: the server's end and its own; only without TCP */
    int tcp;
    pv_identity *identity[TOY_MOST];
    toy_run run[TOY_MOST];
    pv_status status[TOY_MOST];
    char trail[TOY_MOST][1024];
    pthread_t thread[TOY_MOST];
} toy_crowd;

static inline const char *toy_name(int i)
{
    static const char *const names[TOY_MOST] = {"server", "a", "b", "c", "d"};
    return names[i];
}

/* Where files are synced without waiting for a disk, if there is such a place. */
static inline void toy_folder(char out[64])
{
    snprintf(out, 64, "%s/privet-party-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(out));
}

static inline void toy_remove(const char *path)
{
    char inner[600];
    DIR *d = opendir(path);
    for (const struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        int n = snprintf(inner, sizeof inner, "%.300s/%s", path, e->d_name);
        if (n > 0 && unlink(inner) != 0) toy_remove(inner);
    }
    if (d != NULL) closedir(d);
    rmdir(path);
}

/* A port that is free now. */
static inline int toy_port(const pv_identity *id, const pv_certificate *ca)
{
    pv_hub *probe = NULL;
    pv_hub_options o = {.size = sizeof o,
                        .name = "probe",
                        .role = "probe",
                        .scheme = "toy",
                        .identity = id,
                        .ca = ca,
                        .agreement = "",
                        .type = toy_types,
                        .types = 3,
                        .listen = "127.0.0.1:0"};
    CHECK_OK(pv_hub_open(&probe, NULL, &o));
    int port = pv_hub_port(probe);
    pv_hub_free(probe);
    return port;
}

/* more: further lines of [scenario]. */
static inline void toy_init(toy_crowd *c, int parties, int tcp, const char *more)
{
    char path[256], key[256], text[PV_HASH_TEXT];
    const pv_passphrase none = {NULL};
    pv_str s = {0};
    pv_certificate *ca;
    memset(c, 0, sizeof *c);
    c->parties = parties;
    c->tcp = tcp;
    toy_folder(c->folder);
    snprintf(c->path, sizeof c->path, "%s/s.ini", c->folder);
    CHECK_OK(pv_ca_make(c->folder, "ca", 10, &none));
    snprintf(path, sizeof path, "%s/ca.pem", c->folder);
    CHECK_OK(pv_certificate_load(&ca, path));
    CHECK_OK(pv_str_printf(&s, "[scenario]\nscheme = toy\nseed = 5\nca = sha256:%s\n%s",
                           pv_hash_text(pv_certificate_fingerprint(ca), text), more));
    CHECK_OK(pv_str_append(&s, "[schema]\nkind = image\nshape = 28,28,1\nclasses = 10\n"
                               "[view]\nupdate = every:2\n"));
    for (int i = 0; i < parties; i++) {
        CHECK_OK(pv_party_make(c->folder, toy_name(i), 10, &none, &none));
        snprintf(path, sizeof path, "%s/%s.pem", c->folder, toy_name(i));
        snprintf(key, sizeof key, "%s/%s.key", c->folder, toy_name(i));
        CHECK_OK(pv_identity_load(&c->identity[i], path, key, &none));
        CHECK_OK(pv_str_printf(
            &s, "[party %s]\nrole = %s\ncert = sha256:%s\n", toy_name(i),
            i == 0 ? "server" : "client",
            pv_hash_text(pv_certificate_fingerprint(pv_identity_certificate(c->identity[i])),
                         text)));
        if (i == 0 && tcp)
            CHECK_OK(pv_str_printf(&s, "address = 127.0.0.1:%d\n", toy_port(c->identity[0], ca)));
    }
    pv_certificate_free(ca);
    CHECK_OK(pv_str_append(&s, "[local]\nca = ca.pem\ndata = glyphs?limit=40\nparts = iid\n"));
    for (int i = 0; i < parties; i++)
        CHECK_OK(pv_str_printf(&s, "[local %s]\nkey = %s.key\ncert = %s.pem\n", toy_name(i),
                               toy_name(i), toy_name(i)));
    CHECK_OK(pv_file_write(c->path, s.text, s.size, 0644));
    pv_str_clear(&s);
}

static inline void toy_free(toy_crowd *c)
{
    for (int i = 0; i < c->parties; i++) pv_identity_free(c->identity[i]);
    toy_remove(c->folder);
}

static inline int toy_cancelled(void *user)
{
    return atomic_load(&((toy_run *)user)->cancel);
}

static inline void toy_log(void *user, pv_log_level level, const char *line)
{
    toy_run *r = user;
    (void)level;
    if (r->log_size + 300 < sizeof r->log)
        r->log_size += (size_t)snprintf(r->log + r->log_size, 300, "%s\n", line);
}

static inline pv_hub_peer toy_channel(const toy_crowd *c, int other, int end)
{
    return (pv_hub_peer){
        .name = toy_name(other),
        .fingerprint = *pv_certificate_fingerprint(pv_identity_certificate(c->identity[other])),
        .channel = end};
}

/* Party i once, from files as a process would. `extra`: its local file or NULL. */
static inline pv_status toy_once(toy_crowd *c, int i, const char *extra)
{
    pv_scenario s;
    pv_local l;
    char folder[128];
    pv_hub_peer channel[TOY_MOST + 1] = {0};
    pv_ctx ctx = {.user = &c->run[i], .cancelled = toy_cancelled, .log = toy_log};
    snprintf(folder, sizeof folder, "%s/%s", c->folder, toy_name(i));
    for (int k = 1; k < c->parties && !c->tcp; k++) {
        if (i == 0) channel[k - 1] = toy_channel(c, k, c->channel[k][0]);
        if (i == k) channel[0] = toy_channel(c, 0, c->channel[k][1]);
    }
    PV_TRY(pv_scenario_load(&s, c->path));
    pv_status status = pv_local_load(&l, &s, toy_name(i), extra);
    if (status == PV_OK) {
        pv_party_options o = {.size = sizeof o,
                              .scenario = &s,
                              .local = &l,
                              .name = toy_name(i),
                              .folder = folder,
                              .scheme = "toy",
                              .role = &toy_roles[i > 0],
                              .type = toy_types,
                              .types = 3,
                              .linked = toy_linked,
                              .channel = c->tcp ? NULL : channel};
        status = pv_party_run(&o, &ctx);
        pv_local_clear(&l);
    }
    pv_scenario_clear(&s);
    return status;
}

typedef struct toy_job {
    toy_crowd *c;
    int i;
} toy_job;

/* Again and again, as long as it was killed. */
static inline void *toy_thread(void *arg)
{
    toy_crowd *c = ((toy_job *)arg)->c;
    int i = ((toy_job *)arg)->i;
    for (;;) {
        pv_trail_clear();
        c->status[i] = toy_once(c, i, NULL);
        snprintf(c->trail[i], sizeof c->trail[i], "%s", pv_trail_text());
        int killed = c->status[i] == PV_ERR_RUN && strncmp(c->trail[i], "killed", 6) == 0;
        if (c->status[i] != PV_OK && !killed &&
            !c->run[i].vanish) /* or the others would wait for ever */
            for (int k = 0; k < c->parties; k++) atomic_store(&c->run[k].cancel, 1);
        if (!killed || c->run[i].vanish) return NULL;
        if (c->run[i].pause > 0) usleep((useconds_t)c->run[i].pause * 1000);
        c->run[i].kills++;
        c->run[i].kill_at = 0;
    }
}

static inline void toy_all(toy_crowd *c)
{
    toy_job job[TOY_MOST];
    for (int i = 1; i < c->parties && !c->tcp; i++) CHECK_OK(pv_hub_channel_pair(c->channel[i]));
    for (int i = 0; i < c->parties; i++) {
        job[i] = (toy_job){c, i};
        assert_int_equal(pthread_create(&c->thread[i], NULL, toy_thread, &job[i]), 0);
    }
    for (int i = 0; i < c->parties; i++) pthread_join(c->thread[i], NULL);
}

static inline json_t *toy_result(const toy_crowd *c, int i)
{
    char path[192];
    json_t *j;
    snprintf(path, sizeof path, "%s/%s/result.json", c->folder, toy_name(i));
    CHECK_OK(pv_json_load(&j, path, 1 << 20));
    return j;
}

/* The labels of party i's part of the data, as its result has them. */
static inline uint64_t toy_labels(const toy_crowd *c, int i)
{
    json_t *j = toy_result(c, i);
    uint64_t labels =
        (uint64_t)json_integer_value(json_object_get(json_object_get(j, "result"), "labels"));
    json_decref(j);
    return labels;
}

/* Everybody ended well with the undisturbed result (clients that are gone after a step: gone[i]
 * steps counted), and the views agree. */
static inline void toy_check(toy_crowd *c)
{
    uint64_t value[TOY_SIZE] = {0};
    pv_hash h;
    char text[PV_HASH_TEXT];
    for (int i = 0; i < c->parties; i++) {
        if (c->status[i] != PV_OK)
            print_error("%s: %s\n%s", toy_name(i), c->trail[i], c->run[i].log);
        assert_int_equal(c->status[i], PV_OK);
    }
    for (int step = 1; step <= TOY_STEPS; step++) {
        uint64_t sent[TOY_SIZE];
        memcpy(sent, value, sizeof sent);
        for (int i = 1; i < c->parties; i++)
            for (int k = 0; k < TOY_SIZE; k++) value[k] += 3 * sent[k] + toy_labels(c, i);
        value[0] += (uint64_t)step;
    }
    CHECK_OK(pv_hash_of(&h, value, sizeof value));
    json_t *j = toy_result(c, 0);
    assert_string_equal(json_string_value(json_object_get(json_object_get(j, "result"), "final")),
                        pv_hash_text(&h, text));
    json_decref(j);
    pv_view *v[TOY_MOST];
    for (int i = 0; i < c->parties; i++) {
        char path[192];
        snprintf(path, sizeof path, "%s/%s/view.pvv", c->folder, toy_name(i));
        CHECK_OK(pv_view_open(&v[i], path));
    }
    for (int i = 1; i < c->parties; i++) {
        pv_view_cross_result r;
        CHECK_OK(pv_view_cross(&r, v[0], v[i]));
        assert_true(r.frames >= 5 * TOY_STEPS);
        assert_int_equal(r.a_only + r.b_only, 0);
    }
    for (int i = 0; i < c->parties; i++) pv_view_free(v[i]);
}

#endif
