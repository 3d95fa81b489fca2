#include "fed/order.h"

#include "base/mem.h"
#include "nn/order.h"
#include "privet/rng.h"

uint64_t pv_fed_seed(uint64_t seed, int rank)
{
    if (rank == 0) return seed;
    pv_rng purpose = pv_rng_make(seed, PV_STREAM_CLIENT);
    pv_rng own = pv_rng_fork(&purpose, (uint64_t)rank);
    return pv_rng_u64(&own);
}

int64_t pv_fed_batches(int64_t samples, int64_t batch)
{
    return samples / (batch < samples ? batch : samples);
}

pv_status pv_fed_order_init(pv_fed_order *o, uint64_t client_seed, int64_t samples, int64_t batch)
{
    *o = (pv_fed_order){.epoch = -1};
    if (samples < 1) PV_FAIL(PV_ERR_RANGE, "there is no sample to train on");
    if (samples > UINT32_MAX)
        PV_FAIL(PV_ERR_LIMIT, "%lld samples; at most %u can be shuffled", (long long)samples,
                UINT32_MAX);
    o->order = pv_alloc((size_t)samples, sizeof *o->order);
    if (o->order == NULL) PV_FAIL_MEMORY((size_t)samples * sizeof *o->order);
    o->seed = client_seed;
    o->samples = samples;
    o->batch = batch < samples ? batch : samples;
    o->batches = samples / o->batch;
    return PV_OK;
}

void pv_fed_order_clear(pv_fed_order *o)
{
    pv_free(o->order);
    *o = (pv_fed_order){0};
}

void pv_fed_order_batch(pv_fed_order *o, int64_t step, int64_t *index)
{
    int64_t epoch = step / o->batches, at = step % o->batches * o->batch;
    if (epoch != o->epoch) pv_order_epoch(o->order, (uint32_t)o->samples, o->seed, epoch);
    o->epoch = epoch;
    for (int64_t i = 0; i < o->batch; i++) index[i] = o->order[at + i];
}
