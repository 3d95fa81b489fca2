/* fronts.h - the customer's half of a network with a secret, and what it sends: for attacks on
 * `complement` */
#ifndef TESTS_ATTACK_FRONTS_H
#define TESTS_ATTACK_FRONTS_H

#include "recorded.h"

#include "encode/complement/secret.h"
#include "nn/model_i.h"
#include "privet/data.h"
#include "privet/graph.h"
#include "privet/plan.h"

#include <math.h>
#include <stdlib.h>

/* The text of a part of a network on images of side x side. */
static inline pv_model *fronts_model(const char *text, int64_t side, uint64_t seed)
{
    pv_model *m;
    pv_model_domain d = {.size = sizeof d,
                         .kind = PV_DATA_IMAGE,
                         .sample = PV_SHAPE(side, side, 1),
                         .classes = PV_MODEL_PART};
    pv_rng rng = pv_rng_make(seed, PV_STREAM_TEST);
    CHECK_OK(pv_model_create(&m, "front.model", text, strlen(text), &d));
    for (size_t i = 0; i < m->params; i++) {
        pv_model_parameter *p = &m->param[i];
        CHECK_OK(pv_tensor_init(&p->value, PV_F32, p->value.shape));
        float *v = p->value.data;
        for (int64_t k = 0; k < pv_tensor_count(&p->value); k++)
            v[k] = (float)((2 * pv_rng_uniform(&rng) - 1) / sqrt(p->fan_in));
    }
    return m;
}

/* Rows first .. first + n of glyphs, made side x side by means over squares; label may be NULL. */
static inline float *fronts_glyphs(int64_t first, int64_t n, int64_t side, int32_t *label)
{
    pv_data *data;
    CHECK_OK(pv_data_open(&data, "glyphs", NULL));
    pv_shape s = pv_data_sample_shape(data);
    int64_t whole = s.dim[0], by = whole / side;
    assert_true(s.ndim == 3 && s.dim[2] == 1 && by * side == whole);
    float *x = pv_calloc((size_t)n, (size_t)(side * side) * sizeof *x),
          *one = pv_alloc((size_t)(whole * whole), sizeof *one);
    assert_true(x != NULL && one != NULL);
    for (int64_t i = 0; i < n; i++) {
        pv_data_raw(data, first + i, one);
        for (int64_t k = 0; k < whole * whole; k++)
            x[i * side * side + k / whole / by * side + k % whole / by] +=
                one[k] / (float)(by * by);
        if (label != NULL) label[i] = pv_data_label(data, first + i);
    }
    pv_free(one);
    pv_data_free(data);
    return x;
}

/* z [n, width] of x [n, sample] under a secret each (plan NULL: none); *width. */
static inline float *fronts_run(int64_t *width, const pv_model *m, const pv_secret_plan *plan,
                                const float *x, const pv_secret_value *secret, int64_t n)
{
    pv_graph *g;
    pv_plan *run;
    pv_model_nodes nodes;
    CHECK_OK(pv_graph_new(&g));
    CHECK_OK(pv_model_build(m, g, n, 0, PV_NONE, &nodes));
    CHECK_OK(pv_compile(&run, g, &nodes.logits, 1, NULL));
    CHECK_OK(pv_model_to_plan(m, &nodes, run));
    CHECK_OK(pv_plan_write(run, nodes.input, x, PV_F32));
    if (plan != NULL) {
        int64_t each = pv_shape_count(pv_node_shape(g, nodes.secret)) / n;
        float *s = pv_alloc((size_t)(n * each), sizeof *s);
        assert_non_null(s);
        for (int64_t i = 0; i < n; i++) pv_secret_fill(s + i * each, plan, &secret[i]);
        CHECK_OK(pv_plan_write(run, nodes.secret, s, PV_F32));
        pv_free(s);
    }
    CHECK_OK(pv_run(run));
    int64_t all = pv_shape_count(pv_node_shape(g, nodes.logits));
    float *z = pv_alloc((size_t)all, sizeof *z);
    assert_non_null(z);
    CHECK_OK(pv_plan_read(run, nodes.logits, z, PV_F32));
    *width = all / n;
    pv_plan_free(run);
    pv_model_nodes_clear(&nodes);
    pv_graph_free(g);
    return z;
}

#endif
