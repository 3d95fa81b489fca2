/* noted.h - a run of two parties as an audit finds it, without a scheme's own code: one has notes
 * about gradients, the other labels */
#ifndef TESTS_RUN_NOTED_H
#define TESTS_RUN_NOTED_H

#include "base/file.h"
#include "check.h"
#include "data/rows.h"
#include "run/audit_i.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NOTED_GRADIENT = PV_TYPE_FIRST, NOTED_LOGITS, NOTED_TYPES = 2 };

typedef struct noted {
    char folder[64], path[128], audit[96];
    int64_t rows, batch, width, epochs;
    int classes;
    const char *model; /* NULL: a regression */
    pv_audit_options options;
    pv_audit_party party[2]; /* active, passive */
    pv_audit_work work;
    pv_view *view;
} noted;

static int64_t noted_batch; /* of the scheme below, which has no settings */
static int noted_shuffled;  /* each epoch in an order of its own */

/* Rows in their order, batch after batch; the same in every epoch, or shuffled. */
static inline pv_status noted_truth(pv_batch_truth *out, pv_scenario *s, const char *victim,
                                    int64_t samples, uint64_t step)
{
    (void)s;
    (void)victim;
    int64_t batches = samples / noted_batch, first = ((int64_t)step - 1) % batches * noted_batch;
    *out = (pv_batch_truth){0};
    if (step > (uint64_t)(100 * batches)) return PV_OK; /* evaluations */
    out->index = pv_alloc((size_t)noted_batch, sizeof *out->index);
    if (out->index == NULL) PV_FAIL_MEMORY(noted_batch);
    out->count = noted_batch;
    for (int64_t k = 0; k < noted_batch; k++) out->index[k] = first + k;
    if (noted_shuffled) {
        pv_rng epoch = pv_rng_make(((uint64_t)step - 1) / (uint64_t)batches, PV_STREAM_TEST);
        uint32_t order[4096];
        assert_true(samples <= 4096);
        for (int64_t i = 0; i < samples; i++) order[i] = (uint32_t)i;
        pv_rng_shuffle(&epoch, order, (size_t)samples);
        for (int64_t k = 0; k < noted_batch; k++) out->index[k] = order[first + k];
    }
    return PV_OK;
}

static inline pv_status noted_known(pv_scheme_known *out, pv_scenario *s)
{
    (void)s;
    *out = (pv_scheme_known){.lr = 0.1, .batch = noted_batch};
    return PV_OK;
}

static const pv_data *noted_rows; /* the active party's */
static int noted_dead;            /* its layers are zero */

/* A network that has learnt nothing, or is dead; its last layer is not the party's. */
static inline pv_status noted_own(pv_model **out, int64_t *head, pv_scenario *s, const char *party,
                                  const char *folder)
{
    (void)s;
    (void)party;
    (void)folder;
    *head = 1;
    PV_TRY(pv_model_new(out, "mlp", noted_rows, 3));
    for (int i = 0; noted_dead && i < pv_model_params(*out); i++)
        memset(pv_model_param(*out, i)->data, 0, pv_tensor_bytes(pv_model_param(*out, i)));
    return PV_OK;
}

static const pv_scheme noted_scheme = {.name = "noted",
                                       .truth = noted_truth,
                                       .known = noted_known,
                                       .own_model = noted_own,
                                       .split = 1};

static inline pv_data *noted_data(int classes, int64_t rows, uint64_t seed)
{
    static const char *const name[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    pv_rng r = pv_rng_make(seed, PV_STREAM_TEST);
    int32_t *label = pv_alloc((size_t)rows, sizeof *label);
    float *x = pv_alloc((size_t)rows, 3 * sizeof *x);
    pv_data *data;
    assert_true(label != NULL && x != NULL && classes <= 10);
    for (int64_t i = 0; i < rows; i++) label[i] = (int32_t)pv_rng_below(&r, (uint64_t)classes);
    for (int64_t i = 0; i < 3 * rows; i++) x[i] = (float)pv_rng_normal(&r);
    CHECK_OK(pv_data_from_rows(&data, &(pv_rows){.kind = PV_DATA_TABLE,
                                                 .dtype = PV_F32,
                                                 .sample = PV_SHAPE(3),
                                                 .n = rows,
                                                 .x = x,
                                                 .label = label,
                                                 .class_name = name,
                                                 .classes = classes}));
    pv_free(label);
    pv_free(x);
    return data;
}

/* dL/da of a layer that stays as it is: row i's is (p - t)/m · W with p the same for all rows. */
static inline void noted_gradient(float *out, const noted *n, int label)
{
    pv_rng r = pv_rng_make(77, PV_STREAM_TEST);
    for (int64_t k = 0; k < n->width; k++) out[k] = 0;
    for (int c = 0; c < n->classes; c++)
        for (int64_t k = 0; k < n->width; k++)
            out[k] +=
                (float)((1.0 / n->classes - (c == label)) * pv_rng_normal(&r) / (double)n->batch);
}

static inline void noted_write(pv_view_writer *w, uint16_t type, uint64_t step, const pv_part *part,
                               size_t parts, int kept)
{
    pv_view_record r = {
        .step = step, .kind = PV_VIEW_DERIVED, .peer = PV_VIEW_NO_PEER, .type = type, .kept = kept};
    CHECK_OK(pv_view_append_parts(w, &r, part, parts));
}

/* The folder, both parties' data, and an empty view of the active (0) or the passive one (1). */
static inline pv_view_writer *noted_open(noted *n, int whose)
{
    static const pv_message_type type[NOTED_TYPES] = {
        {NOTED_GRADIENT, "activation-gradient", "index, gradient", 1 << 24, {PV_RETAIN_FULL, 0}},
        {NOTED_LOGITS, "logits", "index, logits, lr", 1 << 24, {PV_RETAIN_FULL, 0}},
    };
    static const char *const name[2] = {"active", "passive"};
    pv_view_peer peer = {0};
    pv_view_header header = {
        .scheme = "noted", .peer = &peer, .peers = 1, .type = type, .types = NOTED_TYPES};
    pv_view_writer *w;
    pv_model_domain domain = {
        .size = sizeof domain, .kind = PV_DATA_TABLE, .sample = PV_SHAPE(3), .classes = n->classes};
    snprintf(header.party, sizeof header.party, "%s", name[whose]);
    snprintf(header.role, sizeof header.role, "%s", name[whose]);
    snprintf(peer.name, sizeof peer.name, "%s", name[!whose]);
    snprintf(peer.role, sizeof peer.role, "%s", name[!whose]);
    snprintf(n->folder, sizeof n->folder, "/tmp/noted-XXXXXX");
    assert_non_null(mkdtemp(n->folder));
    snprintf(n->audit, sizeof n->audit, "%s/audit", n->folder);
    CHECK_OK(pv_folder_make(n->audit));
    snprintf(n->path, sizeof n->path, "%s/view.pvv", n->folder);
    noted_batch = n->batch;
    for (int i = 0; i < 2; i++)
        n->party[i] = (pv_audit_party){
            .name = name[i],
            .role = name[i],
            .data = noted_data(n->classes, n->rows, 5 + (uint64_t)i),
            .opened = 1,
            .result = json_pack("{s:{s:I}}", "result", "samples", (json_int_t)n->rows)};
    noted_rows = n->party[0].data;
    n->options = (pv_audit_options){.run = n->folder, .command = ""};
    n->work = (pv_audit_work){
        .o = &n->options, .scheme = &noted_scheme, .party = n->party, .parties = 2, .seed = 1};
    CHECK_OK(pv_model_new_domain(&n->work.model, n->model != NULL ? n->model : "mlr", &domain, 1));
    CHECK_OK(pv_view_create(&w, n->path, &header));
    return w;
}

static inline void noted_close(noted *n, pv_view_writer *w, int whose)
{
    CHECK_OK(pv_view_sync(w));
    pv_view_writer_free(w);
    CHECK_OK(pv_view_open(&n->view, n->path));
    n->party[whose].view = n->view;
}

/* Gradients, noted by the active party. every: notes of steps that it divides are kept; swap: the
 * step whose rows are said to be others, 0 for none. */
static inline void noted_begin(noted *n, uint64_t every, uint64_t swap)
{
    pv_view_writer *w = noted_open(n, 0);
    noted_shuffled = 0;
    float *g = pv_calloc((size_t)(n->batch * n->width), sizeof *g);
    assert_non_null(g);
    uint64_t steps = (uint64_t)(n->rows / n->batch * n->epochs);
    for (uint64_t step = 1; step <= steps; step++) {
        pv_batch_truth t;
        CHECK_OK(noted_truth(&t, NULL, "", n->rows, step));
        for (int64_t k = 0; k < n->batch; k++)
            noted_gradient(g + k * n->width, n, pv_data_label(n->party[1].data, t.index[k]));
        if (step == swap) t.index[0] = t.index[1];
        const pv_part part[] = {{"index", PV_I64, PV_SHAPE(n->batch), t.index},
                                {"gradient", PV_F32, PV_SHAPE(n->batch, n->width), g}};
        noted_write(w, NOTED_GRADIENT, step, part, 2, step % every == 0);
        pv_batch_truth_clear(&t);
    }
    pv_free(g);
    noted_close(n, w, 0);
}

/* Logits, noted by the passive party: of a regression without a bias on the active party's rows as
 * its normalisation makes them, at learning rate 0.1. */
static inline void noted_train(noted *n)
{
    enum { D = 3, MOST = 8 };
    static const double lr = 0.1;
    pv_view_writer *w = noted_open(n, 1);
    noted_shuffled = 1;
    pv_norm norm;
    double weight[MOST][D] = {{0}}, step_of[MOST][D];
    float *z = pv_calloc((size_t)(n->batch * n->classes), sizeof *z);
    assert_true(z != NULL && n->classes <= MOST);
    CHECK_OK(pv_norm_fit(&norm, n->party[0].data));
    uint64_t steps = (uint64_t)(n->rows / n->batch * n->epochs);
    for (uint64_t step = 1; step <= steps; step++) {
        pv_batch_truth t;
        CHECK_OK(noted_truth(&t, NULL, "", n->rows, step));
        memset(step_of, 0, sizeof step_of);
        for (int64_t k = 0; k < n->batch; k++) {
            float x[D];
            double p[MOST], sum = 0;
            pv_data_raw(n->party[0].data, t.index[k], x);
            for (int c = 0; c < n->classes; c++) {
                p[c] = 0;
                for (int q = 0; q < D; q++)
                    p[c] += weight[c][q] * ((double)x[q] - norm.mean[q]) * norm.inverse_std[q];
                z[k * n->classes + c] = (float)p[c];
                sum += p[c] = exp(p[c]);
            }
            for (int c = 0; c < n->classes; c++)
                for (int q = 0; q < D; q++)
                    step_of[c][q] +=
                        (p[c] / sum - (c == pv_data_label(n->party[1].data, t.index[k]))) /
                        (double)n->batch * ((double)x[q] - norm.mean[q]) * norm.inverse_std[q];
        }
        const pv_part part[] = {{"index", PV_I64, PV_SHAPE(n->batch), t.index},
                                {"logits", PV_F32, PV_SHAPE(n->batch, n->classes), z},
                                {"lr", PV_F64, PV_SHAPE(1), &lr}};
        noted_write(w, NOTED_LOGITS, step, part, 3, 1);
        for (int c = 0; c < n->classes; c++)
            for (int q = 0; q < D; q++) weight[c][q] -= lr * step_of[c][q];
        pv_batch_truth_clear(&t);
    }
    pv_norm_clear(&norm);
    pv_free(z);
    noted_close(n, w, 1);
}

/* A name for a file of a control, beside the audit's other files. */
static inline const char *noted_file(char out[160], const noted *n, const char *name)
{
    snprintf(out, 160, "%s/%s.pvv", n->audit, name);
    return out;
}

static inline void noted_end(noted *n)
{
    for (int i = 0; i < 2; i++) {
        pv_data_free(n->party[i].data);
        json_decref(n->party[i].result);
    }
    pv_model_free(n->work.model);
    pv_view_free(n->view);
    unlink(n->path);
    rmdir(n->audit);
    rmdir(n->folder);
}

/* A case of a claim by this attack, with its targets: about labels, or about rows. */
static inline void noted_case(pv_audit_case *c, noted *n, const pv_attack *attack,
                              const char *owner)
{
    static const pv_claim rows = {
        .secret = "training rows", .adversary = "passive", .victim = "active", .text = "encrypted"};
    static const pv_claim claim = {
        .secret = "labels", .adversary = "active", .victim = "passive", .text = "not hidden"};
    const pv_claim *of = strcmp(attack->wants, "labels") == 0 ? &claim : &rows;
    *c = (pv_audit_case){.claim = of,
                         .attack = attack,
                         .owner = owner,
                         .view = {n->view},
                         .views = 1,
                         .adversary = pv_strdup(of->adversary)};
    assert_non_null(c->adversary);
    CHECK_OK(pv_audit_reads_of(&c->reads, attack));
    CHECK_OK(c->reads->targets(&n->work, c));
}

#endif
