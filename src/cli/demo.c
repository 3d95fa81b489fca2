#include "run/demo.h"

#include "cli/commands.h"
#include "cli/console.h"

typedef struct demo_args {
    const char *out;
    int64_t samples, rounds, images;
} demo_args;

#define AT(field) offsetof(demo_args, field)

static const pv_option options[] = {
    {"out", 'o', PV_OPTION_PATH, "FOLDER", "build/demo", 0, 0, NULL,
     "where report.html, the scenarios and the runs are written", AT(out), 0, 0},
    {"samples", 0, PV_OPTION_INTEGER, "N", "6000", 80, 1000000, NULL,
     "digits drawn for the four clinics together", AT(samples), 0, 0},
    {"rounds", 0, PV_OPTION_INTEGER, "N", "8", 1, 1000, NULL, "rounds of averaging", AT(rounds), 0,
     0},
    {"images", 0, PV_OPTION_INTEGER, "N", "40", 4, 1000, NULL,
     "digits of the second run, which the server tries to reconstruct", AT(images), 0, 0},
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
                                      .rounds = (int)a->rounds,
                                      .images = (int)a->images,
                                      .seed = (uint64_t)cli->global.seed},
                   &cli->ctx));
    if (!cli->global.json) {
        pv_console_print(
            "four clinics: alone they read %.2f %% of unseen digits, together %.2f %%, "
            "with all digits pooled %.2f %%\n"
            "one image a step: the server reconstructed %lld of %lld digits\n"
            "%s; the page: %s/report.html\n",
            100 * outcome.alone, 100 * outcome.joint, 100 * outcome.plain,
            (long long)outcome.recovered, (long long)outcome.images,
            pv_console_duration(outcome.seconds, time), a->out);
        return PV_OK;
    }
    json_t *j = json_object();
    pv_status status = PV_OK;
    PV_TRY_GOTO(pv_json_set(j, "test_accuracy", pv_json_number(outcome.joint)));
    PV_TRY_GOTO(pv_json_set(j, "alone_accuracy", pv_json_number(outcome.alone)));
    PV_TRY_GOTO(pv_json_set(j, "plain_accuracy", pv_json_number(outcome.plain)));
    PV_TRY_GOTO(pv_json_set(j, "recovered", json_integer(outcome.recovered)));
    PV_TRY_GOTO(pv_json_set(j, "images", json_integer(outcome.images)));
    PV_TRY_GOTO(pv_json_set(j, "seconds", pv_json_number(outcome.seconds)));
    PV_TRY_GOTO(pv_json_set(j, "out", json_string(a->out)));
    PV_TRY_GOTO(pv_console_json(json_incref(j)));
done:
    json_decref(j);
    return status;
}

const pv_command pv_command_demo = {
    .name = "demo",
    .summary = "four parties train on the built-in digits and are audited: a page",
    .text = "Draws digits and runs two scenarios with them, every party as a process of its own: "
            "four clinics that train one model by federated averaging, and the same clinics "
            "sending the gradient of one digit a step. Then it attacks what the server saw in "
            "each, and writes one page about both.",
    .examples = "privet demo\nprivet demo --samples 2000 --rounds 3 --images 12",
    .options = options,
    .args_size = sizeof(demo_args),
    .run = run,
};
