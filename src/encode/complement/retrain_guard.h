/* encode/complement/retrain_guard.h - the adversaries that a model is trained against
 *
 * Decoders see the activation z at the cut and the answer's logits, and learn beside the model:
 *
 *     3 readers   [z, logits] -> 128 -> 64 -> the secret's answer to class 0, and the true label
 *     rebuilder   z -> 256 -> the sample
 *
 * To hide the secret and to hide the label is the same demand as long as the answer is right
 * (complement.md, 3.2.1), but not while it is being learnt, nor for a permutation, of which the
 * answer tells one image only: the reader is asked for both. The model is pushed towards what the
 * answer alone tells about them: cross entropy of the reader with the posterior of the secret given
 * the answer, under the classes' prior, and with the prior itself. The rebuilder is pushed to the
 * batch's mean sample. Both targets are reachable, so neither push runs off to infinity.
 *
 * Beside them the model may be pushed to have the activation explained by the answer: of every
 * number the variance within the samples of one answer, as a share of its variance over the batch.
 * Readers find what is left only as far as they have learned to; this sees all of it, in each
 * number's own units, but takes harmless differences between samples away, too.
 *
 * The decoders have a plan of their own. Each step of the model gives one batch of (z, logits); the
 * last `decoder_steps` of them are what the decoders make as many steps on, so no network is run
 * twice. Before the next step of the model their weights are copied into its plan.
 */
#ifndef PV_ENCODE_COMPLEMENT_RETRAIN_GUARD_H
#define PV_ENCODE_COMPLEMENT_RETRAIN_GUARD_H

#include "encode/complement/hidden_i.h"
#include "encode/complement/retrain.h"

/* Several readers of different ages: from one alone the model turns away as fast as it learns, and
 * a fresh one finds what it left. */
enum { PV_GUARD_READERS = 3, PV_GUARD_WEIGHTS = 6 * PV_GUARD_READERS + 4 };

typedef struct pv_guard_batch { /* what one step of the model gave */
    float *z, *logits, *x;
    int32_t *secret, *label; /* to[0]; the true class */
} pv_guard_batch;

typedef struct pv_guard {
    pv_guard_options o;
    int64_t batch, activation, sample; /* numbers of one sample each */
    int classes;
    size_t cut;
    uint64_t seed;
    double *prior; /* [classes], of the training data */

    /* in the model's plan; PV_NONE when not asked for */
    pv_node z, noise, push, posterior, of_answer;
    pv_node weight[PV_GUARD_WEIGHTS];
    pv_shape shape[PV_GUARD_WEIGHTS]; /* ndim 0: no such weight */
    float *posteriors, *noises;       /* [batch, classes], [batch, activation] */

    /* the decoders' own */
    pv_graph *graph;
    pv_plan *plan;
    pv_optim optim;
    pv_node own[PV_GUARD_WEIGHTS], z_in, logits_in, secret_in, label_in, x_in, read;
    float *value[PV_GUARD_WEIGHTS]; /* on the way from one plan to the other */
    int32_t *guess;
    pv_guard_batch *ring; /* [decoder_steps] */
    int64_t seen, steps;  /* batches put into the ring, steps of the decoders */
    int64_t restarts, right, asked;
} pv_guard;

/* Is anything asked for? */
int pv_guard_wanted(const pv_guard_options *o);
int pv_guard_decodes(const pv_guard *k);

/* Checks options and cut. */
pv_status pv_guard_init(pv_guard *k, const pv_hidden *h, const pv_retrain_options *o,
                        int64_t batch) PV_MUST_USE;
void pv_guard_clear(pv_guard *k); /* idempotent */

/* While the model's graph is built: layers from the secret's to the last on nodes, and what is to
 * be added to the loss (PV_NONE: nothing). */
pv_status pv_guard_build(pv_guard *k, const pv_hidden *h, pv_graph *g, pv_model_nodes *nodes,
                         pv_node *extra) PV_MUST_USE;
/* The decoders' plan, drawn anew. */
pv_status pv_guard_compile(pv_guard *k, const pv_plan_options *options) PV_MUST_USE;
/* The reader whose turn it is begins anew, the rebuilder too. */
pv_status pv_guard_restart(pv_guard *k) PV_MUST_USE;

/* Before a step of the model: weights, pressure, posteriors of the answers, noise. */
pv_status pv_guard_before(pv_guard *k, pv_plan *plan, const pv_secret_plan *secret,
                          const int32_t *answer, int64_t step, double epoch) PV_MUST_USE;
/* After it: the decoders' steps. x: the samples. */
pv_status pv_guard_after(pv_guard *k, const pv_plan *plan, pv_node logits, const float *x,
                         const pv_secret_value *value, const int32_t *label) PV_MUST_USE;

#endif
