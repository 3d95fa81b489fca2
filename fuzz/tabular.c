#include "data/tabular.h"
#include "codec/csv.h"
#include "fuzz_option.h"
#include <math.h>
#include <string.h>

/* Two CSV files, training and test data, with a line "===" between them; without it, one file. */
static void look_at(const pv_store *store)
{
    int64_t n = store->samples.shape.dim[0], size = pv_store_sample_count(store);
    PV_FUZZ_CHECK(store->features.n == (size_t)size);
    for (int64_t i = 0; i < n; i++)
        PV_FUZZ_CHECK(store->label[i] >= 0 && (size_t)store->label[i] < store->classes.n);
    for (int64_t i = 0; i < n * size; i++)
        PV_FUZZ_CHECK(isfinite(((const float *)store->samples.data)[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const specs[] = {"csv:x", "csv:x?missing=mean",
                                        "csv:x?missing=drop&label=y&drop=z"};
    pv_table training = {0}, table = {0};
    const uint8_t *line = memmem(data, size, "===\n", 4);
    size_t first = line == NULL ? size : (size_t)(line - data);
    int ok = pv_fuzz_ok(pv_csv_parse(&training, "training", data, first, (pv_csv_options){0}));
    if (ok && line != NULL)
        ok = pv_fuzz_ok(
            pv_csv_parse(&table, "test", line + 4, size - first - 4, (pv_csv_options){0}));
    for (int i = 0; ok && i < 3; i++) {
        pv_store store = {0};
        pv_spec spec;
        if (pv_fuzz_option(pv_spec_parse(&spec, specs[i])) &&
            pv_fuzz_option(
                pv_tabular_fill(&store, &spec, "x", line == NULL ? &training : &table, &training)))
            look_at(&store);
        pv_store_clear(&store);
        pv_spec_clear(&spec);
    }
    pv_table_clear(&training);
    pv_table_clear(&table);
    return 0;
}
