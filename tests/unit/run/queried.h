/* queried.h - a run of one provider and two customers as an audit finds it, without a scheme's own
 * code: views of queries to a network that is cut, and an attack that looks for the nearest of the
 * adversary's own samples */
#ifndef TESTS_RUN_QUERIED_H
#define TESTS_RUN_QUERIED_H

#include "base/file.h"
#include "check.h"
#include "data/rows.h"
#include "nn/stages.h"
#include "run/audit_i.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Inlined into every test they would take minutes to compile under the sanitizers. */
#define QUERIED static __attribute__((unused, noinline))

enum { QUERIED_ACTIVATION = PV_TYPE_FIRST, QUERIED_ANSWER, QUERIED_TYPES = 2 };
enum { PROVIDER, FIRST, SECOND, QUERIED_PARTIES };
static const char *const queried_name[] = {"provider", "clinic", "surgery"};

typedef struct queried {
    char folder[64], audit[96], path[QUERIED_PARTIES][128];
    int64_t rows, batch, own; /* of a customer, of a query, of the provider */
    int classes, image;
    uint64_t every; /* records of steps that it divides are kept; 0: all */
    pv_secret_kind kind;
    pv_split_half front, back;
    pv_activation_form form;
    pv_secret_value *secret[QUERIED_PARTIES];
    int32_t *opened[QUERIED_PARTIES];
    pv_audit_options options;
    pv_audit_party party[QUERIED_PARTIES];
    pv_scenario_party listed[QUERIED_PARTIES];
    pv_audit_work work;
} queried;

static queried *queried_now; /* of the scheme below, which has no settings */

/* ---- a scheme: batch n of a customer's rows crosses in step n + 1 */
QUERIED pv_status queried_truth(pv_batch_truth *out, pv_scenario *s, const char *victim,
                                int64_t samples, uint64_t step)
{
    (void)s;
    *out = (pv_batch_truth){0};
    if (strcmp(victim, "provider") == 0 || step < 2) return PV_OK;
    int64_t first = ((int64_t)step - 2) * queried_now->batch, n = samples - first;
    if (n > queried_now->batch) n = queried_now->batch;
    if (n < 1) return PV_OK;
    out->index = pv_alloc((size_t)n, sizeof *out->index);
    if (out->index == NULL) PV_FAIL_MEMORY((size_t)n * sizeof *out->index);
    for (int64_t k = 0; k < n; k++) out->index[out->count++] = first + k;
    return PV_OK;
}

QUERIED pv_status queried_front(pv_split_half *front, pv_activation_form *form, pv_scenario *s,
                                const char *folder)
{
    pv_bytes b = {0};
    (void)s;
    if (strstr(folder, "provider") != NULL) PV_FAIL(PV_ERR_NOT_FOUND, "%s: no half", folder);
    PV_TRY(pv_split_half_bytes(&b, &queried_now->front));
    pv_status status = pv_split_half_parse(front, "front", b.data, b.size, 0);
    pv_bytes_clear(&b);
    PV_TRY(status);
    status = pv_activation_form_init(form, front, 32);
    if (status != PV_OK) pv_split_half_clear(front);
    return status;
}

QUERIED pv_status queried_back(pv_split_half *back, pv_scenario *s, const char *folder)
{
    pv_bytes b = {0};
    (void)s;
    assert_non_null(strstr(folder, "provider"));
    PV_TRY(pv_split_half_bytes(&b, &queried_now->back));
    pv_status status = pv_split_half_parse(back, "back", b.data, b.size, 1);
    pv_bytes_clear(&b);
    return status;
}

QUERIED const char *queried_answers(pv_scenario *s)
{
    (void)s;
    return "logits";
}

QUERIED int queried_who(const char *folder)
{
    for (int i = 0; i < QUERIED_PARTIES; i++)
        if (strstr(folder, queried_name[i]) != NULL) return i;
    return -1;
}

QUERIED pv_status queried_secrets(pv_secret_value **out, int64_t *count, const pv_split_half *front,
                                  pv_scenario *s, const char *folder)
{
    (void)s;
    assert_int_equal(front->plan.kind, queried_now->kind);
    size_t n = (size_t)queried_now->rows;
    *out = pv_alloc(n, sizeof **out);
    if (*out == NULL) PV_FAIL_MEMORY(n * sizeof **out);
    memcpy(*out, queried_now->secret[queried_who(folder)], n * sizeof **out);
    *count = queried_now->rows;
    return PV_OK;
}

QUERIED pv_status queried_opened(int32_t **out, int64_t *count, pv_scenario *s, const char *folder)
{
    (void)s;
    size_t n = (size_t)queried_now->rows;
    *out = pv_alloc(n, sizeof **out);
    if (*out == NULL) PV_FAIL_MEMORY(n * sizeof **out);
    memcpy(*out, queried_now->opened[queried_who(folder)], n * sizeof **out);
    *count = queried_now->rows;
    return PV_OK;
}

static const pv_scheme_cut queried_cut = {.provider = "provider",
                                          .customer = "customer",
                                          .front = queried_front,
                                          .back = queried_back,
                                          .answers = queried_answers,
                                          .secrets = queried_secrets,
                                          .opened = queried_opened};
static const pv_scheme queried_scheme = {
    .name = "queried", .truth = queried_truth, .cut = &queried_cut};

/* ---- what is asked about: rows around the corner of their class, in shares 3 : 2 : 1 : 1 ... */
QUERIED pv_shape queried_sample(const queried *q)
{
    return q->image ? PV_SHAPE(12, 12, 1) : PV_SHAPE(q->classes > 3 ? q->classes : 3);
}

QUERIED pv_data *queried_rows(const queried *q, int64_t rows, uint64_t seed)
{
    static const char *const name[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    pv_rng r = pv_rng_make(seed, PV_STREAM_TEST);
    pv_shape sample = queried_sample(q);
    int64_t width = pv_shape_count(&sample);
    int32_t *label = pv_alloc((size_t)rows, sizeof *label);
    float *x = pv_alloc((size_t)rows, (size_t)width * sizeof *x);
    pv_data *data;
    assert_true(label != NULL && x != NULL);
    for (int64_t i = 0; i < rows; i++) {
        int64_t k = (int64_t)pv_rng_below(&r, (uint64_t)q->classes + 3);
        label[i] = (int32_t)(k < q->classes ? k : k - q->classes < 2 ? 0 : 1);
        for (int64_t j = 0; j < width; j++)
            x[i * width + j] = q->image ? (float)pv_rng_uniform(&r)
                                        : (float)((j == label[i]) + 0.05 * pv_rng_normal(&r));
    }
    CHECK_OK(pv_data_from_rows(&data, &(pv_rows){.kind = q->image ? PV_DATA_IMAGE : PV_DATA_TABLE,
                                                 .dtype = PV_F32,
                                                 .sample = sample,
                                                 .n = rows,
                                                 .x = x,
                                                 .label = label,
                                                 .class_name = name,
                                                 .classes = q->classes}));
    pv_free(label);
    pv_free(x);
    return data;
}

/* ---- the network: one layer mixes the secret in, and the cut is behind it */
QUERIED void queried_network(queried *q, const pv_data *data)
{
    static const char table[] = "dense 40\nrelu\ndense 8\nrelu\ndense classes\n";
    static const char image[] = "conv 2 kernel=3 pad=1\nrelu\nflatten\ndense classes\n";
    const char *text = q->image ? image : table;
    pv_model_domain domain = {.size = sizeof domain,
                              .kind = q->image ? PV_DATA_IMAGE : PV_DATA_TABLE,
                              .sample = queried_sample(q),
                              .classes = q->classes};
    pv_hidden h = {.plan = {.kind = q->kind,
                            .form = q->image ? PV_SECRET_PLANE : PV_SECRET_APPEND,
                            .classes = q->classes,
                            .alpha = 1,
                            .input = domain.sample}};
    const pv_cut_at cut = {.stage = 1};
    CHECK_OK(pv_model_parse(&q->work.model, text, strlen(text), "queried.model", &domain, 7));
    CHECK_OK(pv_model_with_secret(&h.model, q->work.model, 0, pv_secret_channels(&h.plan), 7));
    CHECK_OK(pv_split_make(&q->front, &q->back, &h, &cut, data, 7));
    CHECK_OK(pv_activation_form_init(&q->form, &q->front, 32));
    pv_model_free(h.model);
}

/* ---- views */
QUERIED void queried_append(pv_view_writer *w, pv_view_kind kind, int peer, uint16_t type,
                            uint64_t step, const pv_part *part, int kept)
{
    pv_view_record r = {.step = step,
                        .kind = kind,
                        .peer = (uint16_t)peer,
                        .type = type,
                        .link = 2 * step + (type == QUERIED_ANSWER),
                        .kept = kept};
    CHECK_OK(pv_view_append_parts(w, &r, part, 1));
}

QUERIED pv_view_writer *queried_create(queried *q, int who)
{
    static const pv_message_type type[QUERIED_TYPES] = {
        {QUERIED_ACTIVATION, "activation", "z", 1 << 24, {PV_RETAIN_FULL, 0}},
        {QUERIED_ANSWER, "answer", "logits", 1 << 24, {PV_RETAIN_FULL, 0}},
    };
    pv_view_peer peer[2] = {{{0}, {0}, {0}}};
    pv_view_header header = {.scheme = "queried",
                             .peer = peer,
                             .peers = who == PROVIDER ? 2 : 1,
                             .type = type,
                             .types = QUERIED_TYPES};
    pv_view_writer *w;
    snprintf(header.party, sizeof header.party, "%s", queried_name[who]);
    snprintf(header.role, sizeof header.role, "%s", who == PROVIDER ? "provider" : "customer");
    for (int i = 0; i < 2 && i < header.peers; i++) {
        int of = who == PROVIDER ? i + 1 : PROVIDER;
        snprintf(peer[i].name, sizeof peer[i].name, "%s", queried_name[of]);
        snprintf(peer[i].role, sizeof peer[i].role, "%s", of == PROVIDER ? "provider" : "customer");
    }
    char path[128];
    snprintf(path, sizeof path, "%s/%s.pvv", q->folder, queried_name[who]);
    memcpy(q->path[who], path, sizeof path);
    CHECK_OK(pv_view_create(&w, path, &header));
    return w;
}

/* One query: the front runs, its activations cross, what is right comes back. */
QUERIED void queried_ask(queried *q, pv_view_writer *const *w, int who, uint64_t step,
                         pv_split_runner *runner)
{
    pv_batch_truth t;
    uint64_t clamped;
    const pv_data *data = q->party[who].data;
    pv_shape sample = queried_sample(q);
    int64_t width = pv_shape_count(&sample), numbers = pv_shape_count(&q->front.activation);
    int64_t size = (int64_t)pv_activation_bytes(&q->form);
    int kept = q->every == 0 || step % q->every == 0;
    CHECK_OK(queried_truth(&t, NULL, queried_name[who], q->rows, step));
    float *x = pv_alloc((size_t)t.count, (size_t)width * sizeof *x);
    float *z = pv_alloc((size_t)t.count, (size_t)numbers * sizeof *z);
    float *logits = pv_calloc((size_t)t.count, (size_t)q->classes * sizeof *logits);
    uint8_t *bytes = pv_alloc((size_t)t.count, (size_t)size);
    assert_true(x != NULL && z != NULL && logits != NULL && bytes != NULL);
    for (int64_t i = 0; i < t.count; i++) {
        int64_t row = t.index[i];
        pv_data_raw(data, row, x + i * width);
        logits[i * q->classes + pv_secret_hide(&q->secret[who][row], q->opened[who][row])] = 5;
    }
    CHECK_OK(pv_front_run(runner, z, x, q->secret[who] + t.index[0], NULL, t.count));
    CHECK_OK(pv_activation_encode(bytes, &q->form, z, t.count, &clamped));
    const pv_part sent = {"z", PV_U8, PV_SHAPE(t.count, size), bytes};
    const pv_part answer = {"logits", PV_F32, PV_SHAPE(t.count, q->classes), logits};
    queried_append(w[PROVIDER], PV_VIEW_RECEIVED, who - 1, QUERIED_ACTIVATION, step, &sent, kept);
    queried_append(w[PROVIDER], PV_VIEW_SENT, who - 1, QUERIED_ANSWER, step, &answer, kept);
    queried_append(w[who], PV_VIEW_SENT, 0, QUERIED_ACTIVATION, step, &sent, kept);
    queried_append(w[who], PV_VIEW_RECEIVED, 0, QUERIED_ANSWER, step, &answer, kept);
    pv_batch_truth_clear(&t);
    pv_free(x);
    pv_free(z);
    pv_free(logits);
    pv_free(bytes);
}

QUERIED void queried_secret(queried *q, int who)
{
    pv_rng r = pv_rng_make(90 + (uint64_t)who, PV_STREAM_TEST);
    q->secret[who] = pv_alloc((size_t)q->rows, sizeof *q->secret[who]);
    q->opened[who] = pv_alloc((size_t)q->rows, sizeof *q->opened[who]);
    assert_true(q->secret[who] != NULL && q->opened[who] != NULL);
    for (int64_t i = 0; i < q->rows; i++) {
        pv_secret_draw(&q->secret[who][i], &q->front.plan, &r);
        q->opened[who][i] = pv_data_label(q->party[who].data, i);
    }
}

QUERIED void queried_csv(const char *path, const pv_data *data, int labels)
{
    pv_str text = {0};
    pv_shape sample = pv_data_sample_shape(data);
    int64_t width = pv_shape_count(&sample);
    float x[16];
    assert_true(width <= 16);
    for (int64_t k = 0; k < width; k++)
        CHECK_OK(pv_str_printf(&text, "%sx%d", k > 0 ? "," : "", (int)k));
    CHECK_OK(pv_str_append(&text, labels ? ",label\n" : "\n"));
    for (int64_t i = 0; i < pv_data_count(data); i++) {
        pv_data_raw(data, i, x);
        for (int64_t k = 0; k < width; k++)
            CHECK_OK(pv_str_printf(&text, "%s%.9g", k > 0 ? "," : "", (double)x[k]));
        if (labels) CHECK_OK(pv_str_printf(&text, ",%d", pv_data_label(data, i)));
        CHECK_OK(pv_str_append(&text, "\n"));
    }
    CHECK_OK(pv_file_write(path, text.text, text.size, 0600));
    pv_str_clear(&text);
}

/* Local files, and the provider's own rows; none: it has none. */
QUERIED void queried_local(queried *q)
{
    char path[160];
    pv_str local = {0};
    CHECK_OK(pv_str_append(&local, "[local]\nthreads = 1\n"));
    for (int i = PROVIDER; i < QUERIED_PARTIES; i++) {
        snprintf(path, sizeof path, "%s/parties/%s", q->folder, queried_name[i]);
        CHECK_OK(pv_folder_make(path));
        snprintf(path, sizeof path, "%s/parties/%s/local.ini", q->folder, queried_name[i]);
        CHECK_OK(pv_file_write(path, local.text, local.size, 0600));
    }
    if (q->own > 0) {
        pv_data *own = queried_rows(q, q->own, 41);
        snprintf(path, sizeof path, "%s/parties/provider/own.csv", q->folder);
        queried_csv(path, own, 1);
        pv_data_free(own);
        CHECK_OK(pv_str_printf(&local, "data = csv:%s?label=label\n", path));
    }
    snprintf(path, sizeof path, "%s/parties/provider/local.ini", q->folder);
    CHECK_OK(pv_file_write(path, local.text, local.size, 0600));
    pv_str_clear(&local);
    for (int i = 0; i < QUERIED_PARTIES; i++) {
        q->listed[i].name = (char *)(uintptr_t)queried_name[i];
        q->listed[i].role = (char *)(uintptr_t)q->party[i].role;
    }
    q->work.scenario.party = q->listed;
    q->work.scenario.parties = QUERIED_PARTIES;
}

QUERIED void queried_begin(queried *q)
{
    pv_view_writer *w[QUERIED_PARTIES];
    pv_split_runner *runner;
    char file[160];
    queried_now = q;
    snprintf(q->folder, sizeof q->folder, "/tmp/queried-XXXXXX");
    assert_non_null(mkdtemp(q->folder));
    snprintf(q->audit, sizeof q->audit, "%s/audit", q->folder);
    CHECK_OK(pv_folder_make(q->audit));
    for (int i = 0; i < QUERIED_PARTIES; i++)
        q->party[i] = (pv_audit_party){
            .name = queried_name[i],
            .role = i == PROVIDER ? "provider" : "customer",
            .opened = 1,
            .result = json_pack("{s:{s:I, s:I, s:I}}", "result", "rows",
                                (json_int_t)(i == PROVIDER ? 0 : q->rows), "answered",
                                (json_int_t)q->rows, "correct", (json_int_t)q->rows)};
    for (int i = FIRST; i <= SECOND; i++)
        q->party[i].data = queried_rows(q, q->rows, 5 + (uint64_t)i);
    queried_network(q, q->party[FIRST].data);
    for (int i = 0; i < QUERIED_PARTIES; i++) w[i] = queried_create(q, i);
    for (int i = FIRST; i <= SECOND; i++) queried_secret(q, i);
    CHECK_OK(pv_split_runner_new(&runner, &q->front, q->batch, NULL));
    uint64_t last = (uint64_t)((q->rows + q->batch - 1) / q->batch) + 1;
    for (uint64_t step = 2; step <= last; step++)
        for (int i = FIRST; i <= SECOND; i++) queried_ask(q, w, i, step, runner);
    pv_split_runner_free(runner);
    for (int i = 0; i < QUERIED_PARTIES; i++) {
        CHECK_OK(pv_view_sync(w[i]));
        pv_view_writer_free(w[i]);
        CHECK_OK(pv_view_open(&q->party[i].view, q->path[i]));
    }
    snprintf(file, sizeof file, "%s/parties", q->folder);
    CHECK_OK(pv_folder_make(file));
    queried_local(q);
    q->options = (pv_audit_options){.run = q->folder, .command = ""};
    q->work.o = &q->options;
    q->work.scheme = &queried_scheme;
    q->work.party = q->party;
    q->work.parties = QUERIED_PARTIES;
    q->work.seed = 1;
}

QUERIED void queried_end(queried *q)
{
    char command[128];
    for (int i = 0; i < QUERIED_PARTIES; i++) {
        pv_data_free(q->party[i].data);
        json_decref(q->party[i].result);
        pv_view_free(q->party[i].view);
        pv_free(q->secret[i]);
        pv_free(q->opened[i]);
    }
    pv_split_half_clear(&q->front);
    pv_split_half_clear(&q->back);
    pv_activation_form_clear(&q->form);
    pv_model_free(q->work.model);
    snprintf(command, sizeof command, "rm -r '%s'", q->folder);
    assert_int_equal(system(command), 0);
}

/* ---- an attack: the nearest of the adversary's own samples under every secret */
QUERIED const pv_view_record *queried_find(const pv_view *v, const pv_attack_target *t,
                                           uint64_t *at)
{
    int type = pv_view_type_id(v, "activation"), peer = pv_view_peer_index(v, t->victim);
    int mirrored = strcmp(pv_view_header_of(v)->party, t->victim) == 0;
    for (uint64_t i = 0; i < pv_view_count(v); i++) {
        const pv_view_record *r = pv_view_at(v, i);
        if (r->type == type && r->step == t->step && r->kept &&
            (mirrored ? r->kind == PV_VIEW_SENT : r->kind == PV_VIEW_RECEIVED && r->peer == peer)) {
            *at = i;
            return r;
        }
    }
    return NULL;
}

QUERIED pv_status queried_nearest(pv_guess_item *g, const pv_public *known, const float *shadow,
                                  int64_t shadows, const float *z, int64_t numbers, int secrets)
{
    int64_t n = pv_data_count(known->own_data);
    for (int64_t i = 0; i < g->batch; i++) {
        double least = HUGE_VAL;
        for (int64_t s = 0; s < shadows; s++) {
            double d = 0;
            for (int64_t k = 0; k < numbers; k++) {
                double e = (double)shadow[s * numbers + k] - z[i * numbers + k];
                d += e * e;
            }
            if (!(d < least)) continue;
            least = d;
            g->label[i] = secrets ? (int32_t)(s / n) : pv_data_label(known->own_data, s % n);
        }
        g->confidence[i] = 0.9;
    }
    g->finished = 1;
    return PV_OK;
}

QUERIED pv_status queried_run(pv_guess *guess, const pv_view *const *view, const pv_public *known,
                              const pv_attack_target *target, size_t targets, int secrets)
{
    pv_status status = PV_OK;
    pv_split_runner *runner = NULL;
    if (known->own_data == NULL) PV_FAIL(PV_ERR_USAGE, "it needs samples");
    pv_shape sample = pv_model_what(known->model).sample;
    int64_t width = pv_shape_count(&sample), numbers = pv_shape_count(&known->front->activation);
    int64_t n = pv_data_count(known->own_data), values = pv_secret_values(&known->front->plan);
    float *shadow = pv_alloc((size_t)(values * n), (size_t)numbers * sizeof *shadow);
    float *x = pv_alloc((size_t)width, sizeof *x), *z = NULL;
    if (shadow == NULL || x == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory");
    PV_TRY_GOTO(pv_split_runner_new(&runner, known->front, 1, NULL));
    for (int64_t v = 0; v < values; v++)
        for (int64_t i = 0; i < n; i++) {
            pv_secret_value secret;
            PV_TRY_GOTO(pv_secret_of(&secret, &known->front->plan, v));
            pv_data_raw(known->own_data, i, x);
            PV_TRY_GOTO(pv_front_run(runner, shadow + (v * n + i) * numbers, x, &secret, NULL, 1));
        }
    PV_TRY_GOTO(pv_guess_add_try(
        guess, &(pv_guess_try){
                   .name = "nearest", .x = NAN, .right = n, .count = n, .chance = 0.5, .kept = 1}));
    for (size_t t = 0; t < targets; t++) {
        uint64_t at = 0;
        pv_view_payload p = {0};
        assert_non_null(queried_find(view[0], &target[t], &at));
        PV_TRY_GOTO(pv_view_load(&p, view[0], at));
        int64_t rows = p.parts.part[0].shape.dim[0];
        z = pv_alloc((size_t)rows, (size_t)numbers * sizeof *z);
        status = z == NULL
                     ? PV_ERR_MEMORY
                     : pv_activation_decode(z, (pv_activation_form *)(uintptr_t)known->crossing,
                                            "query", p.parts.part[0].data, rows);
        pv_view_payload_clear(&p);
        if (status == PV_OK) status = pv_guess_claim(guess, t, target[t].batch, 0, 1, 1);
        if (status == PV_OK)
            status =
                queried_nearest(&guess->item[t], known, shadow, values * n, z, numbers, secrets);
        pv_free(z);
        z = NULL;
        if (status != PV_OK) goto done;
    }
done:
    pv_split_runner_free(runner);
    pv_free(shadow);
    pv_free(x);
    return status;
}

QUERIED pv_status queried_run_secrets(pv_guess *guess, const pv_view *const *view, int views,
                                      const pv_public *known, const pv_attack_target *target,
                                      size_t targets, const pv_attack_option *option, int options,
                                      const pv_budget *budget, const pv_ctx *ctx)
{
    (void)views, (void)option, (void)options, (void)budget, (void)ctx;
    return queried_run(guess, view, known, target, targets, 1);
}

QUERIED pv_status queried_run_labels(pv_guess *guess, const pv_view *const *view, int views,
                                     const pv_public *known, const pv_attack_target *target,
                                     size_t targets, const pv_attack_option *option, int options,
                                     const pv_budget *budget, const pv_ctx *ctx)
{
    (void)views, (void)option, (void)options, (void)budget, (void)ctx;
    return queried_run(guess, view, known, target, targets, 0);
}

static const pv_attack queried_attack[] = {
    {.name = "nearest-secret",
     .wants = "secrets",
     .probable = 1,
     .needs = PV_NEEDS_FRONT,
     .run = queried_run_secrets},
    {.name = "nearest-label",
     .wants = "labels",
     .probable = 1,
     .needs = PV_NEEDS_FRONT,
     .run = queried_run_labels},
};

/* A case of a claim by this attack, with its targets. adversary: a party's number; owner: NULL. */
QUERIED void queried_case(pv_audit_case *c, queried *q, const pv_attack *attack, int adversary,
                          const char *owner)
{
    static const pv_claim rows = {
        .secret = "secrets", .adversary = "provider", .victim = "customer", .text = "hidden"};
    static const pv_claim half = {
        .secret = "the model", .adversary = "customer", .victim = "provider", .text = "kept"};
    int of = adversary;
    for (int i = 0; owner != NULL && i < QUERIED_PARTIES; i++)
        if (strcmp(queried_name[i], owner) == 0) of = i;
    *c = (pv_audit_case){.claim = adversary == PROVIDER ? &rows : &half,
                         .attack = attack,
                         .owner = owner,
                         .view = {q->party[of].view},
                         .views = 1,
                         .adversary = pv_strdup(queried_name[adversary])};
    assert_non_null(c->adversary);
    CHECK_OK(pv_audit_reads_of(&c->reads, attack));
    CHECK_OK(c->reads->targets(&q->work, c));
}

#endif
