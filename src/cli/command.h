/* cli/command.h - what a sub-command is, and the list of them
 *
 * One file a sub-command: it defines one pv_command with its table of options and a run function
 * that parses nothing and decides little: it calls src/run and prints. Results go to standard
 * output, everything else to standard error. With --json, run prints exactly one JSON object
 * (console.h); main prints the one for a failure.
 */
#ifndef PV_CLI_COMMAND_H
#define PV_CLI_COMMAND_H

#include "cli/option.h"
#include "privet/context.h"

/* Options that every command takes. */
typedef struct pv_globals {
    int64_t threads, seed;
    int json, quiet, verbose, help;
} pv_globals;

typedef struct pv_cli {
    pv_globals global;
    pv_ctx ctx;   /* threads, log, progress and SIGINT, for every call into the library */
    int *verdict; /* exit status of a command that ran as it should: 0, or what it found (5, 6) */
} pv_cli;

typedef struct pv_command {
    const char *name;     /* "train", "data info" */
    const char *summary;  /* one line, no final stop */
    const char *text;     /* paragraphs for the help, parted by empty lines; may be NULL */
    const char *examples; /* one command a line; may be NULL */
    const pv_option *options;
    size_t args_size; /* of the struct that the options fill */
    pv_status (*run)(const pv_cli *cli, const void *args);
} pv_command;

extern const pv_option pv_global_options[];
extern const pv_command *const pv_commands[]; /* ends with NULL */

/* The command that the first words of argv name; *used gets how many words that took. NULL when
 * there is none. */
const pv_command *pv_command_find(int argc, char **argv, int *used);

/* Every name that begins with this word and a space, joined by ", "; "" when there is none. */
void pv_command_group(const char *word, char *buffer, size_t size);

/* The usage error for words that name no command. */
pv_status pv_command_unknown(int argc, char **argv) PV_MUST_USE;

#endif
