#include "codec/safetensors.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pv_safetensors *s = NULL;
    pv_tensor t;
    size_t total = 0;
    int ok = pv_fuzz_ok(pv_safetensors_parse(&s, "input", data, size));
    PV_FUZZ_CHECK(ok == (s != NULL));
    for (int i = 0; ok && i < pv_safetensors_count(s); i++) {
        const char *name = pv_safetensors_name(s, i);
        pv_shape shape = pv_safetensors_shape(s, i);
        PV_FUZZ_CHECK(pv_safetensors_find(s, name) == i);
        PV_FUZZ_CHECK(pv_safetensors_get(s, name, &t) == PV_OK); /* all was checked when parsing */
        pv_fuzz_tensor(1, &t);
        PV_FUZZ_CHECK(t.dtype == pv_safetensors_dtype(s, i) && pv_shape_equal(&t.shape, &shape));
        total += pv_tensor_bytes(&t);
        pv_tensor_clear(&t);
    }
    if (ok) PV_FUZZ_CHECK(total < size);
    if (ok) (void)pv_safetensors_metadata(s, "model");
    pv_safetensors_free(s);
    return 0;
}
