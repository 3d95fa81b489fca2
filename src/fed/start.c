#include "fed/start.h"

#include "base/mem.h"
#include <string.h>

pv_status pv_fed_start_make(pv_fed_start *s, int64_t rounds, int columns)
{
    *s = (pv_fed_start){.rounds = rounds, .columns = columns};
    if (columns == 0) return PV_OK;
    s->mean = pv_calloc((size_t)columns, sizeof *s->mean);
    s->std = pv_calloc((size_t)columns, sizeof *s->std);
    if (s->mean == NULL || s->std == NULL) {
        pv_fed_start_clear(s);
        PV_FAIL(PV_ERR_MEMORY, "out of memory for the statistics of %d columns", columns);
    }
    return PV_OK;
}

void pv_fed_start_clear(pv_fed_start *s)
{
    pv_free(s->mean);
    pv_free(s->std);
    *s = (pv_fed_start){0};
}

pv_status pv_fed_start_apply(const pv_fed_start *s, pv_model *m)
{
    pv_norm norm;
    if (s->columns == 0) return PV_OK;
    PV_TRY(pv_norm_make(&norm, s->mean, s->std, s->columns));
    pv_fed_set_norm(m, &norm);
    return PV_OK;
}

pv_fed_setup pv_fed_start_setup(const pv_fed_start *s)
{
    return (pv_fed_setup){
        .rounds = s->rounds, .mean = s->mean, .std = s->std, .columns = s->columns};
}

void pv_fed_start_save(const pv_fed_start *s, pv_writer *w)
{
    pv_writer_u64le(w, (uint64_t)s->rounds);
    for (int i = 0; i < s->columns; i++) {
        pv_writer_f64le(w, s->mean[i]);
        pv_writer_f64le(w, s->std[i]);
    }
}

pv_status pv_fed_start_load(pv_fed_start *s, pv_reader *r, int columns)
{
    int64_t rounds = (int64_t)pv_reader_u64le(r, "rounds");
    pv_fed_start_clear(s);
    PV_TRY(pv_fed_start_make(s, rounds, columns));
    for (int i = 0; i < columns; i++) {
        s->mean[i] = pv_reader_f64le(r, "mean of a column");
        s->std[i] = pv_reader_f64le(r, "deviation of a column");
    }
    return pv_reader_status(r);
}

int pv_fed_columns(const pv_fed_options *o, const pv_model *m)
{
    const pv_shape sample = pv_model_what(m).sample;
    return o->normalise == PV_NORMALISE_NONE ? 0 : (int)sample.dim[sample.ndim - 1];
}

pv_status pv_fed_model_hash(pv_hash *h, const pv_model *m)
{
    return pv_hash_of(h, pv_model_text(m), strlen(pv_model_text(m)));
}
