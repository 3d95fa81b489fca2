#include "base/mem.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "report/findings.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct gate_args {
    const char *run;
    pv_words limit;
} gate_args;

static const pv_option options[] = {
    {NULL, 0, PV_OPTION_PATH, "RUN", NULL, 0, 0, NULL,
     "the folder of a run that was audited, or a findings.json", offsetof(gate_args, run), 1, 0},
    {"max", 'm', PV_OPTION_TEXT, "METRIC=SHARE", NULL, 0, 0, NULL,
     "the most that the upper end of the interval of any finding of this metric may be; may be "
     "given again",
     offsetof(gate_args, limit), 1, 1},
    PV_OPTION_END,
};

/* "identification=0.05"; the metric is new memory. */
static pv_status parse_limit(pv_gate_limit *out, char **metric, const char *text)
{
    const char *value = strrchr(text, '=');
    char *end = NULL;
    out->most = value == NULL ? NAN : strtod(value + 1, &end);
    if (value == NULL || value == text || end == value + 1 || *end != '\0' || !isfinite(out->most))
        PV_FAIL(PV_ERR_OPTION, "gate: --max takes METRIC=SHARE, as identification=0.05, not \"%s\"",
                text);
    *metric = pv_strdup(text);
    if (*metric == NULL) PV_FAIL_MEMORY(strlen(text) + 1);
    (*metric)[value - text] = '\0';
    out->metric = *metric;
    return PV_OK;
}

static const char *verdict_name(pv_gate_verdict v)
{
    return v == PV_GATE_OPEN ? "open" : v == PV_GATE_EXCEEDED ? "exceeded" : "invalid";
}

/* The lines of why, as a list. */
static pv_status set_lines(json_t *j, const char *why)
{
    json_t *list = json_array();
    PV_TRY(pv_json_set(j, "why", list));
    for (size_t n; *why != '\0'; why += n + (why[n] == '\n')) {
        n = strcspn(why, "\n");
        PV_TRY(pv_json_append(list, json_stringn(why, n)));
    }
    return PV_OK;
}

static pv_status print(const pv_cli *cli, const pv_findings *f, pv_gate_verdict v, const char *why)
{
    json_t *j = NULL;
    pv_status status = PV_OK;
    if (!cli->global.json) {
        pv_console_print("gate %s\n%s", verdict_name(v), why);
        return PV_OK;
    }
    j = json_object();
    PV_TRY_GOTO(pv_json_set(j, "run", json_string(f->run != NULL ? f->run : "")));
    PV_TRY_GOTO(pv_json_set(j, "verdict", json_string(verdict_name(v))));
    PV_TRY_GOTO(pv_json_set(j, "exit", json_integer(v)));
    PV_TRY_GOTO(set_lines(j, why));
    PV_TRY_GOTO(pv_console_json(json_incref(j)));
done:
    json_decref(j);
    return status;
}

static pv_status run(const pv_cli *cli, const void *opaque)
{
    const gate_args *a = opaque;
    int n = a->limit.count;
    pv_gate_limit *limit = pv_calloc((size_t)n, sizeof *limit);
    char **metric = pv_calloc((size_t)n, sizeof *metric);
    pv_findings f = {0};
    pv_gate_verdict verdict = PV_GATE_INVALID;
    pv_str why = {0};
    pv_status status = PV_OK;
    if (limit == NULL || metric == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for limits");
    for (int i = 0; i < n; i++) PV_TRY_GOTO(parse_limit(&limit[i], &metric[i], a->limit.word[i]));
    PV_TRY_GOTO(pv_findings_load(&f, a->run));
    PV_TRY_GOTO(pv_gate(&verdict, &why, &f, limit, n));
    PV_TRY_GOTO(print(cli, &f, verdict, pv_str_text(&why)));
    *cli->verdict = verdict;
done:
    for (int i = 0; metric != NULL && i < n; i++) pv_free(metric[i]);
    pv_free(metric);
    pv_free(limit);
    pv_findings_clear(&f);
    pv_str_clear(&why);
    return status;
}

const pv_command pv_command_gate = {
    .name = "gate",
    .summary = "stop a pipeline when an audit found too much",
    .text = "Compares the upper end of the 95 % interval of every finding with the limit of its "
            "metric. Exit status 5: a valid finding is above its limit. Exit status 6: none is, "
            "but an attack did not finish or a control failed, so that nothing was shown. Exit "
            "status 0: all are valid and within their limits. A limit that no finding measures is "
            "a usage error, so that a gate cannot pass by testing nothing.",
    .examples = "privet gate runs/hospitals --max recovered=0.05\n"
                "privet gate runs/hospitals --max recovered=0.05 --max labels=0.5",
    .options = options,
    .args_size = sizeof(gate_args),
    .run = run,
};
