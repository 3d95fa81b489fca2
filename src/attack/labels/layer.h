/* attack/labels/layer.h - the shared layer itself, as its gradients show it
 *
 * g = G·W, and of each row of G more is known than that it is of low rank: G = (P - e_y)/m has one
 * negative entry, at the label, and its entries sum to zero. So once W is known up to scale and up
 * to what all its rows have in common, G = g·W⁺ can be read, label included; and once G is known, W
 * follows from least squares. From labels that are mostly right in the first steps (grouping.h)
 * both are found in turns, window after window of steps, each window's W from the one before, since
 * W moves slowly:
 *
 *     G_i  <- g_i·W⁺, then its most negative entry kept and the other negative ones made zero
 *     W    <- argmin Σ|g_i/|g_i| - G_i·W|² + λ|W - W'|²
 *
 * What is cut away in the first line is the row's *violation* of being of class k, relative to
 * |G_i|²; it vanishes for the true class, however well fitted the row is, as long as its gradient
 * is not zero. Noise on the gradients shows as violations that are no smaller for any class; then
 * this says nothing, and says so.
 */
#ifndef PV_ATTACK_LABELS_LAYER_H
#define PV_ATTACK_LABELS_LAYER_H

#include "attack/labels/releases.h"

typedef struct pv_layer {
    int32_t *label;   /* [rows]; -1: all releases of the row are zero */
    double *margin;   /* [rows] log of the second least violation over the least */
    double violation; /* median over releases, of the least: 0 where all is as it should be */
    int64_t blank;    /* rows of label -1 */
} pv_layer;

/* label [rows]: where it begins. held [rows]: known labels, -1 elsewhere; NULL: none. */
pv_status pv_layer_read(pv_layer *l, const pv_releases *r, int classes, const int32_t *label,
                        const int32_t *held) PV_MUST_USE;
void pv_layer_clear(pv_layer *l); /* idempotent */

#endif
