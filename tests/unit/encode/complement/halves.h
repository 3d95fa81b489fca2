/* A model with a secret, its weights drawn, and its halves, for tests. */
#ifndef TESTS_HALVES_H
#define TESTS_HALVES_H

#include "check.h"
#include "encode/complement/activation.h"
#include "nn/model_i.h"
#include "privet/graph.h"
#include "privet/plan.h"
#include <stdlib.h>

/* kept stages of the zoo's model `name` for 28x28 digits, a secret behind them. */
static inline void hidden_make(pv_hidden *h, const char *name, const pv_data *data, int64_t kept,
                               pv_secret_kind kind)
{
    pv_model *m;
    pv_stages s;
    pv_shape shape;
    CHECK_OK(pv_model_new(&m, name, data, 3));
    CHECK_OK(pv_stages_init(&s, m));
    size_t before = s.stage[kept].entry;
    CHECK_OK(pv_cut_shape(&shape, m, before));
    *h = (pv_hidden){.kept = kept,
                     .plan = {.kind = kind,
                              .form = PV_SECRET_PLANE,
                              .classes = pv_data_classes(data),
                              .alpha = 0.75,
                              .input = shape}};
    CHECK_OK(pv_secret_plan_check(&h->plan));
    CHECK_OK(pv_model_with_secret(&h->model, m, before, pv_secret_channels(&h->plan), 4));
    pv_stages_clear(&s);
    pv_model_free(m);
}

/* Rows first..first+n of data, normalised as the model wants them. */
static inline void rows_of(float *x, const pv_model *m, const pv_data *data, int64_t first,
                           int64_t n)
{
    int64_t index[256];
    assert_true(n <= 256);
    for (int64_t i = 0; i < n; i++) index[i] = first + i;
    pv_data_batch(data, index, n, pv_model_norm(m), NULL, 0, 0, x, NULL);
}

/* Logits of the whole model with a secret. */
static inline void whole_logits(float *logits, const pv_hidden *h, const float *x,
                                const pv_secret_value *secret, int64_t n)
{
    pv_graph *g;
    pv_model_nodes nodes;
    pv_plan *plan;
    int64_t each = pv_secret_numbers(&h->plan);
    float *planes = calloc((size_t)(n * each), sizeof *planes);
    for (int64_t i = 0; i < n; i++) pv_secret_fill(planes + i * each, &h->plan, &secret[i]);
    CHECK_OK(pv_graph_new(&g));
    CHECK_OK(pv_model_build(h->model, g, n, 0, PV_NONE, &nodes));
    CHECK_OK(pv_compile(&plan, g, &nodes.logits, 1, NULL));
    CHECK_OK(pv_model_to_plan(h->model, &nodes, plan));
    CHECK_OK(pv_plan_write(plan, nodes.input, x, PV_F32));
    CHECK_OK(pv_plan_write(plan, nodes.secret, planes, PV_F32));
    CHECK_OK(pv_run(plan));
    CHECK_OK(pv_plan_read(plan, nodes.logits, logits, PV_F32));
    pv_plan_free(plan);
    pv_model_nodes_clear(&nodes);
    pv_graph_free(g);
    free(planes);
}

#endif
