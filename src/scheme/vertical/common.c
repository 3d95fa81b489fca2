#include "scheme/vertical/common.h"

#include "base/ctx.h"
#include "base/mem.h"
#include "base/secret.h"
#include "data/spec.h"
#include "fed/measure.h"
#include "nn/model_i.h"
#include "party/order.h"

#include <stdio.h>
#include <string.h>

static int trains(const pv_vertical_run *c)
{
    return c->options.task == PV_VERTICAL_TRAIN;
}

/* ---- what a party has */
int pv_vertical_brings(pv_scenario *s)
{
    pv_vertical_options o;
    if (pv_vertical_options_read(&o, s) == PV_OK && o.task != PV_VERTICAL_TRAIN)
        return PV_BRINGS_NOTHING;
    pv_trail_clear();
    return PV_BRINGS_ROWS;
}

static pv_status check_side(const pv_vertical_run *c, const pv_data *data, const char *what)
{
    if (c->active && !pv_data_has_features(data))
        PV_FAIL(PV_ERR_INPUT,
                "%s has no features, which the active party brings; take features=none "
                "out",
                what);
    if (!c->active && !pv_data_has_labels(data))
        PV_FAIL(PV_ERR_INPUT,
                "%s has no labels, which the passive party brings; take label=none out", what);
    if (!c->active) return PV_OK;
    if (pv_data_has_labels(data) && pv_data_what(data) == PV_DATA_TABLE &&
        (data == c->data || !trains(c)))
        pv_ctx_log(c->ctx, PV_LOG_WARN,
                   "%s names a label, which the active party does not use: that column is left "
                   "out; write label=none if it is a feature",
                   what);
    return pv_model_check_data(c->model, data);
}

static pv_status open_data(pv_vertical_run *c, pv_party *p)
{
    const pv_local *l = pv_party_local(p);
    int task = c->options.task;
    c->rows = c->tests = -1;
    if (task == PV_VERTICAL_MERGE || (task == PV_VERTICAL_PREDICT && !c->active)) return PV_OK;
    if (trains(c)) {
        PV_TRY(pv_party_data(&c->data, p));
        PV_TRY(check_side(c, c->data, "the training data"));
        c->rows = pv_data_count(c->data);
    }
    PV_TRY(pv_party_test(&c->measured, p));
    if (c->measured == NULL && !trains(c) && l->data != NULL) {
        PV_TRY(pv_party_data(&c->measured, p));
        c->by_data = 1;
    }
    if (c->measured == NULL && !trains(c))
        PV_FAIL(PV_ERR_INPUT,
                "%s: there is nothing to predict: write test = SPEC or data = SPEC into its local "
                "file",
                pv_party_name(p));
    c->tests = c->measured == NULL ? 0 : pv_data_count(c->measured);
    return c->measured == NULL ? PV_OK : check_side(c, c->measured, "the test data");
}

/* Is what is measured in the order of the test rows that lies beside that of the training rows? */
static pv_status check_tests(const pv_order *o, const pv_vertical_run *c, const pv_local *l)
{
    pv_status status = PV_OK;
    pv_str spec = {0};
    if (l->test != NULL || c->by_data)
        PV_TRY_GOTO(pv_str_append(&spec, l->test != NULL ? l->test : l->data));
    else
        PV_TRY_GOTO(pv_spec_test(&spec, l->data, NULL));
    PV_TRY_GOTO(pv_order_check(o, l->order, pv_str_text(&spec), c->tests));
done:
    pv_str_clear(&spec);
    return status;
}

/* Local `order`: both parties' rows were put into one order, and still are in it. */
static pv_status open_order(pv_vertical_run *c, pv_party *p)
{
    const pv_local *l = pv_party_local(p);
    pv_order order[2];
    pv_hash both[2] = {{{0}}};
    int there = 0;
    if (l->order == NULL) return PV_OK;
    PV_TRY(pv_order_load(&order[0], l->order));
    PV_TRY(pv_order_load_test(&order[1], &there, l->order));
    if (c->data != NULL) PV_TRY(pv_order_check(&order[0], l->order, l->data, c->rows));
    /* where nothing is trained, the file itself may be the one that is measured */
    if (c->measured != NULL && (there || c->data == NULL)) PV_TRY(check_tests(&order[there], c, l));
    if (c->measured != NULL && !there && c->data != NULL)
        pv_ctx_log(c->ctx, PV_LOG_WARN,
                   "%s: there is no order-test.json beside it, so the test rows go by position",
                   l->order);
    both[0] = order[0].order;
    if (there) both[1] = order[1].order;
    return pv_hash_of(&c->order_hash, both, sizeof both);
}

/* A label crosses as a number: the scenario must mean the same classes as the training did. */
static pv_status check_classes(const pv_vertical_run *c, const char *path)
{
    for (int i = 0; i < c->model->domain.classes && i < c->half.model->domain.classes; i++) {
        const char *here = pv_model_class_name(c->model, i);
        const char *there = pv_model_class_name(c->half.model, i);
        if (strcmp(here, there) != 0)
            PV_FAIL(PV_ERR_MISMATCH,
                    "%s: class %d of its training is '%s', [schema] says '%s'; write the classes "
                    "as the training had them",
                    path, i, there, here);
    }
    return PV_OK;
}

static pv_status open_half(pv_vertical_run *c, pv_party *p)
{
    const char *path = pv_party_local(p)->half;
    if (trains(c)) return PV_OK;
    if (path == NULL)
        PV_FAIL(PV_ERR_INPUT,
                "%s: task is not train, and its local file has no line half = FILE: "
                "half.safetensors of the party's folder in the training",
                pv_party_name(p));
    PV_TRY(pv_half_load(&c->half, path, c->active));
    if (strcmp(pv_model_text(c->half.model), pv_model_text(c->model)) != 0)
        PV_FAIL(PV_ERR_MISMATCH, "%s: it is half of another model than the scenario's %s", path,
                pv_model_name(c->model));
    PV_TRY(check_classes(c, path));
    if (c->half.head != c->options.head)
        PV_FAIL(PV_ERR_MISMATCH,
                "%s: it was trained with head = %lld, the scenario has head = %lld", path,
                (long long)c->half.head, (long long)c->options.head);
    pv_model_free(c->model); /* the half's has the weights */
    c->model = c->half.model;
    c->half.model = NULL;
    return PV_OK;
}

/* All features are the active party's, so their normalisation is, too: that of plain training. */
static pv_status normalise(pv_vertical_run *c)
{
    pv_norm norm;
    if (!trains(c) || !c->active) return PV_OK;
    PV_TRY(pv_norm_fit(&norm, c->data));
    pv_fed_set_norm(c->model, &norm);
    return PV_OK;
}

pv_status pv_vertical_open(pv_vertical_run *c, pv_party *p, int active)
{
    c->active = active;
    c->ctx = pv_party_ctx(p);
    c->seed = pv_party_scenario(p)->seed;
    PV_TRY(pv_vertical_options_read(&c->options, pv_party_scenario(p)));
    PV_TRY(pv_fed_model(&c->model, pv_party_scenario(p)));
    PV_TRY(open_half(c, p));
    PV_TRY(pv_vertical_cut_find(&c->cut, c->model, c->options.head));
    PV_TRY(open_data(c, p));
    PV_TRY(open_order(c, p));
    PV_TRY(normalise(c));
    c->peer = pv_fed_peer_of_role(p, active ? "passive" : "active");
    return PV_OK;
}

void pv_vertical_close(pv_vertical_run *c)
{
    pv_fed_order_clear(&c->order);
    pv_half_clear(&c->half);
    pv_model_free(c->model);
    pv_data_free(c->data);
    pv_data_free(c->measured);
    pv_free(c->index);
    *c = (pv_vertical_run){0};
}

/* ---- once rows are known */
/* The batch is that of the training, whatever the scenario says now: the shares fit no other
 * boundary. */
static pv_status boundary_of_half(pv_vertical_run *c)
{
    pv_boundary_settings set = c->half.set;
    set.bits = (int)c->options.bits; /* shares do not depend on the key */
    return pv_boundary_init(&c->boundary, &set);
}

/* With rows and tests known: boundary, order, batches. */
static pv_status get_ready(pv_vertical_run *c)
{
    if (trains(c)) {
        PV_TRY(pv_fed_order_init(&c->order, c->seed, c->rows, c->options.learning.batch));
        PV_TRY(pv_vertical_boundary(&c->boundary, &c->options, c->model, &c->cut, c->rows));
        c->batches = c->order.batches;
    } else {
        PV_TRY(boundary_of_half(c));
    }
    c->batch = c->boundary.set.batch;
    c->passes = c->tests > 0 ? (c->tests + c->batch - 1) / c->batch : 0;
    c->schedule = pv_fed_schedule(&c->options.learning, c->batches, c->batches * c->options.epochs);
    c->index = pv_calloc((size_t)c->batch, sizeof *c->index);
    if (c->index == NULL) PV_FAIL_MEMORY((size_t)c->batch * sizeof *c->index);
    return PV_OK;
}

pv_half_options pv_vertical_half_options(const pv_vertical_run *c)
{
    return (pv_half_options){
        .batch = c->batch,
        .optim = pv_fed_optim(&c->options.learning),
        .label_smoothing = c->options.learning.label_smoothing,
        .training = trains(c),
        .plan = {.size = sizeof(pv_plan_options),
                 .threads = pv_ctx_threads(c->ctx),
                 .seed = c->seed},
    };
}

void pv_vertical_training_rows(pv_vertical_run *c, int64_t step)
{
    pv_fed_order_batch(&c->order, step, c->index);
}

int64_t pv_vertical_measured_rows(pv_vertical_run *c, int64_t batch)
{
    int64_t first = batch * c->batch, left = c->tests - first;
    int64_t n = left < c->batch ? left : c->batch;
    for (int64_t i = 0; i < c->batch; i++) c->index[i] = first + (i < n ? i : n - 1);
    return n;
}

pv_status pv_vertical_random(pv_csprng *r, pv_party *p, const char *purpose, int64_t batch)
{
    char text[64];
    snprintf(text, sizeof text, "vertical/%s %lld", purpose, (long long)batch);
    return pv_party_csprng(r, p, text);
}

/* ---- the beginning */
static pv_status say(pv_vertical_join *j, pv_str *boundary, pv_vertical_run *c, pv_party *p)
{
    pv_csprng r;
    pv_boundary_settings set = c->half.set;
    *j = (pv_vertical_join){.rows = c->rows, .measured = c->tests, .order = c->order_hash};
    if (pv_party_truth(p) != NULL) j->truth = *pv_party_truth(p);
    PV_TRY(pv_hash_of(&j->model, pv_model_text(c->model), strlen(pv_model_text(c->model))));
    PV_TRY(pv_vertical_random(&r, p, "nonce", 0));
    pv_csprng_bytes(&r, c->nonce, PV_SESSION_BYTES);
    pv_csprng_clear(&r);
    memcpy(j->nonce, c->nonce, PV_SESSION_BYTES);
    memcpy(j->half, c->half.session, PV_SESSION_BYTES);
    if (trains(c)) {
        pv_boundary b;
        PV_TRY(pv_vertical_boundary(&b, &c->options, c->model, &c->cut, c->rows));
        set = b.set;
    }
    PV_TRY(pv_half_settings(boundary, &set));
    j->boundary = pv_str_text(boundary);
    j->boundary_size = boundary->size;
    return PV_OK;
}

static pv_status hear(pv_vertical_run *c, pv_party *p, const pv_vertical_join *own)
{
    pv_status status = PV_OK;
    pv_message m;
    pv_vertical_join peer;
    PV_TRY(pv_fed_from(&m, p, c->peer, PV_VERTICAL_JOIN));
    PV_TRY_GOTO(pv_vertical_join_take(&peer, &m.parts, m.what));
    PV_TRY_GOTO(pv_vertical_join_agree(own, &peer, m.what));
    if (c->rows < 0) c->rows = peer.rows;
    if (c->tests < 0) c->tests = peer.measured;
    if ((trains(c) && c->rows < 1) ||
        ((c->options.task == PV_VERTICAL_PREDICT || c->options.task == PV_VERTICAL_EVALUATE) &&
         c->tests < 1))
        PV_FAIL_GOTO(PV_ERR_PEER,
                     "%s: it has %lld rows and %lld to measure; at least one was "
                     "expected",
                     m.what, (long long)peer.rows, (long long)peer.measured);
    PV_TRY_GOTO(pv_vertical_session(c->session, &pv_party_scenario(p)->hash,
                                    c->active ? c->nonce : peer.nonce,
                                    c->active ? peer.nonce : c->nonce));
done:
    pv_message_clear(&m);
    return status;
}

pv_status pv_vertical_join_peer(pv_vertical_run *c, pv_party *p)
{
    pv_status status = PV_OK;
    pv_part part[PV_JOIN_PARTS];
    pv_vertical_join own;
    pv_str boundary = {0};
    PV_TRY_GOTO(say(&own, &boundary, c, p));
    PV_TRY_GOTO(pv_send(pv_party_hub(p), c->peer, PV_VERTICAL_JOIN, part,
                        pv_vertical_join_parts(part, &own)));
    PV_TRY_GOTO(hear(c, p, &own));
    PV_TRY_GOTO(get_ready(c));
done:
    pv_str_clear(&boundary);
    return status;
}

/* ---- messages */
pv_status pv_vertical_send(pv_vertical_run *c, pv_party *p, uint16_t type, const pv_bytes *b)
{
    const pv_part part = pv_vertical_bytes_part(b->data, b->size);
    return pv_send(pv_party_hub(p), c->peer, type, &part, 1);
}

pv_status pv_vertical_take(pv_message *m, const uint8_t **data, size_t *size, pv_vertical_run *c,
                           pv_party *p, uint16_t type)
{
    PV_TRY(pv_fed_from(m, p, c->peer, type));
    pv_status status = pv_vertical_bytes_take(data, size, &m->parts, m->what);
    if (status != PV_OK) pv_message_clear(m);
    return status;
}

int pv_vertical_settles(const pv_vertical_run *c, int64_t step)
{
    return step + 1 == c->batches * c->options.epochs && pv_boundary_settles(&c->boundary);
}

/* ---- the end */
pv_status pv_vertical_leave_half(pv_vertical_run *c, pv_party *p, const pv_paillier_pk *key,
                                 pv_writer *w)
{
    pv_half h = {.active = c->active,
                 .head = c->options.head,
                 .model = c->model,
                 .set = c->boundary.set,
                 .scenario = pv_party_scenario(p)->hash};
    char *path = pv_path_join(pv_party_folder(p), "half.safetensors");
    pv_status status = pv_writer_take(w, &h.share);
    pv_writer_clear(w);
    pv_paillier_fingerprint(h.key.byte, key);
    memcpy(h.session, c->session, PV_SESSION_BYTES);
    if (status == PV_OK && path == NULL)
        status = pv_trail_fail(PV_ERR_MEMORY, __FILE__, __LINE__, "out of memory for a path");
    if (status == PV_OK) status = pv_half_save(&h, &c->cut, path);
    pv_free(path);
    h.model = NULL; /* c's */
    pv_half_clear(&h);
    return status;
}

/* The whole model: W from both shares, model.safetensors into the folder. */
static pv_status merge(pv_vertical_run *c, pv_party *p, const pv_wide *own, const pv_wide *peer)
{
    pv_status status = PV_OK;
    pv_tensor *w = &c->model->param[c->cut.weight].value;
    size_t count = (size_t)(c->cut.width * c->cut.outputs);
    char *path = pv_path_join(pv_party_folder(p), "model.safetensors");
    double *weight = pv_alloc(count, sizeof *weight);
    if (path == NULL || weight == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for %zu weights", count);
    pv_boundary_weights(weight, &c->boundary, c->active ? peer : own, c->active ? own : peer);
    for (size_t i = 0; i < count; i++) ((float *)w->data)[i] = (float)weight[i];
    PV_TRY_GOTO(pv_model_write(c->model, path, NULL, 0, NULL, 0, 0600)); /* it holds W */
    PV_TRY_GOTO(pv_party_result(p, "merged", json_true()));
done:
    pv_free(weight);
    pv_free(path);
    return status;
}

static pv_status disclose(pv_vertical_run *c, pv_party *p, const pv_wide *own)
{
    pv_vertical_disclosed d;
    PV_TRY(pv_vertical_disclosed_init(&d, c->model, &c->cut, c->active ? 0 : 2, own));
    pv_status status = pv_send(pv_party_hub(p), c->peer, PV_VERTICAL_DISCLOSED, d.part, d.parts);
    pv_vertical_disclosed_clear(&d);
    return status;
}

static pv_status receive(pv_vertical_run *c, pv_party *p, const pv_wide *own, pv_wide *peer)
{
    pv_message m;
    PV_TRY(pv_fed_from(&m, p, c->peer, PV_VERTICAL_DISCLOSED));
    pv_status status =
        pv_vertical_disclosed_take(c->model, peer, &c->cut, c->active ? 2 : 0, &m.parts, m.what);
    pv_message_clear(&m);
    PV_TRY(status);
    return merge(c, p, own, peer);
}

pv_status pv_vertical_end(pv_vertical_run *c, pv_party *p)
{
    pv_status status = PV_OK;
    size_t count = (size_t)(c->cut.width * c->cut.outputs);
    int to = c->options.merge;
    int gets = to == PV_MERGE_BOTH || to == (c->active ? PV_MERGE_ACTIVE : PV_MERGE_PASSIVE);
    int gives = to == PV_MERGE_BOTH || to == (c->active ? PV_MERGE_PASSIVE : PV_MERGE_ACTIVE);
    pv_wide *share = pv_secret_alloc(2 * count * sizeof *share);
    pv_reader half = pv_reader_make("the half's share", c->half.share.data, c->half.share.size);
    if (share == NULL) PV_FAIL_MEMORY(2 * count * sizeof *share);
    if (gives)
        pv_ctx_log(c->ctx, PV_LOG_WARN, "%s gives its half of the model to %s now, for good%s",
                   pv_party_name(p), pv_hub_peer_name(pv_party_hub(p), c->peer),
                   c->active ? ""
                             : "; with it the gradients recorded in training turn into labels");
    PV_TRY_GOTO(pv_boundary_read_share(share, &c->boundary, c->active ? 0 : 1, &half));
    if (gives) PV_TRY_GOTO(disclose(c, p, share));
    if (gets) PV_TRY_GOTO(receive(c, p, share, share + count));
done:
    pv_secret_free(share);
    return status;
}

pv_status pv_vertical_report(pv_vertical_run *c, pv_party *p)
{
    pv_status status = PV_OK;
    pv_str text = {0};
    PV_TRY_GOTO(pv_boundary_describe(&text, &c->boundary));
    if (c->options.task != PV_VERTICAL_MERGE)
        pv_ctx_log(c->ctx, PV_LOG_INFO, "%s", pv_str_text(&text));
    PV_TRY_GOTO(pv_party_result(p, "bounds", json_string(pv_str_text(&text))));
    PV_TRY_GOTO(pv_party_result(p, "sigma", json_integer(c->boundary.sigma)));
    PV_TRY_GOTO(pv_party_result(p, "key_bits", json_integer(c->options.bits)));
    if (c->rows >= 0) PV_TRY_GOTO(pv_party_result(p, "samples", json_integer(c->rows)));
done:
    pv_str_clear(&text);
    return status;
}

void pv_vertical_save(const pv_vertical_run *c, pv_writer *w)
{
    pv_writer_u64le(w, (uint64_t)c->rows);
    pv_writer_u64le(w, (uint64_t)c->tests);
    pv_writer_bytes(w, c->session, PV_SESSION_BYTES);
}

pv_status pv_vertical_load(pv_vertical_run *c, pv_reader *r)
{
    int64_t rows = (int64_t)pv_reader_u64le(r, "rows");
    int64_t tests = (int64_t)pv_reader_u64le(r, "rows to measure");
    const uint8_t *session = pv_reader_bytes(r, PV_SESSION_BYTES, "session");
    PV_TRY(pv_reader_status(r));
    c->rows = rows;
    c->tests = tests;
    memcpy(c->session, session, PV_SESSION_BYTES);
    return get_ready(c);
}
