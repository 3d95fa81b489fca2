#include "codec/tsv.h"

#include "codec/limits.h"
#include "codec/text.h"
#include <inttypes.h>
#include <string.h>

void pv_tsv_clear(pv_tsv *t)
{
    pv_free(t->names);
    pv_free(t->cells);
    pv_free(t->lines);
    pv_bytes_clear(&t->text);
    *t = (pv_tsv){0};
}

int pv_tsv_find(const pv_tsv *t, const char *name)
{
    for (int i = 0; i < t->ncolumns; i++)
        if (strcmp(t->names[i], name) == 0) return i;
    return -1;
}

/* Cut the line at its tabs and its end into strings. */
static void cut(char *line, size_t n, const char **fields)
{
    line[n] = '\0';
    *fields++ = line;
    for (size_t i = 0; i < n; i++)
        if (line[i] == '\t') {
            line[i] = '\0';
            *fields++ = line + i + 1;
        }
}

static int64_t count_fields(const char *line, size_t n)
{
    int64_t fields = 1;
    for (size_t i = 0; i < n; i++) fields += line[i] == '\t';
    return fields;
}

static pv_status read_header(pv_tsv *t, const pv_text *text, char *line, size_t n)
{
    int64_t columns = count_fields(line, n);
    if (columns > PV_TABLE_COLUMNS_MAX)
        PV_FAIL(PV_ERR_LIMIT, "%s:%" PRId64 ": more than %d columns", text->name, text->line,
                PV_TABLE_COLUMNS_MAX);
    t->names = pv_calloc((size_t)columns, sizeof *t->names);
    if (t->names == NULL) PV_FAIL_MEMORY((size_t)columns * sizeof *t->names);
    cut(line, n, t->names);
    for (; t->ncolumns < columns; t->ncolumns++) {
        const char *name = t->names[t->ncolumns];
        int twin = pv_tsv_find(t, name);
        if (name[0] == '\0' || twin >= 0)
            PV_FAIL(PV_ERR_FORMAT, "%s:%" PRId64 ": column %d %s; the first line names the columns",
                    text->name, text->line, t->ncolumns + 1,
                    twin >= 0 ? "has the name of another" : "has no name");
    }
    return PV_OK;
}

static pv_status read_rows(pv_tsv *t, pv_text *text)
{
    const char *line;
    size_t n, cells_cap = 0, lines_cap = 0, columns = (size_t)t->ncolumns;
    while (pv_text_line(text, &line, &n)) {
        size_t rows = (size_t)t->nrows + 1;
        int64_t fields = count_fields(line, n);
        if (n == 0) continue;
        if (fields != t->ncolumns)
            PV_FAIL(PV_ERR_FORMAT,
                    "%s:%" PRId64 ": %" PRId64 " fields, the first line names %d columns",
                    text->name, text->line, fields, t->ncolumns);
        PV_TRY(pv_grow((void **)&t->cells, &cells_cap, rows * columns, sizeof *t->cells));
        PV_TRY(pv_grow((void **)&t->lines, &lines_cap, rows, sizeof *t->lines));
        cut((char *)t->text.data + (line - text->p), n, t->cells + (size_t)t->nrows * columns);
        t->lines[t->nrows++] = text->line;
    }
    return PV_OK;
}

/* t->text is a copy of the file with one byte to spare: its lines become strings in place. */
static pv_status read_table(pv_tsv *t, const char *name)
{
    const char *line;
    size_t n = 0;
    pv_text text = pv_text_make(name, t->text.data, t->text.size);
    PV_TRY(pv_text_check(&text));
    while (n == 0)
        if (!pv_text_line(&text, &line, &n))
            PV_FAIL(PV_ERR_FORMAT, "%s: is empty; a line of column names was expected", name);
    PV_TRY(read_header(t, &text, (char *)t->text.data + (line - text.p), n));
    return read_rows(t, &text);
}

pv_status pv_tsv_parse(pv_tsv *out, const char *name, const uint8_t *p, size_t n)
{
    *out = (pv_tsv){0};
    out->text.data = pv_alloc(n + 1, 1);
    if (out->text.data == NULL)
        PV_FAIL(PV_ERR_MEMORY, "%s: out of memory for its %zu bytes", name, n);
    out->text.size = n;
    if (n > 0) memcpy(out->text.data, p, n);
    pv_status s = read_table(out, name);
    if (s != PV_OK) pv_tsv_clear(out);
    return s;
}

pv_status pv_tsv_load(pv_tsv *out, const char *path)
{
    *out = (pv_tsv){0};
    PV_TRY(pv_file_read(&out->text, path, PV_FILE_MAX)); /* with a byte to spare */
    pv_status s = read_table(out, path);
    if (s != PV_OK) pv_tsv_clear(out);
    return s;
}
