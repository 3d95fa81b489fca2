#include "fed/messages.h"

#include "base/mem.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* More samples or rounds than anything here counts to. */
#define MOST (INT64_C(1) << 40)

static pv_part bytes_of(const char *name, const pv_hash *h)
{
    return (pv_part){
        .name = name, .dtype = PV_U8, .shape = PV_SHAPE(PV_HASH_BYTES), .data = h->byte};
}

static pv_part number_of(const char *name, const int64_t *n)
{
    return (pv_part){.name = name, .dtype = PV_I64, .shape = PV_SHAPE(1), .data = n};
}

static pv_part column_of(const char *name, const double *x, int columns)
{
    return (pv_part){.name = name, .dtype = PV_F64, .shape = PV_SHAPE(columns), .data = x};
}

size_t pv_fed_join_parts(pv_part part[PV_FED_JOIN_PARTS], const pv_fed_join *j)
{
    size_t n = 0;
    part[n++] = bytes_of("truth", &j->truth);
    part[n++] = bytes_of("model", &j->model);
    if (j->mean != NULL) {
        part[n++] = column_of("mean", j->mean, j->columns);
        part[n++] = column_of("std", j->std, j->columns);
    }
    if (j->samples > 0) part[n++] = number_of("samples", &j->samples);
    return n;
}

size_t pv_fed_setup_parts(pv_part part[PV_FED_SETUP_PARTS], const pv_fed_setup *s)
{
    size_t n = 0;
    part[n++] = number_of("rounds", &s->rounds);
    if (s->mean != NULL) {
        part[n++] = column_of("mean", s->mean, s->columns);
        part[n++] = column_of("std", s->std, s->columns);
    }
    return n;
}

static pv_status take_hash(pv_hash *h, const pv_parts *p, const char *what, const char *name)
{
    const pv_part *part;
    PV_TRY(pv_parts_get(&part, p, what, name, PV_U8, PV_SHAPE(PV_HASH_BYTES)));
    memcpy(h->byte, part->data, PV_HASH_BYTES);
    return PV_OK;
}

static pv_status take_number(int64_t *n, const pv_parts *p, const char *what, const char *name)
{
    const pv_part *part;
    PV_TRY(pv_parts_get(&part, p, what, name, PV_I64, PV_SHAPE(1)));
    memcpy(n, part->data, sizeof *n);
    if (*n < 1 || *n > MOST)
        PV_FAIL(PV_ERR_PEER, "%s: %s is %" PRId64 "; from 1 to 2^40 was expected", what, name, *n);
    return PV_OK;
}

static pv_status take_columns(const double **x, const pv_parts *p, const char *what,
                              const char *name, int columns, double low)
{
    const pv_part *part;
    PV_TRY(pv_parts_get(&part, p, what, name, PV_F64, PV_SHAPE(columns)));
    *x = part->data;
    for (int i = 0; i < columns; i++)
        if (!isfinite((*x)[i]) || (*x)[i] < low)
            PV_FAIL(PV_ERR_PEER, "%s: %s of column %d is %g", what, name, i, (*x)[i]);
    return PV_OK;
}

static pv_status expect_count(const pv_parts *p, const char *what, size_t count)
{
    if (p->count != count)
        PV_FAIL(PV_ERR_PEER, "%s: %zu tensors, %zu were expected", what, p->count, count);
    return PV_OK;
}

pv_status pv_fed_join_take(pv_fed_join *j, const pv_parts *p, const char *what, int columns,
                           int samples)
{
    *j = (pv_fed_join){.columns = columns};
    PV_TRY(take_hash(&j->truth, p, what, "truth"));
    PV_TRY(take_hash(&j->model, p, what, "model"));
    if (columns > 0) PV_TRY(take_columns(&j->mean, p, what, "mean", columns, -INFINITY));
    if (columns > 0) PV_TRY(take_columns(&j->std, p, what, "std", columns, 0));
    if (samples) PV_TRY(take_number(&j->samples, p, what, "samples"));
    return expect_count(p, what, (size_t)(2 + 2 * (columns > 0) + (samples != 0)));
}

pv_status pv_fed_setup_take(pv_fed_setup *s, const pv_parts *p, const char *what, int columns)
{
    *s = (pv_fed_setup){.columns = columns};
    PV_TRY(take_number(&s->rounds, p, what, "rounds"));
    if (columns > 0) PV_TRY(take_columns(&s->mean, p, what, "mean", columns, -INFINITY));
    if (columns > 0) PV_TRY(take_columns(&s->std, p, what, "std", columns, 0));
    return expect_count(p, what, (size_t)(1 + 2 * (columns > 0)));
}
