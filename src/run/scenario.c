#include "run/scenario.h"

#include "base/clock.h"
#include "base/ctx.h"
#include "base/file.h"
#include "party/data.h"
#include "run/folder.h"
#include "run/launch.h"
#include "run/plain.h"
#include "run/prepare.h"
#include "run/registry.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WORDS = 12 };

typedef struct run {
    const pv_run_options *o;
    const pv_ctx *ctx;
    pv_scenario scenario;
    const pv_scheme *scheme;
    pv_launch_party *party;
    const char **words; /* [parties, WORDS] */
    char **path;        /* [parties, 2]: folder, local file */
    int *restarted;
    char *shared; /* RUN/scenario.ini */
} run;

static void clear(run *r)
{
    for (int i = 0; r->path != NULL && i < 2 * r->scenario.parties; i++) pv_free(r->path[i]);
    pv_free(r->path);
    pv_free(r->words);
    pv_free(r->party);
    pv_free(r->restarted);
    pv_free(r->shared);
    pv_scenario_clear(&r->scenario);
}

/* A scenario that is given with --resume must be the one the run began with: what the folder's copy
 * adds is keys, pins and the schema. */
static pv_status same_scenario(const run *r)
{
    pv_status status = PV_OK;
    pv_scenario given = {0};
    const pv_ini *old = &r->scenario.ini;
    PV_TRY(pv_scenario_load(&given, r->o->scenario));
    for (size_t i = 0; i < given.ini.count; i++) {
        const pv_ini_entry *e = &given.ini.entry[i];
        const pv_ini_entry *there = pv_ini_find(old, e->section, e->key);
        if (strncmp(e->section, "local", 5) == 0) continue;
        if (there == NULL || strcmp(there->value, e->value) != 0)
            PV_FAIL_GOTO(PV_ERR_MISMATCH,
                         "%s:%d: [%s] %s = %s, but the run in %s began with %s%s: it can't be "
                         "continued under another scenario; name another folder",
                         given.path, e->line, e->section, e->key, e->value, r->o->out,
                         there == NULL ? "no " : "", there == NULL ? e->key : there->value);
    }
    for (size_t i = 0; i < old->count; i++) {
        const pv_ini_entry *e = &old->entry[i];
        if (strcmp(e->section, "schema") == 0 || strcmp(e->key, "ca") == 0 ||
            strcmp(e->key, "cert") == 0 || pv_ini_find(&given.ini, e->section, e->key) != NULL)
            continue;
        PV_FAIL_GOTO(PV_ERR_MISMATCH,
                     "%s: [%s] has no %s, but the run in %s began with %s = %s: it can't be "
                     "continued under another scenario; name another folder",
                     given.path, e->section, e->key, r->o->out, e->key, e->value);
    }
done:
    pv_scenario_clear(&given);
    return status;
}

static pv_status load(run *r)
{
    r->shared = pv_run_path(r->o->out, "scenario.ini");
    if (r->shared == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    if (r->o->resume && !pv_file_exists(r->shared))
        PV_FAIL(PV_ERR_NOT_FOUND, "%s: there is no run to go on with; leave --resume out",
                r->o->out);
    if (!r->o->resume) PV_TRY(pv_run_prepare(r->o->out, r->o->scenario, r->ctx));
    PV_TRY(pv_scenario_load(&r->scenario, r->shared));
    if (r->o->resume && r->o->scenario != NULL) PV_TRY(same_scenario(r));
    return pv_scheme_of(&r->scheme, &r->scenario);
}

static pv_status plan(run *r)
{
    int n = r->scenario.parties;
    r->party = pv_calloc((size_t)n, sizeof *r->party);
    r->words = pv_calloc((size_t)n * WORDS, sizeof *r->words);
    r->path = pv_calloc((size_t)n * 2, sizeof *r->path);
    r->restarted = pv_calloc((size_t)n, sizeof *r->restarted);
    if (r->party == NULL || r->words == NULL || r->path == NULL || r->restarted == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for %d parties", n);
    for (int i = 0; i < n; i++) {
        const char *name = r->scenario.party[i].name;
        const char **w = r->words + i * WORDS;
        char **path = r->path + 2 * i;
        path[0] = pv_run_party_path(r->o->out, name, "");
        path[1] = pv_run_party_path(r->o->out, name, "local.ini");
        if (path[0] == NULL || path[1] == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
        path[0][strlen(path[0]) - 1] = '\0';
        const char *const given[] = {"party", r->shared, "--as",  name, "--local",
                                     path[1], "--out",   path[0], NULL};
        memcpy(w, given, sizeof given);
        r->party[i] = (pv_launch_party){.name = name, .folder = path[0], .words = w};
    }
    return PV_OK;
}

/* What the settings imply for so many samples, before anything is sent. */
static pv_status say_implied(run *r)
{
    pv_status status = PV_OK;
    pv_str text = {0};
    pv_local local = {0};
    pv_data *data = NULL;
    for (int i = 0; r->scheme->describe != NULL && data == NULL && i < r->scenario.parties; i++) {
        const char *name = r->scenario.party[i].name;
        pv_local_clear(&local);
        PV_TRY_GOTO(pv_local_load(&local, &r->scenario, name, r->path[2 * i + 1]));
        if (local.data != NULL)
            PV_TRY_GOTO(pv_local_data(&data, &local, &r->scenario, name, r->ctx));
    }
    if (data == NULL) goto done;
    PV_TRY_GOTO(r->scheme->describe(&text, &r->scenario, pv_data_count(data)));
    if (text.size > 0) pv_ctx_log(r->ctx, PV_LOG_INFO, "%s", pv_str_text(&text));
done:
    pv_data_free(data);
    pv_local_clear(&local);
    pv_str_clear(&text);
    return status;
}

/* ---- run.json */
static json_t *entry(const json_t *party, const char *key)
{
    return json_object_get(json_object_get(party, "result"), key);
}

/* Bytes of one party's links, as it counted what it sent: "a->b"; and what it received, for a peer
 * that is lost and tells nothing itself. */
static pv_status add_bytes(json_t *bytes, const char *from, const json_t *party)
{
    const char *peer, *type;
    json_t *types, *one;
    char link[160];
    json_object_foreach(json_object_get(party, "traffic"), peer, types)
    {
        int64_t sent = 0, received = 0;
        json_object_foreach(types, type, one)
        {
            sent += json_integer_value(json_object_get(one, "sent_bytes"));
            received += json_integer_value(json_object_get(one, "received_bytes"));
        }
        snprintf(link, sizeof link, "%s->%s", from, peer);
        PV_TRY(pv_json_set(bytes, link, json_integer(sent)));
        snprintf(link, sizeof link, "%s->%s", peer, from);
        if (json_object_get(bytes, link) == NULL)
            PV_TRY(pv_json_set(bytes, link, json_integer(received)));
    }
    return PV_OK;
}

/* The user's file; the folder's own copy says where it came from in its first line. */
static json_t *given_scenario(const run *r)
{
    static const char from[] = "; from ";
    pv_bytes text = {0};
    json_t *path = NULL;
    if (r->o->scenario != NULL) return json_string(r->o->scenario);
    if (pv_file_read(&text, r->shared, PV_INI_MAX) == PV_OK) {
        const char *at = strstr((const char *)text.data, from);
        if (at != NULL)
            path = json_stringn(at + sizeof from - 1, strcspn(at + sizeof from - 1, "\n"));
    }
    pv_bytes_clear(&text);
    return path != NULL ? path : json_null();
}

/* The kind of data set that the first party with data brings: "mnist"; in a run without a training,
 * of what it is about. Where it lies is its own business. */
static json_t *kind_of_data(run *r)
{
    json_t *kind = NULL;
    for (int test = 0; test < 2 && kind == NULL; test++)
        for (int i = 0; i < r->scenario.parties && kind == NULL; i++) {
            pv_local local = {0};
            pv_status got =
                pv_local_load(&local, &r->scenario, r->scenario.party[i].name, r->path[2 * i + 1]);
            const char *spec = test ? local.test : local.data;
            if (got == PV_OK && spec != NULL) kind = json_stringn(spec, strcspn(spec, ":?"));
            pv_local_clear(&local);
        }
    return kind != NULL ? kind : json_null();
}

/* What a role found stands at the top when it is the run's own: the joint model's accuracy, its
 * rounds. */
static pv_status add_joint(json_t *j, const json_t *party)
{
    static const char *const keys[] = {"test_accuracy", "test_correct", "test_count",
                                       "rounds",        "dropped",      "refused"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        json_t *value = entry(party, keys[i]);
        json_t *there = json_object_get(j, keys[i]);
        if (value != NULL && (there == NULL || json_is_null(there)))
            PV_TRY(pv_json_set(j, keys[i], json_incref(value)));
    }
    return PV_OK;
}

/* A run that was interrupted took as long as its slowest party did, by that party's own account of
 * all its processes. */
static double longer(double seconds, const json_t *party)
{
    const json_t *total = json_object_get(json_object_get(party, "seconds"), "total");
    return json_is_number(total) ? fmax(seconds, json_number_value(total)) : seconds;
}

static pv_status gather(json_t **out, run *r, double seconds)
{
    pv_status status = PV_OK;
    const pv_scenario *s = &r->scenario;
    json_t *j = json_object(), *bytes = json_object(), *parties = json_object(), *one = NULL;
    char *path = NULL;
    char hash[PV_HASH_TEXT];
    PV_TRY_GOTO(pv_json_set(j, "run", json_string(r->o->out)));
    PV_TRY_GOTO(pv_json_set(j, "scheme", json_string(s->scheme)));
    PV_TRY_GOTO(pv_json_set(j, "name", json_string(s->name)));
    PV_TRY_GOTO(pv_json_set(j, "model", s->model != NULL ? json_string(s->model) : json_null()));
    PV_TRY_GOTO(pv_json_set(j, "scenario", given_scenario(r)));
    PV_TRY_GOTO(pv_json_set(j, "data", kind_of_data(r)));
    PV_TRY_GOTO(pv_json_set(j, "test_accuracy", json_null()));
    PV_TRY_GOTO(pv_json_set(j, "seconds", pv_json_number(seconds)));
    PV_TRY_GOTO(pv_json_set(j, "rounds", json_null()));
    PV_TRY_GOTO(pv_json_set(j, "bytes", json_incref(bytes)));
    PV_TRY_GOTO(pv_json_set(j, "parties", json_incref(parties)));
    for (int i = 0; i < s->parties; i++) {
        json_decref(one);
        one = NULL;
        pv_status got = pv_run_party_json(&one, r->o->out, s->party[i].name);
        if (got == PV_ERR_NOT_FOUND && s->on_loss == PV_LOSS_PROCEED) { /* lost on the way */
            pv_trail_clear();
            PV_TRY_GOTO(pv_json_set(parties, s->party[i].name, json_null()));
            continue;
        }
        PV_TRY_GOTO(got);
        if (r->o->resume) seconds = longer(seconds, one);
        PV_TRY_GOTO(add_bytes(bytes, s->party[i].name, one));
        PV_TRY_GOTO(add_joint(j, one));
        PV_TRY_GOTO(
            pv_json_set(parties, s->party[i].name, json_incref(json_object_get(one, "result"))));
    }
    PV_TRY_GOTO(pv_json_set(j, "seconds", pv_json_number(seconds)));
    PV_TRY_GOTO(pv_json_set(j, "scenario_hash", json_string(pv_hash_text(&s->hash, hash))));
    PV_TRY_GOTO(pv_json_set(j, "seed", json_integer((int64_t)s->seed)));
    PV_TRY_GOTO(pv_json_set(j, "threads", json_integer(s->threads)));
    if (r->o->plain && strcmp(s->scheme, "plain") != 0) {
        json_t *plain = NULL;
        PV_TRY_GOTO(pv_run_plain(&plain, r->o->out, r->scheme, &r->scenario, r->ctx));
        if (plain != NULL) PV_TRY_GOTO(pv_json_set(j, "plain", plain));
    }
    path = pv_run_path(r->o->out, "run.json");
    if (path == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a path");
    PV_TRY_GOTO(pv_json_save(j, 1, path));
    PV_TRY_GOTO(pv_run_hash_all(r->o->out));
    *out = json_incref(j);
done:
    json_decref(j);
    json_decref(bytes);
    json_decref(parties);
    json_decref(one);
    pv_free(path);
    return status;
}

pv_status pv_run_scenario(json_t **result, const pv_run_options *o, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    run r = {.o = o, .ctx = ctx};
    PV_TRY_GOTO(load(&r));
    PV_TRY_GOTO(plan(&r));
    PV_TRY_GOTO(say_implied(&r));
    double begun = pv_clock_seconds();
    PV_TRY_GOTO(pv_launch(&(pv_launch_options){.party = r.party,
                                               .parties = r.scenario.parties,
                                               .restarts = o->restarts,
                                               .least = r.scenario.on_loss == PV_LOSS_PROCEED
                                                            ? r.scenario.min_parties + 1
                                                            : 0,
                                               .restarted = r.restarted,
                                               .started = o->started,
                                               .user = o->user},
                          ctx));
    PV_TRY_GOTO(gather(result, &r, pv_clock_seconds() - begun));
done:
    clear(&r);
    return status;
}
