/* scheme/vertical/messages.h - what crosses between the two parties, and what each notes
 *
 * Message table of one training step (crypto-review, "exact forms"); bytes at 84x10, batch 64,
 * 2,048 bits. Ciphertexts and masked residues are opaque bytes (part "c", u8), views keep their
 * digests.
 *
 *   type                    direction            what
 *   join                    both, once           rows, common order, commitment to the data
 *   key                     active -> passive    n, proof that it is well-formed, "safe primes"
 *   start                   active -> passive    V_A + E_0
 *   enc-samples             active -> passive    [A] in packs of samples               86,016
 *   enc-features            active -> passive    [A] in packs of features             163,840
 *   enc-shares              active -> passive    [E]                                   15,360
 *   enc-scores              passive -> active    [Y]                                   10,240
 *   opened-scores           active -> passive    Y' mod n                               5,120
 *   enc-weight-gradient     passive -> active    [D]                                   25,600
 *   enc-activation-gradient passive -> active    [X]                                   98,304
 *   opened-weight-gradient  active -> passive    U mod n                               12,800
 *   share-step              active -> passive    S                                     14,280
 *   answer                  passive -> active    what a scenario lets it have of a prediction
 *   disclosed               either               a share of W, when the scenario says to merge
 *
 * Notes (derived), in full by default, which attacks read:
 *   activation-gradient     active      index i64[rows], gradient f32[rows,d]: dL/dA of the batch
 *   logits                  passive     index i64[rows], logits f32[rows,c]: z with the bias,
 * before softmax or the rest of the passive party's network; lr f64[1]: of the step, 0 in an
 * evaluation index: row numbers in the common order of the training rows (of the test rows in steps
 * after training). Notes of training steps carry the step's number; so do all messages.
 */
#ifndef PV_SCHEME_VERTICAL_MESSAGES_H
#define PV_SCHEME_VERTICAL_MESSAGES_H

#include "party/party.h"
#include "scheme/vertical/boundary.h"

enum {
    PV_VERTICAL_JOIN = PV_TYPE_FIRST,
    PV_VERTICAL_KEY,
    PV_VERTICAL_START,
    PV_VERTICAL_SAMPLES,
    PV_VERTICAL_FEATURES,
    PV_VERTICAL_SHARES,
    PV_VERTICAL_SCORES,
    PV_VERTICAL_OPENED,
    PV_VERTICAL_WEIGHT_GRADIENT,
    PV_VERTICAL_ACTIVATION_GRADIENT,
    PV_VERTICAL_UPDATE,
    PV_VERTICAL_STEP,
    PV_VERTICAL_ANSWER,
    PV_VERTICAL_DISCLOSED,
    PV_VERTICAL_DA,     /* "activation-gradient": note of the active party */
    PV_VERTICAL_LOGITS, /* "logits": note of the passive party */
    PV_VERTICAL_RELEASED,
    PV_VERTICAL_END,
};
enum { PV_VERTICAL_TYPES = PV_VERTICAL_END - PV_TYPE_FIRST };
extern const pv_message_type pv_vertical_type[PV_VERTICAL_TYPES];

#endif
