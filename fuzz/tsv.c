#include "codec/tsv.h"
#include "fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pv_tsv t;
    size_t total = 0;
    int ok = pv_fuzz_ok(pv_tsv_parse(&t, "input", data, size));
    PV_FUZZ_CHECK(ok ? t.ncolumns > 0 : t.names == NULL && t.cells == NULL && t.text.data == NULL);
    for (int i = 0; i < t.ncolumns; i++) PV_FUZZ_CHECK(pv_tsv_find(&t, t.names[i]) == i);
    for (int64_t i = 0; i < t.nrows * t.ncolumns; i++) total += strlen(t.cells[i]);
    PV_FUZZ_CHECK(total <= size);
    pv_tsv_clear(&t);
    return 0;
}
