/* cli/training_options.h - the options of every command that trains a network
 *
 *     typedef struct my_args { ...; pv_training_args learning; } my_args;
 *     static const pv_option options[] = { ..., PV_TRAINING_OPTIONS(my_args, learning) ... };
 */
#ifndef PV_CLI_TRAINING_OPTIONS_H
#define PV_CLI_TRAINING_OPTIONS_H

#include "cli/option.h"
#include "privet/train.h"

typedef struct pv_training_args {
    const char *optim, *schedule, *augment, *backend;
    double lr, momentum, weight_decay, clip_norm, clip_value;
    double step_epochs, step_gamma, poly_power, lr_floor, label_smoothing;
    int64_t epochs, batch;
    int nesterov;
} pv_training_args;

/* o has the defaults of model and data. Errors: PV_ERR_OPTION. */
pv_status pv_training_apply(pv_train_options *o, const pv_training_args *a,
                            const char *command) PV_MUST_USE;

#define PV_LEARNING_AT(type, field, name) (offsetof(type, field) + offsetof(pv_training_args, name))

/* clang-format off */
#define PV_TRAINING_OPTIONS(type, field) \
    {"epochs", 'e', PV_OPTION_INTEGER, "N", NULL, 1, 100000, NULL, \
     "passes over the training data; default by model and data", PV_LEARNING_AT(type, field, epochs), 0, 0}, \
    {"batch", 'b', PV_OPTION_INTEGER, "N", NULL, 1, 65536, NULL, \
     "samples a step; default by model and data", PV_LEARNING_AT(type, field, batch), 0, 0}, \
    {"optim", 0, PV_OPTION_CHOICE, "NAME", NULL, 0, 0, "sgd|adam|adamw", \
     "optimiser; default by model and data", PV_LEARNING_AT(type, field, optim), 0, 0}, \
    {"lr", 0, PV_OPTION_REAL, "RATE", NULL, 1e-9, 100, NULL, \
     "learning rate at its peak; default by model and data, or with --optim 0.05 for sgd and 0.001 " \
     "for the others", \
     PV_LEARNING_AT(type, field, lr), 0, 0}, \
    {"momentum", 0, PV_OPTION_REAL, "M", NULL, 0, 0.9999, NULL, \
     "momentum of sgd; default by model and data, or with --optim 0.9", PV_LEARNING_AT(type, field, momentum), 0, 0}, \
    {"nesterov", 0, PV_OPTION_FLAG, NULL, NULL, 0, 0, NULL, "Nesterov's form of momentum", \
     PV_LEARNING_AT(type, field, nesterov), 0, 0}, \
    {"weight-decay", 0, PV_OPTION_REAL, "W", NULL, 0, 10, NULL, \
     "pull of the weights to zero; default by model and data, or with --optim 0", PV_LEARNING_AT(type, field, weight_decay), \
     0, 0}, \
    {"schedule", 0, PV_OPTION_CHOICE, "NAME", NULL, 0, 0, "constant|step|poly|cosine", \
     "how the learning rate moves; default by model and data", PV_LEARNING_AT(type, field, schedule), 0, 0}, \
    {"step-epochs", 0, PV_OPTION_REAL, "EPOCHS", NULL, 0.01, 100000, NULL, \
     "with --schedule step: after every so many epochs", PV_LEARNING_AT(type, field, step_epochs), 0, 0}, \
    {"step-gamma", 0, PV_OPTION_REAL, "G", NULL, 1e-6, 1, NULL, "with --schedule step: times this", \
     PV_LEARNING_AT(type, field, step_gamma), 0, 0}, \
    {"poly-power", 0, PV_OPTION_REAL, "P", NULL, 0.01, 10, NULL, \
     "with --schedule poly: the exponent", PV_LEARNING_AT(type, field, poly_power), 0, 0}, \
    {"lr-floor", 0, PV_OPTION_REAL, "F", NULL, 0, 1, NULL, \
     "cosine and poly end at this share of the learning rate", PV_LEARNING_AT(type, field, lr_floor), 0, 0}, \
    {"label-smoothing", 0, PV_OPTION_REAL, "S", NULL, 0, 0.9, NULL, \
     "share of the target spread evenly over all classes", PV_LEARNING_AT(type, field, label_smoothing), 0, 0}, \
    {"clip-norm", 0, PV_OPTION_REAL, "C", NULL, 0, 1e9, NULL, \
     "scale gradients whose joint norm is larger; 0 for off", PV_LEARNING_AT(type, field, clip_norm), 0, 0}, \
    {"clip-value", 0, PV_OPTION_REAL, "C", NULL, 0, 1e9, NULL, \
     "cut every entry of the gradient to this size; 0 for off", PV_LEARNING_AT(type, field, clip_value), 0, 0}, \
    {"augment", 0, PV_OPTION_TEXT, "LIST", NULL, 0, 0, NULL, \
     "random changes of training images: none, or some of flip, shift=N, cutout=N with commas " \
     "between; default by model and data", \
     PV_LEARNING_AT(type, field, augment), 0, 0}, \
    {"backend", 0, PV_OPTION_CHOICE, "NAME", "fast", 0, 0, "fast|ref", \
     "kernels of the training steps: fast (float32) or ref (plain C, float64, slow)", PV_LEARNING_AT(type, field, backend), \
     0, 0},
/* clang-format on */

#endif
