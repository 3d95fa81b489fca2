/* run/launch.h - the parties of a run as processes of their own on this machine
 *
 * Each party is this program again (`privet party ...`), spawned, never forked. It tells how far it
 * is over a pipe (`--status-fd`, one JSON object a line); what it logs goes to a file in its
 * folder. The parent shows one progress for all of them, starts a party again that a signal killed
 * (it goes on from its journal), and ends the others when one failed for a reason of its own.
 *
 * Status lines: {"done":n,"total":m,"what":"round 3/10"}; at a failure
 * {"status":"PV_ERR_...","error":"..."}.
 */
#ifndef PV_RUN_LAUNCH_H
#define PV_RUN_LAUNCH_H

#include "base/mem.h"
#include "privet/context.h"

typedef struct pv_launch_party {
    const char *name;
    const char *folder; /* of the party: log.txt is written there */
    const char *const
        *words; /* argv after the program's name, ended by NULL; --status-fd is added */
} pv_launch_party;

typedef struct pv_launch_options {
    const pv_launch_party *party;
    int parties;
    int restarts;   /* of one party, after a signal killed it */
    int least;      /* parties that must end well; 0: all */
    int lead;       /* whose progress is shown first */
    int *restarted; /* [parties] how often each was started again; may be NULL */
    /* told the process of a party each time it is started; may be NULL */
    void (*started)(void *user, const char *party, int process);
    void *user;
} pv_launch_options;

/* Until all ended. Errors: the kind of the first party's that failed, with its own words;
 * PV_ERR_RUN when one was killed too often; PV_ERR_CANCELLED (all were asked to stop and can be
 * resumed). */
pv_status pv_launch(const pv_launch_options *o, const pv_ctx *ctx) PV_MUST_USE;

#endif
