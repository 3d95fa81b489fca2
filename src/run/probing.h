/* run/probing.h - what fresh probes read behind a cut of a model with a secret
 *
 * Whoever made the model can know before it is deployed. Rows that nobody else sees go through the
 * customer's half, each under a secret drawn for it, and the provider's half answers; probes of
 * several capacities learn from some of these queries (attack/probe/reader.h) and the best of them
 * reads the others: the secret, and the true label. Activations cross as float32.
 *
 * Both are read against one prior, the share of the most frequent label: given the answer, who says
 * that label every time has the secret right as often. It is a lower bound of what leaks, and of a
 * model that answers at chance it means nothing.
 */
#ifndef PV_RUN_PROBING_H
#define PV_RUN_PROBING_H

#include "encode/complement/retrain.h"

typedef struct pv_probing_reading {
    double share;     /* that was read rightly; NaN: was not probed, or has no number */
    const char *kind; /* of the probe that was kept (attack/probe/probe.h); NULL */
    const char *way;  /* "direct", "through", "both" (attack/probe/reader.h); NULL */
} pv_probing_reading;

typedef struct pv_probing {
    pv_probing_reading secret, label; /* secret: not of a permutation */
    double prior;                     /* share of the most frequent label among the queries read */
    double answered;                  /* share of them whose answer, turned back, is right */
    int64_t learned, read;            /* queries that probes learned from, and read; 0: none */
    double seconds;
} pv_probing;

typedef struct pv_probing_options {
    const pv_data *learn, *read; /* rows; none should be in both */
    int64_t rows;                /* of each at most */
    int seeds;                   /* of each kind of probe */
    int epochs;                  /* of a probe at most; 0: its own */
    uint64_t seed;
} pv_probing_options;

/* Errors: PV_ERR_INPUT (too few rows, no secret), PV_ERR_OPTION (a cut before it), those of
 * training. */
pv_status pv_probing_run(pv_probing *out, const pv_hidden *h, const pv_cut_at *cut,
                         const pv_probing_options *o, const pv_ctx *ctx) PV_MUST_USE;

pv_probing pv_probing_none(void); /* nothing was probed: NaN and 0 */
/* How much more than the prior is read, of secret or label; negative: less. NaN without any. */
double pv_probing_excess(const pv_probing *p);
/* Does the model answer hardly better than who says the most frequent label every time? */
int pv_probing_at_chance(const pv_probing *p);

/* As who judges the epochs of a retraining (encode/complement/retrain.h): user is one of these. */
typedef struct pv_probing_judge {
    pv_probing_options options;
    pv_cut_at cut;
    const pv_ctx *ctx;
} pv_probing_judge;
pv_status pv_probing_verdict(pv_retrain_verdict *out, void *user, const pv_hidden *h) PV_MUST_USE;

#endif
