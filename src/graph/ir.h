/* graph/ir.h - what compilation works on: the needed part of a graph, in a form that passes may
 * change
 *
 * The passes, in order (plan.c calls them):
 *
 *     pv_ir_import      pass_import.c    the nodes that outputs and assignments need, without
 * repeats pv_ir_bias        pass_bias.c      conv/matmul + bias + relu become one node (fast
 * backend) pv_ir_units       pass_fuse.c      nodes are grouped into units: one kernel call each
 *     pv_ir_needed      pass_needed.c    what nobody reads after that is dropped
 *     pv_ir_schedule    pass_schedule.c  an order of the units; assignments made in place where
 * that is exact pv_ir_memory      pass_memory.c    an offset in the slab for every value, by
 * lifetimes
 */
#ifndef PV_GRAPH_IR_H
#define PV_GRAPH_IR_H

#include "graph/graph_i.h"
#include "kernel/fused/fused.h"
#include "privet/plan.h"

typedef int32_t pv_ir_id; /* index into pv_ir.node */

typedef struct pv_ir_node {
    pv_op op;
    int nin;
    pv_ir_id in[PV_MAX_INPUTS];
    pv_dtype dtype; /* as in the graph: PV_F32 stands for real */
    pv_shape shape;
    pv_attr attr;
    pv_node origin;     /* the graph node it computes, for messages; PV_NONE when there is none */
    pv_ir_id store;     /* whose memory holds it: itself, or what a view (RESHAPE) looks at */
    int32_t unit;       /* the unit that computes it, or -1: a leaf, a view, or never computed */
    int in_memory;      /* it needs memory: read by another unit, an output, assigned, or a leaf */
    int has_bias, relu; /* CONV, MATMUL: the last input is a bias; the result goes through relu */
    int is_output;
} pv_ir_node;

typedef enum pv_unit_kind { PV_UNIT_NODE, PV_UNIT_FUSED } pv_unit_kind;

/* Members of a fused unit are in an order in which they can be computed. The unit sees its values
 * as a matrix of `rows` by `columns` (see kernel/fused/fused.h). */
typedef struct pv_unit {
    pv_unit_kind kind;
    pv_ir_id *member;
    size_t members, cap;
    int64_t count, columns;  /* elements; 0 columns: not decided */
    int32_t lowest, highest; /* graph order of its first and last original member */
    int dead;                /* merged into another */
} pv_unit;

typedef struct pv_ir_assign {
    pv_ir_id param, value;
    int in_place; /* value is written straight into the parameter's memory */
} pv_ir_assign;

typedef struct pv_ir {
    pv_ir_node *node;
    size_t size, cap;
    size_t imported; /* nodes [0, imported) came from the graph, in its order; later ones were made
                        by passes */
    pv_ir_id *from_graph; /* graph node -> id, or -1 when it is not needed */
    size_t graph_size;
    pv_ir_id *output;
    size_t outputs;
    pv_ir_assign *assign;
    size_t assigns;
    pv_unit *unit;
    size_t units, unit_cap;
    int32_t *order; /* live units in the order in which they run */
    size_t ordered;
    /* memory */
    size_t *offset; /* per node, SIZE_MAX when it has none; in bytes into the slab */
    size_t slab_bytes;
    size_t real_size; /* bytes of a real element */
} pv_ir;

void pv_ir_clear(pv_ir *ir);

/* Appends a node (unit -1, store itself); returns its id or -1 when memory ran out (trail set). */
pv_ir_id pv_ir_append(pv_ir *ir, const pv_ir_node *node);

pv_status pv_ir_import(pv_ir *ir, const pv_graph *g, const pv_node *outputs, int n,
                       int fast) PV_MUST_USE;

/* While importing for the fast backend: rewrites *n where mean pooling meets convolution; readers
 * is per graph node. New nodes that it needs go through emit. */
typedef pv_status (*pv_ir_emit)(void *user, const pv_ir_node *n, pv_ir_id *id);
pv_status pv_ir_pooled(const pv_ir *ir, const int32_t *readers, pv_ir_node *n, pv_ir_emit emit,
                       void *user) PV_MUST_USE;

pv_status pv_ir_bias(pv_ir *ir) PV_MUST_USE;
pv_status pv_ir_units(pv_ir *ir, int fuse) PV_MUST_USE;
pv_status pv_ir_needed(pv_ir *ir) PV_MUST_USE;
pv_status pv_ir_schedule(pv_ir *ir) PV_MUST_USE;
pv_status pv_ir_memory(pv_ir *ir) PV_MUST_USE;

/* Leaves hold a value without being computed in every run. */
int pv_ir_is_leaf(const pv_ir_node *n); /* INPUT, PARAM, CONST */
int pv_ir_is_view(const pv_ir_node *n); /* RESHAPE */

int64_t pv_ir_count(const pv_ir *ir, pv_ir_id id); /* elements */
size_t pv_ir_bytes(const pv_ir *ir, pv_ir_id id);  /* bytes in the slab */
double pv_ir_flops(const pv_ir *ir, pv_ir_id id);  /* of one run of this node */

/* How a node of a fused unit reads one of its inputs (ir_access.c). */
typedef enum pv_access {
    PV_ACCESS_FULL,
    PV_ACCESS_ROW,
    PV_ACCESS_COLUMN,
    PV_ACCESS_SCALAR,
    PV_ACCESS_CONST,
    PV_ACCESS_NONE
} pv_access;
pv_access pv_ir_access(const pv_ir *ir, pv_ir_id in, int64_t count, pv_ir_id *source,
                       int64_t *columns);

/* The value that member `in` of unit u reads, and how. A row or column that does not fit the unit's
 * matrix is read in full, from a broadcast that some unit of its own computes. */
pv_access pv_ir_access_in(const pv_ir *ir, const pv_unit *u, pv_ir_id in, pv_ir_id *source);

/* How a SUM reduces, as a sink of a fused unit: FULL has no meaning, NONE when it can't be one.
 * ROW: one value a column is left; COLUMN: one a row; SCALAR: one. */
pv_access pv_ir_sink(const pv_ir *ir, pv_ir_id sum, int64_t *columns);

/* What unit `unit` reads from memory: calls visit for each source (perhaps more than once) until it
 * fails. */
typedef pv_status (*pv_ir_visit)(void *user, pv_ir_id source);
pv_status pv_ir_sources(const pv_ir *ir, int32_t unit, pv_ir_visit visit, void *user) PV_MUST_USE;

/* The fused program of a unit: input[k] and output[k] say which values its operands are. */
typedef struct pv_ir_program {
    pv_fused_spec spec;
    pv_ir_id input[PV_FUSED_MAX], output[PV_FUSED_MAX];
} pv_ir_program;
pv_status pv_ir_fused(const pv_ir *ir, int32_t unit, pv_ir_program *out) PV_MUST_USE;

#endif
