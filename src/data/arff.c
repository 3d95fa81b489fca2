#include "codec/arff.h"
#include "data/splitfile.h"
#include "data/tabular.h"

static pv_status open_arff(pv_store *store, const pv_spec *spec, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    pv_splitfile file;
    pv_table table = {0}, training = {0};
    (void)ctx;
    PV_TRY(pv_splitfile_find(&file, spec, "arff"));
    PV_TRY_GOTO(pv_arff_load(&table, file.path));
    if (file.training != NULL) PV_TRY_GOTO(pv_arff_load(&training, file.training));
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
    return pv_splitfile_has_test(spec, "arff");
}

static const pv_data_option options[] = {PV_SOURCE_OPTIONS, PV_TABULAR_OPTIONS, {0}};

const pv_source pv_source_arff = {
    .about = {"arff", "FILE", "a table in Weka's format", options},
    .open = open_arff,
    .has_test = has_test,
};
