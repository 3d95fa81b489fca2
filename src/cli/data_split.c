#include "base/file.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "privet/data.h"

typedef struct split_args {
    const char *spec, *out;
    int64_t parts;
    double alpha;
} split_args;

static const pv_option options[] = {
    {NULL, 0, PV_OPTION_TEXT, "SPEC", NULL, 0, 0, NULL, "the data set to split",
     offsetof(split_args, spec), 1, 0},
    {"out", 'o', PV_OPTION_PATH, "FOLDER", NULL, 0, 0, NULL,
     "where part-1.npz, part-2.npz, ... are written", offsetof(split_args, out), 1, 0},
    {"parts", 'k', PV_OPTION_INTEGER, "K", "2", 1, 10000, NULL, "number of parts",
     offsetof(split_args, parts), 0, 0},
    {"alpha", 0, PV_OPTION_REAL, "A", "0", 0, 1e6, NULL,
     "class proportions of each part drawn from Dirichlet(A): small is uneven; 0 for a plain "
     "shuffle",
     offsetof(split_args, alpha), 0, 0},
    PV_OPTION_END,
};

static pv_status write_part(const pv_data *part, const char *folder, int k, json_t *files)
{
    pv_str target = {0};
    pv_data_stats stats = {0};
    pv_status status = PV_OK;
    json_t *one = json_object();
    PV_TRY_GOTO(pv_json_append(files, json_incref(one)));
    PV_TRY_GOTO(pv_str_printf(&target, "npz:%s/part-%d.npz", folder, k + 1));
    PV_TRY_GOTO(pv_data_write(part, pv_str_text(&target)));
    PV_TRY_GOTO(pv_data_stats_init(&stats, part));
    PV_TRY_GOTO(pv_json_set(one, "data", json_string(pv_str_text(&target))));
    PV_TRY_GOTO(pv_json_set(one, "count", json_integer(pv_data_count(part))));
    json_t *counts = json_array();
    PV_TRY_GOTO(pv_json_set(one, "class_counts", counts));
    for (int i = 0; i < pv_data_classes(part); i++)
        PV_TRY_GOTO(pv_json_append(counts, json_integer(stats.class_count[i])));
done:
    json_decref(one);
    pv_data_stats_clear(&stats);
    pv_str_clear(&target);
    return status;
}

static void print(json_t *files)
{
    size_t i, k;
    json_t *one, *count;
    json_array_foreach(files, i, one)
    {
        pv_console_print("%s: %lld samples; by class",
                         json_string_value(json_object_get(one, "data")),
                         (long long)json_integer_value(json_object_get(one, "count")));
        json_array_foreach(json_object_get(one, "class_counts"), k, count)
            pv_console_print(" %lld", (long long)json_integer_value(count));
        pv_console_print("\n");
    }
}

static pv_status run(const pv_cli *cli, const void *opaque)
{
    const split_args *a = opaque;
    pv_data *data = NULL, **part = NULL;
    json_t *j = json_object(), *files = json_array();
    int k = (int)a->parts;
    pv_status status = PV_OK;
    PV_TRY_GOTO(pv_json_set(j, "parts", json_incref(files)));
    part = pv_calloc((size_t)k, sizeof *part);
    if (part == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for %d parts", k);
    PV_TRY_GOTO(pv_data_open(&data, a->spec, &cli->ctx));
    PV_TRY_GOTO(pv_data_split(part, k, data, a->alpha, (uint64_t)cli->global.seed));
    PV_TRY_GOTO(pv_folder_make(a->out));
    for (int i = 0; i < k; i++) PV_TRY_GOTO(write_part(part[i], a->out, i, files));
    if (cli->global.json)
        PV_TRY_GOTO(pv_console_json(json_incref(j)));
    else
        print(files);
done:
    for (int i = 0; part != NULL && i < k; i++) pv_data_free(part[i]);
    pv_free(part);
    pv_data_free(data);
    json_decref(files);
    json_decref(j);
    return status;
}

const pv_command pv_command_data_split = {
    .name = "data split",
    .summary = "deal a data set out to several parties",
    .text = "Writes equal shares as NPZ files. With --alpha the proportions of the classes differ "
            "from part to part (Hsu, Qi, Brown 2019).",
    .examples = "privet data split --parts 4 --alpha 0.5 --out shares csv:FILE",
    .options = options,
    .args_size = sizeof(split_args),
    .run = run,
};
