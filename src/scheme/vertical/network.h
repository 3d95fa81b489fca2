/* scheme/vertical/network.h - a model cut at a dense layer, and what each side of the cut computes
 *
 * A model that ends in dense layers, with elementwise layers between and behind them, is cut at one
 * of these: `head` = 1 at the last, 2 at the one before it, and so on. The layer of the cut is the
 * *shared* one, whose weights nobody has (boundary.h); all layers before it are the *bottom*, its
 * bias and all layers behind it the *top*.
 *
 *     bottom   x -> A [m, d], in training or evaluation mode; dL/dA -> its parameters move
 *     top      Z = A·Wᵀ [m, c] -> logits, loss, G = dL/dZ; its parameters move
 *
 * Each keeps its parameters in its plans while it trains; pv_bottom_store and pv_top_store put them
 * into the caller's model, pv_bottom_restore and pv_top_restore take them from there. Both halves
 * together do what pv_train_step does, kernel by kernel: the same seed, order and products give the
 * same weights up to the rounding of the shared layer. Running statistics and dropout behave as
 * there; dropout draws by the number of the step.
 *
 * A bottom without parameters (mlr: the shared layer is the whole network) has no second plan.
 */
#ifndef PV_SCHEME_VERTICAL_NETWORK_H
#define PV_SCHEME_VERTICAL_NETWORK_H

#include "nn/step.h"
#include "wire/reader.h"
#include "wire/writer.h"

typedef struct pv_vertical_cut {
    int64_t layer;          /* in the model's list of layers */
    int weight, bias;       /* numbers of its parameters; bias -1: it has none */
    int64_t width, outputs; /* d, c */
    const char *name;       /* "dense3"; the model's */
} pv_vertical_cut;

/* Errors: PV_ERR_MISMATCH, saying what stands in the way. */
pv_status pv_vertical_cut_find(pv_vertical_cut *c, const pv_model *m, int64_t head) PV_MUST_USE;
/* Whose is parameter i: 0 the bottom's, 1 the shared layer's weight, 2 the top's (with the bias).
 */
int pv_vertical_side(const pv_vertical_cut *c, const pv_model *m, int i);

/* Does the bottom have parameters to learn? Otherwise no dL/dA crosses. */
int pv_vertical_learns(const pv_vertical_cut *c, const pv_model *m);

/* What both need to be made. The model must outlive them. */
typedef struct pv_half_options {
    int64_t batch; /* m */
    pv_optim_options optim;
    double label_smoothing; /* of the top */
    int training;           /* 0: evaluation only */
    int outside;            /* the top moves by a dL/dZ that its caller changed: pv_top_move */
    pv_plan_options plan;
} pv_half_options;

typedef struct pv_bottom {
    const pv_vertical_cut *cut;
    pv_model *model;
    pv_plan *forward, *evaluate, *back; /* back NULL: there is nothing to learn */
    pv_graph *graph;                    /* of back: names and shapes of what it has */
    pv_model_nodes forward_nodes, evaluate_nodes, back_nodes;
    pv_node cotangent; /* of back */
    pv_optim optim;
    pv_batch batch;
} pv_bottom;

pv_status pv_bottom_init(pv_bottom *b, pv_model *m, const pv_vertical_cut *cut,
                         const pv_half_options *o) PV_MUST_USE;
void pv_bottom_clear(pv_bottom *b); /* idempotent */
/* a [m, d] from b->batch; step: of the training, for dropout; -1: evaluation mode, with the
 * parameters that pv_bottom_store put into the model last. */
pv_status pv_bottom_forward(pv_bottom *b, int64_t step, float *a) PV_MUST_USE;
/* From dL/dA [m, d] on the batch of the last pv_bottom_forward: one step of the optimiser. */
pv_status pv_bottom_backward(pv_bottom *b, int64_t step, double lr,
                             const float *gradient) PV_MUST_USE;
pv_status pv_bottom_store(pv_bottom *b) PV_MUST_USE;
pv_status pv_bottom_restore(pv_bottom *b) PV_MUST_USE;

typedef struct pv_top {
    const pv_vertical_cut *cut;
    pv_model *model;
    pv_plan *train, *evaluate, *move; /* move NULL: train moves the parameters itself */
    pv_graph *graph;                  /* of the plan that has the optimiser: train or move */
    pv_model_nodes train_nodes, evaluate_nodes, move_nodes;
    pv_node z, label, loss, predicted, gradient; /* of train */
    pv_node shown;                               /* of move */
    pv_node evaluate_z, log_probability;
    pv_optim optim;
    int64_t batch;
    int32_t *guess; /* [m], of the last training step */
} pv_top;

pv_status pv_top_init(pv_top *t, pv_model *m, const pv_vertical_cut *cut,
                      const pv_half_options *o) PV_MUST_USE;
void pv_top_clear(pv_top *t); /* idempotent */
/* One step on z [m, c] and its labels: g [m, c] gets dL/dZ; then bias and top have moved, or wait
 * for pv_top_move. */
pv_status pv_top_step(pv_top *t, int64_t step, double lr, const float *z, const int32_t *label,
                      float *g, double *loss, int64_t *correct) PV_MUST_USE;
/* With o->outside, after pv_top_step: the bias moves by the column sums of shown [m, c]. */
pv_status pv_top_move(pv_top *t, int64_t step, double lr, const float *shown) PV_MUST_USE;
/* log_probability [m, classes] of z [m, c], in evaluation mode, as the model has its parameters. */
pv_status pv_top_evaluate(pv_top *t, const float *z, float *log_probability) PV_MUST_USE;
pv_status pv_top_store(pv_top *t) PV_MUST_USE;
pv_status pv_top_restore(pv_top *t) PV_MUST_USE;

/* Parameters (as stored in the model) and state of the optimiser, for a role's save and load. */
pv_status pv_bottom_save(pv_bottom *b, pv_writer *w) PV_MUST_USE;
pv_status pv_bottom_load(pv_bottom *b, pv_reader *r) PV_MUST_USE;
pv_status pv_top_save(pv_top *t, pv_writer *w) PV_MUST_USE;
pv_status pv_top_load(pv_top *t, pv_reader *r) PV_MUST_USE;

#endif
