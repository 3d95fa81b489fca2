#include "codec/csv.h"

#include "base/file.h"
#include "codec/limits.h"
#include "codec/table_i.h"
#include "codec/text.h"
#include <inttypes.h>
#include <string.h>

typedef struct csv {
    pv_text text; /* at: the next character; line: the one it is on */
    pv_table_maker maker;
    char separator;
    const char *nominal;
    char *field; /* the field last read, with its NUL */
    size_t length, cap;
    size_t begin, end; /* where it stands in the text */
    int quoted;
} csv;

/* The next character; 0 (which is never in the text) at the end. */
static char peek(const csv *c)
{
    return c->text.at < c->text.n ? c->text.p[c->text.at] : '\0';
}

/* A line ends in LF or CRLF; a lone CR is a character like any other. */
static int at_line_end(const csv *c)
{
    size_t at = c->text.at;
    return at == c->text.n || c->text.p[at] == '\n' ||
           (c->text.p[at] == '\r' && at + 1 < c->text.n && c->text.p[at + 1] == '\n');
}

static void next_line(csv *c)
{
    if (peek(c) == '\r') c->text.at++;
    if (peek(c) == '\n') c->text.at++;
    c->text.line++;
}

static int is_blank(const csv *c)
{
    return (peek(c) == ' ' || peek(c) == '\t') && peek(c) != c->separator;
}

static pv_status keep(csv *c, char byte)
{
    PV_TRY(pv_grow((void **)&c->field, &c->cap, c->length + 2, 1));
    c->field[c->length++] = byte;
    return PV_OK;
}

static pv_status read_quoted(csv *c)
{
    int64_t begin = c->text.line;
    c->text.at++;
    for (;; c->text.at++) {
        if (c->text.at == c->text.n)
            PV_FAIL(PV_ERR_TRUNCATED, "%s:%" PRId64 ": the quote opened on this line never closes",
                    c->text.name, begin);
        if (peek(c) == '"') {
            c->text.at++;
            if (peek(c) != '"') return PV_OK;
        }
        c->text.line += peek(c) == '\n';
        PV_TRY(keep(c, peek(c)));
    }
}

/* One field, up to the separator or the end of the line. */
static pv_status read_field(csv *c)
{
    PV_TRY(pv_grow((void **)&c->field, &c->cap, 1, 1));
    c->length = 0;
    while (is_blank(c)) c->text.at++;
    c->quoted = peek(c) == '"';
    c->begin = c->text.at;
    if (c->quoted) {
        PV_TRY(read_quoted(c));
        c->end = c->text.at;
        while (is_blank(c)) c->text.at++;
        if (!at_line_end(c) && peek(c) != c->separator)
            PV_FAIL(PV_ERR_FORMAT,
                    "%s:%" PRId64 ": after a closing quote, '%c' or the end of the line was "
                    "expected; a quote inside quotes is written twice",
                    c->text.name, c->text.line, c->separator);
    } else {
        for (; !at_line_end(c) && peek(c) != c->separator; c->text.at++) PV_TRY(keep(c, peek(c)));
        while (c->length > 0 && strchr(" \t\r", c->field[c->length - 1]) != NULL) c->length--;
        c->end = c->begin + c->length;
    }
    c->field[c->length] = '\0';
    return PV_OK;
}

/* After a field: 1 when another follows on the line. */
static int more(csv *c)
{
    if (at_line_end(c)) return 0;
    c->text.at++; /* the separator: nothing else ends a field */
    return 1;
}

static void skip_empty_lines(csv *c)
{
    while (c->text.at < c->text.n && at_line_end(c)) next_line(c);
}

static pv_status read_header(csv *c)
{
    skip_empty_lines(c);
    if (c->text.at == c->text.n)
        PV_FAIL(PV_ERR_FORMAT, "%s: is empty; a line of column names was expected", c->text.name);
    do {
        PV_TRY(read_field(c));
        if (c->length == 0)
            PV_FAIL(PV_ERR_FORMAT,
                    "%s:%" PRId64 ": column %d has no name; the first line names the columns",
                    c->text.name, c->text.line, c->maker.table->ncolumns + 1);
        PV_TRY(pv_table_maker_column(&c->maker, c->text.line, c->field));
    } while (more(c));
    next_line(c);
    return PV_OK;
}

int pv_csv_cell_missing(const pv_csv_cell *c)
{
    return c->size == 0 || (c->size == 1 && c->raw[0] == '?') ||
           (c->size == 2 && memcmp(c->raw, "NA", 2) == 0);
}

static pv_csv_cell cell_of(const csv *c)
{
    return (pv_csv_cell){c->text.p + c->begin, c->end - c->begin};
}

static int is_missing(const csv *c)
{
    const pv_csv_cell cell = cell_of(c);
    return pv_csv_cell_missing(&cell);
}

static pv_status set_cell(csv *c, int column)
{
    double number;
    pv_column *k = &c->maker.table->columns[column];
    if (is_missing(c)) {
        pv_table_maker_missing(&c->maker, column);
        return PV_OK;
    }
    if (k->kind == 0)
        k->kind = pv_table_maker_is_number(&c->maker, c->field, &number) ? PV_COLUMN_NUMERIC
                                                                         : PV_COLUMN_NOMINAL;
    return k->kind == PV_COLUMN_NUMERIC ? pv_table_maker_number(&c->maker, column, c->field)
                                        : pv_table_maker_value(&c->maker, column, c->field, 1);
}

static pv_status read_row(csv *c)
{
    int column = 0, columns = c->maker.table->ncolumns;
    int64_t line = c->text.line;
    PV_TRY(pv_table_maker_row(&c->maker, line));
    do {
        PV_TRY(read_field(c));
        if (column < columns) PV_TRY(set_cell(c, column));
        column++;
    } while (more(c));
    if (column != columns)
        PV_FAIL(PV_ERR_FORMAT, "%s:%" PRId64 ": %d fields, the first line names %d columns",
                c->text.name, line, column, columns);
    next_line(c);
    return PV_OK;
}

static pv_status read_table(csv *c)
{
    pv_table *t = c->maker.table;
    PV_TRY(pv_text_check(&c->text));
    PV_TRY(read_header(c));
    if (c->nominal != NULL) {
        int column = pv_table_find(t, c->nominal);
        if (column < 0)
            PV_FAIL(PV_ERR_INPUT, "%s: there is no column '%s'; the last one is '%s'", c->text.name,
                    c->nominal, t->columns[t->ncolumns - 1].name);
        t->columns[column].kind = PV_COLUMN_NOMINAL;
    }
    for (skip_empty_lines(c); c->text.at < c->text.n; skip_empty_lines(c)) PV_TRY(read_row(c));
    for (int i = 0; i < t->ncolumns; i++) {
        if (t->columns[i].kind == 0) t->columns[i].kind = PV_COLUMN_NUMERIC; /* all missing */
        if (t->columns[i].kind == PV_COLUMN_NOMINAL) PV_TRY(pv_table_maker_sort(&c->maker, i));
    }
    return PV_OK;
}

pv_status pv_csv_parse(pv_table *out, const char *name, const uint8_t *p, size_t n,
                       pv_csv_options options)
{
    pv_status status = PV_OK;
    csv c = {.text = pv_text_make(name, p, n),
             .separator = options.separator == '\0' ? ',' : options.separator,
             .nominal = options.nominal};
    c.text.line = 1;
    PV_TRY_GOTO(pv_table_maker_init(&c.maker, out, name));
    PV_TRY_GOTO(read_table(&c));
done:
    pv_table_maker_clear(&c.maker);
    pv_free(c.field);
    if (status != PV_OK) pv_table_clear(out);
    return status;
}

pv_status pv_csv_load(pv_table *out, const char *path, pv_csv_options options)
{
    pv_bytes file;
    *out = (pv_table){0};
    PV_TRY(pv_file_read(&file, path, PV_FILE_MAX));
    pv_status s = pv_csv_parse(out, path, file.data, file.size, options);
    pv_bytes_clear(&file);
    return s;
}

/* ---- the file as it stands */

pv_status pv_csv_cell_text(pv_str *out, const pv_csv_cell *c)
{
    if (c->size == 0) return PV_OK;
    if (c->raw[0] != '"') return pv_str_append_bytes(out, c->raw, c->size);
    for (size_t i = 1; i + 1 < c->size; i++) {
        size_t n = i;
        while (n + 1 < c->size && c->raw[n] != '"') n++;
        PV_TRY(pv_str_append_bytes(out, c->raw + i, n - i));
        if (n + 1 < c->size)
            PV_TRY(pv_str_append(out, "\"")); /* written twice, the second is skipped */
        i = n + 1;
    }
    return PV_OK;
}

typedef struct sheet {
    csv csv;
    pv_csv_sheet *out;
    size_t names_cap, head_cap, cells_cap, lines_cap;
} sheet;

static pv_status add_name(sheet *s)
{
    pv_csv_sheet *o = s->out;
    const csv *c = &s->csv;
    if (c->length == 0)
        PV_FAIL(PV_ERR_FORMAT,
                "%s:%" PRId64 ": column %d has no name; the first line names the columns",
                c->text.name, c->text.line, o->ncolumns + 1);
    if (o->ncolumns == PV_TABLE_COLUMNS_MAX)
        PV_FAIL(PV_ERR_LIMIT, "%s:%" PRId64 ": more than %d columns", c->text.name, c->text.line,
                PV_TABLE_COLUMNS_MAX);
    if (pv_csv_sheet_find(o, c->field) >= 0)
        PV_FAIL(PV_ERR_FORMAT, "%s:%" PRId64 ": two columns are called '%s'", c->text.name,
                c->text.line, c->field);
    PV_TRY(pv_grow((void **)&o->head, &s->head_cap, (size_t)o->ncolumns + 1, sizeof *o->head));
    PV_TRY(pv_grow((void **)&o->names, &s->names_cap, (size_t)o->ncolumns + 1, sizeof *o->names));
    o->head[o->ncolumns] = cell_of(c);
    o->names[o->ncolumns] = pv_strdup(c->field);
    if (o->names[o->ncolumns] == NULL) PV_FAIL_MEMORY(c->length + 1);
    o->ncolumns++;
    return PV_OK;
}

static pv_status add_row(sheet *s)
{
    pv_csv_sheet *o = s->out;
    csv *c = &s->csv;
    int column = 0;
    int64_t line = c->text.line;
    size_t at = (size_t)o->nrows * (size_t)o->ncolumns;
    PV_TRY(pv_grow((void **)&o->lines, &s->lines_cap, (size_t)o->nrows + 1, sizeof *o->lines));
    PV_TRY(pv_grow((void **)&o->cells, &s->cells_cap, at + (size_t)o->ncolumns, sizeof *o->cells));
    do {
        PV_TRY(read_field(c));
        if (column < o->ncolumns) o->cells[at + (size_t)column] = cell_of(c);
        column++;
    } while (more(c));
    if (column != o->ncolumns)
        PV_FAIL(PV_ERR_FORMAT, "%s:%" PRId64 ": %d fields, the first line names %d columns",
                c->text.name, line, column, o->ncolumns);
    o->lines[o->nrows++] = line;
    next_line(c);
    return PV_OK;
}

static pv_status read_sheet(sheet *s)
{
    csv *c = &s->csv;
    PV_TRY(pv_text_check(&c->text));
    skip_empty_lines(c);
    if (c->text.at == c->text.n)
        PV_FAIL(PV_ERR_FORMAT, "%s: is empty; a line of column names was expected", c->text.name);
    do {
        PV_TRY(read_field(c));
        PV_TRY(add_name(s));
    } while (more(c));
    next_line(c);
    for (skip_empty_lines(c); c->text.at < c->text.n; skip_empty_lines(c)) PV_TRY(add_row(s));
    return PV_OK;
}

pv_status pv_csv_sheet_parse(pv_csv_sheet *out, const char *name, const uint8_t *p, size_t n,
                             pv_csv_options options)
{
    *out = (pv_csv_sheet){0};
    sheet s = {.csv = {.text = pv_text_make(name, p, n),
                       .separator = options.separator == '\0' ? ',' : options.separator},
               .out = out};
    s.csv.text.line = 1;
    pv_status status = read_sheet(&s);
    pv_free(s.csv.field);
    if (status != PV_OK) pv_csv_sheet_clear(out);
    return status;
}

void pv_csv_sheet_clear(pv_csv_sheet *s)
{
    for (int i = 0; i < s->ncolumns; i++) pv_free(s->names[i]);
    pv_free(s->names);
    pv_free(s->head);
    pv_free(s->cells);
    pv_free(s->lines);
    *s = (pv_csv_sheet){0};
}

int pv_csv_sheet_find(const pv_csv_sheet *s, const char *name)
{
    for (int i = 0; i < s->ncolumns; i++)
        if (strcmp(s->names[i], name) == 0) return i;
    return -1;
}
