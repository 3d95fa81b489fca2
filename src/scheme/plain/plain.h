/* scheme/plain/plain.h - everybody's rows at one server, which trains on them: the baseline
 *
 *     server                                     clients
 *     step 1       <- join, rows ...             rows are pooled in the order of the scenario
 *     step n       epoch ->                      n = 1 .. epochs
 *     step epochs + 1    norm, model ->          the model at the end, which is released
 *
 * With one client the model is the one that `privet train` gives for the same settings, seed and
 * threads, bit for bit.
 */
#ifndef PV_SCHEME_PLAIN_PLAIN_H
#define PV_SCHEME_PLAIN_PLAIN_H

#include "fed/learning.h"
#include "scheme/scheme.h"

extern const pv_scheme pv_scheme_plain;
extern const pv_role pv_plain_server, pv_plain_client;
extern const pv_setting pv_plain_setting[];

typedef struct pv_plain_options {
    int64_t epochs;
    pv_fed_learning learning;
    int alone;
    int64_t evaluate_every;
} pv_plain_options;

/* The [scheme] section, read and checked. */
pv_status pv_plain_options_read(pv_plain_options *o, pv_scenario *s) PV_MUST_USE;

#endif
