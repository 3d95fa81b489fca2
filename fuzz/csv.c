#include "codec/csv.h"
#include "fuzz_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const pv_csv_options options[] = {{0}, {.separator = ';'}, {.nominal = "label"}};
    pv_table t;
    for (int i = 0; i < 3; i++) {
        pv_fuzz_table(pv_fuzz_ok(pv_csv_parse(&t, "input", data, size, options[i])), &t);
        pv_table_clear(&t);
    }
    return 0;
}
