/* attack/gradient/coalition.h - a client's gradient, out of what the other clients saw
 *
 * Nobody sent it to them. But each of them saw the weights before and after the round, and knows
 * what it sent itself. With mean m over all clients, weighted by their samples n_i, and N the sum
 * of n_i:
 *
 *     FedSGD, plain SGD at rate lr      m = (w_t - w_{t+1}) / lr
 *     FedAvg, server rate 1             m = w_{t+1} - w_t, an update
 *     what is left                      g = (N m - sum n_i g_i) / (N - sum n_i)
 *
 * over the coalition's clients i. With one client outside the coalition g is that client's own;
 * with more it is their weighted mean, which counts as an aggregate. Momentum, weight decay,
 * another optimiser or another server rate make it wrong, and what follows fails. Rounding: w is
 * float32, so g carries an error of about 6e-8 |w| N / (lr (N - sum n_i)).
 */
#ifndef PV_ATTACK_GRADIENT_COALITION_H
#define PV_ATTACK_GRADIENT_COALITION_H

#include "attack/gradient/records.h"

/* Fills r->model, r->weight, r->gradient and the rest, when the views are of clients that can do
 * this; *found 0 otherwise, with r untouched. r->weight and r->gradient are there already. */
pv_status pv_gradient_coalition(pv_gradient_record *r, int *found, const pv_view *const *view,
                                int views, const pv_public *known,
                                const pv_attack_target *target) PV_MUST_USE;

#endif
