#include "fed/messages.h"

#include "base/mem.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* More samples or rounds than anything here counts to. */
#define MOST (INT64_C(1) << 40)

static pv_part column_of(const char *name, const double *x, int columns)
{
    return (pv_part){.name = name, .dtype = PV_F64, .shape = PV_SHAPE(columns), .data = x};
}

size_t pv_fed_join_parts(pv_part part[PV_FED_JOIN_PARTS], const pv_fed_join *j)
{
    size_t n = 0;
    part[n++] = pv_part_bytes("truth", j->truth.byte, PV_HASH_BYTES);
    part[n++] = pv_part_bytes("model", j->model.byte, PV_HASH_BYTES);
    if (j->mean != NULL) {
        part[n++] = column_of("mean", j->mean, j->columns);
        part[n++] = column_of("std", j->std, j->columns);
    }
    if (j->samples > 0) part[n++] = pv_part_number("samples", &j->samples);
    return n;
}

size_t pv_fed_setup_parts(pv_part part[PV_FED_SETUP_PARTS], const pv_fed_setup *s)
{
    size_t n = 0;
    part[n++] = pv_part_number("rounds", &s->rounds);
    if (s->mean != NULL) {
        part[n++] = column_of("mean", s->mean, s->columns);
        part[n++] = column_of("std", s->std, s->columns);
    }
    return n;
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

pv_status pv_fed_join_take(pv_fed_join *j, const pv_parts *p, const char *what, int columns,
                           int samples)
{
    *j = (pv_fed_join){.columns = columns};
    PV_TRY(pv_parts_get_bytes(j->truth.byte, PV_HASH_BYTES, p, what, "truth"));
    PV_TRY(pv_parts_get_bytes(j->model.byte, PV_HASH_BYTES, p, what, "model"));
    if (columns > 0) PV_TRY(take_columns(&j->mean, p, what, "mean", columns, -INFINITY));
    if (columns > 0) PV_TRY(take_columns(&j->std, p, what, "std", columns, 0));
    if (samples) PV_TRY(pv_parts_get_number(&j->samples, p, what, "samples", 1, MOST));
    return pv_parts_get_count(p, what, (size_t)(2 + 2 * (columns > 0) + (samples != 0)));
}

pv_status pv_fed_setup_take(pv_fed_setup *s, const pv_parts *p, const char *what, int columns)
{
    *s = (pv_fed_setup){.columns = columns};
    PV_TRY(pv_parts_get_number(&s->rounds, p, what, "rounds", 1, MOST));
    if (columns > 0) PV_TRY(take_columns(&s->mean, p, what, "mean", columns, -INFINITY));
    if (columns > 0) PV_TRY(take_columns(&s->std, p, what, "std", columns, 0));
    return pv_parts_get_count(p, what, (size_t)(1 + 2 * (columns > 0)));
}
