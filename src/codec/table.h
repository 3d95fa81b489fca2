/* codec/table.h - a table of numbers and named values, as ARFF and CSV files hold them
 *
 * Every cell is a double: the number of a numeric column, the index into `values` of a nominal one,
 * NaN when it is missing (and only then: a "NaN" written in a file is refused). Rows remember the
 * line they came from, so that whoever finds something wrong later can say where.
 */
#ifndef PV_CODEC_TABLE_H
#define PV_CODEC_TABLE_H

#include "base/mem.h"

typedef enum pv_column_kind { PV_COLUMN_NUMERIC = 1, PV_COLUMN_NOMINAL } pv_column_kind;

typedef struct pv_column {
    char *name;
    pv_column_kind kind;
    int64_t missing; /* cells that are */
    int nvalues;     /* nominal: the different values, values[0..nvalues) */
    char **values;
    int32_t *slots; /* pv_column_find's hash table of them */
    size_t nslots, values_cap;
} pv_column;

typedef struct pv_table {
    int ncolumns;
    pv_column *columns;
    int64_t nrows;
    double *cells;  /* [nrows, ncolumns] */
    int64_t *lines; /* [nrows], from 1 */
} pv_table;

void pv_table_clear(pv_table *t);                          /* idempotent */
int pv_table_find(const pv_table *t, const char *name);    /* column of that name; -1: none */
int pv_column_find(const pv_column *c, const char *value); /* index of a nominal value; -1 */

#endif
