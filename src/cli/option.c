#include "cli/option.h"

#include "base/spelling.h"
#include "base/trail.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_MAX = 64 };

int pv_option_is_end(const pv_option *o)
{
    return o->name == NULL && o->argument == NULL;
}

static const char *nearest(const pv_option *own, const pv_option *common, const char *word)
{
    pv_spelling s = pv_spelling_of(word);
    for (int t = 0; t < 2; t++)
        for (const pv_option *o = t == 0 ? own : common; !pv_option_is_end(o); o++)
            if (o->name != NULL) pv_spelling_try(&s, o->name);
    return s.best;
}

/* How the user knows it: "--epochs", or "SPEC". */
static const char *label(const pv_option *o, char buffer[WORD_MAX])
{
    if (o->name == NULL) return o->argument;
    snprintf(buffer, WORD_MAX, "--%s", o->name);
    return buffer;
}

static int choice_fits(const char *choices, const char *value)
{
    size_t n = strlen(value);
    for (const char *c = choices; n > 0; c++) {
        const char *end = strchr(c, '|');
        size_t length = end == NULL ? strlen(c) : (size_t)(end - c);
        if (length == n && strncmp(c, value, n) == 0) return 1;
        if (end == NULL) break;
        c = end;
    }
    return 0;
}

static pv_status store_number(const char *command, const pv_option *o, const char *value,
                              void *target)
{
    char name[WORD_MAX], *end = NULL;
    int whole = o->kind == PV_OPTION_INTEGER;
    errno = 0;
    long long integer = whole ? strtoll(value, &end, 10) : 0;
    double real = whole ? (double)integer : strtod(value, &end);
    if (end == value || *end != '\0' || errno != 0 || !isfinite(real))
        PV_FAIL(PV_ERR_OPTION, "%s: %s takes %s, \"%s\" is none", command, label(o, name),
                whole ? "a whole number" : "a number", value);
    if (o->low != o->high && (real < o->low || real > o->high))
        PV_FAIL(PV_ERR_OPTION, "%s: %s takes a number from %.16g to %.16g, %s is outside", command,
                label(o, name), o->low, o->high, value);
    if (whole)
        *(int64_t *)target = integer;
    else
        *(double *)target = real;
    return PV_OK;
}

static pv_status store(const char *command, const pv_option *o, const char *value, void *args)
{
    char name[WORD_MAX];
    void *target = (char *)args + o->where;
    switch (o->kind) {
    case PV_OPTION_FLAG:
        *(int *)target = 1;
        return PV_OK;
    case PV_OPTION_INTEGER:
    case PV_OPTION_REAL:
        return store_number(command, o, value, target);
    case PV_OPTION_CHOICE:
        if (!choice_fits(o->choices, value))
            PV_FAIL(PV_ERR_OPTION, "%s: %s takes one of %s, not \"%s\"", command, label(o, name),
                    o->choices, value);
        break;
    case PV_OPTION_TEXT:
    case PV_OPTION_PATH:
        if (value[0] == '\0')
            PV_FAIL(PV_ERR_OPTION, "%s: %s takes %s, not an empty word", command, label(o, name),
                    o->argument);
        break;
    }
    *(const char **)target = value;
    return PV_OK;
}

static pv_status fill_defaults(const char *command, const pv_option *table, void *args)
{
    for (const pv_option *o = table; !pv_option_is_end(o); o++) {
        void *target = (char *)args + o->where;
        if (o->fallback != NULL)
            PV_TRY(store(command, o, o->fallback, args));
        else if (o->kind == PV_OPTION_INTEGER)
            *(int64_t *)target = PV_OPTION_UNSET;
        else if (o->kind == PV_OPTION_REAL)
            *(double *)target = NAN;
    }
    return PV_OK;
}

static const pv_option *find(const pv_option *table, const char *word, size_t n, char letter)
{
    for (const pv_option *o = table; !pv_option_is_end(o); o++) {
        if (o->name == NULL) continue;
        if (letter != 0 ? o->letter == letter
                        : strlen(o->name) == n && strncmp(o->name, word, n) == 0)
            return o;
    }
    return NULL;
}

typedef struct tables {
    const char *command;
    const pv_option *own, *common;
    void *args, *common_args;
} tables;

/* Another value of a `many` option. They gather at the front of argv, which never overtakes the
 * words that are still to be read. */
static void keep(const tables *t, const pv_option *o, char **argv, char *value)
{
    pv_words *words = (pv_words *)(void *)((char *)t->args + o->where);
    words->word = argv;
    argv[words->count++] = value;
}

/* The option that argv[*i] names, with its value, which may be the next word. */
static pv_status parse_option(const tables *t, int argc, char **argv, int *i)
{
    char *word = argv[*i], *value = NULL;
    int is_long = word[1] == '-';
    char *name = word + (is_long ? 2 : 1);
    size_t n = is_long ? strcspn(name, "=") : 1;
    char letter = is_long ? 0 : name[0];
    const pv_option *o = find(t->own, name, n, letter);
    void *args = t->args;
    if (o == NULL) {
        o = find(t->common, name, n, letter);
        args = t->common_args;
    }
    if (o == NULL) {
        char typed[WORD_MAX];
        snprintf(typed, sizeof typed, "%.*s", (int)n, name);
        const char *near = is_long ? nearest(t->own, t->common, typed) : NULL;
        PV_FAIL(PV_ERR_OPTION, "%s: there is no option %s%s%s%s; see privet help %s", t->command,
                is_long ? "--" : "-", typed, near == NULL ? "" : ", did you mean --",
                near == NULL ? "" : near, t->command);
    }
    if (name[n] != '\0') value = name + n + (is_long ? 1 : 0);
    if (o->kind == PV_OPTION_FLAG && value != NULL)
        PV_FAIL(PV_ERR_OPTION, "%s: --%s takes no value, \"%s\" was given", t->command, o->name,
                value);
    if (o->kind != PV_OPTION_FLAG && value == NULL) {
        if (*i + 1 >= argc)
            PV_FAIL(PV_ERR_OPTION, "%s: --%s needs a value: --%s %s", t->command, o->name, o->name,
                    o->argument);
        value = argv[++*i];
    }
    if (o->many) {
        if (value[0] == '\0')
            PV_FAIL(PV_ERR_OPTION, "%s: --%s takes %s, not an empty word", t->command, o->name,
                    o->argument);
        keep(t, o, argv, value);
        return PV_OK;
    }
    return store(t->command, o, value, args);
}

static pv_status parse_word(const tables *t, char **argv, int i, int *position)
{
    int k = 0;
    for (const pv_option *o = t->own; !pv_option_is_end(o); o++) {
        if (o->name != NULL) continue;
        if (o->many) {
            keep(t, o, argv, argv[i]);
            return PV_OK;
        }
        if (k++ == *position) {
            (*position)++;
            return store(t->command, o, argv[i], t->args);
        }
    }
    PV_FAIL(PV_ERR_OPTION, "%s: nothing takes the word \"%s\"; see privet help %s", t->command,
            argv[i], t->command);
}

pv_status pv_option_parse(const char *command, const pv_option *own, void *args,
                          const pv_option *common, void *common_args, int argc, char **argv)
{
    tables t = {command, own, common, args, common_args};
    int position = 0, options_over = 0;
    PV_TRY(fill_defaults(command, own, args));
    PV_TRY(fill_defaults(command, common, common_args));
    for (int i = 0; i < argc; i++) {
        if (!options_over && strcmp(argv[i], "--") == 0)
            options_over = 1;
        else if (!options_over && argv[i][0] == '-' && argv[i][1] != '\0')
            PV_TRY(parse_option(&t, argc, argv, &i));
        else
            PV_TRY(parse_word(&t, argv, i, &position));
    }
    return PV_OK;
}

pv_status pv_option_check(const char *command, const pv_option *own, const void *args)
{
    char name[WORD_MAX];
    for (const pv_option *o = own; !pv_option_is_end(o); o++) {
        if (!o->required) continue;
        const void *target = (const char *)args + o->where;
        int given =
            o->many ? ((const pv_words *)target)->count > 0 : *(const char *const *)target != NULL;
        if (!given)
            PV_FAIL(PV_ERR_OPTION, "%s: %s is missing: %s; see privet help %s", command,
                    label(o, name), o->help, command);
    }
    return PV_OK;
}
