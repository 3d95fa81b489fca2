/* A customer: has rows, runs the published front on them under secrets of its own, and turns the
 * answers back. */
#include "base/clock.h"
#include "base/ctx.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/secret.h"
#include "fed/measure.h"
#include "nn/step.h"
#include "scheme/complement/answers.h"
#include "scheme/complement/secrets.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

typedef struct customer {
    const pv_ctx *ctx;
    const pv_party *party;
    pv_complement_options options;
    int provider; /* of the hub */
    pv_data *data;
    int64_t rows, answered;
    pv_split_half front;
    int has_half; /* front is there */
    pv_activation_form form;
    pv_split_runner *runner;
    pv_prf_key *key;         /* secret; of prf: from the certificate's key; of fresh: of this run */
    pv_prf_key *noise_key;   /* secret: of the front's noise; from key and binding */
    pv_secret_value *secret; /* [query_batch], secret */
    pv_batch batch;
    int64_t *index;
    float *z, *raw; /* raw: one row as its data has it */
    float *noise;   /* [query_batch, activation], secret; NULL: the front puts none on */
    uint8_t *bytes;
    int32_t *label;     /* [rows] as turned back */
    float *probability; /* [rows] of that label; NaN where labels alone come back */
    uint64_t clamped;
    char refused[PV_REFUSAL_TEXT]; /* "": it was not */
} customer;

static size_t secrets_size(const customer *c)
{
    return (size_t)c->options.query_batch * sizeof *c->secret;
}

static void wipe_noise(customer *c)
{
    size_t numbers = (size_t)pv_shape_count(&c->front.activation);
    if (c->noise == NULL) return;
    pv_secret_wipe(c->noise, (size_t)c->options.query_batch * numbers * sizeof *c->noise);
}

static void close(void *self)
{
    customer *c = self;
    if (c == NULL) return;
    wipe_noise(c); /* its size is the front's */
    pv_split_runner_free(c->runner);
    pv_activation_form_clear(&c->form);
    pv_split_half_clear(&c->front);
    pv_batch_clear(&c->batch);
    pv_data_free(c->data);
    pv_secret_free(c->key);
    pv_secret_free(c->noise_key);
    pv_free(c->noise);
    if (c->secret != NULL) pv_secret_wipe(c->secret, secrets_size(c));
    pv_free(c->secret);
    pv_free(c->index);
    pv_free(c->z);
    pv_free(c->raw);
    pv_free(c->bytes);
    pv_free(c->label);
    pv_free(c->probability);
    pv_free(c);
}

static pv_status open_half(customer *c, pv_party *p)
{
    const char *path = pv_party_local(p)->half;
    if (path == NULL) return PV_OK;
    PV_TRY(pv_split_half_load(&c->front, path, 0));
    c->has_half = 1;
    return pv_complement_half_check(&c->front, &c->options, pv_party_scenario(p), path);
}

static pv_status open(void **self, pv_party *p)
{
    pv_status status = PV_OK;
    customer *c = pv_calloc(1, sizeof *c);
    *self = NULL;
    if (c == NULL) PV_FAIL_MEMORY(sizeof *c);
    c->ctx = pv_party_ctx(p);
    c->party = p;
    PV_TRY_GOTO(pv_complement_options_read(&c->options, pv_party_scenario(p)));
    PV_TRY_GOTO(pv_party_data(&c->data, p));
    if (!pv_data_has_features(c->data))
        PV_FAIL_GOTO(PV_ERR_INPUT, "%s: %s has labels only; there is nothing to ask about",
                     pv_party_name(p), pv_party_local(p)->data);
    c->rows = pv_data_count(c->data);
    c->provider = pv_fed_peer_of_role(p, "provider");
    c->key = pv_secret_alloc(sizeof *c->key);
    c->noise_key = pv_secret_alloc(sizeof *c->noise_key);
    c->secret = pv_calloc((size_t)c->options.query_batch, sizeof *c->secret);
    c->index = pv_calloc((size_t)c->options.query_batch, sizeof *c->index);
    c->label = pv_calloc((size_t)c->rows, sizeof *c->label);
    c->probability = pv_calloc((size_t)c->rows, sizeof *c->probability);
    if (c->key == NULL || c->noise_key == NULL || c->secret == NULL || c->index == NULL ||
        c->label == NULL || c->probability == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for %" PRId64 " rows", c->rows);
    if (c->options.secrets == PV_QUERY_PRF)
        PV_TRY_GOTO(pv_identity_derive(c->key->byte, pv_party_identity(p), "complement/secrets"));
    PV_TRY_GOTO(open_half(c, p));
    *self = c;
    c = NULL;
done:
    close(c);
    return status;
}

/* ---- step 1 */
static pv_status get_ready(customer *c)
{
    size_t rows = (size_t)c->options.query_batch;
    size_t numbers = (size_t)pv_shape_count(&c->front.activation);
    const pv_shape sample = pv_model_what(c->front.model).sample;
    PV_TRY(pv_split_runner_new(&c->runner, &c->front, c->options.query_batch, c->ctx));
    PV_TRY(pv_batch_init(&c->batch, c->front.model, c->options.query_batch));
    c->z = pv_alloc(rows * numbers, sizeof *c->z);
    c->bytes = pv_alloc(rows, pv_activation_bytes(&c->form));
    c->raw = pv_alloc((size_t)pv_shape_count(&sample), sizeof *c->raw);
    if (c->z == NULL || c->bytes == NULL || c->raw == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for batches of %zu activations", rows);
    if (c->front.noise == 0) return PV_OK;
    c->noise = pv_calloc(rows * numbers, sizeof *c->noise);
    if (c->noise == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for the noise of %zu activations", rows);
    return pv_front_noise_key(c->noise_key, c->key, &c->front.binding);
}

static pv_status say_join(customer *c, pv_party *p)
{
    pv_query_join j = {.truth = *pv_party_truth(p), .rows = c->rows};
    pv_part part[PV_QUERY_JOIN_PARTS];
    if (c->has_half) j.binding = c->front.binding;
    pv_query_join_parts(part, &j);
    return pv_send(pv_party_hub(p), c->provider, PV_COMPLEMENT_JOIN, part, PV_QUERY_JOIN_PARTS);
}

/* The provider's next message, of this type or a refusal. */
static pv_status hear(customer *c, pv_party *p, pv_message *m, uint16_t type)
{
    PV_TRY(pv_fed_from(m, p, c->provider, 0));
    if (m->type == type) return PV_OK;
    if (m->type != PV_COMPLEMENT_REFUSAL)
        PV_FAIL(PV_ERR_PEER, "%s came where '%s' was expected", m->what,
                pv_complement_type[type - PV_TYPE_FIRST].name);
    PV_TRY(pv_query_refusal_take(c->refused, &m->parts, m->what));
    pv_ctx_log(c->ctx, PV_LOG_WARN, "%s refuses: %s",
               pv_hub_peer_name(pv_party_hub(p), c->provider), c->refused);
    return PV_OK;
}

static pv_status take_half(customer *c, pv_party *p)
{
    pv_message m = {0};
    pv_status status = PV_OK;
    const uint8_t *file;
    size_t size;
    PV_TRY_GOTO(pv_fed_from(&m, p, c->provider, PV_COMPLEMENT_HALF));
    PV_TRY_GOTO(pv_query_half_take(&file, &size, &m.parts, m.what));
    PV_TRY_GOTO(pv_split_half_parse(&c->front, m.what, file, size, 0));
    c->has_half = 1;
    PV_TRY_GOTO(pv_complement_half_check(&c->front, &c->options, pv_party_scenario(p), m.what));
done:
    pv_message_clear(&m);
    return status;
}

static pv_status check_terms(const customer *c, const pv_query_terms *t, const char *what)
{
    char theirs[PV_HASH_TEXT], ours[PV_HASH_TEXT];
    if (pv_hash_equal(&t->binding, &c->front.binding)) return PV_OK;
    PV_FAIL(PV_ERR_MISMATCH, "%s: the provider's half is of the model %s, this party's of %s", what,
            pv_hash_text(&t->binding, theirs), pv_hash_text(&c->front.binding, ours));
}

static pv_status check_form(const customer *c, const char *what)
{
    if (c->form.bits != c->options.bits || (c->form.rank > 0) != (c->options.project != 0))
        PV_FAIL(PV_ERR_PEER, "%s: activations of %d bits%s, the scenario says otherwise", what,
                c->form.bits, c->form.rank > 0 ? ", projected" : "");
    return PV_OK;
}

static pv_status take_terms(customer *c, pv_party *p, const pv_message *m)
{
    pv_query_terms t;
    PV_TRY(pv_query_terms_take(&t, &m->parts, m->what));
    if (t.follows == c->has_half)
        PV_FAIL(PV_ERR_PEER, "%s: %s", m->what,
                t.follows ? "a half follows, and this party has it" : "no half follows");
    if (t.follows) PV_TRY(take_half(c, p));
    PV_TRY(check_terms(c, &t, m->what));
    PV_TRY(pv_activation_form_parse(&c->form, m->what, t.form, t.form_size, &c->front));
    return check_form(c, m->what);
}

/* With secrets = fresh: one key for this run, kept with the state. */
static pv_status draw_key(customer *c, pv_party *p)
{
    pv_csprng r;
    if (c->options.secrets == PV_QUERY_PRF) return PV_OK;
    PV_TRY(pv_party_csprng(&r, p, "complement/fresh"));
    pv_prf_key_random(c->key, &r);
    pv_csprng_clear(&r);
    return PV_OK;
}

static pv_status join(customer *c, pv_party *p)
{
    pv_message m = {0};
    pv_status status = PV_OK;
    PV_TRY_GOTO(draw_key(c, p));
    PV_TRY_GOTO(say_join(c, p));
    PV_TRY_GOTO(hear(c, p, &m, PV_COMPLEMENT_TERMS));
    if (c->refused[0] != '\0') goto done;
    PV_TRY_GOTO(take_terms(c, p, &m));
    PV_TRY_GOTO(pv_complement_keep(pv_party_folder(p), &c->front, &c->form));
    PV_TRY_GOTO(get_ready(c));
done:
    pv_message_clear(&m);
    return status;
}

/* ---- a batch */
static int64_t rows_of(const customer *c, int64_t first)
{
    int64_t left = c->rows - first;
    return left < c->options.query_batch ? left : c->options.query_batch;
}

/* Rows first.. into c->batch, a secret each, and noise each (NULL: none is wanted). What is left of
 * the batch repeats the last row. Secrets and noise come from rows before their normalisation,
 * which is the provider's choice: another one must not change secrets, nor make rows alike. */
static pv_status fill(customer *c, int64_t first, int64_t rows, float *noise)
{
    const pv_shape sample = pv_model_what(c->front.model).sample;
    size_t numbers = (size_t)pv_shape_count(&sample);
    int64_t noises = pv_shape_count(&c->front.activation);
    for (int64_t i = 0; i < c->options.query_batch; i++)
        c->index[i] = first + (i < rows ? i : rows - 1);
    pv_batch_fill(&c->batch, c->front.model, c->data, c->index, NULL, 0, 0);
    for (int64_t i = 0; i < rows; i++) {
        uint64_t number = (uint64_t)(first + i);
        const void *input = c->raw;
        size_t size = numbers * sizeof *c->raw;
        if (c->options.secrets == PV_QUERY_FRESH)
            input = &number, size = sizeof number;
        else
            pv_data_raw(c->data, first + i, c->raw);
        PV_TRY(pv_secret_derive(&c->secret[i], &c->front.plan, c->key, input, size));
        if (noise != NULL)
            PV_TRY(pv_front_noise_derive(noise + i * noises, noises, c->noise_key, input, size));
    }
    return PV_OK;
}

static pv_status ask(customer *c, pv_party *p, int64_t first, int64_t rows)
{
    PV_TRY(fill(c, first, rows, c->noise));
    PV_TRY(pv_front_run(c->runner, c->z, c->batch.x, c->secret, c->noise, rows));
    uint64_t clamped = 0;
    PV_TRY(pv_activation_encode(c->bytes, &c->form, c->z, rows, &clamped));
    c->clamped += clamped;
    const pv_part part =
        pv_query_activation_part(c->bytes, rows, (int64_t)pv_activation_bytes(&c->form));
    return pv_send(pv_party_hub(p), c->provider, PV_COMPLEMENT_ACTIVATION, &part, 1);
}

static pv_status open_answer(customer *c, const pv_message *m, int64_t first, int64_t rows)
{
    const pv_secret_plan *plan = &c->front.plan;
    pv_query_answer a = {.answers = c->options.answers, .rows = rows, .classes = plan->classes};
    PV_TRY(pv_query_answer_take(&a, &m->parts, m->what));
    pv_query_answer_open(c->label + first, c->probability + first, &a, plan, c->secret);
    return PV_OK;
}

static int64_t right(const customer *c)
{
    int64_t n = 0;
    for (int64_t i = 0; i < c->answered; i++) n += c->label[i] == pv_data_label(c->data, i);
    return n;
}

static pv_status report(customer *c, pv_party *p, int64_t rows, double seconds)
{
    pv_status status = PV_OK;
    json_t *j = json_object();
    PV_TRY_GOTO(pv_json_set(j, "rows", json_integer((json_int_t)rows)));
    PV_TRY_GOTO(pv_json_set(j, "answered", json_integer((json_int_t)c->answered)));
    PV_TRY_GOTO(pv_json_set(j, "clamped", json_integer((json_int_t)c->clamped)));
    PV_TRY_GOTO(pv_json_set(j, "seconds", pv_json_number(seconds)));
    pv_party_progress(p, (uint64_t)c->answered, (uint64_t)c->rows, "%lld of %lld rows answered",
                      (long long)c->answered, (long long)c->rows);
    status = pv_party_metric(p, j);
    j = NULL;
done:
    json_decref(j);
    return status;
}

static pv_status query(customer *c, pv_party *p)
{
    pv_message m = {0};
    pv_status status = PV_OK;
    int64_t first = c->answered, rows = rows_of(c, first);
    double begun = pv_clock_seconds();
    PV_TRY_GOTO(pv_ctx_check(c->ctx));
    PV_TRY_GOTO(ask(c, p, first, rows));
    PV_TRY_GOTO(hear(c, p, &m, PV_COMPLEMENT_ANSWER));
    if (c->refused[0] != '\0') goto done;
    PV_TRY_GOTO(open_answer(c, &m, first, rows));
    c->answered += rows;
    PV_TRY_GOTO(report(c, p, rows, pv_clock_seconds() - begun));
done:
    pv_secret_wipe(c->secret, secrets_size(c));
    wipe_noise(c);
    pv_message_clear(&m);
    return status;
}

static pv_status step(void *self, pv_party *p, uint64_t step, int *done)
{
    customer *c = self;
    PV_TRY(step == 1 ? join(c, p) : query(c, p));
    *done = c->refused[0] != '\0' || c->answered == c->rows;
    return PV_OK;
}

/* ---- between steps */
static pv_status save(void *self, pv_writer *w)
{
    const customer *c = self;
    if (c->options.secrets == PV_QUERY_FRESH) pv_writer_bytes(w, c->key->byte, sizeof c->key->byte);
    pv_writer_string(w, c->refused);
    pv_writer_u8(w, (uint8_t)c->has_half);
    pv_writer_u64le(w, c->clamped);
    pv_writer_u64le(w, (uint64_t)c->answered);
    pv_writer_bytes(w, c->label, (size_t)c->answered * sizeof *c->label);
    pv_writer_bytes(w, c->probability, (size_t)c->answered * sizeof *c->probability);
    return pv_writer_status(w);
}

static pv_status load(void *self, pv_reader *r)
{
    customer *c = self;
    if (c->options.secrets == PV_QUERY_FRESH) {
        const uint8_t *key = pv_reader_bytes(r, sizeof c->key->byte, "key");
        if (key != NULL) memcpy(c->key->byte, key, sizeof c->key->byte);
    }
    pv_reader_string(r, c->refused, sizeof c->refused, "refusal");
    int has_half = pv_reader_u8(r, "half");
    c->clamped = pv_reader_u64le(r, "clamped");
    uint64_t answered = pv_reader_u64le(r, "answered");
    pv_reader_require_max(r, answered, (uint64_t)c->rows, "answered");
    const void *label = pv_reader_bytes(r, answered * sizeof *c->label, "labels");
    const void *probability =
        pv_reader_bytes(r, answered * sizeof *c->probability, "probabilities");
    PV_TRY(pv_reader_status(r));
    if (answered > 0) {
        memcpy(c->label, label, answered * sizeof *c->label);
        memcpy(c->probability, probability, answered * sizeof *c->probability);
    }
    c->answered = (int64_t)answered;
    if (!has_half || (c->refused[0] != '\0' && c->answered == 0)) return PV_OK;
    pv_split_half_clear(&c->front);
    PV_TRY(pv_complement_kept(&c->front, &c->form, pv_party_folder(c->party)));
    c->has_half = 1;
    return get_ready(c);
}

/* ---- the end */
static pv_status write_csv(const pv_str *text, pv_party *p, const char *file)
{
    char *path = pv_path_join(pv_party_folder(p), file);
    if (path == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    pv_status status = pv_file_write(path, pv_str_text(text), text->size, 0600);
    pv_free(path);
    return status;
}

static pv_status write_predictions(const customer *c, pv_party *p)
{
    const pv_schema *schema = &pv_party_scenario(p)->schema;
    pv_status status = PV_OK;
    pv_str text = {0};
    PV_TRY_GOTO(pv_str_append(&text, "row,label,probability\n"));
    for (int64_t i = 0; i < c->answered; i++) {
        PV_TRY_GOTO(pv_str_printf(&text, "%" PRId64 ",", i));
        PV_TRY_GOTO(pv_str_append_csv(&text, schema->class_name[c->label[i]]));
        if (isnan(c->probability[i]))
            PV_TRY_GOTO(pv_str_append(&text, ",\n"));
        else
            PV_TRY_GOTO(pv_str_printf(&text, ",%.6g\n", (double)c->probability[i]));
    }
    PV_TRY_GOTO(write_csv(&text, p, "predictions.csv"));
done:
    pv_str_clear(&text);
    return status;
}

static pv_status write_secrets(customer *c, pv_party *p)
{
    pv_status status = PV_OK;
    pv_str text = {0};
    PV_TRY_GOTO(pv_complement_secrets_begin(&text));
    for (int64_t first = 0; first < c->answered; first += c->options.query_batch) {
        int64_t rows = rows_of(c, first);
        PV_TRY_GOTO(fill(c, first, rows, NULL));
        for (int64_t i = 0; i < rows; i++)
            PV_TRY_GOTO(pv_complement_secrets_add(&text, &c->front.plan, first + i, &c->secret[i]));
    }
    PV_TRY_GOTO(write_csv(&text, p, "secrets.csv"));
done:
    pv_secret_wipe(c->secret, secrets_size(c));
    if (text.size > 0) pv_secret_wipe(text.text, text.size);
    pv_str_clear(&text);
    return status;
}

static pv_status finish(void *self, pv_party *p)
{
    customer *c = self;
    char text[PV_HASH_TEXT];
    PV_TRY(pv_party_result(p, "rows", json_integer((json_int_t)c->rows)));
    PV_TRY(pv_party_result(p, "answered", json_integer((json_int_t)c->answered)));
    PV_TRY(pv_party_result(p, "clamped", json_integer((json_int_t)c->clamped)));
    PV_TRY(pv_party_result(p, "refusal",
                           c->refused[0] != '\0' ? json_string(c->refused) : json_null()));
    if (c->answered == 0) return PV_OK;
    PV_TRY(pv_party_result(p, "binding", json_string(pv_hash_text(&c->front.binding, text))));
    PV_TRY(pv_party_result(p, "activation_bytes",
                           json_integer((json_int_t)pv_activation_bytes(&c->form))));
    if (pv_data_has_labels(c->data)) {
        int64_t n = right(c);
        PV_TRY(pv_party_result(p, "accuracy", pv_json_number((double)n / (double)c->answered)));
        PV_TRY(pv_party_result(p, "correct", json_integer((json_int_t)n)));
    }
    PV_TRY(write_predictions(c, p));
    return write_secrets(c, p);
}

const pv_role pv_complement_customer = {
    .name = "customer",
    .summary = "has rows and secrets, runs the published front, and turns the answers back",
    .least = 1,
    .most = PV_COMPLEMENT_CUSTOMERS,
    .brings_data = PV_BRINGS_ROWS,
    .files = pv_complement_customer_files,
    .open = open,
    .step = step,
    .save = save,
    .load = load,
    .finish = finish,
    .close = close,
};
