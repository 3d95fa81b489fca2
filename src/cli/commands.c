#include "cli/command.h"

#include "base/spelling.h"
#include "base/trail.h"
#include "cli/commands.h"
#include <stdio.h>
#include <string.h>

#define GLOBAL(field) offsetof(pv_globals, field)

const pv_option pv_global_options[] = {
    {"threads", 't', PV_OPTION_INTEGER, "N", "0", 0, 1024, NULL,
     "compute threads, 0 for one on each processor", GLOBAL(threads), 0, 0},
    {"seed", 's', PV_OPTION_INTEGER, "N", "1", 0, 9007199254740991, NULL, /* exact in any JSON */
     "start of all randomness; same seed and threads, same result", GLOBAL(seed), 0, 0},
    {"json", 0, PV_OPTION_FLAG, NULL, NULL, 0, 0, NULL,
     "print exactly one JSON object on standard output", GLOBAL(json), 0, 0},
    {"quiet", 'q', PV_OPTION_FLAG, NULL, NULL, 0, 0, NULL,
     "no progress and no log, only warnings and errors", GLOBAL(quiet), 0, 0},
    {"verbose", 'v', PV_OPTION_FLAG, NULL, NULL, 0, 0, NULL,
     "more log, and where in the source an error arose", GLOBAL(verbose), 0, 0},
    {"help", 'h', PV_OPTION_FLAG, NULL, NULL, 0, 0, NULL, "what this command does and takes",
     GLOBAL(help), 0, 0},
    PV_OPTION_END,
};

/* One a line, so that what two people add does not collide. */
/* clang-format off */
const pv_command *const pv_commands[] = {
    &pv_command_train,
    &pv_command_retrain,
    &pv_command_eval,
    &pv_command_predict,
    &pv_command_data_info,
    &pv_command_data_convert,
    &pv_command_data_split,
    &pv_command_align,
    &pv_command_check,
    &pv_command_run,
    &pv_command_party,
    &pv_command_merge,
    &pv_command_cuts,
    &pv_command_partition,
    &pv_command_view,
    &pv_command_audit,
    &pv_command_keys_ca,
    &pv_command_keys_party,
    &pv_command_keys_csr,
    &pv_command_keys_sign,
    &pv_command_keys_show,
    &pv_command_keys_paillier,
    &pv_command_report,
    &pv_command_gate,
    &pv_command_list,
    &pv_command_bench_engine,
    &pv_command_bench_wire,
    &pv_command_bench_federated,
    &pv_command_bench_paillier,
    &pv_command_bench_vertical,
    &pv_command_bench_complement,
    &pv_command_demo,
    &pv_command_version,
    &pv_command_help,
    &pv_command_completion,
    NULL,
};
/* clang-format on */

const pv_command *pv_command_find(int argc, char **argv, int *used)
{
    for (const pv_command *const *c = pv_commands; *c != NULL; c++) {
        const char *rest = (*c)->name;
        int i = 0;
        while (i < argc) {
            size_t n = strcspn(rest, " ");
            if (strlen(argv[i]) != n || strncmp(rest, argv[i], n) != 0) break;
            i++;
            rest += n;
            if (*rest == '\0') {
                *used = i;
                return *c;
            }
            rest++;
        }
    }
    return NULL;
}

void pv_command_group(const char *word, char *buffer, size_t size)
{
    size_t n = strlen(word), used = 0;
    buffer[0] = '\0';
    for (const pv_command *const *c = pv_commands; *c != NULL; c++)
        if (strncmp((*c)->name, word, n) == 0 && (*c)->name[n] == ' ' && used < size)
            used += (size_t)snprintf(buffer + used, size - used, "%s%s", used == 0 ? "" : ", ",
                                     (*c)->name);
}

pv_status pv_command_unknown(int argc, char **argv)
{
    char group[256];
    const char *word = argc > 0 ? argv[0] : "";
    pv_command_group(word, group, sizeof group);
    if (group[0] != '\0' && (argc < 2 || argv[1][0] == '-'))
        PV_FAIL(PV_ERR_OPTION, "%s: say what about it: %s", word, group);
    if (group[0] != '\0')
        PV_FAIL(PV_ERR_OPTION, "there is no command \"%s %s\", only %s", word, argv[1], group);
    pv_spelling s = pv_spelling_of(word);
    for (const pv_command *const *c = pv_commands; *c != NULL; c++) pv_spelling_try(&s, (*c)->name);
    PV_FAIL(PV_ERR_OPTION, "there is no command \"%s\"%s%s; privet help lists them", word,
            s.best == NULL ? "" : ", did you mean ", s.best == NULL ? "" : s.best);
}
