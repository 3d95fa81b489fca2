#include "fed/local.h"

#include "base/clock.h"
#include "base/ctx.h"
#include "base/mem.h"
#include "fed/statistics.h"
#include "nn/model_i.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { MAX_THREADS = 64, TEXT = 512 };

typedef struct member {
    pv_fed_client client;
    pv_model *model;
    float *out;
} member;

typedef struct run {
    const pv_fed_options *o;
    member *member;
    int clients;
    pv_fed_server server;
    int64_t *samples;
    double *share;
    const float **vector;
    pv_ctx ctx; /* of the clients' threads: no callbacks, which belong to the caller's */
    int64_t round;
    pthread_mutex_t lock; /* of what follows */
    int next;
    pv_status status;
    char text[TEXT];
} run;

/* Trails belong to threads: the first failure is carried over as text. */
static void *worker(void *user)
{
    run *r = user;
    pv_fed_round about;
    for (;;) {
        pthread_mutex_lock(&r->lock);
        int i = r->status == PV_OK && r->next < r->clients ? r->next++ : -1;
        pthread_mutex_unlock(&r->lock);
        if (i < 0) return NULL;
        member *m = &r->member[i];
        pv_trail_clear();
        pv_status s = pv_fed_client_run(&m->client, r->server.weights, r->round, m->out, &about);
        if (s == PV_OK) continue;
        pthread_mutex_lock(&r->lock);
        if (r->status == PV_OK) {
            r->status = s;
            snprintf(r->text, sizeof r->text, "client %d: %s", i, pv_trail_text());
        }
        pthread_mutex_unlock(&r->lock);
    }
}

static pv_status run_clients(run *r, int threads)
{
    pthread_t thread[MAX_THREADS];
    int started = 0;
    r->next = 0;
    while (started < threads - 1 && started < r->clients - 1 && started < MAX_THREADS &&
           pthread_create(&thread[started], NULL, worker, r) == 0)
        started++;
    worker(r); /* this thread is one of them */
    for (int i = 0; i < started; i++) pthread_join(thread[i], NULL);
    if (r->status != PV_OK) PV_FAIL(r->status, "%s", r->text);
    return PV_OK;
}

static pv_status normalise(run *r, pv_model *model, const pv_data *const *data)
{
    pv_status status = PV_OK;
    pv_data_stats s = {0};
    pv_norm norm = {0};
    pv_shape shape = pv_data_sample_shape(data[0]);
    int columns = (int)shape.dim[shape.ndim - 1];
    if (r->o->normalise == PV_NORMALISE_NONE) return PV_OK;
    double *mean = pv_calloc((size_t)(r->clients + 1) * (size_t)columns, sizeof *mean);
    double *std = pv_calloc((size_t)(r->clients + 1) * (size_t)columns, sizeof *std);
    if (mean == NULL || std == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the statistics of %d clients", r->clients);
    for (int c = 0; c < r->clients; c++) {
        PV_TRY_GOTO(pv_data_stats_init(&s, data[c]));
        memcpy(mean + (c + 1) * columns, s.mean, (size_t)columns * sizeof *mean);
        memcpy(std + (c + 1) * columns, s.std, (size_t)columns * sizeof *std);
        pv_data_stats_clear(&s);
    }
    pv_fed_union(mean, std, mean + columns, std + columns, r->share, r->clients, columns);
    PV_TRY_GOTO(pv_norm_make(&norm, mean, std, columns));
    pv_fed_set_norm(model, &norm);
done:
    pv_data_stats_clear(&s);
    pv_free(mean);
    pv_free(std);
    return status;
}

/* Each client computes on a model of its own, which differs from the server's in nothing. */
static pv_status open_member(run *r, int i, const pv_model *model, const pv_data *data,
                             uint64_t seed)
{
    member *m = &r->member[i];
    PV_TRY(pv_model_copy(&m->model, model));
    PV_TRY(pv_fed_client_init(&m->client, r->o, m->model, data, i, seed, NULL, &r->ctx));
    m->out = pv_fed_vector_new(&m->client.layout);
    if (m->out == NULL) PV_FAIL_MEMORY((size_t)m->client.layout.size * sizeof *m->out);
    r->vector[i] = m->out;
    return PV_OK;
}

static pv_status open(run *r, pv_model *model, const pv_data *const *data, uint64_t seed)
{
    size_t n = (size_t)r->clients;
    r->member = pv_calloc(n, sizeof *r->member);
    r->samples = pv_calloc(n, sizeof *r->samples);
    r->share = pv_calloc(n, sizeof *r->share);
    r->vector = pv_calloc(n, sizeof *r->vector);
    if (r->member == NULL || r->samples == NULL || r->share == NULL || r->vector == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for %d clients", r->clients);
    for (int i = 0; i < r->clients; i++) r->samples[i] = pv_data_count(data[i]);
    pv_fed_shares(r->share, r->o->weighting == PV_WEIGH_SAMPLES ? r->samples : NULL, NULL,
                  r->clients);
    PV_TRY(normalise(r, model, data));
    for (int i = 0; i < r->clients; i++) PV_TRY(open_member(r, i, model, data[i], seed));
    return pv_fed_server_init(&r->server, r->o, model, pv_fed_rounds(r->o, r->samples, r->clients),
                              &r->ctx);
}

static void close(run *r)
{
    for (int i = 0; r->member != NULL && i < r->clients; i++) {
        pv_fed_client_clear(&r->member[i].client);
        pv_model_free(r->member[i].model);
        pv_free(r->member[i].out);
    }
    pv_free(r->member);
    pv_free(r->samples);
    pv_free(r->share);
    pv_free(r->vector);
    pv_fed_server_clear(&r->server);
}

pv_status pv_fed_local_run(pv_fed_local *out, const pv_fed_options *o, pv_model *model,
                           const pv_data *const *data, int clients, uint64_t seed, int threads,
                           const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    run r = {.o = o, .clients = clients, .ctx = {.threads = pv_ctx_threads(ctx)}};
    float *mean = NULL;
    *out = (pv_fed_local){0};
    if (clients < 1) PV_FAIL(PV_ERR_USAGE, "a federated run of %d clients", clients);
    if (o->aggregation == PV_SUM_MASKED)
        PV_FAIL(PV_ERR_UNSUPPORTED, "masked sums are for parties; there are none in one process");
    pthread_mutex_init(&r.lock, NULL);
    PV_TRY_GOTO(open(&r, model, data, seed));
    mean = pv_fed_vector_new(&r.server.layout);
    if (mean == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the mean of a round");
    out->rounds = pv_fed_rounds(o, r.samples, clients);
    double started = pv_clock_seconds();
    for (r.round = 0; r.round < out->rounds; r.round++) {
        PV_TRY_GOTO(pv_ctx_check(ctx));
        PV_TRY_GOTO(run_clients(&r, threads));
        pv_fed_average(mean, r.vector, r.share, clients, r.server.layout.size);
        PV_TRY_GOTO(pv_fed_server_apply(&r.server, mean, r.round));
        pv_ctx_progress(ctx, "rounds", (uint64_t)r.round + 1, (uint64_t)out->rounds);
    }
    out->seconds = pv_clock_seconds() - started;
    pv_fed_to_model(model, r.server.weights, &r.server.layout);
done:
    close(&r);
    pv_free(mean);
    pthread_mutex_destroy(&r.lock);
    return status;
}
