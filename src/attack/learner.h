/* attack/learner.h - a network of the adversary's own that learns numbers from numbers
 *
 * What pv_train is for classes this is for an attack that learns to rebuild a sample from an
 * activation, or to answer as somebody else's network does: targets are real, the loss is the mean
 * square error or the cross entropy against probabilities. Adam with a cosine schedule; the rows of
 * every epoch are shuffled; weights begin uniform in +-sqrt(6 / fan in), biases at zero.
 *
 *     PV_TRY(pv_learner_init(&l, PV_SHAPE(64, width), seed));
 *     pv_node h = pv_relu(l.graph, pv_learner_dense(&l, l.x, 128));
 *     PV_TRY(pv_learner_ready(&l, pv_learner_dense(&l, h, outputs), PV_LEARNER_SQUARE, ctx));
 *     PV_TRY(pv_learner_fit(&l, x, target, n, &how, ctx));
 *     PV_TRY(pv_learner_apply(&l, out, x, n));
 */
#ifndef PV_ATTACK_LEARNER_H
#define PV_ATTACK_LEARNER_H

#include "privet/context.h"
#include "privet/optim.h"

enum { PV_LEARNER_PARAMS = 32 };
typedef enum pv_learner_loss { PV_LEARNER_SQUARE, PV_LEARNER_CROSS_ENTROPY } pv_learner_loss;

typedef struct pv_learner {
    pv_graph *graph;
    pv_learner_loss kind;
    pv_node x, target, out, loss; /* x [batch, ...] as given to pv_learner_init */
    pv_plan *train, *apply;
    pv_optim optim;
    int64_t batch, width, outputs; /* numbers of a row that goes in, and comes out */
    uint64_t seed;
    int params;
    pv_node param[PV_LEARNER_PARAMS];
    int64_t fan_in[PV_LEARNER_PARAMS]; /* 0: a bias */
    float *rows;                       /* [batch, width + outputs] */
    int64_t steps;
} pv_learner;

/* batch rows at a time, the first dimension of `input`. */
pv_status pv_learner_init(pv_learner *l, pv_shape input, uint64_t seed) PV_MUST_USE;
void pv_learner_clear(pv_learner *l); /* idempotent */

/* Layers with weights and a bias; failures surface in pv_learner_ready. */
pv_node pv_learner_dense(pv_learner *l, pv_node x, int64_t out);
pv_node pv_learner_conv(pv_learner *l, pv_node x, int64_t channels, int kernel); /* same size */

/* out [batch, ...] is the answer; of a cross entropy its logits [batch, classes]. */
pv_status pv_learner_ready(pv_learner *l, pv_node out, pv_learner_loss loss,
                           const pv_ctx *ctx) PV_MUST_USE;

typedef struct pv_learner_plan {
    int64_t steps;   /* of one batch each */
    double lr;       /* the greatest; it falls to zero as a cosine */
    int64_t held;    /* of the rows, the last ones: not learned from; weights are kept as they were
                        where the loss on these was least. 0: the last ones are kept */
    double deadline; /* of pv_clock_seconds; 0: none */
} pv_learner_plan;
/* x [n, width], target [n, outputs]. Fewer rows than a batch: they repeat. *last: the least
 * loss on the held rows, without any the mean over the last tenth of the steps; *exhausted (not
 * cleared) becomes 1 when the time was up. PV_ERR_NUMERIC when the loss is not finite. */
pv_status pv_learner_fit(pv_learner *l, const float *x, const float *target, int64_t n,
                         const pv_learner_plan *how, double *last, int *exhausted, const char *what,
                         const pv_ctx *ctx) PV_MUST_USE;
/* out [n, outputs] of x [n, width]. */
pv_status pv_learner_apply(pv_learner *l, float *out, const float *x, int64_t n) PV_MUST_USE;

#endif
