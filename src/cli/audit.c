#include "run/audit.h"
#include "cli/commands.h"
#include "cli/console.h"
#include <string.h>

enum { OPTIONS = 16 };

typedef struct audit_args {
    const char *run, *attack, *as_owner, *collude, *set;
    double criterion, seconds;
    int64_t targets, controls, candidates, restarts, known;
    int with_originals;
} audit_args;

#define AT(field) offsetof(audit_args, field)

static const pv_option options[] = {
    {NULL, 0, PV_OPTION_PATH, "RUN", NULL, 0, 0, NULL, "folder of a run", AT(run), 1, 0},
    {"attack", 'a', PV_OPTION_TEXT, "NAME", NULL, 0, 0, NULL,
     "only this attack (privet list attacks), or all of them; without it the first that each claim "
     "names and that is for such data",
     AT(attack), 0, 0},
    {"targets", 'n', PV_OPTION_INTEGER, "N", "0", 0, 1000000, NULL,
     "steps attacked for each claim, spread over the run and the victims; 0 for 100, and of notes "
     "about rows for as many as have 6,400 rows",
     AT(targets), 0, 0},
    {"known", 0, PV_OPTION_INTEGER, "N", "-1", -1, 1000000, NULL,
     "rows that attacks on notes are assumed to know and that do not count: of each class for "
     "labels, in all for samples; -1 for the attack's own",
     AT(known), 0, 0},
    {"as-owner", 0, PV_OPTION_TEXT, "NAME", NULL, 0, 0, NULL,
     "audit as this party alone: only its own folder is opened, and what it sent is what the other "
     "side saw",
     AT(as_owner), 0, 0},
    {"collude", 0, PV_OPTION_TEXT, "A,B", NULL, 0, 0, NULL,
     "put the views of these parties together", AT(collude), 0, 0},
    {"set", 0, PV_OPTION_TEXT, "LIST", NULL, 0, 0, NULL,
     "settings of the attack, as in steps=100,init=zero", AT(set), 0, 0},
    {"restarts", 0, PV_OPTION_INTEGER, "N", "0", 0, 1000, NULL,
     "beginnings of one target, the best chosen by the attack's own loss; 0 for the attack's "
     "default",
     AT(restarts), 0, 0},
    {"seconds", 0, PV_OPTION_REAL, "S", "0", 0, 1e7, NULL,
     "most time for one attack on all its targets; 0 for no limit", AT(seconds), 0, 0},
    {"controls", 0, PV_OPTION_INTEGER, "N", "0", 0, 1000, NULL,
     "samples in each control; 0 for 5, or 20 for labels, or about 200 rows of notes", AT(controls),
     0, 0},
    {"candidates", 0, PV_OPTION_INTEGER, "N", "100", 2, 10000, NULL,
     "a guess is identified when it is closest to its original among so many", AT(candidates), 0,
     0},
    {"criterion", 0, PV_OPTION_REAL, "E", "0", 0, 1e6, NULL,
     "a sample counts as recovered below this mean squared error; 0 for 0.001 (images, in [0,1]) "
     "or 0.01 (tables, in standard deviations)",
     AT(criterion), 0, 0},
    {"with-originals", 0, PV_OPTION_FLAG, NULL, NULL, 0, 0, NULL,
     "put pictures of the parties' data into the findings, which are then for internal use",
     AT(with_originals), 0, 0},
    PV_OPTION_END,
};

/* "a=1,b=2" into names and values; text is written into. */
static pv_status split(pv_attack_option *out, int *count, char *text)
{
    char *rest = NULL;
    *count = 0;
    for (char *word = strtok_r(text, ",", &rest); word != NULL; word = strtok_r(NULL, ",", &rest)) {
        char *equals = strchr(word, '=');
        if (equals == NULL || *count == OPTIONS)
            PV_FAIL(PV_ERR_OPTION, "--set %s: NAME=VALUE, at most %d of them, with commas between",
                    word, OPTIONS);
        *equals = '\0';
        out[(*count)++] = (pv_attack_option){word, equals + 1};
    }
    return PV_OK;
}

static pv_status write_command(pv_str *out, const pv_cli *cli, const audit_args *a)
{
    PV_TRY(pv_str_printf(out, "privet audit %s", a->run));
    if (a->targets > 0) PV_TRY(pv_str_printf(out, " --targets %lld", (long long)a->targets));
    PV_TRY(pv_str_printf(out, " --seed %lld", (long long)cli->global.seed));
    if (a->known >= 0) PV_TRY(pv_str_printf(out, " --known %lld", (long long)a->known));
    if (a->attack != NULL) PV_TRY(pv_str_printf(out, " --attack %s", a->attack));
    if (a->as_owner != NULL) PV_TRY(pv_str_printf(out, " --as-owner %s", a->as_owner));
    if (a->collude != NULL) PV_TRY(pv_str_printf(out, " --collude %s", a->collude));
    if (a->set != NULL) PV_TRY(pv_str_printf(out, " --set %s", a->set));
    if (a->restarts > 0) PV_TRY(pv_str_printf(out, " --restarts %lld", (long long)a->restarts));
    if (a->seconds > 0) PV_TRY(pv_str_printf(out, " --seconds %g", a->seconds));
    if (a->criterion > 0) PV_TRY(pv_str_printf(out, " --criterion %g", a->criterion));
    return a->with_originals ? pv_str_append(out, " --with-originals") : PV_OK;
}

static pv_status run(const pv_cli *cli, const void *opaque)
{
    const audit_args *a = opaque;
    pv_status status = PV_OK;
    pv_attack_option option[OPTIONS];
    int count = 0;
    pv_findings f = {0};
    pv_str command = {0}, table = {0};
    json_t *j = NULL;
    char *set = a->set != NULL ? pv_strdup(a->set) : NULL;
    if (a->set != NULL && set == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for the settings");
    if (set != NULL) PV_TRY_GOTO(split(option, &count, set));
    if (a->as_owner != NULL && a->collude != NULL)
        PV_FAIL_GOTO(PV_ERR_OPTION, "audit: --as-owner and --collude exclude each other");
    PV_TRY_GOTO(write_command(&command, cli, a));
    PV_TRY_GOTO(pv_audit(&f,
                         &(pv_audit_options){.run = a->run,
                                             .attack = a->attack,
                                             .as_owner = a->as_owner,
                                             .collude = a->collude,
                                             .targets = (int)a->targets,
                                             .known_set = a->known >= 0,
                                             .known = a->known,
                                             .controls = (int)a->controls,
                                             .candidates = (int)a->candidates,
                                             .criterion = a->criterion,
                                             .budget = {.seconds = a->seconds,
                                                        .restarts = (int)a->restarts,
                                                        .seed = (uint64_t)cli->global.seed},
                                             .option = option,
                                             .options = count,
                                             .with_originals = a->with_originals,
                                             .command = pv_str_text(&command)},
                         &cli->ctx));
    if (cli->global.json) {
        PV_TRY_GOTO(pv_findings_json(&j, &f));
        PV_TRY_GOTO(pv_console_json(j));
    } else {
        PV_TRY_GOTO(pv_findings_table(&table, &f, 80));
        pv_console_print("%s", pv_str_text(&table));
    }
    if (pv_audit_invalid(&f)) *cli->verdict = PV_GATE_INVALID;
done:
    pv_findings_clear(&f);
    pv_str_clear(&command);
    pv_str_clear(&table);
    pv_free(set);
    return status;
}

const pv_command pv_command_audit = {
    .name = "audit",
    .summary = "attack what each party saw, and count what it found out",
    .text =
        "Goes through what the scheme claims. For each secret the adversary's view is attacked, "
        "and so are two views of the auditor's own making: one where the attack must succeed and "
        "one where it must fail. Guesses are hashed into RUN/audit/guesses.json before they are "
        "held against anybody's data, which must be what the party committed to before training. "
        "Before that, data is opened only for rows that an attack is assumed to know (--known), "
        "and "
        "for what is the adversary's own.\n\n"
        "Exit status 6 when a control failed or an attack did not finish: such findings count for "
        "nothing.",
    .examples = "privet audit runs/glyphs\n"
                "privet audit runs/glyphs --attack idlg --targets 100 --with-originals\n"
                "privet audit runs/glyphs --as-owner hospital-a",
    .options = options,
    .args_size = sizeof(audit_args),
    .run = run,
};
