#include "net/frame.h"

#include "base/trail.h"
#include "wire/reader.h"
#include <inttypes.h>
#include <string.h>

static const char magic[4] = {'P', 'V', 'F', 'R'};

int pv_frame_is_control(uint16_t type)
{
    return type >= PV_TYPE_HELLO && type <= PV_TYPE_BYE;
}

static void put(uint8_t *out, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) out[i] = (uint8_t)(value >> 8 * i);
}

void pv_frame_encode(uint8_t out[PV_FRAME_HEADER], const pv_frame_header *h)
{
    memcpy(out, magic, sizeof magic);
    out[4] = PV_FRAME_VERSION;
    out[5] = 0;
    put(out + 6, h->type, 2);
    put(out + 8, h->step, 8);
    put(out + 16, h->number, 8);
    put(out + 24, h->size, 8);
}

pv_status pv_frame_parse(pv_frame_header *out, const char *from, const uint8_t in[PV_FRAME_HEADER])
{
    pv_reader r = pv_reader_make(from, in, PV_FRAME_HEADER);
    *out = (pv_frame_header){0};
    pv_reader_expect(&r, magic, sizeof magic, "the beginning of a frame");
    uint8_t version = pv_reader_u8(&r, "version");
    if (version != PV_FRAME_VERSION)
        pv_reader_fail(&r, PV_ERR_VERSION, "frames of version %d, version %d is spoken here",
                       version, PV_FRAME_VERSION);
    uint8_t flags = pv_reader_u8(&r, "flags");
    if (flags != 0) pv_reader_fail(&r, PV_ERR_FORMAT, "unknown flags %#x", flags);
    pv_frame_header h = {0};
    h.type = pv_reader_u16le(&r, "type");
    h.step = pv_reader_u64le(&r, "step");
    h.number = pv_reader_u64le(&r, "number");
    h.size = pv_reader_u64le(&r, "payload size");
    if (pv_frame_is_control(h.type) ? h.number != 0 || h.step != 0 : h.number == 0)
        pv_reader_fail(&r, PV_ERR_FORMAT, "a frame of type %d can't have number %" PRIu64, h.type,
                       h.number);
    PV_TRY(pv_reader_status(&r));
    *out = h;
    return PV_OK;
}

static pv_status too_large(const pv_frame_header *h, const char *from, const char *name,
                           uint64_t max)
{
    if (h->size > max)
        PV_FAIL(PV_ERR_LIMIT,
                "%s: a frame '%s' announces %" PRIu64 " bytes, at most %" PRIu64 " are taken", from,
                name, h->size, max);
    return PV_OK;
}

static pv_status exactly(const pv_frame_header *h, const char *from, const char *name,
                         uint64_t size)
{
    if (h->size != size)
        PV_FAIL(PV_ERR_PEER, "%s: a frame '%s' of %" PRIu64 " bytes, %" PRIu64 " were expected",
                from, name, h->size, size);
    return PV_OK;
}

pv_status pv_frame_allow(const pv_frame_header *h, const char *from, int trusted, int dialled,
                         const pv_message_type *type, int types)
{
    if (!trusted) {
        if (h->type == PV_TYPE_HELLO && !dialled) return too_large(h, from, "hello", PV_HELLO_MAX);
        if (h->type == PV_TYPE_WELCOME && dialled)
            return too_large(h, from, "welcome", PV_HELLO_MAX);
        if (h->type == PV_TYPE_REFUSE && dialled)
            return too_large(h, from, "refuse", PV_REFUSE_MAX);
        PV_FAIL(PV_ERR_PEER, "%s: a frame of type %d and %" PRIu64 " bytes where %s was expected",
                from, h->type, h->size, dialled ? "a welcome" : "a hello");
    }
    switch (h->type) {
    case PV_TYPE_SEAL:
        return exactly(h, from, "seal", PV_SEAL_BYTES);
    case PV_TYPE_PING:
        return exactly(h, from, "ping", 0);
    case PV_TYPE_BYE:
        return exactly(h, from, "bye", PV_BYE_BYTES);
    case PV_TYPE_REFUSE:
        return too_large(h, from, "refuse", PV_REFUSE_MAX);
    default:
        break;
    }
    for (int i = 0; i < types; i++)
        if (type[i].id == h->type) return too_large(h, from, type[i].name, type[i].max);
    PV_FAIL(PV_ERR_PEER, "%s: a frame of type %d, which this scheme does not have", from, h->type);
}
