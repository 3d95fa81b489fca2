/* math/symmetric.h - eigenvalues of small symmetric matrices, in double
 *
 * A = V·diag(λ)·Vᵀ by cyclic Jacobi rotations (Golub & Van Loan, Matrix Computations, 8.5): for up
 * to a few hundred rows. Nothing is allocated.
 */
#ifndef PV_MATH_SYMMETRIC_H
#define PV_MATH_SYMMETRIC_H

#include <stdint.h>

/* a [n,n] is used up; of it the upper triangle counts. value [n]: λ, largest first. vector [n,n]:
 * row i is the unit vector of value[i]. */
void pv_symmetric_eigen(double *a, double *value, double *vector, int64_t n);

/* A power on the `rank` largest eigenvalues: out [n,n] =
 *     V_r·diag((λ_i + ridge·λ_1)^exponent)·V_rᵀ
 * with what pv_symmetric_eigen gave; zero when λ_1 is. */
void pv_symmetric_power(double *out, const double *value, const double *vector, int64_t n,
                        int64_t rank, double ridge, double exponent);

#endif
