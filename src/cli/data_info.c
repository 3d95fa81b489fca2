#include "cli/commands.h"
#include "cli/console.h"
#include "codec/png.h"
#include "privet/data.h"

typedef struct info_args {
    const char *spec, *sheet;
    int64_t per_class;
} info_args;

static const pv_option options[] = {
    {NULL, 0, PV_OPTION_TEXT, "SPEC", NULL, 0, 0, NULL, "the data set (privet list data)",
     offsetof(info_args, spec), 1, 0},
    {"sheet", 0, PV_OPTION_PATH, "FILE", NULL, 0, 0, NULL,
     "write a contact sheet of the images, a row for each class, as PNG",
     offsetof(info_args, sheet), 0, 0},
    {"per-class", 0, PV_OPTION_INTEGER, "N", "16", 1, 200, NULL,
     "samples of each class on the sheet", offsetof(info_args, per_class), 0, 0},
    PV_OPTION_END,
};

enum { COLUMNS_SHOWN = 50 }; /* of a table, on paper; --json has all */

static const char *kind_name(pv_data_kind kind)
{
    switch (kind) {
    case PV_DATA_IMAGE:
        return "images";
    case PV_DATA_TABLE:
        return "table";
    case PV_DATA_TEXT:
        return "text";
    }
    return "?";
}

static const char *column_name(const pv_data *data, int i, char buffer[32])
{
    if (pv_data_what(data) == PV_DATA_TABLE) return pv_data_feature_name(data, i);
    snprintf(buffer, 32, pv_data_what(data) == PV_DATA_IMAGE ? "channel %d" : "tokens", i);
    return buffer;
}

static pv_status fill_columns(json_t *columns, const pv_data *data, const pv_data_stats *s)
{
    char name[32];
    for (int i = 0; i < s->columns; i++) {
        json_t *one = json_object();
        PV_TRY(pv_json_append(columns, one));
        PV_TRY(pv_json_set(one, "name", json_string(column_name(data, i, name))));
        PV_TRY(pv_json_set(one, "min", pv_json_number(s->min[i])));
        PV_TRY(pv_json_set(one, "max", pv_json_number(s->max[i])));
        PV_TRY(pv_json_set(one, "mean", pv_json_number(s->mean[i])));
        PV_TRY(pv_json_set(one, "std", pv_json_number(s->std[i])));
    }
    return PV_OK;
}

static pv_status fill(json_t *j, const char *spec, const pv_data *data, const pv_data_stats *s)
{
    pv_shape shape = pv_data_sample_shape(data);
    PV_TRY(pv_json_set(j, "data", json_string(spec)));
    PV_TRY(pv_json_set(j, "kind", json_string(kind_name(pv_data_what(data)))));
    PV_TRY(pv_json_set(j, "count", json_integer(pv_data_count(data))));
    json_t *dims = json_array();
    PV_TRY(pv_json_set(j, "shape", dims));
    for (int i = 0; i < shape.ndim; i++) PV_TRY(pv_json_append(dims, json_integer(shape.dim[i])));
    json_t *classes = json_array();
    PV_TRY(pv_json_set(j, "classes", classes));
    for (int i = 0; i < pv_data_classes(data); i++) {
        json_t *one = json_object();
        PV_TRY(pv_json_append(classes, one));
        PV_TRY(pv_json_set(one, "name", json_string(pv_data_class_name(data, i))));
        PV_TRY(pv_json_set(one, "count", json_integer(s->class_count[i])));
    }
    json_t *columns = json_array();
    PV_TRY(pv_json_set(j, "columns", columns));
    PV_TRY(fill_columns(columns, data, s));
    PV_TRY(pv_json_set(j, "vocabulary", json_integer(pv_data_vocabulary(data))));
    PV_TRY(pv_json_set(j, "missing", json_integer(s->missing)));
    return pv_json_set(j, "dropped", json_integer(s->dropped));
}

static void print(const char *spec, const pv_data *data, const pv_data_stats *s)
{
    char text[PV_SHAPE_TEXT], name[32];
    pv_shape shape = pv_data_sample_shape(data);
    pv_console_print("%s: %s, %lld samples", spec, kind_name(pv_data_what(data)),
                     (long long)pv_data_count(data));
    if (pv_data_has_features(data))
        pv_console_print(" of %s, ", pv_shape_text(&shape, text));
    else
        pv_console_print(" without features, ");
    if (pv_data_has_labels(data))
        pv_console_print("%d classes\n", pv_data_classes(data));
    else
        pv_console_print("no labels\n");
    for (int i = 0; i < pv_data_classes(data); i++)
        pv_console_print("  class %-16s %9lld\n", pv_data_class_name(data, i),
                         (long long)s->class_count[i]);
    if (pv_data_vocabulary(data) > 0)
        pv_console_print("  vocabulary %d\n", pv_data_vocabulary(data));
    if (s->missing > 0 || s->dropped > 0)
        pv_console_print("  missing values %lld, rows dropped %lld\n", (long long)s->missing,
                         (long long)s->dropped);
    if (s->columns == 0) return;
    pv_console_print("  %-22s %12s %12s %12s %12s\n", "column", "min", "max", "mean", "std");
    for (int i = 0; i < s->columns && i < COLUMNS_SHOWN; i++)
        pv_console_print("  %-22s %12.5g %12.5g %12.5g %12.5g\n", column_name(data, i, name),
                         s->min[i], s->max[i], s->mean[i], s->std[i]);
    if (s->columns > COLUMNS_SHOWN)
        pv_console_print("  and %d more columns\n", s->columns - COLUMNS_SHOWN);
}

static pv_status run(const pv_cli *cli, const void *opaque)
{
    const info_args *a = opaque;
    pv_data *data = NULL;
    pv_data_stats stats = {0};
    pv_tensor sheet = {0};
    json_t *j = NULL;
    pv_status status = PV_OK;
    PV_TRY_GOTO(pv_data_open(&data, a->spec, &cli->ctx));
    PV_TRY_GOTO(pv_data_stats_init(&stats, data));
    if (a->sheet != NULL) {
        PV_TRY_GOTO(pv_data_contact_sheet(&sheet, data, (int)a->per_class));
        PV_TRY_GOTO(pv_png_save(a->sheet, &sheet));
    }
    if (cli->global.json) {
        j = json_object();
        PV_TRY_GOTO(fill(j, a->spec, data, &stats));
        PV_TRY_GOTO(pv_console_json(json_incref(j)));
    } else {
        print(a->spec, data, &stats);
    }
done:
    json_decref(j);
    pv_tensor_clear(&sheet);
    pv_data_stats_clear(&stats);
    pv_data_free(data);
    return status;
}

const pv_command pv_command_data_info = {
    .name = "data info",
    .summary = "counts, shapes, classes and ranges of a data set",
    .text =
        "Images are shown by channel, on the scale from 0 to 1; tables by feature, in their own "
        "units; texts by their length in tokens.",
    .examples = "privet data info glyphs --sheet glyphs.png\nprivet data info csv:FILE --json",
    .options = options,
    .args_size = sizeof(info_args),
    .run = run,
};
