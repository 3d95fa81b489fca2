/* attack/labels/labels.h - what the gradient at the cut tells about the other party's labels
 *
 * Table entries of the attacks by which the feature party of `vertical` (its *active* party) reads
 * the labels off what it is sent to learn with; docs/attacks.md has a section on each.
 *
 *     direction    whose gradient points where that of a row of known label does
 *     clustering   the same without a known label: groups, numbered anyhow
 *     norm         two classes: rare ones have long gradients
 *     spectral     two classes: the split along the first singular vector
 *     completion   no gradient at all: its own trained layers, with a new head on a few known
 * labels
 *
 * They read notes of type "activation-gradient" (index i64 [rows], gradient f32 [rows,d]: dL/dA of
 * a batch, one a training step) in a view; a target is one step, and the guess has one label for
 * each row of its note, in the note's order. All notes of the view are used for every target: a row
 * comes again each epoch, and noise that is fresh each time averages out.
 */
#ifndef PV_ATTACK_LABELS_LABELS_H
#define PV_ATTACK_LABELS_LABELS_H

#include "attack/attack.h"

extern const pv_attack pv_attack_direction, pv_attack_clustering, pv_attack_norm,
    pv_attack_spectral, pv_attack_completion;

#endif
