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
    pv_graph_node *node; /* moves when the graph grows: keep indices, not pointers */
    size_t size, cap;
    pv_assignment *assign;
    size_t assigns, assign_cap;
    pv_status status; /* the first failure */
    char *failure;    /* its sentence */
};

/* ---- graph.c */

/* A real node of op `op` with these inputs, ready for its shape and attributes. */
pv_graph_node pv_graph_node_of(pv_op op, int nin, pv_node a, pv_node b, pv_node c);

/* Append a node whose shape and dtype the caller has worked out; inputs must be valid. Append first
 * asks pv_graph_simplify for something simpler; push takes the node as it is (a copy of its name
 * included). */
pv_node pv_graph_append(pv_graph *g, const pv_graph_node *node);
pv_node pv_graph_push(pv_graph *g, const pv_graph_node *node);

/* Remember the first failure; returns PV_NONE. */
pv_node pv_graph_fail(pv_graph *g, pv_status s, const char *fmt, ...) PV_PRINTF(3, 4);

/* Whether x is a node of this dtype in a graph that has not failed; if not, fails the graph in the
 * name of `builder`. */
int pv_graph_takes(pv_graph *g, const char *builder, pv_node x, pv_dtype dtype);
/* Whether a node may have this shape; likewise. */
int pv_graph_takes_shape(pv_graph *g, const char *builder, const pv_shape *shape);

/* "relu "h1" [64,84] (node 12)" for messages. */
enum { PV_NODE_TEXT = 256 };
const char *pv_graph_node_text(const pv_graph *g, pv_node x, char buffer[PV_NODE_TEXT]);

/* ---- simplify.c: an equal node that is there already or was just built, or PV_NONE when `node`
 * is as simple as it gets. */
pv_node pv_graph_simplify(pv_graph *g, const pv_graph_node *node);

/* ---- raw operations for the rules of vjp.c: the result's shape is worked out from the inputs and
 * attributes, and checked */
pv_node pv_unary(pv_graph *g, pv_op op, pv_node x); /* attributes all zero, x's shape */
pv_node pv_conv_raw(pv_graph *g, pv_op op, pv_node a, pv_node b, const pv_window *window);
pv_node pv_pool_raw(pv_graph *g, pv_op op, pv_node a, pv_node index, const pv_window *window);
/* Sum over axes that stay as 1; broadcast to a shape of the same ndim. */
pv_node pv_sum_raw(pv_graph *g, pv_node x, uint32_t axes);
pv_node pv_broadcast_raw(pv_graph *g, pv_node x, pv_shape shape);

/* ---- vjp.c: sets gin[k] (PV_NONE where there is none) to the gradient for input k of node y,
 * given the gradient gy of y. need[k] says which are wanted. */
void pv_vjp(pv_graph *g, pv_node y, pv_node gy, const int *need, pv_node *gin);
/* Whether a gradient of the operation's result reaches its input k at all. */
int pv_vjp_reaches(pv_op op, int k);

/* The rules by kind of operation: vjp_elementwise.c, vjp_shape.c (also reductions and indices) and
 * vjp_product.c (also pooling and linear algebra). y's node is passed as a copy, because the rules
 * make the graph grow. */
void pv_vjp_elementwise(pv_graph *g, const pv_graph_node *node, pv_node y, pv_node gy,
                        const int *need, pv_node *gin);
void pv_vjp_shape(pv_graph *g, const pv_graph_node *node, pv_node y, pv_node gy, const int *need,
                  pv_node *gin);
void pv_vjp_product(pv_graph *g, const pv_graph_node *node, pv_node y, pv_node gy, const int *need,
                    pv_node *gin);

#endif
