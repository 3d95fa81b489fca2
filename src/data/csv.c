#include "codec/csv.h"
#include "data/splitfile.h"
#include "data/tabular.h"
#include <string.h>

static pv_status open_csv(pv_store *store, const pv_spec *spec, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    pv_splitfile file;
    pv_table table = {0}, training = {0};
    const char *label = pv_spec_get(spec, "label");
    pv_csv_options how = {.nominal = label != NULL && strcmp(label, "none") == 0 ? NULL : label};
    (void)ctx;
    PV_TRY(pv_splitfile_find(&file, spec, "csv"));
    PV_TRY_GOTO(pv_csv_load(&table, file.path, how));
    if (file.training != NULL) PV_TRY_GOTO(pv_csv_load(&training, file.training, how));
    PV_TRY_GOTO(pv_tabular_fill(store, spec, file.path, &table,
                                file.training != NULL ? &training : &table));
done:
    pv_table_clear(&table);
    pv_table_clear(&training);
    pv_splitfile_clear(&file);
    return status;
}

static int has_test(const pv_spec *spec)
{
    return pv_splitfile_has_test(spec, "csv");
}

static const pv_data_option options[] = {PV_SOURCE_OPTIONS, PV_TABULAR_OPTIONS, {0}};

const pv_source pv_source_csv = {
    .about = {"csv", "FILE", "a table of comma-separated values under a header line", options},
    .open = open_csv,
    .has_test = has_test,
};
