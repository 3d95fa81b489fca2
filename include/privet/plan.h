/* privet/plan.h - a graph made ready to run
 *
 * pv_compile takes the nodes that `outputs` and the graph's assignments need, removes what is
 * computed twice, fuses, lays all tensors into one slab of memory by their lifetimes and prepares
 * every kernel. pv_run then is a loop over an array of kernel calls: it allocates nothing.
 *
 *     PV_TRY(pv_compile(&plan, g, &loss, 1, &(pv_plan_options){.size = sizeof(pv_plan_options)}));
 *     PV_TRY(pv_plan_write(plan, x, images, PV_F32));
 *     PV_TRY(pv_run(plan));
 *     PV_TRY(pv_plan_read(plan, loss, &value, PV_F64));
 *
 * Nodes keep the numbers they had in the graph; only inputs, parameters and outputs can be read or
 * written. A plan is used by one thread at a time (its kernels run on `threads`). Same inputs, seed
 * and threads: same bits.
 */
#ifndef PRIVET_PLAN_H
#define PRIVET_PLAN_H

#include "privet/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pv_plan pv_plan;

typedef enum pv_backend_kind {
    PV_BACKEND_FAST = 0, /* float32: oneDNN and fused loops */
    PV_BACKEND_REF = 1,  /* float64: plain C, the truth */
} pv_backend_kind;

typedef struct pv_plan_options {
    size_t size; /* sizeof(pv_plan_options) */
    pv_backend_kind backend;
    int threads;   /* 0 means 1; a graph too small to gain runs on one all the same */
    int trap_nan;  /* pv_run fails with PV_ERR_NUMERIC naming the first node that is not finite */
    int timer;     /* time every call, for pv_plan_profile */
    uint64_t seed; /* of the UNIFORM operations */
} pv_plan_options;

/* options may be NULL. Errors: the graph's own failure, PV_ERR_MEMORY, PV_ERR_USAGE. */
PV_API pv_status pv_compile(pv_plan **plan, const pv_graph *g, const pv_node *outputs, int n,
                            const pv_plan_options *options) PV_MUST_USE;
PV_API void pv_plan_free(pv_plan *plan); /* accepts NULL */

PV_API pv_status pv_run(pv_plan *plan) PV_MUST_USE;

/* Copy a whole tensor in or out in plain row-major layout, converting between src/dst dtype and the
 * plan's. */
PV_API pv_status pv_plan_write(pv_plan *plan, pv_node x, const void *src,
                               pv_dtype dtype) PV_MUST_USE;
PV_API pv_status pv_plan_read(const pv_plan *plan, pv_node x, void *dst,
                              pv_dtype dtype) PV_MUST_USE;

/* Can x be read or written? (A node that no output depends on is not part of the plan.) */
PV_API int pv_plan_has(const pv_plan *plan, pv_node x);

/* Direct access to the storage of an input, parameter or output whose layout is plain, else NULL.
 * *dtype gets its element type. Outputs are valid until the next run. */
PV_API void *pv_plan_data(pv_plan *plan, pv_node x, pv_dtype *dtype);

/* Overwrites what was written into inputs and what runs made of it, outputs included, with zeros;
 * parameters stay as they are. For inputs that nobody shall find in memory afterwards. Inputs must
 * be written again before the next run. Accepts NULL. */
PV_API void pv_plan_wipe(pv_plan *plan);

/* The position of UNIFORM's counter: number of runs so far. Set it to resume. */
PV_API uint64_t pv_plan_step(const pv_plan *plan);
PV_API void pv_plan_set_step(pv_plan *plan, uint64_t step);

/* Bytes of the slab, number of kernel calls, and floating-point operations of one run (multiply-add
 * = 2). */
PV_API size_t pv_plan_bytes(const pv_plan *plan);
PV_API int pv_plan_calls(const pv_plan *plan);
PV_API double pv_plan_flops(const pv_plan *plan);

/* One line a call: milliseconds, share, operation, shapes, implementation; worst first. Needs
 * options.timer. */
PV_API void pv_plan_profile(const pv_plan *plan, FILE *out);
PV_API void pv_plan_print(const pv_plan *plan,
                          FILE *out); /* calls in order, with offsets and implementations */

#ifdef __cplusplus
}
#endif
#endif
