/* attack/inversion/gram.h - from logits over time to inner products of activations
 *
 * With activations a_i that stay as they are (logistic regression), plain or momentum SGD on the
 * shared layer makes W after t steps
 *
 *     W_t = α_t·W_0 + sum over rows s of C_s(t)·a_sᵀ
 *
 * where α and C follow from what the label party knows, the learning rate, momentum, decay, and
 * every row's G_s = (softmax(z_s) - onehot(y_s))/m, of the steps that it was in:
 *
 *     v_s' = μ·v_s + G_s + λ·C_s,  C_s' = C_s - η·v_s';  v_α' = μ·v_α + λ·α,  α' = α - η·v_α'
 *
 * so every logit of row i is linear in c + rows numbers that belong to i alone:
 *
 *     z_i(t) = α_t·z_i(0) + sum over s of C_s(t)·⟨a_s, a_i⟩
 *
 * and with enough epochs (epochs·(c-1) above rows + c) least squares give the row ⟨·, a_i⟩ of the
 * Gram matrix. A bias that learns likewise adds the same constant to all entries. Where a network
 * below moves the activations, this is an approximation: `loss` says how far the fit is off.
 */
#ifndef PV_ATTACK_INVERSION_GRAM_H
#define PV_ATTACK_INVERSION_GRAM_H

#include "attack/inversion/scores.h"

enum { PV_GRAM_ROWS = 400 };

typedef struct pv_gram_settings {
    double batch, momentum, decay; /* m, μ, λ */
    double tolerance; /* directions of least squares below this share of the largest are noise */
} pv_gram_settings;

/* gram [rows, rows]: row i has the inner products with row i. label [rows]. *loss: root of the mean
 * square of what the fit leaves, over that of the logits. PV_ERR_UNSUPPORTED above PV_GRAM_ROWS. */
pv_status pv_gram_solve(double *gram, double *loss, const pv_scores *s, const int32_t *label,
                        const pv_gram_settings *set, const pv_ctx *ctx) PV_MUST_USE;

/* x [rows, sample]: features from inner products with known samples (as the network sees them), by
 * least squares, with a constant for the bias; each feature's scale and shift are then those that
 * known rows show. Known rows get their own. */
pv_status pv_gram_features(double *x, const double *gram, int64_t rows, const pv_known_samples *k,
                           double tolerance) PV_MUST_USE;

#endif
