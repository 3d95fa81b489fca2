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
 *     task = evaluate   the halves of an earlier run on test rows whose labels the passive party
 * has task = predict    the halves on rows nobody has labels of: predictions.csv at the passive
 * party task = merge      ends a collaboration: whom `merge` names gets the other's half; W is
 * disclosed
 *
 * Rows. Both parties' data are in one common order: by position, or as `privet align` left them
 * (local `order`); join messages compare counts and order hashes. The batches of an epoch follow
 * from seed and count as in pv_train, so that the same scenario trained plainly visits the same
 * batches.
 *
 * Halves: half.safetensors in the party's folder, mode 0600 (active: its network's parameters,
 * normalisation, share E; passive: W~, bias and its layers; both: model text, head, scenario hash
 * of the training, fingerprint of the key, a random session id). Halves of different sessions are
 * refused.
 */
#ifndef PV_SCHEME_VERTICAL_VERTICAL_H
#define PV_SCHEME_VERTICAL_VERTICAL_H

#include "fed/learning.h"
#include "scheme/scheme.h"
#include "scheme/vertical/bounds.h"
#include "scheme/vertical/protect.h"

enum { PV_VERTICAL_TRAIN = 0, PV_VERTICAL_EVALUATE, PV_VERTICAL_PREDICT, PV_VERTICAL_MERGE };
enum { PV_ANSWER_NONE = 0, PV_ANSWER_LABEL, PV_ANSWER_ROUNDED, PV_ANSWER_PROBABILITY };
enum { PV_MERGE_NONE = 0, PV_MERGE_ACTIVE, PV_MERGE_PASSIVE, PV_MERGE_BOTH };

typedef struct pv_vertical_options {
    int task;
    int64_t head, epochs;
    pv_fed_learning learning;                        /* of the layers that are not shared */
    double shared_lr, shared_momentum, shared_decay; /* of the shared one: SGD; lr 0: learning.lr */
    int64_t bits;                                    /* of the Paillier key */
    double clamp;   /* activations beyond it are cut, and counted */
    double initial; /* most that an initial weight may be */
    int64_t sigma;
    int masks;          /* "strong|weak" */
    int64_t weak_bits;  /* masks = weak */
    int init;           /* "secret|scenario": scenario: W_0 from the seed, for comparisons */
    pv_protect protect; /* protect, noise, epsilon, delta, clip */
    int answers, merge;
    int baseline;           /* "yes": the driver trains the same network plainly as well */
    int64_t evaluate_every; /* epochs between evaluations on test rows; 0: at the end */
} pv_vertical_options;

extern const pv_setting pv_vertical_setting[];
pv_status pv_vertical_options_read(pv_vertical_options *o, pv_scenario *s) PV_MUST_USE;

/* The boundary of this scenario: width and outputs from the model, steps from the rows. */
pv_status pv_vertical_boundary(pv_boundary *b, const pv_vertical_options *o, const pv_model *m,
                               int64_t rows) PV_MUST_USE;

extern const pv_role pv_vertical_active, pv_vertical_passive;
extern const pv_scheme pv_scheme_vertical;

#endif
