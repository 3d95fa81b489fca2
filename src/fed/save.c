#include "fed/save.h"

#include "base/mem.h"
#include <string.h>

void pv_fed_save_floats(pv_writer *w, const float *v, int64_t n)
{
    pv_writer_u64le(w, (uint64_t)n);
    pv_writer_bytes(w, v, (size_t)n * sizeof *v);
}

void pv_fed_load_floats(pv_reader *r, float *v, int64_t n, const char *field)
{
    uint64_t have = pv_reader_u64le(r, field);
    if (have != (uint64_t)n)
        pv_reader_fail(r, PV_ERR_MISMATCH, "%s: %llu numbers, %lld were expected", field,
                       (unsigned long long)have, (long long)n);
    const uint8_t *bytes = pv_reader_bytes(r, (size_t)n * sizeof *v, field);
    if (bytes != NULL) memcpy(v, bytes, (size_t)n * sizeof *v);
}

static int64_t count_of(const pv_graph *g, pv_node x)
{
    return pv_shape_count(pv_node_shape(g, x));
}

static float *room(const pv_optim *o, const pv_graph *g)
{
    int64_t most = 0;
    for (int i = 0; i < o->states; i++)
        if (count_of(g, o->state[i]) > most) most = count_of(g, o->state[i]);
    return pv_alloc((size_t)most, sizeof(float));
}

pv_status pv_fed_save_optim(pv_writer *w, const pv_optim *o, const pv_graph *g, const pv_plan *plan)
{
    float *v = room(o, g);
    pv_status status = PV_OK;
    if (v == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for an optimiser's state");
    for (int i = 0; status == PV_OK && i < o->states; i++) {
        status = pv_plan_read(plan, o->state[i], v, PV_F32);
        pv_fed_save_floats(w, v, count_of(g, o->state[i]));
    }
    pv_free(v);
    return status;
}

pv_status pv_fed_load_optim(pv_reader *r, const pv_optim *o, const pv_graph *g, pv_plan *plan)
{
    float *v = room(o, g);
    pv_status status = PV_OK;
    if (v == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for an optimiser's state");
    for (int i = 0; status == PV_OK && i < o->states; i++) {
        pv_fed_load_floats(r, v, count_of(g, o->state[i]), pv_node_name(g, o->state[i]));
        status = pv_reader_status(r);
        if (status == PV_OK) status = pv_plan_write(plan, o->state[i], v, PV_F32);
    }
    pv_free(v);
    return status;
}
