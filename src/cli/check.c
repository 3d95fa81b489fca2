#include "party/check.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "party/data.h"
#include "run/one_party.h"
#include "run/registry.h"
#include <math.h>

typedef struct check_args {
    const char *scenario, *as, *local, *out;
    double seconds;
} check_args;

#define AT(field) offsetof(check_args, field)

static const pv_option options[] = {
    {NULL, 0, PV_OPTION_PATH, "SCENARIO", NULL, 0, 0, NULL, "the scenario that all parties share",
     AT(scenario), 1, 0},
    {"as", 0, PV_OPTION_TEXT, "NAME", NULL, 0, 0, NULL, "which of its parties this is", AT(as), 1,
     0},
    {"local", 0, PV_OPTION_PATH, "FILE", NULL, 0, 0, NULL,
     "what is this party's own business (docs/scenarios.md)", AT(local), 0, 0},
    {"out", 'o', PV_OPTION_PATH, "FOLDER", ".", 0, 0, NULL,
     "where the party's folder will be: its disk is looked at", AT(out), 0, 0},
    {"seconds", 0, PV_OPTION_REAL, "S", "60", 0, 86400, NULL,
     "wait so long for the peers, which must be checking at the same time; 0 for not talking to "
     "them",
     AT(seconds), 0, 0},
    PV_OPTION_END,
};

/* What the run will send and put on disk, as far as this party's own samples tell; what is wrong
 * with them is the check's to say. */
static pv_status forecast(pv_forecast *out, pv_str *implied, const pv_party_options *party,
                          const pv_ctx *ctx)
{
    const pv_scheme *scheme;
    pv_data *data = NULL;
    int64_t samples = 10000; /* who brings none goes by a guess */
    *out = (pv_forecast){0};
    PV_TRY(pv_scheme_find(&scheme, party->scheme));
    if (scheme->forecast == NULL) return PV_OK;
    if (party->local->data != NULL) {
        if (pv_local_data(&data, party->local, party->scenario, party->name, ctx) == PV_OK)
            samples = pv_data_count(data);
        else
            pv_trail_clear();
        pv_data_free(data);
    }
    if (scheme->describe != NULL) PV_TRY(scheme->describe(implied, party->scenario, samples));
    return scheme->forecast(out, party->scenario, samples);
}

static pv_status fill(json_t *j, const pv_check_report *r, const pv_forecast *f)
{
    json_t *items = json_array();
    PV_TRY(pv_json_set(j, "items", items));
    PV_TRY(pv_json_set(j, "worst", json_string(pv_check_result_name(r->worst))));
    PV_TRY(pv_json_set(j, "wire_bytes", json_integer(llround(f->wire_bytes))));
    PV_TRY(pv_json_set(j, "view_bytes", json_integer(llround(f->view_bytes))));
    PV_TRY(pv_json_set(j, "disk_bytes", json_integer(llround(f->disk_bytes))));
    for (size_t i = 0; i < r->items; i++) {
        json_t *one = json_object();
        PV_TRY(pv_json_append(items, one));
        PV_TRY(pv_json_set(one, "result", json_string(pv_check_result_name(r->item[i].result))));
        PV_TRY(pv_json_set(one, "what", json_string(r->item[i].what)));
        PV_TRY(pv_json_set(one, "text", json_string(r->item[i].text)));
    }
    return PV_OK;
}

static void print(const pv_check_report *r, const pv_forecast *f, const char *implied)
{
    char wire[PV_CONSOLE_TEXT], view[PV_CONSOLE_TEXT], disk[PV_CONSOLE_TEXT];
    for (size_t i = 0; i < r->items; i++)
        pv_console_print("%s  %-14s %s\n", pv_check_result_name(r->item[i].result), r->item[i].what,
                         r->item[i].text);
    if (implied[0] != '\0') pv_console_print("%s\n", implied);
    if (f->wire_bytes > 0)
        pv_console_print(
            "forecast: %s between all parties; at most %s of view and %s of disk for one\n",
            pv_console_bytes(f->wire_bytes, wire), pv_console_bytes(f->view_bytes, view),
            pv_console_bytes(f->disk_bytes, disk));
}

static pv_status run(const pv_cli *cli, const void *opaque)
{
    const check_args *a = opaque;
    pv_status status = PV_OK;
    pv_scenario scenario = {0};
    pv_local local = {0};
    pv_party_options party;
    pv_forecast f;
    pv_check_report report = {0};
    json_t *j = NULL;
    pv_str implied = {0};
    PV_TRY_GOTO(pv_one_party_prepare(
        &party, &scenario, &local,
        &(pv_one_party_options){
            .scenario = a->scenario, .local = a->local, .name = a->as, .folder = a->out}));
    PV_TRY_GOTO(forecast(&f, &implied, &party, &cli->ctx));
    PV_TRY_GOTO(pv_party_check(
        &(pv_check_options){.party = &party, .disk_bytes = f.disk_bytes, .seconds = a->seconds},
        &report, &cli->ctx));
    if (cli->global.json) {
        j = json_object();
        PV_TRY_GOTO(fill(j, &report, &f));
        if (implied.size > 0)
            PV_TRY_GOTO(pv_json_set(j, "implied", json_string(pv_str_text(&implied))));
        PV_TRY_GOTO(pv_console_json(json_incref(j)));
    } else {
        print(&report, &f, pv_str_text(&implied));
    }
    if (report.worst == PV_CHECK_FAIL) *cli->verdict = pv_status_exit(PV_ERR_INPUT);
done:
    json_decref(j);
    pv_str_clear(&implied);
    pv_check_report_clear(&report);
    pv_local_clear(&local);
    pv_scenario_clear(&scenario);
    return status;
}

const pv_command pv_command_check = {
    .name = "check",
    .summary = "everything that can be known before a run",
    .text = "Looks at what would stop this party in the middle of a run: certificates and their "
            "dates, pins, data against the schema, missing values and ranges, disk against what "
            "the run will need, the clock, the address it listens on. Then it meets its peers, who "
            "check at the same time: they tell each other pass or fail and nothing else.\n\n"
            "Exit status 3 when something failed.",
    .examples = "privet check trial.ini --as hospital-a --local hospital-a.ini\n"
                "privet check trial.ini --as hospital-a --local hospital-a.ini --seconds 0",
    .options = options,
    .args_size = sizeof(check_args),
    .run = run,
};
