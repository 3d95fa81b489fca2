/* attack/inversion/activations.h - what the provider of `complement` rebuilds of the samples whose
 * activations it is sent
 *
 * Table entries; docs/attacks.md has a section.
 *
 *     likelihood         knows the front half exactly: searches for the sample (likelihood.h)
 *     inverse-network    has samples of its own: a decoder learns to undo the front (decoder.h)
 *     unsplit            knows only what the front looks like (unsplit.h)
 *
 * They read messages of type "activation" of a target's step (attack/queries.h). The guess has a
 * sample for each of their rows in order, before normalisation; none knows the rows' secrets.
 * Confidence is minus the relative residual, of a decoder none.
 */
#ifndef PV_ATTACK_INVERSION_ACTIVATIONS_H
#define PV_ATTACK_INVERSION_ACTIVATIONS_H

#include "attack/attack.h"

extern const pv_attack pv_attack_likelihood, pv_attack_inverse_network, pv_attack_unsplit;

#endif
