/* fed/vector.h - all parameters of a model as one vector of floats, and averages of such vectors
 *
 * Weights, gradients and updates of one model have the same places: parameter i at offset[i], in
 * the model's own order, state (running statistics) among them. In a vector of gradients the places
 * of state hold its new values.
 *
 * The average of clients' vectors is equation 12 of the flow paper (sum of n_i/N x_i), and step t
 * of algorithm 1 of McMahan et al. 2017: in the order of their ranks, in double precision, rounded
 * once to float. One client's average is its vector, bit for bit.
 */
#ifndef PV_FED_VECTOR_H
#define PV_FED_VECTOR_H

#include "privet/model.h"
#include "view/parts.h"

typedef struct pv_fed_layout {
    const pv_model *model; /* names, shapes; must outlive it */
    int params;
    int64_t *offset; /* [params + 1] */
    int64_t size;    /* floats in all */
} pv_fed_layout;

pv_status pv_fed_layout_init(pv_fed_layout *l, const pv_model *m) PV_MUST_USE;
void pv_fed_layout_clear(pv_fed_layout *l); /* idempotent */

float *pv_fed_vector_new(const pv_fed_layout *l) PV_MUST_USE; /* zeroed; NULL; pv_free */

void pv_fed_from_model(float *v, const pv_fed_layout *l);
void pv_fed_to_model(pv_model *m, const float *v, const pv_fed_layout *l);

/* share[i] of client i: its samples (or 1, when sample is NULL) by those of all that are present. A
 * client that is not present has 0. present NULL: all are. */
void pv_fed_shares(double *share, const int64_t *samples, const uint8_t *present, int clients);

/* out = sum of share[i] x[i]; x[i] may be NULL where the share is 0. */
void pv_fed_average(float *out, const float *const *x, const double *share, int clients,
                    int64_t size);

/* The places of state only: v += times * w. */
void pv_fed_state_add(float *v, const float *w, float times, const pv_fed_layout *l);

#endif
