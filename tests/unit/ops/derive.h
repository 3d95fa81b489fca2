/* tests/unit/ops/derive.h - a case with its first and second derivatives
 *
 * For y = op(inputs) and a random cotangent u (an input as well):
 *     f = <u, y>              first[i]:  pv_grad(y, u), df/dx_i
 *     s = sum_i ||df/dx_i||²  second[i]: pv_grad(s), ds/dx_i
 * u counts among the inputs of s, so that the adjoints of linear operations are differentiated too.
 */
#ifndef PV_TESTS_OPS_DERIVE_H
#define PV_TESTS_OPS_DERIVE_H

#include "ops.h"
#include "privet/plan.h"

extern const op_cases *const all_cases[];
extern const int all_cases_count; /* groups; the last is cases_large */

typedef struct derived {
    draw d;
    int nodes; /* of the case itself, before any gradient */
    pv_node y, f, s;
    pv_node first[DRAW_INPUTS], second[DRAW_INPUTS]; /* PV_NONE for indices; no first for u */
} derived;

/* Draws case `what` from the generator numbered `number`. */
void derive_build(derived *c, const op_case *what, uint64_t seed, uint64_t number);
void derive_clear(derived *c);

int derive_is_real(const derived *c, int input);

/* A plan of f, s and, with derivatives, of all else. */
pv_plan *derive_compile(const derived *c, pv_backend_kind kind, int derivatives);
void derive_write(const derived *c, pv_plan *plan, int input);
void derive_write_all(const derived *c, pv_plan *plan);
void derive_run(pv_plan *plan); /* at step 0: the same dropout every time */

/* PV_TEST_SEED, or 1 */
uint64_t derive_seed(void);

#endif
