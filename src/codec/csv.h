/* codec/csv.h - comma-separated values: a table with a header line
 *
 * The first line names the columns. Fields may be quoted ("a ""b"" c", with separators and line
 * breaks inside); blanks around a field that is not quoted do not count; a byte order mark is
 * skipped; lines end in LF or CRLF; empty lines are skipped. An empty field, "?" and "NA" are
 * missing values.
 *
 * The first value of a column that is not missing decides its kind: a number makes it numeric, and
 * a text further down is then an error, not a new kind. `nominal` names a column (the label) that
 * is nominal whatever is in it. The values of a nominal column are sorted: by size when all are
 * numbers, else by their bytes; so their numbers do not depend on the order of the rows.
 *
 * Source: RFC 4180.
 *
 * Errors: PV_ERR_FORMAT, PV_ERR_TRUNCATED (a quote that never closes), PV_ERR_LIMIT, PV_ERR_INPUT
 * (`nominal` names no column), PV_ERR_MEMORY, each naming line and column; *out is cleared on
 * failure.
 */
#ifndef PV_CODEC_CSV_H
#define PV_CODEC_CSV_H

#include "codec/table.h"

typedef struct pv_csv_options {
    char separator;      /* 0: ',' */
    const char *nominal; /* NULL: none */
} pv_csv_options;

pv_status pv_csv_parse(pv_table *out, const char *name, const uint8_t *p, size_t n,
                       pv_csv_options options) PV_MUST_USE;
pv_status pv_csv_load(pv_table *out, const char *path, pv_csv_options options) PV_MUST_USE;

#endif
