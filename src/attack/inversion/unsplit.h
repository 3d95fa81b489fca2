/* attack/inversion/unsplit.h - samples out of activations, by who knows only what the front looks
 * like
 *
 * (Erdogan, Küpçü, Çiçek 2022, "UnSplit: Data-Oblivious Model Inversion, Model Stealing, and Label
 * Inference Attacks Against Split Learning", algorithm 1.) Samples and the weights of a network of
 * the same architecture are searched for in turns, so that together they give the activations that
 * were seen: some steps on the samples, with total variation, some on the weights, again and again.
 * Weights begin as those of a fresh network do, samples and the secret that enters the front, one
 * number a channel, in the middle of what they may be; the secret is searched for with the sample.
 *
 * What it finds is found up to what a front can undo. Brightness and contrast of a channel are
 * settled by what is known of images: over the rows that share a network they are stretched from
 * black to white, rightly where one or another of these goes that far. The sign is open. For a
 * provider it is the weaker attack; it is what a host has that was not told the model.
 */
#ifndef PV_ATTACK_INVERSION_UNSPLIT_H
#define PV_ATTACK_INVERSION_UNSPLIT_H

#include "attack/inversion/likelihood.h"

typedef struct pv_unsplit_options {
    double tv;
    int64_t rounds, sample_steps, weight_steps; /* of a round */
    double sample_lr, weight_lr;                /* Adam's */
    int restarts;  /* networks that are begun; the one that fits best is kept */
    int64_t batch; /* rows that share one network's weights */
    uint64_t seed;
    double seconds; /* 0: no limit */
} pv_unsplit_options;
void pv_unsplit_defaults(pv_unsplit_options *o);

/* Of front, text, shapes and normalisation are read, and no value of a parameter. Otherwise as
 * pv_likelihood_invert; no secret is claimed. */
pv_status pv_unsplit_invert(pv_likelihood_result *out, const pv_model *front,
                            const pv_secret_plan *plan, const float *z, int64_t n,
                            const pv_unsplit_options *o, const pv_ctx *ctx) PV_MUST_USE;

#endif
