/* attack/extraction/answers.h - all that a party was told of predictions, beside which rows they
 * are about
 *
 * Rows were asked about in their own order, in batches of one size, the last of which may be short;
 * a batch whose bytes were not kept leaves a gap.
 */
#ifndef PV_ATTACK_EXTRACTION_ANSWERS_H
#define PV_ATTACK_EXTRACTION_ANSWERS_H

#include "attack/attack.h"

typedef struct pv_told {
    int64_t rows;
    int classes;
    int64_t *row; /* [rows] number of the row, ascending */
    /* Probabilities of all classes, [rows, classes]; or NULL, then label, and sure unless labels
     * are all there is. */
    float *probability;
    int32_t *label; /* [rows] */
    float *sure;    /* [rows] probability of that label, in hundredths; NULL */
} pv_told;

/* all: rows that were asked about. Errors: PV_ERR_NOT_FOUND (no answer that was kept), PV_ERR_PEER
 * or PV_ERR_RANGE (one that is broken), PV_ERR_MISMATCH (more than `all`). */
pv_status pv_told_init(pv_told *t, const pv_view *const *view, int views, int classes,
                       int64_t all) PV_MUST_USE;
void pv_told_clear(pv_told *t); /* idempotent */

#endif
