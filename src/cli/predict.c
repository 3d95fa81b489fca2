#include "base/file.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "data/spec.h"
#include "privet/train.h"
#include "run/training.h"
#include <string.h>

typedef struct predict_args {
    const char *data, *model, *out;
} predict_args;

static const pv_option options[] = {
    {"model", 'm', PV_OPTION_PATH, "FILE", NULL, 0, 0, NULL, "a model that privet train wrote",
     offsetof(predict_args, model), 1, 0},
    {"data", 'd', PV_OPTION_TEXT, "SPEC", NULL, 0, 0, NULL,
     "the samples; the test split where the source has one and the SPEC names none",
     offsetof(predict_args, data), 1, 0},
    {"out", 'o', PV_OPTION_PATH, "FILE", NULL, 0, 0, NULL,
     "where the table is written; without it, standard output", offsetof(predict_args, out), 0, 0},
    PV_OPTION_END,
};

static int best(const float *probability, int classes)
{
    int k = 0;
    for (int i = 1; i < classes; i++)
        if (probability[i] > probability[k]) k = i;
    return k;
}

static pv_status table(pv_str *out, const pv_model *m, const pv_data *data, const float *p)
{
    int classes = pv_model_what(m).classes;
    PV_TRY(pv_str_append(out, "index,label,predicted"));
    for (int k = 0; k < classes; k++) {
        PV_TRY(pv_str_append(out, ","));
        PV_TRY(pv_str_append_csv(out, pv_model_class_name(m, k)));
    }
    PV_TRY(pv_str_append(out, "\n"));
    for (int64_t i = 0; i < pv_data_count(data); i++, p += classes) {
        PV_TRY(pv_str_printf(out, "%lld,", (long long)i));
        PV_TRY(pv_str_append_csv(out, pv_data_class_name(data, pv_data_label(data, i))));
        PV_TRY(pv_str_append(out, ","));
        PV_TRY(pv_str_append_csv(out, pv_model_class_name(m, best(p, classes))));
        for (int k = 0; k < classes; k++) PV_TRY(pv_str_printf(out, ",%.6g", (double)p[k]));
        PV_TRY(pv_str_append(out, "\n"));
    }
    return PV_OK;
}

static pv_status fill_rows(json_t *rows, const pv_model *m, const pv_data *data, const float *p)
{
    int classes = pv_model_what(m).classes;
    for (int64_t i = 0; i < pv_data_count(data); i++, p += classes) {
        json_t *row = json_object();
        PV_TRY(pv_json_append(rows, row));
        json_t *list = json_array();
        PV_TRY(pv_json_set(row, "probabilities", list));
        for (int k = 0; k < classes; k++)
            PV_TRY(pv_json_append(list, pv_json_number((double)p[k])));
        PV_TRY(pv_json_set(row, "index", json_integer(i)));
        PV_TRY(pv_json_set(row, "label",
                           pv_data_has_labels(data)
                               ? json_string(pv_data_class_name(data, pv_data_label(data, i)))
                               : json_null()));
        PV_TRY(
            pv_json_set(row, "predicted", json_string(pv_model_class_name(m, best(p, classes)))));
    }
    return PV_OK;
}

static pv_status fill(json_t *j, const predict_args *a, const char *spec, const pv_model *m,
                      const pv_data *data, const float *p)
{
    PV_TRY(pv_json_set(j, "model", json_string(a->model)));
    PV_TRY(pv_json_set(j, "data", json_string(spec)));
    json_t *classes = json_array();
    PV_TRY(pv_json_set(j, "classes", classes));
    for (int k = 0; k < pv_model_what(m).classes; k++)
        PV_TRY(pv_json_append(classes, json_string(pv_model_class_name(m, k))));
    json_t *rows = json_array();
    PV_TRY(pv_json_set(j, "predictions", rows));
    return fill_rows(rows, m, data, p);
}

static pv_status deliver(const pv_cli *cli, const predict_args *a, const char *spec,
                         const pv_model *m, const pv_data *data, const float *p)
{
    pv_str text = {0};
    json_t *j = NULL;
    pv_status status = PV_OK;
    if (cli->global.json) {
        j = json_object();
        PV_TRY_GOTO(fill(j, a, spec, m, data, p));
        PV_TRY_GOTO(pv_console_json(json_incref(j)));
        if (a->out == NULL) goto done;
    }
    PV_TRY_GOTO(table(&text, m, data, p));
    if (a->out == NULL)
        pv_console_print("%s", pv_str_text(&text));
    else
        PV_TRY_GOTO(pv_file_write(a->out, pv_str_text(&text), text.size, 0644));
done:
    json_decref(j);
    pv_str_clear(&text);
    return status;
}

static pv_status run(const pv_cli *cli, const void *opaque)
{
    const predict_args *a = opaque;
    pv_model *m = NULL;
    pv_data *data = NULL;
    float *probability = NULL;
    pv_str spec = {0};
    pv_status status = PV_OK;
    PV_TRY_GOTO(pv_model_load(&m, a->model));
    PV_TRY_GOTO(pv_spec_test(&spec, a->data, NULL));
    PV_TRY_GOTO(pv_data_open(&data, pv_str_text(&spec), &cli->ctx));
    PV_TRY_GOTO(pv_model_check_data(m, data));
    size_t count = (size_t)pv_data_count(data), classes = (size_t)pv_model_what(m).classes;
    probability = pv_alloc(count, classes * sizeof *probability);
    if (probability == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the probabilities of %zu samples", count);
    PV_TRY_GOTO(pv_predict(m, data, &cli->ctx, probability));
    PV_TRY_GOTO(deliver(cli, a, pv_str_text(&spec), m, data, probability));
done:
    pv_free(probability);
    pv_str_clear(&spec);
    pv_data_free(data);
    pv_model_free(m);
    return status;
}

const pv_command pv_command_predict = {
    .name = "predict",
    .summary = "what a trained model answers to each sample",
    .text = "Writes a table as CSV: the number of the sample, the label its source gives it, the "
            "class the model answers, and the probability of every class. With --json the same as "
            "one object.",
    .examples = "privet predict --model lenet5.safetensors --data images:DIR --out answers.csv",
    .options = options,
    .args_size = sizeof(predict_args),
    .run = run,
};
