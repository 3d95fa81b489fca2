/* The halves of a model with a secret: the first byte says whose half is expected. */
#include "encode/complement/activation.h"
#include "fuzz.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pv_split_half h, again;
    pv_bytes bytes;
    if (size < 1) return 0;
    const int provider = data[0] & 1;
    if (!pv_fuzz_ok(pv_split_half_parse(&h, "input", data + 1, size - 1, provider))) {
        PV_FUZZ_CHECK(h.model == NULL && h.low == NULL && h.basis == NULL);
        return 0;
    }
    PV_FUZZ_CHECK(h.model != NULL && h.provider == provider && h.channels >= 1 && h.cut.stage >= 1);
    PV_FUZZ_CHECK(pv_shape_count(&h.activation) % h.channels == 0);
    for (int64_t c = 0; c < h.channels; c++) PV_FUZZ_CHECK(h.low[c] <= h.high[c]);
    PV_FUZZ_CHECK(h.noise == 0 ? h.spread == 0
                               : h.noise > 0 && h.noise <= PV_FRONT_NOISE_MOST && h.spread > 0 &&
                                     isfinite((float)(h.noise * h.spread)));
    /* Written again it is the same half. */
    PV_FUZZ_CHECK(pv_split_half_bytes(&bytes, &h) == PV_OK);
    PV_FUZZ_CHECK(pv_split_half_parse(&again, "again", bytes.data, bytes.size, provider) == PV_OK);
    PV_FUZZ_CHECK(pv_hash_equal(&h.binding, &again.binding));
    PV_FUZZ_CHECK(again.noise == h.noise && again.spread == h.spread);
    pv_split_half_clear(&again);
    pv_bytes_clear(&bytes);
    /* What a role does with it. */
    for (int bits = 4; bits <= 32; bits *= bits == 8 ? 4 : 2) {
        pv_activation_form f = {0};
        PV_FUZZ_CHECK(pv_activation_form_init(&f, &h, bits) == PV_OK);
        if (provider && h.rank > 0) PV_FUZZ_CHECK(pv_activation_project(&f, &h) == PV_OK);
        pv_activation_form_clear(&f);
    }
    pv_split_half_clear(&h);
    return 0;
}
