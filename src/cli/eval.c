#include "cli/commands.h"
#include "cli/console.h"
#include "cli/hidden.h"
#include "data/spec.h"
#include "privet/metric.h"
#include "privet/train.h"
#include "run/training.h"
#include <math.h>
#include <string.h>

typedef struct eval_args {
    const char *data, *model;
    double holdout;
    int confusion;
} eval_args;

static const pv_option options[] = {
    {"model", 'm', PV_OPTION_PATH, "FILE", NULL, 0, 0, NULL, "a model that privet train wrote",
     offsetof(eval_args, model), 1, 0},
    {"data", 'd', PV_OPTION_TEXT, "SPEC", NULL, 0, 0, NULL,
     "the data set; its test split where it has one and the SPEC names none",
     offsetof(eval_args, data), 1, 0},
    {"holdout", 0, PV_OPTION_REAL, "SHARE", "0", 0, 0.9, NULL,
     "measure on the share that privet train --holdout set aside with the same seed",
     offsetof(eval_args, holdout), 0, 0},
    {"confusion", 'c', PV_OPTION_FLAG, NULL, NULL, 0, 0, NULL,
     "print which class was taken for which", offsetof(eval_args, confusion), 0, 0},
    PV_OPTION_END,
};

static int64_t hits(const pv_evaluation *e)
{
    int64_t n = 0;
    for (int i = 0; i < e->classes; i++) n += e->confusion[(int64_t)i * e->classes + i];
    return n;
}

static pv_status fill_classes(json_t *j, const pv_model *m, const pv_evaluation *e)
{
    json_t *classes = json_array();
    PV_TRY(pv_json_set(j, "classes", classes));
    json_t *accuracies = json_array();
    PV_TRY(pv_json_set(j, "class_accuracy", accuracies));
    json_t *confusion = json_array();
    PV_TRY(pv_json_set(j, "confusion", confusion));
    for (int i = 0; i < e->classes; i++) {
        json_t *row = json_array();
        PV_TRY(pv_json_append(confusion, row));
        PV_TRY(pv_json_append(classes, json_string(pv_model_class_name(m, i))));
        PV_TRY(pv_json_append(accuracies, pv_json_number(e->class_accuracy[i])));
        for (int k = 0; k < e->classes; k++)
            PV_TRY(pv_json_append(row, json_integer(e->confusion[(int64_t)i * e->classes + k])));
    }
    return PV_OK;
}

static pv_status print_json(const char *model, const char *data, const pv_model *m,
                            const pv_evaluation *e)
{
    pv_interval i = pv_clopper_pearson(hits(e), e->count, 0.95);
    json_t *j = json_object(), *interval = json_array();
    pv_status status = PV_OK;
    PV_TRY_GOTO(pv_json_set(j, "interval", json_incref(interval)));
    PV_TRY_GOTO(pv_json_append(interval, pv_json_number(i.low)));
    PV_TRY_GOTO(pv_json_append(interval, pv_json_number(i.high)));
    PV_TRY_GOTO(pv_json_set(j, "model", json_string(model)));
    PV_TRY_GOTO(pv_json_set(j, "data", json_string(data)));
    PV_TRY_GOTO(pv_json_set(j, "count", json_integer(e->count)));
    PV_TRY_GOTO(pv_json_set(j, "correct", json_integer(hits(e))));
    PV_TRY_GOTO(pv_json_set(j, "accuracy", pv_json_number(e->accuracy)));
    PV_TRY_GOTO(pv_json_set(j, "loss", pv_json_number(e->loss)));
    PV_TRY_GOTO(pv_json_set(j, "seconds", pv_json_number(e->seconds)));
    PV_TRY_GOTO(fill_classes(j, m, e));
    PV_TRY_GOTO(pv_console_json(json_incref(j)));
done:
    json_decref(interval);
    json_decref(j);
    return status;
}

static void print_confusion(const pv_model *m, const pv_evaluation *e)
{
    int width = 5;
    for (int i = 0; i < e->classes; i++) {
        int n = (int)strlen(pv_model_class_name(m, i));
        if (n > width) width = n < 12 ? n : 12;
    }
    pv_console_print("\nrows: what it is; columns: what the model answered\n%*s", width, "");
    for (int k = 0; k < e->classes; k++)
        pv_console_print(" %*.*s", width, width, pv_model_class_name(m, k));
    for (int i = 0; i < e->classes; i++) {
        pv_console_print("\n%*.*s", width, width, pv_model_class_name(m, i));
        for (int k = 0; k < e->classes; k++)
            pv_console_print(" %*lld", width, (long long)e->confusion[(int64_t)i * e->classes + k]);
    }
    pv_console_print("\n");
}

static void print(const char *data, const pv_model *m, const pv_evaluation *e, int confusion)
{
    pv_interval all = pv_clopper_pearson(hits(e), e->count, 0.95);
    pv_console_print("%s on %s\naccuracy  %.2f %%, %lld of %lld (95 %% interval %.2f to %.2f)\n"
                     "loss      %.4f\n",
                     pv_model_name(m), data, 100 * e->accuracy, (long long)hits(e),
                     (long long)e->count, 100 * all.low, 100 * all.high, e->loss);
    for (int i = 0; i < e->classes; i++)
        if (!isnan(e->class_accuracy[i]))
            pv_console_print("  %-12s %6.2f %%\n", pv_model_class_name(m, i),
                             100 * e->class_accuracy[i]);
    if (confusion) print_confusion(m, e);
}

/* A model with a secret: for every value of it. */
static pv_status evaluate_hidden(const pv_cli *cli, const eval_args *a, const char *spec,
                                 const pv_data *data)
{
    pv_status status = PV_OK;
    pv_hidden h = {0};
    pv_hidden_score score = {0};
    json_t *j = NULL;
    PV_TRY_GOTO(pv_hidden_load(&h, a->model));
    if (a->confusion)
        PV_FAIL_GOTO(PV_ERR_OPTION,
                     "eval: %s has a secret, which changes what is taken for what: --confusion "
                     "does not go with it",
                     a->model);
    PV_TRY_GOTO(pv_hidden_measure(&score, &h, data, (uint64_t)cli->global.seed, &cli->ctx));
    if (!cli->global.json) {
        pv_console_print("%s on %s\n", pv_model_name(h.model), spec);
        pv_hidden_print(&h, &score);
        goto done;
    }
    j = json_object();
    PV_TRY_GOTO(pv_json_set(j, "model", json_string(a->model)));
    PV_TRY_GOTO(pv_json_set(j, "data", json_string(spec)));
    PV_TRY_GOTO(pv_json_set(j, "seconds", pv_json_number(score.seconds)));
    PV_TRY_GOTO(pv_hidden_fill_json(j, &h, &score));
    PV_TRY_GOTO(pv_console_json(json_incref(j)));
done:
    json_decref(j);
    pv_hidden_score_clear(&score);
    pv_hidden_clear(&h);
    return status;
}

static pv_status evaluate(const pv_cli *cli, const eval_args *a, const char *spec,
                          const pv_model *m, const pv_data *data)
{
    pv_status status = PV_OK;
    pv_evaluation e = {0};
    PV_TRY_GOTO(pv_evaluate(m, data, &cli->ctx, &e));
    if (cli->global.json)
        PV_TRY_GOTO(print_json(a->model, spec, m, &e));
    else
        print(spec, m, &e, a->confusion);
done:
    pv_evaluation_clear(&e);
    return status;
}

static pv_status run(const pv_cli *cli, const void *opaque)
{
    const eval_args *a = opaque;
    pv_model *m = NULL;
    pv_data *data = NULL, *rest = NULL, *held_out = NULL;
    pv_str spec = {0};
    pv_status status = PV_OK;
    PV_TRY_GOTO(pv_model_load(&m, a->model));
    if (a->holdout > 0)
        PV_TRY_GOTO(pv_str_append(&spec, a->data));
    else
        PV_TRY_GOTO(pv_spec_test(&spec, a->data, NULL));
    PV_TRY_GOTO(pv_data_open(&data, pv_str_text(&spec), &cli->ctx));
    if (a->holdout > 0)
        PV_TRY_GOTO(
            pv_data_holdout(&rest, &held_out, data, a->holdout, (uint64_t)cli->global.seed));
    PV_TRY_GOTO(pv_data_complete(data));
    PV_TRY_GOTO(pv_model_check_data(m, data));
    const pv_data *chosen = held_out != NULL ? held_out : data;
    if (pv_model_has_secret(m))
        PV_TRY_GOTO(evaluate_hidden(cli, a, pv_str_text(&spec), chosen));
    else
        PV_TRY_GOTO(evaluate(cli, a, pv_str_text(&spec), m, chosen));
done:
    pv_str_clear(&spec);
    pv_data_free(held_out);
    pv_data_free(rest);
    pv_data_free(data);
    pv_model_free(m);
    return status;
}

const pv_command pv_command_eval = {
    .name = "eval",
    .summary = "how often a trained model is right",
    .text =
        "Measures a model on labelled data: accuracy with its 95 % Clopper-Pearson interval, "
        "mean cross entropy in nats, accuracy by class and, with --confusion or --json, the "
        "confusion matrix. A model with a secret (privet retrain) is measured under every value "
        "of it; the labels are those turned back.",
    .examples = "privet eval --model lenet5.safetensors --data mnist:DIR --confusion",
    .options = options,
    .args_size = sizeof(eval_args),
    .run = run,
};
