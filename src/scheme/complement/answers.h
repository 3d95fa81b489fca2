/* scheme/complement/answers.h - an answer, made of logits at the provider and turned back at the
 * customer
 *
 *     logits     as the back gives them
 *     rounded    softmax of them, each in hundredths (so that they need not add up to 1)
 *     label      the first of the largest
 */
#ifndef PV_SCHEME_COMPLEMENT_ANSWERS_H
#define PV_SCHEME_COMPLEMENT_ANSWERS_H

#include "scheme/complement/messages.h"

/* a's answers, rows and classes are set. logits [rows, classes]; a points into them, or into score
 * [rows, classes] or label [rows], which get what it says. */
void pv_query_answer_make(pv_query_answer *a, const float *logits, float *score, int32_t *label);

/* label [rows] and the probability [rows] of each: NaN where labels alone come back. secret [rows]:
 * no branch and no address depends on one. Of scores that are equal the first label's is taken. */
void pv_query_answer_open(int32_t *label, float *probability, const pv_query_answer *a,
                          const pv_secret_plan *plan, const pv_secret_value *secret);

#endif
