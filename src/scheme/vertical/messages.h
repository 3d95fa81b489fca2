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
 *   enc-shares              active -> passive    [E]                                   30,720
 *   enc-scores              passive -> active    [Y]                                   10,240
 *   opened-scores           active -> passive    Y' mod n                               5,120
 *   enc-weight-gradient     passive -> active    [D]                                   25,600
 *   enc-activation-gradient passive -> active    [X]                                   73,728
 *   opened-weight-gradient  active -> passive    U mod n                               12,800
 *   share-step              active -> passive    S                                     15,120
 *   share-settled           active -> passive    S of the sharing that predictions use 15,120, once
 *   answer                  passive -> active    what a scenario lets it have of a prediction
 *   disclosed               either               a share of W, when the scenario says to merge
 *
 * Notes (derived), in full by default, which attacks read:
 *   activation-gradient     active      index i64[rows], gradient f32[rows,d]: dL/dA of the batch.
 *                                       None where the bottom has nothing to learn
 *   logits                  passive     index i64[rows], logits f32[rows,c]: the shared layer's
 *                                       output with its bias, before what follows; lr f64[1] of
 *                                       the step, 0 in an evaluation
 * index: row numbers in the common order, of the training rows where lr > 0 and of the rows that
 * are measured otherwise. Notes have the step of the messages that they come from.
 */
#ifndef PV_SCHEME_VERTICAL_MESSAGES_H
#define PV_SCHEME_VERTICAL_MESSAGES_H

#include "math/wide.h"
#include "party/party.h"
#include "privet/model.h"
#include "scheme/vertical/network.h"

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
    PV_VERTICAL_SETTLED,
    PV_VERTICAL_ANSWER,
    PV_VERTICAL_DISCLOSED,
    PV_VERTICAL_DA,     /* "activation-gradient": note of the active party */
    PV_VERTICAL_LOGITS, /* "logits": note of the passive party */
    PV_VERTICAL_END,
};
enum { PV_VERTICAL_TYPES = PV_VERTICAL_END - PV_TYPE_FIRST };
extern const pv_message_type pv_vertical_type[PV_VERTICAL_TYPES];

/* Everything taken from a message points into it. Errors of all: PV_ERR_PEER, saying what of whom
 * is not as expected; what: pv_message.what. */

/* ---- join: each says what it has; pv_vertical_join_agree holds it against its own */
enum { PV_SESSION_BYTES = 16, PV_BOUNDARY_TEXT = 4096, PV_JOIN_PARTS = 8 };
typedef struct pv_vertical_join {
    pv_hash truth; /* root over the rows it brings; zeros: it brings none */
    pv_hash model; /* of the model's text */
    pv_hash order; /* of the common order; zeros: by position */
    int64_t rows,
        measured; /* that it trains on, that it measures or predicts; -1: not its to say */
    uint8_t nonce[PV_SESSION_BYTES]; /* fresh: makes the session and the key's proof this run's */
    uint8_t half[PV_SESSION_BYTES];  /* session of its half; zeros: it trains */
    const char *boundary;            /* scales, slots, clamp and masks as text, without a NUL */
    size_t boundary_size;
} pv_vertical_join;
size_t pv_vertical_join_parts(pv_part part[PV_JOIN_PARTS], const pv_vertical_join *j);
pv_status pv_vertical_join_take(pv_vertical_join *j, const pv_parts *p,
                                const char *what) PV_MUST_USE;
/* PV_ERR_MISMATCH naming both values and whose they are. */
pv_status pv_vertical_join_agree(const pv_vertical_join *own, const pv_vertical_join *peer,
                                 const char *what) PV_MUST_USE;
/* The session of a run: the hash of scenario and both nonces. */
pv_status pv_vertical_session(uint8_t out[PV_SESSION_BYTES], const pv_hash *scenario,
                              const uint8_t *active_nonce,
                              const uint8_t *passive_nonce) PV_MUST_USE;

/* ---- key */
enum { PV_KEY_PARTS = 3 };
typedef struct pv_vertical_key {
    const uint8_t *n, *proof;
    size_t n_size, proof_size;
    uint8_t safe; /* its owner's word: the primes are safe */
} pv_vertical_key;
size_t pv_vertical_key_parts(pv_part part[PV_KEY_PARTS], const pv_vertical_key *k);
/* bits: what the scenario asks for; a key of another size is refused. */
pv_status pv_vertical_key_take(pv_vertical_key *k, const pv_parts *p, const char *what,
                               int64_t bits) PV_MUST_USE;
/* What a proof is made for: "privet/1 vertical/key", roles, scenario and session. */
enum { PV_PROOF_CONTEXT = 96 };
size_t pv_vertical_proof_context(uint8_t out[PV_PROOF_CONTEXT], const pv_hash *scenario,
                                 const uint8_t session[PV_SESSION_BYTES]);

/* ---- bytes: every message of the boundary is one part, "c" u8[n] */
pv_part pv_vertical_bytes_part(const void *data, size_t size);
pv_status pv_vertical_bytes_take(const uint8_t **data, size_t *size, const pv_parts *p,
                                 const char *what) PV_MUST_USE;

/* ---- answer: what the active party gets of a batch, by the scenario's `answers` */
typedef struct pv_vertical_answer {
    int kind; /* PV_ANSWER_* */
    int64_t rows, classes;
    const int32_t *label;     /* LABEL, ROUNDED: [rows] */
    const float *probability; /* ROUNDED: [rows], of the label, in hundredths; PROBABILITY: [rows,
                                 classes] */
} pv_vertical_answer;
enum { PV_ANSWER_PARTS = 2 };
size_t pv_vertical_answer_parts(pv_part part[PV_ANSWER_PARTS], const pv_vertical_answer *a);
/* kind, rows and classes are set before and must be found so. */
pv_status pv_vertical_answer_take(pv_vertical_answer *a, const pv_parts *p,
                                  const char *what) PV_MUST_USE;

/* ---- disclosed: a half. share: as pv_active_share or pv_passive_share, 32 bytes each, little-
 * endian; then the parameters of one side by their names, and from the active party norm.mean and
 * norm.inverse_std. */
typedef struct pv_vertical_disclosed {
    pv_part *part; /* to send; owned */
    size_t parts;
    uint8_t *share;
    size_t share_size;
} pv_vertical_disclosed;
/* side: 0 active, 2 passive. share: [c·d]. */
pv_status pv_vertical_disclosed_init(pv_vertical_disclosed *d, pv_model *m,
                                     const pv_vertical_cut *cut, int side,
                                     const pv_wide *share) PV_MUST_USE;
void pv_vertical_disclosed_clear(pv_vertical_disclosed *d); /* wipes; idempotent */
/* Into m and share [c·d]. */
pv_status pv_vertical_disclosed_take(pv_model *m, pv_wide *share, const pv_vertical_cut *cut,
                                     int side, const pv_parts *p, const char *what) PV_MUST_USE;

#endif
