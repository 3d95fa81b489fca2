#include "wire/pem.h"
#include "fuzz.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pv_pem p;
    uint8_t sum = 0;
    int ok = pv_fuzz_ok(pv_pem_parse(&p, "input", data, size));
    PV_FUZZ_CHECK(ok == (p.label[0] != 0) && ok == (p.der != NULL));
    if (ok) PV_FUZZ_CHECK(strlen(p.label) < size && p.size < size);
    for (size_t i = 0; i < p.size; i++) sum ^= p.der[i];
    volatile uint8_t kept = sum;
    (void)kept;
    pv_pem_clear(&p);
    return 0;
}
