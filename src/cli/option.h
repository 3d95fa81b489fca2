/* cli/option.h - the one description of a command's options
 *
 * A command owns a table of pv_option, ended by an entry without argument and name. Parsing,
 * --help, the man page and the completion are all made from it, so none of them can drift from
 * another.
 *
 * The value of an option is stored at `where` bytes into the command's own struct of arguments, as
 *
 *     PV_OPTION_FLAG      int, 1 when given
 *     PV_OPTION_INTEGER   int64_t in [low, high]; PV_OPTION_UNSET when not given, without fallback
 *     PV_OPTION_REAL      double in [low, high]; NaN likewise
 *     the others          const char *, living as long as argv; NULL when not given
 *
 * An entry without a name is positional: the k-th word that is no option belongs to the k-th of
 * them. One marked `many` takes every word that is left; its value is a pv_words. A named option
 * that is marked so may be given again and again, and its pv_words has every value. A table has at
 * most one `many` option, and no common option is one.
 */
#ifndef PV_CLI_OPTION_H
#define PV_CLI_OPTION_H

#include "privet/status.h"
#include <stddef.h>
#include <stdint.h>

typedef enum pv_option_kind {
    PV_OPTION_FLAG = 1,
    PV_OPTION_INTEGER,
    PV_OPTION_REAL,
    PV_OPTION_TEXT,
    PV_OPTION_PATH,   /* completed as a file */
    PV_OPTION_CHOICE, /* one of `choices` */
} pv_option_kind;

#define PV_OPTION_UNSET INT64_MIN

typedef struct pv_option {
    const char *name; /* "epochs" for --epochs; NULL: positional */
    char letter;      /* 'e' for -e; 0: none */
    pv_option_kind kind;
    const char *argument; /* "N" in --epochs N; NULL for flags */
    const char *fallback; /* what holds when it is not given, as one would type it; NULL: nothing */
    double low, high;     /* inclusive range of numbers; equal: unbounded */
    const char *choices;  /* "sgd|adam|adamw" */
    const char *help;     /* one sentence, no final stop */
    size_t where;         /* offsetof its value */
    int required;         /* words only */
    int many;
} pv_option;

typedef struct pv_words {
    int count;
    char **word;
} pv_words;

/* The end of a table. */
#define PV_OPTION_END                                                                              \
    {                                                                                              \
        0                                                                                          \
    }

int pv_option_is_end(const pv_option *o);

/* Fill defaults, then read the words argv[0..argc). Options may stand anywhere, "--" ends them.
 * Both tables are known at once: `own` stores into args, `common` into common_args. `command` is
 * named in messages. Words of a `many` option are moved to the front of argv. Errors:
 * PV_ERR_OPTION, naming the option and the nearest one that exists. */
pv_status pv_option_parse(const char *command, const pv_option *own, void *args,
                          const pv_option *common, void *common_args, int argc,
                          char **argv) PV_MUST_USE;

/* PV_OK, or the usage error that a required option is missing. Apart from parsing, so that --help
 * needs none. */
pv_status pv_option_check(const char *command, const pv_option *own, const void *args) PV_MUST_USE;

#endif
