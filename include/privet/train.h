/* privet/train.h - training, evaluation, prediction
 *
 *     pv_train_options o;
 *     pv_train_defaults(&o, "lenet5", train);
 *     o.train = train, o.validation = NULL, o.epochs = 10, o.seed = 1;
 *     PV_TRY(pv_model_new(&m, "lenet5", train, o.seed));
 *     PV_TRY(pv_train(m, &o, ctx, &result));
 *     PV_TRY(pv_evaluate(m, test, ctx, &evaluation));
 *
 * A run is a function of its options, the data, the seed and the number of threads: the same four
 * give the same weights, bit for bit, also when the run was cancelled or killed in between and
 * resumed from its checkpoint. Each epoch visits the samples in an order drawn from (seed, epoch),
 * in batches of `batch`; the samples left over at the end of an epoch (count mod batch) are skipped
 * in that epoch, others in the next. A batch larger than the data is lowered to its count.
 */
#ifndef PRIVET_TRAIN_H
#define PRIVET_TRAIN_H

#include "privet/model.h"
#include "privet/optim.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pv_train_options {
    size_t size;               /* sizeof(pv_train_options) */
    const pv_data *train;      /* not owned */
    const pv_data *validation; /* measured after each epoch; NULL: none */
    int64_t batch;
    int epochs;
    uint64_t seed; /* order of samples, augmentation, dropout */
    pv_optim_options optim;
    double lr;
    pv_schedule_kind schedule; /* over all steps of all epochs */
    double warmup_epochs;
    double step_epochs, step_gamma; /* schedule "step": every so many epochs, times gamma */
    double poly_power;
    double lr_floor; /* cosine and poly end at lr_floor * lr */
    double label_smoothing;
    pv_augment augment; /* images only */
    int patience; /* stop after so many epochs without a better validation loss and keep the best
                     epoch's parameters; 0: off */

    pv_backend_kind backend; /* of the training steps; measuring always uses the fast one */

    const char *checkpoint; /* folder of checkpoint.safetensors, written after each epoch and when
                               cancelled; NULL: none */
    int resume;             /* go on from the checkpoint when there is one */
    const char *log;        /* JSONL file, one line an epoch; NULL: none */
} pv_train_options;

/* The documented defaults (docs/training.md) for a model, by its name, on data of this kind;
 * `train` is set to data. */
PV_API void pv_train_defaults(pv_train_options *o, const char *model, const pv_data *data);

typedef struct pv_epoch {
    int epoch; /* from 1 */
    double lr; /* of its last step */
    double train_loss, train_accuracy;
    double validation_loss, validation_accuracy; /* NaN without validation data */
    double seconds, samples_per_second;
} pv_epoch;

typedef struct pv_train_result {
    int epochs;        /* done, of all runs that were resumed together */
    int best_epoch;    /* by validation loss; 0 without */
    int stopped_early; /* patience ran out */
    int64_t steps;     /* optimiser steps */
    double seconds;    /* of all runs together */
    pv_epoch *epoch;   /* one entry an epoch */
} pv_train_result;
PV_API void pv_train_result_clear(pv_train_result *r); /* idempotent */

/* Train m in place. Errors: PV_ERR_CANCELLED (ctx asked; the checkpoint, if any, is written and m
 * holds where it got), PV_ERR_MISMATCH (data and model; a checkpoint of a run with other options,
 * which are named), PV_ERR_NUMERIC (the loss is not finite: lower the learning rate). */
PV_API pv_status pv_train(pv_model *m, const pv_train_options *o, const pv_ctx *ctx,
                          pv_train_result *result) PV_MUST_USE;

/* ---- measuring */
typedef struct pv_evaluation {
    int64_t count;
    int classes;
    double loss, accuracy;  /* mean cross entropy in nats; share of argmax = label */
    int64_t *confusion;     /* [classes, classes]: row true label, column predicted */
    double *class_accuracy; /* [classes]; NaN for a class without samples */
    double seconds;
} pv_evaluation;
PV_API pv_status pv_evaluate(const pv_model *m, const pv_data *data, const pv_ctx *ctx,
                             pv_evaluation *e) PV_MUST_USE;
PV_API void pv_evaluation_clear(pv_evaluation *e); /* idempotent */

/* probability gets [count, classes] float32, row after row. Labels of data are not looked at. */
PV_API pv_status pv_predict(const pv_model *m, const pv_data *data, const pv_ctx *ctx,
                            float *probability) PV_MUST_USE;

/* ---- repeating: `runs` stratified splits of data (seed, seed+1, ...), a fresh model trained on
 * each first part and measured on the rest. o->train, validation, checkpoint, resume and log are
 * not used. */
typedef struct pv_repeat_result {
    int runs;
    double *accuracy;                 /* of each */
    double mean, sd, lowest, highest; /* sd: sample standard deviation, 0 for one run */
    double seconds;
} pv_repeat_result;
PV_API pv_status pv_train_repeat(const char *model, const pv_data *data, int runs, double holdout,
                                 const pv_train_options *o, const pv_ctx *ctx,
                                 pv_repeat_result *r) PV_MUST_USE;
PV_API void pv_repeat_result_clear(pv_repeat_result *r); /* idempotent */

#ifdef __cplusplus
}
#endif
#endif
