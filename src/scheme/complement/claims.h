/* scheme/complement/claims.h - what the scheme says about who learns what, by its settings */
#ifndef PV_SCHEME_COMPLEMENT_CLAIMS_H
#define PV_SCHEME_COMPLEMENT_CLAIMS_H

#include "scheme/complement/complement.h"

/* Live as long as the program. table: rows of a table are asked about, not images. */
const pv_claim *pv_complement_claims(int *count, const pv_complement_options *o,
                                     int table) PV_MUST_USE;

/* A line for each setting that protects less than the scheme could: pv_scheme.warn. */
pv_status pv_complement_warn(pv_str *out, pv_scenario *s) PV_MUST_USE;

/* pv_scheme.guarantee */
const char *pv_complement_guarantee(pv_scenario *s, const char **why);

#endif
