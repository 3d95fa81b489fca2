/* graph/plan_i.h - what a compiled plan consists of */
#ifndef PV_GRAPH_PLAN_I_H
#define PV_GRAPH_PLAN_I_H

#include "graph/ir.h"

typedef struct pv_plan_call {
    pv_unit_kind kind;
    int32_t unit;
    pv_call call;            /* NODE: operands with addresses; FUSED: threads and scratch only */
    const pv_kernel *kernel; /* NODE */
    pv_fused *fused;         /* FUSED */
    const float **input;     /* FUSED: addresses, as the program numbers them */
    float **output;
    double seconds; /* spent so far, when the plan is timed */
} pv_plan_call;

typedef struct pv_plan_copy {
    void *to;
    const void *from;
    size_t bytes;
} pv_plan_copy;

struct pv_plan {
    pv_plan_options options;
    pv_ir ir;
    char **name; /* per graph node: its name, or NULL */
    const pv_backend *backend;
    pv_plan_call *call;
    size_t calls;
    pv_plan_copy *copy; /* assignments that are not in place, run in order after the calls */
    size_t copies;
    unsigned char *slab, *scratch, *staging;
    size_t scratch_bytes, staging_bytes;
    uint64_t seed[2]; /* {seed, step} for UNIFORM */
    int warm;         /* the first run, in which libraries still generate code, is not timed */
    uint64_t runs;    /* timed ones */
    double flops;
};

/* The address of an ir value in the slab. */
void *pv_plan_address(const pv_plan *plan, pv_ir_id id);

/* "conv2.weight", or "node 17 (conv)" when it has no name; returns buffer. */
enum { PV_PLAN_NODE_TEXT = 160 };
const char *pv_plan_node_text(const pv_plan *plan, pv_ir_id id, char buffer[PV_PLAN_NODE_TEXT]);

/* PV_ERR_NUMERIC, naming the node, when a result of this call is not finite (plan_trap.c). */
pv_status pv_plan_trap(const pv_plan *plan, const pv_plan_call *call) PV_MUST_USE;

#endif
