/* math/lu.h - LU factorisation of small dense matrices, with partial pivoting, in double
 *
 * P·A = L·U, where L has ones on its diagonal and |L| <= 1 (Golub & Van Loan, Matrix Computations,
 * 3.4). Matrices are [n,n], row-major, in the caller's memory; nothing is allocated. Meant for the
 * few dozen rows of invertible 1x1 convolutions and rotations: plain loops, O(n^3).
 *
 * A singular matrix is no error: it leaves a zero on U's diagonal, its log|det| is minus infinity,
 * and what is solved with it is not finite.
 *
 *     pv_lu_factor(a, pivot, n);        a now holds L below the diagonal and U on and above it
 *     double d = pv_lu_logdet(a, n);
 *     pv_lu_solve(a, pivot, n, b, columns);
 */
#ifndef PV_MATH_LU_H
#define PV_MATH_LU_H

#include <stdint.h>

/* a [n,n] becomes L and U in place; pivot[i] >= i is the row that step i exchanged with row i. */
void pv_lu_factor(double *a, int32_t *pivot, int64_t n);

/* Solves A·X = B in place: b [n,columns] holds B before and X after. */
void pv_lu_solve(const double *lu, const int32_t *pivot, int64_t n, double *b, int64_t columns);

/* out [n,n] becomes the inverse of A; out and lu do not overlap. */
void pv_lu_inverse(const double *lu, const int32_t *pivot, int64_t n, double *out);

/* log|det A| = sum_i log|U_ii| */
double pv_lu_logdet(const double *lu, int64_t n);

#endif
