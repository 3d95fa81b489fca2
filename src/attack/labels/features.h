/* attack/labels/features.h - the feature party's own activations at the cut
 *
 * What its own layers give on its own samples, as one release of every row: for attacks that need
 * nothing of what crossed.
 */
#ifndef PV_ATTACK_LABELS_FEATURES_H
#define PV_ATTACK_LABELS_FEATURES_H

#include "attack/labels/grouping.h"

/* Row i of known->own_data becomes row number i, its activations before the last known->own_head
 * dense layers of known->own_model, around their mean. fresh: with parameters drawn anew instead of
 * the trained ones. Errors: PV_ERR_USAGE (no data or model), PV_ERR_MISMATCH (the model does not
 * end in so many dense layers, or is not for such data). */
pv_status pv_features_init(pv_releases *out, const pv_public *known, int fresh, int width,
                           uint64_t seed, const pv_ctx *ctx) PV_MUST_USE;

/* label and confidence [own->rows] into a guess about each target, whose rows the notes name; g
 * says how it went. PV_ERR_MISMATCH when a note names a row that own has not. */
pv_status pv_features_answer(pv_guess *guess, const int32_t *label, const double *confidence,
                             const pv_releases *own, const pv_releases *noted,
                             const pv_attack_target *target, size_t targets, const pv_grouping *g,
                             double seconds) PV_MUST_USE;

#endif
