#include "scheme/complement/answers.h"

#include "nn/step.h"
#include <math.h>

/* Sum of exp(row[k] - row[best]). */
static double sum_of(const float *row, int64_t classes, int best)
{
    double sum = 0;
    for (int64_t k = 0; k < classes; k++) sum += exp((double)row[k] - (double)row[best]);
    return sum;
}

static void round_row(float *out, const float *row, int64_t classes)
{
    int best = pv_largest_class(row, classes);
    double sum = sum_of(row, classes, best);
    for (int64_t k = 0; k < classes; k++)
        out[k] = (float)(rint(100 * exp((double)row[k] - (double)row[best]) / sum) / 100);
}

void pv_query_answer_make(pv_query_answer *a, const float *logits, float *score, int32_t *label)
{
    for (int64_t i = 0; i < a->rows; i++) {
        const float *row = logits + i * a->classes;
        if (a->answers == PV_QUERY_LABEL) label[i] = pv_largest_class(row, a->classes);
        if (a->answers == PV_QUERY_ROUNDED) round_row(score + i * a->classes, row, a->classes);
    }
    a->label = a->answers == PV_QUERY_LABEL ? label : NULL;
    a->score = a->answers == PV_QUERY_LOGITS ? logits : a->label == NULL ? score : NULL;
}

void pv_query_answer_open(int32_t *label, float *probability, const pv_query_answer *a,
                          const pv_secret_plan *plan, const pv_secret_value *secret)
{
    float score[PV_SECRET_CLASSES];
    for (int64_t i = 0; i < a->rows; i++) {
        probability[i] = NAN;
        if (a->label != NULL) {
            label[i] = pv_secret_open(plan, &secret[i], a->label[i]);
            continue;
        }
        pv_secret_open_scores(score, plan, &secret[i], a->score + i * a->classes);
        label[i] = pv_largest_class(score, a->classes);
        probability[i] = a->answers == PV_QUERY_ROUNDED
                             ? score[label[i]]
                             : (float)(1 / sum_of(score, a->classes, label[i]));
    }
}
