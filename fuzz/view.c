/* A view. Hashes keep a fuzzer from ever reaching a second record, so when the first byte is odd
 * those of header and records are made to fit before the rest is parsed. */
#include "view/view.h"
#include "fuzz.h"

#include <string.h>

enum { START = 12, FIELDS = 80, RECORD = FIELDS + PV_HASH_BYTES };

static uint64_t little(const uint8_t *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++) v |= (uint64_t)p[i] << (8 * i);
    return v;
}

static void mend(uint8_t *data, size_t size)
{
    uint8_t bytes[PV_HASH_BYTES + FIELDS];
    pv_hash h;
    size_t at = size < START ? 0 : (size_t)little(data + 8, 4);
    if (at < START + PV_HASH_BYTES || at > size) return;
    PV_FUZZ_CHECK(pv_hash_of(&h, data, at - PV_HASH_BYTES) == PV_OK);
    memcpy(data + at - PV_HASH_BYTES, h.byte, PV_HASH_BYTES);
    while (size - at >= RECORD) {
        uint8_t *r = data + at;
        uint64_t stored = r[25] == 1 ? little(r + 40, 8) : 0;
        memcpy(bytes, h.byte, PV_HASH_BYTES);
        memcpy(bytes + PV_HASH_BYTES, r, FIELDS);
        if (stored <= size - at - RECORD && r[25] == 1) { /* the payload's, too */
            PV_FUZZ_CHECK(pv_hash_of(&h, r + RECORD, (size_t)stored) == PV_OK);
            memcpy(r + 48, h.byte, PV_HASH_BYTES);
            memcpy(bytes + PV_HASH_BYTES, r, FIELDS);
        }
        PV_FUZZ_CHECK(pv_hash_of(&h, bytes, sizeof bytes) == PV_OK);
        memcpy(r + FIELDS, h.byte, PV_HASH_BYTES);
        at += RECORD;
        if (stored > size - at) return;
        at += (size_t)stored;
    }
}

static void use(const pv_view *v, size_t size)
{
    const pv_view_header *h = pv_view_header_of(v);
    pv_view_check check;
    pv_view_line *line;
    size_t lines;
    uint64_t count = 0;
    PV_FUZZ_CHECK(pv_view_end(v).bytes + pv_view_torn(v) == size);
    for (int i = 0; i < h->peers; i++) PV_FUZZ_CHECK(pv_view_peer_index(v, h->peer[i].name) == i);
    for (int i = 0; i < h->types; i++) {
        PV_FUZZ_CHECK(pv_view_type_id(v, h->type[i].name) == h->type[i].id);
        PV_FUZZ_CHECK(strcmp(pv_view_type_name(v, h->type[i].id), h->type[i].name) == 0);
    }
    for (uint64_t i = 0; i < pv_view_count(v); i++) {
        const pv_view_record *r = pv_view_at(v, i);
        pv_view_payload p;
        PV_FUZZ_CHECK(r->number == i + 1 && pv_view_kind_name(r->kind)[0] != '?');
        PV_FUZZ_CHECK(r->peer < h->peers || r->peer == PV_VIEW_NO_PEER);
        int ok = pv_fuzz_ok(pv_view_load(&p, v, i));
        PV_FUZZ_CHECK(ok ? r->kept && p.bytes.size == r->size : p.bytes.data == NULL);
        pv_view_payload_clear(&p);
    }
    PV_FUZZ_CHECK(pv_view_summary(&line, &lines, v) == PV_OK);
    for (size_t i = 0; i < lines; i++) count += line[i].count;
    PV_FUZZ_CHECK(count == pv_view_count(v));
    pv_free(line);
    pv_status s = pv_view_verify(&check, v);
    PV_FUZZ_CHECK(s == PV_OK || s == PV_ERR_MISMATCH || s == PV_ERR_AUTH);
    pv_trail_clear();
    if (s == PV_OK) PV_FUZZ_CHECK(check.records == pv_view_count(v));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pv_view *v = NULL;
    if (size == 0) return 0;
    uint8_t *copy = malloc(size);
    memcpy(copy, data + 1, size - 1);
    if (data[0] & 1) mend(copy, size - 1);
    int ok = pv_fuzz_ok(pv_view_parse(&v, "input", copy, size - 1));
    PV_FUZZ_CHECK(ok == (v != NULL));
    if (ok) use(v, size - 1);
    pv_view_free(v);
    free(copy);
    return 0;
}
