#include "fuzz.h"
#include "view/transcript.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t key[32] = {1};
    const pv_hash scenario = {{0}};
    uint8_t again[PV_SEAL_BYTES];
    pv_seal s;
    int ok = pv_fuzz_ok(pv_seal_parse(&s, "input", data, size));
    PV_FUZZ_CHECK(ok == (size == PV_SEAL_BYTES));
    if (!ok) return 0;
    pv_seal_encode(again, &s);
    PV_FUZZ_CHECK(memcmp(again, data, size) == 0);
    PV_FUZZ_CHECK(pv_seal_check(&s, key, &scenario, "a", "b") == PV_ERR_AUTH);
    pv_trail_clear();
    return 0;
}
