/* The active party: has the features, the key and the network up to the shared layer. */
#include "base/clock.h"
#include "base/ctx.h"
#include "base/mem.h"
#include "fed/measure.h"
#include "nn/model_i.h"
#include "scheme/vertical/common.h"
#include "scheme/vertical/files.h"
#include "scheme/vertical/predictions.h"

#include <string.h>

typedef struct active {
    pv_vertical_run run;
    pv_paillier_sk *sk;
    pv_active *boundary;
    pv_bottom bottom;
    pv_predictions answers;       /* what it was told of predictions */
    float *activation, *gradient; /* [m, d] */
    double *exact;                /* [m, d] */
} active;

static void close(void *self)
{
    active *a = self;
    if (a == NULL) return;
    pv_active_free(a->boundary);
    pv_paillier_sk_free(a->sk);
    pv_bottom_clear(&a->bottom);
    pv_predictions_clear(&a->answers);
    pv_free(a->activation);
    pv_free(a->gradient);
    pv_free(a->exact);
    pv_vertical_close(&a->run);
    pv_free(a);
}

/* ---- the key: the one that local names, or one made for this run and kept in its folder */
static pv_status make_key(active *a, const char *path)
{
    pv_csprng r;
    pv_ctx_log(a->run.ctx, PV_LOG_INFO,
               "making a Paillier key of %lld bits, which may take minutes: %s",
               (long long)a->run.options.bits, path);
    PV_TRY(pv_csprng_init(&r));
    pv_status status = pv_paillier_generate(&a->sk, (int)a->run.options.bits, &r, a->run.ctx);
    pv_csprng_clear(&r);
    PV_TRY(status);
    return pv_paillier_sk_save(a->sk, path);
}

static pv_status open_key(active *a, pv_party *p)
{
    pv_status status = PV_OK;
    const char *given = pv_party_local(p)->paillier;
    char *own = pv_path_join(pv_party_folder(p), "paillier.key");
    if (own == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    const char *path = given != NULL ? given : own;
    if (given != NULL || pv_file_exists(own))
        PV_TRY_GOTO(pv_paillier_sk_load(&a->sk, path));
    else
        PV_TRY_GOTO(make_key(a, own));
    int bits = pv_paillier_bits(pv_paillier_public(a->sk));
    if (bits != a->run.options.bits)
        PV_FAIL_GOTO(PV_ERR_MISMATCH, "%s: a key of %d bits, the scenario asks for key_bits = %lld",
                     path, bits, (long long)a->run.options.bits);
done:
    pv_free(own);
    return status;
}

static pv_status open(void **self, pv_party *p)
{
    pv_status status = PV_OK;
    active *a = pv_calloc(1, sizeof *a);
    *self = NULL;
    if (a == NULL) PV_FAIL_MEMORY(sizeof *a);
    PV_TRY_GOTO(pv_vertical_open(&a->run, p, 1));
    if (a->run.options.task != PV_VERTICAL_MERGE) PV_TRY_GOTO(open_key(a, p));
    *self = a;
    a = NULL;
done:
    close(a);
    return status;
}

/* What the join, or a saved state, decides is there. */
static pv_status get_ready(active *a)
{
    pv_vertical_run *c = &a->run;
    const pv_half_options o = pv_vertical_half_options(c);
    size_t n = (size_t)(c->batch * c->cut.width);
    if (c->options.task == PV_VERTICAL_MERGE) return PV_OK;
    PV_TRY(pv_bottom_init(&a->bottom, c->model, &c->cut, &o));
    a->activation = pv_calloc(n, sizeof *a->activation);
    a->gradient = pv_calloc(n, sizeof *a->gradient);
    a->exact = pv_calloc(n, sizeof *a->exact);
    if (a->activation == NULL || a->gradient == NULL || a->exact == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for activations of %zu numbers", n);
    return pv_active_new(&a->boundary, &c->boundary, a->sk, c->ctx);
}

/* ---- step 1 */
static pv_status tell_key(active *a, pv_party *p)
{
    pv_status status = PV_OK;
    pv_vertical_run *c = &a->run;
    const pv_paillier_pk *pk = pv_paillier_public(a->sk);
    uint8_t context[PV_PROOF_CONTEXT];
    size_t size = pv_vertical_proof_context(context, &pv_party_scenario(p)->hash, c->session);
    size_t n_size = (size_t)c->options.bits / 8;
    size_t proof_size = pv_paillier_proof_bytes((int)c->options.bits);
    uint8_t *n = pv_alloc(n_size, 1), *proof = pv_alloc(proof_size, 1);
    pv_part part[PV_KEY_PARTS];
    if (n == NULL || proof == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a key and its proof");
    pv_paillier_pk_bytes(n, pk);
    PV_TRY_GOTO(pv_paillier_prove(proof, a->sk, context, size));
    const pv_vertical_key key = {.n = n,
                                 .n_size = n_size,
                                 .proof = proof,
                                 .proof_size = proof_size,
                                 .safe = (uint8_t)pv_paillier_safe(a->sk)};
    PV_TRY_GOTO(pv_send(pv_party_hub(p), c->peer, PV_VERTICAL_KEY, part,
                        pv_vertical_key_parts(part, &key)));
done:
    pv_free(n);
    pv_free(proof);
    return status;
}

/* Shares: of a new layer, or as an earlier training left them. */
static pv_status begin_shares(active *a, pv_party *p)
{
    pv_status status = PV_OK;
    pv_vertical_run *c = &a->run;
    size_t count = (size_t)(c->cut.width * c->cut.outputs);
    const float *w = c->model->param[c->cut.weight].value.data;
    double *init = NULL;
    pv_bytes start = {0};
    pv_csprng r = {0};
    if (c->options.task != PV_VERTICAL_TRAIN) {
        pv_reader half = pv_reader_make("the half's share", c->half.share.data, c->half.share.size);
        PV_TRY(pv_active_load(a->boundary, &half));
        pv_reader_end(&half);
        return pv_reader_status(&half);
    }
    if (c->options.init == PV_INIT_SCENARIO) {
        init = pv_alloc(count, sizeof *init);
        if (init == NULL) PV_FAIL_MEMORY(count * sizeof *init);
        for (size_t i = 0; i < count; i++) init[i] = (double)w[i];
    }
    PV_TRY_GOTO(pv_vertical_random(&r, p, "setup", 0));
    PV_TRY_GOTO(
        pv_active_setup(&start, a->boundary, pv_vertical_scale(c->model, &c->cut), init, &r));
    PV_TRY_GOTO(pv_vertical_send(c, p, PV_VERTICAL_START, &start));
done:
    pv_csprng_clear(&r);
    pv_bytes_clear(&start);
    pv_free(init);
    return status;
}

static pv_status join(active *a, pv_party *p)
{
    PV_TRY(pv_vertical_join_peer(&a->run, p));
    PV_TRY(get_ready(a));
    PV_TRY(pv_vertical_report(&a->run, p));
    if (a->run.options.task == PV_VERTICAL_MERGE) return PV_OK;
    PV_TRY(tell_key(a, p));
    return begin_shares(a, p);
}

/* ---- what a step costs, by what it is spent on */
typedef struct phases {
    double network, encrypt, decrypt, waiting;
} phases;

static pv_status send_samples(active *a, pv_party *p, int64_t rows, int64_t batch, phases *t)
{
    pv_csprng r;
    pv_bytes samples = {0};
    double begun = pv_clock_seconds();
    PV_TRY(pv_vertical_random(&r, p, "samples", batch));
    pv_status status = pv_active_send_samples(&samples, a->boundary, a->activation, rows, &r);
    pv_csprng_clear(&r);
    if (status == PV_OK) status = pv_vertical_send(&a->run, p, PV_VERTICAL_SAMPLES, &samples);
    pv_bytes_clear(&samples);
    PV_TRY(status);
    t->encrypt += pv_clock_seconds() - begun;
    return pv_flush(pv_party_hub(p)); /* the peer computes while the rest is encrypted */
}

static pv_status send_rest(active *a, pv_party *p, phases *t)
{
    pv_csprng r;
    pv_bytes features = {0}, shares = {0};
    int learns = a->bottom.back != NULL;
    double begun = pv_clock_seconds();
    PV_TRY(pv_vertical_random(&r, p, "rest", 0));
    pv_status status = pv_active_send_rest(&features, learns ? &shares : NULL, a->boundary, &r);
    pv_csprng_clear(&r);
    if (status == PV_OK) status = pv_vertical_send(&a->run, p, PV_VERTICAL_FEATURES, &features);
    if (status == PV_OK && learns)
        status = pv_vertical_send(&a->run, p, PV_VERTICAL_SHARES, &shares);
    pv_bytes_clear(&features);
    pv_bytes_clear(&shares);
    PV_TRY(status);
    t->encrypt += pv_clock_seconds() - begun;
    return PV_OK;
}

/* The next message, and how long it took to come. */
static pv_status take(pv_message *m, const uint8_t **data, size_t *size, active *a, pv_party *p,
                      uint16_t type, phases *t)
{
    double begun = pv_clock_seconds();
    PV_TRY(pv_vertical_take(m, data, size, &a->run, p, type));
    t->waiting += pv_clock_seconds() - begun;
    return PV_OK;
}

static pv_status open_scores(active *a, pv_party *p, phases *t)
{
    pv_message m;
    const uint8_t *data;
    size_t size;
    pv_bytes opened = {0};
    PV_TRY(take(&m, &data, &size, a, p, PV_VERTICAL_SCORES, t));
    double begun = pv_clock_seconds();
    pv_status status = pv_active_open(&opened, a->boundary, data, size, m.what);
    pv_message_clear(&m);
    if (status == PV_OK) status = pv_vertical_send(&a->run, p, PV_VERTICAL_OPENED, &opened);
    pv_bytes_clear(&opened);
    PV_TRY(status);
    t->decrypt += pv_clock_seconds() - begun;
    return PV_OK;
}

static pv_status update_shares(active *a, pv_party *p, double rate, phases *t)
{
    pv_status status = PV_OK;
    pv_message m;
    const uint8_t *data;
    size_t size;
    pv_csprng r = {0};
    pv_bytes u = {0}, s = {0};
    PV_TRY(take(&m, &data, &size, a, p, PV_VERTICAL_WEIGHT_GRADIENT, t));
    double begun = pv_clock_seconds();
    PV_TRY_GOTO(pv_vertical_random(&r, p, "update", 0));
    PV_TRY_GOTO(pv_active_update(&u, &s, a->boundary, data, size, rate, m.what, &r));
    PV_TRY_GOTO(pv_vertical_send(&a->run, p, PV_VERTICAL_UPDATE, &u));
    PV_TRY_GOTO(pv_vertical_send(&a->run, p, PV_VERTICAL_STEP, &s));
    t->decrypt += pv_clock_seconds() - begun;
    PV_TRY_GOTO(pv_flush(pv_party_hub(p)));
done:
    pv_csprng_clear(&r);
    pv_bytes_clear(&u);
    pv_bytes_clear(&s);
    pv_message_clear(&m);
    return status;
}

/* After the last step: W as predictions use it. */
static pv_status settle(active *a, pv_party *p)
{
    pv_csprng r = {0};
    pv_bytes s = {0};
    PV_TRY(pv_vertical_random(&r, p, "settle", 0));
    pv_status status = pv_active_settle(&s, a->boundary, &r);
    if (status == PV_OK) status = pv_vertical_send(&a->run, p, PV_VERTICAL_SETTLED, &s);
    pv_csprng_clear(&r);
    pv_bytes_clear(&s);
    return status;
}

static pv_status note_gradient(active *a, pv_party *p)
{
    const pv_vertical_run *c = &a->run;
    const pv_part part[] = {
        {.name = "index", .dtype = PV_I64, .shape = PV_SHAPE(c->batch), .data = c->index},
        {.name = "gradient",
         .dtype = PV_F32,
         .shape = PV_SHAPE(c->batch, c->cut.width),
         .data = a->gradient},
    };
    return pv_note(pv_party_hub(p), PV_VIEW_DERIVED, PV_VERTICAL_DA, part, 2);
}

/* dL/dA, and the network moves. */
static pv_status learn(active *a, pv_party *p, int64_t step, phases *t)
{
    pv_message m;
    const uint8_t *data;
    size_t size;
    pv_vertical_run *c = &a->run;
    if (a->bottom.back == NULL) return PV_OK;
    PV_TRY(take(&m, &data, &size, a, p, PV_VERTICAL_ACTIVATION_GRADIENT, t));
    double begun = pv_clock_seconds();
    pv_status status = pv_active_gradient(a->exact, a->boundary, data, size, m.what);
    pv_message_clear(&m);
    PV_TRY(status);
    for (int64_t i = 0; i < c->batch * c->cut.width; i++) a->gradient[i] = (float)a->exact[i];
    t->decrypt += pv_clock_seconds() - begun;
    begun = pv_clock_seconds();
    PV_TRY(note_gradient(a, p));
    PV_TRY(pv_bottom_backward(&a->bottom, step, pv_schedule_lr(&c->schedule, step), a->gradient));
    t->network += pv_clock_seconds() - begun;
    return PV_OK;
}

static pv_status measure(active *a, pv_party *p, const pv_vertical_step *s, const phases *t)
{
    pv_status status = PV_OK;
    json_t *j = json_object();
    int training = s->kind == PV_STEP_TRAIN;
    PV_TRY_GOTO(
        pv_json_set(j, training ? "training_step" : "measured_batch", json_integer(s->number + 1)));
    PV_TRY_GOTO(pv_json_set(j, "network_seconds", pv_json_number(t->network)));
    PV_TRY_GOTO(pv_json_set(j, "encrypt_seconds", pv_json_number(t->encrypt)));
    PV_TRY_GOTO(pv_json_set(j, "decrypt_seconds", pv_json_number(t->decrypt)));
    PV_TRY_GOTO(pv_json_set(j, "waiting_seconds", pv_json_number(t->waiting)));
    PV_TRY_GOTO(
        pv_json_set(j, "clamped", json_integer((json_int_t)pv_active_clamped(a->boundary))));
    return pv_party_metric(p, j);
done:
    json_decref(j);
    return status;
}

static pv_status train(active *a, pv_party *p, const pv_vertical_step *s)
{
    pv_vertical_run *c = &a->run;
    const pv_augment augment = pv_fed_augment(&c->options.learning);
    phases t = {0};
    double begun = pv_clock_seconds();
    pv_vertical_training_rows(c, s->number);
    pv_batch_fill(&a->bottom.batch, c->model, c->data, c->index, &augment, c->order.seed,
                  (uint64_t)s->number);
    PV_TRY(pv_bottom_forward(&a->bottom, s->number, a->activation));
    t.network += pv_clock_seconds() - begun;
    PV_TRY(send_samples(a, p, c->batch, 0, &t));
    PV_TRY(send_rest(a, p, &t));
    PV_TRY(open_scores(a, p, &t));
    PV_TRY(update_shares(a, p, pv_vertical_shared_lr(&c->options, &c->schedule, s->number), &t));
    PV_TRY(learn(a, p, s->number, &t));
    if (pv_vertical_settles(c, s->number)) PV_TRY(settle(a, p));
    pv_party_progress(p, (uint64_t)s->number + 1, (uint64_t)(c->batches * c->options.epochs),
                      "step %lld/%lld", (long long)s->number + 1,
                      (long long)(c->batches * c->options.epochs));
    return measure(a, p, s, &t);
}

/* ---- what is measured or predicted */
static pv_status take_answer(active *a, pv_party *p, int64_t rows)
{
    pv_vertical_run *c = &a->run;
    pv_vertical_answer answer = {
        .kind = c->options.answers, .rows = rows, .classes = c->model->domain.classes};
    pv_message m;
    if (c->options.answers == PV_ANSWER_NONE) return PV_OK;
    PV_TRY(pv_fed_from(&m, p, c->peer, PV_VERTICAL_ANSWER));
    pv_status status = pv_vertical_answer_take(&answer, &m.parts, m.what);
    if (status == PV_OK) status = pv_predictions_add(&a->answers, &answer);
    pv_message_clear(&m);
    return status;
}

static pv_status evaluate_batch(active *a, pv_party *p, int64_t batch, phases *t)
{
    pv_vertical_run *c = &a->run;
    double begun = pv_clock_seconds();
    int64_t rows = pv_vertical_measured_rows(c, batch);
    PV_TRY(pv_ctx_check(c->ctx));
    pv_batch_fill(&a->bottom.batch, c->model, c->measured, c->index, NULL, 0, 0);
    PV_TRY(pv_bottom_forward(&a->bottom, -1, a->activation));
    t->network += pv_clock_seconds() - begun;
    PV_TRY(send_samples(a, p, rows, batch, t));
    PV_TRY(open_scores(a, p, t));
    PV_TRY(take_answer(a, p, rows));
    pv_party_progress(p, (uint64_t)batch + 1, (uint64_t)c->passes, "measuring %lld/%lld",
                      (long long)batch + 1, (long long)c->passes);
    return PV_OK;
}

static pv_status evaluate(active *a, pv_party *p, const pv_vertical_step *s)
{
    phases t = {0};
    if (s->number == 0) PV_TRY(pv_bottom_store(&a->bottom));
    for (int64_t k = 0; k < s->count; k++) PV_TRY(evaluate_batch(a, p, s->number + k, &t));
    return measure(a, p, s, &t);
}

static pv_status step(void *self, pv_party *p, uint64_t step, int *done)
{
    active *a = self;
    pv_vertical_run *c = &a->run;
    pv_vertical_step s = pv_vertical_step_of(&c->options, c->batches, c->passes, step);
    *done = s.last;
    switch (s.kind) {
    case PV_STEP_JOIN:
        return join(a, p);
    case PV_STEP_TRAIN:
        return train(a, p, &s);
    case PV_STEP_EVALUATE:
        return evaluate(a, p, &s);
    default:
        return pv_vertical_end(c, p);
    }
}

/* ---- between steps */
static pv_status save(void *self, pv_writer *w)
{
    active *a = self;
    pv_vertical_save(&a->run, w);
    if (a->run.options.task == PV_VERTICAL_MERGE) return pv_writer_status(w);
    PV_TRY(pv_active_save(a->boundary, w));
    PV_TRY(pv_bottom_save(&a->bottom, w));
    pv_predictions_save(&a->answers, w);
    return pv_writer_status(w);
}

static pv_status load(void *self, pv_reader *r)
{
    active *a = self;
    PV_TRY(pv_vertical_load(&a->run, r));
    PV_TRY(get_ready(a));
    if (a->run.options.task == PV_VERTICAL_MERGE) return PV_OK;
    PV_TRY(pv_active_load(a->boundary, r));
    PV_TRY(pv_bottom_load(&a->bottom, r));
    return pv_predictions_load(&a->answers, r);
}

static pv_status leave_half(active *a, pv_party *p)
{
    pv_writer w = pv_writer_make("a share", SIZE_MAX / 2);
    w.secret = 1;
    pv_status status = pv_active_save(a->boundary, &w);
    if (status == PV_OK) return pv_vertical_leave_half(&a->run, p, pv_paillier_public(a->sk), &w);
    pv_writer_clear(&w);
    return status;
}

static pv_status finish(void *self, pv_party *p)
{
    active *a = self;
    if (a->run.options.task == PV_VERTICAL_MERGE) return PV_OK;
    if (a->run.options.task == PV_VERTICAL_TRAIN) PV_TRY(leave_half(a, p));
    PV_TRY(pv_predictions_write(&a->answers, a->run.model, p));
    return pv_party_result(p, "clamped", json_integer((json_int_t)pv_active_clamped(a->boundary)));
}

const pv_role pv_vertical_active = {
    .name = "active",
    .summary = "has the features, the key and the network up to the shared layer",
    .least = 1,
    .most = 1,
    .brings = pv_vertical_brings,
    .files = pv_vertical_active_files,
    .open = open,
    .step = step,
    .save = save,
    .load = load,
    .finish = finish,
    .close = close,
};
