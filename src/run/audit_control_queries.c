#include "run/audit_i.h"

#include "data/rows.h"
#include "nn/stages.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TYPE_ACTIVATION = PV_TYPE_FIRST, TYPE_ANSWER };

static const pv_message_type types[] = {
    {TYPE_ACTIVATION, "activation", "z u8[rows,bytes]", UINT64_MAX, {PV_RETAIN_FULL, 0}},
    {TYPE_ANSWER, "answer", "logits f32[rows,classes]", UINT64_MAX, {PV_RETAIN_FULL, 0}},
};

/* Of images the side, of tables where samples are searched for the numbers. A batch; rows whose
 * activations say in which range they lie, when the adversary has none. */
enum { SIDE = 16, NUMBERS = 6, BATCH = 50, CALIBRATION = 256, TEXT = 160 };
/* Each fourth step is held out where answers are learnt from; batches whose answers are evened out.
 */
enum { HELD_OUT = 4, EVEN = 8 };

/* How far a class's samples lie from its corner, which lies at 1. */
#define SPREAD 0.1

typedef struct control {
    const pv_queries_plan *plan;
    const pv_ctx *ctx;
    pv_model *plain;
    pv_hidden hidden;
    pv_data *shadow;
    pv_split_runner *front_runner, *back_runner;
    int64_t width, numbers; /* of a sample, of an activation */
    int corners;            /* samples are alike within a class */
    float *x, *z, *logits;  /* of a batch */
    float *noise;           /* of a batch */
    pv_rng noises;
    int32_t *label;
    pv_secret_value *secret;
    uint8_t *bytes;
    pv_rng rng;
} control;

static void control_clear(control *c)
{
    pv_split_runner_free(c->front_runner);
    pv_split_runner_free(c->back_runner);
    pv_model_free(c->hidden.model);
    pv_model_free(c->plain);
    pv_data_free(c->shadow);
    pv_free(c->x);
    pv_free(c->z);
    pv_free(c->noise);
    pv_free(c->logits);
    pv_free(c->label);
    pv_free(c->secret);
    pv_free(c->bytes);
}

static pv_model_domain domain_of(const control *c)
{
    int image = c->plan->kind == PV_DATA_IMAGE;
    return (pv_model_domain){.size = sizeof(pv_model_domain),
                             .kind = c->plan->kind,
                             .sample = image ? PV_SHAPE(SIDE, SIDE, 1) : PV_SHAPE(c->width),
                             .classes = c->plan->classes};
}

static int wants(const pv_queries_plan *plan, const char *what)
{
    return strcmp(plan->wants, what) == 0;
}

/* ---- a small network that leaves its secret readable: it enters beside the sample, eight times
 * over at a dense layer, and one layer mixes them */
static pv_status draw_network(control *c, pv_control_view *out)
{
    const pv_queries_plan *plan = c->plan;
    int image = plan->kind == PV_DATA_IMAGE;
    char text[TEXT];
    pv_model_domain domain = domain_of(c);
    if (image)
        snprintf(text, sizeof text, "conv 8 kernel=5 pad=2\nrelu\nflatten\ndense classes\n");
    else
        snprintf(text, sizeof text, "dense %d\nrelu\n%sdense classes\n", 4 * plan->classes + 32,
                 wants(plan, "answers") ? ""
                                        : "dense 32\nrelu\n"); /* a back to be copied is plain */
    PV_TRY(pv_model_parse(&c->plain, text, strlen(text), "control.model", &domain, plan->seed));
    c->hidden.plan = (pv_secret_plan){.kind = plan->secret,
                                      .form = image ? PV_SECRET_PLANE : PV_SECRET_APPEND,
                                      .classes = plan->classes,
                                      .alpha = image ? 0.5 : 1,
                                      .input = domain.sample};
    PV_TRY(pv_secret_plan_check(&c->hidden.plan));
    PV_TRY(pv_model_with_secret(&c->hidden.model, c->plain, 0, pv_secret_channels(&c->hidden.plan),
                                plan->seed));
    c->hidden.noise = fmin(plan->noise, PV_CONTROL_NOISE);
    const pv_cut_at cut = {.stage = 1};
    PV_TRY(pv_split_make(&out->known.front, &out->known.back, &c->hidden, &cut, c->shadow,
                         plan->seed));
    c->numbers = pv_shape_count(&out->known.front.activation);
    PV_TRY(pv_activation_form_init(&out->known.crossing, &out->known.front, 32));
    out->known.answers = "logits";
    PV_TRY(pv_split_runner_new(&c->front_runner, &out->known.front, BATCH, c->ctx));
    return pv_split_runner_new(&c->back_runner, &out->known.back, BATCH, c->ctx);
}

/* ---- samples */
static void draw_sample(control *c, const pv_model *m, float *x, int32_t *label)
{
    *label = (int32_t)pv_rng_below(&c->rng, (uint64_t)c->plan->classes);
    if (!c->corners) {
        pv_control_draw(x, m, &c->rng);
        return;
    }
    for (int64_t k = 0; k < c->width; k++)
        x[k] = (float)((k == *label) + SPREAD * pv_rng_normal(&c->rng));
}

/* The adversary's own, with their labels; also what says in which range activations lie. */
static pv_status draw_shadows(control *c, const pv_model *m)
{
    pv_status status = PV_OK;
    int64_t n = c->plan->shadows > 0 ? c->plan->shadows : CALIBRATION;
    pv_shape sample = pv_model_what(m).sample;
    float *x = pv_alloc((size_t)n, (size_t)c->width * sizeof *x);
    int32_t *label = pv_alloc((size_t)n, sizeof *label);
    const char **name = pv_alloc((size_t)c->plan->classes, sizeof *name);
    if (x == NULL || label == NULL || name == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a control's samples");
    for (int64_t i = 0; i < n; i++) draw_sample(c, m, x + i * c->width, &label[i]);
    for (int k = 0; k < c->plan->classes; k++) name[k] = pv_model_class_name(m, k);
    PV_TRY_GOTO(pv_data_from_rows(&c->shadow, &(pv_rows){.kind = c->plan->kind,
                                                         .dtype = PV_F32,
                                                         .sample = sample,
                                                         .n = n,
                                                         .x = x,
                                                         .label = label,
                                                         .class_name = name,
                                                         .classes = c->plan->classes}));
done:
    pv_free(x);
    pv_free(label);
    pv_free(name);
    return status;
}

/* ---- the view */
/* Samples, a secret each, and noise each that nobody hears of. */
static void draw_rows(control *c, int64_t rows)
{
    if (c->hidden.noise > 0) pv_front_noise_draw(c->noise, rows * c->numbers, &c->noises);
    for (int64_t i = 0; i < rows; i++) {
        draw_sample(c, c->plain, c->x + i * c->width, &c->label[i]);
        pv_secret_draw(&c->secret[i], &c->hidden.plan, &c->rng);
    }
}

static pv_status write_step(control *c, pv_control_view *out, pv_view_writer *w, uint64_t step,
                            int64_t rows)
{
    uint64_t clamped;
    int customer = wants(c->plan, "answers");
    int64_t size = (int64_t)pv_activation_bytes(&out->known.crossing);
    draw_rows(c, rows);
    PV_TRY(pv_front_run(c->front_runner, c->z, c->x, c->secret, c->noise, rows));
    PV_TRY(pv_back_run(c->back_runner, c->logits, c->z, rows));
    PV_TRY(pv_activation_encode(c->bytes, &out->known.crossing, c->z, rows, &clamped));
    const pv_part z = {"z", PV_U8, PV_SHAPE(rows, size), c->bytes};
    const pv_part answer = {"logits", PV_F32, PV_SHAPE(rows, c->plan->classes), c->logits};
    PV_TRY(pv_control_append(w, customer ? PV_VIEW_SENT : PV_VIEW_RECEIVED, TYPE_ACTIVATION, step,
                             step, &z, 1));
    return pv_control_append(w, customer ? PV_VIEW_RECEIVED : PV_VIEW_SENT, TYPE_ANSWER, step, step,
                             &answer, 1);
}

/* What should have been said about the step's rows; drawn anew, nothing of it is in the view. */
static pv_status keep_truth(control *c, pv_control_view *out, size_t t, uint64_t step, int64_t rows)
{
    PV_TRY(pv_answer_set(&out->answers, t, rows, c->width));
    pv_answer *a = &out->answers.item[t];
    out->target[t] = (pv_attack_target){.victim = "control", .step = step, .batch = rows};
    for (int64_t i = 0; i < rows; i++) {
        a->row[i] = -1;
        memcpy(a->x + i * c->width, c->x + i * c->width, (size_t)c->width * sizeof *a->x);
        a->label[i] = wants(c->plan, "secrets") ? c->secret[i].to[0]
                      : wants(c->plan, "answers")
                          ? pv_audit_largest(c->logits + i * c->plan->classes, c->plan->classes)
                          : c->label[i];
        if (c->plan->positive) continue;
        draw_sample(c, c->plain, a->x + i * c->width, &a->label[i]);
    }
    return PV_OK;
}

static pv_status allocate(control *c, const pv_control_view *out)
{
    c->x = pv_calloc(BATCH, (size_t)c->width * sizeof *c->x);
    c->z = pv_calloc(BATCH, (size_t)c->numbers * sizeof *c->z);
    c->noise = pv_calloc(BATCH, (size_t)c->numbers * sizeof *c->noise);
    c->logits = pv_calloc(BATCH, (size_t)c->plan->classes * sizeof *c->logits);
    c->label = pv_calloc(BATCH, sizeof *c->label);
    c->secret = pv_calloc(BATCH, sizeof *c->secret);
    c->bytes = pv_alloc(BATCH, pv_activation_bytes(&out->known.crossing));
    if (c->x == NULL || c->z == NULL || c->noise == NULL || c->logits == NULL || c->label == NULL ||
        c->secret == NULL || c->bytes == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for a control's queries");
    return PV_OK;
}

/* A drawn back may give nearly every row one answer, and then nothing could be shown with it: its
 * last bias takes the mean of each class's scores away. */
static pv_status even_out(control *c, pv_control_view *out)
{
    int64_t n = c->plan->classes;
    pv_model *m = out->known.back.model;
    float *bias = pv_model_param(m, pv_model_params(m) - 1)->data;
    for (int k = 0; k < EVEN; k++) {
        draw_rows(c, BATCH);
        PV_TRY(pv_front_run(c->front_runner, c->z, c->x, c->secret, c->noise, BATCH));
        PV_TRY(pv_back_run(c->back_runner, c->logits, c->z, BATCH));
        for (int64_t i = 0; i < BATCH * n; i++) bias[i % n] -= c->logits[i] / (float)(EVEN * BATCH);
    }
    pv_split_runner_free(c->back_runner);
    c->back_runner = NULL;
    return pv_split_runner_new(&c->back_runner, &out->known.back, BATCH, c->ctx);
}

static pv_status write_view(control *c, pv_control_view *out)
{
    const pv_queries_plan *plan = c->plan;
    pv_status status = PV_OK;
    pv_view_writer *w = NULL;
    int64_t targets = (plan->rows + BATCH - 1) / BATCH;
    int64_t before = wants(plan, "answers") ? (HELD_OUT - 1) * targets : 0;
    int64_t rows = plan->rows < BATCH ? plan->rows : BATCH;
    out->target = pv_calloc((size_t)targets, sizeof *out->target);
    if (out->target == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a control");
    PV_TRY(pv_answers_init(&out->answers, (size_t)targets));
    int answers = wants(plan, "answers");
    PV_TRY(pv_control_create(&w, plan->path, answers ? "customer" : "provider", "control",
                             answers ? "provider" : "customer", types,
                             sizeof types / sizeof *types));
    for (int64_t s = 0; s < before + targets; s++) {
        PV_TRY_GOTO(write_step(c, out, w, (uint64_t)s + 1, rows));
        if (s >= before)
            PV_TRY_GOTO(keep_truth(c, out, (size_t)(s - before), (uint64_t)s + 1, rows));
    }
    PV_TRY_GOTO(pv_view_sync(w));
    PV_TRY_GOTO(pv_view_open(&out->view, plan->path));
done:
    pv_view_writer_free(w);
    return status;
}

/* What a sample is, before there is a network: the front's range is worked out on samples. */
static pv_status draw_data(control *c)
{
    int image = c->plan->kind == PV_DATA_IMAGE;
    c->width = image        ? SIDE * SIDE
               : c->corners ? (c->plan->classes > NUMBERS ? c->plan->classes : NUMBERS)
                            : NUMBERS;
    pv_model *m;
    pv_model_domain domain = domain_of(c);
    PV_TRY(pv_model_new_domain(&m, "mlr", &domain, c->plan->seed));
    pv_status status = draw_shadows(c, m);
    pv_model_free(m);
    return status;
}

pv_status pv_control_queries_make(pv_control_view *out, const pv_queries_plan *plan,
                                  const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    control c = {.plan = plan,
                 .ctx = ctx,
                 .rng = pv_rng_make(plan->seed, PV_STREAM_ATTACK),
                 .noises = pv_rng_make(plan->seed, PV_STREAM_NOISE)};
    c.corners = wants(plan, "secrets") || wants(plan, "labels");
    *out = (pv_control_view){.path = pv_strdup(plan->path)};
    if (out->path == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    PV_TRY_GOTO(draw_data(&c));
    PV_TRY_GOTO(draw_network(&c, out));
    PV_TRY_GOTO(allocate(&c, out));
    if (wants(plan, "answers")) PV_TRY_GOTO(even_out(&c, out));
    PV_TRY_GOTO(write_view(&c, out));
    if (plan->shadows > 0) {
        out->known.own_data = c.shadow;
        c.shadow = NULL;
    }
    if (wants(plan, "answers"))
        pv_split_half_clear(&out->known.back); /* that is what it is after */
    out->model = c.plain;
    c.plain = NULL;
done:
    control_clear(&c);
    if (status != PV_OK) pv_control_view_clear(out);
    return status;
}
