/* attack/inversion/inversion.h - what the scores tell the label party about the other's rows
 *
 * Table entries of the attacks by which the label party of `vertical` (its *passive* party) turns
 * what it sees of every row in every step, the logits, into the row's features; docs/attacks.md has
 * a section on each.
 *
 *     gram         from how logits change when the shared layer learns, the inner products of all
 *                  rows' activations; from those and some known rows, the features. Without a known
 *                  row it claims the inner products, less `bias`, what a bias that learns adds to
 *                  each: its learning rate by that of the layer
 *     regression   what known rows teach about logits and features, applied to the others
 *
 * They read notes of type "logits" (index i64 [rows], logits f32 [rows,c], lr f64 [1]) in a view:
 * those of training steps, whose lr is above 0. A target is one such step; the guess has a sample
 * for each row of its note, in the note's order.
 *
 * What a label party learns that does not keep to the protocol is in chosen.h, and what is tested
 * about the messages themselves in ciphertexts.h.
 */
#ifndef PV_ATTACK_INVERSION_INVERSION_H
#define PV_ATTACK_INVERSION_INVERSION_H

#include "attack/attack.h"

extern const pv_attack pv_attack_gram, pv_attack_regression;

#endif
