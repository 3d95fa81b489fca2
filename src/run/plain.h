/* run/plain.h - the same rows pooled and trained plainly: what a scheme's accuracy is measured
 * against
 *
 * Only for runs whose parties all are on this machine. Opens every party's data as the party does,
 * trains the scenario's model on all rows together with the scheme's own optimiser settings and
 * number of passes over the data, and measures it on the test data of the first party that has
 * some; a scheme whose parties have different columns pools them by itself (pv_scheme.pool).
 */
#ifndef PV_RUN_PLAIN_H
#define PV_RUN_PLAIN_H

#include "base/json.h"
#include "scheme/scheme.h"

/* *out: {"test_accuracy","test_correct","test_count","seconds","epochs"}; NULL when the scheme or
 * the data have nothing to compare with. */
pv_status pv_run_plain(json_t **out, const char *run, const pv_scheme *scheme,
                       pv_scenario *scenario, const pv_ctx *ctx) PV_MUST_USE;

#endif
