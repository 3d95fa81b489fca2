/* attack/gradient/gradient.h - what a gradient tells about the samples behind it
 *
 * Table entries of the attacks on the gradients (FedSGD) and weight differences (FedAvg) that a
 * view holds; docs/attacks.md has a section on each.
 *
 *     dlg       samples and label logits together, so that the gradients agree
 *     idlg      samples alone, after the labels were restored from the last layer
 *     cosine    the same by direction only, with total variation as the prior: for deep networks
 *     analytic  the input of a dense first layer, read off its gradient
 *     labels    the labels, read off the last layer's gradient
 *
 * All read the same records (attack/gradient/records.h). Batches: up to PV_GRADIENT_BATCH samples
 * for those that search, PV_GRADIENT_READ for those that read. Samples of one batch come in no
 * particular order. The seconds of a budget are for all targets together; a target may use its
 * share and what those before it left.
 */
#ifndef PV_ATTACK_GRADIENT_GRADIENT_H
#define PV_ATTACK_GRADIENT_GRADIENT_H

#include "attack/attack.h"

enum { PV_GRADIENT_BATCH = 64, PV_GRADIENT_READ = 4096 };

extern const pv_attack pv_attack_dlg, pv_attack_idlg, pv_attack_cosine, pv_attack_analytic,
    pv_attack_labels;

#endif
