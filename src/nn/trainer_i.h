/* nn/trainer_i.h - a training run between two steps, shared by trainer.c and checkpoint.c;
 * the checks and the schedule also by other trainers
 *
 * Everything a run depends on is here or in the model, so a checkpoint is: the model (its
 * parameters as they are in the plan), the optimiser's state, the best parameters so far and `at`.
 */
#ifndef PV_NN_TRAINER_I_H
#define PV_NN_TRAINER_I_H

#include "base/json.h"
#include "nn/model_i.h"
#include "nn/step.h"
#include "privet/train.h"

typedef struct pv_train_position {
    int64_t step;  /* optimiser steps done, all together */
    int64_t batch; /* batches done in the current epoch */
    double loss;   /* sum over these batches */
    int64_t correct;
    double epoch_seconds; /* spent on the current epoch before this process */
    double best_loss;
    int since_best; /* epochs without a better validation loss */
} pv_train_position;

typedef struct pv_trainer {
    pv_model *m;
    const pv_train_options *o;
    const pv_ctx *ctx;
    int64_t batch, batches; /* samples in a batch, batches in an epoch */
    pv_schedule schedule;
    pv_train_step step;
    pv_forward validation; /* with validation data */
    pv_tensor *best;       /* with patience: a copy of the parameters of the best epoch */
    uint32_t *order;       /* of the samples in the current epoch */
    int64_t *index;        /* [batch] */
    pv_train_position at;
    pv_train_result result; /* result.epochs epochs are complete */
    size_t epoch_cap;
} pv_trainer;

/* PV_ERR_OPTION, PV_ERR_USAGE, PV_ERR_LIMIT: options that make no sense. */
pv_status pv_train_check(const pv_train_options *o) PV_MUST_USE;
/* The learning rates of o with so many batches an epoch. */
pv_schedule pv_train_schedule(const pv_train_options *o, int64_t batches);

/* checkpoint.c. The path is o->checkpoint/checkpoint.safetensors. */
pv_status pv_checkpoint_save(pv_trainer *t) PV_MUST_USE;

/* *found: whether there was one. Errors: PV_ERR_MISMATCH naming the option that differs. */
pv_status pv_checkpoint_load(pv_trainer *t, int *found) PV_MUST_USE;

/* One line of the log, and its counterpart. */
pv_status pv_epoch_to_json(json_t **out, const pv_epoch *e) PV_MUST_USE;

/* One more epoch in t->result. */
pv_status pv_trainer_add_epoch(pv_trainer *t, const pv_epoch *e) PV_MUST_USE;

/* t->best becomes a copy of the model's parameters. */
pv_status pv_trainer_keep_best(pv_trainer *t) PV_MUST_USE;

#endif
