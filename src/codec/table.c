#include "codec/table_i.h"

#include "codec/limits.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void pv_table_clear(pv_table *t)
{
    for (int i = 0; i < t->ncolumns; i++) {
        pv_column *c = &t->columns[i];
        for (int k = 0; k < c->nvalues; k++) pv_free(c->values[k]);
        pv_free(c->values);
        pv_free(c->slots);
        pv_free(c->name);
    }
    pv_free(t->columns);
    pv_free(t->cells);
    pv_free(t->lines);
    *t = (pv_table){0};
}

int pv_table_find(const pv_table *t, const char *name)
{
    for (int i = 0; i < t->ncolumns; i++)
        if (strcmp(t->columns[i].name, name) == 0) return i;
    return -1;
}

/* ---- nominal values: slots hold 1 + index, 0 when free, and are at most half full */

/* FNV-1a (Fowler, Noll, Vo). */
static size_t hash(const char *s)
{
    uint64_t h = 0xCBF29CE484222325u;
    for (; *s != '\0'; s++) h = (h ^ (unsigned char)*s) * 0x100000001B3u;
    return (size_t)(h ^ h >> 32);
}

/* The slot of value, or the free one where it would be. nslots is a power of two. */
static size_t slot_of(const pv_column *c, const char *value)
{
    size_t i = hash(value) & (c->nslots - 1);
    while (c->slots[i] != 0 && strcmp(c->values[c->slots[i] - 1], value) != 0)
        i = (i + 1) & (c->nslots - 1);
    return i;
}

int pv_column_find(const pv_column *c, const char *value)
{
    return c->nslots == 0 ? -1 : c->slots[slot_of(c, value)] - 1;
}

static void fill_slots(pv_column *c)
{
    memset(c->slots, 0, c->nslots * sizeof *c->slots);
    for (int k = 0; k < c->nvalues; k++) c->slots[slot_of(c, c->values[k])] = k + 1;
}

static pv_status add_value(pv_column *c, const char *value)
{
    PV_TRY(pv_grow((void **)&c->values, &c->values_cap, (size_t)c->nvalues + 1, sizeof *c->values));
    if (2 * ((size_t)c->nvalues + 1) > c->nslots) {
        size_t n = c->nslots == 0 ? 16 : 2 * c->nslots;
        int32_t *slots = pv_alloc(n, sizeof *slots);
        if (slots == NULL) PV_FAIL_MEMORY(n * sizeof *slots);
        pv_free(c->slots);
        c->slots = slots;
        c->nslots = n;
        fill_slots(c);
    }
    char *copy = pv_strdup(value);
    if (copy == NULL) PV_FAIL_MEMORY(strlen(value) + 1);
    size_t slot = slot_of(c, copy);
    c->values[c->nvalues] = copy;
    c->slots[slot] = ++c->nvalues;
    return PV_OK;
}

/* ---- the maker */

pv_status pv_table_maker_init(pv_table_maker *m, pv_table *table, const char *name)
{
    *table = (pv_table){0};
    *m = (pv_table_maker){.name = name, .table = table};
    m->numbers = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    if (m->numbers == (locale_t)0) PV_FAIL(PV_ERR_MEMORY, "%s: out of memory", name);
    return PV_OK;
}

void pv_table_maker_clear(pv_table_maker *m)
{
    if (m->numbers != (locale_t)0) freelocale(m->numbers);
    *m = (pv_table_maker){0};
}

pv_status pv_table_maker_column(pv_table_maker *m, int64_t line, const char *name)
{
    pv_table *t = m->table;
    if (t->ncolumns == PV_TABLE_COLUMNS_MAX)
        PV_FAIL(PV_ERR_LIMIT, "%s:%" PRId64 ": more than %d columns", m->name, line,
                PV_TABLE_COLUMNS_MAX);
    int twin = pv_table_find(t, name);
    if (twin >= 0)
        PV_FAIL(PV_ERR_FORMAT, "%s:%" PRId64 ": columns %d and %d are both called '%s'; rename one",
                m->name, line, twin + 1, t->ncolumns + 1, name);
    PV_TRY(pv_grow((void **)&t->columns, &m->columns_cap, (size_t)t->ncolumns + 1,
                   sizeof *t->columns));
    char *copy = pv_strdup(name);
    if (copy == NULL) PV_FAIL_MEMORY(strlen(name) + 1);
    t->columns[t->ncolumns++] = (pv_column){.name = copy};
    return PV_OK;
}

static double *last_row(pv_table_maker *m)
{
    return m->table->cells + (m->table->nrows - 1) * m->table->ncolumns;
}

pv_status pv_table_maker_row(pv_table_maker *m, int64_t line)
{
    pv_table *t = m->table;
    size_t rows = (size_t)t->nrows + 1;
    PV_TRY(
        pv_grow((void **)&t->cells, &m->cells_cap, rows * (size_t)t->ncolumns, sizeof *t->cells));
    PV_TRY(pv_grow((void **)&t->lines, &m->lines_cap, rows, sizeof *t->lines));
    t->lines[t->nrows++] = line;
    for (int i = 0; i < t->ncolumns; i++) last_row(m)[i] = NAN;
    return PV_OK;
}

int pv_table_maker_is_number(const pv_table_maker *m, const char *text, double *v)
{
    char *end;
    /* strtod also takes hexadecimal, "inf" and "nan", none of which a data file should hold */
    if (text[0] == '\0' || text[strspn(text, "0123456789+-.eE")] != '\0') return 0;
    *v = strtod_l(text, &end, m->numbers);
    return *end == '\0' && isfinite(*v);
}

pv_status pv_table_maker_number(pv_table_maker *m, int column, const char *text)
{
    if (!pv_table_maker_is_number(m, text, &last_row(m)[column]))
        PV_FAIL(PV_ERR_FORMAT,
                "%s:%" PRId64 ": column %d '%s': \"%.60s\" is not a number; correct it, or mark it "
                "as missing with ?",
                m->name, m->table->lines[m->table->nrows - 1], column + 1,
                m->table->columns[column].name, text);
    return PV_OK;
}

pv_status pv_table_maker_new_value(pv_table_maker *m, int64_t line, int column, const char *text)
{
    pv_column *c = &m->table->columns[column];
    if (c->nvalues == PV_TABLE_VALUES_MAX)
        PV_FAIL(PV_ERR_LIMIT,
                "%s:%" PRId64
                ": column %d '%s' has more than %d different values; is it free text? "
                "leave it out",
                m->name, line, column + 1, c->name, PV_TABLE_VALUES_MAX);
    return add_value(c, text);
}

pv_status pv_table_maker_value(pv_table_maker *m, int column, const char *text, int grow)
{
    pv_column *c = &m->table->columns[column];
    int64_t line = m->table->lines[m->table->nrows - 1];
    int k = pv_column_find(c, text);
    if (k < 0 && !grow)
        PV_FAIL(PV_ERR_RANGE,
                "%s:%" PRId64
                ": column %d '%s': \"%.60s\" is none of its %d values; correct it, or "
                "list it in the header",
                m->name, line, column + 1, c->name, text, c->nvalues);
    if (k < 0) {
        PV_TRY(pv_table_maker_new_value(m, line, column, text));
        k = c->nvalues - 1;
    }
    last_row(m)[column] = k;
    return PV_OK;
}

void pv_table_maker_missing(pv_table_maker *m, int column)
{
    m->table->columns[column].missing++;
}

/* ---- sorting the values of a column */

typedef struct ranked {
    char *value;
    double number;
    int index; /* before sorting */
} ranked;

static int by_number(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->number != y->number) return x->number < y->number ? -1 : 1;
    return strcmp(x->value, y->value); /* "1" and "1.0" are two values */
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(((const ranked *)a)->value, ((const ranked *)b)->value);
}

pv_status pv_table_maker_sort(pv_table_maker *m, int column)
{
    pv_status status = PV_OK;
    pv_column *c = &m->table->columns[column];
    size_t n = (size_t)c->nvalues;
    int numbers = 1;
    ranked *order = pv_alloc(n, sizeof *order);
    int *rank = pv_alloc(n, sizeof *rank);
    if (order == NULL || rank == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "%s: out of memory for the values of column '%s'", m->name,
                     c->name);
    for (size_t k = 0; k < n; k++) {
        order[k] = (ranked){.value = c->values[k], .index = (int)k};
        numbers &= pv_table_maker_is_number(m, c->values[k], &order[k].number);
    }
    if (n > 0) qsort(order, n, sizeof *order, numbers ? by_number : by_bytes);
    for (size_t k = 0; k < n; k++) {
        c->values[k] = order[k].value;
        rank[order[k].index] = (int)k;
    }
    if (n > 0) fill_slots(c);
    for (int64_t i = 0; i < m->table->nrows; i++) {
        double *cell = &m->table->cells[i * m->table->ncolumns + column];
        if (!isnan(*cell)) *cell = rank[(int)*cell];
    }
done:
    pv_free(order);
    pv_free(rank);
    return status;
}
