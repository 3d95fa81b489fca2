/* math/least.h - least squares of dense systems, in double
 *
 * Householder's QR with column pivoting (Golub & Van Loan, Matrix Computations, 5.5.6): accurate
 * where normal equations would lose half of the digits. Nothing is allocated.
 */
#ifndef PV_MATH_LEAST_H
#define PV_MATH_LEAST_H

#include <stdint.h>

/* x [n,k]: least |A·x - b| for each of the k columns of b [m,k]. Columns of A [m,n] that add less
 * than `tolerance` of the largest one to those before them are left out: their x is 0. a and b are
 * used up; order [n] and tau [n] are scratch. Returns the rank that was used. */
int64_t pv_least_squares(double *x, double *a, double *b, int64_t m, int64_t n, int64_t k,
                         double tolerance, int64_t *order, double *tau);

#endif
