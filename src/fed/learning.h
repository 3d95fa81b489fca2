/* fed/learning.h - the settings of learning itself, which every training scheme has
 *
 * The rows below stand in the [scheme] table of a scheme, so that a scenario says the same things
 * by the same words as `privet train` does, and a run of one client can be held against it.
 */
#ifndef PV_FED_LEARNING_H
#define PV_FED_LEARNING_H

#include "nn/step.h"
#include "party/scenario.h"
#include "party/setting.h"
#include "privet/train.h"

typedef struct pv_fed_learning {
    int64_t batch;
    int optim; /* index into "sgd|adam|adamw" */
    double lr, momentum;
    int nesterov;
    double weight_decay;
    int schedule; /* a pv_schedule_kind */
    double warmup, step_epochs, step_gamma, poly_power, lr_floor;
    double label_smoothing;
    int flip;
    int64_t shift, cutout;
} pv_fed_learning;

#define PV_FED_LEARNING_SETTINGS(at)                                                               \
    {"batch",                                                                                      \
     PV_SETTING_INTEGER,                                                                           \
     "64",                                                                                         \
     1,                                                                                            \
     65536,                                                                                        \
     NULL,                                                                                         \
     "samples a step; a party with fewer takes all of its own",                                    \
     at + offsetof(pv_fed_learning, batch)},                                                       \
        {"optim", PV_SETTING_CHOICE, "sgd",       0,                                               \
         0,       "sgd|adam|adamw",  "optimiser", at + offsetof(pv_fed_learning, optim)},          \
        {"lr",                                                                                     \
         PV_SETTING_REAL,                                                                          \
         "0.05",                                                                                   \
         0,                                                                                        \
         100,                                                                                      \
         NULL,                                                                                     \
         "learning rate at its peak; 0 leaves the weights as they are",                            \
         at + offsetof(pv_fed_learning, lr)},                                                      \
        {"momentum",                                                                               \
         PV_SETTING_REAL,                                                                          \
         "0",                                                                                      \
         0,                                                                                        \
         0.9999,                                                                                   \
         NULL,                                                                                     \
         "momentum of sgd",                                                                        \
         at + offsetof(pv_fed_learning, momentum)},                                                \
        {"nesterov",                                                                               \
         PV_SETTING_FLAG,                                                                          \
         "no",                                                                                     \
         0,                                                                                        \
         0,                                                                                        \
         NULL,                                                                                     \
         "Nesterov's form of momentum",                                                            \
         at + offsetof(pv_fed_learning, nesterov)},                                                \
        {"weight_decay",                                                                           \
         PV_SETTING_REAL,                                                                          \
         "0",                                                                                      \
         0,                                                                                        \
         10,                                                                                       \
         NULL,                                                                                     \
         "pull of the weights to zero",                                                            \
         at + offsetof(pv_fed_learning, weight_decay)},                                            \
        {"schedule",                                                                               \
         PV_SETTING_CHOICE,                                                                        \
         "constant",                                                                               \
         0,                                                                                        \
         0,                                                                                        \
         "constant|step|poly|cosine",                                                              \
         "how the learning rate moves over the run",                                               \
         at + offsetof(pv_fed_learning, schedule)},                                                \
        {"warmup",                                                                                 \
         PV_SETTING_REAL,                                                                          \
         "0",                                                                                      \
         0,                                                                                        \
         1000,                                                                                     \
         NULL,                                                                                     \
         "epochs over which the learning rate first rises",                                        \
         at + offsetof(pv_fed_learning, warmup)},                                                  \
        {"step_epochs",                                                                            \
         PV_SETTING_REAL,                                                                          \
         "1",                                                                                      \
         0.01,                                                                                     \
         100000,                                                                                   \
         NULL,                                                                                     \
         "with schedule = step: after every so many epochs",                                       \
         at + offsetof(pv_fed_learning, step_epochs)},                                             \
        {"step_gamma",                                                                             \
         PV_SETTING_REAL,                                                                          \
         "0.1",                                                                                    \
         1e-6,                                                                                     \
         1,                                                                                        \
         NULL,                                                                                     \
         "with schedule = step: times this",                                                       \
         at + offsetof(pv_fed_learning, step_gamma)},                                              \
        {"poly_power",                                                                             \
         PV_SETTING_REAL,                                                                          \
         "1",                                                                                      \
         0.01,                                                                                     \
         10,                                                                                       \
         NULL,                                                                                     \
         "with schedule = poly: the exponent",                                                     \
         at + offsetof(pv_fed_learning, poly_power)},                                              \
        {"lr_floor",                                                                               \
         PV_SETTING_REAL,                                                                          \
         "0",                                                                                      \
         0,                                                                                        \
         1,                                                                                        \
         NULL,                                                                                     \
         "cosine and poly end at this share of the learning rate",                                 \
         at + offsetof(pv_fed_learning, lr_floor)},                                                \
        {"label_smoothing",                                                                        \
         PV_SETTING_REAL,                                                                          \
         "0",                                                                                      \
         0,                                                                                        \
         0.9,                                                                                      \
         NULL,                                                                                     \
         "share of the target spread evenly over all classes",                                     \
         at + offsetof(pv_fed_learning, label_smoothing)},                                         \
        {"flip",                                                                                   \
         PV_SETTING_FLAG,                                                                          \
         "no",                                                                                     \
         0,                                                                                        \
         0,                                                                                        \
         NULL,                                                                                     \
         "training images are mirrored at random",                                                 \
         at + offsetof(pv_fed_learning, flip)},                                                    \
        {"shift",                                                                                  \
         PV_SETTING_INTEGER,                                                                       \
         "0",                                                                                      \
         0,                                                                                        \
         64,                                                                                       \
         NULL,                                                                                     \
         "training images are moved by up to so many pixels at random",                            \
         at + offsetof(pv_fed_learning, shift)},                                                   \
    {                                                                                              \
        "cutout", PV_SETTING_INTEGER, "0", 0, 256, NULL,                                           \
            "side of a square set to the mean in each training image",                             \
            at + offsetof(pv_fed_learning, cutout)                                                 \
    }

pv_status pv_fed_learning_check(const pv_fed_learning *l, const pv_scenario *s) PV_MUST_USE;

pv_optim_options pv_fed_optim(const pv_fed_learning *l);
/* batches: steps in an epoch. */
pv_schedule pv_fed_schedule(const pv_fed_learning *l, int64_t batches, int64_t steps);
pv_augment pv_fed_augment(const pv_fed_learning *l);
/* The same for pv_train: all but data, epochs and seed. */
void pv_fed_learning_train(pv_train_options *out, const pv_fed_learning *l);

/* The model that a scenario names, for samples of its schema, drawn from its seed. */
pv_status pv_fed_model(pv_model **m, const pv_scenario *s) PV_MUST_USE;

/* m gets this normalisation, which is taken over. */
void pv_fed_set_norm(pv_model *m, pv_norm *norm);

#endif
