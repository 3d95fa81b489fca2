/* graph/graph_i.h - what the files of graph/ share */
#ifndef PV_GRAPH_GRAPH_I_H
#define PV_GRAPH_GRAPH_I_H

#include "base/mem.h"
#include "kernel/kernel.h"
#include "privet/graph.h"

typedef struct pv_graph_node {
    pv_op op;
    int nin;
    pv_node in[PV_MAX_INPUTS];
    pv_dtype dtype; /* PV_F32 stands for real, PV_I32 for an index */
    pv_shape shape;
    pv_attr
        attr;   /* all-zero but for the fields the operation uses, so that nodes compare by bytes */
    char *name; /* NULL when it has none */
} pv_graph_node;

typedef struct pv_assignment {
    pv_node param, value;
} pv_assignment;

struct pv_graph {
    pv_graph_node *node;
    size_t size, cap;
    pv_assignment *assign;
    size_t assigns, assign_cap;
    pv_status status; /* the first failure */
    char *failure;    /* its sentence */
};

/* Append a node whose shape and dtype the caller has worked out; inputs must be valid. */
pv_node pv_graph_append(pv_graph *g, const pv_graph_node *node);

/* Remember the first failure; returns PV_NONE. */
pv_node pv_graph_fail(pv_graph *g, pv_status s, const char *fmt, ...) PV_PRINTF(3, 4);

/* Raw operations for the rules of vjp.c: shapes are worked out from the inputs, and checked. */
pv_node pv_unary(pv_graph *g, pv_op op, pv_node x);
pv_node pv_conv_raw(pv_graph *g, pv_op op, pv_node a, pv_node b, const pv_window *window,
                    pv_shape out);
pv_node pv_pool_raw(pv_graph *g, pv_op op, pv_node a, pv_node index, const pv_window *window,
                    pv_shape out);

/* vjp.c: adds to gin[k] (PV_NONE where there is none) the gradient node for input k of node y,
 * given the gradient gy of y. need[k] says which are wanted. */
void pv_vjp(pv_graph *g, pv_node y, pv_node gy, const int *need, pv_node *gin);

#endif
