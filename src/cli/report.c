#include "base/file.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "report/audit_page.h"

typedef struct report_args {
    pv_words run;
    const char *out;
    int originals;
} report_args;

static const pv_option options[] = {
    {NULL, 0, PV_OPTION_PATH, "RUN", NULL, 0, 0, NULL,
     "the folder of a run that was audited, or a findings.json", offsetof(report_args, run), 1, 1},
    {"out", 'o', PV_OPTION_PATH, "FILE", NULL, 0, 0, NULL,
     "write a page of HTML; without it, a table is printed", offsetof(report_args, out), 0, 0},
    {"with-originals", 0, PV_OPTION_FLAG, NULL, NULL, 0, 0, NULL,
     "show people's data beside what was reconstructed; the page is then marked internal",
     offsetof(report_args, originals), 0, 0},
    PV_OPTION_END,
};

enum { COLUMNS = 80 };

static pv_status print_table(const pv_findings *run, int runs)
{
    pv_str text = {0};
    pv_status status = PV_OK;
    for (int i = 0; i < runs; i++) {
        if (i > 0) PV_TRY_GOTO(pv_str_append(&text, "\n"));
        PV_TRY_GOTO(pv_findings_table(&text, &run[i], COLUMNS));
    }
    pv_console_print("%s", pv_str_text(&text));
done:
    pv_str_clear(&text);
    return status;
}

/* The findings themselves; of several runs, a list of them. */
static pv_status print_json(const pv_findings *run, int runs)
{
    json_t *j = NULL, *one;
    pv_status status = PV_OK;
    if (runs == 1) {
        PV_TRY_GOTO(pv_findings_json(&j, run));
    } else {
        json_t *list = json_array();
        j = json_object();
        PV_TRY_GOTO(pv_json_set(j, "runs", list));
        for (int i = 0; i < runs; i++) {
            PV_TRY_GOTO(pv_findings_json(&one, &run[i]));
            PV_TRY_GOTO(pv_json_append(list, one));
        }
    }
    PV_TRY_GOTO(pv_console_json(json_incref(j)));
done:
    json_decref(j);
    return status;
}

static pv_status write_page(const report_args *a, const pv_findings *run, int json)
{
    const pv_findings **pointer = pv_calloc((size_t)a->run.count, sizeof *pointer);
    pv_str page = {0};
    json_t *j = NULL;
    pv_status status = PV_OK;
    if (pointer == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the runs");
    for (int i = 0; i < a->run.count; i++) pointer[i] = &run[i];
    PV_TRY_GOTO(pv_audit_page_write(&page, pointer, a->run.count));
    PV_TRY_GOTO(pv_file_write(a->out, page.text, page.size, a->originals ? 0600 : 0644));
    if (json) {
        j = json_object();
        PV_TRY_GOTO(pv_json_set(j, "out", json_string(a->out)));
        PV_TRY_GOTO(pv_json_set(j, "runs", json_integer(a->run.count)));
        PV_TRY_GOTO(pv_json_set(j, "with_originals", json_boolean(a->originals)));
        PV_TRY_GOTO(pv_console_json(json_incref(j)));
    } else {
        pv_console_print("the page: %s%s\n", a->out,
                         a->originals ? " (internal: it contains originals)" : "");
    }
done:
    json_decref(j);
    pv_str_clear(&page);
    pv_free(pointer);
    return status;
}

static pv_status run(const pv_cli *cli, const void *opaque)
{
    const report_args *a = opaque;
    int n = a->run.count, pictures = 0;
    pv_findings *f = pv_calloc((size_t)n, sizeof *f);
    pv_status status = PV_OK;
    if (f == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for the findings");
    for (int i = 0; i < n; i++) {
        PV_TRY_GOTO(pv_findings_load(&f[i], a->run.word[i]));
        pictures |= f[i].with_originals;
        if (!a->originals) pv_findings_hide_pictures(&f[i]);
    }
    if (a->originals && !pictures)
        PV_FAIL_GOTO(PV_ERR_INPUT,
                     "%s: --with-originals, but its audit kept none; privet audit --with-originals",
                     a->run.word[0]);
    if (a->out != NULL)
        PV_TRY_GOTO(write_page(a, f, cli->global.json));
    else
        PV_TRY_GOTO(cli->global.json ? print_json(f, n) : print_table(f, n));
done:
    for (int i = 0; i < n; i++) pv_findings_clear(&f[i]);
    pv_free(f);
    return status;
}

const pv_command pv_command_report = {
    .name = "report",
    .summary = "what an audit found, as a table or a page",
    .text = "Draws the findings of one run, or of several beside each other: who could reconstruct "
            "what, worst first, with intervals, chance and controls; accuracy, time and bytes; "
            "what was not tested. The page is one file that loads nothing and runs no script. "
            "Pictures of people's data are shown only with --with-originals.",
    .examples = "privet report runs/hospitals\n"
                "privet report runs/hospitals -o report.html\n"
                "privet report runs/plain runs/federated -o both.html",
    .options = options,
    .args_size = sizeof(report_args),
    .run = run,
};
