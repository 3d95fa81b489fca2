/* codec/csv.h - comma-separated values: a table with a header line
 *
 * The first line names the columns. Fields may be quoted ("a ""b"" c", with separators and line
 * breaks inside); blanks around a field that is not quoted, and a CR behind it, do not count; a
 * byte order mark is skipped; lines end in LF or CRLF; empty lines are skipped. An empty field, "?"
 * and "NA" are missing values.
 *
 * The first value of a column that is not missing decides its kind: a number makes it numeric, and
 * a text further down is then an error, not a new kind. `nominal` names a column (the label) that
 * is nominal whatever is in it. The values of a nominal column are sorted: by size when all are
 * numbers, else by their bytes; so their numbers do not depend on the order of the rows.
 *
 * A pv_csv_sheet is the same file cell by cell as it stands, for whoever passes cells on or
 * compares them as text: nothing becomes a number, and what is written again are the same bytes.
 *
 * Source: RFC 4180.
 *
 * Errors: PV_ERR_FORMAT, PV_ERR_TRUNCATED (a quote that never closes), PV_ERR_LIMIT, PV_ERR_INPUT
 * (`nominal` names no column), PV_ERR_MEMORY, each naming line and column; *out is cleared on
 * failure.
 */
#ifndef PV_CODEC_CSV_H
#define PV_CODEC_CSV_H

#include "base/str.h"
#include "codec/table.h"

typedef struct pv_csv_options {
    char separator;      /* 0: ',' */
    const char *nominal; /* NULL: none */
} pv_csv_options;

pv_status pv_csv_parse(pv_table *out, const char *name, const uint8_t *p, size_t n,
                       pv_csv_options options) PV_MUST_USE;
pv_status pv_csv_load(pv_table *out, const char *path, pv_csv_options options) PV_MUST_USE;

/* One field as it stands: with its quotes, without the blanks around it. */
typedef struct pv_csv_cell {
    const char *raw;
    size_t size;
} pv_csv_cell;

typedef struct pv_csv_sheet {
    int ncolumns;
    char **names;      /* [ncolumns], what the fields of the first line mean */
    pv_csv_cell *head; /* [ncolumns], the fields of the first line */
    int64_t nrows;
    pv_csv_cell *cells; /* [nrows, ncolumns] */
    int64_t *lines;     /* [nrows], from 1 */
} pv_csv_sheet;

/* The cells point into p[0..n), which must outlive the sheet. */
pv_status pv_csv_sheet_parse(pv_csv_sheet *out, const char *name, const uint8_t *p, size_t n,
                             pv_csv_options options) PV_MUST_USE;
void pv_csv_sheet_clear(pv_csv_sheet *s);                       /* idempotent */
int pv_csv_sheet_find(const pv_csv_sheet *s, const char *name); /* column of that name; -1 */

int pv_csv_cell_missing(const pv_csv_cell *c);
/* Appends what the field means: without quotes, doubled ones made one. */
pv_status pv_csv_cell_text(pv_str *out, const pv_csv_cell *c) PV_MUST_USE;

#endif
