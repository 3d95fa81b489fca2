/* The passive party: has the labels, its share of the shared layer, and all layers behind it. */
#include "base/clock.h"
#include "base/ctx.h"
#include "base/mem.h"
#include "base/secret.h"
#include "crypto/identity/identity.h"
#include "fed/measure.h"
#include "nn/model_i.h"
#include "scheme/vertical/common.h"
#include "scheme/vertical/files.h"
#include "scheme/vertical/predictions.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct counts {
    int64_t measured, correct;
    double loss;
    uint64_t clipped; /* rows of dL/dZ that were scaled down to what the bounds allow */
} counts;

typedef struct passive {
    pv_vertical_run run;
    pv_paillier_pk *pk;
    pv_passive *boundary;
    pv_top top;
    pv_protect protect;
    pv_predictions predictions;
    counts counts;
    int safe;           /* the key's owner says that its primes are safe */
    uint8_t *key;       /* secret memory, 32 bytes: of what is drawn once a run: blinding */
    uint8_t *label_key; /* likewise: of what is drawn once for all runs: labels under rr */
    int32_t *label, *batch_label;   /* [rows] as they are learnt, [m] */
    float *z, *g, *shown_g;         /* [m, c] */
    double *logits, *exact, *shown; /* [m, c] */
    float *log_probability;         /* [m, classes] */
    int32_t *guess;                 /* [m] */
    float *probability;             /* [m, classes] */
} passive;

enum { KEY = PV_RUN_KEY_BYTES };

static void close(void *self)
{
    passive *b = self;
    if (b == NULL) return;
    pv_passive_free(b->boundary);
    pv_paillier_pk_free(b->pk);
    pv_top_clear(&b->top);
    pv_predictions_clear(&b->predictions);
    pv_secret_free(b->key);
    pv_secret_free(b->label_key);
    pv_free(b->label);
    pv_free(b->batch_label);
    pv_free(b->z);
    pv_free(b->g);
    pv_free(b->shown_g);
    pv_free(b->logits);
    pv_free(b->exact);
    pv_free(b->shown);
    pv_free(b->log_probability);
    pv_free(b->guess);
    pv_free(b->probability);
    pv_vertical_close(&b->run);
    pv_free(b);
}

static pv_status open(void **self, pv_party *p)
{
    pv_status status = PV_OK;
    passive *b = pv_calloc(1, sizeof *b);
    *self = NULL;
    if (b == NULL) PV_FAIL_MEMORY(sizeof *b);
    b->key = pv_secret_alloc(KEY);
    b->label_key = pv_secret_alloc(KEY);
    if (b->key == NULL || b->label_key == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a key");
    PV_TRY_GOTO(pv_identity_derive(b->label_key, pv_party_identity(p), "vertical/labels"));
    PV_TRY_GOTO(pv_vertical_open(&b->run, p, 0));
    *self = b;
    b = NULL;
done:
    close(b);
    return status;
}

/* ---- what the join, or a saved state, decides is there */
static pv_status allocate(passive *b)
{
    const pv_vertical_run *c = &b->run;
    size_t m = (size_t)c->batch, n = m * (size_t)c->cut.outputs;
    size_t classes = (size_t)c->model->domain.classes;
    b->batch_label = pv_calloc(m, sizeof *b->batch_label);
    b->z = pv_calloc(n, sizeof *b->z);
    b->g = pv_calloc(n, sizeof *b->g);
    b->shown_g = pv_calloc(n, sizeof *b->shown_g);
    b->logits = pv_calloc(n, sizeof *b->logits);
    b->exact = pv_calloc(n, sizeof *b->exact);
    b->shown = pv_calloc(n, sizeof *b->shown);
    b->log_probability = pv_calloc(m * classes, sizeof *b->log_probability);
    b->guess = pv_calloc(m, sizeof *b->guess);
    b->probability = pv_calloc(m * classes, sizeof *b->probability);
    if (b->batch_label == NULL || b->z == NULL || b->g == NULL || b->shown_g == NULL ||
        b->logits == NULL || b->exact == NULL || b->shown == NULL || b->log_probability == NULL ||
        b->guess == NULL || b->probability == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for a batch of %lld rows", (long long)c->batch);
    return PV_OK;
}

/* With randomised response other labels than its own are learnt, the same ones in every run of this
 * party on these rows. */
static pv_status read_labels(passive *b)
{
    const pv_vertical_run *c = &b->run;
    b->label = pv_calloc((size_t)c->rows, sizeof *b->label);
    if (b->label == NULL) PV_FAIL_MEMORY((size_t)c->rows * sizeof *b->label);
    for (int64_t i = 0; i < c->rows; i++) b->label[i] = pv_data_label(c->data, i);
    return pv_protect_labels(b->label, &b->protect, c->rows, b->label_key);
}

static pv_status get_ready(passive *b)
{
    pv_vertical_run *c = &b->run;
    pv_half_options o = pv_vertical_half_options(c);
    if (c->options.task == PV_VERTICAL_MERGE) return PV_OK;
    PV_TRY(pv_vertical_protect(&b->protect, &c->options, c->model, &c->cut, c->batch));
    o.outside = pv_protect_everywhere(&b->protect);
    PV_TRY(allocate(b));
    PV_TRY(pv_top_init(&b->top, c->model, &c->cut, &o));
    return c->options.task == PV_VERTICAL_TRAIN ? read_labels(b) : PV_OK;
}

/* The same blinding, whenever the party is started again: what a step sends is made with it. */
static pv_status open_boundary(passive *b)
{
    pv_csprng r;
    PV_TRY(pv_csprng_derive(&r, b->key, "vertical/blinding", 0, 0));
    pv_status status =
        pv_passive_new(&b->boundary, &b->run.boundary, b->pk, b->safe, &r, b->run.ctx);
    pv_csprng_clear(&r);
    return status;
}

/* ---- step 1 */
static pv_status take_key(passive *b, pv_party *p)
{
    pv_status status = PV_OK;
    pv_vertical_run *c = &b->run;
    pv_message m;
    pv_vertical_key key;
    uint8_t context[PV_PROOF_CONTEXT];
    size_t size = pv_vertical_proof_context(context, &pv_party_scenario(p)->hash, c->session);
    PV_TRY(pv_fed_from(&m, p, c->peer, PV_VERTICAL_KEY));
    PV_TRY_GOTO(pv_vertical_key_take(&key, &m.parts, m.what, c->options.bits));
    status = pv_paillier_pk_new(&b->pk, key.n, key.n_size);
    if (status != PV_OK && status != PV_ERR_MEMORY)
        status = pv_trail_context(PV_ERR_PEER, __FILE__, __LINE__, "%s: it is no key", m.what);
    if (status != PV_OK) goto done;
    PV_TRY_GOTO(pv_paillier_verify(b->pk, key.proof, key.proof_size, context, size));
    b->safe = key.safe && c->options.blinding == 0;
    if (!key.safe)
        pv_ctx_log(c->ctx, PV_LOG_INFO,
                   "the key's primes are not safe ones: results are re-randomised the slow way");
    PV_TRY_GOTO(open_boundary(b));
done:
    pv_message_clear(&m);
    return status;
}

static pv_status begin_shares(passive *b, pv_party *p)
{
    pv_vertical_run *c = &b->run;
    pv_message m;
    const uint8_t *data;
    size_t size;
    pv_csprng r;
    if (c->options.task != PV_VERTICAL_TRAIN) {
        pv_reader half = pv_reader_make("the half's share", c->half.share.data, c->half.share.size);
        PV_TRY(pv_passive_load(b->boundary, &half));
        pv_reader_end(&half);
        return pv_reader_status(&half);
    }
    PV_TRY(pv_vertical_random(&r, p, "setup", 0));
    pv_status status = pv_vertical_take(&m, &data, &size, c, p, PV_VERTICAL_START);
    if (status == PV_OK)
        status = pv_passive_setup(b->boundary, data, size, pv_vertical_scale(c->model, &c->cut),
                                  c->options.init == PV_INIT_SCENARIO, m.what, &r);
    pv_message_clear(&m);
    pv_csprng_clear(&r);
    return status;
}

static pv_status join(passive *b, pv_party *p)
{
    pv_csprng r;
    PV_TRY(pv_vertical_join_peer(&b->run, p));
    PV_TRY(pv_vertical_random(&r, p, "once", 0));
    pv_csprng_bytes(&r, b->key, KEY);
    pv_csprng_clear(&r);
    PV_TRY(get_ready(b));
    PV_TRY(pv_vertical_report(&b->run, p));
    if (b->run.options.task == PV_VERTICAL_MERGE) return PV_OK;
    PV_TRY(take_key(b, p));
    return begin_shares(b, p);
}

/* ---- Z */
typedef struct phases {
    double network, products, gradients, waiting;
} phases;

static pv_status take(pv_message *m, const uint8_t **data, size_t *size, passive *b, pv_party *p,
                      uint16_t type, phases *t)
{
    double begun = pv_clock_seconds();
    PV_TRY(pv_vertical_take(m, data, size, &b->run, p, type));
    t->waiting += pv_clock_seconds() - begun;
    return PV_OK;
}

static pv_status send_scores(passive *b, pv_party *p, int64_t rows, int64_t batch, phases *t)
{
    pv_status status = PV_OK;
    pv_message m;
    const uint8_t *data;
    size_t size;
    pv_csprng r = {0};
    pv_bytes scores = {0};
    PV_TRY(take(&m, &data, &size, b, p, PV_VERTICAL_SAMPLES, t));
    double begun = pv_clock_seconds();
    PV_TRY_GOTO(pv_vertical_random(&r, p, "scores", batch));
    PV_TRY_GOTO(pv_passive_scores(&scores, b->boundary, data, size, rows, m.what, &r));
    PV_TRY_GOTO(pv_vertical_send(&b->run, p, PV_VERTICAL_SCORES, &scores));
    t->products += pv_clock_seconds() - begun;
    PV_TRY_GOTO(pv_flush(pv_party_hub(p)));
done:
    pv_csprng_clear(&r);
    pv_bytes_clear(&scores);
    pv_message_clear(&m);
    return status;
}

static pv_status note_logits(passive *b, pv_party *p, int64_t rows, double lr)
{
    const pv_vertical_run *c = &b->run;
    const float *bias = c->cut.bias < 0 ? NULL : c->model->param[c->cut.bias].value.data;
    int64_t n = c->cut.outputs;
    for (int64_t i = 0; i < rows * n; i++)
        b->shown_g[i] = b->z[i] + (bias == NULL ? 0 : bias[i % n]);
    const pv_part part[] = {
        {.name = "index", .dtype = PV_I64, .shape = PV_SHAPE(rows), .data = c->index},
        {.name = "logits", .dtype = PV_F32, .shape = PV_SHAPE(rows, n), .data = b->shown_g},
        {.name = "lr", .dtype = PV_F64, .shape = PV_SHAPE(1), .data = &lr},
    };
    return pv_note(pv_party_hub(p), PV_VIEW_DERIVED, PV_VERTICAL_LOGITS, part, 3);
}

/* b->z [m, c]; rows that a short batch lacks are those of its last. */
static pv_status read_logits(passive *b, pv_party *p, int64_t rows, double lr, phases *t)
{
    pv_message m;
    const uint8_t *data;
    size_t size;
    const pv_vertical_run *c = &b->run;
    PV_TRY(take(&m, &data, &size, b, p, PV_VERTICAL_OPENED, t));
    double begun = pv_clock_seconds();
    pv_status status = pv_passive_logits(b->logits, b->boundary, data, size, m.what);
    pv_message_clear(&m);
    PV_TRY(status);
    for (int64_t i = 0; i < c->batch; i++)
        for (int64_t k = 0; k < c->cut.outputs; k++)
            b->z[i * c->cut.outputs + k] =
                (float)b->logits[(i < rows ? i : rows - 1) * c->cut.outputs + k];
    t->products += pv_clock_seconds() - begun;
    return note_logits(b, p, rows, lr);
}

/* ---- G */

/* Cross entropy on the shared layer's own outputs keeps |G_i| <= 1/m in each entry and 2/m in sum;
 * layers behind it may go beyond, and are cut to that: row by row, in length. */
static void bound_rows(passive *b)
{
    const pv_vertical_run *c = &b->run;
    double m = (double)c->batch, rounding = 1e-6;
    for (int64_t i = 0; i < c->batch; i++) {
        const float *row = b->g + i * c->cut.outputs;
        double most = 0, sum = 0, shorter;
        for (int64_t k = 0; k < c->cut.outputs; k++) {
            most = fmax(most, fabs((double)row[k]));
            sum += fabs((double)row[k]);
        }
        shorter = fmin(1, fmin(1 / (m * most), 2 / (m * sum)));
        b->counts.clipped += shorter < 1 - rounding;
        for (int64_t k = 0; k < c->cut.outputs; k++)
            b->exact[i * c->cut.outputs + k] = (double)row[k] * shorter;
    }
}

static pv_status protect(passive *b, pv_party *p, double *divergence)
{
    pv_csprng r;
    PV_TRY(pv_vertical_random(&r, p, "noise", 0));
    pv_status status = pv_protect_gradient(b->shown, &b->protect, b->exact, b->batch_label,
                                           b->run.batch, divergence, &r);
    pv_csprng_clear(&r);
    return status;
}

static int peer_learns(const passive *b)
{
    return pv_vertical_learns(&b->run.cut, b->run.model);
}

static pv_status send_gradients(passive *b, pv_party *p, const pv_message *features,
                                const pv_message *shares, phases *t)
{
    pv_status status = PV_OK;
    const uint8_t *f, *e = NULL;
    size_t f_size, e_size = 0;
    int learns = peer_learns(b), everywhere = pv_protect_everywhere(&b->protect);
    pv_csprng r = {0};
    pv_bytes d = {0}, x = {0};
    double begun = pv_clock_seconds();
    PV_TRY_GOTO(pv_vertical_bytes_take(&f, &f_size, &features->parts, features->what));
    if (learns) PV_TRY_GOTO(pv_vertical_bytes_take(&e, &e_size, &shares->parts, shares->what));
    PV_TRY_GOTO(pv_vertical_random(&r, p, "gradients", 0));
    PV_TRY_GOTO(pv_passive_gradients(&d, learns ? &x : NULL, b->boundary, f, f_size, e, e_size,
                                     everywhere ? b->shown : b->exact, b->shown, features->what,
                                     &r));
    PV_TRY_GOTO(pv_vertical_send(&b->run, p, PV_VERTICAL_WEIGHT_GRADIENT, &d));
    if (learns) PV_TRY_GOTO(pv_vertical_send(&b->run, p, PV_VERTICAL_ACTIVATION_GRADIENT, &x));
    t->gradients += pv_clock_seconds() - begun;
    PV_TRY_GOTO(pv_flush(pv_party_hub(p)));
done:
    pv_csprng_clear(&r);
    pv_bytes_clear(&d);
    pv_bytes_clear(&x);
    return status;
}

/* ---- W~ */
static pv_status take_update(passive *b, pv_party *p, double rate, phases *t)
{
    pv_status status = PV_OK;
    pv_message m, n = {0};
    const uint8_t *u, *s;
    size_t u_size, s_size;
    PV_TRY(take(&m, &u, &u_size, b, p, PV_VERTICAL_UPDATE, t));
    PV_TRY_GOTO(take(&n, &s, &s_size, b, p, PV_VERTICAL_STEP, t));
    double begun = pv_clock_seconds();
    PV_TRY_GOTO(pv_passive_update(b->boundary, u, u_size, s, s_size, rate, m.what));
    t->gradients += pv_clock_seconds() - begun;
done:
    pv_message_clear(&m);
    pv_message_clear(&n);
    return status;
}

/* After the last step: W~ as predictions use it. */
static pv_status settle(passive *b, pv_party *p, phases *t)
{
    pv_message m;
    const uint8_t *s;
    size_t size;
    PV_TRY(take(&m, &s, &size, b, p, PV_VERTICAL_SETTLED, t));
    pv_status status = pv_passive_settle(b->boundary, s, size, m.what);
    pv_message_clear(&m);
    return status;
}

/* ---- a training step */
typedef struct learnt {
    double loss, accuracy, divergence;
} learnt;

static pv_status learn(passive *b, pv_party *p, const pv_vertical_step *s, learnt *about, phases *t)
{
    pv_vertical_run *c = &b->run;
    double lr = pv_schedule_lr(&c->schedule, s->number), begun = pv_clock_seconds();
    int64_t correct;
    for (int64_t i = 0; i < c->batch; i++) b->batch_label[i] = b->label[c->index[i]];
    PV_TRY(pv_top_step(&b->top, s->number, lr, b->z, b->batch_label, b->g, &about->loss, &correct));
    if (!isfinite(about->loss))
        PV_FAIL(PV_ERR_NUMERIC,
                "step %lld: the loss is not finite; lower the learning rate (it is %g)",
                (long long)s->number + 1, c->schedule.lr);
    about->accuracy = (double)correct / (double)c->batch;
    bound_rows(b);
    PV_TRY(protect(b, p, &about->divergence));
    for (int64_t i = 0; i < c->batch * c->cut.outputs; i++) b->shown_g[i] = (float)b->shown[i];
    PV_TRY(pv_top_move(&b->top, s->number, lr, b->shown_g));
    t->network += pv_clock_seconds() - begun;
    return PV_OK;
}

static pv_status add_phases(json_t *j, const phases *t)
{
    PV_TRY(pv_json_set(j, "network_seconds", pv_json_number(t->network)));
    PV_TRY(pv_json_set(j, "products_seconds", pv_json_number(t->products)));
    PV_TRY(pv_json_set(j, "gradients_seconds", pv_json_number(t->gradients)));
    return pv_json_set(j, "waiting_seconds", pv_json_number(t->waiting));
}

static pv_status measure_step(passive *b, pv_party *p, const pv_vertical_step *s,
                              const learnt *about, const phases *t)
{
    pv_status status = PV_OK;
    json_t *j = json_object();
    PV_TRY_GOTO(pv_json_set(j, "training_step", json_integer(s->number + 1)));
    PV_TRY_GOTO(pv_json_set(j, "loss", pv_json_number(about->loss)));
    PV_TRY_GOTO(pv_json_set(j, "accuracy", pv_json_number(about->accuracy)));
    if (b->protect.how == PV_PROTECT_MARVELL) {
        double error = pv_protect_error(about->divergence);
        PV_TRY_GOTO(pv_json_set(j, "divergence", pv_json_number(about->divergence)));
        PV_TRY_GOTO(pv_json_set(j, "detector_error", pv_json_number(error)));
    }
    PV_TRY_GOTO(add_phases(j, t));
    return pv_party_metric(p, j);
done:
    json_decref(j);
    return status;
}

static pv_status train(passive *b, pv_party *p, const pv_vertical_step *s)
{
    pv_status status = PV_OK;
    pv_vertical_run *c = &b->run;
    phases t = {0};
    learnt about = {0};
    pv_message features = {0}, shares = {0};
    const uint8_t *data;
    size_t size;
    double rate = pv_vertical_shared_lr(&c->options, &c->schedule, s->number);
    pv_vertical_training_rows(c, s->number);
    PV_TRY_GOTO(send_scores(b, p, c->batch, 0, &t));
    PV_TRY_GOTO(take(&features, &data, &size, b, p, PV_VERTICAL_FEATURES, &t));
    if (peer_learns(b)) PV_TRY_GOTO(take(&shares, &data, &size, b, p, PV_VERTICAL_SHARES, &t));
    PV_TRY_GOTO(read_logits(b, p, c->batch, rate, &t));
    PV_TRY_GOTO(learn(b, p, s, &about, &t));
    PV_TRY_GOTO(send_gradients(b, p, &features, &shares, &t));
    PV_TRY_GOTO(take_update(b, p, rate, &t));
    if (pv_vertical_settles(c, s->number)) PV_TRY_GOTO(settle(b, p, &t));
    PV_TRY_GOTO(pv_top_store(&b->top));
    int64_t all = c->batches * c->options.epochs;
    pv_party_progress(p, (uint64_t)s->number + 1, (uint64_t)all, "step %lld/%lld, loss %.4f",
                      (long long)s->number + 1, (long long)all, about.loss);
    PV_TRY_GOTO(measure_step(b, p, s, &about, &t));
done:
    pv_message_clear(&features);
    pv_message_clear(&shares);
    return status;
}

/* ---- what is measured or predicted */
static void look(passive *b, int64_t rows)
{
    const pv_vertical_run *c = &b->run;
    int64_t classes = c->model->domain.classes;
    for (int64_t i = 0; i < rows; i++) {
        const float *row = b->log_probability + i * classes;
        b->guess[i] = 0;
        for (int32_t k = 1; k < classes; k++)
            if (row[k] > row[b->guess[i]]) b->guess[i] = k;
        for (int64_t k = 0; k < classes; k++) b->probability[i * classes + k] = expf(row[k]);
        if (c->options.task == PV_VERTICAL_PREDICT) continue;
        int label = pv_data_label(c->measured, c->index[i]);
        b->counts.measured++;
        b->counts.correct += b->guess[i] == label;
        b->counts.loss -= (double)row[label];
    }
}

/* What the active party gets of these rows; nothing by default. */
static pv_status answer(passive *b, pv_party *p, int64_t rows)
{
    const pv_vertical_run *c = &b->run;
    int64_t classes = c->model->domain.classes;
    pv_part part[PV_ANSWER_PARTS];
    pv_vertical_answer a = {.kind = c->options.answers,
                            .rows = rows,
                            .classes = classes,
                            .label = b->guess,
                            .probability = b->probability};
    if (a.kind == PV_ANSWER_NONE) return PV_OK;
    for (int64_t i = 0; i < rows && a.kind == PV_ANSWER_ROUNDED; i++) /* in place: in order */
        b->probability[i] = roundf(100 * b->probability[i * classes + b->guess[i]]) / 100;
    return pv_send(pv_party_hub(p), c->peer, PV_VERTICAL_ANSWER, part,
                   pv_vertical_answer_parts(part, &a));
}

static pv_status keep(passive *b, int64_t rows)
{
    const pv_vertical_run *c = &b->run;
    int64_t classes = c->model->domain.classes;
    float *best = b->z; /* free by now; [m, c] has room for [m] */
    if (c->options.task != PV_VERTICAL_PREDICT) return PV_OK;
    for (int64_t i = 0; i < rows; i++) best[i] = b->probability[i * classes + b->guess[i]];
    return pv_predictions_add(&b->predictions, &(pv_vertical_answer){.kind = PV_ANSWER_ROUNDED,
                                                                     .rows = rows,
                                                                     .classes = classes,
                                                                     .label = b->guess,
                                                                     .probability = best});
}

static pv_status end_pass(passive *b, pv_party *p, const pv_vertical_step *s)
{
    counts *n = &b->counts;
    pv_status status = PV_OK;
    if (!s->last_batch || n->measured == 0) return PV_OK;
    double accuracy = (double)n->correct / (double)n->measured;
    json_t *j = json_object();
    PV_TRY_GOTO(pv_json_set(j, "epoch", json_integer(s->epoch)));
    PV_TRY_GOTO(pv_json_set(j, "test_loss", pv_json_number(n->loss / (double)n->measured)));
    PV_TRY_GOTO(pv_json_set(j, "test_accuracy", pv_json_number(accuracy)));
    PV_TRY_GOTO(pv_party_result(p, "test_accuracy", pv_json_number(accuracy)));
    PV_TRY_GOTO(pv_party_result(p, "test_correct", json_integer(n->correct)));
    PV_TRY_GOTO(pv_party_result(p, "test_count", json_integer(n->measured)));
    char when[48] = "";
    if (b->run.options.task == PV_VERTICAL_TRAIN)
        snprintf(when, sizeof when, "after epoch %lld: ", (long long)s->epoch);
    pv_ctx_log(b->run.ctx, PV_LOG_INFO, "%s%lld of %lld rows right, %.2f %%", when,
               (long long)n->correct, (long long)n->measured, 100 * accuracy);
    n->measured = n->correct = 0;
    n->loss = 0;
    return pv_party_metric(p, j);
done:
    json_decref(j);
    return status;
}

static pv_status evaluate_batch(passive *b, pv_party *p, int64_t batch, phases *t)
{
    pv_vertical_run *c = &b->run;
    int64_t rows = pv_vertical_measured_rows(c, batch);
    PV_TRY(pv_ctx_check(c->ctx));
    PV_TRY(send_scores(b, p, rows, batch, t));
    PV_TRY(read_logits(b, p, rows, 0, t));
    PV_TRY(pv_top_evaluate(&b->top, b->z, b->log_probability));
    look(b, rows);
    PV_TRY(keep(b, rows));
    PV_TRY(answer(b, p, rows));
    pv_party_progress(p, (uint64_t)batch + 1, (uint64_t)c->passes, "measuring %lld/%lld",
                      (long long)batch + 1, (long long)c->passes);
    return PV_OK;
}

static pv_status evaluate(passive *b, pv_party *p, const pv_vertical_step *s)
{
    phases t = {0};
    for (int64_t k = 0; k < s->count; k++) PV_TRY(evaluate_batch(b, p, s->number + k, &t));
    return end_pass(b, p, s);
}

static pv_status step(void *self, pv_party *p, uint64_t step, int *done)
{
    passive *b = self;
    pv_vertical_run *c = &b->run;
    pv_vertical_step s = pv_vertical_step_of(&c->options, c->batches, c->passes, step);
    *done = s.last;
    switch (s.kind) {
    case PV_STEP_JOIN:
        return join(b, p);
    case PV_STEP_TRAIN:
        return train(b, p, &s);
    case PV_STEP_EVALUATE:
        return evaluate(b, p, &s);
    default:
        return pv_vertical_end(c, p);
    }
}

/* ---- between steps */
static pv_status save(void *self, pv_writer *w)
{
    passive *b = self;
    size_t n_size = (size_t)b->run.options.bits / 8;
    uint8_t n[PV_PAILLIER_MOST_BITS / 8];
    pv_vertical_save(&b->run, w);
    if (b->run.options.task == PV_VERTICAL_MERGE) return pv_writer_status(w);
    pv_writer_bytes(w, b->key, KEY);
    pv_writer_u8(w, (uint8_t)b->safe);
    pv_paillier_pk_bytes(n, b->pk);
    pv_writer_bytes(w, n, n_size);
    pv_writer_u64le(w, (uint64_t)b->counts.measured);
    pv_writer_u64le(w, (uint64_t)b->counts.correct);
    pv_writer_f64le(w, b->counts.loss);
    pv_writer_u64le(w, b->counts.clipped);
    PV_TRY(pv_passive_save(b->boundary, w));
    PV_TRY(pv_top_save(&b->top, w));
    pv_predictions_save(&b->predictions, w);
    return pv_writer_status(w);
}

static pv_status load(void *self, pv_reader *r)
{
    passive *b = self;
    PV_TRY(pv_vertical_load(&b->run, r));
    if (b->run.options.task == PV_VERTICAL_MERGE) return PV_OK;
    const uint8_t *key = pv_reader_bytes(r, KEY, "key");
    b->safe = pv_reader_u8(r, "safe primes");
    size_t n_size = (size_t)b->run.options.bits / 8;
    const uint8_t *n = pv_reader_bytes(r, n_size, "n");
    b->counts.measured = (int64_t)pv_reader_u64le(r, "measured");
    b->counts.correct = (int64_t)pv_reader_u64le(r, "correct");
    b->counts.loss = pv_reader_f64le(r, "loss");
    b->counts.clipped = pv_reader_u64le(r, "clipped rows");
    PV_TRY(pv_reader_status(r));
    memcpy(b->key, key, KEY);
    PV_TRY(get_ready(b));
    PV_TRY(pv_paillier_pk_new(&b->pk, n, n_size));
    PV_TRY(open_boundary(b));
    PV_TRY(pv_passive_load(b->boundary, r));
    PV_TRY(pv_top_load(&b->top, r));
    return pv_predictions_load(&b->predictions, r);
}

static pv_status leave_half(passive *b, pv_party *p)
{
    pv_writer w = pv_writer_make("a share", SIZE_MAX / 2);
    w.secret = 1;
    pv_status status = pv_passive_save(b->boundary, &w);
    if (status == PV_OK) return pv_vertical_leave_half(&b->run, p, b->pk, &w);
    pv_writer_clear(&w);
    return status;
}

static pv_status finish(void *self, pv_party *p)
{
    passive *b = self;
    pv_vertical_run *c = &b->run;
    if (c->options.task == PV_VERTICAL_MERGE) return PV_OK;
    PV_TRY(pv_predictions_write(&b->predictions, c->model, p));
    if (c->options.task != PV_VERTICAL_TRAIN) return PV_OK;
    PV_TRY(leave_half(b, p));
    PV_TRY(pv_party_result(p, "epochs", json_integer(c->options.epochs)));
    PV_TRY(pv_party_result(p, "steps", json_integer(c->batches * c->options.epochs)));
    PV_TRY(pv_party_result(p, "clipped_rows", json_integer((json_int_t)b->counts.clipped)));
    return pv_party_result(p, "label_epsilon",
                           pv_json_number(pv_protect_epsilon(&b->protect, c->options.epochs)));
}

const pv_role pv_vertical_passive = {
    .name = "passive",
    .summary = "has the labels, its share of the shared layer, and the layers behind it",
    .least = 1,
    .most = 1,
    .brings = pv_vertical_brings,
    .files = pv_vertical_passive_files,
    .open = open,
    .step = step,
    .save = save,
    .load = load,
    .finish = finish,
    .close = close,
};
