/* encode/complement/retrain.h - Retrain(F_old, k, L', D): teaching a network to obey its secret
 *
 * (Sun, Wu, Hwang 2019, section 5.3, steps 1 to 8.) Every sample of every batch gets a secret of
 * its own, drawn anew each time, and the label that belongs to it.
 *
 * Leak-aware training (complement.md, 3.3 and 3.4) adds to the loss what an adversary at the cut
 * gains. A decoder, a network of its own, learns to read the secret off the activation and the
 * answer; the model learns to push its mean answer to the prior. The push comes late: after
 * `warmup` epochs without one it grows over `ramp` epochs, since from the first step on it makes
 * the task collapse to chance. Likewise a decoder that rebuilds the sample, the distance
 * correlation between sample and activation (Vepakomma et al. 2020, arXiv 2008.09161), the variance
 * of the activation that the answer leaves unexplained (a model whose activation is a function of
 * the answer tells nothing else), and Gaussian noise on the activation (front_noise.h), drawn anew
 * for every row of every step. The model then remembers the noise, and the fronts that are cut from
 * it put as much on what they send. A collapse (the task at the end of an epoch behind the ramp
 * about where the secret alone would take it, which is the share of the most frequent class) is
 * reported, never printed as a low leak.
 *
 * What is left differs from epoch to epoch, and the readers of training do not see how much: they
 * are what the model has learned to blind. So a judge may look at every epoch behind the ramp, and
 * the weights of the one that leaks least while its answers are right often enough are kept.
 */
#ifndef PV_ENCODE_COMPLEMENT_RETRAIN_H
#define PV_ENCODE_COMPLEMENT_RETRAIN_H

#include "encode/complement/hidden.h"
#include "privet/train.h"

enum { PV_DECODER_STEPS_MAX = 64 };

typedef struct pv_guard_options {
    pv_cut_at cut;      /* whose activation the adversary sees */
    double secret;      /* lambda against the reader of the secret; 0: none */
    double input;       /* lambda against the rebuilder of the sample; 0: none */
    double correlation; /* weight of the distance correlation; 0: none */
    double cluster;     /* weight of the variance at the cut that the answer leaves; 0: none */
    double noise;       /* standard deviation, in units of the activation's own; 0: none */
    double warmup_epochs, ramp_epochs;
    int decoder_steps;     /* of the decoders, for each of the model; at least 1 */
    double restart_epochs; /* decoders begin anew so often; 0: never */
} pv_guard_options;

/* Somebody who looks at the weights of an epoch from outside: fresh probes, say, which this room
 * has none of. What it says decides which epoch's weights are kept. */
typedef struct pv_retrain_verdict {
    double read;     /* less is better: what more than the prior was read, as a share */
    double answered; /* share of answers that are right */
} pv_retrain_verdict;

typedef struct pv_retrain_judge {
    pv_status (*judge)(pv_retrain_verdict *out, void *user, const pv_hidden *h); /* NULL: nobody */
    void *user;
    double floor; /* an epoch that answers less is not kept */
} pv_retrain_judge;

typedef struct pv_retrain_options {
    pv_train_options train; /* batch, epochs, optimiser, schedule, augmentation, seed, log */
    pv_guard_options guard; /* all zero: none */
    pv_retrain_judge judge; /* of epochs behind the ramp that have not collapsed */
    const pv_data *test;    /* measured after every epoch when it is there */
} pv_retrain_options;

typedef struct pv_retrain_epoch {
    double loss, accuracy; /* of answers, in training */
    double test_accuracy;  /* of labels turned back; NaN */
    double *of_value;      /* [classes]: test_accuracy by the secret's answer to class 0, which is
                              the value of a complement or an offset; NULL without test data */
    double read;           /* share of secrets that the decoder read off; NaN without one */
    pv_retrain_verdict verdict; /* NaN: nobody looked */
    double seconds;             /* of training, without test and verdict */
} pv_retrain_epoch;

typedef struct pv_retrain_result {
    pv_retrain_epoch *epoch;
    int epochs;
    int64_t steps;
    int kept;      /* the epoch, from 1, whose weights these are: the last, without a judge */
    int picked;    /* 1: the judge has picked it; 0: nobody looked, or no epoch reached the floor */
    int collapsed; /* the task is at chance */
    double seconds; /* sum over epochs */
} pv_retrain_result;

/* The defaults of `privet retrain` for a model of that name on data. */
void pv_retrain_defaults(pv_retrain_options *o, const char *model, const pv_data *data);
pv_status pv_retrain(pv_hidden *h, const pv_retrain_options *o, const pv_ctx *ctx,
                     pv_retrain_result *result) PV_MUST_USE;
void pv_retrain_result_clear(pv_retrain_result *r); /* idempotent */

#endif
