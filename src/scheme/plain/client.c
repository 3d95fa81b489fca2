/* A client: sends its rows, and gets a model that was trained on everybody's. */
#include "base/mem.h"
#include "fed/measure.h"
#include "fed/order.h"
#include "fed/parts.h"
#include "fed/save.h"
#include "fed/solo.h"
#include "nn/model_i.h"
#include "scheme/plain/messages.h"
#include "scheme/plain/plain.h"

#include <string.h>

typedef struct client {
    const pv_ctx *ctx;
    pv_plain_options options;
    pv_model *model, *own; /* own: what it trains alone, for comparison */
    pv_fed_layout layout;
    pv_data *data;
    int server;
    pv_fed_solo solo;
    float *weights;
    int ended; /* model and weights are those at the end */
} client;

static void close(void *self)
{
    client *c = self;
    if (c == NULL) return;
    pv_fed_solo_clear(&c->solo);
    pv_fed_layout_clear(&c->layout);
    pv_free(c->weights);
    pv_data_free(c->data);
    pv_model_free(c->model);
    pv_model_free(c->own);
    pv_free(c);
}

/* Training alone begins at the same weights and takes as many epochs of its own. */
static pv_status open_solo(client *c, pv_party *p)
{
    const pv_scenario *s = pv_party_scenario(p);
    int rank = pv_scenario_rank(s, pv_party_name(p));
    pv_norm norm;
    if (!c->options.alone) return PV_OK;
    PV_TRY(pv_model_copy(&c->own, c->model));
    PV_TRY(pv_norm_fit(&norm, c->data));
    pv_fed_set_norm(c->own, &norm);
    return pv_fed_solo_init(&c->solo, &c->options.learning, c->own, c->data, c->options.epochs, 0,
                            pv_fed_seed(s->seed, rank), c->ctx);
}

static pv_status open(void **self, pv_party *p)
{
    pv_status status = PV_OK;
    client *c = pv_calloc(1, sizeof *c);
    *self = NULL;
    if (c == NULL) PV_FAIL_MEMORY(sizeof *c);
    c->ctx = pv_party_ctx(p);
    PV_TRY_GOTO(pv_plain_options_read(&c->options, pv_party_scenario(p)));
    PV_TRY_GOTO(pv_fed_model(&c->model, pv_party_scenario(p)));
    PV_TRY_GOTO(pv_fed_layout_init(&c->layout, c->model));
    c->weights = pv_fed_vector_new(&c->layout);
    if (c->weights == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the weights of a model");
    PV_TRY_GOTO(pv_party_data(&c->data, p));
    PV_TRY_GOTO(pv_data_complete(c->data));
    PV_TRY_GOTO(open_solo(c, p));
    c->server = pv_fed_peer_of_role(p, "server");
    *self = c;
    c = NULL;
done:
    close(c);
    return status;
}

static pv_status give_rows(client *c, pv_party *p)
{
    pv_plain_join j = {.samples = pv_data_count(c->data)};
    j.truth = *pv_party_truth(p);
    PV_TRY(pv_plain_join_send(p, c->server, &j));
    return pv_plain_rows_send(p, c->server, c->data);
}

static pv_status follow_epoch(client *c, pv_party *p, uint64_t step)
{
    pv_message m;
    int64_t epoch;
    double loss;
    PV_TRY(pv_fed_from(&m, p, c->server, PV_PLAIN_EPOCH));
    pv_status status = pv_plain_epoch_take(&epoch, &loss, &m.parts, m.what);
    pv_message_clear(&m);
    PV_TRY(status);
    pv_party_progress(p, step, (uint64_t)c->options.epochs, "epoch %llu/%lld, loss %.4f",
                      (unsigned long long)step, (long long)c->options.epochs, loss);
    return PV_OK;
}

static pv_status take_model(client *c, pv_party *p)
{
    pv_status status = PV_OK;
    pv_message norm = {0}, model = {0};
    pv_norm n;
    const pv_shape sample = pv_model_what(c->model).sample;
    PV_TRY_GOTO(pv_fed_from(&norm, p, c->server, PV_PLAIN_NORM));
    PV_TRY_GOTO(pv_plain_norm_take(&n, &norm.parts, norm.what, (int)sample.dim[sample.ndim - 1]));
    pv_fed_set_norm(c->model, &n);
    PV_TRY_GOTO(pv_fed_from(&model, p, c->server, PV_PLAIN_MODEL));
    PV_TRY_GOTO(
        pv_fed_parts_take(c->weights, NULL, &model.parts, model.what, &c->layout, PV_FORM_WEIGHTS));
    c->ended = 1;
done:
    pv_message_clear(&norm);
    pv_message_clear(&model);
    return status;
}

static pv_status train_alone(client *c, pv_party *p, uint64_t step)
{
    pv_status status = PV_OK;
    pv_fed_progress about;
    json_t *j = NULL;
    if (!c->options.alone) return PV_OK;
    PV_TRY(pv_fed_solo_run(&c->solo, c->solo.order.batches, &about));
    j = json_object();
    PV_TRY_GOTO(pv_json_set(j, "epoch", json_integer((json_int_t)step)));
    PV_TRY_GOTO(pv_json_set(j, "alone_loss", pv_json_number(about.loss)));
    PV_TRY_GOTO(pv_json_set(j, "alone_accuracy", pv_json_number(about.accuracy)));
    return pv_party_metric(p, j);
done:
    json_decref(j);
    return status;
}

static pv_status step(void *self, pv_party *p, uint64_t step, int *done)
{
    client *c = self;
    if (step == 1) PV_TRY(give_rows(c, p));
    if (step <= (uint64_t)c->options.epochs) {
        PV_TRY(pv_flush(pv_party_hub(p))); /* rows travel while this party trains alone */
        PV_TRY(train_alone(c, p, step));
        return follow_epoch(c, p, step);
    }
    *done = 1;
    return take_model(c, p);
}

static pv_status save(void *self, pv_writer *w)
{
    const client *c = self;
    const pv_norm *n = pv_model_norm(c->model);
    pv_writer_u8(w, (uint8_t)c->ended);
    if (c->ended) {
        pv_fed_save_floats(w, n->mean, n->n);
        pv_fed_save_floats(w, n->inverse_std, n->n);
        pv_fed_save_floats(w, c->weights, c->layout.size);
    }
    return c->options.alone ? pv_fed_solo_save(&c->solo, w) : pv_writer_status(w);
}

static pv_status load_end(client *c, pv_reader *r)
{
    const pv_shape sample = pv_model_what(c->model).sample;
    int columns = (int)sample.dim[sample.ndim - 1];
    pv_norm n = {.n = columns,
                 .mean = pv_alloc((size_t)columns, sizeof *n.mean),
                 .inverse_std = pv_alloc((size_t)columns, sizeof *n.inverse_std)};
    if (n.mean == NULL || n.inverse_std == NULL) {
        pv_norm_clear(&n);
        PV_FAIL(PV_ERR_MEMORY, "out of memory for the normalisation of %d columns", columns);
    }
    pv_fed_load_floats(r, n.mean, columns, "means");
    pv_fed_load_floats(r, n.inverse_std, columns, "deviations");
    pv_fed_load_floats(r, c->weights, c->layout.size, "weights at the end");
    pv_fed_set_norm(c->model, &n);
    return pv_reader_status(r);
}

static pv_status load(void *self, pv_reader *r)
{
    client *c = self;
    c->ended = pv_reader_u8(r, "has the run ended") != 0;
    if (c->ended) PV_TRY(load_end(c, r));
    return c->options.alone ? pv_fed_solo_load(&c->solo, r) : pv_reader_status(r);
}

static pv_status finish(void *self, pv_party *p)
{
    client *c = self;
    pv_fed_to_model(c->model, c->weights, &c->layout);
    return pv_fed_finish_client(p, c->model, c->options.alone ? c->own : NULL, c->data);
}

const pv_role pv_plain_client = {
    .name = "client",
    .summary = "has training data, and gives it all to the server",
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
