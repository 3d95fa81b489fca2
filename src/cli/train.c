#include "base/file.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/training_options.h"
#include "privet/metric.h"
#include "run/machine.h"
#include "run/training_page.h"
#include <math.h>
#include <string.h>

typedef struct train_args {
    const char *data, *model, *test, *out, *checkpoint, *log, *report;
    double holdout, validation, warmup;
    int64_t patience, repeat;
    int resume, watch;
    pv_training_args learning;
} train_args;

#define AT(field) offsetof(train_args, field)

static const pv_option options[] = {
    {"data", 'd', PV_OPTION_TEXT, "SPEC", NULL, 0, 0, NULL,
     "the data set, as in mnist:DIR or csv:FILE; privet list data shows all", AT(data), 1, 0},
    {"model", 'm', PV_OPTION_TEXT, "NAME", NULL, 0, 0, NULL,
     "a model of the zoo (privet list models) or the path of a model text", AT(model), 1, 0},
    {"out", 'o', PV_OPTION_PATH, "FILE", NULL, 0, 0, NULL,
     "where the trained model is written, as safetensors; without it the model is not kept",
     AT(out), 0, 0},
    {"test", 0, PV_OPTION_TEXT, "SPEC", NULL, 0, 0, NULL,
     "test data; without it, the source's own test split where it has one", AT(test), 0, 0},
    {"holdout", 0, PV_OPTION_REAL, "SHARE", "0", 0, 0.9, NULL,
     "share of the data set aside for testing, stratified by class, by the seed", AT(holdout), 0,
     0},
    {"validation", 0, PV_OPTION_REAL, "SHARE", "0", 0, 0.9, NULL,
     "share of the training data measured after each epoch instead of trained on", AT(validation),
     0, 0},
    PV_TRAINING_OPTIONS(train_args, learning){
        "warmup", 0, PV_OPTION_REAL, "EPOCHS", NULL, 0, 1000, NULL,
        "epochs over which the learning rate first rises", AT(warmup), 0, 0},
    {"patience", 0, PV_OPTION_INTEGER, "N", "0", 0, 100000, NULL,
     "stop after so many epochs without a better validation loss and keep the best; 0 for off",
     AT(patience), 0, 0},
    {"watch", 0, PV_OPTION_FLAG, NULL, NULL, 0, 0, NULL,
     "measure on the test data after each epoch, too; nothing is chosen by it", AT(watch), 0, 0},
    {"checkpoint", 0, PV_OPTION_PATH, "FOLDER", NULL, 0, 0, NULL,
     "where the state is saved after each epoch and when interrupted", AT(checkpoint), 0, 0},
    {"resume", 0, PV_OPTION_FLAG, NULL, NULL, 0, 0, NULL,
     "go on from the checkpoint, when there is one", AT(resume), 0, 0},
    {"log", 0, PV_OPTION_PATH, "FILE", NULL, 0, 0, NULL, "one JSON object an epoch is written here",
     AT(log), 0, 0},
    {"report", 0, PV_OPTION_PATH, "FOLDER", NULL, 0, 0, NULL,
     "write a page about the run, report.html, and results.json here", AT(report), 0, 0},
    {"repeat", 0, PV_OPTION_INTEGER, "N", "1", 1, 10000, NULL,
     "train afresh on N stratified splits (--holdout, or 0.2) and report mean and spread",
     AT(repeat), 0, 0},
    PV_OPTION_END,
};

static pv_status apply(pv_train_options *o, const train_args *a)
{
    PV_TRY(pv_training_apply(o, &a->learning, "train"));
    if (!isnan(a->warmup)) o->warmup_epochs = a->warmup;
    o->patience = (int)a->patience;
    o->checkpoint = a->checkpoint;
    o->resume = a->resume;
    o->log = a->log;
    return PV_OK;
}

static pv_status check(const train_args *a)
{
    if (a->resume && a->checkpoint == NULL)
        PV_FAIL(PV_ERR_OPTION, "train: --resume needs --checkpoint FOLDER to go on from");
    if (a->patience > 0 && a->validation == 0)
        PV_FAIL(PV_ERR_OPTION, "train: --patience needs --validation SHARE to be measured on");
    if (a->watch && a->validation > 0)
        PV_FAIL(PV_ERR_OPTION, "train: --watch and --validation both say what to measure on after "
                               "each epoch; pass one");
    if (a->test != NULL && a->holdout > 0)
        PV_FAIL(PV_ERR_OPTION, "train: --test and --holdout both say what to test on; pass one");
    if (a->repeat > 1 && (a->out != NULL || a->checkpoint != NULL || a->log != NULL ||
                          a->test != NULL || a->report != NULL || a->validation > 0 || a->watch))
        PV_FAIL(PV_ERR_OPTION, "train: --repeat only measures: --out, --checkpoint, --log, "
                               "--report, --test, --watch and --validation do not go with it");
    return PV_OK;
}

static double last_train_loss(const pv_training *t)
{
    return t->result.epochs > 0 ? t->result.epoch[t->result.epochs - 1].train_loss : NAN;
}

static pv_status fill_json(json_t *j, const pv_cli *cli, const train_args *a, const pv_training *t)
{
    int tested = t->evaluation.count > 0;
    PV_TRY(pv_json_set(j, "model", json_string(a->model)));
    PV_TRY(pv_json_set(j, "data", json_string(a->data)));
    PV_TRY(pv_json_set(j, "epochs", json_integer(t->result.epochs)));
    PV_TRY(pv_json_set(j, "train_loss", pv_json_number(last_train_loss(t))));
    PV_TRY(pv_json_set(j, "test_accuracy", pv_json_number(tested ? t->evaluation.accuracy : NAN)));
    PV_TRY(pv_json_set(j, "test_loss", pv_json_number(tested ? t->evaluation.loss : NAN)));
    PV_TRY(pv_json_set(j, "seconds", pv_json_number(t->result.seconds)));
    PV_TRY(pv_json_set(j, "samples_per_s", pv_json_number(pv_training_samples_per_second(t))));
    PV_TRY(pv_json_set(j, "peak_rss_bytes", json_integer(pv_machine_peak_rss())));
    PV_TRY(pv_json_set(j, "params", json_integer(pv_model_weights(t->net))));
    PV_TRY(pv_json_set(j, "seed", json_integer(cli->global.seed)));
    PV_TRY(pv_json_set(j, "threads", json_integer(cli->global.threads)));
    return pv_json_set(j, "out", a->out == NULL ? json_null() : json_string(a->out));
}

static void print(const train_args *a, const pv_training *t)
{
    char time[PV_CONSOLE_TEXT], memory[PV_CONSOLE_TEXT];
    const pv_evaluation *e = &t->evaluation;
    pv_console_print("%s on %s: %d epoch%s in %s, %.0f samples/s, peak memory %s\n", a->model,
                     a->data, t->result.epochs, t->result.epochs == 1 ? "" : "s",
                     pv_console_duration(t->result.seconds, time),
                     pv_training_samples_per_second(t),
                     pv_console_bytes((double)pv_machine_peak_rss(), memory));
    pv_console_print("training loss  %.4f\n", last_train_loss(t));
    if (e->count > 0) {
        int64_t correct = (int64_t)(e->accuracy * (double)e->count + 0.5);
        pv_interval i = pv_clopper_pearson(correct, e->count, 0.95);
        pv_console_print("test accuracy  %.2f %% of %lld (95 %% interval %.2f to %.2f)\n"
                         "test loss      %.4f\n",
                         100 * e->accuracy, (long long)e->count, 100 * i.low, 100 * i.high,
                         e->loss);
    } else {
        pv_console_print("test accuracy  not measured: pass --holdout 0.2 or --test SPEC\n");
    }
    if (a->out != NULL) pv_console_print("model          %s\n", a->out);
}

static pv_status write_page(const pv_cli *cli, const train_args *a, const pv_training *t)
{
    pv_str command = {0};
    pv_status status = PV_OK;
    PV_TRY_GOTO(pv_str_printf(&command,
                              "privet train --data '%s' --model %s --epochs %d --seed %lld",
                              a->data, a->model, t->options.epochs, (long long)cli->global.seed));
    if (a->test != NULL) PV_TRY_GOTO(pv_str_printf(&command, " --test '%s'", a->test));
    if (a->holdout > 0) PV_TRY_GOTO(pv_str_printf(&command, " --holdout %g", a->holdout));
    if (a->validation > 0) PV_TRY_GOTO(pv_str_printf(&command, " --validation %g", a->validation));
    PV_TRY_GOTO(pv_training_page(a->report, t, pv_str_text(&command), &cli->ctx));
done:
    pv_str_clear(&command);
    return status;
}

static pv_status train_once(const pv_cli *cli, const train_args *a, pv_training *t)
{
    if (a->out != NULL)
        PV_TRY(pv_file_writable(a->out));
    else
        cli->ctx.log(cli->ctx.user, PV_LOG_WARN,
                     "the trained model is not kept; pass --out FILE to keep it");
    pv_status s = pv_training_run(t, &cli->ctx);
    if (s == PV_ERR_CANCELLED && a->checkpoint != NULL)
        return pv_trail_context(s, __FILE__, __LINE__, "the same command with --resume goes on");
    PV_TRY(s);
    if (a->out != NULL) PV_TRY(pv_model_save(t->net, a->out));
    if (a->report != NULL) PV_TRY(write_page(cli, a, t));
    if (!cli->global.json) {
        print(a, t);
        return PV_OK;
    }
    json_t *j = json_object();
    s = fill_json(j, cli, a, t);
    if (s == PV_OK) return pv_console_json(j);
    json_decref(j);
    return s;
}

static pv_status fill_repeat(json_t *j, const pv_cli *cli, const train_args *a,
                             const pv_train_options *o, const pv_repeat_result *r)
{
    json_t *runs = json_array();
    PV_TRY(pv_json_set(j, "accuracies", runs));
    for (int i = 0; i < r->runs; i++) PV_TRY(pv_json_append(runs, pv_json_number(r->accuracy[i])));
    PV_TRY(pv_json_set(j, "model", json_string(a->model)));
    PV_TRY(pv_json_set(j, "data", json_string(a->data)));
    PV_TRY(pv_json_set(j, "runs", json_integer(r->runs)));
    PV_TRY(pv_json_set(j, "epochs", json_integer(o->epochs)));
    PV_TRY(pv_json_set(j, "test_accuracy", pv_json_number(r->mean)));
    PV_TRY(pv_json_set(j, "test_accuracy_sd", pv_json_number(r->sd)));
    PV_TRY(pv_json_set(j, "test_accuracy_lowest", pv_json_number(r->lowest)));
    PV_TRY(pv_json_set(j, "test_accuracy_highest", pv_json_number(r->highest)));
    PV_TRY(pv_json_set(j, "seconds", pv_json_number(r->seconds)));
    PV_TRY(pv_json_set(j, "peak_rss_bytes", json_integer(pv_machine_peak_rss())));
    PV_TRY(pv_json_set(j, "seed", json_integer(cli->global.seed)));
    return pv_json_set(j, "threads", json_integer(cli->global.threads));
}

static pv_status train_often(const pv_cli *cli, const train_args *a)
{
    char time[PV_CONSOLE_TEXT];
    pv_data *data = NULL;
    pv_repeat_result r = {0};
    pv_train_options o = {.size = sizeof o};
    json_t *j = NULL;
    double holdout = a->holdout > 0 ? a->holdout : 0.2;
    pv_status status = PV_OK;
    PV_TRY_GOTO(pv_data_open(&data, a->data, &cli->ctx));
    pv_train_defaults(&o, a->model, data);
    o.seed = (uint64_t)cli->global.seed;
    PV_TRY_GOTO(apply(&o, a));
    PV_TRY_GOTO(pv_train_repeat(a->model, data, (int)a->repeat, holdout, &o, &cli->ctx, &r));
    if (cli->global.json) {
        j = json_object();
        PV_TRY_GOTO(fill_repeat(j, cli, a, &o, &r));
        PV_TRY_GOTO(pv_console_json(json_incref(j)));
    } else {
        pv_console_print("%s on %s: %d runs in %s, each on another %.0f %% held out\n"
                         "test accuracy  %.2f %% mean, %.2f sd, %.2f to %.2f\n",
                         a->model, a->data, r.runs, pv_console_duration(r.seconds, time),
                         100 * holdout, 100 * r.mean, 100 * r.sd, 100 * r.lowest, 100 * r.highest);
    }
done:
    json_decref(j);
    pv_repeat_result_clear(&r);
    pv_data_free(data);
    return status;
}

static pv_status run(const pv_cli *cli, const void *opaque)
{
    const train_args *a = opaque;
    pv_training t = {.data = a->data,
                     .model = a->model,
                     .test = a->test,
                     .holdout = a->holdout,
                     .validation = a->validation,
                     .seed = (uint64_t)cli->global.seed};
    pv_status status = PV_OK;
    PV_TRY(check(a));
    if (a->repeat > 1) return train_often(cli, a);
    PV_TRY_GOTO(pv_training_open(&t, &cli->ctx));
    PV_TRY_GOTO(apply(&t.options, a));
    if (a->watch) t.options.validation = t.test_data;
    PV_TRY_GOTO(train_once(cli, a, &t));
done:
    pv_training_clear(&t);
    return status;
}

const pv_command pv_command_train = {
    .name = "train",
    .summary = "train one model",
    .text = "Trains a model on a data set and measures it on test data: those that --test names, "
            "or the share that --holdout sets aside, or the test split that the source has of its "
            "own. The same options, seed and threads give the same weights, bit for bit.\n\n"
            "Interrupted (Control-C) it saves a checkpoint, if --checkpoint names a folder, and "
            "ends; --resume goes on from there to the very weights of an undisturbed run. A second "
            "interrupt ends it at once.",
    .examples = "privet train --data glyphs --holdout 0.2 --model lenet5 --out lenet5.safetensors\n"
                "privet train --data mnist:DIR --model lenet5 --epochs 10 --json\n"
                "privet train --data arff:iris.arff --model mlp --repeat 20",
    .options = options,
    .args_size = sizeof(train_args),
    .run = run,
};
