#include "codec/cifar.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pv_tensor images, labels;
    int ok = pv_fuzz_ok(pv_cifar_parse(&images, &labels, "input", data, size));
    pv_fuzz_tensor(ok, &images);
    pv_fuzz_tensor(ok, &labels);
    if (ok) PV_FUZZ_CHECK(pv_tensor_bytes(&images) + (size_t)pv_tensor_count(&labels) == size);
    pv_tensor_clear(&images);
    pv_tensor_clear(&labels);
    return 0;
}
