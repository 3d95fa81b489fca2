/* cut.h - a network with a secret that was cut and learned a little, a customer's queries to it,
 * and the views in which they stand */
#ifndef TESTS_ATTACK_CUT_H
#define TESTS_ATTACK_CUT_H

#include "recorded.h"

#include "attack/attack.h"
#include "encode/complement/retrain.h"
#include "nn/step.h"

#include <math.h>

enum { CUT_QUERIES = 64, CUT_BATCH = 24 };

typedef struct cut {
    pv_data *own, *asked; /* the provider's, the customer's */
    pv_hidden h;
    pv_split_half front, back;
    pv_activation_form form;
    pv_secret_value secret[CUT_QUERIES];
    int32_t label[CUT_QUERIES], value[CUT_QUERIES];
    float *x, *z, *logits; /* of the queries; x as it was before normalisation */
    int64_t sample;
    pv_public known;
    recorded view;
} cut;

/* The zoo's lenet5, `kept` stages without the secret, cut behind the next one. */
static inline void cut_begin(cut *c, const char *classes, pv_secret_kind kind, int64_t kept,
                             int epochs, int bits)
{
    char spec[64];
    pv_model *old;
    pv_retrain_options o;
    pv_retrain_result r;
    pv_cut_at at = {.stage = kept + 1};
    pv_rng rng = pv_rng_make(11, PV_STREAM_TEST);
    memset(c, 0, sizeof *c);
    snprintf(spec, sizeof spec, "glyphs?%slimit=2500", classes);
    CHECK_OK(pv_data_open(&c->own, spec, NULL));
    snprintf(spec, sizeof spec, "glyphs?%slimit=%d&split=test", classes, 5 * CUT_QUERIES);
    CHECK_OK(pv_data_open(&c->asked, spec, NULL));
    assert_true(pv_data_count(c->asked) >= CUT_QUERIES);
    CHECK_OK(pv_model_new(&old, "lenet5", c->own, 1));
    const pv_hidden_options how = {.kind = kind, .form = PV_SECRET_PLANE, .kept = kept, .seed = 2};
    CHECK_OK(pv_hidden_make(&c->h, old, c->own, &how));
    pv_model_free(old);
    pv_retrain_defaults(&o, "lenet5", c->own);
    o.train.train = c->own;
    o.train.epochs = epochs;
    if (epochs > 0) {
        CHECK_OK(pv_retrain(&c->h, &o, NULL, &r));
        pv_retrain_result_clear(&r);
    }
    CHECK_OK(pv_split_make(&c->front, &c->back, &c->h, &at, c->own, 1));
    CHECK_OK(pv_activation_form_init(&c->form, &c->front, bits));
    for (int i = 0; i < CUT_QUERIES; i++) {
        pv_secret_draw(&c->secret[i], &c->front.plan, &rng);
        c->value[i] = c->secret[i].to[0];
        c->label[i] = pv_data_label(c->asked, i);
    }
    c->known = (pv_public){.scheme = "complement",
                           .model = c->front.model,
                           .classes = pv_data_classes(c->own),
                           .own_data = c->own,
                           .front = &c->front,
                           .back = &c->back,
                           .crossing = &c->form,
                           .answers = "logits"};
}

/* What the customer sends, and what it is answered. noise: activations that have nothing to do with
 * its rows instead. */
static inline void cut_ask(cut *c, int noise)
{
    pv_split_runner *front, *back;
    pv_batch b;
    int64_t index[CUT_QUERIES], width = c->form.numbers;
    pv_rng rng = pv_rng_make(12, PV_STREAM_TEST);
    for (int64_t i = 0; i < CUT_QUERIES; i++) index[i] = i;
    CHECK_OK(pv_batch_init(&b, c->front.model, CUT_QUERIES));
    pv_batch_fill(&b, c->front.model, c->asked, index, NULL, 0, 0);
    pv_shape sample = pv_data_sample_shape(c->asked);
    c->sample = pv_shape_count(&sample);
    c->x = pv_alloc((size_t)(CUT_QUERIES * c->sample), sizeof *c->x);
    c->z = pv_alloc((size_t)(CUT_QUERIES * width), sizeof *c->z);
    c->logits = pv_alloc((size_t)(CUT_QUERIES * c->known.classes), sizeof *c->logits);
    assert_true(c->x != NULL && c->z != NULL && c->logits != NULL);
    for (int64_t i = 0; i < CUT_QUERIES; i++) pv_data_raw(c->asked, i, c->x + i * c->sample);
    CHECK_OK(pv_split_runner_new(&front, &c->front, CUT_QUERIES, NULL));
    CHECK_OK(pv_split_runner_new(&back, &c->back, CUT_QUERIES, NULL));
    CHECK_OK(pv_front_run(front, c->z, b.x, c->secret, NULL, CUT_QUERIES));
    for (int64_t k = 0; noise && k < CUT_QUERIES * width; k++) {
        int64_t channel = k % c->front.channels;
        double low = c->front.low[channel], high = c->front.high[channel];
        c->z[k] = (float)(low + (high - low) * pv_rng_uniform(&rng));
    }
    CHECK_OK(pv_back_run(back, c->logits, c->z, CUT_QUERIES));
    pv_split_runner_free(front);
    pv_split_runner_free(back);
    pv_batch_clear(&b);
}

static inline int64_t cut_rows(uint64_t step) /* steps 2, 3, 4 */
{
    int64_t left = CUT_QUERIES - (int64_t)(step - 2) * CUT_BATCH;
    return left < CUT_BATCH ? left : CUT_BATCH;
}

/* The view of `party`, "server" (the provider) or "alice" (the customer). kept: what of step 3. */
static inline const pv_view *cut_record(cut *c, const char *party, int kept)
{
    int server = strcmp(party, "server") == 0;
    size_t bytes = pv_activation_bytes(&c->form);
    uint8_t *z = pv_alloc(CUT_BATCH, bytes);
    uint64_t clamped = 0;
    assert_non_null(z);
    recorded_begin(&c->view, party);
    for (uint64_t step = 2; step <= 4; step++) {
        int64_t first = (int64_t)(step - 2) * CUT_BATCH, n = cut_rows(step);
        CHECK_OK(pv_activation_encode(z, &c->form, c->z + first * c->form.numbers, n, &clamped));
        const pv_part activation = {"z", PV_U8, PV_SHAPE(n, (int64_t)bytes), z};
        const pv_part answer = {"logits", PV_F32, PV_SHAPE(n, c->known.classes),
                                c->logits + first * c->known.classes};
        int whole = step != 3 || kept;
        recorded_add(&c->view, server ? PV_VIEW_RECEIVED : PV_VIEW_SENT, 0, RECORDED_ACTIVATION,
                     step, &activation, 1, whole);
        recorded_add(&c->view, server ? PV_VIEW_SENT : PV_VIEW_RECEIVED, 0, RECORDED_ANSWER, step,
                     &answer, 1, whole);
    }
    pv_free(z);
    return recorded_open(&c->view);
}

/* One message of step 2 to the provider's view, whatever it is. */
static inline const pv_view *cut_malformed(cut *c, const pv_part *part, size_t parts)
{
    recorded_begin(&c->view, "server");
    recorded_add(&c->view, PV_VIEW_RECEIVED, 0, RECORDED_ACTIVATION, 2, part, parts, 1);
    return recorded_open(&c->view);
}

/* Other queries, in another form, to the same network. */
static inline void cut_again(cut *c, int bits, int noise)
{
    pv_free(c->x);
    pv_free(c->z);
    pv_free(c->logits);
    pv_activation_form_clear(&c->form);
    CHECK_OK(pv_activation_form_init(&c->form, &c->front, bits));
    cut_ask(c, noise);
}

static inline void cut_end(cut *c)
{
    pv_free(c->x);
    pv_free(c->z);
    pv_free(c->logits);
    pv_activation_form_clear(&c->form);
    pv_split_half_clear(&c->front);
    pv_split_half_clear(&c->back);
    pv_hidden_clear(&c->h);
    pv_data_free(c->own);
    pv_data_free(c->asked);
}

static inline pv_status cut_attack(pv_guess *g, const pv_attack *a, const cut *c,
                                   const pv_view *view, const char *who, uint64_t step,
                                   const pv_attack_option *option, int options,
                                   const pv_budget *budget)
{
    const pv_attack_target t = {.victim = who, .step = step, .batch = cut_rows(step)};
    pv_status status = pv_guess_init(g, 1);
    if (status != PV_OK) return status;
    status = a->run(g, &view, 1, &c->known, &t, 1, option, options, budget, NULL);
    if (status != PV_OK) pv_guess_clear(g);
    return status;
}

#endif
