/* math/span.h - an orthonormal basis of what vectors span, in double
 *
 * Gram-Schmidt, done twice for every vector, which leaves the basis orthogonal to the last digits
 * (Giraud, Langou, Rozloznik 2005, "The loss of orthogonality in the Gram-Schmidt
 * orthogonalization process"). Nothing is allocated.
 */
#ifndef PV_MATH_SPAN_H
#define PV_MATH_SPAN_H

#include <stdint.h>

/* The rows of a [m,n] become a basis of their span: its first *rank* rows, which is returned, are
 * orthonormal; the others are used up. A row of which less than `tolerance` of the longest row's
 * length is left beside those before it adds nothing. */
int64_t pv_span(double *a, int64_t m, int64_t n, double tolerance);

#endif
