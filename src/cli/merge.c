#include "base/ctx.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "run/registry.h"
#include "run/scenario.h"
#include "scheme/vertical/vertical.h"

typedef struct merge_args {
    const char *scenario, *out;
} merge_args;

#define AT(field) offsetof(merge_args, field)

static const pv_option options[] = {
    {NULL, 0, PV_OPTION_PATH, "SCENARIO", NULL, 0, 0, NULL,
     "a scenario with task = merge and merge = active, passive or both", AT(scenario), 1, 0},
    {"out", 'o', PV_OPTION_PATH, "RUN", NULL, 0, 0, NULL, "folder of the run; new", AT(out), 1, 0},
    PV_OPTION_END,
};

/* What the scenario gives to whom; it must be one that gives something. */
static pv_status read(int *to, const char *path)
{
    pv_status status = PV_OK;
    pv_scenario s = {0};
    const pv_scheme *scheme;
    pv_vertical_options o;
    PV_TRY(pv_scenario_load(&s, path));
    PV_TRY_GOTO(pv_scheme_of(&scheme, &s));
    if (scheme != &pv_scheme_vertical)
        PV_FAIL_GOTO(PV_ERR_FORMAT, "%s: scheme = %s has no halves to merge; vertical has", path,
                     scheme->name);
    PV_TRY_GOTO(pv_vertical_options_read(&o, &s));
    if (o.task != PV_VERTICAL_MERGE)
        PV_FAIL_GOTO(PV_ERR_FORMAT,
                     "%s: it does not merge (merge = none): both parties agree to that by a "
                     "scenario with task = merge and merge = active, passive or both",
                     path);
    *to = o.merge;
done:
    pv_scenario_clear(&s);
    return status;
}

static pv_status run(const pv_cli *cli, const void *opaque)
{
    const merge_args *a = opaque;
    static const char *const who[] = {"", "the active party", "the passive party", "both parties"};
    int to = PV_MERGE_NONE;
    json_t *j = NULL;
    PV_TRY(read(&to, a->scenario));
    pv_ctx_log(&cli->ctx, PV_LOG_WARN,
               "this gives %s the whole model, for good.%s What was given cannot be taken back.",
               who[to],
               to == PV_MERGE_PASSIVE
                   ? " With the network the passive party can look for inputs behind the outputs "
                     "that it recorded."
                   : " With the shared weights the active party turns the gradients that it "
                     "recorded in training into labels.");
    PV_TRY(pv_run_scenario(
        &j, &(pv_run_options){.scenario = a->scenario, .out = a->out, .restarts = 3}, &cli->ctx));
    if (cli->global.json) return pv_console_json(j);
    pv_console_print("%s: the whole model is in the folder of %s: model.safetensors\n", a->out,
                     who[to]);
    json_decref(j);
    return PV_OK;
}

const pv_command pv_command_merge = {
    .name = "merge",
    .summary = "end a vertical collaboration: put the halves of a model together",
    .text =
        "After a training in the scheme vertical each party has half of the model "
        "(half.safetensors), and a prediction needs both of them, for ever. A scenario with task = "
        "merge names who gets the other's half: it then has the whole model, for privet eval and "
        "predict. This runs both parties on this machine; on their own machines each runs privet "
        "party with the same scenario.\n\n"
        "It discloses the shared weights: whoever recorded gradients in the training can read "
        "labels off them with these.",
    .examples = "privet merge ours.ini --out runs/merged",
    .options = options,
    .args_size = sizeof(merge_args),
    .run = run,
};
