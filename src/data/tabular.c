#include "data/tabular.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_VALUES = 1000, ERROR = 0, MEAN, DROP, NO_LABEL = -1 };

/* One column of the training table and where it is in the table that is read. */
typedef struct field {
    const pv_column *column; /* NULL: left out */
    int64_t at;              /* its column in the table that is read */
    int64_t first;           /* its first feature */
    int64_t width;           /* number of features */
    double replacement;      /* of a missing value */
    int32_t *map;            /* nominal: values of the table read to those of the training table */
} field;

typedef struct encoder {
    const char *path;
    const pv_table *table, *training;
    field *field;
    int label;      /* the column of it; NO_LABEL */
    int missing;    /* ERROR, MEAN or DROP */
    int label_only; /* features=none */
    int64_t features;
    pv_names *classes;
} encoder;

static int listed(const char *list, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = list; p != NULL; p = strchr(p, ','), p = p == NULL ? NULL : p + 1)
        if (strncmp(p, name, n) == 0 && (p[n] == '\0' || p[n] == ',')) return 1;
    return 0;
}

static pv_status column_names(pv_names *names, const pv_table *t)
{
    int64_t number;
    for (int c = 0; c < t->ncolumns; c++)
        PV_TRY(pv_names_add(names, t->columns[c].name, strlen(t->columns[c].name), &number));
    return PV_OK;
}

static pv_status no_such_column(const encoder *e, const char *option, const char *name, int length)
{
    char known[PV_NAMES_TEXT];
    pv_names names = {0};
    pv_status s = column_names(&names, e->training);
    if (s == PV_OK)
        s = pv_trail_fail(PV_ERR_OPTION, __FILE__, __LINE__,
                          "%s: %s=%.*s: there is no such column; the columns are %s", e->path,
                          option, length, name, pv_names_text(&names, known));
    pv_names_clear(&names);
    return s;
}

static pv_status choose_label(encoder *e, const pv_spec *spec)
{
    const pv_table *t = e->training;
    const char *label = pv_spec_get(spec, "label");
    e->label = NO_LABEL;
    if (label != NULL && strcmp(label, "none") == 0) {
        if (!e->label_only) return PV_OK;
        PV_FAIL(PV_ERR_OPTION,
                "%s: label=none and features=none leave nothing; take one of them out", e->path);
    }
    e->label = label != NULL ? pv_table_find(t, label) : t->ncolumns - 1;
    if (e->label < 0) return no_such_column(e, "label", label, (int)strlen(label));
    return PV_OK;
}

/* The label's column, and the columns that drop= and features=none leave out. */
static pv_status choose_columns(encoder *e, const pv_spec *spec)
{
    static const char *const words[] = {"error", "mean", "drop", NULL};
    static const char *const which[] = {"all", "none", NULL};
    const pv_table *t = e->training;
    const char *drop = pv_spec_get(spec, "drop");
    PV_TRY(pv_spec_word(spec, "missing", words, &e->missing));
    PV_TRY(pv_spec_word(spec, "features", which, &e->label_only));
    for (const char *p = drop; p != NULL;) {
        int n = (int)strcspn(p, ","), found = 0;
        for (int c = 0; c < t->ncolumns && !found; c++)
            found = strncmp(t->columns[c].name, p, (size_t)n) == 0 && t->columns[c].name[n] == '\0';
        if (!found) return no_such_column(e, "drop", p, n);
        p = p[n] == ',' ? p + n + 1 : NULL;
    }
    PV_TRY(choose_label(e, spec));
    for (int c = 0; c < t->ncolumns; c++)
        if (!listed(drop, t->columns[c].name) && (!e->label_only || c == e->label))
            e->field[c].column = &t->columns[c];
    if (e->label != NO_LABEL && e->field[e->label].column == NULL)
        PV_FAIL(PV_ERR_OPTION,
                "%s: drop=%s leaves out the label's column '%s'; name another with "
                "label=",
                e->path, drop, t->columns[e->label].name);
    return PV_OK;
}

/* Find a training column in the table that is read and translate its values. */
static pv_status match_column(encoder *e, int c, field *f)
{
    f->at = pv_table_find(e->table, f->column->name);
    if (f->at < 0)
        PV_FAIL(PV_ERR_MISMATCH, "%s: lacks the column '%s' of the training data", e->path,
                f->column->name);
    const pv_column *other = &e->table->columns[f->at];
    if (other->missing == e->table->nrows && other->kind != f->column->kind) return PV_OK;
    if (other->kind != f->column->kind)
        PV_FAIL(PV_ERR_MISMATCH, "%s: the column '%s' holds %s, in the training data %s", e->path,
                f->column->name, other->kind == PV_COLUMN_NUMERIC ? "numbers" : "text",
                f->column->kind == PV_COLUMN_NUMERIC ? "numbers" : "text");
    if (other->kind != PV_COLUMN_NOMINAL) return PV_OK;
    f->map = pv_alloc((size_t)other->nvalues, sizeof *f->map);
    if (f->map == NULL) PV_FAIL_MEMORY((size_t)other->nvalues * sizeof *f->map);
    for (int v = 0; v < other->nvalues; v++) {
        f->map[v] = pv_column_find(f->column, other->values[v]);
        if (f->map[v] >= 0) continue;
        /* Values that are declared but never used do no harm. */
        for (int64_t r = 0; r < e->table->nrows; r++)
            if (e->table->cells[r * e->table->ncolumns + f->at] == v)
                PV_FAIL(PV_ERR_INPUT,
                        "%s:%lld: %s '%s' of the column '%s' does not occur in the training "
                        "data; remove the row or add it there",
                        e->path, (long long)e->table->lines[r],
                        c == e->label ? "the class" : "the value", other->values[v],
                        f->column->name);
    }
    return PV_OK;
}

/* The mean of a numeric column, the most frequent value of a nominal one. */
static pv_status find_replacement(const encoder *e, int c, field *f)
{
    const pv_table *t = e->training;
    double sum = 0, n = 0;
    if (f->column->missing == t->nrows)
        PV_FAIL(PV_ERR_INPUT, "%s: the column '%s' has no value at all; leave it out with drop=%s",
                e->path, f->column->name, f->column->name);
    if (f->column->kind == PV_COLUMN_NUMERIC) {
        for (int64_t r = 0; r < t->nrows; r++) {
            double v = t->cells[r * t->ncolumns + c];
            if (isnan(v)) continue;
            n++;
            sum += (v - sum) / n;
        }
        f->replacement = sum;
        return PV_OK;
    }
    int64_t *count = pv_calloc((size_t)f->column->nvalues, sizeof *count);
    if (count == NULL) PV_FAIL_MEMORY((size_t)f->column->nvalues * sizeof *count);
    for (int64_t r = 0; r < t->nrows; r++) {
        double v = t->cells[r * t->ncolumns + c];
        if (!isnan(v)) count[(int64_t)v]++;
    }
    for (int v = 1; v < f->column->nvalues; v++)
        if (count[v] > count[(int)f->replacement]) f->replacement = v;
    pv_free(count);
    return PV_OK;
}

/* Number the features of every column but the label's. */
static pv_status plan_features(encoder *e, pv_names *names)
{
    int64_t number;
    for (int c = 0; c < e->training->ncolumns; c++) {
        field *f = &e->field[c];
        if (f->column == NULL) continue;
        PV_TRY(match_column(e, c, f));
        if (c == e->label) continue;
        const pv_column *k = f->column;
        if (e->missing == MEAN) PV_TRY(find_replacement(e, c, f));
        if (k->kind == PV_COLUMN_NOMINAL && k->nvalues > MOST_VALUES)
            PV_FAIL(PV_ERR_LIMIT,
                    "%s: the column '%s' has %d different values, at most %d become features; "
                    "leave it out with drop=%s",
                    e->path, k->name, k->nvalues, MOST_VALUES, k->name);
        f->first = e->features;
        f->width = k->kind == PV_COLUMN_NOMINAL && k->nvalues > 2 ? k->nvalues : 1;
        e->features += f->width;
        for (int64_t v = 0; v < f->width; v++) {
            char text[256];
            int n = f->width == 1 ? snprintf(text, sizeof text, "%s", k->name)
                                  : snprintf(text, sizeof text, "%s=%s", k->name, k->values[v]);
            size_t length = (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
            size_t before = names->n;
            PV_TRY(pv_names_add(names, text, length, &number));
            if (names->n == before)
                PV_FAIL(PV_ERR_FORMAT,
                        "%s: two features would be called '%s'; rename or drop a column", e->path,
                        text);
        }
    }
    if ((e->features == 0 && !e->label_only) || e->features > PV_DATA_MAX_FEATURES)
        PV_FAIL(PV_ERR_LIMIT, "%s: %lld features; 1 to %d are expected besides the label", e->path,
                (long long)e->features, PV_DATA_MAX_FEATURES);
    return PV_OK;
}

/* The classes of a numeric label column: its whole numbers, sorted. */
static pv_status numeric_classes(encoder *e)
{
    const pv_table *t = e->training;
    pv_status status = PV_OK;
    pv_names found = {0};
    int64_t number;
    char text[32];
    for (int64_t r = 0; r < t->nrows; r++) {
        double v = t->cells[r * t->ncolumns + e->label];
        if (isnan(v)) continue;
        if (v != nearbyint(v) || fabs(v) > 1e9)
            PV_FAIL_GOTO(PV_ERR_INPUT,
                         "%s:%lld: the label column '%s' holds %g; classes are names or "
                         "whole numbers; is another column the label? choose it with label=NAME",
                         e->path, (long long)t->lines[r], t->columns[e->label].name, v);
        int n = snprintf(text, sizeof text, "%.0f", v);
        PV_TRY_GOTO(pv_names_add(&found, text, (size_t)n, &number));
        if (found.n > PV_DATA_MAX_CLASSES) break;
    }
    PV_TRY_GOTO(pv_names_sort(e->classes, &found, NULL));
done:
    pv_names_clear(&found);
    return status;
}

static pv_status find_classes(encoder *e)
{
    if (e->label == NO_LABEL) return PV_OK;
    const pv_column *k = &e->training->columns[e->label];
    int64_t number;
    if (k->kind == PV_COLUMN_NUMERIC) {
        PV_TRY(numeric_classes(e));
    } else {
        for (int v = 0; v < k->nvalues; v++)
            PV_TRY(pv_names_add(e->classes, k->values[v], strlen(k->values[v]), &number));
    }
    if (e->classes->n == 0 || e->classes->n > PV_DATA_MAX_CLASSES)
        PV_FAIL(PV_ERR_LIMIT, "%s: the label column '%s' has %zu classes; 1 to %d are expected",
                e->path, k->name, e->classes->n, PV_DATA_MAX_CLASSES);
    return PV_OK;
}

/* The class of row r, -1 when the row is to be dropped, and where there are no labels. */
static pv_status label_of(const encoder *e, int64_t r, int32_t *label)
{
    *label = -1;
    if (e->label == NO_LABEL) return PV_OK;
    const field *f = &e->field[e->label];
    double v = e->table->cells[r * e->table->ncolumns + f->at];
    if (isnan(v)) {
        if (e->missing == DROP) return PV_OK;
        PV_FAIL(PV_ERR_INPUT,
                "%s:%lld: the label '%s' is missing; leave such rows out with "
                "missing=drop",
                e->path, (long long)e->table->lines[r], f->column->name);
    }
    if (f->column->kind == PV_COLUMN_NOMINAL) {
        *label = f->map[(int64_t)v];
        return PV_OK;
    }
    char text[32];
    int n = snprintf(text, sizeof text, "%.0f", v);
    int64_t found =
        v == nearbyint(v) && fabs(v) <= 1e9 ? pv_names_find(e->classes, text, (size_t)n) : -1;
    if (found < 0)
        PV_FAIL(PV_ERR_INPUT, "%s:%lld: the class %g does not occur in the training data", e->path,
                (long long)e->table->lines[r], v);
    *label = (int32_t)found;
    return PV_OK;
}

/* Row r into x; *drop is set when the row is to be left out. */
static pv_status encode_row(const encoder *e, int64_t r, float *x, int64_t *missing, int *drop)
{
    const double *cell = e->table->cells + r * e->table->ncolumns;
    for (int c = 0; c < e->training->ncolumns; c++) {
        const field *f = &e->field[c];
        if (f->column == NULL || c == e->label) continue;
        double v = cell[f->at];
        if (isnan(v)) {
            if (e->missing == ERROR)
                PV_FAIL(PV_ERR_INPUT,
                        "%s:%lld: the column '%s' has no value; go on with missing=mean or "
                        "missing=drop",
                        e->path, (long long)e->table->lines[r], f->column->name);
            *drop |= e->missing == DROP;
            ++*missing;
            v = f->replacement;
        } else if (f->map != NULL) {
            v = f->map[(int64_t)v];
        }
        if (f->width > 1) {
            for (int64_t k = 0; k < f->width; k++) x[f->first + k] = k == (int64_t)v;
        } else {
            x[f->first] = (float)v;
            if (isinf(x[f->first]))
                PV_FAIL(PV_ERR_RANGE,
                        "%s:%lld: the column '%s' holds %g, which no 32-bit float can; "
                        "rescale it",
                        e->path, (long long)e->table->lines[r], f->column->name, v);
        }
    }
    return PV_OK;
}

static pv_status encode(pv_store *store, const encoder *e)
{
    int64_t n = 0;
    PV_TRY(pv_store_alloc(store, PV_DATA_TABLE, PV_F32, e->table->nrows, PV_SHAPE(e->features)));
    for (int64_t r = 0; r < e->table->nrows; r++) {
        float *x = (float *)store->samples.data + n * e->features;
        int64_t missing = 0;
        int drop = 0;
        PV_TRY(label_of(e, r, &store->label[n]));
        PV_TRY(encode_row(e, r, x, &missing, &drop));
        if (drop || (store->label[n] < 0 && e->label != NO_LABEL)) {
            store->dropped++;
        } else {
            store->missing += missing;
            n++;
        }
    }
    store->samples.shape.dim[0] = n;
    return PV_OK;
}

pv_status pv_tabular_fill(pv_store *store, const pv_spec *spec, const char *path,
                          const pv_table *table, const pv_table *training)
{
    pv_status status = PV_OK;
    encoder e = {.path = path, .table = table, .training = training, .classes = &store->classes};
    if (table->nrows == 0 || training->nrows == 0)
        PV_FAIL(PV_ERR_INPUT, "%s: the table has no rows; at least one is expected", path);
    e.field = pv_calloc((size_t)training->ncolumns, sizeof *e.field);
    if (e.field == NULL) PV_FAIL_MEMORY((size_t)training->ncolumns * sizeof *e.field);
    PV_TRY_GOTO(choose_columns(&e, spec));
    PV_TRY_GOTO(plan_features(&e, &store->features));
    PV_TRY_GOTO(find_classes(&e));
    PV_TRY_GOTO(encode(store, &e));
done:
    for (int c = 0; c < training->ncolumns; c++) pv_free(e.field[c].map);
    pv_free(e.field);
    return status;
}
