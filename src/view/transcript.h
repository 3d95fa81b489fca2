/* view/transcript.h - what crossed one direction of a link, as a running hash that both ends keep
 *
 * Frames of a direction are numbered 1, 2, 3, ... Its transcript after frame n is
 *
 *     T_0 = SHA-256("privet/1 link\0" scenario hash, from "\0" to "\0")
 *     T_n = SHA-256(T_{n-1}, u64 n, u64 step, u16 type, u64 payload size, SHA-256(payload))
 *
 * (little-endian). Whether a payload is kept in a view or only its hash makes no difference to it.
 *
 * A seal is one end's signed word about both directions of a link at the end of one of its steps:
 * (step, sent n and T_n, received m and T_m). It crosses as a frame of type PV_TYPE_SEAL, which is
 * itself part of the sender's direction; the sent position in it is the one before that frame. The
 * receiver holds it against its own transcripts at once. A seal proves that the two ends agreed on
 * what crossed, and it can't be taken back; it doesn't prove that either end was honest about
 * anything else. Seals are what lets a sender forget frames: `received` is also an acknowledgement.
 */
#ifndef PV_VIEW_TRANSCRIPT_H
#define PV_VIEW_TRANSCRIPT_H

#include "crypto/identity/identity.h"

enum {
    PV_TYPE_SEAL = 1,     /* types below 16 are the channel's own */
    PV_TYPE_DECISION = 2, /* a role's note to itself that must survive a crash (party/) */
    PV_TYPE_FIRST = 16,   /* a scheme's own types begin here */
    PV_TYPE_LAST = 0x7fff,
    PV_SEAL_BYTES = 8 + 2 * (8 + PV_HASH_BYTES) + PV_SIGNATURE_BYTES,
};

typedef struct pv_transcript {
    uint64_t count; /* frames so far */
    pv_hash hash;
} pv_transcript;

pv_status pv_transcript_begin(pv_transcript *t, const pv_hash *scenario, const char *from,
                              const char *to) PV_MUST_USE;
pv_status pv_transcript_add(pv_transcript *t, uint64_t step, uint16_t type, uint64_t payload_size,
                            const pv_hash *payload) PV_MUST_USE;

typedef struct pv_seal {
    uint64_t step;
    pv_transcript sent, received; /* as the signer has them */
    uint8_t signature[PV_SIGNATURE_BYTES];
} pv_seal;

/* The signature covers scenario, signer's and peer's name and the fields. */
pv_status pv_seal_sign(pv_seal *s, const pv_identity *id, const pv_hash *scenario,
                       const char *peer) PV_MUST_USE;
/* PV_ERR_AUTH when the signature is not `signer`'s. */
pv_status pv_seal_check(const pv_seal *s, const uint8_t public_key[32], const pv_hash *scenario,
                        const char *signer, const char *peer) PV_MUST_USE;
void pv_seal_encode(uint8_t out[PV_SEAL_BYTES], const pv_seal *s);
pv_status pv_seal_parse(pv_seal *s, const char *what, const void *data, size_t size) PV_MUST_USE;

#endif
