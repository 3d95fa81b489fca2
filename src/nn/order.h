/* nn/order.h - in which order an epoch visits the samples
 *
 * A function of seed and epoch alone, so that a run goes on after a stop, and so that others who
 * know the seed can say which samples a step saw.
 */
#ifndef PV_NN_ORDER_H
#define PV_NN_ORDER_H

#include <stdint.h>

/* order[0..count) becomes a permutation of 0..count-1. epoch: from 0. */
void pv_order_epoch(uint32_t *order, uint32_t count, uint64_t seed, int64_t epoch);

#endif
