#include "base/mem.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/help.h"
#include "run/machine.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* OpenMP reads its environment before main: workers that spin while they wait ruin everything else
 * on the machine, so the program starts itself anew, once, with waiting set to passive. When that
 * fails it goes on as it is: slower, not wrong. */
static void restart_with_passive_waiting(char **argv, int threads)
{
    char text[16];
    if (getenv("OMP_WAIT_POLICY") != NULL) return;
    snprintf(text, sizeof text, "%d", threads);
    if (setenv("OMP_WAIT_POLICY", "passive", 1) != 0 || setenv("OMP_NUM_THREADS", text, 1) != 0)
        return;
    execv("/proc/self/exe", argv);
}

static pv_status show_help(const pv_command *command)
{
    pv_str text = {0};
    pv_status status = command == NULL ? pv_help_overview(&text) : pv_help_command(&text, command);
    if (status == PV_OK) pv_console_print("%s", pv_str_text(&text));
    pv_str_clear(&text);
    return status;
}

/* "privet --help" and "privet --version" are what people try first. */
static char **plain_words(int argc, char **argv, int *count)
{
    static char help[] = "help", version[] = "version";
    static char *words[2];
    *count = argc - 1;
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        words[0] = help;
    else if (strcmp(argv[1], "--version") == 0)
        words[0] = version;
    else
        return argv + 1;
    *count = 1;
    return words;
}

static pv_status run(pv_cli *cli, int argc, char **argv)
{
    int count = 0, used = 0;
    void *args = NULL;
    pv_status status = PV_OK;
    char **given = plain_words(argc, argv, &count);
    const pv_command *command = pv_command_find(count, given, &used);
    if (command == NULL) return pv_command_unknown(count, given);
    char **words = pv_alloc((size_t)count + 1, sizeof *words); /* parsing reorders them */
    if (words == NULL) PV_FAIL_MEMORY((size_t)count * sizeof *words);
    memcpy(words, given, (size_t)count * sizeof *words);
    args = pv_calloc(1, command->args_size);
    if (args == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the options");
    PV_TRY_GOTO(pv_option_parse(command->name, command->options, args, pv_global_options,
                                &cli->global, count - used, words + used));
    if (cli->global.help) {
        status = show_help(command);
        goto done;
    }
    PV_TRY_GOTO(pv_option_check(command->name, command->options, args));
    if (cli->global.threads == 0) cli->global.threads = pv_machine_processors();
    restart_with_passive_waiting(argv, (int)cli->global.threads);
    pv_console_open(cli);
    PV_TRY_GOTO(command->run(cli, args));
done:
    pv_free(args);
    pv_free(words);
    return status;
}

int main(int argc, char **argv)
{
    int verdict = 0;
    pv_cli cli = {.verdict = &verdict};
    for (int i = 1; i < argc; i++) /* a usage error, too, comes as JSON when that was asked for */
        if (strcmp(argv[i], "--json") == 0) cli.global.json = 1;
    pv_status status = run(&cli, argc, argv);
    if (status == PV_OK) status = pv_console_close();
    if (status != PV_OK) pv_console_failure(&cli, status);
    return status == PV_OK ? verdict : pv_status_exit(status);
}
