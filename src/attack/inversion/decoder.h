/* attack/inversion/decoder.h - a network that turns activations back into samples
 *
 * (He, Zhang, Lee 2019, section 4.2, "inverse network"; Dosovitskiy, Brox 2016, arXiv 1506.02753,
 * for the shape.) Learned on pairs of the adversary's own, by the mean square error. It is made for
 * the shape of the activation:
 *
 *     [h, w, c] of an image     zeros around it up to the side that doubling brings to the image's;
 *                               3x3 convolution, ReLU; for each doubling a 3x3 convolution, ReLU
 * and channels laid out as pixels (unsqueeze2); two 3x3 convolutions; cut [features] of an image a
 * dense layer onto a quarter of each side, then the same of a table                two hidden dense
 * layers
 */
#ifndef PV_ATTACK_INVERSION_DECODER_H
#define PV_ATTACK_INVERSION_DECODER_H

#include "attack/attack.h"
#include "attack/learner.h"
#include "math/standard.h"

typedef struct pv_decoder_options {
    int64_t steps; /* of a batch of 32 pairs */
    double lr;
    int64_t width; /* channels of the widest layer; 0: 64 */
    uint64_t seed;
    double deadline; /* of pv_clock_seconds; 0: none */
} pv_decoder_options;
void pv_decoder_defaults(pv_decoder_options *o);

typedef struct pv_decoder {
    pv_learner learner;
    double loss; /* over the last steps of learning, in the network's units */
    int finished;
    pv_standard activation; /* how its numbers are scaled */
    float *middle;          /* the mean of the samples */
} pv_decoder;

/* Pairs z [n, activation], x [n, sample] as the network sees them. Errors: PV_ERR_INPUT (none),
 * PV_ERR_SHAPE (a sample or an activation that is no image, table or vector), those of
 * pv_learner_fit. On failure *d is cleared. */
pv_status pv_decoder_learn(pv_decoder *d, pv_shape activation, pv_shape sample, const float *z,
                           const float *x, int64_t n, const pv_decoder_options *o,
                           const pv_ctx *ctx) PV_MUST_USE;
/* x [n, sample] of z [n, activation], likewise. */
pv_status pv_decoder_apply(pv_decoder *d, float *x, const float *z, int64_t n) PV_MUST_USE;
void pv_decoder_clear(pv_decoder *d); /* idempotent */

#endif
