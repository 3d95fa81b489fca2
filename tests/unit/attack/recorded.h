/* recorded.h - views as federated parties would have recorded them, for attacks to read, and the
 * gradient that a client would send */
#ifndef TESTS_ATTACK_RECORDED_H
#define TESTS_ATTACK_RECORDED_H

#include "check.h"

#include "base/file.h"
#include "privet/model.h"
#include "privet/rng.h"
#include "view/view.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    RECORDED_MODEL = PV_TYPE_FIRST,
    RECORDED_GRADIENT,
    RECORDED_UPDATE,
    RECORDED_MASKED,
    RECORDED_AGGREGATE,
    RECORDED_ROWS,
    RECORDED_CUT_GRADIENT,
    RECORDED_LOGITS,
    RECORDED_ANSWER,
    RECORDED_ACTIVATION,
    RECORDED_TYPES = 10,
    RECORDED_PARTS = 32,
};

typedef struct recorded {
    char folder[64], path[128];
    pv_view_writer *writer;
    pv_view *view;
    uint64_t link;
} recorded;

/* The view of `party`, whose peers are the two others of server, alice and bob. */
static inline void recorded_begin(recorded *r, const char *party)
{
    static const char *const name[] = {"server", "alice", "bob"};
    static const pv_message_type type[RECORDED_TYPES] = {
        {RECORDED_MODEL, "model", "each parameter f32", 1 << 24, {PV_RETAIN_FULL, 0}},
        {RECORDED_GRADIENT, "gradient", "each f32, samples i64[1]", 1 << 24, {PV_RETAIN_FULL, 0}},
        {RECORDED_UPDATE, "update", "each f32, samples i64[1]", 1 << 24, {PV_RETAIN_FULL, 0}},
        {RECORDED_MASKED, "masked", "u64", 1 << 24, {PV_RETAIN_FULL, 0}},
        {RECORDED_AGGREGATE, "aggregate", "each f32", 1 << 24, {PV_RETAIN_FULL, 0}},
        {RECORDED_ROWS, "rows", "x, label i32[n]", 1 << 24, {PV_RETAIN_FULL, 0}},
        {RECORDED_CUT_GRADIENT,
         "activation-gradient",
         "index i64[n], gradient f32[n,d]",
         1 << 24,
         {PV_RETAIN_FULL, 0}},
        {RECORDED_LOGITS,
         "logits",
         "index i64[n], logits f32[n,c], lr f64[1]",
         1 << 24,
         {PV_RETAIN_FULL, 0}},
        {RECORDED_ANSWER, "answer", "label i32[n], probability f32", 1 << 24, {PV_RETAIN_FULL, 0}},
        {RECORDED_ACTIVATION, "activation", "z u8[n,bytes]", 1 << 24, {PV_RETAIN_FULL, 0}},
    };
    pv_view_peer peer[2] = {0};
    pv_view_header h = {.peer = peer, .peers = 2, .type = type, .types = RECORDED_TYPES};
    *r = (recorded){0};
    snprintf(r->folder, sizeof r->folder, "/tmp/attack-XXXXXX");
    assert_non_null(mkdtemp(r->folder));
    snprintf(r->path, sizeof r->path, "%s/%s.view", r->folder, party);
    snprintf(h.party, sizeof h.party, "%s", party);
    snprintf(h.role, sizeof h.role, "%s", strcmp(party, "server") == 0 ? "server" : "client");
    snprintf(h.scheme, sizeof h.scheme, "federated");
    for (int i = 0, n = 0; i < 3; i++) {
        if (strcmp(name[i], party) == 0) continue;
        snprintf(peer[n].name, sizeof peer[n].name, "%s", name[i]);
        snprintf(peer[n].role, sizeof peer[n].role, "%s", i == 0 ? "server" : "client");
        peer[n++].key[0] = (uint8_t)i;
    }
    CHECK_OK(pv_view_create(&r->writer, r->path, &h));
}

/* One record; peer: 0 or 1 of the header, or PV_VIEW_NO_PEER. kept 0: only its digest. */
static inline void recorded_add(recorded *r, pv_view_kind kind, uint16_t peer, uint16_t type,
                                uint64_t step, const pv_part *part, size_t parts, int kept)
{
    pv_view_record record = {.step = step,
                             .kind = kind,
                             .peer = peer,
                             .type = type,
                             .link = peer == PV_VIEW_NO_PEER ? 0 : ++r->link,
                             .kept = kept};
    CHECK_OK(pv_view_append_parts(r->writer, &record, part, parts));
}

static inline const pv_view *recorded_open(recorded *r)
{
    CHECK_OK(pv_view_sync(r->writer));
    pv_view_writer_free(r->writer);
    r->writer = NULL;
    CHECK_OK(pv_view_open(&r->view, r->path));
    return r->view;
}

static inline void recorded_free(recorded *r)
{
    pv_view_free(r->view);
    pv_view_writer_free(r->writer);
    unlink(r->path);
    rmdir(r->folder);
    *r = (recorded){0};
}

/* Parts for all parameters of m (without state unless it is asked for), named as the model names
 * them; their data is value[i], or the model's own. Returns how many. */
static inline size_t recorded_parts(pv_part *part, pv_model *m, float *const *value, int state)
{
    size_t n = 0;
    for (int i = 0; i < pv_model_params(m); i++) {
        pv_tensor *t = pv_model_param(m, i);
        if (!state && pv_model_param_is_state(m, i)) continue;
        part[n++] = (pv_part){.name = pv_model_param_name(m, i),
                              .dtype = PV_F32,
                              .shape = t->shape,
                              .data = value == NULL ? t->data : value[i]};
    }
    return n;
}

/* ---- the client's side */

typedef struct victim {
    float *gradient[RECORDED_PARTS]; /* of each parameter; NULL for state */
} victim;

/* The gradient of the mean cross entropy over a batch: x before normalisation. */
static inline void victim_init(victim *v, pv_model *m, const float *x, const int32_t *label,
                               int64_t batch)
{
    pv_graph *g;
    pv_plan *plan;
    pv_model_nodes nodes;
    pv_node weight[RECORDED_PARTS], gradient[RECORDED_PARTS];
    const pv_norm *norm = pv_model_norm(m);
    pv_shape sample = pv_model_what(m).sample;
    int64_t count = batch * pv_shape_count(&sample);
    int n = 0, params = pv_model_params(m);
    memset(v, 0, sizeof *v);
    assert_true(params <= RECORDED_PARTS);
    CHECK_OK(pv_graph_new(&g));
    CHECK_OK(pv_model_build(m, g, batch, 1, PV_NONE, &nodes));
    pv_node y = pv_input_index(g, "y", PV_SHAPE(batch));
    pv_node loss = pv_cross_entropy_index(g, nodes.logits, y);
    for (int i = 0; i < params; i++)
        if (!pv_model_param_is_state(m, i)) weight[n++] = nodes.param[i];
    CHECK_OK(pv_grad(g, &loss, NULL, 1, weight, n, gradient));
    CHECK_OK(pv_compile(&plan, g, gradient, n, NULL));
    CHECK_OK(pv_model_to_plan(m, &nodes, plan));
    float *seen = pv_alloc((size_t)count, sizeof *seen);
    assert_non_null(seen);
    for (int64_t k = 0; k < count; k++)
        seen[k] =
            norm->n == 0 ? x[k] : (x[k] - norm->mean[k % norm->n]) * norm->inverse_std[k % norm->n];
    CHECK_OK(pv_plan_write(plan, nodes.input, seen, PV_F32));
    CHECK_OK(pv_plan_write(plan, y, label, PV_I32));
    CHECK_OK(pv_run(plan));
    for (int i = 0, k = 0; i < params; i++) {
        if (pv_model_param_is_state(m, i)) continue;
        v->gradient[i] = pv_alloc((size_t)pv_tensor_count(pv_model_param(m, i)), sizeof(float));
        assert_non_null(v->gradient[i]);
        CHECK_OK(pv_plan_read(plan, gradient[k++], v->gradient[i], PV_F32));
    }
    pv_free(seen);
    pv_plan_free(plan);
    pv_model_nodes_clear(&nodes);
    pv_graph_free(g);
}

static inline void victim_clear(victim *v)
{
    for (int i = 0; i < RECORDED_PARTS; i++) pv_free(v->gradient[i]);
}

/* The server's view of one step: the model to alice, her gradient with its number of samples. */
static inline void recorded_exchange(recorded *r, pv_model *m, const victim *v, int64_t samples,
                                     uint64_t step)
{
    pv_part part[RECORDED_PARTS + 1];
    size_t n = recorded_parts(part, m, NULL, 1);
    recorded_add(r, PV_VIEW_SENT, 0, RECORDED_MODEL, step, part, n, 1);
    n = recorded_parts(part, m, v->gradient, 0);
    part[n++] = (pv_part){"samples", PV_I64, PV_SHAPE(1), &samples};
    recorded_add(r, PV_VIEW_RECEIVED, 0, RECORDED_GRADIENT, step, part, n, 1);
}

/* A model on images of side x side with identity normalisation. */
static inline pv_model *recorded_model(const char *text, int64_t side, int classes)
{
    pv_model *m;
    pv_model_domain d = {.size = sizeof d,
                         .kind = PV_DATA_IMAGE,
                         .sample = PV_SHAPE(side, side, 1),
                         .classes = classes};
    CHECK_OK(pv_model_parse(&m, text, strlen(text), "net.model", &d, 1));
    return m;
}

static inline void recorded_image(float *x, int64_t n, uint64_t number)
{
    pv_rng stream = pv_rng_make(1, PV_STREAM_TEST), rng = pv_rng_fork(&stream, number);
    for (int64_t k = 0; k < n; k++) x[k] = (float)pv_rng_uniform(&rng);
}

static inline double recorded_error(const float *a, const float *b, int64_t n)
{
    double sum = 0;
    for (int64_t k = 0; k < n; k++) sum += ((double)a[k] - b[k]) * ((double)a[k] - b[k]);
    return sum / (double)n;
}

#endif
