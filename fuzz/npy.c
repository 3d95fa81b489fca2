#include "codec/npy.h"
#include "fuzz.h"

#include <string.h>

/* What was read, written and read again is the same. */
static void round_trip(const pv_tensor *t)
{
    pv_tensor again;
    pv_writer w = pv_writer_make("copy", SIZE_MAX);
    pv_npy_header(&w, t);
    pv_writer_bytes(&w, t->data, pv_tensor_bytes(t));
    PV_FUZZ_CHECK(pv_writer_status(&w) == PV_OK);
    PV_FUZZ_CHECK(pv_npy_parse(&again, "copy", w.data, w.size) == PV_OK);
    PV_FUZZ_CHECK(again.dtype == t->dtype && pv_shape_equal(&again.shape, &t->shape));
    PV_FUZZ_CHECK(memcmp(again.data, t->data, pv_tensor_bytes(t)) == 0);
    pv_tensor_clear(&again);
    pv_writer_clear(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pv_tensor t;
    int ok = pv_fuzz_ok(pv_npy_parse(&t, "input", data, size));
    pv_fuzz_tensor(ok, &t);
    if (ok) round_trip(&t);
    pv_tensor_clear(&t);
    return 0;
}
