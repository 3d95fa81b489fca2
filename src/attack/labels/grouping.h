/* attack/labels/grouping.h - what `direction` and `clustering` share: starts, and the best of them
 */
#ifndef PV_ATTACK_LABELS_GROUPING_H
#define PV_ATTACK_LABELS_GROUPING_H

#include "attack/labels/mixture.h"

/* Rows' groups by several starts, chosen by likelihood. With `named`, rows of known label hold
 * theirs: the first start is from them, later ones are named by them. */
pv_status pv_grouping_run(pv_guess *guess, const pv_attack *a, int named,
                          const pv_view *const *view, int views, const pv_public *known,
                          const pv_attack_target *target, size_t targets,
                          const pv_attack_option *option, int options, const pv_budget *budget,
                          const pv_ctx *ctx) PV_MUST_USE;

#endif
