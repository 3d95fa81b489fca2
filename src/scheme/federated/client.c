/* A client: takes the weights, computes on its own data what they should become, and sends that. */
#include "fed/client.h"
#include "base/mem.h"
#include "fed/masked.h"
#include "fed/measure.h"
#include "fed/messages.h"
#include "fed/parts.h"
#include "fed/save.h"
#include "fed/solo.h"
#include "fed/start.h"
#include "nn/model_i.h"
#include "scheme/federated/federated.h"

#include <math.h>
#include <string.h>

typedef struct client {
    const pv_ctx *ctx;
    pv_fed_options options;
    uint64_t seed;
    pv_model *model, *own; /* own: what it trains alone, for comparison */
    pv_data *data;
    int server, rank;
    pv_fed_start start;
    int ready; /* the setup is known, so the rest is open */
    pv_fed_client fed;
    pv_fed_solo solo;
    float *weights, *out;
    int ended; /* weights are those at the end */
} client;

static void close(void *self)
{
    client *c = self;
    if (c == NULL) return;
    pv_fed_client_clear(&c->fed);
    pv_fed_solo_clear(&c->solo);
    pv_fed_start_clear(&c->start);
    pv_free(c->weights);
    pv_free(c->out);
    pv_data_free(c->data);
    pv_model_free(c->model);
    pv_model_free(c->own);
    pv_free(c);
}

static pv_status open(void **self, pv_party *p)
{
    pv_status status = PV_OK;
    client *c = pv_calloc(1, sizeof *c);
    *self = NULL;
    if (c == NULL) PV_FAIL_MEMORY(sizeof *c);
    c->ctx = pv_party_ctx(p);
    c->seed = pv_party_scenario(p)->seed;
    c->rank = pv_scenario_rank(pv_party_scenario(p), pv_party_name(p));
    PV_TRY_GOTO(pv_federated_options(&c->options, pv_party_scenario(p)));
    PV_TRY_GOTO(pv_fed_model(&c->model, pv_party_scenario(p)));
    PV_TRY_GOTO(pv_party_data(&c->data, p));
    c->server = pv_fed_peer_of_role(p, "server");
    *self = c;
    c = NULL;
done:
    close(c);
    return status;
}

/* ---- the beginning */

/* Training alone begins at the same weights and takes as many steps, with its own normalisation. */
static pv_status open_solo(client *c)
{
    const pv_fed_options *o = &c->options;
    int64_t steps = o->algorithm == PV_FEDSGD ? c->start.rounds : 0;
    pv_norm norm;
    if (!o->alone) return PV_OK;
    PV_TRY(pv_model_copy(&c->own, c->model));
    if (o->normalise == PV_NORMALISE_SHARED) {
        PV_TRY(pv_norm_fit(&norm, c->data));
        pv_fed_set_norm(c->own, &norm);
    }
    return pv_fed_solo_init(&c->solo, &o->learning, c->own, c->data, o->rounds * o->local_epochs,
                            steps, pv_fed_seed(c->seed, c->rank), c->ctx);
}

static pv_status get_ready(client *c)
{
    PV_TRY(open_solo(c));
    PV_TRY(pv_fed_start_apply(&c->start, c->model));
    PV_TRY(pv_fed_client_init(&c->fed, &c->options, c->model, c->data, c->rank, c->seed, NULL,
                              c->ctx));
    c->weights = pv_fed_vector_new(&c->fed.layout);
    c->out = pv_fed_vector_new(&c->fed.layout);
    if (c->weights == NULL || c->out == NULL)
        PV_FAIL_MEMORY(2 * (size_t)c->fed.layout.size * sizeof(float));
    c->ready = 1;
    return PV_OK;
}

static pv_status take_setup(client *c, pv_party *p)
{
    pv_message m;
    pv_fed_setup s;
    int columns = pv_fed_columns(&c->options, c->model);
    PV_TRY(pv_fed_from(&m, p, c->server, PV_FED_SETUP));
    pv_status status = pv_fed_setup_take(&s, &m.parts, m.what, columns);
    if (status == PV_OK) status = pv_fed_start_make(&c->start, s.rounds, columns);
    if (status == PV_OK && columns > 0) {
        memcpy(c->start.mean, s.mean, (size_t)columns * sizeof *s.mean);
        memcpy(c->start.std, s.std, (size_t)columns * sizeof *s.std);
    }
    pv_message_clear(&m);
    return status;
}

static pv_status join(client *c, pv_party *p)
{
    pv_status status = PV_OK;
    pv_part part[PV_FED_JOIN_PARTS];
    pv_data_stats s = {0};
    pv_fed_join j = {.columns = pv_fed_columns(&c->options, c->model)};
    j.truth = *pv_party_truth(p);
    PV_TRY(pv_fed_model_hash(&j.model, c->model));
    if (pv_fed_tells_samples(&c->options)) j.samples = pv_data_count(c->data);
    if (j.columns > 0) {
        PV_TRY(pv_data_stats_init(&s, c->data));
        j.mean = s.mean;
        j.std = s.std;
    }
    PV_TRY_GOTO(
        pv_send(pv_party_hub(p), c->server, PV_FED_JOIN, part, pv_fed_join_parts(part, &j)));
    PV_TRY_GOTO(take_setup(c, p));
    PV_TRY_GOTO(get_ready(c));
done:
    pv_data_stats_clear(&s);
    return status;
}

/* ---- a round */
static pv_status take_weights(client *c, pv_party *p)
{
    pv_message m;
    PV_TRY(pv_fed_from(&m, p, c->server, PV_FED_MODEL));
    pv_status status =
        pv_fed_parts_take(c->weights, NULL, &m.parts, m.what, &c->fed.layout, PV_FORM_WEIGHTS);
    pv_message_clear(&m);
    return status;
}

static pv_status give(client *c, pv_party *p, const pv_fed_round *about)
{
    int sgd = c->options.algorithm == PV_FEDSGD;
    pv_fed_parts parts;
    PV_TRY(pv_fed_parts_init(&parts, &c->fed.layout, c->out,
                             sgd ? PV_FORM_GRADIENT : PV_FORM_WEIGHTS, about->samples));
    pv_status status = pv_send(pv_party_hub(p), c->server, sgd ? PV_FED_GRADIENT : PV_FED_UPDATE,
                               parts.part, parts.count);
    pv_fed_parts_clear(&parts);
    return status;
}

static pv_status give_masked(client *c, pv_party *p, uint64_t round, size_t *clipped)
{
    pv_fed_masking m;
    int64_t size = c->fed.layout.size, weight = pv_data_count(c->data);
    if (c->options.weighting == PV_WEIGH_EQUAL) weight = 1;
    if (c->options.algorithm == PV_FEDSGD) pv_fed_state_add(c->out, c->weights, -1, &c->fed.layout);
    PV_TRY(pv_fed_masking_make(&m, &c->options, pv_party_scenario(p), size, round));
    return pv_fed_masked_send(p, &m, c->server, c->rank, c->out, size, weight, clipped);
}

static pv_status train_alone(client *c, json_t *j)
{
    const pv_fed_options *o = &c->options;
    pv_fed_progress about;
    if (!o->alone) return PV_OK;
    PV_TRY(pv_fed_solo_run(
        &c->solo, o->algorithm == PV_FEDSGD ? 1 : o->local_epochs * c->solo.order.batches, &about));
    PV_TRY(pv_json_set(j, "alone_loss", pv_json_number(about.loss)));
    return pv_json_set(j, "alone_accuracy", pv_json_number(about.accuracy));
}

static pv_status one_round(client *c, pv_party *p, uint64_t round)
{
    pv_status status = PV_OK;
    pv_fed_round about;
    size_t clipped = 0;
    int masked = c->options.aggregation == PV_SUM_MASKED;
    json_t *j = json_object();
    PV_TRY_GOTO(pv_fed_client_run(&c->fed, c->weights, (int64_t)round - 1, c->out, &about));
    if (masked)
        PV_TRY_GOTO(give_masked(c, p, round, &clipped));
    else
        PV_TRY_GOTO(give(c, p, &about));
    /* It may travel while this party trains alone; otherwise it goes with the commit, in one write.
     */
    if (c->options.alone && c->options.algorithm == PV_FEDAVG)
        PV_TRY_GOTO(pv_flush(pv_party_hub(p)));
    PV_TRY_GOTO(pv_json_set(j, "round", json_integer((json_int_t)round)));
    PV_TRY_GOTO(pv_json_set(j, "loss", pv_json_number(about.loss)));
    PV_TRY_GOTO(pv_json_set(j, "accuracy", pv_json_number(about.accuracy)));
    if (masked) PV_TRY_GOTO(pv_json_set(j, "clipped", json_integer((json_int_t)clipped)));
    PV_TRY_GOTO(train_alone(c, j));
    pv_party_progress(p, round, (uint64_t)c->start.rounds, "round %llu/%lld, loss %.4f",
                      (unsigned long long)round, (long long)c->start.rounds, about.loss);
    return pv_party_metric(p, j);
done:
    json_decref(j);
    return status;
}

static pv_status step(void *self, pv_party *p, uint64_t step, int *done)
{
    client *c = self;
    if (step == 1) PV_TRY(join(c, p));
    PV_TRY(take_weights(c, p));
    if (step <= (uint64_t)c->start.rounds) return one_round(c, p, step);
    c->ended = 1;
    *done = 1;
    return PV_OK;
}

static pv_status save(void *self, pv_writer *w)
{
    const client *c = self;
    pv_fed_start_save(&c->start, w);
    pv_writer_u8(w, (uint8_t)c->ended);
    if (c->ended) pv_fed_save_floats(w, c->weights, c->fed.layout.size);
    return c->options.alone ? pv_fed_solo_save(&c->solo, w) : pv_writer_status(w);
}

static pv_status load(void *self, pv_reader *r)
{
    client *c = self;
    PV_TRY(pv_fed_start_load(&c->start, r, pv_fed_columns(&c->options, c->model)));
    c->ended = pv_reader_u8(r, "has the run ended") != 0;
    PV_TRY(pv_reader_status(r));
    if (!c->ready) PV_TRY(get_ready(c));
    if (c->ended) pv_fed_load_floats(r, c->weights, c->fed.layout.size, "weights at the end");
    return c->options.alone ? pv_fed_solo_load(&c->solo, r) : pv_reader_status(r);
}

static pv_status finish(void *self, pv_party *p)
{
    client *c = self;
    pv_fed_to_model(c->model, c->weights, &c->fed.layout);
    return pv_fed_finish_client(p, c->model, c->options.alone ? c->own : NULL, c->data);
}

const pv_role pv_federated_client = {
    .name = "client",
    .summary = "has training data, which stays with it",
    .least = 1,
    .most = PV_HUB_PEERS,
    .brings_data = PV_BRINGS_ROWS,
    .open = open,
    .step = step,
    .save = save,
    .load = load,
    .finish = finish,
    .close = close,
};
