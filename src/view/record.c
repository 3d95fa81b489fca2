#include "view/view_i.h"

#include "view/le.h"
#include "wire/reader.h"
#include <inttypes.h>
#include <stdio.h>

const char *pv_view_kind_name(pv_view_kind kind)
{
    switch (kind) {
    case PV_VIEW_SENT:
        return "sent";
    case PV_VIEW_RECEIVED:
        return "received";
    case PV_VIEW_DERIVED:
        return "derived";
    case PV_VIEW_PUBLISHED:
        return "published";
    }
    return "?";
}

const pv_message_type *pv_view_type_of(const pv_view_header *h, uint16_t id)
{
    for (int i = 0; i < h->types; i++)
        if (h->type[i].id == id) return &h->type[i];
    return NULL;
}

const char *pv_view_record_text(const pv_view_record *r, const pv_view_header *h,
                                char buffer[PV_VIEW_TEXT])
{
    const pv_message_type *type = pv_view_type_of(h, r->type);
    const char *name = type != NULL ? type->name : r->type == PV_TYPE_SEAL ? "seal" : "?";
    int peer = r->peer < h->peers;
    snprintf(buffer, PV_VIEW_TEXT, "record %" PRIu64 " (%s %s%s%s, step %" PRIu64 ")", r->number,
             name, pv_view_kind_name(r->kind),
             !peer                     ? ""
             : r->kind == PV_VIEW_SENT ? " to "
                                       : " from ",
             peer ? h->peer[r->peer].name : "", r->step);
    return buffer;
}

pv_status pv_view_record_check(const pv_view_record *r, const pv_view_header *h, pv_status fault,
                               const char *what)
{
    if (r->kind < PV_VIEW_SENT || r->kind > PV_VIEW_PUBLISHED)
        PV_FAIL(fault, "%s: record %" PRIu64 ": %d is no kind of record", what, r->number,
                (int)r->kind);
    int frame = r->kind == PV_VIEW_SENT || r->kind == PV_VIEW_RECEIVED;
    if (frame ? r->peer >= h->peers : r->peer != PV_VIEW_NO_PEER)
        PV_FAIL(fault, "%s: record %" PRIu64 ": %s with peer %d, there are %d peers", what,
                r->number, pv_view_kind_name(r->kind), r->peer, h->peers);
    if (frame != (r->link != 0))
        PV_FAIL(fault, "%s: record %" PRIu64 ": %s with frame number %" PRIu64, what, r->number,
                pv_view_kind_name(r->kind), r->link);
    if (r->type == PV_TYPE_SEAL) {
        if (!frame || r->size != PV_SEAL_BYTES || !r->kept)
            PV_FAIL(fault, "%s: record %" PRIu64 ": a seal is a frame of %d bytes that is kept",
                    what, r->number, PV_SEAL_BYTES);
    } else if (pv_view_type_of(h, r->type) == NULL) {
        PV_FAIL(fault, "%s: record %" PRIu64 ": there is no message type %d in the header", what,
                r->number, r->type);
    }
    if (r->size > INT64_MAX)
        PV_FAIL(fault, "%s: record %" PRIu64 ": no payload has %" PRIu64 " bytes", what, r->number,
                r->size);
    return PV_OK;
}

static pv_status chain(pv_hash *after, const pv_hash *before, const uint8_t fields[PV_VIEW_FIELDS])
{
    uint8_t bytes[PV_HASH_BYTES + PV_VIEW_FIELDS];
    pv_le_bytes(pv_le_bytes(bytes, before->byte, PV_HASH_BYTES), fields, PV_VIEW_FIELDS);
    return pv_hash_of(after, bytes, sizeof bytes);
}

pv_status pv_view_record_encode(uint8_t out[PV_VIEW_RECORD], pv_hash *after,
                                const pv_view_record *r, const pv_hash *before)
{
    uint8_t *p = out;
    p = pv_le_put(p, r->number, 8);
    p = pv_le_put(p, r->step, 8);
    p = pv_le_put(p, (uint64_t)r->time, 8);
    p = pv_le_put(p, r->kind, 1);
    p = pv_le_put(p, r->kept != 0, 1);
    p = pv_le_put(p, r->peer, 2);
    p = pv_le_put(p, r->type, 2);
    p = pv_le_put(p, 0, 2);
    p = pv_le_put(p, r->link, 8);
    p = pv_le_put(p, r->size, 8);
    p = pv_le_bytes(p, r->payload.byte, PV_HASH_BYTES);
    PV_TRY(chain(after, before, out));
    pv_le_bytes(p, after->byte, PV_HASH_BYTES);
    return PV_OK;
}

pv_status pv_view_record_decode(pv_view_record *out, pv_hash *after,
                                const uint8_t in[PV_VIEW_RECORD], const pv_hash *before,
                                uint64_t number, const char *what)
{
    pv_reader r = pv_reader_make(what, in, PV_VIEW_FIELDS);
    PV_TRY(chain(after, before, in));
    if (memcmp(after->byte, in + PV_VIEW_FIELDS, PV_HASH_BYTES) != 0)
        PV_FAIL(PV_ERR_MISMATCH,
                "%s: the chain of hashes breaks at record %" PRIu64
                ": it, or one before it, was changed, damaged or taken out",
                what, number);
    *out = (pv_view_record){.number = pv_reader_u64le(&r, "number"),
                            .step = pv_reader_u64le(&r, "step"),
                            .time = (int64_t)pv_reader_u64le(&r, "time")};
    uint8_t kind = pv_reader_u8(&r, "kind"), kept = pv_reader_u8(&r, "kept");
    out->kind = kind <= PV_VIEW_PUBLISHED ? (pv_view_kind)kind : (pv_view_kind)0;
    out->kept = kept;
    out->peer = pv_reader_u16le(&r, "peer");
    out->type = pv_reader_u16le(&r, "type");
    uint16_t nothing = pv_reader_u16le(&r, "nothing");
    out->link = pv_reader_u64le(&r, "link");
    out->size = pv_reader_u64le(&r, "size");
    memcpy(out->payload.byte, in + r.at, PV_HASH_BYTES);
    if (out->number != number || kept > 1 || nothing != 0)
        PV_FAIL(PV_ERR_FORMAT,
                "%s: record %" PRIu64 ": its number, %" PRIu64
                ", or a field of fixed value is wrong",
                what, number, out->number);
    return PV_OK;
}
