/* party/check_i.h - a check under way */
#ifndef PV_PARTY_CHECK_I_H
#define PV_PARTY_CHECK_I_H

#include "party/check.h"
#include "party/party_i.h"

typedef struct pv_checking {
    const pv_check_options *o;
    pv_party *p;
    pv_check_report *report;
    const pv_ctx *ctx; /* the caller's */
    double deadline;   /* for what is waited for */
    double end;        /* when nothing may be under way any more */
    int may_listen;
    pv_status status; /* of adding items from a callback */
} pv_checking;

pv_status pv_check_add(pv_check_report *r, pv_check_result result, const char *what,
                       const char *fmt, ...) PV_MUST_USE PV_PRINTF(4, 5);
/* A call that failed because of the party: a FAIL with what the trail says; others pass through. */
pv_status pv_check_failed(pv_check_report *r, const char *what, pv_status status) PV_MUST_USE;

/* ---- check_peers.c: identity is loaded, local items are known */
pv_status pv_check_peers(pv_checking *c) PV_MUST_USE;

#endif
