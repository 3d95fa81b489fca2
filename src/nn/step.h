/* nn/step.h - one training step, its two halves, and one forward pass, as plans
 *
 * pv_train_step: network, loss, gradients and optimiser in one plan; a run of it is a step. The
 * parameters live in the plan meanwhile.
 *
 * pv_gradient_step and pv_update_step are the same step in two halves, for when they happen at
 * different places: loss and gradients at one, the optimiser at another. One after the other they
 * give what pv_train_step gives, bit for bit: between gradient and optimiser no rule of the graph
 * reaches across, in the whole step either.
 *
 * pv_forward: the network in evaluation mode, giving log-probabilities. All but pv_update_step own
 * a host buffer for a batch of samples.
 */
#ifndef PV_NN_STEP_H
#define PV_NN_STEP_H

#include "privet/model.h"
#include "privet/optim.h"

typedef struct pv_batch {
    int64_t size; /* samples */
    pv_data_kind kind;
    void *x; /* float32, or int32 tokens */
    int32_t *label;
} pv_batch;
pv_status pv_batch_init(pv_batch *b, const pv_model *m, int64_t size) PV_MUST_USE;
void pv_batch_clear(pv_batch *b); /* idempotent */

/* Samples index[0..b->size) of data, normalised as m asks for, changed by augment (NULL: not). */
void pv_batch_fill(pv_batch *b, const pv_model *m, const pv_data *data, const int64_t *index,
                   const pv_augment *augment, uint64_t seed, uint64_t stream);

/* Cross entropy, mean over the batch, against labels of which the share `smoothing` is spread
 * evenly over all classes (Szegedy et al. 2016, section 7). */
pv_node pv_smoothed_loss(pv_graph *g, pv_node logits, pv_node label, double smoothing, int classes);

typedef struct pv_train_step {
    pv_graph *graph; /* names and shapes of what the plan has */
    pv_plan *plan;
    pv_model_nodes nodes;
    pv_optim optim;
    pv_node label;           /* I32 input [batch] */
    pv_node loss, predicted; /* scalar; I32 [batch] */
    pv_node *anchor;         /* of each parameter, with proximal > 0; PV_NONE for state */
    pv_batch batch;
    int32_t *guess; /* [batch], what `predicted` was after pv_train_step_run */
} pv_train_step;

typedef struct pv_loss_options {
    double label_smoothing;
    double proximal; /* mu: mu/2 |w - anchor|^2 is added (Li et al. 2020, equation 2); 0: not */
} pv_loss_options;

/* The plan holds the parameters of m, which are the anchor as well; the optimiser's state is zero.
 */
pv_status pv_train_step_init(pv_train_step *s, const pv_model *m, int64_t batch,
                             const pv_optim_options *optim, const pv_loss_options *loss,
                             const pv_plan_options *options) PV_MUST_USE;
void pv_train_step_clear(pv_train_step *s); /* idempotent */

/* Run step number `step` on s->batch. loss: mean over the batch before the step; correct: how many
 * samples were classified as labelled. */
pv_status pv_train_step_run(pv_train_step *s, int64_t step, double lr, double *loss,
                            int64_t *correct) PV_MUST_USE;

/* From the parameters of m: the optimiser's state is zero and, with proximal > 0, m is the anchor.
 */
pv_status pv_train_step_restart(pv_train_step *s, const pv_model *m) PV_MUST_USE;

/* ---- the first half: a batch gives a loss and its gradients */
typedef struct pv_gradient_step {
    pv_plan *plan;
    pv_model_nodes nodes;
    pv_node label, loss, predicted;
    pv_node *gradient; /* of each parameter: output of its shape; PV_NONE for state */
    pv_batch batch;
    int32_t *guess;
} pv_gradient_step;

pv_status pv_gradient_step_init(pv_gradient_step *s, const pv_model *m, int64_t batch,
                                double label_smoothing, const pv_plan_options *options) PV_MUST_USE;
void pv_gradient_step_clear(pv_gradient_step *s); /* idempotent */
/* Afterwards gradients can be read from the plan, and the state (running statistics) has moved. */
pv_status pv_gradient_step_run(pv_gradient_step *s, double *loss, int64_t *correct) PV_MUST_USE;

/* ---- the second half: gradients move parameters */
typedef struct pv_update_step {
    pv_graph *graph;
    pv_plan *plan;
    pv_node *param, *gradient; /* of each parameter; PV_NONE for state, which is not in the plan */
    pv_optim optim;
} pv_update_step;

/* The plan holds the parameters of m; the optimiser's state is zero. */
pv_status pv_update_step_init(pv_update_step *s, const pv_model *m, const pv_optim_options *optim,
                              const pv_plan_options *options) PV_MUST_USE;
void pv_update_step_clear(pv_update_step *s); /* idempotent */
/* With the gradients that were written to the plan. */
pv_status pv_update_step_run(pv_update_step *s, int64_t step, double lr) PV_MUST_USE;

typedef struct pv_forward {
    pv_plan *plan;
    pv_model_nodes nodes;
    pv_node log_probability; /* [batch, classes] */
    pv_batch batch;
    int64_t *index;           /* [batch] */
    float *log_probabilities; /* [batch, classes] */
} pv_forward;

pv_status pv_forward_init(pv_forward *f, const pv_model *m, int64_t batch,
                          const pv_plan_options *options) PV_MUST_USE;
void pv_forward_clear(pv_forward *f); /* idempotent */

/* f->log_probabilities for samples first, first+1, ... of data; *n says how many of them there are:
 * the batch, or what is left. */
pv_status pv_forward_run(pv_forward *f, const pv_model *m, const pv_data *data, int64_t first,
                         int64_t *n) PV_MUST_USE;

/* The first of the largest. */
int pv_largest_class(const float *row, int64_t classes);

/* Mean cross entropy and share of argmax = label over all of data, with f's parameters. confusion
 * (may be NULL) has [classes, classes] counts added: row true label, column predicted. what (may be
 * NULL) is what progress is reported as. */
pv_status pv_forward_measure(pv_forward *f, const pv_model *m, const pv_data *data,
                             const pv_ctx *ctx, const char *what, int64_t *confusion, double *loss,
                             double *accuracy) PV_MUST_USE;

#endif
