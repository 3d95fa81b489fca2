/* codec/table_i.h - filling a pv_table: what the readers of tables share */
#ifndef PV_CODEC_TABLE_I_H
#define PV_CODEC_TABLE_I_H

#include "codec/table.h"
#include <locale.h>

typedef struct pv_table_maker {
    const char *name; /* of the file, for messages */
    pv_table *table;
    locale_t numbers; /* files have decimal points, whatever the user's language */
    size_t columns_cap, cells_cap, lines_cap;
} pv_table_maker;

pv_status pv_table_maker_init(pv_table_maker *m, pv_table *table, const char *name) PV_MUST_USE;
void pv_table_maker_clear(pv_table_maker *m); /* the table stays */

/* A new column; line is where its name stands. Refuses a second one of that name. */
pv_status pv_table_maker_column(pv_table_maker *m, int64_t line, const char *name) PV_MUST_USE;

/* A new row of missing cells. */
pv_status pv_table_maker_row(pv_table_maker *m, int64_t line) PV_MUST_USE;

/* Set a cell of the last row: to a number, a nominal value (which may be new when `grow`). */
pv_status pv_table_maker_number(pv_table_maker *m, int column, const char *text) PV_MUST_USE;
pv_status pv_table_maker_value(pv_table_maker *m, int column, const char *text,
                               int grow) PV_MUST_USE;
void pv_table_maker_missing(pv_table_maker *m, int column);

/* Is it a finite decimal number? *v gets it. */
int pv_table_maker_is_number(const pv_table_maker *m, const char *text, double *v);

/* Add a nominal value that is not there yet; line is where it stands. */
pv_status pv_table_maker_new_value(pv_table_maker *m, int64_t line, int column,
                                   const char *text) PV_MUST_USE;

/* Sort the values of a nominal column: by size when all are numbers, else by their bytes. */
pv_status pv_table_maker_sort(pv_table_maker *m, int column) PV_MUST_USE;

#endif
