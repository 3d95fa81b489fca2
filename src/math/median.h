/* math/median.h - numbers in order, and the one in their middle */
#ifndef PV_MATH_MEDIAN_H
#define PV_MATH_MEDIAN_H

#include <stdint.h>

/* x [n], the least first; none is NaN. */
void pv_sort(double *x, int64_t n);
/* The middle one of x [n], of an even number the mean of both; NaN of none. Sorts x. */
double pv_median(double *x, int64_t n);

#endif
