/* privet/optim.h - optimisers, schedules, clipping
 *
 * First-order optimisers are graphs: pv_optim_append adds the update of every parameter to the
 * graph that computes its gradient, and assigns it, so one pv_run is one training step. What
 * changes from step to step (learning rate, Adam's bias corrections) are scalar inputs that
 * pv_optim_set writes. The formulas are those of PyTorch's torch.optim, whose results they
 * reproduce.
 *
 *     PV_TRY(pv_grad(g, &loss, NULL, 1, param, n, grad));
 *     PV_TRY(pv_optim_append(&o, g, param, grad, n, &options));
 *     PV_TRY(pv_compile(&plan, g, &loss, 1, NULL));
 *     for (int64_t step = 0; step < steps; step++) {
 *         PV_TRY(pv_optim_set(&o, plan, step, pv_schedule_lr(&schedule, step)));
 *         PV_TRY(pv_run(plan));
 *     }
 *
 * L-BFGS is a host algorithm over a callback, in double precision: attacks drive it.
 */
#ifndef PRIVET_OPTIM_H
#define PRIVET_OPTIM_H

#include "privet/graph.h"
#include "privet/plan.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum pv_optim_kind { PV_SGD = 1, PV_ADAM, PV_ADAMW } pv_optim_kind;

typedef struct pv_optim_options {
    size_t size; /* sizeof(pv_optim_options) */
    pv_optim_kind kind;
    double momentum;     /* SGD */
    int nesterov;        /* SGD; needs momentum */
    double weight_decay; /* SGD and Adam: added to the gradient; AdamW: decoupled */
    double beta1, beta2; /* Adam, AdamW; 0 means 0.9 and 0.999 */
    double eps;          /* Adam, AdamW; 0 means 1e-8 */
    double clip_norm;  /* scale all gradients so that their joint 2-norm is at most this; 0: off */
    double clip_value; /* clamp every gradient entry to [-clip_value, clip_value]; 0: off */
} pv_optim_options;

/* "sgd", "adam", "adamw"; 0 and NULL when there is none such. */
PV_API pv_optim_kind pv_optim_by_name(const char *name);
PV_API const char *pv_optim_name(pv_optim_kind kind);

typedef struct pv_optim {
    pv_optim_options options;
    pv_node lr;            /* scalar input */
    pv_node correction[2]; /* Adam: scalar inputs 1/(1-beta1^t), 1/sqrt(1-beta2^t); else PV_NONE */
    int states;
    pv_node
        *state; /* parameters of the optimiser itself, zero at the start: "conv1.weight.momentum",
                   ".exp_avg", ".exp_avg_sq" */
} pv_optim;

/* Errors: PV_ERR_USAGE (options that make no sense), PV_ERR_MEMORY, the graph's own failure. On
 * failure *o is cleared. */
PV_API pv_status pv_optim_append(pv_optim *o, pv_graph *g, const pv_node *param,
                                 const pv_node *grad, int n,
                                 const pv_optim_options *options) PV_MUST_USE;
PV_API void pv_optim_clear(pv_optim *o); /* idempotent */

/* Write the scalars of step 0, 1, 2, ... */
PV_API pv_status pv_optim_set(const pv_optim *o, pv_plan *plan, int64_t step,
                              double lr) PV_MUST_USE;

/* Gradients clipped in the graph; clipped[i] may be grad[i]. */
PV_API pv_status pv_clip_norm(pv_graph *g, const pv_node *grad, int n, double limit,
                              pv_node *clipped) PV_MUST_USE;
PV_API pv_status pv_clip_value(pv_graph *g, const pv_node *grad, int n, double limit,
                               pv_node *clipped) PV_MUST_USE;

/* ---- schedules: the learning rate as a pure function of the step */
typedef enum pv_schedule_kind {
    PV_SCHEDULE_CONSTANT = 0,
    PV_SCHEDULE_STEP,   /* times gamma after every `every` steps */
    PV_SCHEDULE_POLY,   /* (1 - t)^power, t from 0 to 1 over the steps after warm-up */
    PV_SCHEDULE_COSINE, /* (1 + cos(pi t)) / 2 */
} pv_schedule_kind;

typedef struct pv_schedule {
    pv_schedule_kind kind;
    double lr;      /* the peak */
    double floor;   /* POLY, COSINE: ends at floor * lr */
    int64_t warmup; /* steps of linear increase from lr/warmup to lr, before the rest */
    int64_t steps;  /* POLY, COSINE: all steps, warm-up included */
    int64_t every;  /* STEP */
    double gamma;   /* STEP; 0 means 0.1 */
    double power;   /* POLY; 0 means 1 */
} pv_schedule;

PV_API double pv_schedule_lr(const pv_schedule *s, int64_t step);
PV_API int pv_schedule_by_name(const char *name); /* a pv_schedule_kind, or -1 */
PV_API const char *pv_schedule_name(pv_schedule_kind kind);

/* ---- L-BFGS (Nocedal and Wright, Numerical Optimization, algorithm 7.5; strong Wolfe line search:
 * algorithms 3.5 and 3.6) */
typedef pv_status (*pv_objective)(void *user, const double *x, double *value, double *gradient);

typedef struct pv_lbfgs_options {
    size_t size;             /* sizeof(pv_lbfgs_options) */
    int history;             /* pairs kept; 0 means 100 */
    int max_iter;            /* iterations of one pv_lbfgs_step; 0 means 20 */
    int max_eval;            /* calls of the objective in one step; 0 means max_iter * 5/4 */
    double lr;               /* first trial length of a step; 0 means 1 */
    double tolerance_grad;   /* stop when max|gradient| <= this; 0 means 1e-7 */
    double tolerance_change; /* stop when value or x move by less; 0 means 1e-9 */
    int strong_wolfe;        /* 0: take lr as it is, as torch.optim.LBFGS does by default */
} pv_lbfgs_options;

typedef struct pv_lbfgs pv_lbfgs; /* keeps its history from step to step */

PV_API pv_status pv_lbfgs_new(pv_lbfgs **o, size_t n, const pv_lbfgs_options *options) PV_MUST_USE;
PV_API void pv_lbfgs_free(pv_lbfgs *o); /* accepts NULL */

/* At most max_iter iterations from x, which is changed in place. *value gets the objective where
 * the step began (what torch.optim.LBFGS.step returns), *last (may be NULL) the last one evaluated:
 * without line search that is one iteration before the end, since the last move is not evaluated. A
 * value or gradient that is not finite ends the step with PV_ERR_NUMERIC; x is then the last point
 * where they were finite, and the history is forgotten. */
PV_API pv_status pv_lbfgs_step(pv_lbfgs *o, double *x, pv_objective objective, void *user,
                               double *value, double *last) PV_MUST_USE;
PV_API int pv_lbfgs_converged(const pv_lbfgs *o); /* the last step met a tolerance */
PV_API int64_t pv_lbfgs_evaluations(const pv_lbfgs *o);

#ifdef __cplusplus
}
#endif
#endif
