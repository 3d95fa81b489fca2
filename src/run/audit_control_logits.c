#include "run/audit_i.h"

#include <math.h>
#include <string.h>

/* A small multinomial regression. "logits": sizes at which its logits tell its rows' inner
 * products, by how it learns. "still-logits": it learns next to nothing, so that logits are the
 * same linear function of a row's features whenever the row comes. */
enum { WIDTH = 6, BATCH = 8, STEPS = 3, STILL_STEPS = 12 };
#define RATE  0.1
#define STILL 1e-5
#define START 0.3
/* Equations for each number that is not known. */
#define EQUATIONS 2.5

typedef struct regression {
    int64_t rows, batch, d;
    int c;
    double rate;
    double *w, *b, *p, *dw, *db; /* [c,d], [c], of one batch: [batch,c], [c,d], [c] */
    float *x, *z;                /* [rows,d], [batch,c] */
    int32_t *label;
    int64_t *index;
} regression;

static void regression_clear(regression *r)
{
    pv_free(r->w);
    pv_free(r->b);
    pv_free(r->p);
    pv_free(r->dw);
    pv_free(r->db);
    pv_free(r->x);
    pv_free(r->z);
    pv_free(r->label);
    pv_free(r->index);
}

static pv_status regression_init(regression *r, const pv_notes_plan *plan, pv_rng *rng)
{
    pv_model_domain what = pv_model_what(plan->model);
    int64_t width = pv_shape_count(&what.sample), most = what.classes - 1;
    if (most > WIDTH) most = WIDTH;
    if (width > most) width = most > 0 ? most : 1;
    int still = strcmp(plan->contents, "still-logits") == 0;
    *r = (regression){.d = width, .c = what.classes, .rate = still ? STILL : RATE};
    r->batch = plan->batch < BATCH ? plan->batch : BATCH;
    r->rows = (still ? STILL_STEPS : STEPS) * BATCH / r->batch * r->batch;
    size_t cells = (size_t)(r->c * r->d), c = (size_t)r->c, m = (size_t)r->batch;
    r->w = pv_alloc(cells, sizeof *r->w);
    r->b = pv_calloc(c, sizeof *r->b);
    r->p = pv_alloc(m * c, sizeof *r->p);
    r->dw = pv_alloc(cells, sizeof *r->dw);
    r->db = pv_alloc(c, sizeof *r->db);
    r->x = pv_alloc((size_t)(r->rows * r->d), sizeof *r->x);
    r->z = pv_alloc(m * c, sizeof *r->z);
    r->label = pv_alloc((size_t)r->rows, sizeof *r->label);
    r->index = pv_alloc(m, sizeof *r->index);
    if (r->w == NULL || r->b == NULL || r->p == NULL || r->dw == NULL || r->db == NULL ||
        r->x == NULL || r->z == NULL || r->label == NULL || r->index == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for a control's regression");
    for (size_t i = 0; i < cells; i++) r->w[i] = START * pv_rng_normal(rng);
    for (int64_t i = 0; i < r->rows * r->d; i++) r->x[i] = (float)pv_rng_normal(rng);
    for (int64_t i = 0; i < r->rows; i++) r->label[i] = (int32_t)pv_rng_below(rng, (uint64_t)r->c);
    return PV_OK;
}

/* Logits of the batch's rows, and the step that learns from them. */
static void learn(regression *r)
{
    memset(r->dw, 0, (size_t)(r->c * r->d) * sizeof *r->dw);
    memset(r->db, 0, (size_t)r->c * sizeof *r->db);
    for (int64_t i = 0; i < r->batch; i++) {
        const float *x = r->x + r->index[i] * r->d;
        double *p = r->p + i * r->c, most = -HUGE_VAL, sum = 0;
        for (int k = 0; k < r->c; k++) {
            p[k] = r->b[k];
            for (int64_t q = 0; q < r->d; q++) p[k] += r->w[k * r->d + q] * x[q];
            r->z[i * r->c + k] = (float)p[k];
            most = fmax(most, p[k]);
        }
        for (int k = 0; k < r->c; k++) sum += p[k] = exp(p[k] - most);
        for (int k = 0; k < r->c; k++) {
            double g = (p[k] / sum - (k == r->label[r->index[i]])) / (double)r->batch;
            for (int64_t q = 0; q < r->d; q++) r->dw[k * r->d + q] += g * x[q];
            r->db[k] += g;
        }
    }
    for (int64_t i = 0; i < r->c * r->d; i++) r->w[i] -= r->rate * r->dw[i];
    for (int k = 0; k < r->c; k++) r->b[k] -= r->rate * r->db[k];
}

/* Each epoch in an order of its own, but the first: its steps are the targets. */
static pv_status write_training(pv_view_writer *w, uint16_t type, regression *r, pv_rng *rng)
{
    int64_t batches = r->rows / r->batch;
    int most = r->c > 1 ? r->c - 1 : 1;
    int64_t epochs = (int64_t)ceil(EQUATIONS * (double)(r->rows + r->c) / most) + 2;
    if (r->rate < RATE) epochs = 2;
    uint32_t order[STILL_STEPS * BATCH];
    for (int64_t i = 0; i < r->rows; i++) order[i] = (uint32_t)i;
    for (int64_t s = 0; s < epochs * batches; s++) {
        if (s > 0 && s % batches == 0) pv_rng_shuffle(rng, order, (size_t)r->rows);
        for (int64_t i = 0; i < r->batch; i++) r->index[i] = order[s % batches * r->batch + i];
        learn(r);
        const pv_part part[] = {{"index", PV_I64, PV_SHAPE(r->batch), r->index},
                                {"logits", PV_F32, PV_SHAPE(r->batch, r->c), r->z},
                                {"lr", PV_F64, PV_SHAPE(1), &r->rate}};
        PV_TRY(pv_control_append(w, PV_VIEW_DERIVED, type, (uint64_t)s + 1, 0, part,
                                 sizeof part / sizeof *part));
    }
    return PV_OK;
}

/* Half of the rows are known, when some are in the run. */
static pv_status write_answers(pv_control_view *out, const regression *r, int known)
{
    pv_known *k = &out->known;
    size_t n = (size_t)r->rows, d = (size_t)r->d;
    k->own = r->rows;
    k->own_label = pv_alloc(n, sizeof *k->own_label);
    k->row = pv_alloc(n, sizeof *k->row);
    k->x = pv_alloc(n, d * sizeof *k->x);
    if (k->own_label == NULL || k->row == NULL || k->x == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for a control's answers");
    memcpy(k->own_label, r->label, n * sizeof *k->own_label);
    for (int64_t s = 0; s < r->rows / r->batch; s++) {
        PV_TRY(pv_control_target(out, s, r->batch, r->d));
        pv_answer *a = &out->answers.item[s];
        memcpy(a->x, r->x + s * r->batch * r->d, (size_t)(r->batch * r->d) * sizeof *a->x);
        for (int64_t i = 0; i < r->batch && known; i++) {
            int64_t row = s * r->batch + i;
            a->known[i] = row % 2 == 0;
            if (!a->known[i]) continue;
            memcpy(k->x + k->count * r->d, r->x + row * r->d, d * sizeof *k->x);
            k->row[k->count++] = row;
        }
    }
    return PV_OK;
}

pv_status pv_control_logits(pv_control_view *out, const pv_notes_plan *plan, pv_view_writer *w,
                            uint16_t type)
{
    pv_status status = PV_OK;
    regression r;
    pv_rng rng = pv_rng_make(plan->seed, PV_STREAM_ATTACK);
    PV_TRY_GOTO(regression_init(&r, plan, &rng));
    pv_model_domain domain = {
        .size = sizeof domain, .kind = PV_DATA_TABLE, .sample = PV_SHAPE(r.d), .classes = r.c};
    PV_TRY_GOTO(pv_model_new_domain(&out->model, "mlr", &domain, plan->seed));
    out->facts = (pv_scheme_known){.lr = r.rate, .batch = r.batch};
    out->target = pv_calloc((size_t)(r.rows / r.batch), sizeof *out->target);
    if (out->target == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a control");
    PV_TRY_GOTO(pv_answers_init(&out->answers, (size_t)(r.rows / r.batch)));
    PV_TRY_GOTO(write_training(w, type, &r, &rng));
    for (int64_t i = 0; i < r.rows * r.d && !plan->positive; i++)
        r.x[i] = (float)pv_rng_normal(&rng); /* it is asked about rows that were never there */
    PV_TRY_GOTO(write_answers(out, &r, plan->known > 0));
done:
    regression_clear(&r);
    return status;
}
