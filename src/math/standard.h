/* math/standard.h - rows of numbers, each column brought to mean 0 and standard deviation 1
 *
 * By what one set of rows has others are measured, too. A column that is constant there tells
 * nothing and becomes 0 everywhere. What hardly moved there may be far off elsewhere: it becomes no
 * more than far, +-20 standard deviations.
 */
#ifndef PV_MATH_STANDARD_H
#define PV_MATH_STANDARD_H

#include "privet/status.h"

#include <stdint.h>

typedef struct pv_standard {
    int64_t width;
    float *mean, *inverse_std; /* [width]; one over it, 0 for a constant column */
} pv_standard;

/* Of x [n, width], n >= 1. Errors: PV_ERR_MEMORY; *s is cleared then. */
pv_status pv_standard_init(pv_standard *s, const float *x, int64_t n, int64_t width) PV_MUST_USE;
void pv_standard_clear(pv_standard *s); /* idempotent */

/* x [n, width], brought there, in new memory; NULL when that runs out. */
float *pv_standard_rows(const pv_standard *s, const float *x, int64_t n) PV_MUST_USE;

#endif
