/* scheme/vertical/vertical.h - features here, labels there: settings and roles
 *
 * Words: as in the paper, the *active* party has the features, the key and the network up to the
 * shared layer, the *passive* party has the labels and what comes after it. (Much of the
 * literature, and FATE, call the label holder active.)
 *
 * The network is any of the zoo or a model text that ends in dense layers. `head` of them are not
 * the active party's: the first of these is the shared layer (boundary.h), its bias and all that
 * follows belong to the passive party, in the clear. head = 1 is the paper's cut.
 *
 *     task = train      training, evaluation on the test rows, halves written
 *     task = evaluate   the halves of an earlier run on test rows of known labels
 *     task = predict    the halves on rows nobody has labels of: predictions.csv
 *     task = merge      ends a collaboration: whom `merge` names gets the other's half, so W
 *
 * Rows. Both parties' data are in one common order: by position, or as `privet align` left them
 * (local `order`); join messages compare counts and order hashes. The batches of an epoch follow
 * from seed and count as in pv_train, so that the same scenario trained plainly visits the same
 * batches; G is divided by the nominal batch also in a short one. Training takes local `data`. What
 * is measured or predicted is local `test`, else the test split of the source of `data`, else
 * `data` itself when nothing is trained. The active party's labels, where it has some, are never
 * used, nor are the passive party's features.
 *
 * Steps of the driver: 1 is join, key and start; then a training step or a batch of an evaluation
 * each (pv_vertical_step_of). An evaluation in the middle of training is one step as a whole, so
 * that the scenario alone says which step learns from which rows. All masks, shares and noise come
 * from pv_party_csprng by purpose, so a step that is executed again after a crash sends the same
 * bytes, or draws afresh when none of them was seen. A party decrypts on schedule only: one answer
 * for each message of the protocol, in the order of the steps; the hub's numbers and pv_party_recv
 * refuse anything else.
 *
 * Halves: half.safetensors in the party's folder, mode 0600 (half.h). Halves of different trainings
 * are refused.
 */
#ifndef PV_SCHEME_VERTICAL_VERTICAL_H
#define PV_SCHEME_VERTICAL_VERTICAL_H

#include "fed/learning.h"
#include "scheme/scheme.h"
#include "scheme/vertical/bounds.h"
#include "scheme/vertical/network.h"
#include "scheme/vertical/protect.h"

enum { PV_VERTICAL_TRAIN = 0, PV_VERTICAL_EVALUATE, PV_VERTICAL_PREDICT, PV_VERTICAL_MERGE };
enum { PV_MASKS_STRONG = 0, PV_MASKS_WEAK };
enum { PV_INIT_SECRET = 0, PV_INIT_SCENARIO };
enum { PV_ANSWER_NONE = 0, PV_ANSWER_LABEL, PV_ANSWER_ROUNDED, PV_ANSWER_PROBABILITY };
enum { PV_MERGE_NONE = 0, PV_MERGE_ACTIVE, PV_MERGE_PASSIVE, PV_MERGE_BOTH };

typedef struct pv_vertical_options {
    int task;
    int64_t head, epochs;
    pv_fed_learning learning;                        /* of the layers that are not shared */
    double shared_lr, shared_momentum, shared_decay; /* of the shared one, which moves by SGD */
    int64_t bits;                                    /* of the Paillier key */
    double clamp;   /* activations beyond it are cut, and counted */
    double initial; /* most that an initial shared weight may be; 0: what its layer's init says */
    int64_t sigma, fa, fg, fw; /* bounds.h */
    int masks;                 /* "strong|weak" */
    int64_t weak_bits;         /* masks = weak */
    int blinding;              /* "tables|textbook": textbook whatever the key's owner says of it */
    int init;                  /* "secret|scenario": scenario: W_0 from the seed, for comparisons */
    int protection;            /* a pv_protection */
    pv_protect protect;
    int answers, merge;
    int baseline;           /* "yes": the driver trains the same network plainly as well */
    int64_t evaluate_every; /* epochs between evaluations on test rows; 0: at the end */
} pv_vertical_options;

extern const pv_setting pv_vertical_setting[];
/* shared_* are filled in from learning where the scenario does not say them. */
pv_status pv_vertical_options_read(pv_vertical_options *o, pv_scenario *s) PV_MUST_USE;

/* The standard deviation of the shared layer's weights as its init draws them. */
double pv_vertical_scale(const pv_model *m, const pv_vertical_cut *cut);
/* Protection of labels, checked. */
pv_status pv_vertical_protect(pv_protect *out, const pv_vertical_options *o, const pv_model *m,
                              const pv_vertical_cut *cut, int64_t batch) PV_MUST_USE;
/* The boundary of a training on so many rows. m has the weights that the scenario's seed draws. */
pv_status pv_vertical_boundary(pv_boundary *b, const pv_vertical_options *o, const pv_model *m,
                               const pv_vertical_cut *cut, int64_t rows) PV_MUST_USE;

/* ---- what a step of the driver is (schedule.c) */
typedef enum pv_vertical_kind {
    PV_STEP_JOIN = 1,
    PV_STEP_TRAIN,
    PV_STEP_EVALUATE,
    PV_STEP_DISCLOSE
} pv_vertical_kind;

typedef struct pv_vertical_step {
    pv_vertical_kind kind;
    int64_t number; /* TRAIN: of the training step; EVALUATE: of the first batch; from 0 */
    int64_t count;  /* EVALUATE: batches in it; may be 0 */
    int64_t epoch;  /* epochs that are complete before it */
    int last_batch; /* EVALUATE: of its pass */
    int last;       /* nothing follows */
} pv_vertical_step;

/* batches: training steps an epoch; measured: batches of an evaluation. */
pv_vertical_step pv_vertical_step_of(const pv_vertical_options *o, int64_t batches,
                                     int64_t measured, uint64_t step);

/* Of the shared layer at a training step, where the other layers have pv_schedule_lr(s, step). */
double pv_vertical_shared_lr(const pv_vertical_options *o, const pv_schedule *s, int64_t step);

extern const pv_role pv_vertical_active, pv_vertical_passive;
extern const pv_scheme pv_scheme_vertical;

#endif
