#include "run/bench_federated.h"

#include "base/file.h"
#include "data/spec.h"
#include "fed/local.h"
#include "fed/messages.h"
#include "run/folder.h"
#include "run/machine.h"
#include "run/scenario.h"
#include "scheme/federated/federated.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PATH = 512 };

static const char *const names[PV_BENCH_FEDERATED_CASES] = {"fedavg", "fedsgd"};

typedef struct bench {
    const pv_bench_federated_options *o;
    const pv_ctx *ctx;
    pv_str spec;
    char folder[PATH], scenario[PATH], run[PATH];
} bench;

static double cpu_of(int who)
{
    struct rusage u;
    getrusage(who, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

/* The scenario lies elsewhere: its paths must be absolute. */
static pv_status absolute(pv_str *out, const char *text)
{
    pv_status status = PV_OK;
    pv_spec spec;
    char here[PATH];
    PV_TRY(pv_spec_parse(&spec, text));
    if (spec.path[0] == '\0' || spec.path[0] == '/')
        PV_TRY_GOTO(pv_str_append(out, text));
    else if (getcwd(here, sizeof here) == NULL)
        PV_FAIL_GOTO(PV_ERR_IO, "%s: the folder we are in has no name", text);
    else
        PV_TRY_GOTO(pv_str_printf(out, "%s:%s/%s", spec.kind, here, text + strlen(spec.kind) + 1));
done:
    pv_spec_clear(&spec);
    return status;
}

/* Test data would be measured on; the two sides would no longer do the same. */
static pv_status training_part(pv_str *out, const char *spec)
{
    PV_TRY(absolute(out, spec));
    if (!pv_data_has_test_split(spec) || strstr(spec, "split=") != NULL) return PV_OK;
    return pv_str_append(out, strchr(spec, '?') == NULL ? "?split=train" : "&split=train");
}

static pv_status write_scenario(bench *b, int k)
{
    pv_status status = PV_OK;
    pv_str s = {0};
    PV_TRY_GOTO(pv_str_printf(&s,
                              "[scenario]\nname = bench %s\nscheme = federated\nmodel = lenet5\n"
                              "seed = 1\nthreads = 1\n[scheme]\nalgorithm = %s\n%s = %lld\n"
                              "batch = %lld\nlr = 0.05\nmomentum = 0.9\nalone = no\n"
                              "evaluate_every = 0\n[party server]\nrole = server\n"
                              "[local]\ndata = %s\nparts = iid\n[local server]\ndata =\n",
                              names[k], names[k], k == 0 ? "rounds" : "epochs",
                              (long long)(k == 0 ? b->o->rounds : b->o->epochs),
                              (long long)b->o->batch, pv_str_text(&b->spec)));
    for (int i = 0; i < b->o->clients; i++)
        PV_TRY_GOTO(pv_str_printf(&s, "[party client-%d]\nrole = client\n", i));
    PV_TRY_GOTO(pv_file_write(b->scenario, pv_str_text(&s), s.size, 0644));
done:
    pv_str_clear(&s);
    return status;
}

/* ---- parties */

/* From the first weights that went out to the last. */
static pv_status rounds_of_view(double *seconds, const char *path)
{
    pv_view *v = NULL;
    int64_t first = 0, last = 0;
    PV_TRY(pv_view_open(&v, path));
    for (uint64_t i = 0; i < pv_view_count(v); i++) {
        const pv_view_record *r = pv_view_at(v, i);
        if (r->type != PV_FED_MODEL) continue;
        if (first == 0) first = r->time;
        last = r->time;
    }
    pv_view_free(v);
    *seconds = 1e-3 * (double)(last - first);
    return PV_OK;
}

static pv_status add_seconds(pv_bench_federated_figure *f, const char *run, const char *party)
{
    pv_status status = PV_OK;
    json_t *j = NULL, *s;
    double compute, channel, journal, view, waiting;
    PV_TRY(pv_run_party_json(&j, run, party));
    PV_TRY_GOTO(pv_json_get_object(&s, j, "seconds", party));
    PV_TRY_GOTO(pv_json_get_real(&compute, s, "compute", party));
    PV_TRY_GOTO(pv_json_get_real(&channel, s, "channel", party));
    PV_TRY_GOTO(pv_json_get_real(&journal, s, "journal", party));
    PV_TRY_GOTO(pv_json_get_real(&view, s, "view", party));
    PV_TRY_GOTO(pv_json_get_real(&waiting, s, "waiting", party));
    f->compute += compute;
    f->channel += channel;
    f->journal += journal;
    f->view += view;
    f->waiting += waiting;
done:
    json_decref(j);
    return status;
}

static pv_status look_at_run(pv_bench_federated_figure *f, bench *b, const json_t *run)
{
    pv_status status = PV_OK;
    const char *name;
    json_t *value;
    char *view = pv_run_party_path(b->run, "server", "view.pvv");
    if (view == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    PV_TRY_GOTO(rounds_of_view(&f->parties_seconds, view));
    f->whole_seconds = json_number_value(json_object_get(run, "seconds"));
    json_object_foreach(json_object_get(run, "bytes"), name, value) f->bytes +=
        json_number_value(value);
    json_object_foreach(json_object_get(run, "parties"), name, value)
        PV_TRY_GOTO(add_seconds(f, b->run, name));
done:
    pv_free(view);
    return status;
}

static pv_status by_parties(pv_bench_federated_figure *f, pv_model **m, bench *b)
{
    pv_status status = PV_OK;
    json_t *result = NULL;
    const pv_run_options o = {.scenario = b->scenario, .out = b->run};
    char *path = pv_run_party_path(b->run, "server", "model.safetensors");
    double cpu = cpu_of(RUSAGE_CHILDREN);
    if (path == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    PV_TRY_GOTO(pv_run_scenario(&result, &o, b->ctx));
    f->parties_cpu = cpu_of(RUSAGE_CHILDREN) - cpu;
    PV_TRY_GOTO(look_at_run(f, b, result));
    PV_TRY_GOTO(pv_model_load(m, path));
done:
    json_decref(result);
    pv_free(path);
    return status;
}

/* ---- the same here */
static pv_status here(pv_bench_federated_figure *f, pv_model **m, bench *b)
{
    pv_status status = PV_OK;
    pv_scenario s = {0};
    pv_fed_options o;
    pv_fed_local about;
    pv_data *all = NULL;
    int clients = b->o->clients;
    char *path = pv_run_path(b->run, "scenario.ini"); /* with the schema filled in */
    pv_data **part = pv_calloc((size_t)clients, sizeof *part);
    double cpu = cpu_of(RUSAGE_SELF);
    if (path == NULL || part == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for %d clients", clients);
    PV_TRY_GOTO(pv_scenario_load(&s, path));
    PV_TRY_GOTO(pv_federated_options(&o, &s));
    PV_TRY_GOTO(pv_fed_model(m, &s));
    PV_TRY_GOTO(pv_data_open(&all, pv_str_text(&b->spec), b->ctx));
    PV_TRY_GOTO(pv_data_split(part, clients, all, 0, s.seed));
    PV_TRY_GOTO(pv_fed_local_run(&about, &o, *m, (const pv_data *const *)part, clients, s.seed,
                                 pv_machine_processors(), &(pv_ctx){.threads = 1}));
    f->here_seconds = about.seconds;
    f->rounds = about.rounds;
    f->here_cpu = cpu_of(RUSAGE_SELF) - cpu;
done:
    for (int i = 0; part != NULL && i < clients; i++) pv_data_free(part[i]);
    pv_free(part);
    pv_data_free(all);
    pv_scenario_clear(&s);
    pv_free(path);
    return status;
}

static int same_weights(pv_model *a, pv_model *b)
{
    int same = pv_model_params(a) == pv_model_params(b);
    for (int i = 0; same && i < pv_model_params(a); i++)
        same = memcmp(pv_model_param(a, i)->data, pv_model_param(b, i)->data,
                      pv_tensor_bytes(pv_model_param(a, i))) == 0;
    return same;
}

static pv_status once(pv_bench_federated_figure *f, bench *b, int k, int repetition)
{
    pv_status status = PV_OK;
    pv_model *parties = NULL, *own = NULL;
    snprintf(b->run, sizeof b->run, "%.400s/%s-%d", b->folder, names[k], repetition);
    PV_TRY(write_scenario(b, k));
    PV_TRY_GOTO(by_parties(f, &parties, b));
    PV_TRY_GOTO(here(f, &own, b));
    f->same_weights = same_weights(parties, own);
done:
    pv_model_free(parties);
    pv_model_free(own);
    return status;
}

/* The faster of two repetitions, on either side; what was wrong once stays wrong. */
static void keep_fastest(pv_bench_federated_figure *best, const pv_bench_federated_figure *f)
{
    const pv_bench_federated_figure old = *best;
    if (f->parties_seconds < old.parties_seconds) *best = *f;
    best->here_seconds = f->here_seconds < old.here_seconds ? f->here_seconds : old.here_seconds;
    best->here_cpu = f->here_cpu < old.here_cpu ? f->here_cpu : old.here_cpu;
    best->parties_cpu = f->parties_cpu < old.parties_cpu ? f->parties_cpu : old.parties_cpu;
    best->same_weights = old.same_weights && f->same_weights;
}

static pv_status measure(pv_bench_federated_figure *best, bench *b, int k)
{
    for (int i = 0; i < b->o->repeat; i++) {
        pv_bench_federated_figure f = {.name = names[k]};
        PV_TRY(once(&f, b, k, i));
        if (i == 0)
            *best = f;
        else
            keep_fastest(best, &f);
    }
    return PV_OK;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

pv_status pv_bench_federated(pv_bench_federated_figure figure[PV_BENCH_FEDERATED_CASES], int *count,
                             const pv_bench_federated_options *o, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    bench b = {.o = o, .ctx = ctx};
    const char *temporary = getenv("TMPDIR");
    *count = 0;
    snprintf(b.folder, sizeof b.folder, "%.300s/privet-XXXXXX",
             temporary == NULL ? "/tmp" : temporary);
    if (mkdtemp(b.folder) == NULL)
        PV_FAIL(PV_ERR_IO, "no folder for runs in %s; set TMPDIR",
                temporary == NULL ? "/tmp" : temporary);
    snprintf(b.scenario, sizeof b.scenario, "%.400s/scenario.ini", b.folder);
    PV_TRY_GOTO(training_part(&b.spec, o->data));
    for (int k = 0; k < PV_BENCH_FEDERATED_CASES; k++) {
        if (o->only != NULL && strcmp(o->only, names[k]) != 0) continue;
        PV_TRY_GOTO(measure(&figure[*count], &b, k));
        (*count)++;
    }
done:
    (void)nftw(b.folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    pv_str_clear(&b.spec);
    return status;
}
