/* attack/gradient/search.h - from one start to the best point found: L-BFGS or Adam
 *
 * lbfgs: steps of 20 iterations each over a history of 100, as torch.optim.LBFGS does by default
 * and the DLG papers use it: full steps of lr, no line search (or one by the strong Wolfe
 * conditions). Where the objective leaves the numbers, it goes on from the best point with an empty
 * history, up to three times.
 *
 * adam: Adam (betas 0.9 and 0.999) on the sign of the slope to the samples, the plain slope to
 * label logits; lr times 0.1 after 3/8, 5/8 and 7/8 of the steps; after each, samples are put back
 * into their box (Geiping et al. 2020, section 5).
 *
 * Both keep the point with the least objective of all they evaluated, and stop where it is at most
 * `stop`. Vectors are double; the objective is the plan's float32.
 */
#ifndef PV_ATTACK_GRADIENT_SEARCH_H
#define PV_ATTACK_GRADIENT_SEARCH_H

#include "attack/gradient/matching.h"
#include "privet/context.h"

typedef struct pv_search_options {
    int adam;
    int wolfe; /* L-BFGS: line search */
    int64_t steps;
    double lr;
    double stop;
    int64_t evaluations;      /* at most; 0: no limit */
    double deadline;          /* of pv_clock_seconds; 0: none */
    const double *low, *high; /* [samples] the box, or NULL (Adam only) */
} pv_search_options;

typedef struct pv_search {
    pv_matching *matching;
    pv_search_options options;
    double *best; /* [variables] */
    double loss;  /* there; infinite before anything was evaluated */
    int finished; /* 0: the budget ended it, or the caller */
    int64_t evaluations;
    /* its own */
    double *slope, *moment; /* [variables], [2 * variables] */
    const pv_ctx *ctx;
    int exhausted;
} pv_search;

pv_status pv_search_init(pv_search *s, pv_matching *m) PV_MUST_USE;
void pv_search_clear(pv_search *s); /* idempotent; leaves the matching alone */

/* From v, which is changed. what is how progress calls it. Errors: PV_ERR_CANCELLED and those of
 * the machine; best, loss and evaluations are valid then, too. */
pv_status pv_search_run(pv_search *s, double *v, const pv_search_options *options, const char *what,
                        const pv_ctx *ctx) PV_MUST_USE;

#endif
