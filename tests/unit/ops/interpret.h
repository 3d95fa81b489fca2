/* tests/unit/ops/interpret.h - running a graph the plainest way: every node in order, by its
 * reference kernel, into memory of its own. What plans leave out, fuse, reorder and overlay is
 * compared with this. */
#ifndef PV_TESTS_OPS_INTERPRET_H
#define PV_TESTS_OPS_INTERPRET_H

#include "check.h"
#include "graph/graph_i.h"

typedef struct interpreter {
    const pv_graph *g;
    uint64_t seed[2]; /* {seed, step} */
    pv_operand *value;
    void *scratch;
} interpreter;

/* Everything is zero until it is written. g must outlive it. */
void interpreter_begin(interpreter *t, const pv_graph *g, uint64_t seed);
void interpreter_end(interpreter *t);
void interpreter_run(interpreter *t); /* one step, its assignments included */

double *interpreter_real(interpreter *t, pv_node x);
int32_t *interpreter_index(interpreter *t, pv_node x);

#endif
