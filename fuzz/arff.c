#include "codec/arff.h"
#include "fuzz_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pv_table t;
    pv_fuzz_table(pv_fuzz_ok(pv_arff_parse(&t, "input", data, size)), &t);
    pv_table_clear(&t);
    return 0;
}
