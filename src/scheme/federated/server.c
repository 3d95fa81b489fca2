/* The server: sends the weights, takes what clients made of them, and moves them by the mean. */
#include "fed/server.h"
#include "base/ctx.h"
#include "base/mem.h"
#include "fed/masked.h"
#include "fed/measure.h"
#include "fed/messages.h"
#include "fed/parts.h"
#include "fed/peers.h"
#include "fed/start.h"
#include "fed/statistics.h"
#include "privet/train.h"
#include "scheme/federated/federated.h"

#include <math.h>
#include <string.h>

typedef struct server {
    const pv_ctx *ctx;
    pv_fed_options options;
    pv_model *model;
    pv_data *test; /* NULL: there is none */
    pv_fed_peers clients;
    int64_t *samples; /* of each client; 0: not told */
    pv_fed_start start;
    int ready; /* the setup is known, so `fed` is open */
    pv_fed_server fed;
    float **vector; /* of each client, what it sent in this round */
    double *share;
    float *mean;
    /* while clients join */
    double *mean_of, *std_of;
    int columns;
    pv_hash text;
} server;

static pv_status allocate(server *s)
{
    size_t n = (size_t)s->clients.count, columns = (size_t)s->columns;
    s->samples = pv_calloc(n, sizeof *s->samples);
    s->vector = pv_calloc(n, sizeof *s->vector);
    s->share = pv_calloc(n, sizeof *s->share);
    s->mean_of = pv_calloc(n * columns, sizeof *s->mean_of);
    s->std_of = pv_calloc(n * columns, sizeof *s->std_of);
    if (s->samples == NULL || s->vector == NULL || s->share == NULL || s->mean_of == NULL ||
        s->std_of == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for %d clients", s->clients.count);
    return PV_OK;
}

static void close(void *self)
{
    server *s = self;
    if (s == NULL) return;
    for (int i = 0; s->vector != NULL && i < s->clients.count; i++) pv_free(s->vector[i]);
    pv_fed_server_clear(&s->fed);
    pv_fed_start_clear(&s->start);
    pv_fed_peers_clear(&s->clients);
    pv_free(s->samples);
    pv_free(s->vector);
    pv_free(s->share);
    pv_free(s->mean);
    pv_free(s->mean_of);
    pv_free(s->std_of);
    pv_data_free(s->test);
    pv_model_free(s->model);
    pv_free(s);
}

static pv_status open(void **self, pv_party *p)
{
    pv_status status = PV_OK;
    server *s = pv_calloc(1, sizeof *s);
    *self = NULL;
    if (s == NULL) PV_FAIL_MEMORY(sizeof *s);
    s->ctx = pv_party_ctx(p);
    PV_TRY_GOTO(pv_federated_options(&s->options, pv_party_scenario(p)));
    PV_TRY_GOTO(pv_fed_model(&s->model, pv_party_scenario(p)));
    PV_TRY_GOTO(pv_party_test(&s->test, p));
    PV_TRY_GOTO(pv_fed_peers_init(&s->clients, p));
    s->columns = pv_fed_columns(&s->options, s->model);
    PV_TRY_GOTO(pv_fed_model_hash(&s->text, s->model));
    PV_TRY_GOTO(allocate(s));
    *self = s;
    s = NULL;
done:
    close(s);
    return status;
}

/* What the setup decides is there: the rest can be made. */
static pv_status get_ready(server *s)
{
    PV_TRY(pv_fed_start_apply(&s->start, s->model));
    PV_TRY(pv_fed_server_init(&s->fed, &s->options, s->model, s->start.rounds, s->ctx));
    s->mean = pv_fed_vector_new(&s->fed.layout);
    if (s->mean == NULL) PV_FAIL_MEMORY((size_t)s->fed.layout.size * sizeof *s->mean);
    s->ready = 1;
    return PV_OK;
}

/* ---- the beginning */
static pv_status take_join(void *user, int rank, const pv_message *m)
{
    server *s = user;
    pv_fed_join j;
    size_t bytes = (size_t)s->columns * sizeof *s->mean_of;
    PV_TRY(pv_fed_join_take(&j, &m->parts, m->what, s->columns, pv_fed_tells_samples(&s->options)));
    if (!pv_hash_equal(&j.model, &s->text))
        PV_FAIL(PV_ERR_MISMATCH,
                "%s: it has another text of the model %s than this party; give both the same file",
                m->what, pv_model_name(s->model));
    s->samples[rank] = j.samples;
    if (s->columns == 0) return PV_OK;
    memcpy(s->mean_of + rank * s->columns, j.mean, bytes);
    memcpy(s->std_of + rank * s->columns, j.std, bytes);
    return PV_OK;
}

/* How much each client counts: by samples, when they are told and wanted. */
static void weigh(server *s)
{
    int by_samples = s->options.weighting == PV_WEIGH_SAMPLES && pv_fed_tells_samples(&s->options);
    pv_fed_shares(s->share, by_samples ? s->samples : NULL, s->clients.present, s->clients.count);
}

static pv_status join(server *s, pv_party *p)
{
    pv_part part[PV_FED_SETUP_PARTS];
    PV_TRY(pv_fed_collect(&s->clients, p, PV_FED_JOIN, NULL, take_join, s));
    weigh(s);
    PV_TRY(pv_fed_start_make(&s->start, pv_fed_rounds(&s->options, s->samples, s->clients.count),
                             s->columns));
    if (s->columns > 0)
        pv_fed_union(s->start.mean, s->start.std, s->mean_of, s->std_of, s->share, s->clients.count,
                     s->columns);
    PV_TRY(get_ready(s));
    const pv_fed_setup setup = pv_fed_start_setup(&s->start);
    return pv_fed_tell(&s->clients, p, PV_FED_SETUP, part, pv_fed_setup_parts(part, &setup));
}

/* ---- a round */
static pv_fed_form form_of(const server *s)
{
    return s->options.algorithm == PV_FEDSGD ? PV_FORM_GRADIENT : PV_FORM_WEIGHTS;
}

static pv_status send_weights(server *s, pv_party *p)
{
    pv_fed_parts parts;
    PV_TRY(pv_fed_parts_init(&parts, &s->fed.layout, s->fed.weights, PV_FORM_WEIGHTS, -1));
    pv_status status = pv_fed_tell(&s->clients, p, PV_FED_MODEL, parts.part, parts.count);
    pv_fed_parts_clear(&parts);
    return status;
}

static pv_status note(server *s, pv_party *p, pv_view_kind kind, uint16_t type, const float *v,
                      pv_fed_form form)
{
    pv_fed_parts parts;
    PV_TRY(pv_fed_parts_init(&parts, &s->fed.layout, v, form, -1));
    pv_status status = pv_note(pv_party_hub(p), kind, type, parts.part, parts.count);
    pv_fed_parts_clear(&parts);
    return status;
}

static pv_status take_vector(void *user, int rank, const pv_message *m)
{
    server *s = user;
    int64_t samples;
    if (s->vector[rank] == NULL) s->vector[rank] = pv_fed_vector_new(&s->fed.layout);
    if (s->vector[rank] == NULL) PV_FAIL_MEMORY((size_t)s->fed.layout.size * sizeof(float));
    return pv_fed_parts_take(s->vector[rank], &samples, &m->parts, m->what, &s->fed.layout,
                             form_of(s));
}

/* Equation 12: the sum of n_i/N times what client i sent. */
static pv_status gather(server *s, pv_party *p)
{
    uint16_t type = s->options.algorithm == PV_FEDSGD ? PV_FED_GRADIENT : PV_FED_UPDATE;
    PV_TRY(pv_fed_collect(&s->clients, p, type, NULL, take_vector, s));
    weigh(s);
    pv_fed_average(s->mean, (const float *const *)s->vector, s->share, s->clients.count,
                   s->fed.layout.size);
    return PV_OK;
}

/* The same under masks. State travels as its change there (fed/masked.h cuts and rounds). */
static pv_status gather_masked(server *s, pv_party *p, uint64_t round)
{
    pv_fed_masking m;
    double weight;
    PV_TRY(pv_fed_masking_make(&m, &s->options, pv_party_scenario(p), s->fed.layout.size, round));
    PV_TRY(pv_fed_masked_mean(p, &m, &s->clients, s->mean, s->fed.layout.size, &weight));
    if (s->options.algorithm == PV_FEDSGD)
        pv_fed_state_add(s->mean, s->fed.weights, 1, &s->fed.layout);
    return PV_OK;
}

static pv_status evaluate(server *s, pv_evaluation *e)
{
    pv_fed_to_model(s->model, s->fed.weights, &s->fed.layout);
    return pv_evaluate(s->model, s->test, s->ctx, e);
}

static pv_status report(server *s, pv_party *p, uint64_t round)
{
    pv_status status = PV_OK;
    int64_t every = s->options.evaluate_every, rounds = s->start.rounds;
    if (s->options.algorithm == PV_FEDSGD) every *= rounds / s->options.epochs;
    json_t *j = json_object();
    PV_TRY_GOTO(pv_json_set(j, "round", json_integer((json_int_t)round)));
    PV_TRY_GOTO(pv_json_set(j, "clients", json_integer(pv_fed_present(&s->clients))));
    if (s->test != NULL && every > 0 && (int64_t)round % every == 0) {
        pv_evaluation e;
        PV_TRY_GOTO(evaluate(s, &e));
        double loss = e.loss, accuracy = e.accuracy;
        pv_evaluation_clear(&e);
        PV_TRY_GOTO(pv_json_set(j, "test_loss", pv_json_number(loss)));
        PV_TRY_GOTO(pv_json_set(j, "test_accuracy", pv_json_number(accuracy)));
        pv_party_progress(p, round, (uint64_t)rounds, "round %llu/%lld, accuracy %.2f %%",
                          (unsigned long long)round, (long long)rounds, 100 * accuracy);
    } else {
        pv_party_progress(p, round, (uint64_t)rounds, "round %llu/%lld", (unsigned long long)round,
                          (long long)rounds);
    }
    status = pv_party_metric(p, j);
    return status;
done:
    json_decref(j);
    return status;
}

static pv_status step(void *self, pv_party *p, uint64_t step, int *done)
{
    server *s = self;
    if (step == 1) PV_TRY(join(s, p));
    PV_TRY(send_weights(s, p));
    if (step > (uint64_t)s->start.rounds) {
        *done = 1;
        return note(s, p, PV_VIEW_PUBLISHED, PV_FED_RELEASED, s->fed.weights, PV_FORM_WEIGHTS);
    }
    if (s->options.aggregation == PV_SUM_MASKED)
        PV_TRY(gather_masked(s, p, step));
    else
        PV_TRY(gather(s, p));
    PV_TRY(note(s, p, PV_VIEW_DERIVED, PV_FED_AGGREGATE, s->mean, form_of(s)));
    PV_TRY(pv_fed_server_apply(&s->fed, s->mean, (int64_t)step - 1));
    return report(s, p, step);
}

static pv_status save(void *self, pv_writer *w)
{
    const server *s = self;
    pv_fed_start_save(&s->start, w);
    pv_fed_peers_save(&s->clients, w);
    for (int i = 0; i < s->clients.count; i++) pv_writer_u64le(w, (uint64_t)s->samples[i]);
    return pv_fed_server_save(&s->fed, w);
}

static pv_status load(void *self, pv_reader *r)
{
    server *s = self;
    PV_TRY(pv_fed_start_load(&s->start, r, s->columns));
    pv_fed_peers_load(&s->clients, r);
    for (int i = 0; i < s->clients.count; i++)
        s->samples[i] = (int64_t)pv_reader_u64le(r, "samples of a client");
    PV_TRY(pv_reader_status(r));
    if (!s->ready) PV_TRY(get_ready(s));
    return pv_fed_server_load(&s->fed, r);
}

static pv_status finish(void *self, pv_party *p)
{
    pv_status status = PV_OK;
    server *s = self;
    char *path = pv_path_join(pv_party_folder(p), "model.safetensors");
    if (path == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    pv_fed_to_model(s->model, s->fed.weights, &s->fed.layout);
    PV_TRY_GOTO(pv_model_save(s->model, path));
    if (s->test != NULL) PV_TRY_GOTO(pv_fed_measure(p, s->model, s->test, "test"));
    PV_TRY_GOTO(pv_party_result(p, "rounds", json_integer(s->start.rounds)));
    PV_TRY_GOTO(pv_party_result(p, "parties", json_integer(s->clients.count)));
    PV_TRY_GOTO(pv_party_result(p, "dropped", pv_fed_lost(&s->clients)));
done:
    pv_free(path);
    return status;
}

const pv_role pv_federated_server = {
    .name = "server",
    .summary = "keeps the model, sends it out and moves it by what comes back",
    .least = 1,
    .most = 1,
    .open = open,
    .step = step,
    .save = save,
    .load = load,
    .finish = finish,
    .close = close,
};
