/* data/tabular.h - a table of numbers and nominal values as samples of floats
 *
 * A numeric column becomes one feature; a nominal one of two values (or one) a feature that is 0 or
 * 1; of more values, one feature each ("colour=red"), 1 where the row has it. One column is the
 * label: its values are the classes, in the order of the table (ARFF) or sorted (CSV); a numeric
 * one must hold whole numbers. label=none: no column is, and the samples have no labels;
 * features=none: nothing but the label is read. Everything that is learnt from the table (nominal
 * values, means, classes) is learnt from the training table.
 */
#ifndef PV_DATA_TABULAR_H
#define PV_DATA_TABULAR_H

#include "codec/table.h"
#include "data/source.h"

/* path names `table` in messages. training: the table of the training split, or `table` itself.
 * spec's options label, features, drop and missing. */
pv_status pv_tabular_fill(pv_store *store, const pv_spec *spec, const char *path,
                          const pv_table *table, const pv_table *training) PV_MUST_USE;

#define PV_TABULAR_OPTIONS                                                                         \
    {"label", "NAME|none", "the column of the class; the last; none: there is none"},              \
        {"features", "all|none", "none: read the label only"},                                     \
        {"drop", "A,B,...", "leave these columns out"},                                            \
    {                                                                                              \
        "missing", "error|mean|drop",                                                              \
            "a missing value: stop, take the column's mean (most frequent value), drop the row"    \
    }

#endif
