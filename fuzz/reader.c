/* The input is a program of takes (a byte each, some with arguments) and then the bytes to take. */
#include "wire/reader.h"
#include "fuzz.h"

#include "wire/utf8.h"
#include <string.h>

enum { STEPS = 64, TEXT = 40 };

static void take(pv_reader *r, uint8_t what)
{
    char text[TEXT];
    size_t n, before = r->at;
    const uint8_t *p = NULL;
    pv_status status = r->status;
    switch (what % 16) {
    case 0:
        (void)pv_reader_u8(r, "u8");
        break;
    case 1:
        (void)pv_reader_u16le(r, "u16le");
        break;
    case 2:
        (void)pv_reader_u16be(r, "u16be");
        break;
    case 3:
        (void)pv_reader_u32le(r, "u32le");
        break;
    case 4:
        (void)pv_reader_u32be(r, "u32be");
        break;
    case 5:
        (void)pv_reader_u64le(r, "u64le");
        break;
    case 6:
        (void)pv_reader_u64be(r, "u64be");
        break;
    case 7:
        (void)pv_reader_f32le(r, "f32le");
        break;
    case 8:
        (void)pv_reader_f64le(r, "f64le");
        break;
    case 9:
        p = pv_reader_bytes(r, what, "bytes");
        PV_FUZZ_CHECK((p != NULL) == (r->status == PV_OK));
        if (p != NULL) PV_FUZZ_CHECK(r->at == before + what && p == r->data + before);
        break;
    case 10:
        p = pv_reader_sized(r, what, &n, "sized");
        PV_FUZZ_CHECK(p != NULL ? n <= what && p + n == r->data + r->at : n == 0);
        break;
    case 11:
        pv_reader_string(r, text, sizeof text, "string");
        n = strlen(text);
        PV_FUZZ_CHECK(n < sizeof text && pv_utf8_check((const uint8_t *)text, n) == n);
        break;
    case 12:
        pv_reader_expect(r, "\1\2\3", 3, "magic");
        break;
    case 13:
        pv_reader_seek(r, before + what, "seek");
        break;
    case 14:
        pv_reader_require_max(r, what, 200, "limit");
        break;
    default:
        pv_reader_end(r);
        break;
    }
    PV_FUZZ_CHECK(r->at <= r->size && pv_reader_left(r) == r->size - r->at);
    if (status != PV_OK) PV_FUZZ_CHECK(r->status == status && r->at == r->size);
    if (r->status != PV_OK) PV_FUZZ_CHECK(pv_reader_left(r) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t steps = size < STEPS ? size : STEPS;
    pv_reader r = pv_reader_make("input", data + steps, size - steps);
    for (size_t i = 0; i < steps; i++) take(&r, data[i]);
    (void)pv_fuzz_ok(pv_reader_status(&r));
    return 0;
}
