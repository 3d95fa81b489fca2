#include "run/demo.h"

#include "cli/commands.h"
#include "cli/console.h"

typedef struct demo_args {
    const char *out;
    int64_t samples, epochs;
} demo_args;

static const pv_option options[] = {
    {"out", 'o', PV_OPTION_PATH, "FOLDER", "build/demo", 0, 0, NULL,
     "where report.html, results.json and the model are written", offsetof(demo_args, out), 0, 0},
    {"samples", 0, PV_OPTION_INTEGER, "N", "20000", 100, 1000000, NULL,
     "digits drawn for training and validation", offsetof(demo_args, samples), 0, 0},
    {"epochs", 'e', PV_OPTION_INTEGER, "N", "6", 1, 1000, NULL, "passes over the training digits",
     offsetof(demo_args, epochs), 0, 0},
    PV_OPTION_END,
};

static pv_status run(const pv_cli *cli, const void *opaque)
{
    const demo_args *a = opaque;
    char time[PV_CONSOLE_TEXT];
    pv_demo_outcome outcome;
    PV_TRY(pv_demo(&outcome,
                   &(pv_demo_options){.out = a->out,
                                      .samples = a->samples,
                                      .epochs = (int)a->epochs,
                                      .seed = (uint64_t)cli->global.seed},
                   &cli->ctx));
    if (!cli->global.json) {
        pv_console_print("lenet5 reads %.2f %% of digits it never saw, a linear model %.2f %%; %s\n"
                         "the page: %s/report.html\n",
                         100 * outcome.accuracy, 100 * outcome.baseline,
                         pv_console_duration(outcome.seconds, time), a->out);
        return PV_OK;
    }
    json_t *j = json_object();
    pv_status status = PV_OK;
    PV_TRY_GOTO(pv_json_set(j, "test_accuracy", pv_json_number(outcome.accuracy)));
    PV_TRY_GOTO(pv_json_set(j, "baseline_accuracy", pv_json_number(outcome.baseline)));
    PV_TRY_GOTO(pv_json_set(j, "seconds", pv_json_number(outcome.seconds)));
    PV_TRY_GOTO(pv_json_set(j, "out", json_string(a->out)));
    PV_TRY_GOTO(pv_console_json(json_incref(j)));
done:
    json_decref(j);
    return status;
}

const pv_command pv_command_demo = {
    .name = "demo",
    .summary = "train on the built-in digits and write a page about it",
    .text = "Draws digits, trains LeNet-5 and a linear model on them, measures both on digits that "
            "neither saw, and writes a page with the learning curves, the answers and the "
            "mistakes.",
    .examples = "privet demo\nprivet demo --out /tmp/demo --samples 5000 --epochs 3",
    .options = options,
    .args_size = sizeof(demo_args),
    .run = run,
};
