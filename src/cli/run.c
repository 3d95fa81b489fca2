#include "cli/commands.h"
#include "cli/console.h"
#include "run/audit.h"
#include "run/prepare.h"
#include "run/scenario.h"
#include <math.h>

typedef struct run_args {
    const char *scenario, *out;
    int64_t restarts;
    int resume, no_plain, prepare;
} run_args;

#define AT(field) offsetof(run_args, field)

static const pv_option options[] = {
    {NULL, 0, PV_OPTION_PATH, "SCENARIO", NULL, 0, 0, NULL,
     "the scenario (docs/scenarios.md); with --resume it may be left out", AT(scenario), 0, 0},
    {"out", 'o', PV_OPTION_PATH, "RUN", NULL, 0, 0, NULL,
     "folder of the run; new, or that of a run to --resume", AT(out), 1, 0},
    {"resume", 0, PV_OPTION_FLAG, NULL, NULL, 0, 0, NULL,
     "go on with a run that was stopped or killed", AT(resume), 0, 0},
    {"restarts", 0, PV_OPTION_INTEGER, "N", "3", 0, 1000, NULL,
     "start a party again that a signal killed, at most N times", AT(restarts), 0, 0},
    {"no-plain", 0, PV_OPTION_FLAG, NULL, NULL, 0, 0, NULL,
     "do not also train the pooled rows plainly for comparison", AT(no_plain), 0, 0},
    {"prepare", 0, PV_OPTION_FLAG, NULL, NULL, 0, 0, NULL,
     "only make the folder with keys and local files; the parties are then started by hand with "
     "privet party",
     AT(prepare), 0, 0},
    PV_OPTION_END,
};

static double number(const json_t *j, const char *key)
{
    const json_t *v = json_object_get(j, key);
    return json_is_number(v) ? json_number_value(v) : NAN;
}

/* A customer of complement: what it got. */
static void print_answers(const char *name, const json_t *p)
{
    const char *refused = json_string_value(json_object_get(p, "refusal"));
    double rows = number(p, "rows"), answered = number(p, "answered"),
           right = number(p, "accuracy");
    if (isnan(rows) || isnan(answered)) return;
    pv_console_print("  %-16s %.0f of %.0f rows answered", name, answered, rows);
    if (!isnan(right)) pv_console_print(", %.2f %% right", 100 * right);
    pv_console_print("%s%s\n", refused != NULL ? "; refused: " : "",
                     refused != NULL ? refused : "");
}

static void print_party(const char *name, const json_t *p)
{
    double alone = number(p, "alone_accuracy"), joint = number(p, "joint_accuracy");
    if (json_is_null(p))
        pv_console_print("  %-16s lost on the way\n", name);
    else if (!isnan(alone) && !isnan(joint))
        pv_console_print("  %-16s alone %.2f %%, with the joint model %.2f %%\n", name, 100 * alone,
                         100 * joint);
    else
        print_answers(name, p);
}

static pv_status print(const json_t *j, const char *out)
{
    int applies;
    PV_TRY(pv_audit_applies(&applies, out));
    char text[PV_CONSOLE_TEXT];
    const char *name;
    json_t *value;
    double bytes = 0, accuracy = number(j, "test_accuracy"),
           plain = number(json_object_get(j, "plain"), "test_accuracy");
    json_object_foreach(json_object_get(j, "bytes"), name, value) bytes += json_number_value(value);
    const char *model = json_string_value(json_object_get(j, "model"));
    pv_console_print("%s%s%s: ", json_string_value(json_object_get(j, "scheme")),
                     model != NULL ? ", " : "", model != NULL ? model : "");
    if (!isnan(accuracy)) pv_console_print("accuracy %.2f %%, ", 100 * accuracy);
    if (!isnan(plain)) pv_console_print("pooled and trained plainly %.2f %%, ", 100 * plain);
    pv_console_print("%s, ", pv_console_duration(number(j, "seconds"), text));
    pv_console_print("%s between the parties\n", pv_console_bytes(bytes, text));
    json_object_foreach(json_object_get(j, "parties"), name, value) print_party(name, value);
    if (applies)
        pv_console_print("the run: %s; what each party could find out: privet audit %s\n", out,
                         out);
    else
        pv_console_print("the run: %s\n", out);
    return PV_OK;
}

static pv_status run(const pv_cli *cli, const void *opaque)
{
    const run_args *a = opaque;
    json_t *j = NULL;
    pv_status status = PV_OK;
    if (a->scenario == NULL && !a->resume)
        PV_FAIL(PV_ERR_USAGE,
                "run: name a SCENARIO, as in privet run examples/federated-glyphs.ini "
                "--out runs/first");
    if (a->prepare) {
        if (a->resume) PV_FAIL(PV_ERR_USAGE, "run: --prepare makes a folder, --resume wants one");
        PV_TRY(pv_run_prepare(a->out, a->scenario, &cli->ctx));
        if (!cli->global.json) {
            pv_console_print("%s is ready: one folder a party in %s/parties\n", a->out, a->out);
            return PV_OK;
        }
        j = json_object();
        PV_TRY_GOTO(pv_json_set(j, "run", json_string(a->out)));
        return pv_console_json(j);
    }
    PV_TRY_GOTO(pv_run_scenario(&j,
                                &(pv_run_options){.scenario = a->scenario,
                                                  .out = a->out,
                                                  .resume = a->resume,
                                                  .plain = !a->no_plain,
                                                  .restarts = (int)a->restarts},
                                &cli->ctx));
    if (cli->global.json) return pv_console_json(j);
    PV_TRY_GOTO(print(j, a->out));
done:
    json_decref(j);
    return status;
}

const pv_command pv_command_run = {
    .name = "run",
    .summary = "run every party of a scenario as its own process on this machine",
    .text =
        "Prepares a folder, starts one process for each party, and gathers what came of it. The "
        "parties talk over TLS on the loopback interface, whatever addresses the scenario gives "
        "them. A scenario that pins no certificates gets keys made for this run alone; one without "
        "a [schema] gets that of its first data set.\n\n"
        "Every party keeps a journal: a run that was stopped or killed goes on with --resume and "
        "ends as if nothing had happened.\n\n"
        "Seed and threads are the scenario's: --seed and --threads mean nothing here.",
    .examples = "privet run examples/federated-glyphs.ini --out runs/glyphs\n"
                "privet run --resume --out runs/glyphs",
    .options = options,
    .args_size = sizeof(run_args),
    .run = run,
};
