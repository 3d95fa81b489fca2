/* run/scenario.h - a whole run on this machine: every party of a scenario as a process of its own
 *
 * Prepares the folder (run/prepare.h), starts the parties (run/launch.h), and when all have ended
 * gathers what they found into RUN/run.json, trains the same rows pooled and plainly beside it for
 * comparison, and writes the hashes of all files. With `resume` the folder is there already:
 * parties go on where their journals say, those that had ended end again at once.
 */
#ifndef PV_RUN_SCENARIO_H
#define PV_RUN_SCENARIO_H

#include "base/json.h"
#include "privet/context.h"

typedef struct pv_run_options {
    const char *scenario; /* the user's file; with resume it may be NULL */
    const char *out;      /* folder */
    int resume;
    int plain;    /* also train plainly for comparison */
    int restarts; /* of a party that a signal killed */
    void (*started)(void *user, const char *party, int process); /* run/launch.h */
    void *user;
} pv_run_options;

/* *result: RUN/run.json. */
pv_status pv_run_scenario(json_t **result, const pv_run_options *o, const pv_ctx *ctx) PV_MUST_USE;

#endif
