/* attack/gradient/restore.h - labels out of the last layer's gradient
 *
 * The mean cross entropy over a batch has, to the last bias, the derivative
 *
 *     db_k = s * mean_n (p_nk - [y_n = k])          p: the probabilities that the network gives
 *
 * (s: the factor of a `scale` layer behind, usually 1), and to the last weights dW_kj = s * mean_n
 * (p_nk - [y_n = k]) h_nj with the activations h before it. One sample: db_k < 0 for its own class
 * alone, so the label is the least entry, exactly (Zhao, Mopuri, Bilen 2020, "iDLG"; without a bias
 * by sum_j dW_kj, which is right when activations are not negative). A batch: class k stands
 *
 *     count_k = B * (mean_n p_nk - db_k / s)
 *
 * times in it, where the mean of p is taken from noise that goes through the same network (Wainakh
 * et al. 2022, "User-Level Label Leakage from Gradients in Federated Learning", has the idea), and
 * without a bias db_k is sum_j dW_kj over the mean of sum_j h_j, which is estimated from the
 * classes that are not there. Counts are rounded so that they add up: every class with a negative
 * entry is there once; the rest goes to the largest remainders, one by one. This is good where the
 * network answers much the same to everything, and worse the more it has learned. Labels of a batch
 * come in ascending order: a gradient has none.
 */
#ifndef PV_ATTACK_GRADIENT_RESTORE_H
#define PV_ATTACK_GRADIENT_RESTORE_H

#include "privet/model.h"

typedef struct pv_restore {
    const pv_model *model;
    int weight, bias; /* parameters of the last layer; bias -1: none */
    int64_t classes, inputs;
    double factor; /* s; 0: not known */
    double *mean;  /* [classes] of p */
    double *count; /* [classes] of a batch; its own */
    /* noise through the network */
    pv_plan *plan;
    pv_model_nodes nodes;
    pv_node label, probability, slope;
    void *noise;
    float *p, *rows; /* probabilities; the last weights' gradient when every label is 0 */
    double entry;    /* the sum of its first row */
    uint64_t seed;
} pv_restore;

/* Errors: PV_ERR_UNSUPPORTED when the model does not end in a dense layer, PV_ERR_MEMORY. On
 * failure *r is cleared. */
pv_status pv_restore_init(pv_restore *r, const pv_model *model, uint64_t seed) PV_MUST_USE;
void pv_restore_clear(pv_restore *r); /* idempotent */

/* label[batch] from weights and gradient (both as the model orders its parameters); confidence
 * [batch] (may be NULL): for one sample the distance of the least entry to the next, over the
 * largest; for a batch what was left of the class's count when it was chosen. */
pv_status pv_restore_labels(pv_restore *r, int32_t *label, double *confidence,
                            const float *const *weight, const float *const *gradient,
                            int64_t batch) PV_MUST_USE;

#endif
