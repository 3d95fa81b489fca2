/* party/check.h - everything that can be known before a run, so that it does not stop in the middle
 *
 * What one party can see alone: its certificates, its data, its disk, its clock, its port. Then it
 * talks to its peers as it would in the run (a hub with the same scenario and the line "[check]"
 * added, so that a check is never taken for a run); what they tell each other is one message: pass
 * or fail. No data crosses, and no sentence of the report.
 *
 *     pv_check_report r = {0};
 *     PV_TRY_GOTO(pv_party_check(&o, &r, ctx));
 *     for (size_t i = 0; i < r.items; i++) ... r.item[i].result, .what, .text
 *     done: pv_check_report_clear(&r);
 */
#ifndef PV_PARTY_CHECK_H
#define PV_PARTY_CHECK_H

#include "party/party.h"

typedef enum pv_check_result {
    PV_CHECK_PASS = 0,
    PV_CHECK_WARN, /* the run can begin; read it */
    PV_CHECK_FAIL, /* the run would stop */
} pv_check_result;

const char *pv_check_result_name(pv_check_result r); /* "pass", "warn", "fail" */

typedef struct pv_check_item {
    pv_check_result result;
    const char *what; /* "certificate", "data", "disk", "peer", ...: constant */
    char *text;       /* one sentence */
} pv_check_item;

typedef struct pv_check_report {
    pv_check_item *item;
    size_t items, capacity;
    pv_check_result worst;
} pv_check_report;

typedef struct pv_check_options {
    const pv_party_options *party; /* role may be NULL: nothing is run */
    double disk_bytes;             /* that the run will need in the party's folder; 0: not known */
    double seconds;                /* to wait for the peers; 0: do not talk to them */
} pv_check_options;

/* Whatever is wrong with the party becomes an item. Errors: PV_ERR_MEMORY, PV_ERR_CANCELLED. */
pv_status pv_party_check(const pv_check_options *o, pv_check_report *report,
                         const pv_ctx *ctx) PV_MUST_USE;
void pv_check_report_clear(pv_check_report *r); /* idempotent */

#endif
