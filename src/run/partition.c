#include "run/partition.h"

#include "base/ctx.h"
#include "base/file.h"
#include "data/spec.h"
#include "nn/step.h"
#include <math.h>
#include <string.h>
#include <sys/stat.h>

enum { BATCH = 64 };

static const int bits_of[] = {32, 8, 4};

/* ---- the files */

static pv_status find_paths(pv_partition *p)
{
    for (int i = 0; i < 2; i++) PV_TRY(pv_split_half_path(&p->path[i], p->out, i));
    return PV_OK;
}

/* Asked before anything is measured, and once more before anything is written. */
static pv_status refuse_existing(const pv_partition *p)
{
    for (int i = 0; i < 2; i++) PV_TRY(pv_file_refuse_existing(p->path[i]));
    return PV_OK;
}

static pv_status write_files(pv_partition *p)
{
    const pv_split_half *half[2] = {&p->front, &p->back};
    PV_TRY(pv_folder_make(p->out));
    PV_TRY(refuse_existing(p));
    for (int i = 0; i < 2; i++) {
        struct stat info;
        PV_TRY(pv_split_half_save(half[i], p->path[i]));
        if (stat(p->path[i], &info) == 0) p->file_bytes[i] = (int64_t)info.st_size;
    }
    return PV_OK;
}

/* ---- what it costs in bytes and in accuracy */

typedef struct meter {
    pv_split_runner *front, *back;
    pv_activation_form form[PV_PARTITION_FORMS];
    pv_batch batch;
    pv_secret_value secret[BATCH];
    int64_t index[BATCH];
    float *z, *noise, *again, *logits; /* [BATCH, ...] */
    pv_rng noises;
    uint8_t *bytes;
    int fails[BATCH]; /* of the batch at hand */
    int64_t correct[PV_PARTITION_FORMS], refused[PV_PARTITION_FORMS];
    uint64_t clamped[PV_PARTITION_FORMS];
} meter;

static void meter_clear(meter *m)
{
    pv_split_runner_free(m->front);
    pv_split_runner_free(m->back);
    for (int i = 0; i < PV_PARTITION_FORMS; i++) pv_activation_form_clear(&m->form[i]);
    pv_batch_clear(&m->batch);
    pv_free(m->z);
    pv_free(m->noise);
    pv_free(m->again);
    pv_free(m->logits);
    pv_free(m->bytes);
}

/* Forms without a projection, then with one where the back has it. */
static pv_status make_forms(pv_partition *p, meter *m)
{
    for (int projected = 0; projected < 2; projected++)
        for (int b = 0; b < 3; b++) {
            pv_activation_form *f = &m->form[p->forms];
            PV_TRY(pv_activation_form_init(f, &p->back, bits_of[b]));
            if (projected) {
                pv_status status = pv_activation_project(f, &p->back);
                if (status == PV_ERR_UNSUPPORTED) {
                    pv_activation_form_clear(f);
                    p->unprojected = pv_strdup(pv_trail_text());
                    pv_trail_clear();
                    if (p->unprojected == NULL) PV_FAIL_MEMORY(1);
                    return PV_OK;
                }
                PV_TRY(status);
            }
            p->form[p->forms++] = (pv_partition_form){.bits = bits_of[b],
                                                      .projected = projected,
                                                      .bytes = pv_activation_bytes(f),
                                                      .accuracy = NAN,
                                                      .clamped = NAN};
        }
    return PV_OK;
}

static pv_status make_meter(pv_partition *p, meter *m, const pv_ctx *ctx)
{
    size_t numbers = (size_t)pv_shape_count(&p->front.activation);
    PV_TRY(pv_batch_init(&m->batch, p->front.model, BATCH));
    PV_TRY(pv_split_runner_new(&m->front, &p->front, BATCH, ctx));
    PV_TRY(pv_split_runner_new(&m->back, &p->back, BATCH, ctx));
    m->z = pv_alloc(BATCH, numbers * sizeof *m->z);
    m->noise = pv_calloc(BATCH, numbers * sizeof *m->noise);
    m->again = pv_alloc(BATCH, numbers * sizeof *m->again);
    m->logits = pv_alloc(BATCH, (size_t)p->back.plan.classes * sizeof *m->logits);
    m->bytes = pv_alloc(BATCH, numbers * sizeof *m->z);
    if (m->z == NULL || m->noise == NULL || m->again == NULL || m->logits == NULL ||
        m->bytes == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory to measure a cut of %zu numbers", numbers);
    return PV_OK;
}

/* One by one: a row that is refused must not take the others with it. */
static pv_status decode_rows(meter *m, pv_activation_form *f, int64_t numbers, int64_t n)
{
    size_t each = pv_activation_bytes(f);
    for (int64_t i = 0; i < n; i++) {
        float *z = m->again + i * numbers;
        const pv_status status =
            pv_activation_decode(z, f, "a row", m->bytes + (size_t)i * each, 1);
        m->fails[i] = status == PV_ERR_RANGE;
        if (!m->fails[i]) PV_TRY(status);
        if (!m->fails[i]) continue;
        pv_trail_clear();
        memset(z, 0, (size_t)numbers * sizeof *z);
    }
    return PV_OK;
}

static pv_status measure_rows(const pv_partition *p, meter *m, int64_t n)
{
    const pv_secret_plan *plan = &p->front.plan;
    int64_t numbers = pv_shape_count(&p->front.activation);
    if (p->front.noise > 0) pv_front_noise_draw(m->noise, n * numbers, &m->noises);
    PV_TRY(pv_front_run(m->front, m->z, m->batch.x, m->secret, m->noise, n));
    for (int f = 0; f < p->forms; f++) {
        uint64_t clamped;
        PV_TRY(pv_activation_encode(m->bytes, &m->form[f], m->z, n, &clamped));
        PV_TRY(decode_rows(m, &m->form[f], numbers, n));
        PV_TRY(pv_back_run(m->back, m->logits, m->again, n));
        m->clamped[f] += clamped;
        for (int64_t i = 0; i < n; i++) {
            int32_t answer = pv_largest_class(m->logits + i * plan->classes, plan->classes);
            m->refused[f] += m->fails[i];
            m->correct[f] +=
                !m->fails[i] && pv_secret_open(plan, &m->secret[i], answer) == m->batch.label[i];
        }
    }
    return PV_OK;
}

static pv_status measure(pv_partition *p, meter *m, const pv_data *data, const pv_ctx *ctx)
{
    pv_rng rng = pv_rng_make(p->seed, PV_STREAM_SPLIT);
    m->noises = pv_rng_make(p->seed, PV_STREAM_NOISE);
    p->rows = pv_data_count(data);
    for (int64_t first = 0; first < p->rows; first += BATCH) {
        int64_t n = p->rows - first < BATCH ? p->rows - first : BATCH;
        PV_TRY(pv_ctx_check(ctx));
        for (int64_t i = 0; i < BATCH; i++) m->index[i] = first + (i < n ? i : n - 1);
        for (int64_t i = 0; i < n; i++) pv_secret_draw(&m->secret[i], &p->front.plan, &rng);
        pv_batch_fill(&m->batch, p->front.model, data, m->index, NULL, 0, 0);
        PV_TRY(measure_rows(p, m, n));
        pv_ctx_progress(ctx, "measuring the cut", (uint64_t)(first + n), (uint64_t)p->rows);
    }
    for (int f = 0; f < p->forms; f++) {
        p->form[f].accuracy = (double)m->correct[f] / (double)p->rows;
        p->form[f].refused = m->refused[f];
        p->form[f].clamped = (double)m->clamped[f] / ((double)p->rows * (double)m->form[f].count);
    }
    return PV_OK;
}

/* The rows to measure on: data itself when there is no test split. */
static pv_status open_test(pv_partition *p, pv_data **test, const pv_hidden *h, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    pv_str spec = {0};
    int changed = 0;
    PV_TRY_GOTO(pv_spec_test(&spec, p->data, &changed));
    p->same_rows = !changed;
    p->test = pv_strdup(pv_str_text(&spec));
    if (p->test == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a SPEC");
    PV_TRY_GOTO(pv_data_open(test, p->test, ctx));
    PV_TRY_GOTO(pv_model_check_data(h->model, *test));
done:
    pv_str_clear(&spec);
    return status;
}

pv_status pv_partition_run(pv_partition *p, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    pv_hidden h = {0};
    pv_cut_at cut;
    pv_data *data = NULL, *test = NULL;
    meter *m = pv_calloc(1, sizeof *m);
    if (m == NULL) PV_FAIL_MEMORY(sizeof *m);
    PV_TRY_GOTO(find_paths(p));
    PV_TRY_GOTO(refuse_existing(p));
    PV_TRY_GOTO(pv_hidden_load(&h, p->model));
    PV_TRY_GOTO(pv_cut_parse(&cut, p->cut, h.model));
    if (!isnan(p->noise)) h.noise = p->noise;
    PV_TRY_GOTO(pv_data_open(&data, p->data, ctx));
    PV_TRY_GOTO(pv_split_make(&p->front, &p->back, &h, &cut, data, p->seed));
    PV_TRY_GOTO(make_forms(p, m));
    if (pv_data_has_labels(data)) {
        PV_TRY_GOTO(open_test(p, &test, &h, ctx));
        PV_TRY_GOTO(make_meter(p, m, ctx));
        PV_TRY_GOTO(measure(p, m, test, ctx));
    }
    PV_TRY_GOTO(write_files(p));
done:
    meter_clear(m);
    pv_free(m);
    pv_data_free(test);
    pv_data_free(data);
    pv_hidden_clear(&h);
    return status;
}

void pv_partition_clear(pv_partition *p)
{
    pv_split_half_clear(&p->front);
    pv_split_half_clear(&p->back);
    for (int i = 0; i < 2; i++) pv_free(p->path[i]);
    pv_free(p->test);
    pv_free(p->unprojected);
    *p = (pv_partition){0};
}
