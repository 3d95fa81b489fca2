/* attack/inversion/likelihood.h - samples out of activations, by who knows the front half exactly
 *
 * (He, Zhang, Lee 2019, "Model Inversion Attacks Against Collaborative Inference", rMLE, section
 * 4.1.) The sample whose activation is the given one, and among those the smooth one: descent.h has
 * the objective. A row's secret is not known to the provider either: for a complement or an offset
 * the search is made once for each value, and the one that fits best is kept; a permutation is
 * searched for together with the sample. A digit's look is not searched for: the values are tried
 * with one look.
 *
 * Of a front that puts noise on z its amount is known, not what it was. The more of |z|^2 is noise,
 * the less a small residual says and the more the prior of smooth samples does: with numbers z of
 * noise s^2 the likelihood's residual has weight 1/(2s^2), so tv grows by 0.6 times the share
 * of noise in |z|^2, and so does pull, since a decoder's guess is a prior as well. That was the
 * best, or nearly, for noise of a quarter to one deviation (lenet5, cut 1, MNIST 3 against 5): 19.6
 * dB instead of 14.0 at half a deviation, 15.5 instead of 10.8 at one.
 *
 * Behind pools the nearest smooth sample is not the right one. There a first guess helps, that of a
 * decoder (decoder.h): the search begins there and stays near. It keeps what only the decoder
 * knows, what samples look like, and finds what only the activation says.
 *
 * Needs no view: `privet cuts` measures cuts with it.
 */
#ifndef PV_ATTACK_INVERSION_LIKELIHOOD_H
#define PV_ATTACK_INVERSION_LIKELIHOOD_H

#include "attack/attack.h"

typedef struct pv_likelihood_options {
    double tv;          /* weight of the total variation; residuals are relative to |z|^2 */
    double noise;       /* standard deviation of what was put on each number of z, public; 0 */
    const float *first; /* [n, sample], as the network sees them: where the one start is; NULL */
    double pull;        /* weight of the squared distance to it */
    int64_t steps;      /* of a start */
    int restarts;       /* at least 1; the first from the mean of the data, others from N(0,1) */
    double lr;          /* Adam's first */
    int lbfgs;
    int64_t batch; /* rows at a time */
    uint64_t seed;
    double seconds; /* for everything; 0: no limit */
} pv_likelihood_options;
void pv_likelihood_defaults(pv_likelihood_options *o);
/* The same for a search that begins at a first guess, which is the caller's to set. */
void pv_likelihood_refining(pv_likelihood_options *o);

typedef struct pv_likelihood_result {
    int64_t n, sample;
    float *x;         /* [n, sample] before normalisation; images in [0,1] */
    double *residual; /* [n] |F(x) - z|^2 / |z|^2 */
    int32_t *secret;  /* [n] the value that fitted best; -1 where none was tried */
    int64_t evaluations;
    int finished; /* 0: the time was up */
} pv_likelihood_result;

/* front: the half's model, or any part of a model (pv_model_extract). z [n, activation]. plan: of
 * the secret it takes, NULL for none. secret [n]: NULL when it isn't known. Errors:
 * those of pv_descent_init, PV_ERR_CANCELLED. On failure *out is cleared. */
pv_status pv_likelihood_invert(pv_likelihood_result *out, const pv_model *front,
                               const pv_secret_plan *plan, const float *z,
                               const pv_secret_value *secret, int64_t n,
                               const pv_likelihood_options *o, const pv_ctx *ctx) PV_MUST_USE;
/* Room for n samples: zeros, no secret claimed. */
pv_status pv_likelihood_result_init(pv_likelihood_result *out, int64_t n,
                                    int64_t sample) PV_MUST_USE;
void pv_likelihood_result_clear(pv_likelihood_result *r); /* idempotent */

#endif
