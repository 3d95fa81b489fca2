/* attack/gradient/invert.h - the inversion attacks' common course
 *
 * Options of the attack's table, with what they mean:
 *
 *     steps         outer steps of L-BFGS (20 iterations each), or iterations of Adam
 *     restarts      starts in all; the one with the least objective is the guess
 *     objective     l2, layers or cosine (attack/gradient/matching.h)
 *     optimiser     lbfgs or adam (attack/gradient/search.h)
 *     line_search   none or wolfe; of L-BFGS
 *     init          zero (the mean of the training data), normal (N(0,1) after normalisation) or
 *                   uniform (in [0,1] before it); after a start from zero, further ones are normal
 *     lr            of the optimiser
 *     tv            weight of total variation
 *     stop          objective at which a start has succeeded; no further start is made then
 *     known_labels  yes: use the labels that the adversary is assumed to know, if any
 *
 * Guesses of images are cut to [0,1].
 */
#ifndef PV_ATTACK_GRADIENT_INVERT_H
#define PV_ATTACK_GRADIENT_INVERT_H

#include "attack/gradient/gradient.h"

/* joint: unknown labels are variables; else they are restored first. */
pv_status pv_invert(pv_guess *guess, const pv_attack *attack, int joint, const pv_view *const *view,
                    int views, const pv_public *known, const pv_attack_target *target,
                    size_t targets, const pv_attack_option *option, int options,
                    const pv_budget *budget, const pv_ctx *ctx) PV_MUST_USE;

#endif
