/* run/audit.h - what could each party have found out? Answered by attacking what it saw
 *
 * An audit of a run's folder goes through the scheme's claims. For each it takes the adversary's
 * view, picks targets whose records the view kept, and runs the attacks that the claim names: on
 * the view, on a view of the auditor's own making where they must succeed (positive control), and
 * on one that tells nothing about the targets (negative control). All guesses are hashed into
 * audit/guesses.json before any party's data is opened. Then the truth is held against the root
 * that the party committed to before training, and the guesses are scored.
 *
 * `as_owner`: an owner audits alone. What it sent is what the other saw, so its own view and data
 * are enough; no other folder is opened. `collude`: the views of several parties together, about
 * the others.
 */
#ifndef PV_RUN_AUDIT_H
#define PV_RUN_AUDIT_H

#include "attack/attack.h"
#include "report/findings.h"

typedef struct pv_audit_options {
    const char *run;      /* folder */
    const char *attack;   /* only this one; "all": every one a claim names; NULL: the first of each
                             claim, or two */
    const char *as_owner; /* NULL: not */
    const char *collude;  /* "a,b"; NULL */
    int targets;          /* of one claim; 0 means 100, of notes about 6,400 rows in all */
    int known_set;
    int64_t known;    /* rows that attacks on notes are assumed to know, when known_set: of each
                         class for labels, in all for samples; otherwise what the attack says */
    int controls;     /* samples in each control; 0 means 5 (20 for labels alone) */
    int candidates;   /* identification is among so many; 0 means 100 */
    double criterion; /* recovered: error below this; 0 means 0.001 for images, 0.01 for tables */
    double least;     /* share of a positive control that must succeed; 0 means 0.8 */
    pv_budget budget;
    const pv_attack_option *option;
    int options;
    int with_originals;
    const char *command; /* how it was called, for the page */
} pv_audit_options;

/* Findings are also written to RUN/audit/findings.json. Errors: PV_ERR_NOT_FOUND (a folder without
 * views), PV_ERR_MISMATCH (a party's data is not what it committed to), PV_ERR_OPTION (an attack or
 * party that is not there). An attack that fails is a finding that says so. */
pv_status pv_audit(pv_findings *out, const pv_audit_options *o, const pv_ctx *ctx) PV_MUST_USE;

/* *out 1: the scenario of this run's folder has claims that an attack tests. A training has; what
 * only aligns, measures or merges may have none, and pv_audit refuses it. */
pv_status pv_audit_applies(int *out, const char *run) PV_MUST_USE;

/* "privet audit" ends with status 6 when this is not 0. */
int pv_audit_invalid(const pv_findings *f);

#endif
