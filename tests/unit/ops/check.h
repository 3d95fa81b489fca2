/* tests/unit/ops/check.h - a case with its first and second derivatives
 *
 * For y = op(inputs) and a random cotangent u (an input as well):
 *     f = <u, y>              first[i]:  pv_grad(y, u), df/dx_i
 *     s = sum_i ||df/dx_i||²  second[i]: pv_grad(s), ds/dx_i
 * u counts among the inputs of s, so that the adjoints of linear operations are differentiated too.
 */
#ifndef PV_TESTS_OPS_CHECK_H
#define PV_TESTS_OPS_CHECK_H

#include "ops.h"
#include "privet/plan.h"

extern const op_cases *const all_cases[];
extern const int all_cases_count; /* groups; the last is cases_large */

typedef struct check {
    draw d;
    int nodes; /* of the case itself, before any gradient */
    pv_node y, f, s;
    pv_node first[DRAW_INPUTS], second[DRAW_INPUTS]; /* PV_NONE for indices; no first for u */
} check;

/* Draws case `what` from the generator numbered `number`. */
void check_build(check *c, const op_case *what, uint64_t seed, uint64_t number);
void check_clear(check *c);

int check_is_real(const check *c, int input);

/* A plan of f, s and, with derivatives, of all else. */
pv_plan *check_compile(const check *c, pv_backend_kind kind, int derivatives);
void check_write(const check *c, pv_plan *plan, int input);
void check_write_all(const check *c, pv_plan *plan);
void check_run(pv_plan *plan); /* at step 0: the same dropout every time */

/* PV_TEST_SEED, or 1 */
uint64_t check_seed(void);

#endif
