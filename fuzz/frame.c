/* A stream of frames, as a connection would see it: the first byte says what is known of who sends.
 */
#include "net/frame.h"

#include "fuzz.h"
#include <string.h>

static const pv_message_type types[] = {
    {PV_TYPE_FIRST, "model", "weights f32", 64, {PV_RETAIN_FULL, 0}},
    {PV_TYPE_FIRST + 1, "update", "weights f32", 0, {PV_RETAIN_FULL, 0}},
};

static uint64_t most(uint16_t type)
{
    switch (type) {
    case PV_TYPE_HELLO:
    case PV_TYPE_WELCOME:
        return PV_HELLO_MAX;
    case PV_TYPE_REFUSE:
        return PV_REFUSE_MAX;
    case PV_TYPE_SEAL:
        return PV_SEAL_BYTES;
    case PV_TYPE_BYE:
        return PV_BYE_BYTES;
    case PV_TYPE_FIRST:
        return 64;
    default:
        return 0;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    int trusted = data[0] & 1, dialled = data[0] >> 1 & 1;
    for (size_t at = 1; size - at >= PV_FRAME_HEADER;) {
        pv_frame_header h;
        uint8_t again[PV_FRAME_HEADER];
        if (!pv_fuzz_ok(pv_frame_parse(&h, "input", data + at))) {
            PV_FUZZ_CHECK(h.type == 0 && h.number == 0 && h.size == 0);
            return 0;
        }
        pv_frame_encode(again, &h);
        PV_FUZZ_CHECK(memcmp(again, data + at, sizeof again) == 0);
        pv_status s = pv_frame_allow(&h, "input", trusted, dialled, types, 2);
        if (s != PV_OK) {
            PV_FUZZ_CHECK(s == PV_ERR_PEER || s == PV_ERR_LIMIT);
            PV_FUZZ_CHECK(pv_trail_text()[0] != '\0');
            return 0;
        }
        PV_FUZZ_CHECK(h.size <= most(h.type));
        PV_FUZZ_CHECK(trusted || h.type == PV_TYPE_HELLO || h.type == PV_TYPE_WELCOME ||
                      h.type == PV_TYPE_REFUSE);
        at += PV_FRAME_HEADER;
        if (h.size > size - at) return 0;
        at += (size_t)h.size;
    }
    return 0;
}
