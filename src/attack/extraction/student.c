#include "attack/extraction/student.h"

#include "base/mem.h"
#include "nn/step.h"
#include <math.h>
#include <string.h>

/* A tenth of the lessons, at most 512, say when to stop. */
enum { BATCH = 64, FEWEST = 20, MOST_HELD = 512 };

void pv_student_defaults(pv_student_options *o)
{
    *o = (pv_student_options){.hidden = 128, .steps = 4000, .lr = 2e-3, .seed = 1};
}

/* What the student shall give: logits less their mean over the classes, over the spread of all; or
 * a distribution. */
static float *targets_of(const pv_lessons *l)
{
    int64_t c = l->classes;
    double square = 0;
    float *out = pv_calloc((size_t)l->n, (size_t)c * sizeof *out);
    if (out == NULL) return NULL;
    for (int64_t i = 0; i < l->n; i++) {
        double mean = 0;
        if (l->kind == PV_ANSWER_LABELS) {
            out[i * c + l->label[i]] = 1;
            continue;
        }
        for (int64_t k = 0; k < c; k++) mean += l->score[i * c + k] / (double)c;
        for (int64_t k = 0; k < c; k++) {
            double v = l->score[i * c + k];
            out[i * c + k] = (float)(l->kind == PV_ANSWER_LOGITS ? v - mean : v);
            square += (v - mean) * (v - mean);
        }
    }
    float scale = (float)sqrt(square / (double)(l->n * c));
    for (int64_t k = 0; l->kind == PV_ANSWER_LOGITS && scale > 0 && k < l->n * c; k++)
        out[k] /= scale;
    return out;
}

pv_status pv_student_learn(pv_student *s, const pv_lessons *l, const pv_student_options *o,
                           const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    float *in = NULL, *target = NULL;
    int exhausted = 0;
    *s = (pv_student){.classes = l->classes};
    if (l->n < 1) PV_FAIL(PV_ERR_INPUT, "a student has no answer to learn from");
    PV_TRY(pv_learner_init(&s->learner, PV_SHAPE(BATCH, l->width), o->seed));
    pv_learner *n = &s->learner;
    pv_node h = pv_relu(n->graph, pv_learner_dense(n, n->x, o->hidden));
    h = pv_relu(n->graph, pv_learner_dense(n, h, o->hidden));
    pv_learner_loss loss =
        l->kind == PV_ANSWER_LOGITS ? PV_LEARNER_SQUARE : PV_LEARNER_CROSS_ENTROPY;
    PV_TRY_GOTO(pv_learner_ready(n, pv_learner_dense(n, h, l->classes), loss, ctx));
    PV_TRY_GOTO(pv_standard_init(&s->activation, l->z, l->n, l->width));
    in = pv_standard_rows(&s->activation, l->z, l->n);
    target = targets_of(l);
    if (in == NULL || target == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for %lld answers", (long long)l->n);
    int64_t held = l->n < FEWEST ? 0 : l->n / 10 < MOST_HELD ? l->n / 10 : MOST_HELD;
    pv_learner_plan how = {.steps = o->steps, .lr = o->lr, .held = held, .deadline = o->deadline};
    PV_TRY_GOTO(pv_learner_fit(n, in, target, l->n, &how, &s->loss, &exhausted, "student", ctx));
    s->finished = !exhausted;
done:
    pv_free(in);
    pv_free(target);
    if (status != PV_OK) pv_student_clear(s);
    return status;
}

void pv_student_clear(pv_student *s)
{
    pv_learner_clear(&s->learner);
    pv_standard_clear(&s->activation);
    *s = (pv_student){0};
}

pv_status pv_student_answer(int32_t *label, double *confidence, pv_student *s, const float *z,
                            int64_t n)
{
    pv_status status = PV_OK;
    float *in = pv_standard_rows(&s->activation, z, n),
          *out = pv_alloc((size_t)n, (size_t)s->classes * sizeof *out);
    if (in == NULL || out == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for %lld activations", (long long)n);
    PV_TRY_GOTO(pv_learner_apply(&s->learner, out, in, n));
    for (int64_t i = 0; i < n; i++) {
        const float *v = out + i * s->classes;
        float second = -HUGE_VALF;
        int best = pv_largest_class(v, s->classes);
        for (int k = 0; k < s->classes; k++)
            if (k != best && v[k] > second) second = v[k];
        label[i] = best;
        if (confidence != NULL) confidence[i] = (double)v[best] - second;
    }
done:
    pv_free(in);
    pv_free(out);
    return status;
}
