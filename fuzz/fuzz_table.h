/* fuzz/fuzz_table.h - a pv_table that a reader made is whole, or cleared */
#ifndef PV_FUZZ_TABLE_H
#define PV_FUZZ_TABLE_H

#include "codec/table.h"
#include "fuzz.h"

#include <math.h>

static inline void pv_fuzz_column(const pv_table *t, int column)
{
    const pv_column *c = &t->columns[column];
    int64_t missing = 0;
    PV_FUZZ_CHECK(pv_table_find(t, c->name) == column);
    for (int k = 0; k < c->nvalues; k++) PV_FUZZ_CHECK(pv_column_find(c, c->values[k]) == k);
    for (int64_t i = 0; i < t->nrows; i++) {
        double v = t->cells[i * t->ncolumns + column];
        missing += isnan(v);
        PV_FUZZ_CHECK(!isinf(v));
        if (c->kind == PV_COLUMN_NOMINAL && !isnan(v))
            PV_FUZZ_CHECK(v >= 0 && v < c->nvalues && v == floor(v));
    }
    PV_FUZZ_CHECK(missing == c->missing);
}

static inline void pv_fuzz_table(int ok, const pv_table *t)
{
    PV_FUZZ_CHECK(ok ? t->ncolumns > 0 : t->columns == NULL && t->cells == NULL);
    for (int i = 0; i < t->ncolumns; i++) pv_fuzz_column(t, i);
    for (int64_t i = 0; i < t->nrows; i++)
        PV_FUZZ_CHECK(t->lines[i] > (i > 0 ? t->lines[i - 1] : 0));
}

#endif
