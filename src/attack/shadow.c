#include "attack/shadow.h"

#include "attack/queries.h"
#include "base/ctx.h"
#include "base/mem.h"
#include "nn/step.h"
#include <inttypes.h>
#include <string.h>

enum { BATCH = 128 };
static const int64_t MOST_BYTES = (int64_t)1 << 29;

static pv_status check(const pv_public *known, const char *who)
{
    PV_TRY(pv_queries_check(known, who));
    const pv_split_half *f = known->front;
    pv_model_domain what = pv_model_what(f->model);
    if (known->own_data == NULL || !pv_data_has_labels(known->own_data))
        PV_FAIL(PV_ERR_USAGE,
                "%s learns from samples of the adversary's own with labels, and there are none",
                who);
    pv_shape have = pv_data_sample_shape(known->own_data);
    char a[PV_SHAPE_TEXT], b[PV_SHAPE_TEXT];
    if (!pv_shape_equal(&what.sample, &have) || what.kind != pv_data_what(known->own_data))
        PV_FAIL(PV_ERR_MISMATCH,
                "%s: the customer's half takes samples of %s, the adversary has %s", who,
                pv_shape_text(&what.sample, a), pv_shape_text(&have, b));
    if (pv_data_classes(known->own_data) != f->plan.classes)
        PV_FAIL(PV_ERR_MISMATCH,
                "%s: the secret is for %d classes, the adversary's samples have %d", who,
                f->plan.classes, pv_data_classes(known->own_data));
    return PV_OK;
}

/* What the coding leaves of z [n]; bytes has room for a batch. */
static pv_status through(float *z, pv_activation_form *form, uint8_t *bytes, int64_t n)
{
    uint64_t clamped = 0;
    if (form->bits < 32) {
        PV_TRY(pv_activation_encode(bytes, form, z, n, &clamped));
        return pv_activation_decode(z, form, "a shadow query", bytes, n);
    }
    /* float32 goes as it is, and a range that a customer must keep to is not checked here */
    for (int64_t i = 0; form->rank > 0 && i < n; i++) {
        float *one = z + i * form->numbers;
        pv_activation_coordinates(form->coordinate, form->basis, form->rank, form->numbers, one);
        pv_activation_from_coordinates(one, form->basis, form->rank, form->numbers,
                                       form->coordinate);
    }
    return PV_OK;
}

typedef struct maker {
    pv_split_runner *run;
    pv_batch batch;
    pv_activation_form form;
    uint8_t *bytes;
    float *noise; /* [BATCH, width], of a customer's that nobody knows */
    pv_rng noises;
    uint32_t *order; /* of the rows of own_data */
    int64_t index[BATCH];
} maker;

static pv_status maker_init(maker *m, const pv_public *known, uint64_t seed, const pv_ctx *ctx)
{
    int64_t rows = pv_data_count(known->own_data);
    pv_rng rng = pv_rng_make(seed, PV_STREAM_ATTACK);
    m->form = *known->crossing;
    m->bytes = pv_alloc(BATCH, pv_activation_bytes(&m->form));
    m->noise = pv_calloc(BATCH, (size_t)m->form.numbers * sizeof *m->noise);
    m->noises = pv_rng_make(seed, PV_STREAM_NOISE);
    m->order = pv_alloc((size_t)rows, sizeof *m->order);
    if (m->bytes == NULL || m->noise == NULL || m->order == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for shadow queries of %" PRId64 " rows", rows);
    for (int64_t i = 0; i < rows; i++) m->order[i] = (uint32_t)i;
    pv_rng_shuffle(&rng, m->order, (size_t)rows);
    PV_TRY(pv_batch_init(&m->batch, known->front->model, BATCH));
    return pv_split_runner_new(&m->run, known->front, BATCH, ctx);
}

static void maker_clear(maker *m)
{
    pv_split_runner_free(m->run);
    pv_batch_clear(&m->batch);
    pv_free(m->bytes);
    pv_free(m->noise);
    pv_free(m->order);
}

/* Rows first .. of s; at most BATCH of them. */
static pv_status make(pv_shadow *s, maker *m, const pv_public *known, int64_t first)
{
    int64_t n = s->n - first < BATCH ? s->n - first : BATCH;
    const float *x = m->batch.x;
    float *z = s->z + first * s->width;
    for (int64_t i = 0; i < BATCH; i++) m->index[i] = m->order[first + (i < n ? i : 0)];
    pv_batch_fill(&m->batch, known->front->model, known->own_data, m->index, NULL, 0, 0);
    if (known->front->noise > 0) pv_front_noise_draw(m->noise, n * s->width, &m->noises);
    PV_TRY(pv_front_run(m->run, z, x, s->secret + first, m->noise, n));
    memcpy(s->label + first, m->batch.label, (size_t)n * sizeof *s->label);
    if (s->x != NULL) memcpy(s->x + first * s->sample, x, (size_t)(n * s->sample) * sizeof *s->x);
    return through(z, &m->form, m->bytes, n);
}

static pv_status allocate(pv_shadow *s, int samples)
{
    size_t n = (size_t)s->n;
    s->z = pv_alloc(n, (size_t)s->width * sizeof *s->z);
    s->label = pv_alloc(n, sizeof *s->label);
    s->secret = pv_calloc(n, sizeof *s->secret);
    if (samples) s->x = pv_alloc(n, (size_t)s->sample * sizeof *s->x);
    if (s->z == NULL || s->label == NULL || s->secret == NULL || (samples && s->x == NULL))
        PV_FAIL(PV_ERR_MEMORY, "out of memory for %zu shadow queries", n);
    return PV_OK;
}

pv_status pv_shadow_init(pv_shadow *s, const pv_public *known, int64_t most, int samples,
                         uint64_t seed, const char *who, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    maker m = {0};
    pv_rng rng = pv_rng_make(seed + 1, PV_STREAM_ATTACK);
    *s = (pv_shadow){0};
    PV_TRY(check(known, who));
    pv_shape sample = pv_model_what(known->front->model).sample;
    s->n = pv_data_count(known->own_data);
    s->width = known->crossing->numbers;
    s->sample = pv_shape_count(&sample);
    s->classes = known->front->plan.classes;
    int64_t room = MOST_BYTES / (4 * (s->width + (samples ? s->sample : 0)));
    if (most < room) room = most;
    if (s->n > room) s->n = room;
    PV_TRY_GOTO(allocate(s, samples));
    PV_TRY_GOTO(maker_init(&m, known, seed, ctx));
    for (int64_t i = 0; i < s->n; i++) pv_secret_draw(&s->secret[i], &known->front->plan, &rng);
    for (int64_t first = 0; first < s->n; first += BATCH) {
        PV_TRY_GOTO(pv_ctx_check(ctx));
        PV_TRY_GOTO(make(s, &m, known, first));
    }
    if (known->back != NULL)
        PV_TRY_GOTO(pv_queries_answer(&s->logits, known->back, s->z, s->n, ctx));
done:
    maker_clear(&m);
    if (status != PV_OK) pv_shadow_clear(s);
    return status;
}

void pv_shadow_clear(pv_shadow *s)
{
    pv_free(s->z);
    pv_free(s->logits);
    pv_free(s->x);
    pv_free(s->label);
    pv_free(s->secret);
    *s = (pv_shadow){0};
}
