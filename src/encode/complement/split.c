#include "encode/complement/split.h"

#include "encode/complement/activation.h"
#include "encode/complement/split_i.h"
#include "nn/step.h"
#include <math.h>
#include <string.h>

enum { CALIBRATION_BATCH = 64 };

void pv_split_half_clear(pv_split_half *half)
{
    pv_model_free(half->model);
    pv_free(half->low);
    pv_free(half->high);
    pv_free(half->basis);
    pv_free(half->basis_low);
    pv_free(half->basis_high);
    *half = (pv_split_half){0};
}

/* ---- what identifies a half */

static void add_number(pv_hasher *s, uint64_t v)
{
    uint8_t byte[8];
    for (int i = 0; i < 8; i++) byte[i] = (uint8_t)(v >> (8 * i));
    pv_hasher_add(s, byte, sizeof byte);
}

static void add_real(pv_hasher *s, double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    add_number(s, bits);
}

static void add_text(pv_hasher *s, const char *text)
{
    add_number(s, strlen(text));
    pv_hasher_add(s, text, strlen(text));
}

static void add_floats(pv_hasher *s, const float *v, int64_t n)
{
    add_number(s, (uint64_t)n);
    pv_hasher_add(s, v, (size_t)n * sizeof *v);
}

static void add_shape(pv_hasher *s, const pv_shape *shape)
{
    add_number(s, (uint64_t)shape->ndim);
    for (int i = 0; i < shape->ndim; i++) add_number(s, (uint64_t)shape->dim[i]);
}

static void add_model(pv_hasher *s, const pv_model *m)
{
    add_text(s, m->text);
    add_number(s, (uint64_t)m->domain.kind);
    add_shape(s, &m->domain.sample);
    add_number(s, (uint64_t)m->domain.classes);
    for (int i = 0; i < m->domain.classes; i++) add_text(s, m->class_name[i]);
    add_floats(s, m->norm.mean, m->norm.n);
    add_floats(s, m->norm.inverse_std, m->norm.n);
    for (size_t i = 0; i < m->params; i++) {
        add_text(s, m->param[i].name);
        add_floats(s, m->param[i].value.data, pv_tensor_count(&m->param[i].value));
    }
}

pv_status pv_split_half_hash(pv_hash *out, const pv_split_half *half)
{
    static const char PURPOSE[] = "privet/1 half";
    const pv_secret_plan *p = &half->plan;
    char cut[PV_CUT_TEXT];
    pv_hasher s;
    PV_TRY(pv_hasher_init(&s));
    pv_hasher_add(&s, PURPOSE, sizeof PURPOSE);
    add_number(&s, (uint64_t)half->provider);
    add_model(&s, half->model);
    add_text(&s, pv_secret_kind_name(p->kind));
    add_text(&s, pv_secret_form_name(p->form));
    add_number(&s, (uint64_t)half->kept);
    add_number(&s, (uint64_t)p->classes);
    add_real(&s, p->alpha);
    add_shape(&s, &p->input);
    add_text(&s, pv_cut_text(&half->cut, cut));
    add_floats(&s, half->low, half->channels);
    add_floats(&s, half->high, half->channels);
    add_floats(&s, half->basis, half->rank * pv_shape_count(&half->activation));
    add_floats(&s, half->basis_low, half->rank);
    add_floats(&s, half->basis_high, half->rank);
    if (half->noise > 0) { /* others have the hash that they had before there was any */
        add_text(&s, "noise");
        add_real(&s, half->noise);
        add_real(&s, half->spread);
    }
    return pv_hasher_end(&s, out);
}

pv_status pv_split_half_bind(pv_split_half *half)
{
    static const char PURPOSE[] = "privet/1 split";
    pv_hasher s;
    PV_TRY(pv_hasher_init(&s));
    pv_hasher_add(&s, PURPOSE, sizeof PURPOSE);
    pv_hasher_add(&s, half->provider ? &half->other : &half->own, sizeof(pv_hash));
    pv_hasher_add(&s, half->provider ? &half->own : &half->other, sizeof(pv_hash));
    return pv_hasher_end(&s, &half->binding);
}

/* ---- making both */

pv_status pv_split_cut_end(size_t *end, const pv_hidden *h, const pv_cut_at *cut)
{
    char text[PV_CUT_TEXT];
    if (pv_model_secret_at(h->model) == h->model->layers.count)
        PV_FAIL(PV_ERR_INPUT,
                "the model %s has no secret; train one into it with privet retrain, then cut it",
                pv_model_name(h->model));
    PV_TRY(pv_cut_end(end, h->model, cut));
    if (cut->stage <= h->kept)
        PV_FAIL(PV_ERR_OPTION,
                "a cut at %s: the secret enters at stage %lld, and before it would cross to the "
                "provider in the clear; cut at stage %lld or later",
                pv_cut_text(cut, text), (long long)h->kept + 1, (long long)h->kept + 1);
    return PV_OK;
}

static pv_status start(pv_split_half *half, const pv_hidden *h, const pv_cut_at *cut,
                       const pv_shape *activation, int provider)
{
    *half = (pv_split_half){.provider = provider,
                            .plan = h->plan,
                            .kept = h->kept,
                            .cut = *cut,
                            .activation = *activation,
                            .channels = activation->dim[activation->ndim - 1]};
    half->low = pv_calloc((size_t)half->channels, sizeof *half->low);
    half->high = pv_calloc((size_t)half->channels, sizeof *half->high);
    if (half->low == NULL || half->high == NULL)
        PV_FAIL_MEMORY((size_t)half->channels * 2 * sizeof *half->low);
    return PV_OK;
}

/* Ranges over the calibration data: of the channels, and of the coordinates of a projection. */
typedef struct calibrator {
    pv_split_half *front, *back;
    pv_split_runner *runner;
    pv_batch batch;
    pv_secret_value *secret;
    int64_t *index;
    float *z, *noise, *coordinate;
    pv_rng rng, noises;
    double sum, squares; /* of all numbers, before noise */
} calibrator;

static void widen(float *low, float *high, const float *v, int64_t n, int64_t channels)
{
    int64_t c = 0;
    for (int64_t i = 0; i < n; i++) {
        if (v[i] < low[c]) low[c] = v[i];
        if (v[i] > high[c]) high[c] = v[i];
        if (++c == channels) c = 0;
    }
}

static void empty_range(float *low, float *high, int64_t channels)
{
    for (int64_t c = 0; c < channels; c++) {
        low[c] = HUGE_VALF;
        high[c] = -HUGE_VALF;
    }
}

static pv_status allocate(calibrator *c, int64_t numbers)
{
    pv_split_half *back = c->back;
    c->secret = pv_calloc(CALIBRATION_BATCH, sizeof *c->secret);
    c->index = pv_calloc(CALIBRATION_BATCH, sizeof *c->index);
    c->z = pv_calloc(CALIBRATION_BATCH, (size_t)numbers * sizeof *c->z);
    c->noise = pv_calloc(CALIBRATION_BATCH, (size_t)numbers * sizeof *c->noise);
    c->coordinate = pv_calloc((size_t)back->rank, sizeof *c->coordinate);
    if (back->rank > 0) {
        back->basis_low = pv_calloc((size_t)back->rank, sizeof *back->basis_low);
        back->basis_high = pv_calloc((size_t)back->rank, sizeof *back->basis_high);
    }
    if (c->secret == NULL || c->index == NULL || c->z == NULL || c->noise == NULL ||
        c->coordinate == NULL ||
        (back->rank > 0 && (back->basis_low == NULL || back->basis_high == NULL)))
        PV_FAIL(PV_ERR_MEMORY, "out of memory for the calibration of a cut of %lld numbers",
                (long long)numbers);
    return PV_OK;
}

/* c->z of rows first .. first+n-1. */
static pv_status run_rows(calibrator *c, const pv_data *data, int64_t first, int64_t n)
{
    const pv_split_half *front = c->front;
    int64_t numbers = pv_shape_count(&front->activation);
    for (int64_t i = 0; i < CALIBRATION_BATCH; i++) c->index[i] = first + (i < n ? i : n - 1);
    pv_batch_fill(&c->batch, front->model, data, c->index, NULL, 0, 0);
    for (int64_t i = 0; i < n; i++) pv_secret_draw(&c->secret[i], &front->plan, &c->rng);
    if (front->noise > 0) pv_front_noise_draw(c->noise, n * numbers, &c->noises);
    PV_TRY(pv_front_run(c->runner, c->z, c->batch.x, c->secret, c->noise, n));
    for (int64_t i = 0; i < n * numbers; i++)
        if (!isfinite(c->z[i]))
            PV_FAIL(PV_ERR_NUMERIC,
                    "row %lld of the calibration data gives an activation that is not finite: the "
                    "model or the data is broken",
                    (long long)(first + i / numbers));
    return PV_OK;
}

static void widen_rows(calibrator *c, int64_t n)
{
    pv_split_half *front = c->front, *back = c->back;
    int64_t numbers = pv_shape_count(&front->activation);
    widen(front->low, front->high, c->z, n * numbers, front->channels);
    for (int64_t i = 0; back->rank > 0 && i < n; i++) {
        pv_activation_coordinates(c->coordinate, back->basis, back->rank, numbers,
                                  c->z + i * numbers);
        widen(back->basis_low, back->basis_high, c->coordinate, back->rank, back->rank);
    }
}

static void add_rows(calibrator *c, int64_t n)
{
    int64_t count = n * pv_shape_count(&c->front->activation);
    for (int64_t i = 0; i < count; i++) {
        c->sum += c->z[i];
        c->squares += (double)c->z[i] * c->z[i];
    }
}

/* All rows through the front as it is now; wide: their ranges are taken, else their spread. */
static pv_status pass(calibrator *c, const pv_data *data, uint64_t seed, int wide)
{
    pv_rng all = pv_rng_make(seed, PV_STREAM_NOISE);
    int64_t count = pv_data_count(data), n;
    c->rng = pv_rng_make(seed, PV_STREAM_SPLIT);
    c->noises = pv_rng_fork(&all, UINT64_MAX - 1); /* apart from training and measuring */
    pv_split_runner_free(c->runner);
    PV_TRY(pv_split_runner_new(&c->runner, c->front, CALIBRATION_BATCH, NULL));
    for (int64_t first = 0; first < count; first += n) {
        n = count - first < CALIBRATION_BATCH ? count - first : CALIBRATION_BATCH;
        PV_TRY(run_rows(c, data, first, n));
        if (wide)
            widen_rows(c, n);
        else
            add_rows(c, n);
    }
    return PV_OK;
}

/* The ranges are those of what is sent: with noise, whose unit has to be known before. */
static pv_status measure_spread(calibrator *c, const pv_data *data, uint64_t seed, double sigma)
{
    pv_split_half *front = c->front, *back = c->back;
    if (sigma == 0) return PV_OK;
    PV_TRY(pass(c, data, seed, 0));
    front->noise = back->noise = sigma;
    front->spread = back->spread = pv_front_noise_spread(
        c->sum, c->squares,
        (double)pv_data_count(data) * (double)pv_shape_count(&front->activation));
    return PV_OK;
}

static pv_status calibrate(pv_split_half *front, pv_split_half *back, const pv_data *data,
                           uint64_t seed, double sigma)
{
    pv_status status = PV_OK;
    calibrator c = {.front = front, .back = back};
    PV_TRY_GOTO(allocate(&c, pv_shape_count(&front->activation)));
    PV_TRY_GOTO(pv_batch_init(&c.batch, front->model, CALIBRATION_BATCH));
    PV_TRY_GOTO(measure_spread(&c, data, seed, sigma));
    empty_range(front->low, front->high, front->channels);
    empty_range(back->basis_low, back->basis_high, back->rank);
    PV_TRY_GOTO(pass(&c, data, seed, 1));
    memcpy(back->low, front->low, (size_t)front->channels * sizeof *back->low);
    memcpy(back->high, front->high, (size_t)front->channels * sizeof *back->high);
done:
    pv_split_runner_free(c.runner);
    pv_batch_clear(&c.batch);
    pv_free(c.secret);
    pv_free(c.index);
    pv_free(c.z);
    pv_free(c.noise);
    pv_free(c.coordinate);
    return status;
}

pv_status pv_split_make(pv_split_half *front, pv_split_half *back, const pv_hidden *h,
                        const pv_cut_at *cut, const pv_data *calibration, uint64_t seed)
{
    pv_status status = PV_OK;
    pv_shape activation;
    size_t end;
    *front = *back = (pv_split_half){0};
    PV_TRY(pv_split_cut_end(&end, h, cut));
    PV_TRY(pv_front_noise_check(h->noise));
    PV_TRY(pv_model_check_data(h->model, calibration));
    PV_TRY(pv_cut_shape(&activation, h->model, end));
    PV_TRY_GOTO(start(front, h, cut, &activation, 0));
    PV_TRY_GOTO(start(back, h, cut, &activation, 1));
    PV_TRY_GOTO(pv_model_extract(&front->model, h->model, 0, end));
    PV_TRY_GOTO(pv_model_extract(&back->model, h->model, end, h->model->layers.count));
    status = pv_activation_basis(&back->basis, &back->rank, back->model, &activation);
    if (status == PV_ERR_UNSUPPORTED) { /* then the halves do without */
        pv_trail_clear();
        status = PV_OK;
    }
    PV_TRY_GOTO(status);
    PV_TRY_GOTO(calibrate(front, back, calibration, seed, h->noise));
    PV_TRY_GOTO(pv_split_half_hash(&front->own, front));
    PV_TRY_GOTO(pv_split_half_hash(&back->own, back));
    front->other = back->own;
    back->other = front->own;
    PV_TRY_GOTO(pv_split_half_bind(front));
    PV_TRY_GOTO(pv_split_half_bind(back));
done:
    if (status != PV_OK) {
        pv_split_half_clear(front);
        pv_split_half_clear(back);
    }
    return status;
}
