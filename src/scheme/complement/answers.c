#include "scheme/complement/answers.h"

#include "base/secret.h"
#include "nn/step.h"
#include <math.h>
#include <string.h>

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

/* Which class is the largest is told by where its score stands, so the largest is looked for among
 * the scores as they came, which are no secret, and its place turned back by masks: the first label
 * whose score is it. */
static int32_t first_of(const float *score, int64_t classes, float largest,
                        const pv_secret_plan *plan, const pv_secret_value *secret)
{
    float is[PV_SECRET_CLASSES] = {0}, opened[PV_SECRET_CLASSES];
    uint64_t label = 0;
    for (int64_t k = 0; k < classes; k++) is[k] = score[k] == largest;
    pv_secret_open_scores(opened, plan, secret, is);
    for (int64_t l = classes - 1; l >= 0; l--) {
        uint32_t bits; /* zeros, or those of 1.0f, the lowest of which that is set is bit 23 */
        memcpy(&bits, &opened[l], sizeof bits);
        label = pv_secret_select(bits >> 23, (uint64_t)l, label);
    }
    pv_secret_wipe(opened, sizeof opened);
    return (int32_t)label;
}

void pv_query_answer_open(int32_t *label, float *probability, const pv_query_answer *a,
                          const pv_secret_plan *plan, const pv_secret_value *secret)
{
    for (int64_t i = 0; i < a->rows; i++) {
        probability[i] = NAN;
        if (a->label != NULL) {
            label[i] = pv_secret_open(plan, &secret[i], a->label[i]);
            continue;
        }
        const float *score = a->score + i * a->classes;
        int largest = pv_largest_class(score, a->classes);
        label[i] = first_of(score, a->classes, score[largest], plan, &secret[i]);
        probability[i] = a->answers == PV_QUERY_ROUNDED
                             ? score[largest]
                             : (float)(1 / sum_of(score, a->classes, largest));
    }
}
