/* scheme/vertical/kept.h - what the parties' folders have of a run when it is over, for its audit
 *
 * A training leaves each party's half in its folder; a run without one names it in local.ini.
 */
#ifndef PV_SCHEME_VERTICAL_KEPT_H
#define PV_SCHEME_VERTICAL_KEPT_H

#include "scheme/scheme.h"

/* pv_scheme.own_model, weights, measured */
pv_status pv_vertical_own_model(pv_model **out, int64_t *head, pv_scenario *s, const char *party,
                                const char *folder) PV_MUST_USE;
/* Both halves: PV_ERR_MISMATCH when they are of two trainings. */
pv_status pv_vertical_weights(double **out, int64_t *outputs, int64_t *inputs, pv_scenario *s,
                              const char *const *folder) PV_MUST_USE;
pv_status pv_vertical_measured(pv_data **out, pv_scenario *s, const char *party, const char *folder,
                               const pv_ctx *ctx) PV_MUST_USE;

#endif
