/* scheme/vertical/claims.h - what the scheme says about who learns what, by its settings */
#ifndef PV_SCHEME_VERTICAL_CLAIMS_H
#define PV_SCHEME_VERTICAL_CLAIMS_H

#include "scheme/vertical/vertical.h"

/* A training, one in which the active party has nothing to learn, so that no dL/dA crosses, or
 * anything else than a training. */
enum { PV_RUN_LEARNS = 0, PV_RUN_SILENT, PV_RUN_LATER, PV_RUNS };

/* Live as long as the program. table: samples are rows of a table, not images; learns: do layers
 * before the shared one? */
const pv_claim *pv_vertical_claims(int *count, const pv_vertical_options *o, int table, int learns);

/* A line for each setting that protects less than the scheme could: pv_scheme.warn. */
pv_status pv_vertical_warn(pv_str *out, pv_scenario *s) PV_MUST_USE;

/* pv_scheme.guarantee */
const char *pv_vertical_guarantee(pv_scenario *s, const char **why);

#endif
