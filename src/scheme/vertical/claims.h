/* scheme/vertical/claims.h - what the scheme says about who learns what, by its settings */
#ifndef PV_SCHEME_VERTICAL_CLAIMS_H
#define PV_SCHEME_VERTICAL_CLAIMS_H

#include "scheme/vertical/vertical.h"

/* Live as long as the program. table: samples are rows of a table, not images. */
const pv_claim *pv_vertical_claims(int *count, const pv_vertical_options *o, int table);

/* A line for each setting that protects less than the scheme could: pv_scheme.warn. */
pv_status pv_vertical_warn(pv_str *out, pv_scenario *s) PV_MUST_USE;

/* pv_scheme.guarantee */
const char *pv_vertical_guarantee(pv_scenario *s, const char **why);

#endif
