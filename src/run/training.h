/* run/training.h - one training run from SPEC to test accuracy
 *
 *     pv_training t = {.data = "glyphs", .model = "lenet5", .holdout = 0.2, .seed = 1};
 *     PV_TRY_GOTO(pv_training_open(&t, ctx));      the data, and the model's default options
 *     t.options.epochs = 5;
 *     PV_TRY_GOTO(pv_training_run(&t, ctx));       trains, then measures on the test data
 *     done: pv_training_clear(&t);
 *
 * Test data are, in this order: what `test` names; a share of `data` held out (stratified, by the
 * seed); the test split that the source has of its own; none. Validation data are a share of what
 * is left for training.
 */
#ifndef PV_RUN_TRAINING_H
#define PV_RUN_TRAINING_H

#include "base/str.h"
#include "privet/train.h"

typedef struct pv_training {
    const char *data, *model; /* SPEC and name */
    const char *test;         /* SPEC, or NULL */
    double holdout;           /* share of data that becomes test data; 0: none */
    double validation;        /* share of the rest that becomes validation data; 0: none */
    uint64_t seed;

    /* after pv_training_open */
    pv_train_options options;
    pv_data *train_data, *validation_data, *test_data; /* NULL when there are none */

    /* after pv_training_run */
    pv_model *net;
    pv_train_result result;
    pv_evaluation evaluation; /* count 0 without test data */
} pv_training;

pv_status pv_training_open(pv_training *t, const pv_ctx *ctx) PV_MUST_USE;
pv_status pv_training_run(pv_training *t, const pv_ctx *ctx) PV_MUST_USE;
void pv_training_clear(pv_training *t); /* idempotent */

double pv_training_samples_per_second(const pv_training *t); /* over all epochs; 0 for none */

/* "none", or some of flip, shift=N, cutout=N joined by commas. Error: PV_ERR_OPTION. */
pv_status pv_training_augment(pv_augment *out, const char *text) PV_MUST_USE;

#endif
