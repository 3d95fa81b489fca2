#include "codec/png.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pv_tensor t;
    pv_fuzz_tensor(pv_fuzz_ok(pv_png_parse(&t, "input", data, size)), &t);
    pv_tensor_clear(&t);
    return 0;
}
