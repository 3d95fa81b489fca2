#include "run/audit_i.h"

#include "privet/rng.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TYPE_GRADIENT = PV_TYPE_FIRST, TYPE_LOGITS };

static const pv_message_type types[] = {
    {TYPE_GRADIENT,
     "activation-gradient",
     "index i64[rows], gradient f32[rows,d]",
     UINT64_MAX,
     {PV_RETAIN_FULL, 0}},
    {TYPE_LOGITS,
     "logits",
     "index i64[rows], logits f32[rows,c], lr f64[1]",
     UINT64_MAX,
     {PV_RETAIN_FULL, 0}},
};

/* The share of the rare class, and how far a class's samples lie from its corner, which lies at 1.
 */
#define RARE   0.1
#define SPREAD 0.1
/* The mean of a normal activation behind a rectifier. */
#define RECTIFIED 0.39894228

/* ---- one drawn network's last layer, and what it makes of one row */
typedef struct layer {
    int64_t d;
    int c;
    double *w, *b; /* [c,d], [c] */
    double *a, *p; /* of one row: [d], [c] */
    float *g;      /* [batch, d] */
    int64_t *index;
} layer;

static void layer_clear(layer *l)
{
    pv_free(l->w);
    pv_free(l->b);
    pv_free(l->a);
    pv_free(l->p);
    pv_free(l->g);
    pv_free(l->index);
}

/* Weights of a layer that has learnt something: logits of rectified normal activations lie within a
 * few units of zero. Of a rare class it has learnt that it is rare, and little else. */
static pv_status layer_init(layer *l, const pv_notes_plan *plan, pv_rng *r)
{
    int rare = strcmp(plan->contents, "rare-label-gradient") == 0;
    *l = (layer){.d = plan->width, .c = pv_model_what(plan->model).classes};
    size_t c = (size_t)l->c, d = (size_t)l->d;
    l->w = pv_alloc(c * d + 1, sizeof *l->w);
    l->b = pv_calloc(c + 1, sizeof *l->b);
    l->a = pv_alloc(d + 1, sizeof *l->a);
    l->p = pv_alloc(c + 1, sizeof *l->p);
    l->g = pv_alloc((size_t)plan->batch, d * sizeof *l->g);
    l->index = pv_alloc((size_t)plan->batch, sizeof *l->index);
    if (l->w == NULL || l->b == NULL || l->a == NULL || l->p == NULL || l->g == NULL ||
        l->index == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for a control's layer");
    double scale = (rare ? 0.3 : 2) / sqrt((double)l->d);
    for (size_t i = 0; i < c * d; i++) l->w[i] = scale * pv_rng_normal(r);
    if (rare) l->b[1] = log(RARE / (1 - RARE)) + log((double)(l->c - 1));
    for (int i = 0; rare && i < l->c; i++)
        for (int64_t k = 0; k < l->d; k++) l->b[i] -= l->w[i * l->d + k] * RECTIFIED;
    return PV_OK;
}

static void layer_scores(layer *l, pv_rng *r)
{
    double most = -HUGE_VAL, sum = 0;
    for (int64_t k = 0; k < l->d; k++) l->a[k] = fmax(0, pv_rng_normal(r));
    for (int i = 0; i < l->c; i++) {
        l->p[i] = l->b[i];
        for (int64_t k = 0; k < l->d; k++) l->p[i] += l->w[i * l->d + k] * l->a[k];
        most = fmax(most, l->p[i]);
    }
    for (int i = 0; i < l->c; i++) sum += l->p[i] = exp(l->p[i] - most);
    for (int i = 0; i < l->c; i++) l->p[i] /= sum;
}

static int32_t draw_class(const double *p, int c, pv_rng *r)
{
    double at = pv_rng_uniform(r);
    for (int i = 0; i < c; i++)
        if ((at -= p[i]) < 0) return i;
    return c - 1;
}

/* g = (p - t)/m · W */
static void layer_gradient(layer *l, int32_t label, int64_t batch, float *g)
{
    for (int64_t k = 0; k < l->d; k++) {
        double sum = 0;
        for (int i = 0; i < l->c; i++) sum += (l->p[i] - (i == label)) * l->w[i * l->d + k];
        g[k] = (float)(sum / (double)batch);
    }
}

/* ---- samples of the adversary's own: a class is a corner of a simplex, its rows lie close to it,
 * and no layers of the run stand between, which may have learnt to tell nothing apart */
static pv_status draw_samples(pv_control_view *out, const pv_notes_plan *plan, const int32_t *label,
                              int64_t n, pv_rng *r)
{
    int classes = pv_model_what(plan->model).classes;
    int64_t width = plan->width > classes ? plan->width : classes;
    float *x = pv_alloc((size_t)n, (size_t)width * sizeof *x);
    if (x == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a control's samples");
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < width; k++)
            x[i * width + k] =
                (float)((k == label[i]) + SPREAD / sqrt((double)width) * pv_rng_normal(r));
    pv_status status = pv_control_own(&out->known, x, n, width, classes, plan->seed);
    pv_free(x);
    return status;
}

/* ---- the rows that the adversary is told, and which are then not scored */
static pv_status know(pv_control_view *out, const pv_notes_plan *plan, const int32_t *label,
                      int64_t rows, pv_rng *r)
{
    pv_status status = PV_OK;
    int classes = pv_model_what(plan->model).classes;
    pv_known *k = &out->known;
    uint32_t *order = pv_alloc((size_t)rows, sizeof *order);
    int64_t *got = pv_calloc((size_t)classes, sizeof *got);
    uint8_t *taken = pv_calloc((size_t)rows, 1);
    k->row = pv_alloc((size_t)rows, sizeof *k->row);
    k->label = pv_alloc((size_t)rows, sizeof *k->label);
    if (order == NULL || got == NULL || taken == NULL || k->row == NULL || k->label == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a control's known rows");
    for (int64_t i = 0; i < rows; i++) order[i] = (uint32_t)i;
    pv_rng_shuffle(r, order, (size_t)rows);
    for (int64_t i = 0; i < rows; i++) taken[order[i]] = got[label[order[i]]]++ < plan->known;
    k->each = plan->known;
    for (int64_t i = 0; i < rows; i++) {
        out->answers.item[i / plan->batch].known[i % plan->batch] = taken[i];
        if (!taken[i]) continue;
        k->label[k->count] = label[i];
        k->row[k->count++] = i;
    }
done:
    pv_free(order);
    pv_free(got);
    pv_free(taken);
    return status;
}

/* ---- views */
pv_status pv_control_target(pv_control_view *out, int64_t step, int64_t batch, int64_t width)
{
    PV_TRY(pv_answer_set(&out->answers, (size_t)step, batch, width));
    for (int64_t k = 0; k < batch; k++) out->answers.item[step].row[k] = -1;
    out->target[step] =
        (pv_attack_target){.victim = "control", .step = (uint64_t)step + 1, .batch = batch};
    return PV_OK;
}

/* As many of each class as before, at other rows. */
static pv_status draw_anew(int32_t *label, int64_t n, pv_rng *r)
{
    uint32_t *order = pv_alloc((size_t)n, sizeof *order);
    if (order == NULL) PV_FAIL_MEMORY((size_t)n * sizeof *order);
    for (int64_t i = 0; i < n; i++) order[i] = (uint32_t)label[i];
    pv_rng_shuffle(r, order, (size_t)n);
    for (int64_t i = 0; i < n; i++) label[i] = (int32_t)order[i];
    pv_free(order);
    return PV_OK;
}

/* Labels as the gradients have them, or drawn anew when the gradients stand already. */
static pv_status write_gradients(pv_control_view *out, const pv_notes_plan *plan, pv_view_writer *w,
                                 int32_t *label, int64_t steps)
{
    pv_status status = PV_OK;
    layer l = {0};
    int rare = strcmp(plan->contents, "rare-label-gradient") == 0;
    pv_rng r = pv_rng_make(plan->seed, PV_STREAM_ATTACK);
    PV_TRY_GOTO(layer_init(&l, plan, &r));
    for (int64_t s = 0; s < steps; s++) {
        PV_TRY_GOTO(pv_control_target(out, s, plan->batch, 0));
        for (int64_t k = 0; k < plan->batch; k++) {
            layer_scores(&l, &r);
            int32_t t = rare ? draw_class(l.p, l.c, &r) : (int32_t)pv_rng_below(&r, (uint64_t)l.c);
            layer_gradient(&l, t, plan->batch, l.g + k * l.d);
            l.index[k] = s * plan->batch + k;
            label[l.index[k]] = t;
        }
        const pv_part part[] = {{"index", PV_I64, PV_SHAPE(plan->batch), l.index},
                                {"gradient", PV_F32, PV_SHAPE(plan->batch, l.d), l.g}};
        PV_TRY_GOTO(pv_control_append(w, PV_VIEW_DERIVED, TYPE_GRADIENT, (uint64_t)s + 1, 0, part,
                                      sizeof part / sizeof *part));
    }
    if (!plan->positive) PV_TRY_GOTO(draw_anew(label, steps * plan->batch, &r));
done:
    layer_clear(&l);
    return status;
}

static pv_status make_labels(pv_control_view *out, const pv_notes_plan *plan, pv_view_writer *w)
{
    pv_status status = PV_OK;
    int64_t steps = (plan->rows + plan->batch - 1) / plan->batch, rows = steps * plan->batch;
    pv_rng r = pv_rng_make(plan->seed + 1, PV_STREAM_ATTACK);
    int32_t *label = pv_alloc((size_t)rows, sizeof *label);
    if (label == NULL) PV_FAIL_MEMORY((size_t)rows * sizeof *label);
    out->facts.batch = plan->batch;
    out->target = pv_calloc((size_t)steps, sizeof *out->target);
    if (out->target == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a control");
    PV_TRY_GOTO(pv_answers_init(&out->answers, (size_t)steps));
    PV_TRY_GOTO(write_gradients(out, plan, w, label, steps));
    for (int64_t i = 0; i < rows; i++)
        out->answers.item[i / plan->batch].label[i % plan->batch] = label[i];
    PV_TRY_GOTO(know(out, plan, label, rows, &r));
    if (plan->with_data) {
        /* samples go with the labels that are asked for, unless nothing is to go with them */
        if (!plan->positive) PV_TRY_GOTO(draw_anew(label, rows, &r));
        PV_TRY_GOTO(draw_samples(out, plan, label, rows, &r));
    }
done:
    pv_free(label);
    return status;
}

static pv_status make_logits(pv_control_view *out, const pv_notes_plan *plan, pv_view_writer *w)
{
    return pv_control_logits(out, plan, w, TYPE_LOGITS);
}

/* What an attack says it wants, and who would have noted it. */
static const struct {
    const char *contents, *role;
    pv_status (*make)(pv_control_view *out, const pv_notes_plan *plan, pv_view_writer *w);
} table[] = {
    {"label-gradient", "active", make_labels},
    {"rare-label-gradient", "active", make_labels},
    {"logits", "passive", make_logits},
    {"still-logits", "passive", make_logits},
};

pv_status pv_control_notes_make(pv_control_view *out, const pv_notes_plan *plan)
{
    pv_status status = PV_OK;
    pv_view_writer *w = NULL;
    size_t k = 0, n = sizeof table / sizeof *table;
    while (k < n && (plan->contents == NULL || strcmp(table[k].contents, plan->contents) != 0)) k++;
    *out = (pv_control_view){0};
    if (k == n)
        PV_FAIL(PV_ERR_UNSUPPORTED, "there is no control of \"%s\"",
                plan->contents != NULL ? plan->contents : "");
    out->path = pv_strdup(plan->path);
    if (out->path == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a control");
    PV_TRY_GOTO(pv_control_create(&w, plan->path, table[k].role, "control", "victim", types,
                                  sizeof types / sizeof *types));
    PV_TRY_GOTO(table[k].make(out, plan, w));
    PV_TRY_GOTO(pv_view_sync(w));
    PV_TRY_GOTO(pv_view_open(&out->view, plan->path));
done:
    pv_view_writer_free(w);
    if (status != PV_OK) pv_control_view_clear(out);
    return status;
}
