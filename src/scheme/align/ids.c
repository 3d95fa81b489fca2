#include "scheme/align/ids.h"

#include "scheme/align/align.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- normalising */

/* The next code point of UTF-8 that was checked before. */
static uint32_t next_point(const char *text, size_t size, size_t *at)
{
    const uint8_t *p = (const uint8_t *)text + *at;
    size_t n = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    if (n > size - *at) n = size - *at;
    uint32_t c = n == 1 ? p[0] : p[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) c = c << 6 | (p[i] & 0x3fu);
    *at += n;
    return c;
}

static pv_status put_point(pv_str *out, uint32_t c)
{
    char b[4];
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t lead[5] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n; i-- > 1; c >>= 6) b[i] = (char)(0x80 | (c & 0x3f));
    b[0] = (char)(lead[n] | c);
    return pv_str_append_bytes(out, b, n);
}

static int is_blank(uint32_t c)
{
    return c == ' ' || (c >= 9 && c <= 13) || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
           c == 0x205f || c == 0x3000;
}

/* Where capital and small letters alternate: the capital is the even one of a pair, or the odd. */
static int alternates(uint32_t c)
{
    if ((c >= 0x100 && c <= 0x137 && c != 0x130 && c != 0x131) || (c >= 0x14a && c <= 0x177) ||
        (c >= 0x1e00 && c <= 0x1e95) || (c >= 0x1ea0 && c <= 0x1eff))
        return c % 2 == 0;
    if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e)) return c % 2 == 1;
    return 0;
}

/* One code point by one (Unicode's CaseFolding.txt, status C). */
static uint32_t fold_one(uint32_t c)
{
    if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
    if (c >= 0xc0 && c <= 0xde && c != 0xd7) return c + 32;
    if (c == 0xb5) return 0x3bc; /* micro */
    if (alternates(c)) return c + 1;
    if (c == 0x178) return 0xff;
    if (c == 0x17f) return 's';
    if (c == 0x1e9b) return 0x1e61;
    if (c >= 0x391 && c <= 0x3ab && c != 0x3a2) return c + 32;
    if (c == 0x386) return 0x3ac;
    if (c >= 0x388 && c <= 0x38a) return c + 37;
    if (c == 0x38c) return 0x3cc;
    if (c == 0x38e || c == 0x38f) return c + 63;
    if (c == 0x3c2) return 0x3c3; /* final sigma */
    if (c >= 0x410 && c <= 0x42f) return c + 32;
    if (c >= 0x400 && c <= 0x40f) return c + 80;
    return c;
}

static pv_status fold(pv_str *out, uint32_t c)
{
    static const struct {
        uint32_t from, to[3];
    } longer[] = {
        /* status F */
        {0xdf, {'s', 's'}},     {0x1e9e, {'s', 's'}},           {0x130, {'i', 0x307}},
        {0x149, {0x2bc, 'n'}},  {0x390, {0x3b9, 0x308, 0x301}}, {0x3b0, {0x3c5, 0x308, 0x301}},
        {0x1e96, {'h', 0x331}}, {0x1e97, {'t', 0x308}},         {0x1e98, {'w', 0x30a}},
        {0x1e99, {'y', 0x30a}}, {0x1e9a, {'a', 0x2be}},
    };
    for (size_t i = 0; i < sizeof longer / sizeof *longer; i++) {
        if (longer[i].from != c) continue;
        for (int k = 0; k < 3 && longer[i].to[k] != 0; k++) PV_TRY(put_point(out, longer[i].to[k]));
        return PV_OK;
    }
    return put_point(out, fold_one(c));
}

static pv_status as_text(pv_str *out, const char *value, size_t size)
{
    int any = 0, blank = 0;
    for (size_t at = 0; at < size;) {
        uint32_t c = next_point(value, size, &at);
        if (is_blank(c)) {
            blank = any;
            continue;
        }
        if (blank) PV_TRY(pv_str_append(out, " "));
        blank = 0;
        any = 1;
        PV_TRY(fold(out, c));
    }
    return PV_OK;
}

static pv_status as_digits(pv_str *out, const char *value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (value[i] >= '0' && value[i] <= '9') PV_TRY(pv_str_append_bytes(out, value + i, 1));
    return PV_OK;
}

pv_status pv_align_ids_normalise(pv_str *out, int how, const char *value, size_t size)
{
    if (how == PV_ALIGN_TEXT) return as_text(out, value, size);
    if (how == PV_ALIGN_DIGITS) return as_digits(out, value, size);
    return pv_str_append_bytes(out, value, size);
}

/* ---- the columns */

static pv_status no_such_column(const pv_csv_sheet *sheet, const pv_align_ids_how *how,
                                const char *name, int size)
{
    pv_str known = {0};
    pv_status status = PV_OK;
    for (int i = 0; i < sheet->ncolumns && i < 20 && status == PV_OK; i++)
        status = pv_str_printf(&known, "%s%s", i > 0 ? ", " : "", sheet->names[i]);
    if (status == PV_OK)
        status = pv_trail_fail(PV_ERR_INPUT, __FILE__, __LINE__,
                               "%s: ids = %s: there is no column '%.*s'; the columns are %s%s",
                               how->path, how->columns, size, name, pv_str_text(&known),
                               sheet->ncolumns > 20 ? ", ..." : "");
    pv_str_clear(&known);
    return status;
}

static int find_column(const pv_csv_sheet *sheet, const char *name, size_t size)
{
    for (int i = 0; i < sheet->ncolumns; i++)
        if (strlen(sheet->names[i]) == size && memcmp(sheet->names[i], name, size) == 0) return i;
    return -1;
}

static pv_status choose_columns(pv_align_ids *ids, const pv_csv_sheet *sheet,
                                const pv_align_ids_how *how)
{
    for (const char *p = how->columns;; p++) {
        while (*p == ' ') p++;
        size_t size = strcspn(p, ","), used = size;
        while (used > 0 && p[used - 1] == ' ') used--;
        int column = find_column(sheet, p, used);
        if (column < 0) return no_such_column(sheet, how, p, (int)used);
        for (int i = 0; i < ids->columns; i++)
            if (ids->column[i] == column)
                PV_FAIL(PV_ERR_INPUT, "%s: ids = %s: '%s' stands there twice", how->path,
                        how->columns, sheet->names[column]);
        if (ids->columns == PV_ALIGN_COLUMNS)
            PV_FAIL(PV_ERR_INPUT, "%s: ids = %s: more than %d columns", how->path, how->columns,
                    PV_ALIGN_COLUMNS);
        ids->column[ids->columns++] = column;
        p += size;
        if (*p == '\0') return PV_OK;
    }
}

/* ---- the rows */

/* Appends the identifier of row r to text; *missing names a column that makes it so, or is -1. */
static pv_status append_id(pv_align_ids *ids, const pv_csv_sheet *sheet, int64_t r, int how,
                           pv_str *value, int *missing)
{
    *missing = -1;
    for (int i = 0; i < ids->columns; i++) {
        const pv_csv_cell *cell = &sheet->cells[r * sheet->ncolumns + ids->column[i]];
        uint8_t length[4];
        size_t before = ids->text.size;
        pv_str_truncate(value, 0);
        PV_TRY(pv_csv_cell_text(value, cell));
        PV_TRY(pv_str_append_bytes(&ids->text, "\0\0\0\0", sizeof length));
        if (!pv_csv_cell_missing(cell))
            PV_TRY(pv_align_ids_normalise(&ids->text, how, pv_str_text(value), value->size));
        uint32_t size = (uint32_t)(ids->text.size - before - sizeof length);
        if (size == 0) *missing = ids->column[i];
        for (int k = 0; k < 4; k++) length[k] = (uint8_t)(size >> 8 * k);
        memcpy(ids->text.text + before, length, sizeof length);
    }
    return PV_OK;
}

static pv_status read_rows(pv_align_ids *ids, const pv_csv_sheet *sheet,
                           const pv_align_ids_how *how, size_t *begin)
{
    pv_status status = PV_OK;
    pv_str value = {0};
    int missing;
    for (int64_t r = 0; r < sheet->nrows; r++) {
        size_t before = ids->text.size;
        PV_TRY_GOTO(append_id(ids, sheet, r, how->normalise, &value, &missing));
        if (missing >= 0) {
            if (!how->drop_missing)
                PV_FAIL_GOTO(PV_ERR_INPUT,
                             "%s:%" PRId64 ": '%s' says nobody the row is about%s; leave such rows "
                             "out with missing_ids = drop",
                             how->path, sheet->lines[r], sheet->names[missing],
                             how->normalise == PV_ALIGN_DIGITS ? " (there is no digit in it)" : "");
            pv_str_truncate(&ids->text, before);
            ids->dropped++;
            continue;
        }
        begin[ids->count] = before;
        ids->row[ids->count++] = r;
    }
    begin[ids->count] = ids->text.size;
done:
    pv_str_clear(&value);
    return status;
}

typedef struct entry {
    const pv_psi_id *id;
    int64_t line;
} entry;

static int by_id(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    size_t n = x->id->size < y->id->size ? x->id->size : y->id->size;
    int c = memcmp(x->id->data, y->id->data, n);
    if (c != 0) return c;
    if (x->id->size != y->id->size) return x->id->size < y->id->size ? -1 : 1;
    return x->line < y->line ? -1 : x->line > y->line;
}

/* How often, and the two lines that come first. */
static pv_status refuse_duplicates(const pv_align_ids *ids, const pv_csv_sheet *sheet,
                                   const pv_align_ids_how *how)
{
    int64_t twice = 0, line[2] = {0, 0};
    entry *e = pv_alloc(ids->count, sizeof *e);
    if (e == NULL) PV_FAIL_MEMORY(ids->count * sizeof *e);
    for (size_t i = 0; i < ids->count; i++) e[i] = (entry){&ids->id[i], sheet->lines[ids->row[i]]};
    qsort(e, ids->count, sizeof *e, by_id);
    for (size_t i = 1; i < ids->count; i++) {
        if (e[i].id->size != e[i - 1].id->size ||
            memcmp(e[i].id->data, e[i - 1].id->data, e[i].id->size) != 0)
            continue;
        if (twice++ == 0 || e[i].line < line[1]) {
            line[0] = e[i - 1].line;
            line[1] = e[i].line;
        }
    }
    pv_free(e);
    if (twice == 0) return PV_OK;
    PV_FAIL(PV_ERR_INPUT,
            "%s: lines %" PRId64 " and %" PRId64
            " are about the same %s%s; every row must be about another one: join or remove them",
            how->path, line[0], line[1], how->columns,
            twice > 1 ? ", and more lines are about others' again" : "");
}

static pv_status read_ids(pv_align_ids *ids, const pv_csv_sheet *sheet, const pv_align_ids_how *how)
{
    pv_status status = PV_OK;
    size_t *begin = NULL;
    PV_TRY(choose_columns(ids, sheet, how));
    if (sheet->nrows > PV_PSI_MOST)
        PV_FAIL(PV_ERR_LIMIT, "%s: %" PRId64 " rows, at most %d are aligned", how->path,
                sheet->nrows, PV_PSI_MOST);
    size_t rows = (size_t)sheet->nrows;
    begin = pv_alloc(rows + 1, sizeof *begin);
    ids->row = pv_alloc(rows, sizeof *ids->row);
    ids->id = pv_alloc(rows, sizeof *ids->id);
    if (begin == NULL || ids->row == NULL || ids->id == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "%s: out of memory for its identifiers", how->path);
    PV_TRY_GOTO(read_rows(ids, sheet, how, begin));
    for (size_t i = 0; i < ids->count; i++)
        ids->id[i] = (pv_psi_id){ids->text.text + begin[i], begin[i + 1] - begin[i]};
    PV_TRY_GOTO(refuse_duplicates(ids, sheet, how));
done:
    pv_free(begin);
    return status;
}

pv_status pv_align_ids_read(pv_align_ids *ids, const pv_csv_sheet *sheet,
                            const pv_align_ids_how *how)
{
    *ids = (pv_align_ids){0};
    pv_status status = read_ids(ids, sheet, how);
    if (status != PV_OK) pv_align_ids_clear(ids);
    return status;
}

void pv_align_ids_clear(pv_align_ids *ids)
{
    pv_str_clear(&ids->text);
    pv_free(ids->id);
    pv_free(ids->row);
    *ids = (pv_align_ids){0};
}
