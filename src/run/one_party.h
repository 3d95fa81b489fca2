/* run/one_party.h - one party of a scenario, in this process */
#ifndef PV_RUN_ONE_PARTY_H
#define PV_RUN_ONE_PARTY_H

#include "party/party.h"

typedef struct pv_one_party_options {
    const char *scenario, *local; /* files; local NULL: only what the scenario says of it */
    const char *name;             /* of the party */
    const char *folder;
} pv_one_party_options;

/* Scenario and local file read and checked, and what pv_party_run wants to know of them. The
 * scenario and local are the caller's to clear, also after a failure. */
pv_status pv_one_party_prepare(pv_party_options *out, pv_scenario *scenario, pv_local *local,
                               const pv_one_party_options *o) PV_MUST_USE;

/* To the end, or to PV_ERR_CANCELLED. The same call on the same folder goes on. */
pv_status pv_one_party(const pv_one_party_options *o, const pv_ctx *ctx) PV_MUST_USE;

#endif
