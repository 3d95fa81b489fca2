#include "run/audit_i.h"

#include "run/folder.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

enum { TYPE_ANSWER = PV_TYPE_FIRST, MORE = 64 };

static const pv_message_type types[] = {
    {TYPE_ANSWER, "answer", "probability f32[rows,classes]", UINT64_MAX, {PV_RETAIN_FULL, 0}},
};

static void draw_layer(float *w, int64_t c, int64_t d, pv_rng *r)
{
    double scale = 2 / sqrt((double)d);
    for (int64_t i = 0; i < c * (d + 1); i++) w[i] = (float)(scale * pv_rng_normal(r));
}

static void answer(float *p, const float *w, const float *a, int64_t c, int64_t d)
{
    double most = -HUGE_VAL, sum = 0;
    for (int64_t k = 0; k < c; k++) {
        double z = w[k * (d + 1) + d];
        for (int64_t j = 0; j < d; j++) z += (double)w[k * (d + 1) + j] * a[j];
        p[k] = (float)z;
        most = fmax(most, p[k]);
    }
    for (int64_t k = 0; k < c; k++) sum += exp(p[k] - most);
    for (int64_t k = 0; k < c; k++) p[k] = (float)(exp(p[k] - most) / sum);
}

static pv_status make(pv_control_view *out, int64_t c, int64_t d, int positive, uint64_t seed)
{
    pv_status status = PV_OK;
    pv_rng r = pv_rng_make(seed, PV_STREAM_ATTACK);
    pv_view_writer *w = NULL;
    int64_t n = d + 1 + MORE;
    float *a = pv_alloc((size_t)n, (size_t)d * sizeof *a);
    float *p = pv_alloc((size_t)n, (size_t)c * sizeof *p);
    out->target = pv_calloc(1, sizeof *out->target);
    if (a == NULL || p == NULL || out->target == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a control");
    PV_TRY_GOTO(pv_answers_init(&out->answers, 1));
    PV_TRY_GOTO(pv_control_target(out, 0, c, d + 1));
    /* rectified normal inputs, as what layers below would give */
    for (int64_t i = 0; i < n * d; i++) a[i] = (float)fmax(0, pv_rng_normal(&r));
    PV_TRY_GOTO(pv_control_own(&out->known, a, n, d, (int)c, seed));
    float *layer = out->answers.item[0].x;
    draw_layer(layer, c, d, &r);
    for (int64_t i = 0; i < n; i++) answer(p + i * c, layer, a + i * d, c, d);
    if (!positive) draw_layer(layer, c, d, &r); /* it is asked about another one */
    PV_TRY_GOTO(pv_control_create(&w, out->path, "active", "control", "victim", types,
                                  sizeof types / sizeof *types));
    const pv_part part[] = {{"probability", PV_F32, PV_SHAPE(n, c), p}};
    PV_TRY_GOTO(pv_control_append(w, PV_VIEW_RECEIVED, TYPE_ANSWER, 1, 1, part, 1));
    PV_TRY_GOTO(pv_view_sync(w));
    PV_TRY_GOTO(pv_view_open(&out->view, out->path));
done:
    pv_view_writer_free(w);
    pv_free(a);
    pv_free(p);
    return status;
}

pv_status pv_audit_weight_control(pv_control_view *out, pv_audit_work *w, const pv_audit_case *c,
                                  int positive)
{
    *out = (pv_control_view){0};
    if (c->targets == 0) return PV_OK;
    out->path = pv_run_path(w->o->run, positive ? "audit/positive.pvv" : "audit/negative.pvv");
    if (out->path == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a path");
    pv_status status = make(out, pv_model_what(w->model).classes, c->width - 1, positive,
                            w->seed + (positive ? 1000003 : 2000003));
    if (status != PV_OK) pv_control_view_clear(out);
    return status;
}
