/* The provider: has the network, publishes its front, and answers what it cannot read by itself. */
#include "base/clock.h"
#include "base/ctx.h"
#include "base/mem.h"
#include "scheme/complement/answers.h"
#include "scheme/complement/halves.h"

#include <inttypes.h>
#include <string.h>

/* So many customers' batches are taken in before the first of them is answered: what one of them
 * waits for is made durable once for all. */
enum { GROUP = 64 };

typedef enum customer_state { SERVED = 1, FINISHED, REFUSED, LOST } customer_state;

typedef struct customer {
    const char *name;
    int peer;
    customer_state state;
    int64_t rows, batches, asked; /* asked: rows that came, answered or not */
    int64_t answered;
    char reason[PV_REFUSAL_TEXT]; /* REFUSED, LOST */
} customer;

typedef struct provider {
    const pv_ctx *ctx;
    const pv_party *party;
    pv_complement_options options;
    pv_data *data, *test; /* NULL: none */
    pv_complement_halves halves;
    pv_activation_form form;
    pv_split_runner *runner;
    customer *customer;
    int customers;
    pv_message *message; /* [GROUP] */
    float *z, *logits, *score;
    int32_t *label;
} provider;

static void close(void *self)
{
    provider *a = self;
    if (a == NULL) return;
    for (int i = 0; a->message != NULL && i < GROUP; i++) pv_message_clear(&a->message[i]);
    pv_free(a->message);
    pv_split_runner_free(a->runner);
    pv_activation_form_clear(&a->form);
    pv_complement_halves_clear(&a->halves);
    pv_data_free(a->data);
    pv_data_free(a->test);
    pv_free(a->customer);
    pv_free(a->z);
    pv_free(a->logits);
    pv_free(a->score);
    pv_free(a->label);
    pv_free(a);
}

static pv_status find_customers(provider *a, pv_party *p)
{
    const pv_scenario *s = pv_party_scenario(p);
    int count = pv_scenario_count(s, "customer");
    a->customer = pv_calloc((size_t)count, sizeof *a->customer);
    a->message = pv_calloc(GROUP, sizeof *a->message);
    if (a->customer == NULL || a->message == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for %d customers", count);
    for (int i = 0; i < s->parties; i++) {
        if (strcmp(s->party[i].role, "customer") != 0) continue;
        a->customer[a->customers++] =
            (customer){.name = s->party[i].name,
                       .peer = pv_hub_peer_index(pv_party_hub(p), s->party[i].name),
                       .state = SERVED};
    }
    return PV_OK;
}

static pv_status open(void **self, pv_party *p)
{
    pv_status status = PV_OK;
    const pv_local *l = pv_party_local(p);
    provider *a = pv_calloc(1, sizeof *a);
    *self = NULL;
    if (a == NULL) PV_FAIL_MEMORY(sizeof *a);
    a->ctx = pv_party_ctx(p);
    a->party = p;
    PV_TRY_GOTO(pv_complement_options_read(&a->options, pv_party_scenario(p)));
    if (l->data != NULL) PV_TRY_GOTO(pv_party_data(&a->data, p));
    if (a->data != NULL) PV_TRY_GOTO(pv_data_complete(a->data));
    PV_TRY_GOTO(pv_party_test(&a->test, p));
    PV_TRY_GOTO(pv_complement_halves_open(&a->halves, l, &a->options, pv_party_scenario(p), a->data,
                                          pv_party_name(p)));
    if (a->halves.given && pv_complement_guarded(&a->options))
        pv_ctx_log(
            a->ctx, PV_LOG_WARN,
            "%s: weights of hide_... in the scenario are for a training in step 1; this model "
            "comes from a file, which does not tell against what it was trained",
            pv_party_name(p));
    if (a->halves.trained_noise != a->options.guard.noise)
        pv_ctx_log(a->ctx, PV_LOG_WARN,
                   "%s: the model was trained with noise of %g deviations, and customers add "
                   "hide_noise = %g",
                   pv_party_name(p), a->halves.trained_noise, a->options.guard.noise);
    PV_TRY_GOTO(find_customers(a, p));
    *self = a;
    a = NULL;
done:
    close(a);
    return status;
}

/* ---- what it serves with */
static pv_status get_ready(provider *a)
{
    size_t rows = (size_t)a->options.query_batch;
    size_t numbers = (size_t)pv_shape_count(&a->halves.back.activation);
    size_t classes = (size_t)a->halves.back.plan.classes;
    PV_TRY(pv_complement_form_of(&a->form, &a->halves.back, &a->options));
    PV_TRY(pv_split_runner_new(&a->runner, &a->halves.back, a->options.query_batch, a->ctx));
    a->z = pv_alloc(rows * numbers, sizeof *a->z);
    a->logits = pv_alloc(rows * classes, sizeof *a->logits);
    a->score = pv_alloc(rows * classes, sizeof *a->score);
    a->label = pv_alloc(rows, sizeof *a->label);
    if (a->z == NULL || a->logits == NULL || a->score == NULL || a->label == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for batches of %zu activations", rows);
    return PV_OK;
}

static pv_status make_halves(provider *a, pv_party *p)
{
    if (!a->halves.given)
        PV_TRY(pv_complement_halves_train(&a->halves, p, &a->options, a->data, a->test));
    PV_TRY(pv_complement_halves_keep(&a->halves, pv_party_folder(p)));
    PV_TRY(get_ready(a));
    return pv_complement_keep(pv_party_folder(p), NULL, &a->form);
}

/* ---- one customer's part ends, everybody else's goes on */
static pv_status refuse(provider *a, pv_party *p, customer *c, const char *reason)
{
    pv_query_refusal_text(c->reason, reason);
    c->state = REFUSED;
    pv_ctx_log(a->ctx, PV_LOG_WARN, "%s is refused: %s", c->name, c->reason);
    const pv_part part = pv_query_refusal_part(c->reason);
    return pv_send(pv_party_hub(p), c->peer, PV_COMPLEMENT_REFUSAL, &part, 1);
}

/* Errors that are the customer's doing. */
static int is_theirs(pv_status s)
{
    return s == PV_ERR_PEER || s == PV_ERR_MISMATCH || s == PV_ERR_RANGE || s == PV_ERR_FORMAT;
}

static pv_status refuse_or_fail(provider *a, pv_party *p, customer *c, pv_status why)
{
    char reason[PV_REFUSAL_TEXT];
    if (!is_theirs(why)) return why;
    pv_query_refusal_text(reason, pv_trail_text());
    pv_trail_clear();
    return refuse(a, p, c, reason);
}

/* The next message of each customer from..to-1 that is served, into message[i - from]. */
static pv_status hear(provider *a, pv_party *p, int from, int to)
{
    for (int i = from; i < to; i++) {
        char reason[PV_REFUSAL_TEXT];
        customer *c = &a->customer[i];
        int lost;
        if (c->state != SERVED) continue;
        PV_TRY(pv_party_recv(&a->message[i - from], &lost, p, c->peer, 0));
        if (!lost) continue;
        pv_hub_reason(reason, sizeof reason, pv_party_hub(p), c->peer);
        pv_query_refusal_text(c->reason, reason);
        c->state = lost == PV_LOST_BROKE ? REFUSED : LOST;
    }
    return PV_OK;
}

static pv_status expect_type(const pv_message *m, uint16_t type)
{
    if (m->type == type) return PV_OK;
    PV_FAIL(PV_ERR_PEER, "%s came where '%s' was expected", m->what,
            pv_complement_type[type - PV_TYPE_FIRST].name);
}

/* ---- step 1 */
static pv_status check_binding(const provider *a, const pv_query_join *j, const char *what)
{
    static const pv_hash none;
    char theirs[PV_HASH_TEXT], ours[PV_HASH_TEXT];
    const pv_hash *own = &a->halves.back.binding;
    if (pv_hash_equal(&j->binding, &none)) {
        if (a->halves.published) return PV_OK;
        PV_FAIL(PV_ERR_MISMATCH,
                "%s: it has no half of the model, and none is published here: it needs the "
                "customers' half of %s in half = FILE",
                what, pv_hash_text(own, ours));
    }
    if (pv_hash_equal(&j->binding, own)) return PV_OK;
    PV_FAIL(PV_ERR_MISMATCH,
            "%s: its half is of the model %s, this provider's of %s: halves of one partition "
            "belong together",
            what, pv_hash_text(&j->binding, theirs), pv_hash_text(own, ours));
}

static pv_status take_join(provider *a, customer *c, pv_query_join *j, const pv_message *m)
{
    PV_TRY(expect_type(m, PV_COMPLEMENT_JOIN));
    PV_TRY(pv_query_join_take(j, &m->parts, m->what));
    PV_TRY(check_binding(a, j, m->what));
    c->rows = j->rows;
    c->batches = pv_complement_batches(&a->options, j->rows);
    return PV_OK;
}

static pv_status admit(provider *a, pv_party *p, customer *c, const pv_message *m,
                       const pv_bytes *form, int *needs_half)
{
    static const pv_hash none;
    pv_query_join j = {0};
    pv_part part[PV_QUERY_TERMS_PARTS];
    pv_status status = take_join(a, c, &j, m);
    if (status != PV_OK) return refuse_or_fail(a, p, c, status);
    *needs_half = pv_hash_equal(&j.binding, &none);
    const pv_query_terms t = {.binding = a->halves.back.binding,
                              .form = form->data,
                              .form_size = form->size,
                              .follows = *needs_half};
    pv_query_terms_parts(part, &t);
    return pv_send(pv_party_hub(p), c->peer, PV_COMPLEMENT_TERMS, part, PV_QUERY_TERMS_PARTS);
}

static pv_status publish(provider *a, pv_party *p, const int *to, int count)
{
    pv_bytes file;
    if (count == 0) return PV_OK;
    PV_TRY(pv_split_half_bytes(&file, &a->halves.front));
    const pv_part part = pv_query_half_part(&file);
    pv_status status = pv_send_all(pv_party_hub(p), to, count, PV_COMPLEMENT_HALF, &part, 1);
    pv_bytes_clear(&file);
    return status;
}

static pv_status join(provider *a, pv_party *p)
{
    pv_status status = PV_OK;
    pv_bytes form = {0};
    int needing = 0;
    PV_TRY(make_halves(a, p));
    int *to = pv_alloc((size_t)a->customers, sizeof *to);
    if (to == NULL) PV_FAIL_MEMORY((size_t)a->customers * sizeof *to);
    PV_TRY_GOTO(pv_activation_form_bytes(&form, &a->form));
    for (int from = 0; from < a->customers; from += GROUP) {
        int end = from + GROUP < a->customers ? from + GROUP : a->customers;
        PV_TRY_GOTO(hear(a, p, from, end));
        for (int i = from; i < end; i++) {
            int needs = 0;
            if (a->customer[i].state != SERVED) continue;
            PV_TRY_GOTO(admit(a, p, &a->customer[i], &a->message[i - from], &form, &needs));
            pv_message_clear(&a->message[i - from]);
            if (needs) to[needing++] = a->customer[i].peer;
        }
    }
    PV_TRY_GOTO(publish(a, p, to, needing));
done:
    pv_bytes_clear(&form);
    pv_free(to);
    return status;
}

/* ---- answers */
static int64_t rows_of(const provider *a, const customer *c, int64_t batch)
{
    int64_t left = c->rows - batch * a->options.query_batch;
    return left < a->options.query_batch ? left : a->options.query_batch;
}

static pv_status check_budget(const provider *a, const customer *c, const char *what)
{
    int64_t budget = a->options.budget;
    if (budget == 0 || c->asked <= budget) return PV_OK;
    PV_FAIL(PV_ERR_RANGE,
            "%s: with it %s asks for %" PRId64 " rows, and its budget is %" PRId64 "; %" PRId64
            " were answered",
            what, c->name, c->asked, budget, c->answered);
}

static pv_status compute(provider *a, customer *c, const pv_message *m, int64_t rows)
{
    const uint8_t *z;
    PV_TRY(expect_type(m, PV_COMPLEMENT_ACTIVATION));
    PV_TRY(pv_query_activation_take(&z, &m->parts, m->what, rows,
                                    (int64_t)pv_activation_bytes(&a->form)));
    c->asked += rows;
    PV_TRY(check_budget(a, c, m->what));
    return pv_activation_decode(a->z, &a->form, m->what, z, rows);
}

static pv_status answer(provider *a, pv_party *p, customer *c, const pv_message *m, int64_t batch)
{
    int64_t rows = rows_of(a, c, batch);
    pv_status status = compute(a, c, m, rows);
    if (status != PV_OK) return refuse_or_fail(a, p, c, status);
    PV_TRY(pv_back_run(a->runner, a->logits, a->z, rows));
    pv_query_answer out = {
        .answers = a->options.answers, .rows = rows, .classes = a->halves.back.plan.classes};
    pv_query_answer_make(&out, a->logits, a->score, a->label);
    const pv_part part = pv_query_answer_part(&out);
    c->answered += rows;
    if (batch + 1 == c->batches) c->state = FINISHED;
    return pv_send(pv_party_hub(p), c->peer, PV_COMPLEMENT_ANSWER, &part, 1);
}

static pv_status serve(provider *a, pv_party *p, int64_t batch)
{
    for (int from = 0; from < a->customers; from += GROUP) {
        int end = from + GROUP < a->customers ? from + GROUP : a->customers;
        PV_TRY(hear(a, p, from, end));
        for (int i = from; i < end; i++) {
            if (a->customer[i].state != SERVED) continue;
            PV_TRY(pv_ctx_check(a->ctx));
            PV_TRY(answer(a, p, &a->customer[i], &a->message[i - from], batch));
            pv_message_clear(&a->message[i - from]);
        }
    }
    return PV_OK;
}

static int count_of(const provider *a, customer_state state)
{
    int n = 0;
    for (int i = 0; i < a->customers; i++) n += a->customer[i].state == state;
    return n;
}

static int64_t answered(const provider *a)
{
    int64_t n = 0;
    for (int i = 0; i < a->customers; i++) n += a->customer[i].answered;
    return n;
}

static int64_t most_batches(const provider *a)
{
    int64_t most = 0;
    for (int i = 0; i < a->customers; i++)
        if (a->customer[i].batches > most) most = a->customer[i].batches;
    return most;
}

static pv_status report(provider *a, pv_party *p, uint64_t step, int64_t rows, double seconds)
{
    json_t *j = json_object();
    pv_status status = PV_OK;
    PV_TRY_GOTO(pv_json_set(j, "rows", json_integer((json_int_t)rows)));
    PV_TRY_GOTO(pv_json_set(j, "served", json_integer(count_of(a, SERVED))));
    PV_TRY_GOTO(pv_json_set(j, "refused", json_integer(count_of(a, REFUSED))));
    PV_TRY_GOTO(pv_json_set(j, "lost", json_integer(count_of(a, LOST))));
    PV_TRY_GOTO(pv_json_set(j, "seconds", pv_json_number(seconds)));
    pv_party_progress(p, step, (uint64_t)most_batches(a) + 1, "%lld rows answered",
                      (long long)answered(a));
    status = pv_party_metric(p, j);
    j = NULL;
done:
    json_decref(j);
    return status;
}

static pv_status step(void *self, pv_party *p, uint64_t step, int *done)
{
    provider *a = self;
    double begun = pv_clock_seconds();
    int64_t before = answered(a);
    if (step == 1)
        PV_TRY(join(a, p));
    else
        PV_TRY(serve(a, p, (int64_t)step - 2));
    *done = count_of(a, SERVED) == 0;
    return report(a, p, step, answered(a) - before, pv_clock_seconds() - begun);
}

/* ---- between steps */
static pv_status save(void *self, pv_writer *w)
{
    const provider *a = self;
    pv_writer_u8(w, (uint8_t)a->halves.published);
    for (int i = 0; i < a->customers; i++) {
        const customer *c = &a->customer[i];
        pv_writer_u8(w, (uint8_t)c->state);
        pv_writer_u64le(w, (uint64_t)c->rows);
        pv_writer_u64le(w, (uint64_t)c->asked);
        pv_writer_u64le(w, (uint64_t)c->answered);
        pv_writer_string(w, c->reason);
    }
    return pv_writer_status(w);
}

static pv_status load(void *self, pv_reader *r)
{
    provider *a = self;
    int published = pv_reader_u8(r, "published");
    for (int i = 0; i < a->customers; i++) {
        customer *c = &a->customer[i];
        uint8_t state = pv_reader_u8(r, "state of a customer");
        pv_reader_require_max(r, state, LOST, "state of a customer");
        c->state = (customer_state)state;
        c->rows = (int64_t)pv_reader_u64le(r, "rows");
        c->asked = (int64_t)pv_reader_u64le(r, "asked");
        c->answered = (int64_t)pv_reader_u64le(r, "answered");
        pv_reader_string(r, c->reason, sizeof c->reason, "reason");
        c->batches = pv_complement_batches(&a->options, c->rows);
    }
    PV_TRY(pv_reader_status(r));
    PV_TRY(pv_complement_halves_again(&a->halves, pv_party_folder(a->party), published));
    return get_ready(a);
}

/* ---- the end */
static pv_status describe(json_t **out, const provider *a, const customer *c)
{
    static const char *const state[] = {"", "served", "finished", "refused", "lost"};
    json_t *j = json_object();
    pv_status status = PV_OK;
    PV_TRY_GOTO(pv_json_set(j, "state", json_string(state[c->state])));
    PV_TRY_GOTO(pv_json_set(j, "rows", json_integer((json_int_t)c->rows)));
    PV_TRY_GOTO(pv_json_set(j, "answered", json_integer((json_int_t)c->answered)));
    if (a->options.budget > 0)
        PV_TRY_GOTO(pv_json_set(j, "budget_left",
                                json_integer((json_int_t)(a->options.budget - c->answered))));
    if (c->reason[0] != '\0') PV_TRY_GOTO(pv_json_set(j, "reason", json_string(c->reason)));
    *out = json_incref(j);
done:
    json_decref(j);
    return status;
}

static pv_status add_customers(const provider *a, json_t *all, json_t *refused, json_t *dropped)
{
    for (int i = 0; i < a->customers; i++) {
        const customer *c = &a->customer[i];
        json_t *one;
        PV_TRY(describe(&one, a, c));
        PV_TRY(pv_json_set(all, c->name, one));
        if (c->state == REFUSED) PV_TRY(pv_json_set(refused, c->name, json_string(c->reason)));
        if (c->state == LOST) PV_TRY(pv_json_append(dropped, json_string(c->name)));
    }
    return PV_OK;
}

static pv_status finish(void *self, pv_party *p)
{
    provider *a = self;
    pv_status status = PV_OK;
    char text[PV_HASH_TEXT], cut[PV_CUT_TEXT];
    json_t *all = json_object(), *refused = json_object(), *dropped = json_array();
    PV_TRY_GOTO(add_customers(a, all, refused, dropped));
    PV_TRY_GOTO(
        pv_party_result(p, "binding", json_string(pv_hash_text(&a->halves.back.binding, text))));
    PV_TRY_GOTO(pv_party_result(p, "cut", json_string(pv_cut_text(&a->halves.back.cut, cut))));
    PV_TRY_GOTO(pv_party_result(p, "activation_bytes",
                                json_integer((json_int_t)pv_activation_bytes(&a->form))));
    PV_TRY_GOTO(pv_party_result(p, "answered", json_integer((json_int_t)answered(a))));
    PV_TRY_GOTO(pv_party_result(p, "budget", json_integer((json_int_t)a->options.budget)));
    PV_TRY_GOTO(pv_party_result(p, "customers", json_incref(all)));
    PV_TRY_GOTO(pv_party_result(p, "refused", json_incref(refused)));
    PV_TRY_GOTO(pv_party_result(p, "dropped", json_incref(dropped)));
done:
    json_decref(all);
    json_decref(refused);
    json_decref(dropped);
    return status;
}

const pv_role pv_complement_provider = {
    .name = "provider",
    .summary = "has the network, publishes its front, and answers what comes to the cut",
    .least = 1,
    .most = 1,
    .peers_apart = 1,
    .files = pv_complement_provider_files,
    .open = open,
    .step = step,
    .save = save,
    .load = load,
    .finish = finish,
    .close = close,
};
