#include "fuzz.h"
#include "nn/model_i.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pv_safetensors *s;
    pv_model *m = NULL;
    if (!pv_fuzz_ok(pv_safetensors_parse(&s, "input", data, size))) return 0;
    int ok = pv_fuzz_ok(pv_model_read(&m, s, "input"));
    PV_FUZZ_CHECK(ok == (m != NULL));
    for (int i = 0; ok && i < pv_model_params(m); i++) pv_fuzz_tensor(1, pv_model_param(m, i));
    pv_model_free(m);
    pv_safetensors_free(s);
    return 0;
}
