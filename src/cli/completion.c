#include "cli/commands.h"
#include "cli/console.h"
#include "cli/help.h"

typedef struct completion_args {
    const char *shell;
} completion_args;

static const pv_option options[] = {
    {NULL, 0, PV_OPTION_CHOICE, "SHELL", "bash", 0, 0, "bash", "the shell to write for",
     offsetof(completion_args, shell), 0, 0},
    PV_OPTION_END,
};

static pv_status run(const pv_cli *cli, const void *args)
{
    (void)cli;
    (void)args; /* there is one shell, and parsing has seen to it */
    pv_str text = {0};
    pv_status status = pv_help_completion(&text);
    if (status == PV_OK) pv_console_print("%s", pv_str_text(&text));
    pv_str_clear(&text);
    return status;
}

const pv_command pv_command_completion = {
    .name = "completion",
    .summary = "a script that completes privet's commands and options",
    .examples = "source <(privet completion bash)",
    .options = options,
    .args_size = sizeof(completion_args),
    .run = run,
};
