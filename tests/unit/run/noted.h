/* noted.h - a run of two parties as an audit finds it, without a scheme's own code: one has notes
 * about gradients, the other labels */
#ifndef TESTS_RUN_NOTED_H
#define TESTS_RUN_NOTED_H

#include "base/file.h"
#include "check.h"
#include "data/store.h"
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
    pv_audit_options options;
    pv_audit_party party[2]; /* active, passive */
    pv_audit_work work;
    pv_view *view;
} noted;

static int64_t noted_batch; /* of the scheme below, which has no settings */

/* Rows in their order, batch after batch; the same in every epoch. */
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
    return PV_OK;
}

static const pv_scheme noted_scheme = {.name = "noted", .truth = noted_truth, .split = 1};

static inline pv_data *noted_data(pv_data_kind kind, pv_shape sample, int classes, int64_t rows,
                                  uint64_t seed)
{
    pv_store *store = pv_calloc(1, sizeof *store);
    pv_data *data = pv_calloc(1, sizeof *data);
    pv_rng r = pv_rng_make(seed, PV_STREAM_TEST);
    assert_true(store != NULL && data != NULL);
    CHECK_OK(pv_store_alloc(store, kind, PV_F32, rows, sample));
    CHECK_OK(pv_store_number_classes(store, classes));
    for (int64_t i = 0; i < rows; i++)
        store->label[i] = (int32_t)pv_rng_below(&r, (uint64_t)classes);
    float *x = store->samples.data;
    for (int64_t i = 0; i < pv_tensor_count(&store->samples); i++) x[i] = (float)pv_rng_normal(&r);
    atomic_store(&store->references, 1);
    *data = (pv_data){.store = store, .count = rows};
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

/* every: notes of steps that it divides are kept; swap: the step whose rows are said to be others,
 * 0 for none. */
static inline void noted_begin(noted *n, uint64_t every, uint64_t swap)
{
    static const pv_message_type type[NOTED_TYPES] = {
        {NOTED_GRADIENT, "activation-gradient", "index, gradient", 1 << 24, {PV_RETAIN_FULL, 0}},
        {NOTED_LOGITS, "logits", "index, logits, lr", 1 << 24, {PV_RETAIN_FULL, 0}},
    };
    pv_view_peer peer = {.name = "passive", .role = "passive"};
    pv_view_header header = {.party = "active",
                             .role = "active",
                             .scheme = "noted",
                             .peer = &peer,
                             .peers = 1,
                             .type = type,
                             .types = NOTED_TYPES};
    pv_view_writer *w;
    pv_model_domain domain = {
        .size = sizeof domain, .kind = PV_DATA_TABLE, .sample = PV_SHAPE(3), .classes = n->classes};
    snprintf(n->folder, sizeof n->folder, "/tmp/noted-XXXXXX");
    assert_non_null(mkdtemp(n->folder));
    snprintf(n->audit, sizeof n->audit, "%s/audit", n->folder);
    CHECK_OK(pv_folder_make(n->audit));
    snprintf(n->path, sizeof n->path, "%s/view.pvv", n->folder);
    noted_batch = n->batch;
    pv_data *labels = noted_data(PV_DATA_TABLE, PV_SHAPE(3), n->classes, n->rows, 5);
    float *g = pv_calloc((size_t)(n->batch * n->width), sizeof *g);
    assert_non_null(g);
    CHECK_OK(pv_view_create(&w, n->path, &header));
    uint64_t steps = (uint64_t)(n->rows / n->batch * n->epochs);
    for (uint64_t step = 1; step <= steps; step++) {
        pv_batch_truth t;
        CHECK_OK(noted_truth(&t, NULL, "", n->rows, step));
        for (int64_t k = 0; k < n->batch; k++)
            noted_gradient(g + k * n->width, n, pv_data_label(labels, t.index[k]));
        if (step == swap) t.index[0] = t.index[1];
        const pv_part part[] = {{"index", PV_I64, PV_SHAPE(n->batch), t.index},
                                {"gradient", PV_F32, PV_SHAPE(n->batch, n->width), g}};
        size_t size = pv_parts_size(part, 2);
        uint8_t *bytes = pv_alloc_aligned(size, 1);
        pv_view_record r = {.step = step,
                            .kind = PV_VIEW_DERIVED,
                            .peer = PV_VIEW_NO_PEER,
                            .type = NOTED_GRADIENT,
                            .size = size,
                            .kept = step % every == 0};
        assert_non_null(bytes);
        CHECK_OK(pv_parts_encode(bytes, part, 2));
        CHECK_OK(pv_hash_of(&r.payload, bytes, size));
        CHECK_OK(pv_view_append(w, &r, bytes));
        pv_free(bytes);
        pv_batch_truth_clear(&t);
    }
    CHECK_OK(pv_view_sync(w));
    pv_view_writer_free(w);
    CHECK_OK(pv_view_open(&n->view, n->path));
    pv_free(g);
    n->party[0] =
        (pv_audit_party){.name = "active",
                         .role = "active",
                         .view = n->view,
                         .data = noted_data(PV_DATA_TABLE, PV_SHAPE(3), n->classes, n->rows, 6),
                         .opened = 1};
    n->party[1] = (pv_audit_party){
        .name = "passive",
        .role = "passive",
        .data = labels,
        .opened = 1,
        .result = json_pack("{s:{s:I}}", "result", "samples", (json_int_t)n->rows)};
    n->options = (pv_audit_options){.run = n->folder, .command = ""};
    n->work = (pv_audit_work){
        .o = &n->options, .scheme = &noted_scheme, .party = n->party, .parties = 2, .seed = 1};
    CHECK_OK(pv_model_new_domain(&n->work.model, "mlr", &domain, 1));
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

/* A case of the claim "labels" by this attack, with its targets. */
static inline void noted_case(pv_audit_case *c, noted *n, const pv_attack *attack,
                              const char *owner)
{
    static const pv_claim claim = {
        .secret = "labels", .adversary = "active", .victim = "passive", .text = "not hidden"};
    *c = (pv_audit_case){.claim = &claim,
                         .attack = attack,
                         .owner = owner,
                         .view = {n->view},
                         .views = 1,
                         .adversary = pv_strdup("active")};
    assert_non_null(c->adversary);
    CHECK_OK(pv_audit_reads_of(&c->reads, attack));
    CHECK_OK(c->reads->targets(&n->work, c));
}

#endif
