/* attack/inversion/descent.h - samples that a network's front half would turn into given
 * activations
 *
 * For each row the least of
 *
 *     |F(x, s) - z|^2 / |z|^2  +  tv · TV(x)  +  pull · mean (x - x0)^2
 *
 * with TV(x) = mean |x[r+1]-x[r]| + mean |x[c+1]-x[c]| and x0 a first guess, over x in its box, of
 * a whole batch of rows at once, by Adam with a learning rate that falls to zero as a cosine, or by
 * L-BFGS (x is put into its box at the end then). F is the network in evaluation mode. The secret s
 * that enters it beside the sample is given, or is searched for with the sample, one number a
 * channel between -a and a; the network's own parameters are given, or are searched for as well.
 * Variables are float32 as the network sees them, after normalisation.
 */
#ifndef PV_ATTACK_INVERSION_DESCENT_H
#define PV_ATTACK_INVERSION_DESCENT_H

#include "attack/attack.h"
#include "privet/optim.h"

typedef struct pv_descent {
    const pv_model *model;
    const pv_secret_plan *plan;
    int64_t batch, sample, width, channels; /* of a sample, an activation, the secret */
    int free, shadow;                       /* what is searched for beside the sample */
    pv_graph *graph;
    pv_plan *run;
    pv_model_nodes nodes;
    pv_node x, s, z, scale, prior, residual, variation, slope[2];
    pv_optim optim; /* of the network's parameters, when they are searched for */
    double tv, pull;
    size_t variables;                             /* samples, then free secrets */
    float *v, *slope_at, *moment, *low, *high;    /* [variables], moment twice */
    float *first;                                 /* [batch, sample]: x0; NULL without pull */
    float *residual_at, *variation_at, *scale_at; /* [batch] */
    int64_t evaluations;
} pv_descent;

typedef struct pv_descent_options {
    int64_t batch;
    double tv, pull;
    int free;   /* search for the secret, too */
    int shadow; /* search for the network's parameters, too */
} pv_descent_options;

/* plan: of the secret that the model takes; NULL for a model without one. Errors:
 * PV_ERR_UNSUPPORTED (a model of text), PV_ERR_MISMATCH (a secret without a plan, a plan of another
 * shape), PV_ERR_MEMORY. On failure *d is cleared. */
pv_status pv_descent_init(pv_descent *d, const pv_model *model, const pv_secret_plan *plan,
                          const pv_descent_options *o, const pv_ctx *ctx) PV_MUST_USE;
void pv_descent_clear(pv_descent *d); /* idempotent */

/* z [n, width], n <= batch; rows beyond n are copies of the first. */
pv_status pv_descent_set(pv_descent *d, const float *z, int64_t n) PV_MUST_USE;
/* The secrets of n rows, which are not searched for. */
pv_status pv_descent_secrets(pv_descent *d, const pv_secret_value *secret, int64_t n) PV_MUST_USE;
/* Where a search begins: the mean of the data (spread 0), or normal numbers around it. */
void pv_descent_start(pv_descent *d, double spread, pv_rng *r);
/* At x0 [n, sample], as the network sees it, put into its box; n <= batch. With pull that is where
 * a search must begin. */
pv_status pv_descent_start_at(pv_descent *d, const float *x0, int64_t n) PV_MUST_USE;
void pv_descent_start_grey(pv_descent *d); /* the middle of the box; without one, the mean */

/* One run of the objective at d->v: residuals, variations and the slope are those there. With
 * shadow, the parameters move by weights_lr afterwards (step: for Adam's corrections). */
pv_status pv_descent_evaluate(pv_descent *d, int64_t step, double weights_lr) PV_MUST_USE;
/* The Adam step number `step` of the variables against the slope. */
void pv_descent_move(pv_descent *d, int64_t step, double lr);

typedef struct pv_descent_search {
    int lbfgs;
    int64_t steps;
    double lr;
    double deadline; /* of pv_clock_seconds; 0: none */
} pv_descent_search;
/* From where it stands to where it ends; residuals and variations are those of the end. *exhausted
 * (which is not cleared) becomes 1 when the time was up. */
pv_status pv_descent_run(pv_descent *d, const pv_descent_search *s, int *exhausted,
                         const char *what, const pv_ctx *ctx) PV_MUST_USE;

/* Of row i: what it minimises. */
double pv_descent_value(const pv_descent *d, int64_t i);

#endif
