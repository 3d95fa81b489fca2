/* attack/labels/basis.h - the few directions that many vectors mostly lie in
 *
 * By subspace iteration on a sample (Halko, Martinsson, Tropp 2011, algorithm 4.4).
 */
#ifndef PV_ATTACK_LABELS_BASIS_H
#define PV_ATTACK_LABELS_BASIS_H

#include "base/trail.h"
#include <stdint.h>

/* basis [width, full], orthonormal rows: about the first right singular vectors of sample [taken,
 * full]. Zero rows where the sample has fewer directions. */
pv_status pv_basis_find(double *basis, int width, int64_t full, const float *sample, int64_t taken,
                        uint64_t seed) PV_MUST_USE;
/* out [width] = basis·x; basis NULL: x itself, width = full */
void pv_basis_project(float *out, const float *x, const double *basis, int width, int64_t full);
float pv_basis_norm(const float *x, int64_t n); /* 2-norm */

#endif
