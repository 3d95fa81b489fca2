#include "nn/order.h"

#include "privet/rng.h"

void pv_order_epoch(uint32_t *order, uint32_t count, uint64_t seed, int64_t epoch)
{
    pv_rng purpose = pv_rng_make(seed, PV_STREAM_SHUFFLE);
    pv_rng r = pv_rng_fork(&purpose, (uint64_t)epoch);
    for (uint32_t i = 0; i < count; i++) order[i] = i;
    pv_rng_shuffle(&r, order, count);
}
