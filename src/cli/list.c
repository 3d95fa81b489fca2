#include "cli/commands.h"
#include "cli/console.h"
#include "privet/train.h"
#include "run/registry.h"
#include <string.h>

typedef struct list_args {
    const char *what;
} list_args;

static const pv_option options[] = {
    {NULL, 0, PV_OPTION_CHOICE, "WHAT", NULL, 0, 0,
     "models|data|schemes|attacks|optimisers|schedules", "what to list", offsetof(list_args, what),
     1, 0},
    PV_OPTION_END,
};

/* One entry, as a line or into the array. */
static pv_status entry(json_t *array, const char *name, const char *summary)
{
    if (array == NULL) {
        pv_console_print(summary[0] == '\0' ? "%s\n" : "%-16s %s\n", name, summary);
        return PV_OK;
    }
    json_t *one = json_object();
    PV_TRY(pv_json_append(array, one));
    PV_TRY(pv_json_set(one, "name", json_string(name)));
    return summary[0] == '\0' ? PV_OK : pv_json_set(one, "summary", json_string(summary));
}

static pv_status list_data(json_t *array)
{
    char name[64];
    for (int i = 0;; i++) {
        const pv_data_source *s = pv_data_source_at(i);
        if (s == NULL) return PV_OK;
        snprintf(name, sizeof name, "%s%s%s", s->name, s->argument[0] == '\0' ? "" : ":",
                 s->argument);
        PV_TRY(entry(array, name, s->summary));
        if (array != NULL) continue;
        for (const pv_data_option *o = s->options; o->name != NULL; o++)
            pv_console_print("    %s=%s  %s\n", o->name, o->value, o->summary);
    }
}

/* A scheme's settings are those of [scheme] in a scenario. */
static pv_status list_schemes(json_t *array)
{
    for (int i = 0; pv_scheme_at(i) != NULL; i++) {
        const pv_scheme *s = pv_scheme_at(i);
        PV_TRY(entry(array, s->name, s->summary));
        for (const pv_setting *t = s->setting; array == NULL && t->key != NULL; t++)
            pv_console_print("    %s = %s  %s\n", t->key,
                             t->choices != NULL    ? t->choices
                             : t->fallback != NULL ? t->fallback
                                                   : "",
                             t->help);
    }
    return PV_OK;
}

static pv_status list_attacks(json_t *array)
{
    for (int i = 0; pv_attack_at(i) != NULL; i++) {
        const pv_attack *a = pv_attack_at(i);
        PV_TRY(entry(array, a->name, a->summary));
        if (array != NULL) continue;
        pv_console_print("    %s\n", a->source);
        for (const pv_attack_option *o = a->options; o != NULL && o->name != NULL; o++)
            pv_console_print("    %s=%s\n", o->name, o->value);
    }
    return PV_OK;
}

static pv_status list(json_t *array, const char *what)
{
    if (strcmp(what, "schemes") == 0) return list_schemes(array);
    if (strcmp(what, "attacks") == 0) return list_attacks(array);
    if (strcmp(what, "data") == 0) return list_data(array);
    if (strcmp(what, "models") == 0)
        for (int i = 0; i < pv_zoo_count(); i++)
            PV_TRY(entry(array, pv_zoo_name(i), pv_zoo_summary(i)));
    if (strcmp(what, "optimisers") == 0)
        for (pv_optim_kind k = PV_SGD; pv_optim_name(k) != NULL; k++)
            PV_TRY(entry(array, pv_optim_name(k), ""));
    if (strcmp(what, "schedules") == 0)
        for (pv_schedule_kind k = PV_SCHEDULE_CONSTANT; pv_schedule_name(k) != NULL; k++)
            PV_TRY(entry(array, pv_schedule_name(k), ""));
    return PV_OK;
}

static pv_status run(const pv_cli *cli, const void *opaque)
{
    const list_args *a = opaque;
    if (!cli->global.json) return list(NULL, a->what);
    json_t *j = json_object(), *array = json_array();
    pv_status status = PV_OK;
    PV_TRY_GOTO(pv_json_set(j, a->what, json_incref(array)));
    PV_TRY_GOTO(list(array, a->what));
    PV_TRY_GOTO(pv_console_json(json_incref(j)));
done:
    json_decref(array);
    json_decref(j);
    return status;
}

const pv_command pv_command_list = {
    .name = "list",
    .summary = "schemes, attacks, models, data sources, optimisers, schedules",
    .examples = "privet list models\nprivet list data",
    .options = options,
    .args_size = sizeof(list_args),
    .run = run,
};
