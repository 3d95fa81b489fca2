#include "cli/commands.h"
#include "cli/console.h"
#include "cli/help.h"

typedef struct help_args {
    pv_words words;
    int man;
} help_args;

static const pv_option options[] = {
    {NULL, 0, PV_OPTION_TEXT, "COMMAND", NULL, 0, 0, NULL,
     "the command to explain; without one, all are listed", offsetof(help_args, words), 0, 1},
    {"man", 0, PV_OPTION_FLAG, NULL, NULL, 0, 0, NULL,
     "as a page for man(1): privet help --man train | man -l -", offsetof(help_args, man), 0, 0},
    PV_OPTION_END,
};

static pv_status run(const pv_cli *cli, const void *opaque)
{
    (void)cli;
    const help_args *args = opaque;
    pv_str text = {0};
    pv_status status = PV_OK;
    const pv_command *command = NULL;
    int used = 0;
    if (args->words.count > 0) {
        command = pv_command_find(args->words.count, args->words.word, &used);
        if (command == NULL) PV_TRY_GOTO(pv_command_unknown(args->words.count, args->words.word));
    }
    if (args->man)
        PV_TRY_GOTO(pv_help_man(&text, command));
    else if (command != NULL)
        PV_TRY_GOTO(pv_help_command(&text, command));
    else
        PV_TRY_GOTO(pv_help_overview(&text));
    pv_console_print("%s", pv_str_text(&text));
done:
    pv_str_clear(&text);
    return status;
}

const pv_command pv_command_help = {
    .name = "help",
    .summary = "what a command does and takes",
    .examples = "privet help train\nprivet help --man data split | man -l -",
    .options = options,
    .args_size = sizeof(help_args),
    .run = run,
};
