/* attack/extraction/student.h - a copy of the provider's half, learned from its answers
 *
 * (Tramèr, Zhang, Juels, Reiter, Ristenpart 2016, "Stealing Machine Learning Models via Prediction
 * APIs"; Jagielski et al. 2020, "High Accuracy and High Fidelity Extraction of Neural Networks",
 * for agreement as the measure.) The customer of `complement` holds the front half in clear and
 * gets an answer to every activation it sends. A network of its own, the student, learns to answer
 * likewise: to give the same logits (mean square error, standardised), or the same probabilities or
 * labels (cross entropy). Front and student together are the provider's model. The secret is no
 * obstacle: it is in the activation, and who chose it knows what to do with the answer.
 */
#ifndef PV_ATTACK_EXTRACTION_STUDENT_H
#define PV_ATTACK_EXTRACTION_STUDENT_H

#include "attack/attack.h"
#include "attack/learner.h"
#include "math/standard.h"

typedef enum pv_answer_kind {
    PV_ANSWER_LOGITS,
    PV_ANSWER_PROBABILITIES,
    PV_ANSWER_LABELS
} pv_answer_kind;

/* Activations and what was answered; borrowed. */
typedef struct pv_lessons {
    int64_t n, width;
    int classes;
    const float *z; /* [n, width] */
    pv_answer_kind kind;
    const float *score;   /* [n, classes] logits or probabilities */
    const int32_t *label; /* [n] when labels are all there is */
} pv_lessons;

typedef struct pv_student_options {
    int64_t hidden; /* units of each of two hidden layers */
    int64_t steps;
    double lr;
    uint64_t seed;
    double deadline; /* of pv_clock_seconds; 0: none */
} pv_student_options;
void pv_student_defaults(pv_student_options *o);

typedef struct pv_student {
    pv_learner learner;
    int classes, finished;
    double loss;
    pv_standard activation; /* how its numbers are scaled */
} pv_student;

/* Errors: PV_ERR_INPUT (nothing to learn from), those of pv_learner_fit. On failure *s is cleared.
 */
pv_status pv_student_learn(pv_student *s, const pv_lessons *l, const pv_student_options *o,
                           const pv_ctx *ctx) PV_MUST_USE;
void pv_student_clear(pv_student *s); /* idempotent */

/* label [n] and, unless NULL, confidence [n] (how much more the first class scores than the second;
 * of logits in units of their spread) of z [n, width]. */
pv_status pv_student_answer(int32_t *label, double *confidence, pv_student *s, const float *z,
                            int64_t n) PV_MUST_USE;

/* The attack: reads messages of types "activation" and "answer" in the customer's own view; a
 * target is a step, none of whose rows the student learns from; the guess is the label it answers
 * each of them with. It is right where the provider answered the same. */
extern const pv_attack pv_attack_student;

#endif
