/* scheme/vertical/predictions.h - what a party learns of each row that is predicted
 *
 * The passive party: the most likely label and its probability. The active party: what the
 * scenario's `answers` let it have. Kept in the role's state from step to step, written as
 * predictions.csv at the end: "row,label,probability", without the column that is not known, or
 * "row" and a column a class.
 */
#ifndef PV_SCHEME_VERTICAL_PREDICTIONS_H
#define PV_SCHEME_VERTICAL_PREDICTIONS_H

#include "party/party.h"
#include "scheme/vertical/messages.h"

typedef struct pv_predictions {
    int64_t rows, columns; /* columns of probability a row: 0, 1 or the classes */
    int labels;            /* are there labels? */
    size_t label_room, probability_room;
    int32_t *label;
    float *probability;
} pv_predictions;

/* The rows of a batch, behind the others; all of one kind. */
pv_status pv_predictions_add(pv_predictions *p, const pv_vertical_answer *a) PV_MUST_USE;
void pv_predictions_clear(pv_predictions *p); /* idempotent */

void pv_predictions_save(const pv_predictions *p, pv_writer *w);
pv_status pv_predictions_load(pv_predictions *p, pv_reader *r) PV_MUST_USE;

/* predictions.csv in the party's folder, mode 0600. Nothing when there are no rows. */
pv_status pv_predictions_write(const pv_predictions *p, const pv_model *m,
                               const pv_party *party) PV_MUST_USE;

#endif
