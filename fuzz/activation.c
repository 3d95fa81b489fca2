/* A form of activations of 2x2 pixels and 3 channels as a provider sends it, and rows in that form:
 * two bytes of the form's size, the form, the rows. */
#include "encode/complement/activation.h"
#include "fuzz.h"
#include <math.h>

enum { NUMBERS = 12, CHANNELS = 3, ROWS = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    float low[CHANNELS] = {0}, high[CHANNELS] = {1, 1, 1}, z[ROWS * NUMBERS];
    uint8_t bytes[ROWS * NUMBERS * 4];
    uint64_t clamped;
    pv_activation_form f;
    const pv_split_half half = {
        .activation = PV_SHAPE(2, 2, CHANNELS), .channels = CHANNELS, .low = low, .high = high};
    if (size < 2) return 0;
    size_t form = data[0] | (size_t)data[1] << 8;
    data += 2, size -= 2;
    if (form > size) form = size;
    if (!pv_fuzz_ok(pv_activation_form_parse(&f, "form", data, form, &half))) {
        PV_FUZZ_CHECK(f.low == NULL && f.high == NULL && f.basis == NULL);
        return 0;
    }
    data += form, size -= form;
    size_t each = pv_activation_bytes(&f);
    PV_FUZZ_CHECK(each >= 1 && each <= NUMBERS * 4 && f.numbers == NUMBERS);
    int64_t rows = (int64_t)(size / each) < ROWS ? (int64_t)(size / each) : ROWS;
    if (pv_fuzz_ok(pv_activation_decode(z, &f, "rows", data, rows))) {
        for (int64_t i = 0; f.rank == 0 && i < rows * NUMBERS; i++) PV_FUZZ_CHECK(isfinite(z[i]));
        pv_fuzz_ok(pv_activation_encode(bytes, &f, z, rows, &clamped));
        for (int64_t i = 0; f.bits == 32 && f.rank == 0 && i < rows * NUMBERS * 4; i++)
            PV_FUZZ_CHECK(bytes[i] == data[i]);
    }
    pv_activation_form_clear(&f);
    return 0;
}
