/* The server: pools the rows of all clients, trains on them, and gives the model back. */
#include "base/mem.h"
#include "fed/measure.h"
#include "fed/parts.h"
#include "fed/peers.h"
#include "fed/solo.h"
#include "privet/train.h"
#include "scheme/plain/plain.h"
#include "scheme/plain/pool.h"

#include <stdio.h>

typedef struct server {
    const pv_ctx *ctx;
    const pv_scenario *scenario;
    pv_plain_options options;
    pv_fed_peers clients;
    pv_data *test; /* NULL: there is none */
    char *path;    /* of the pool */
    int64_t *samples;
    pv_plain_pool pool;
    pv_model *model;
    pv_data *data; /* the pool's; NULL: not complete yet */
    pv_fed_solo solo;
    pv_fed_layout layout;
} server;

static void close(void *self)
{
    server *s = self;
    if (s == NULL) return;
    pv_fed_solo_clear(&s->solo);
    pv_fed_layout_clear(&s->layout);
    pv_fed_peers_clear(&s->clients);
    pv_plain_pool_clear(&s->pool);
    pv_data_free(s->data);
    pv_data_free(s->test);
    pv_model_free(s->model);
    pv_free(s->samples);
    pv_free(s->path);
    pv_free(s);
}

static pv_status open(void **self, pv_party *p)
{
    pv_status status = PV_OK;
    server *s = pv_calloc(1, sizeof *s);
    *self = NULL;
    if (s == NULL) PV_FAIL_MEMORY(sizeof *s);
    s->ctx = pv_party_ctx(p);
    s->scenario = pv_party_scenario(p);
    PV_TRY_GOTO(pv_plain_options_read(&s->options, pv_party_scenario(p)));
    PV_TRY_GOTO(pv_fed_model(&s->model, s->scenario));
    PV_TRY_GOTO(pv_fed_layout_init(&s->layout, s->model));
    PV_TRY_GOTO(pv_party_test(&s->test, p));
    PV_TRY_GOTO(pv_fed_peers_init(&s->clients, p));
    s->samples = pv_calloc((size_t)s->clients.count, sizeof *s->samples);
    s->path = pv_path_join(pv_party_folder(p), "pool.bin");
    if (s->samples == NULL || s->path == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for %d clients", s->clients.count);
    *self = s;
    s = NULL;
done:
    close(s);
    return status;
}

/* ---- the rows */
static pv_status take_join(void *user, int rank, const pv_message *m)
{
    server *s = user;
    pv_plain_join j;
    PV_TRY(pv_plain_join_take(&j, &m->parts, m->what));
    s->samples[rank] = j.samples;
    return PV_OK;
}

typedef struct taking {
    server *s;
    int64_t left; /* rows that are still to come of this client */
} taking;

static pv_status take_rows(void *user, int rank, const pv_message *m)
{
    taking *t = user;
    pv_plain_rows r;
    const pv_shape *sample = &t->s->scenario->schema.sample;
    (void)rank;
    PV_TRY(pv_plain_rows_take(&r, &m->parts, m->what, sample));
    if (r.n > t->left)
        PV_FAIL(PV_ERR_PEER, "%s: %lld rows, %lld were still to come", m->what, (long long)r.n,
                (long long)t->left);
    t->left -= r.n;
    return pv_plain_pool_add(&t->s->pool, &r, m->what, sample);
}

/* All rows of one client, or none of them when it is lost on the way. */
static pv_status pool_client(server *s, pv_party *p, int rank, uint8_t *wanted)
{
    taking t = {s, s->samples[rank]};
    int64_t before = s->pool.n;
    wanted[rank] = 1;
    while (t.left > 0 && s->clients.present[rank])
        PV_TRY(pv_fed_collect(&s->clients, p, PV_PLAIN_ROWS, wanted, take_rows, &t));
    wanted[rank] = 0;
    if (!s->clients.present[rank]) pv_plain_pool_cut(&s->pool, before);
    return PV_OK;
}

static pv_status pool_all(server *s, pv_party *p)
{
    pv_status status = PV_OK;
    uint8_t *wanted = pv_calloc((size_t)s->clients.count, 1);
    if (wanted == NULL) PV_FAIL_MEMORY((size_t)s->clients.count);
    PV_TRY_GOTO(pv_fed_collect(&s->clients, p, PV_PLAIN_JOIN, NULL, take_join, s));
    for (int i = 0; i < s->clients.count; i++)
        if (s->clients.present[i]) PV_TRY_GOTO(pool_client(s, p, i, wanted));
    PV_TRY_GOTO(pv_plain_pool_save(&s->pool, s->path, &s->scenario->schema.sample));
done:
    pv_free(wanted);
    return status;
}

/* The pool is complete: the rest can be made. */
static pv_status get_ready(server *s)
{
    pv_norm norm;
    PV_TRY(pv_plain_pool_data(&s->data, &s->pool, &s->scenario->schema));
    pv_plain_pool_clear(&s->pool);
    PV_TRY(pv_norm_fit(&norm, s->data));
    pv_fed_set_norm(s->model, &norm);
    return pv_fed_solo_init(&s->solo, &s->options.learning, s->model, s->data, s->options.epochs, 0,
                            s->scenario->seed, s->ctx);
}

/* ---- epochs */
static pv_status report(server *s, pv_party *p, int64_t epoch, const pv_fed_progress *about)
{
    pv_status status = PV_OK;
    pv_evaluation e = {0};
    pv_part part[2];
    int64_t every = s->options.evaluate_every;
    json_t *j = json_object();
    PV_TRY_GOTO(pv_json_set(j, "epoch", json_integer(epoch)));
    PV_TRY_GOTO(pv_json_set(j, "loss", pv_json_number(about->loss)));
    PV_TRY_GOTO(pv_json_set(j, "accuracy", pv_json_number(about->accuracy)));
    if (s->test != NULL && every > 0 && epoch % every == 0) {
        PV_TRY_GOTO(pv_evaluate(s->model, s->test, s->ctx, &e));
        PV_TRY_GOTO(pv_json_set(j, "test_accuracy", pv_json_number(e.accuracy)));
    }
    pv_party_progress(p, (uint64_t)epoch, (uint64_t)s->options.epochs, "epoch %lld/%lld, loss %.4f",
                      (long long)epoch, (long long)s->options.epochs, about->loss);
    pv_plain_epoch_parts(part, &epoch, &about->loss);
    PV_TRY_GOTO(pv_fed_tell(&s->clients, p, PV_PLAIN_EPOCH, part, 2));
    status = pv_party_metric(p, j);
    j = NULL;
done:
    pv_evaluation_clear(&e);
    json_decref(j);
    return status;
}

static pv_status release(server *s, pv_party *p)
{
    pv_status status = PV_OK;
    pv_fed_parts parts = {0};
    pv_part norm[2];
    float *v = pv_fed_vector_new(&s->layout);
    if (v == NULL) PV_FAIL_MEMORY((size_t)s->layout.size * sizeof *v);
    pv_fed_from_model(v, &s->layout);
    pv_plain_norm_parts(norm, pv_model_norm(s->model));
    PV_TRY_GOTO(pv_fed_tell(&s->clients, p, PV_PLAIN_NORM, norm, 2));
    PV_TRY_GOTO(pv_fed_parts_init(&parts, &s->layout, v, PV_FORM_WEIGHTS, -1));
    PV_TRY_GOTO(pv_fed_tell(&s->clients, p, PV_PLAIN_MODEL, parts.part, parts.count));
    PV_TRY_GOTO(
        pv_note(pv_party_hub(p), PV_VIEW_PUBLISHED, PV_PLAIN_RELEASED, parts.part, parts.count));
done:
    pv_fed_parts_clear(&parts);
    pv_free(v);
    return status;
}

static pv_status step(void *self, pv_party *p, uint64_t step, int *done)
{
    server *s = self;
    pv_fed_progress about;
    if (step == 1) {
        PV_TRY(pool_all(s, p));
        PV_TRY(get_ready(s));
    }
    if (step <= (uint64_t)s->options.epochs) {
        PV_TRY(pv_fed_solo_run(&s->solo, s->solo.order.batches, &about));
        return report(s, p, (int64_t)step, &about);
    }
    *done = 1;
    return release(s, p);
}

static pv_status save(void *self, pv_writer *w)
{
    const server *s = self;
    pv_fed_peers_save(&s->clients, w);
    return pv_fed_solo_save(&s->solo, w);
}

static pv_status load(void *self, pv_reader *r)
{
    server *s = self;
    pv_fed_peers_load(&s->clients, r);
    PV_TRY(pv_reader_status(r));
    if (s->data == NULL) {
        PV_TRY(pv_plain_pool_load(&s->pool, s->path, &s->scenario->schema.sample));
        PV_TRY(get_ready(s));
    }
    return pv_fed_solo_load(&s->solo, r);
}

static pv_status finish(void *self, pv_party *p)
{
    pv_status status = PV_OK;
    server *s = self;
    char *path = pv_path_join(pv_party_folder(p), "model.safetensors");
    if (path == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    PV_TRY_GOTO(pv_model_save(s->model, path));
    if (s->test != NULL) PV_TRY_GOTO(pv_fed_measure(p, s->model, s->test, "test"));
    PV_TRY_GOTO(pv_party_result(p, "rounds", json_integer(s->options.epochs)));
    PV_TRY_GOTO(pv_party_result(p, "parties", json_integer(s->clients.count)));
    PV_TRY_GOTO(pv_party_result(p, "samples", json_integer(pv_data_count(s->data))));
    PV_TRY_GOTO(pv_party_result(p, "dropped", pv_fed_lost(&s->clients)));
done:
    pv_free(path);
    return status;
}

const pv_role pv_plain_server = {
    .name = "server",
    .summary = "gets everybody's rows and trains on them",
    .least = 1,
    .most = 1,
    .open = open,
    .step = step,
    .save = save,
    .load = load,
    .finish = finish,
    .close = close,
};
