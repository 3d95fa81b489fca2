#include "cli/commands.h"
#include "cli/console.h"
#include "party/order.h"
#include "party/scenario.h"
#include "run/folder.h"
#include "run/one_party.h"
#include "run/scenario.h"
#include <string.h>

typedef struct align_args {
    const char *scenario, *out, *as, *local;
    int resume;
} align_args;

#define AT(field) offsetof(align_args, field)

static const pv_option options[] = {
    {NULL, 0, PV_OPTION_PATH, "SCENARIO", NULL, 0, 0, NULL,
     "a scenario with scheme = align (docs/align.md)", AT(scenario), 1, 0},
    {"out", 'o', PV_OPTION_PATH, "RUN", NULL, 0, 0, NULL,
     "folder of the run; with --as, of this party", AT(out), 1, 0},
    {"as", 0, PV_OPTION_TEXT, "NAME", NULL, 0, 0, NULL,
     "only this party, on its own machine; without it both, here", AT(as), 0, 0},
    {"local", 0, PV_OPTION_PATH, "FILE", NULL, 0, 0, NULL,
     "with --as: what is this party's own business: table, ids, keys, addresses", AT(local), 0, 0},
    {"resume", 0, PV_OPTION_FLAG, NULL, NULL, 0, 0, NULL,
     "go on with a run of both that was stopped or killed", AT(resume), 0, 0},
    PV_OPTION_END,
};

static pv_status must_be_align(const char *path)
{
    pv_scenario s = {0};
    PV_TRY(pv_scenario_load(&s, path));
    pv_status status = PV_OK;
    if (strcmp(s.scheme, "align") != 0)
        status = pv_trail_fail(PV_ERR_FORMAT, __FILE__, __LINE__,
                               "%s: the scheme is %s; align wants scheme = align (privet run takes "
                               "any)",
                               path, s.scheme);
    pv_scenario_clear(&s);
    return status;
}

/* ---- what came of it */

static long long whole(const json_t *j, const char *key)
{
    return (long long)json_integer_value(json_object_get(j, key));
}

static void print_party(const char *name, const json_t *result, const char *folder)
{
    const char *order = json_string_value(json_object_get(result, "order"));
    long long rows = whole(result, "rows"), test = whole(result, "test_rows"),
              without = whole(result, "rows_without_ids");
    pv_console_print("%s: %lld of its %lld identifiers are also among the other's %lld", name, rows,
                     whole(result, "ids"), whole(result, "ids_of_the_other"));
    if (without > 0) pv_console_print("; %lld rows named nobody", without);
    if (test > 0)
        pv_console_print("\n  %s/aligned-train.csv  %lld rows, their order in order.json\n"
                         "  %s/aligned-test.csv   %lld rows, their order in order-test.json\n",
                         folder, rows - test, folder, test);
    else
        pv_console_print("\n  %s/aligned.csv  %lld rows, their order in order.json\n", folder,
                         rows);
    pv_console_print("  order %.16s..., the same at both\n", order != NULL ? order : "?");
}

static pv_status both(const pv_cli *cli, const align_args *a)
{
    pv_status status = PV_OK;
    json_t *j = NULL, *result;
    const char *name;
    PV_TRY_GOTO(pv_run_scenario(
        &j,
        &(pv_run_options){
            .scenario = a->scenario, .out = a->out, .resume = a->resume, .restarts = 3},
        &cli->ctx));
    if (cli->global.json) return pv_console_json(j);
    json_object_foreach(json_object_get(j, "parties"), name, result)
    {
        char *folder = pv_run_party_path(a->out, name, "");
        if (folder == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a path");
        folder[strlen(folder) - 1] = '\0';
        print_party(name, result, folder);
        pv_free(folder);
    }
done:
    json_decref(j);
    return status;
}

static pv_status one(const pv_cli *cli, const align_args *a)
{
    pv_status status = PV_OK;
    json_t *j = NULL;
    char *path = NULL;
    PV_TRY(pv_one_party(
        &(pv_one_party_options){
            .scenario = a->scenario, .local = a->local, .name = a->as, .folder = a->out},
        &cli->ctx));
    path = pv_path_join(a->out, "result.json");
    if (path == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for a path");
    PV_TRY_GOTO(pv_json_load(&j, path, 64 << 20));
    if (cli->global.json) {
        pv_free(path);
        return pv_console_json(j);
    }
    print_party(a->as, json_object_get(j, "result"), a->out);
done:
    json_decref(j);
    pv_free(path);
    return status;
}

static pv_status run(const pv_cli *cli, const void *opaque)
{
    const align_args *a = opaque;
    PV_TRY(must_be_align(a->scenario));
    if (a->as == NULL) {
        if (a->local != NULL)
            PV_FAIL(PV_ERR_USAGE, "align: --local is one party's: name it with --as NAME");
        return both(cli, a);
    }
    if (a->resume)
        PV_FAIL(PV_ERR_USAGE, "align: a party goes on by itself in the same folder; leave --resume "
                              "out with --as");
    return one(cli, a);
}

const pv_command pv_command_align = {
    .name = "align",
    .summary = "bring the rows that two parties share into one order",
    .text =
        "Compares the identifiers of two tables by private set intersection: each party learns how "
        "many the other has and which are shared, and nothing about the rest if both follow the "
        "protocol. With fewer in common than the scenario's minimum both stop and know only how "
        "many.\n\n"
        "Each party's folder gets its own rows about those shared, without the identifiers, in an "
        "order that is the same at both, and order.json, by which a vertical run checks that it "
        "still is.\n\n"
        "The same as privet run and privet party with such a scenario, but for what it prints.",
    .examples = "privet align examples/align.ini --out runs/align\n"
                "privet align align.ini --as clinic --local clinic.ini --out align-clinic",
    .options = options,
    .args_size = sizeof(align_args),
    .run = run,
};
