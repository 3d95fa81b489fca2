/* attack/gradient/matching.h - how far the gradient of dummy samples is from a given one, as a plan
 *
 * A network with weights w gives samples x with targets t (probabilities of the classes) the
 * gradient G(x, t) = d/dw mean_n CE(f(x_n; w), t_n). Given g, an attack looks for x where
 *
 *     l2      D = |G(x, t) - g|^2 / |g|^2                 (Zhu, Liu, Han 2019, equation 4; they
 * leave out the division, which makes tolerances mean the same whatever the size of g) layers  D =
 * mean over parameters p of |G_p(x, t) - g_p|^2 / |g_p|^2: the first layers of a network can have
 * gradients a thousand times smaller than the last, and know most of x cosine  D = 1 - <G, g> /
 * (|G| |g|) + tv * TV(x)     (Geiping et al. 2020, equation 4) computed as |G/|G| - g/|g||^2 / 2,
 * which is the same and does not cancel near 0 TV(x)   mean |x[y+1] - x[y]| + mean |x[x+1] - x[x]|,
 * over images only
 *
 * norms being over all weights together. The variables are x as the network sees it, that is, after
 * normalisation, [batch, sample...], and, when the labels are unknown (joint), the logits of t
 * behind them, [batch, classes]: t = softmax(logits). D and its derivatives to the variables are
 * one plan in float32, made once for a batch size: weights, g and labels are written into it.
 *
 * Batch norm uses the statistics of the dummy batch, as training does; dropout draws the same mask
 * at every evaluation, which is not the victim's.
 */
#ifndef PV_ATTACK_GRADIENT_MATCHING_H
#define PV_ATTACK_GRADIENT_MATCHING_H

#include "privet/model.h"
#include "privet/optim.h"

typedef enum pv_match { PV_MATCH_L2 = 1, PV_MATCH_LAYERS, PV_MATCH_COSINE } pv_match;

typedef struct pv_matching_options {
    pv_match match;
    int64_t batch;
    int joint; /* labels are variables, too */
    double tv;
    int threads;
    int exact; /* float64 and plain C: to test against */
} pv_matching_options;

typedef struct pv_matching {
    pv_matching_options options;
    size_t samples; /* variables that are samples: batch * sample count */
    size_t variables;
    pv_graph *graph;
    pv_plan *plan;
    pv_model_nodes nodes;
    int weights;     /* parameters with a gradient, without state */
    int *weight;     /* their numbers among the model's */
    pv_node *target; /* g, in the same order */
    pv_node *share;  /* layers: what each counts */
    pv_node x, label;
    pv_node value, slope[2]; /* D, dD/dx, dD/dlogits */
    double scale;            /* of the plan's value and slopes */
    int64_t evaluations;
} pv_matching;

/* Errors: PV_ERR_UNSUPPORTED (a model of tokens, which have no gradient), PV_ERR_MEMORY. On failure
 * *m is cleared. */
pv_status pv_matching_init(pv_matching *m, const pv_model *model,
                           const pv_matching_options *options) PV_MUST_USE;
void pv_matching_clear(pv_matching *m); /* idempotent */

/* values[i]: parameter i of the model in its plain layout, float32; NULL for state, which training
 * mode does not read. */
pv_status pv_matching_set_weights(pv_matching *m, const float *const *values) PV_MUST_USE;

/* values[i]: the given gradient of parameter i; NULL for state. PV_ERR_RANGE when it is all zero or
 * not finite: there is nothing to match. */
pv_status pv_matching_set_target(pv_matching *m, const float *const *values) PV_MUST_USE;

/* Known labels, [batch]; not for joint ones. */
pv_status pv_matching_set_labels(pv_matching *m, const int32_t *label) PV_MUST_USE;

/* D and dD/dv at the variables v: a pv_objective whose user is the pv_matching. */
pv_status pv_matching_evaluate(void *matching, const double *v, double *value,
                               double *slope) PV_MUST_USE;

#endif
