/* fed/order.h - which samples a client's step sees
 *
 * A function of (seed of the run, rank of the client, its samples, batch, step) and nothing else:
 * a client that died goes on with the batch it was at, and whoever knows the seed and the number of
 * samples (an auditor with the client's data) knows what stood behind a gradient. Rank 0 draws
 * exactly what pv_train draws from the same seed; the others draw from seeds of their own.
 *
 * Each client has epochs of its own: floor(samples / batch) steps, the rest is skipped as in
 * pv_train, and then a new order. A batch larger than the data is lowered to it.
 */
#ifndef PV_FED_ORDER_H
#define PV_FED_ORDER_H

#include "privet/status.h"
#include <stdint.h>

/* The seed of a client: order, augmentation, dropout. */
uint64_t pv_fed_seed(uint64_t seed, int rank);

typedef struct pv_fed_order {
    uint64_t seed;                   /* the client's own */
    int64_t samples, batch, batches; /* batches: steps of an epoch */
    int64_t epoch;                   /* that `order` is of; -1: none yet */
    uint32_t *order;
} pv_fed_order;

/* Errors: PV_ERR_LIMIT (more than 2^32 - 1 samples), PV_ERR_RANGE (none), PV_ERR_MEMORY. */
pv_status pv_fed_order_init(pv_fed_order *o, uint64_t client_seed, int64_t samples,
                            int64_t batch) PV_MUST_USE;
void pv_fed_order_clear(pv_fed_order *o); /* idempotent */

/* The samples of step 0, 1, 2, ...: index[0..o->batch). */
void pv_fed_order_batch(pv_fed_order *o, int64_t step, int64_t *index);

/* Steps in an epoch. */
int64_t pv_fed_batches(int64_t samples, int64_t batch);

#endif
