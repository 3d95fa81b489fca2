/* attack/probe/attacks.h - what the provider of `complement` reads off the activations it is sent
 *
 * Table entries; docs/attacks.md has a section.
 *
 *     probe           the true label of every row
 *     secret-probe    the number of its secret: the bit of a complement, the offset; a permutation
 *                     has no number, and only its label is guessed
 *
 * Both learn from queries that the provider makes for itself (attack/shadow.h), and read messages
 * of type "activation" of a target's step; the guess has one label for each of their rows in order,
 * with how sure it is. Whoever knows one of label, secret and answer from the others: the provider
 * computes the answer a, and with a the label y and the secret v determine each other (v = a xor y,
 * or a - y). So each is read directly, by way of the other, and by both together; which way is
 * taken is decided on queries of its own that no probe has learned from.
 */
#ifndef PV_ATTACK_PROBE_ATTACKS_H
#define PV_ATTACK_PROBE_ATTACKS_H

#include "attack/attack.h"

extern const pv_attack pv_attack_probe, pv_attack_secret_probe;

#endif
