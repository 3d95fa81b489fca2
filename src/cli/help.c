#include "cli/help.h"

#include <string.h>

enum { WIDTH = 80, INDENT = 28 };

/* Words of text, broken at WIDTH, lines after the first indented; `at` is the column reached. */
static pv_status wrap(pv_str *out, const char *text, size_t at, int indent)
{
    int first = 1;
    while (*text != '\0') {
        size_t n = strcspn(text, " \n");
        if (!first && at + 1 + n > WIDTH) {
            PV_TRY(pv_str_printf(out, "\n%*s", indent, ""));
            at = (size_t)indent;
        } else if (!first) {
            PV_TRY(pv_str_append(out, " "));
            at++;
        }
        PV_TRY(pv_str_append_bytes(out, text, n));
        at += n;
        text += n;
        first = 0;
        if (text[0] == '\n' && text[1] == '\n') { /* a new paragraph */
            PV_TRY(pv_str_printf(out, "\n\n%*s", indent, ""));
            at = (size_t)indent;
            first = 1;
        }
        text += strspn(text, " \n");
    }
    return pv_str_append(out, "\n");
}

/* "  -e, --epochs N" */
static pv_status option_head(pv_str *out, const pv_option *o)
{
    if (o->name == NULL) return pv_str_printf(out, "%s%s", o->argument, o->many ? "..." : "");
    if (o->letter != 0) PV_TRY(pv_str_printf(out, "-%c, ", o->letter));
    return pv_str_printf(out, "--%s%s%s", o->name, o->argument == NULL ? "" : " ",
                         o->argument == NULL ? "" : o->argument);
}

/* The help with range, choices and default behind it. */
static pv_status option_text(pv_str *out, const pv_option *o)
{
    PV_TRY(pv_str_append(out, o->help));
    if (o->choices != NULL) {
        PV_TRY(pv_str_append(out, ": "));
        for (const char *c = o->choices; *c != '\0'; c++)
            PV_TRY(*c == '|' ? pv_str_append(out, ", ") : pv_str_append_bytes(out, c, 1));
    }
    if (o->low != o->high) PV_TRY(pv_str_printf(out, "; %.16g to %.16g", o->low, o->high));
    if (o->required && o->name != NULL) PV_TRY(pv_str_append(out, "; required"));
    if (o->fallback != NULL) PV_TRY(pv_str_printf(out, "; default %s", o->fallback));
    return PV_OK;
}

static pv_status option_lines(pv_str *out, const pv_option *o)
{
    pv_str text = {0};
    pv_status status = PV_OK;
    size_t start = out->size;
    PV_TRY_GOTO(pv_str_append(out, o->name != NULL && o->letter == 0 ? "      " : "  "));
    PV_TRY_GOTO(option_head(out, o));
    size_t used = out->size - start;
    if (used + 2 > INDENT) {
        PV_TRY_GOTO(pv_str_append(out, "\n"));
        used = 0;
    }
    PV_TRY_GOTO(pv_str_printf(out, "%*s", INDENT - (int)used, ""));
    PV_TRY_GOTO(option_text(&text, o));
    PV_TRY_GOTO(wrap(out, pv_str_text(&text), INDENT, INDENT));
done:
    pv_str_clear(&text);
    return status;
}

/* "privet data split --parts K --out FOLDER [options] SPEC" */
static pv_status synopsis(pv_str *out, const pv_command *command)
{
    PV_TRY(pv_str_printf(out, "privet %s", command->name));
    for (const pv_option *o = command->options; !pv_option_is_end(o); o++)
        if (o->name != NULL && o->required)
            PV_TRY(pv_str_printf(out, " --%s %s", o->name, o->argument));
    PV_TRY(pv_str_append(out, " [options]"));
    for (const pv_option *o = command->options; !pv_option_is_end(o); o++)
        if (o->name == NULL)
            PV_TRY(pv_str_printf(out, " %s%s%s%s", o->required ? "" : "[", o->argument,
                                 o->many ? "..." : "", o->required ? "" : "]"));
    return PV_OK;
}

pv_status pv_help_overview(pv_str *out)
{
    PV_TRY(pv_str_append(out, "privet: train networks, and see what training gives away\n\n"
                              "Usage: privet COMMAND [options]\n\nCommands\n"));
    for (const pv_command *const *c = pv_commands; *c != NULL; c++)
        PV_TRY(pv_str_printf(out, "  %-14s %s\n", (*c)->name, (*c)->summary));
    PV_TRY(pv_str_append(out, "\nOptions of every command\n"));
    for (const pv_option *o = pv_global_options; !pv_option_is_end(o); o++)
        PV_TRY(option_lines(out, o));
    return pv_str_append(out,
                         "\nprivet help COMMAND tells more. Exit status: 0 done, 1 failed while "
                         "running,\n2 usage, 3 bad input, 4 peer or network, 5 a limit of a gate "
                         "was exceeded,\n6 an audit was invalid.\n");
}

pv_status pv_help_command(pv_str *out, const pv_command *command)
{
    PV_TRY(pv_str_printf(out, "privet %s: %s\n\nUsage: ", command->name, command->summary));
    PV_TRY(synopsis(out, command));
    PV_TRY(pv_str_append(out, "\n"));
    if (command->text != NULL) {
        PV_TRY(pv_str_append(out, "\n"));
        PV_TRY(wrap(out, command->text, 0, 0));
    }
    int words = 0, named = 0;
    for (const pv_option *o = command->options; !pv_option_is_end(o); o++) {
        if (o->name != NULL) continue;
        if (words++ == 0) PV_TRY(pv_str_append(out, "\nArguments\n"));
        PV_TRY(option_lines(out, o));
    }
    for (const pv_option *o = command->options; !pv_option_is_end(o); o++) {
        if (o->name == NULL) continue;
        if (named++ == 0) PV_TRY(pv_str_append(out, "\nOptions\n"));
        PV_TRY(option_lines(out, o));
    }
    PV_TRY(pv_str_append(out, "\nOptions of every command\n"));
    for (const pv_option *o = pv_global_options; !pv_option_is_end(o); o++)
        PV_TRY(option_lines(out, o));
    if (command->examples != NULL) {
        PV_TRY(pv_str_append(out, "\nExamples\n"));
        for (const char *line = command->examples; *line != '\0';) {
            size_t n = strcspn(line, "\n");
            PV_TRY(pv_str_printf(out, "  %.*s\n", (int)n, line));
            line += n + (line[n] == '\n');
        }
    }
    return PV_OK;
}

/* ---- man */

/* Text as roff: a hyphen typed on a command line stays one, a leading dot is no request. */
static pv_status roff(pv_str *out, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        int line_start = c == text || c[-1] == '\n';
        if (*c == '\\')
            PV_TRY(pv_str_append(out, "\\e"));
        else if (*c == '-')
            PV_TRY(pv_str_append(out, "\\-"));
        else if (line_start && (*c == '.' || *c == '\''))
            PV_TRY(pv_str_printf(out, "\\&%c", *c));
        else if (c[0] == '\n' && c[1] == '\n')
            PV_TRY(pv_str_append(out, "\n.PP"));
        else if (c[0] == '\n' && c > text && c[-1] == '\n')
            PV_TRY(pv_str_append(out, "\n"));
        else
            PV_TRY(pv_str_append_bytes(out, c, 1));
    }
    return PV_OK;
}

static pv_status man_options(pv_str *out, const pv_option *table)
{
    pv_str text = {0};
    pv_status status = PV_OK;
    for (const pv_option *o = table; !pv_option_is_end(o); o++) {
        pv_str_truncate(&text, 0);
        PV_TRY_GOTO(option_head(&text, o));
        PV_TRY_GOTO(pv_str_append(out, ".TP\n\\fB"));
        PV_TRY_GOTO(roff(out, pv_str_text(&text)));
        PV_TRY_GOTO(pv_str_append(out, "\\fR\n"));
        pv_str_truncate(&text, 0);
        PV_TRY_GOTO(option_text(&text, o));
        PV_TRY_GOTO(roff(out, pv_str_text(&text)));
        PV_TRY_GOTO(pv_str_append(out, ".\n"));
    }
done:
    pv_str_clear(&text);
    return status;
}

static pv_status man_head(pv_str *out, const char *name, const char *summary)
{
    pv_str title = {0};
    pv_status status = PV_OK;
    PV_TRY_GOTO(pv_str_printf(&title, "privet%s%s", name[0] == '\0' ? "" : " ", name));
    for (char *c = title.text; *c != '\0'; c++)
        if (*c == ' ') *c = '-';
    PV_TRY_GOTO(pv_str_printf(out, ".TH \"%s\" 1 \"\" \"privet %s\" \"\"\n.SH NAME\n", title.text,
                              PV_VERSION));
    PV_TRY_GOTO(roff(out, title.text));
    PV_TRY_GOTO(pv_str_append(out, " \\- "));
    PV_TRY_GOTO(roff(out, summary));
    PV_TRY_GOTO(pv_str_append(out, "\n.SH SYNOPSIS\n"));
done:
    pv_str_clear(&title);
    return status;
}

static pv_status man_command(pv_str *out, const pv_command *command)
{
    pv_str text = {0};
    pv_status status = PV_OK;
    PV_TRY_GOTO(man_head(out, command->name, command->summary));
    PV_TRY_GOTO(synopsis(&text, command));
    PV_TRY_GOTO(roff(out, pv_str_text(&text)));
    if (command->text != NULL) {
        PV_TRY_GOTO(pv_str_append(out, "\n.SH DESCRIPTION\n"));
        PV_TRY_GOTO(roff(out, command->text));
    }
    PV_TRY_GOTO(pv_str_append(out, "\n.SH OPTIONS\n"));
    PV_TRY_GOTO(man_options(out, command->options));
    PV_TRY_GOTO(man_options(out, pv_global_options));
    if (command->examples != NULL) {
        PV_TRY_GOTO(pv_str_append(out, ".SH EXAMPLES\n.nf\n"));
        PV_TRY_GOTO(roff(out, command->examples));
        PV_TRY_GOTO(pv_str_append(out, "\n.fi\n"));
    }
done:
    pv_str_clear(&text);
    return status;
}

static const char exit_section[] =
    ".SH EXIT STATUS\n0 done, 1 failed while running, 2 usage, 3 bad input (file or data), "
    "4 peer or network.\n";

pv_status pv_help_man(pv_str *out, const pv_command *command)
{
    if (command != NULL) {
        PV_TRY(man_command(out, command));
        return pv_str_append(out, exit_section);
    }
    PV_TRY(man_head(out, "", "train networks, and see what training gives away"));
    PV_TRY(pv_str_append(out, "privet COMMAND [options]\n.SH COMMANDS\n"));
    for (const pv_command *const *c = pv_commands; *c != NULL; c++) {
        PV_TRY(pv_str_printf(out, ".TP\n\\fB%s\\fR\n", (*c)->name));
        PV_TRY(roff(out, (*c)->summary));
        PV_TRY(pv_str_append(out, ".\n"));
    }
    PV_TRY(pv_str_append(out, ".SH OPTIONS OF EVERY COMMAND\n"));
    PV_TRY(man_options(out, pv_global_options));
    return pv_str_append(out, exit_section);
}

/* ---- completion */

static pv_status option_words(pv_str *out, const pv_option *table)
{
    for (const pv_option *o = table; !pv_option_is_end(o); o++)
        if (o->name != NULL) PV_TRY(pv_str_printf(out, " --%s", o->name));
    return PV_OK;
}

/* The words a choice can be, with spaces between. */
static pv_status choice_words(pv_str *out, const char *choices)
{
    for (const char *c = choices; *c != '\0'; c++)
        PV_TRY(pv_str_append_bytes(out, *c == '|' ? " " : c, 1));
    return PV_OK;
}

/* The cases of one command: what may follow an option, then what may stand anywhere. */
static pv_status complete_command(pv_str *out, const pv_command *command)
{
    PV_TRY(pv_str_printf(out, "    \"%s\")\n        case $before in\n", command->name));
    for (const pv_option *o = command->options; !pv_option_is_end(o); o++) {
        if (o->name == NULL || o->kind == PV_OPTION_FLAG) continue;
        PV_TRY(pv_str_printf(out, "        --%s", o->name));
        if (o->letter != 0) PV_TRY(pv_str_printf(out, " | -%c", o->letter));
        if (o->choices != NULL) {
            PV_TRY(pv_str_append(out, ") words=\""));
            PV_TRY(choice_words(out, o->choices));
            PV_TRY(pv_str_append(out, "\" ;;\n"));
        } else {
            PV_TRY(
                pv_str_append(out, o->kind == PV_OPTION_PATH ? ") files=1 ;;\n" : ") return ;;\n"));
        }
    }
    PV_TRY(pv_str_append(out, "        *) words=\""));
    for (const pv_option *o = command->options; !pv_option_is_end(o); o++)
        if (o->name == NULL && o->choices != NULL) {
            PV_TRY(choice_words(out, o->choices));
            PV_TRY(pv_str_append(out, " "));
        }
    PV_TRY(pv_str_append(out, "$common"));
    PV_TRY(option_words(out, command->options));
    return pv_str_append(out, "\" ;;\n        esac ;;\n");
}

pv_status pv_help_completion(pv_str *out)
{
    PV_TRY(pv_str_append(
        out, "# bash completion for privet: source this, or put it into\n"
             "# ~/.local/share/bash-completion/completions/privet\n"
             "_privet() {\n"
             "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
             "    local command=${COMP_WORDS[1]} words= files= common=\""));
    PV_TRY(option_words(out, pv_global_options));
    PV_TRY(pv_str_append(out, "\"\n    case $command in"));
    for (const pv_command *const *c = pv_commands; *c != NULL; c++) {
        const char *space = strchr((*c)->name, ' ');
        if (space == NULL) continue;
        int n = (int)(space - (*c)->name);
        if (c > pv_commands && strncmp(c[-1]->name, (*c)->name, (size_t)n + 1) == 0) continue;
        PV_TRY(pv_str_printf(out, "\n    %.*s)\n        if ((COMP_CWORD == 2)); then words=\"", n,
                             (*c)->name));
        for (const pv_command *const *d = c; *d != NULL; d++)
            if (strncmp((*d)->name, (*c)->name, (size_t)n + 1) == 0)
                PV_TRY(pv_str_printf(out, "%s ", (*d)->name + n + 1));
        PV_TRY(pv_str_append(out, "\"; fi\n        command+=\" ${COMP_WORDS[2]}\" ;;"));
    }
    PV_TRY(pv_str_append(out, "\n    esac\n    if ((COMP_CWORD == 1)); then words=\""));
    for (const pv_command *const *c = pv_commands; *c != NULL; c++) {
        size_t n = strcspn((*c)->name, " ");
        if (c > pv_commands && strncmp(c[-1]->name, (*c)->name, n) == 0 && (*c)->name[n] == ' ')
            continue;
        PV_TRY(pv_str_printf(out, "%.*s ", (int)n, (*c)->name));
    }
    PV_TRY(pv_str_append(out, "\"; fi\n    [[ -z $words ]] && case $command in\n"));
    for (const pv_command *const *c = pv_commands; *c != NULL; c++)
        PV_TRY(complete_command(out, *c));
    return pv_str_append(out, "    esac\n"
                              "    if [[ -n $files ]]; then\n"
                              "        compopt -o filenames 2>/dev/null\n"
                              "        COMPREPLY=($(compgen -f -- \"$word\"))\n"
                              "    else\n"
                              "        COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
                              "    fi\n"
                              "}\n"
                              "complete -F _privet privet\n");
}
