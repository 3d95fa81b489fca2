/* tests/unit/ops/ops.h - operations as cases: each builds y = op(inputs) over random shapes
 *
 * A case gets a draw: a graph, a generator, and the inputs drawn so far with their values. It
 * draws its shapes and inputs and returns y. What is then asked of y (finite differences, agreement
 * between backends) is the same for all cases.
 */
#ifndef PV_TESTS_OPS_H
#define PV_TESTS_OPS_H

#include "check.h"
#include "graph/graph_i.h"
#include "privet/rng.h"

enum { DRAW_INPUTS = 8 };

typedef struct draw_input {
    pv_node node;
    int64_t count;
    double *value; /* also of indices */
} draw_input;

typedef struct draw {
    pv_graph *g;
    pv_rng rng;
    int count, apart;
    draw_input input[DRAW_INPUTS];
} draw;

typedef struct op_case {
    const char *name;
    pv_node (*build)(draw *d);
} op_case;

typedef struct op_cases {
    const op_case *list;
    int count;
} op_cases;

extern const op_cases cases_elementwise, cases_shape, cases_reduce, cases_product, cases_image,
    cases_layer, cases_large; /* not for finite differences */

void draw_begin(draw *d, uint64_t seed, uint64_t number);
void draw_end(draw *d);

int64_t draw_int(draw *d, int64_t low, int64_t high); /* both included */
pv_shape draw_shape(draw *d, int min_ndim, int max_ndim, int64_t max_dim);

pv_node draw_normal(draw *d, pv_shape shape);
pv_node draw_between(draw *d, pv_shape shape, double low, double high);
pv_node draw_index(draw *d, pv_shape shape, int64_t n); /* in [0, n) */
pv_node draw_param(draw *d, pv_shape shape);            /* normal, as a parameter */

/* Values at least 0.02 away from zero and from every other such value of the case, so that steps of
 * finite differences don't cross a kink; at most two such inputs a case. */
pv_node draw_apart(draw *d, pv_shape shape);

/* [...,n,n], far from singular. */
pv_node draw_invertible(draw *d, pv_shape shape);

#endif
