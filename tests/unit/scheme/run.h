/* run.h - all parties of a scenario in threads of this process, over in-memory channels, each with
 * certificate, journal and view in a folder of its own */
#ifndef TESTS_SCHEME_RUN_H
#define TESTS_SCHEME_RUN_H

#include "check.h"

#include "party/party.h"
#include "privet/rng.h"
#include "privet/train.h"
#include "scheme/scheme.h"
#include "view/view.h"
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RUN_PARTIES = 6, RUN_TEXT = 8192 };

typedef struct run_party {
    char name[16], folder[96];
    const char *role;
    const pv_role *instead; /* of the scheme's role; NULL */
    pv_identity *identity;
    pv_hub_peer channel[RUN_PARTIES];
    pv_scenario scenario;
    pv_local local;
    pv_party_options options;
    pv_ctx ctx;
    atomic_int *stop;   /* counts down with every look at it; 0: stop. NULL: never */
    atomic_int *failed; /* of the run: a party did */
    pthread_t thread;
    pv_status status;
    char trail[2048];
} run_party;

typedef struct run {
    const pv_scheme *scheme;
    char folder[64], text[RUN_TEXT];
    pv_certificate *ca;
    run_party party[RUN_PARTIES]; /* the one that all others talk to, then these */
    int parties;
    atomic_int failed;
    int may_fail; /* the others go on without this party; 0: none may */
} run;

/* Folder and certificates of parties that have names and roles. */
static inline void run_prepare(run *r)
{
    char path[128], key[128];
    strcpy(r->folder, "/tmp/privet-run-XXXXXX");
    assert_non_null(mkdtemp(r->folder));
    CHECK_OK(pv_ca_make(r->folder, "ca", 1, NULL));
    snprintf(path, sizeof path, "%s/ca.pem", r->folder);
    CHECK_OK(pv_certificate_load(&r->ca, path));
    for (int i = 0; i < r->parties; i++) {
        run_party *p = &r->party[i];
        CHECK_OK(pv_party_make(r->folder, p->name, 1, NULL, NULL));
        snprintf(path, sizeof path, "%s/%s.pem", r->folder, p->name);
        snprintf(key, sizeof key, "%s/%s.key", r->folder, p->name);
        CHECK_OK(pv_identity_load(&p->identity, path, key, NULL));
    }
}

/* Two parties, for schemes that have two roles. */
static inline void run_init_two(run *r, const pv_scheme *scheme, const char *const name[2],
                                const char *const role[2])
{
    memset(r, 0, sizeof *r);
    r->scheme = scheme;
    r->parties = 2;
    for (int i = 0; i < 2; i++) {
        snprintf(r->party[i].name, sizeof r->party[i].name, "%s", name[i]);
        r->party[i].role = role[i];
    }
    run_prepare(r);
}

/* Server and clients a, b, ... with certificates. */
static inline void run_init(run *r, const pv_scheme *scheme, int clients)
{
    memset(r, 0, sizeof *r);
    r->scheme = scheme;
    r->parties = clients + 1;
    for (int i = 0; i < r->parties; i++) {
        run_party *p = &r->party[i];
        snprintf(p->name, sizeof p->name, "%s%.*s", i == 0 ? "server" : "client-", i > 0,
                 &"abcdef"[i > 0 ? i - 1 : 0]);
        p->role = i == 0 ? "server" : "client";
    }
    run_prepare(r);
}

/* [party NAME] of party i with its certificate, appended to r->text. */
static inline void run_add_party(run *r, int i)
{
    size_t n = strlen(r->text);
    char hex[PV_HASH_TEXT];
    n += (size_t)snprintf(
        r->text + n, RUN_TEXT - n, "[party %s]\nrole = %s\ncert = sha256:%s\n", r->party[i].name,
        r->party[i].role,
        pv_hash_text(pv_certificate_fingerprint(pv_identity_certificate(r->party[i].identity)),
                     hex));
    assert_true(n < RUN_TEXT);
}

/* The scenario; each party brings its part of `data`, the server measures on `test`. */
static inline void run_write(run *r, const char *head, const char *settings, const char *data,
                             const char *test)
{
    size_t n = 0;
#define ADD(...) n += (size_t)snprintf(r->text + n, RUN_TEXT - n, __VA_ARGS__)
    ADD("[scenario]\nname = test\nscheme = %s\nseed = 11\n%s\n[schema]\nkind = image\n"
        "shape = 28,28,1\nclasses = 10\n[scheme]\n%s\n",
        r->scheme->name, head, settings);
    for (int i = 0; i < r->parties; i++) {
        run_add_party(r, i);
        n = strlen(r->text);
        if (i == 0 && test != NULL) ADD("[local server]\ntest = %s\n", test);
        if (i == 0) continue;
        ADD("[local %s]\ndata = %s\n", r->party[i].name, data);
        if (r->parties > 2) ADD("parts = iid\n");
        if (test != NULL) ADD("test = %s\n", test);
    }
#undef ADD
    assert_true(n < RUN_TEXT);
}

static inline const pv_role *run_role(const run *r, const char *name)
{
    for (const pv_role *const *role = r->scheme->role; *role != NULL; role++)
        if (strcmp((*role)->name, name) == 0) return *role;
    return NULL;
}

static inline int run_stopped(void *user)
{
    run_party *p = user;
    if (p->failed != NULL && atomic_load(p->failed))
        return 1; /* nobody waits for one that is gone */
    return p->stop != NULL && atomic_fetch_sub(p->stop, 1) <= 0;
}

/* Channels for one start of all parties. */
static inline void run_connect(run *r)
{
    for (int i = 0; i < r->parties; i++) memset(r->party[i].channel, 0, sizeof r->party[i].channel);
    for (int i = 1; i < r->parties; i++) {
        int end[2];
        CHECK_OK(pv_hub_channel_pair(end));
        for (int k = 0; k < 2; k++) {
            const run_party *other = &r->party[k == 0 ? i : 0];
            r->party[k == 0 ? 0 : i].channel[k == 0 ? i - 1 : 0] =
                (pv_hub_peer){.name = other->name,
                              .role = other->role,
                              .fingerprint = *pv_certificate_fingerprint(
                                  pv_identity_certificate(other->identity)),
                              .channel = end[k]};
        }
    }
}

static inline void *run_thread(void *user)
{
    run_party *p = user;
    pv_trail_clear();
    p->status = pv_party_run(&p->options, &p->ctx);
    snprintf(p->trail, sizeof p->trail, "%s", pv_trail_debug());
    if (p->status != PV_OK && p->failed != NULL) atomic_store(p->failed, 1);
    return NULL;
}

/* Starts all parties (again), in folders FOLDER/WHAT/NAME, and waits for them. */
static inline void run_all(run *r, const char *what)
{
    run_connect(r);
    atomic_store(&r->failed, 0);
    for (int i = 0; i < r->parties; i++) {
        run_party *p = &r->party[i];
        p->failed = i > 0 && i == r->may_fail ? NULL : &r->failed;
        char base[64], name[16];
        memcpy(base, r->folder, sizeof base);
        memcpy(name, p->name, sizeof name);
        snprintf(p->folder, sizeof p->folder, "%s/%s/%s", base, what, name);
        CHECK_OK(pv_scenario_parse(&p->scenario, "test.ini", r->text, strlen(r->text)));
        CHECK_OK(pv_local_load(&p->local, &p->scenario, p->name, NULL));
        p->options =
            (pv_party_options){.size = sizeof p->options,
                               .scenario = &p->scenario,
                               .local = &p->local,
                               .name = p->name,
                               .folder = p->folder,
                               .scheme = r->scheme->name,
                               .role = p->instead != NULL ? p->instead : run_role(r, p->role),
                               .type = r->scheme->type,
                               .types = r->scheme->types,
                               .limits = r->scheme->limits,
                               .linked = r->scheme->linked,
                               .channel = p->channel,
                               .identity = p->identity,
                               .ca = r->ca};
        p->ctx = (pv_ctx){.threads = 1, .cancelled = run_stopped, .user = p};
        assert_int_equal(pthread_create(&p->thread, NULL, run_thread, p), 0);
    }
    for (int i = 0; i < r->parties; i++) pthread_join(r->party[i].thread, NULL);
    for (int i = 0; i < r->parties; i++) {
        pv_local_clear(&r->party[i].local);
        pv_scenario_clear(&r->party[i].scenario);
    }
}

static inline void run_ok(run *r, const char *what)
{
    run_all(r, what);
    for (int i = 0; i < r->parties; i++)
        if (r->party[i].status != PV_OK && (i == 0 || i != r->may_fail))
            print_error("%s: %s\n", r->party[i].name, r->party[i].trail);
    for (int i = 0; i < r->parties; i++)
        if (i == 0 || i != r->may_fail) assert_int_equal(r->party[i].status, PV_OK);
}

/* Stops a party that rng draws at one of its first `looks` looks, and starts all again, until the
 * run is over: ten stops at most, and three at least. */
static inline void run_with_stops(run *r, const char *what, uint32_t looks, pv_rng *rng)
{
    int stops = 0, over = 0;
    for (int start = 0; start < 40 && !over; start++) {
        atomic_int left = (int)pv_rng_below(rng, looks);
        int who = (int)pv_rng_below(rng, (uint64_t)r->parties);
        r->party[who].stop = start < 10 ? &left : NULL;
        run_all(r, what);
        r->party[who].stop = NULL;
        over = 1;
        for (int i = 0; i < r->parties; i++) {
            const run_party *p = &r->party[i];
            if (p->status == PV_OK) continue;
            if (p->status != PV_ERR_CANCELLED) print_error("%s: %s\n", p->name, p->trail);
            assert_int_equal(p->status, PV_ERR_CANCELLED);
            over = 0;
        }
        stops += !over;
    }
    print_message("stopped %d times\n", stops);
    assert_true(over && stops >= 3);
}

/* result.json of a party, its "result". */
static inline json_t *run_result(const run *r, int party)
{
    char path[160];
    json_t *j, *result;
    snprintf(path, sizeof path, "%s/result.json", r->party[party].folder);
    CHECK_OK(pv_json_load(&j, path, 1 << 20));
    CHECK_OK(pv_json_get_object(&result, j, "result", path));
    json_incref(result);
    json_decref(j);
    return result;
}

static inline pv_model *run_model(const run *r, int party)
{
    char path[160];
    pv_model *m;
    snprintf(path, sizeof path, "%s/model.safetensors", r->party[party].folder);
    CHECK_OK(pv_model_load(&m, path));
    return m;
}

static inline pv_view *run_view(const run *r, int party)
{
    char path[160];
    pv_view *v;
    snprintf(path, sizeof path, "%s/view.pvv", r->party[party].folder);
    CHECK_OK(pv_view_open(&v, path));
    return v;
}

/* What `privet train` makes of these rows, for a scheme's result to be held against. */
static inline pv_model *run_plainly(const char *model, const pv_data *data, uint64_t seed,
                                    const pv_train_options *given)
{
    pv_model *m;
    pv_train_result result;
    pv_train_options o = *given;
    o.train = data;
    o.seed = seed;
    CHECK_OK(pv_model_new(&m, model, data, seed));
    CHECK_OK(pv_train(m, &o, NULL, &result));
    pv_train_result_clear(&result);
    return m;
}

static inline double run_largest_difference(pv_model *a, pv_model *b)
{
    double most = 0;
    for (int i = 0; i < pv_model_params(a); i++)
        for (int64_t k = 0; k < pv_tensor_count(pv_model_param(a, i)); k++)
            most = fmax(most, fabs(pv_tensor_get(pv_model_param(a, i), k) -
                                   pv_tensor_get(pv_model_param(b, i), k)));
    return most;
}

static inline int run_differing(pv_model *a, pv_model *b)
{
    int n = 0;
    for (int i = 0; i < pv_model_params(a); i++)
        n += memcmp(pv_model_param(a, i)->data, pv_model_param(b, i)->data,
                    pv_tensor_bytes(pv_model_param(a, i))) != 0;
    return n;
}

static inline void run_same(pv_model *a, pv_model *b)
{
    assert_int_equal(run_differing(a, b), 0);
    const pv_norm *x = pv_model_norm(a), *y = pv_model_norm(b);
    assert_int_equal(x->n, y->n);
    assert_memory_equal(x->mean, y->mean, (size_t)x->n * sizeof *x->mean);
    assert_memory_equal(x->inverse_std, y->inverse_std, (size_t)x->n * sizeof *x->mean);
    pv_model_free(a);
    pv_model_free(b);
}

static inline void run_clear(run *r)
{
    char command[128];
    for (int i = 0; i < r->parties; i++) pv_identity_free(r->party[i].identity);
    pv_certificate_free(r->ca);
    snprintf(command, sizeof command, "rm -r %s", r->folder);
    assert_int_equal(system(command), 0);
}

#endif
