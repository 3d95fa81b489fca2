#include "view/transcript.h"

#include "view/le.h"

#define LABEL "privet/1 link" /* with its NUL */

pv_status pv_transcript_begin(pv_transcript *t, const pv_hash *scenario, const char *from,
                              const char *to)
{
    uint8_t bytes[sizeof LABEL + PV_HASH_BYTES + 2 * PV_PARTY_NAME], *p = bytes;
    PV_TRY(pv_party_name_check(from));
    PV_TRY(pv_party_name_check(to));
    p = pv_le_bytes(p, LABEL, sizeof LABEL);
    p = pv_le_bytes(p, scenario->byte, PV_HASH_BYTES);
    p = pv_le_bytes(p, from, strlen(from) + 1);
    p = pv_le_bytes(p, to, strlen(to) + 1);
    t->count = 0;
    return pv_hash_of(&t->hash, bytes, (size_t)(p - bytes));
}

pv_status pv_transcript_add(pv_transcript *t, uint64_t step, uint16_t type, uint64_t payload_size,
                            const pv_hash *payload)
{
    uint8_t bytes[PV_HASH_BYTES + 8 + 8 + 2 + 8 + PV_HASH_BYTES], *p = bytes;
    pv_hash next;
    p = pv_le_bytes(p, t->hash.byte, PV_HASH_BYTES);
    p = pv_le_put(p, t->count + 1, 8);
    p = pv_le_put(p, step, 8);
    p = pv_le_put(p, type, 2);
    p = pv_le_put(p, payload_size, 8);
    p = pv_le_bytes(p, payload->byte, PV_HASH_BYTES);
    PV_TRY(pv_hash_of(&next, bytes, (size_t)(p - bytes)));
    t->hash = next;
    t->count++;
    return PV_OK;
}
