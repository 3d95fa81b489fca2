#include "codec/arff.h"

#include "base/file.h"
#include "codec/limits.h"
#include "codec/table_i.h"
#include "codec/text.h"
#include "wire/utf8.h"
#include <inttypes.h>
#include <string.h>
#include <strings.h>

typedef struct arff {
    pv_text text;
    pv_table_maker maker;
    const char *line; /* the current line, n characters, the next at `at` */
    size_t n, at;
    char *word; /* the word last read, with its NUL */
    size_t length, cap;
    int quoted;
} arff;

#define FAIL(a, s, fmt, ...)                                                                       \
    PV_FAIL(s, "%s:%" PRId64 ": " fmt, (a)->text.name, (a)->text.line, __VA_ARGS__)

/* The next character of the line; 0 at its end or at a comment. */
static char peek(const arff *a)
{
    return a->at == a->n || a->line[a->at] == '%' ? '\0' : a->line[a->at];
}

static void skip_blanks(arff *a)
{
    while (peek(a) == ' ' || peek(a) == '\t') a->at++;
}

/* The next line that holds something: 1, or 0 when there is none. */
static int next_line(arff *a)
{
    while (pv_text_line(&a->text, &a->line, &a->n)) {
        a->at = 0;
        skip_blanks(a);
        if (peek(a) != '\0') return 1;
    }
    return 0;
}

static pv_status keep(arff *a, char byte)
{
    PV_TRY(pv_grow((void **)&a->word, &a->cap, a->length + 2, 1));
    a->word[a->length++] = byte;
    return PV_OK;
}

static pv_status read_quoted(arff *a)
{
    char quote = a->line[a->at++];
    for (; a->at < a->n && a->line[a->at] != quote; a->at++) {
        if (a->line[a->at] == '\\' && a->at + 1 < a->n) a->at++;
        PV_TRY(keep(a, a->line[a->at]));
    }
    if (a->at == a->n) FAIL(a, PV_ERR_TRUNCATED, "a %c quote opens here and never closes", quote);
    a->at++;
    return PV_OK;
}

/* A quoted word, or one up to any of the stops; blanks around it are skipped. */
static pv_status read_word(arff *a, const char *stops)
{
    a->length = 0;
    PV_TRY(pv_grow((void **)&a->word, &a->cap, 1, 1));
    skip_blanks(a);
    a->quoted = peek(a) == '\'' || peek(a) == '"';
    if (a->quoted)
        PV_TRY(read_quoted(a));
    else
        for (; peek(a) != '\0' && strchr(stops, peek(a)) == NULL; a->at++) PV_TRY(keep(a, peek(a)));
    while (!a->quoted && a->length > 0 &&
           (a->word[a->length - 1] == ' ' || a->word[a->length - 1] == '\t'))
        a->length--;
    a->word[a->length] = '\0';
    if (pv_utf8_check((const uint8_t *)a->word, a->length) < a->length)
        FAIL(a, PV_ERR_FORMAT, "column %zu: bytes that are no UTF-8 text; convert the file", a->at);
    skip_blanks(a);
    return PV_OK;
}

/* {a, b, c} of the column just made. */
static pv_status read_values(arff *a)
{
    int column = a->maker.table->ncolumns - 1;
    pv_column *c = &a->maker.table->columns[column];
    c->kind = PV_COLUMN_NOMINAL;
    do {
        a->at++; /* { or , */
        PV_TRY(read_word(a, ",}"));
        if (a->length == 0 && !a->quoted)
            FAIL(a, PV_ERR_FORMAT, "attribute '%s': value %d is empty", c->name, c->nvalues + 1);
        if (pv_column_find(c, a->word) >= 0)
            FAIL(a, PV_ERR_FORMAT, "attribute '%s' lists the value \"%.60s\" twice", c->name,
                 a->word);
        PV_TRY(pv_table_maker_new_value(&a->maker, a->text.line, column, a->word));
    } while (peek(a) == ',');
    if (peek(a) != '}')
        FAIL(a, PV_ERR_FORMAT, "attribute '%s': ',' or '}' was expected after the value \"%.60s\"",
             c->name, a->word);
    a->at++;
    return PV_OK;
}

static pv_status read_type(arff *a, pv_column *c)
{
    PV_TRY(read_word(a, " \t[{"));
    if (strcasecmp(a->word, "string") == 0 || strcasecmp(a->word, "date") == 0 ||
        strcasecmp(a->word, "relational") == 0)
        FAIL(a, PV_ERR_UNSUPPORTED,
             "attribute '%s': attributes of type %s are not read; numeric and nominal ones are: "
             "leave it out",
             c->name, a->word);
    if (strcasecmp(a->word, "numeric") != 0 && strcasecmp(a->word, "real") != 0 &&
        strcasecmp(a->word, "integer") != 0)
        FAIL(a, PV_ERR_FORMAT,
             "attribute '%s': \"%.60s\" is no type; numeric, real, integer or {a, b} was expected",
             c->name, a->word);
    c->kind = PV_COLUMN_NUMERIC;
    if (peek(a) == '[') { /* a range, which says nothing about the rows */
        while (peek(a) != ']' && peek(a) != '\0') a->at++;
        if (peek(a) == ']') a->at++;
    }
    return PV_OK;
}

static pv_status read_attribute(arff *a)
{
    PV_TRY(read_word(a, " \t{"));
    if (a->length == 0)
        FAIL(a, PV_ERR_FORMAT, "attribute %d has no name", a->maker.table->ncolumns + 1);
    PV_TRY(pv_table_maker_column(&a->maker, a->text.line, a->word));
    pv_column *c = &a->maker.table->columns[a->maker.table->ncolumns - 1];
    if (peek(a) == '{')
        PV_TRY(read_values(a));
    else
        PV_TRY(read_type(a, c));
    skip_blanks(a);
    if (peek(a) != '\0')
        FAIL(a, PV_ERR_FORMAT, "attribute '%s': nothing was expected after its type", c->name);
    return PV_OK;
}

static pv_status read_header(arff *a)
{
    if (a->text.n > 0 && memchr(a->text.p, '\0', a->text.n) != NULL)
        PV_FAIL(PV_ERR_FORMAT, "%s: holds NUL bytes; is it a text file?", a->text.name);
    while (next_line(a)) {
        PV_TRY(read_word(a, " \t"));
        if (strcasecmp(a->word, "@data") == 0) {
            if (a->maker.table->ncolumns == 0)
                FAIL(a, PV_ERR_FORMAT, "%s comes before any @attribute", a->word);
            return PV_OK;
        }
        if (strcasecmp(a->word, "@attribute") == 0)
            PV_TRY(read_attribute(a));
        else if (strcasecmp(a->word, "@relation") != 0)
            FAIL(a, PV_ERR_FORMAT,
                 "@relation, @attribute or @data was expected, not \"%.60s\"; is it an ARFF file?",
                 a->word);
    }
    PV_FAIL(PV_ERR_TRUNCATED, "%s: ends before @data; is it a complete ARFF file?", a->text.name);
}

static pv_status read_row(arff *a)
{
    pv_table *t = a->maker.table;
    if (peek(a) == '{')
        FAIL(a, PV_ERR_UNSUPPORTED, "sparse rows (%c) are not read; save the file densely", '{');
    PV_TRY(pv_table_maker_row(&a->maker, a->text.line));
    for (int i = 0; i < t->ncolumns; i++) {
        PV_TRY(read_word(a, ","));
        if (!a->quoted && strcmp(a->word, "?") == 0)
            pv_table_maker_missing(&a->maker, i);
        else if (t->columns[i].kind == PV_COLUMN_NUMERIC)
            PV_TRY(pv_table_maker_number(&a->maker, i, a->word));
        else
            PV_TRY(pv_table_maker_value(&a->maker, i, a->word, 0));
        if (peek(a) != (i + 1 < t->ncolumns ? ',' : '\0'))
            FAIL(a, PV_ERR_FORMAT, "%s were expected: %d values, one for each attribute",
                 peek(a) == '\0' ? "more values" : "fewer values, or a comma", t->ncolumns);
        a->at += i + 1 < t->ncolumns;
    }
    return PV_OK;
}

pv_status pv_arff_parse(pv_table *out, const char *name, const uint8_t *p, size_t n)
{
    pv_status status = PV_OK;
    arff a = {.text = pv_text_make(name, p, n)};
    PV_TRY_GOTO(pv_table_maker_init(&a.maker, out, name));
    PV_TRY_GOTO(read_header(&a));
    while (next_line(&a)) PV_TRY_GOTO(read_row(&a));
done:
    pv_table_maker_clear(&a.maker);
    pv_free(a.word);
    if (status != PV_OK) pv_table_clear(out);
    return status;
}

pv_status pv_arff_load(pv_table *out, const char *path)
{
    pv_bytes file;
    *out = (pv_table){0};
    PV_TRY(pv_file_read(&file, path, PV_FILE_MAX));
    pv_status s = pv_arff_parse(out, path, file.data, file.size);
    pv_bytes_clear(&file);
    return s;
}
