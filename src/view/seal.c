#include "view/transcript.h"

#include "view/le.h"
#include "wire/reader.h"

#define CONTEXT "seal"

enum { FIELDS = PV_SEAL_BYTES - PV_SIGNATURE_BYTES };

/* step, sent n and T_n, received m and T_m: what crosses before the signature, and what it covers
 * after scenario and names. */
static uint8_t *put_fields(uint8_t *p, const pv_seal *s)
{
    p = pv_le_put(p, s->step, 8);
    p = pv_le_put(p, s->sent.count, 8);
    p = pv_le_bytes(p, s->sent.hash.byte, PV_HASH_BYTES);
    p = pv_le_put(p, s->received.count, 8);
    return pv_le_bytes(p, s->received.hash.byte, PV_HASH_BYTES);
}

typedef struct covered {
    uint8_t byte[PV_HASH_BYTES + 2 * PV_PARTY_NAME + FIELDS];
    size_t size;
} covered;

static pv_status cover(covered *c, const pv_seal *s, const pv_hash *scenario, const char *signer,
                       const char *peer)
{
    uint8_t *p = c->byte;
    PV_TRY(pv_party_name_check(signer));
    PV_TRY(pv_party_name_check(peer));
    p = pv_le_bytes(p, scenario->byte, PV_HASH_BYTES);
    p = pv_le_bytes(p, signer, strlen(signer) + 1);
    p = pv_le_bytes(p, peer, strlen(peer) + 1);
    p = put_fields(p, s);
    c->size = (size_t)(p - c->byte);
    return PV_OK;
}

pv_status pv_seal_sign(pv_seal *s, const pv_identity *id, const pv_hash *scenario, const char *peer)
{
    covered c;
    const char *signer = pv_certificate_name(pv_identity_certificate(id));
    PV_TRY(cover(&c, s, scenario, signer, peer));
    return pv_identity_sign(s->signature, id, CONTEXT, c.byte, c.size);
}

pv_status pv_seal_check(const pv_seal *s, const uint8_t public_key[32], const pv_hash *scenario,
                        const char *signer, const char *peer)
{
    covered c;
    PV_TRY(cover(&c, s, scenario, signer, peer));
    return pv_signature_check(s->signature, public_key, signer, CONTEXT, c.byte, c.size);
}

void pv_seal_encode(uint8_t out[PV_SEAL_BYTES], const pv_seal *s)
{
    pv_le_bytes(put_fields(out, s), s->signature, PV_SIGNATURE_BYTES);
}

static void read_hash(pv_reader *r, pv_hash *out, const char *field)
{
    const uint8_t *p = pv_reader_bytes(r, PV_HASH_BYTES, field);
    if (p != NULL) memcpy(out->byte, p, PV_HASH_BYTES);
}

pv_status pv_seal_parse(pv_seal *s, const char *what, const void *data, size_t size)
{
    pv_reader r = pv_reader_make(what, data, size);
    *s = (pv_seal){.step = pv_reader_u64le(&r, "the step of a seal")};
    s->sent.count = pv_reader_u64le(&r, "the number of frames sent");
    read_hash(&r, &s->sent.hash, "the transcript of what was sent");
    s->received.count = pv_reader_u64le(&r, "the number of frames received");
    read_hash(&r, &s->received.hash, "the transcript of what was received");
    const uint8_t *signature = pv_reader_bytes(&r, PV_SIGNATURE_BYTES, "the signature of a seal");
    if (signature != NULL) memcpy(s->signature, signature, PV_SIGNATURE_BYTES);
    pv_reader_end(&r);
    if (pv_reader_status(&r) != PV_OK) *s = (pv_seal){0};
    return pv_reader_status(&r);
}
