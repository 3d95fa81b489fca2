#include "cli/commands.h"
#include "cli/console.h"
#include "privet/data.h"

typedef struct convert_args {
    const char *spec, *target;
} convert_args;

static const pv_option options[] = {
    {NULL, 0, PV_OPTION_TEXT, "SPEC", NULL, 0, 0, NULL, "the data set to read",
     offsetof(convert_args, spec), 1, 0},
    {NULL, 0, PV_OPTION_TEXT, "TARGET", NULL, 0, 0, NULL,
     "where to write it: npz:FILE (anything), csv:FILE (tables), images:DIR (images), mnist:DIR "
     "(grey images; with ?split=test the test pair)",
     offsetof(convert_args, target), 1, 0},
    PV_OPTION_END,
};

static pv_status run(const pv_cli *cli, const void *opaque)
{
    const convert_args *a = opaque;
    pv_data *data = NULL;
    json_t *j = NULL;
    pv_status status = PV_OK;
    PV_TRY_GOTO(pv_data_open(&data, a->spec, &cli->ctx));
    PV_TRY_GOTO(pv_data_write(data, a->target));
    if (cli->global.json) {
        j = json_object();
        PV_TRY_GOTO(pv_json_set(j, "data", json_string(a->spec)));
        PV_TRY_GOTO(pv_json_set(j, "out", json_string(a->target)));
        PV_TRY_GOTO(pv_json_set(j, "count", json_integer(pv_data_count(data))));
        PV_TRY_GOTO(pv_console_json(json_incref(j)));
    } else {
        pv_console_print("%s: %lld samples\n", a->target, (long long)pv_data_count(data));
    }
done:
    json_decref(j);
    pv_data_free(data);
    return status;
}

const pv_command pv_command_data_convert = {
    .name = "data convert",
    .summary = "write a data set in another format",
    .examples = "privet data convert images:DIR npz:photos.npz\n"
                "privet data convert glyphs?limit=1000 images:glyphs",
    .options = options,
    .args_size = sizeof(convert_args),
    .run = run,
};
