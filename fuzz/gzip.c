#include "codec/gzip.h"
#include "fuzz.h"

#include <string.h>

enum { MAX = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pv_bytes all;
    pv_gzip *g = NULL;
    uint8_t first[16];
    (void)pv_gzip_is(data, size);
    int ok = pv_fuzz_ok(pv_gzip_inflate(&all, "input", data, size, MAX));
    PV_FUZZ_CHECK(ok ? all.data != NULL && all.size <= MAX && all.data[all.size] == 0
                     : all.data == NULL && all.size == 0);
    if (pv_fuzz_ok(pv_gzip_open(&g, "input", data, size)) &&
        pv_fuzz_ok(pv_gzip_read(g, first, sizeof first, "the first bytes"))) {
        if (ok) PV_FUZZ_CHECK(memcmp(first, all.data, sizeof first) == 0);
        int ended = pv_fuzz_ok(pv_gzip_end(g));
        if (ok) PV_FUZZ_CHECK(ended == (all.size == sizeof first));
    }
    pv_gzip_free(g);
    pv_bytes_clear(&all);
    return 0;
}
