/* attack/extraction/extraction.h - what predictions tell about the layer that makes them
 *
 * The feature party of `vertical` knows what goes into the shared layer of every row it asks about,
 * the activations a of its own network; a scenario may give it what comes out (`answers`):
 *
 *     solve    W [c,d] and b [c] of p = softmax(W·a + b)
 *
 * It reads received messages of type "answer" (probability f32 [rows,c]; or label i32 [rows], with
 * or without probability f32 [rows] of that label, in hundredths). The guess is one item, whose x
 * is [c, d+1]: W, and b in its last column, less their mean over the classes: what is added to all
 * rows alike changes no answer.
 */
#ifndef PV_ATTACK_EXTRACTION_EXTRACTION_H
#define PV_ATTACK_EXTRACTION_EXTRACTION_H

#include "attack/attack.h"

extern const pv_attack pv_attack_solve;

#endif
