/* scheme/complement/messages.h - what crosses between the provider and a customer
 *
 *     join         customer -> provider
 *         truth u8[32]     the Merkle root of its rows
 *         rows i64[1]      how many it wants answers to
 *         binding u8[32]   of the half that it has; zeros: it has none
 *     terms        provider -> customer
 *         binding u8[32]   of the provider's halves
 *         form u8[n]       how activations cross (encode/complement/activation.h)
 *         follows i64[1]   1 when the customer's half comes next
 *     half         provider -> customer
 *         file u8[n]       the published half, as its file
 *     activation   customer -> provider
 *         z u8[rows, bytes]   of a batch
 *     answer       provider -> customer, by the scenario's `answers`
 *         logits f32[rows, classes], or probability f32[rows, classes] in hundredths, or
 *         label i32[rows]
 *     refusal      provider -> customer, instead of terms or an answer; ends the customer's part
 *         reason u8[n]
 *
 * Kind and form of the secret, batch, budget and answers are in the scenario that both have.
 * Everything taken from a message points into it. Errors of all: PV_ERR_PEER, saying what of whom
 * is not as expected; what: pv_message.what.
 */
#ifndef PV_SCHEME_COMPLEMENT_MESSAGES_H
#define PV_SCHEME_COMPLEMENT_MESSAGES_H

#include "scheme/complement/complement.h"

enum {
    PV_COMPLEMENT_JOIN = PV_TYPE_FIRST,
    PV_COMPLEMENT_TERMS,
    PV_COMPLEMENT_HALF,
    PV_COMPLEMENT_ACTIVATION,
    PV_COMPLEMENT_ANSWER,
    PV_COMPLEMENT_REFUSAL,
    PV_COMPLEMENT_END,
};
enum { PV_COMPLEMENT_TYPES = PV_COMPLEMENT_END - PV_TYPE_FIRST };
extern const pv_message_type pv_complement_type[PV_COMPLEMENT_TYPES];

enum { PV_QUERY_JOIN_PARTS = 3, PV_QUERY_TERMS_PARTS = 3, PV_REFUSAL_TEXT = 1024 };

typedef struct pv_query_join {
    pv_hash truth;
    int64_t rows;
    pv_hash binding; /* zeros: none */
} pv_query_join;
void pv_query_join_parts(pv_part part[PV_QUERY_JOIN_PARTS], const pv_query_join *j);
pv_status pv_query_join_take(pv_query_join *j, const pv_parts *p, const char *what) PV_MUST_USE;

typedef struct pv_query_terms {
    pv_hash binding;
    const uint8_t *form;
    size_t form_size;
    int64_t follows;
} pv_query_terms;
void pv_query_terms_parts(pv_part part[PV_QUERY_TERMS_PARTS], const pv_query_terms *t);
pv_status pv_query_terms_take(pv_query_terms *t, const pv_parts *p, const char *what) PV_MUST_USE;

pv_part pv_query_half_part(const pv_bytes *file);
pv_status pv_query_half_take(const uint8_t **file, size_t *size, const pv_parts *p,
                             const char *what) PV_MUST_USE;

/* rows: how many there must be, each of `bytes` bytes. */
pv_part pv_query_activation_part(const uint8_t *z, int64_t rows, int64_t bytes);
pv_status pv_query_activation_take(const uint8_t **z, const pv_parts *p, const char *what,
                                   int64_t rows, int64_t bytes) PV_MUST_USE;

/* One of both, by `answers`; scores are logits or probabilities. */
typedef struct pv_query_answer {
    int answers; /* PV_QUERY_LOGITS ... */
    int64_t rows, classes;
    const float *score;   /* [rows, classes] */
    const int32_t *label; /* [rows] */
} pv_query_answer;
pv_part pv_query_answer_part(const pv_query_answer *a);
/* answers, rows and classes are set before and must be found so; scores are finite, probabilities
 * in [0,1], labels below classes. */
pv_status pv_query_answer_take(pv_query_answer *a, const pv_parts *p, const char *what) PV_MUST_USE;

/* What is no printable ASCII crosses as '?', and what is too long is cut. */
pv_part pv_query_refusal_part(const char *text);
void pv_query_refusal_text(char out[PV_REFUSAL_TEXT], const char *reason);
pv_status pv_query_refusal_take(char out[PV_REFUSAL_TEXT], const pv_parts *p,
                                const char *what) PV_MUST_USE;

#endif
