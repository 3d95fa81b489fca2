/* fed/solo.h - training by one party, a few steps at a time
 *
 * What pv_train does, bit for bit, but in pieces that a step driver can commit between: a client
 * that also trains alone, and the server of scheme plain.
 */
#ifndef PV_FED_SOLO_H
#define PV_FED_SOLO_H

#include "fed/learning.h"
#include "fed/order.h"
#include "wire/reader.h"
#include "wire/writer.h"

typedef struct pv_fed_solo {
    const pv_data *data;
    pv_model *model; /* its parameters are those of the last pv_fed_solo_run */
    pv_fed_order order;
    pv_augment augment;
    pv_schedule schedule;
    pv_train_step train;
    int64_t *index;
    int64_t step, steps; /* done, in all */
    const pv_ctx *ctx;
} pv_fed_solo;

typedef struct pv_fed_progress {
    double loss, accuracy; /* means over the steps, each before its step */
    int64_t steps;
} pv_fed_progress;

/* steps: of the whole run; 0: epochs * batches. seed: the party's own. */
pv_status pv_fed_solo_init(pv_fed_solo *s, const pv_fed_learning *l, pv_model *model,
                           const pv_data *data, int64_t epochs, int64_t steps, uint64_t seed,
                           const pv_ctx *ctx) PV_MUST_USE;
void pv_fed_solo_clear(pv_fed_solo *s); /* idempotent */

/* So many steps more, or what is left. about may be NULL. */
pv_status pv_fed_solo_run(pv_fed_solo *s, int64_t steps, pv_fed_progress *about) PV_MUST_USE;

pv_status pv_fed_solo_save(const pv_fed_solo *s, pv_writer *w) PV_MUST_USE;
pv_status pv_fed_solo_load(pv_fed_solo *s, pv_reader *r) PV_MUST_USE;

#endif
