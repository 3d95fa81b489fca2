/* A message's payload: what was taken in is written again as the same bytes, since there is only
 * one way to write a list of tensors. */
#include "view/parts.h"
#include "fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pv_parts p;
    uint8_t *aligned = malloc(size + 1), *again = malloc(size + 1);
    memcpy(aligned, data, size);
    int ok = pv_fuzz_ok(pv_parts_parse(&p, "input", aligned, size));
    PV_FUZZ_CHECK(ok || (p.part == NULL && p.names == NULL && p.count == 0));
    if (ok) {
        PV_FUZZ_CHECK(p.count <= PV_PARTS_MAX && pv_parts_size(p.part, p.count) == size);
        PV_FUZZ_CHECK(pv_parts_encode(again, p.part, p.count) == PV_OK);
        PV_FUZZ_CHECK(memcmp(again, data, size) == 0);
        for (size_t i = 0; i < p.count; i++)
            PV_FUZZ_CHECK(pv_parts_find(&p, p.part[i].name) == &p.part[i] &&
                          (uintptr_t)p.part[i].data % 8 == 0);
    }
    pv_parts_clear(&p);
    free(again);
    free(aligned);
    return 0;
}
