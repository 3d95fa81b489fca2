/* run/tries.h - several trainings that are to hide a secret, and the one that hides it
 *
 * How well training against readers hides a secret differs from seed to seed by more than settings
 * do (docs/complement-training.md), and neither the loss nor the readers of training tell. Fresh
 * probes do, and they need no test data: of rows that were trained on, probes learn from half and
 * read the other half (run/probing.h). The attempt of which they read least is chosen, among those
 * that did not collapse and answer within LOST of the best.
 *
 * What is then said of the chosen one has to be measured on other rows.
 */
#ifndef PV_RUN_TRIES_H
#define PV_RUN_TRIES_H

#include "run/probing.h"

enum { PV_TRIES_MAX = 100 };

typedef struct pv_try {
    uint64_t seed;
    int collapsed;
    pv_probing seen; /* of training rows; none when it collapsed */
} pv_try;

typedef struct pv_tries_options {
    const pv_model *old;
    pv_hidden_options hidden;   /* its seed is the first try's; the others count on from it */
    pv_retrain_options retrain; /* likewise */
    int count;
} pv_tries_options;

/* list [count]. chosen: its place in it; *h and *r are that try's. Errors: those of pv_hidden_make,
 * pv_retrain and pv_probing_run, PV_ERR_NUMERIC when all have collapsed. On failure *h and *r are
 * cleared. */
pv_status pv_tries_run(pv_try *list, int *chosen, pv_hidden *h, pv_retrain_result *r,
                       const pv_tries_options *o, const pv_ctx *ctx) PV_MUST_USE;

#endif
