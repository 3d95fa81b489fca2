#include "codec/npz.h"
#include "fuzz.h"

enum { MEMBERS = 16 }; /* enough of them: each costs a reading of its array */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pv_npz *z = NULL;
    pv_tensor t;
    int ok = pv_fuzz_ok(pv_npz_parse(&z, "input", data, size));
    PV_FUZZ_CHECK(ok == (z != NULL));
    for (int i = 0; ok && i < pv_npz_count(z) && i < MEMBERS; i++) {
        PV_FUZZ_CHECK(pv_npz_has(z, pv_npz_name(z, i)));
        pv_fuzz_tensor(pv_fuzz_ok(pv_npz_get(z, pv_npz_name(z, i), &t)), &t);
        pv_tensor_clear(&t);
    }
    if (ok) pv_fuzz_tensor(pv_fuzz_ok(pv_npz_get(z, "no such array", &t)), &t);
    if (ok) pv_tensor_clear(&t);
    pv_npz_free(z);
    return 0;
}
