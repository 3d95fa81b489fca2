/* scheme/vertical/common.h - what both roles have: settings, network, rows, the beginning of a run
 */
#ifndef PV_SCHEME_VERTICAL_COMMON_H
#define PV_SCHEME_VERTICAL_COMMON_H

#include "fed/order.h"
#include "scheme/vertical/boundary.h"
#include "scheme/vertical/half.h"
#include "scheme/vertical/messages.h"
#include "scheme/vertical/vertical.h"

typedef struct pv_vertical_run {
    int active;
    const pv_ctx *ctx;
    pv_vertical_options options;
    uint64_t seed;
    int peer; /* the hub's number of the other party */
    pv_model *model;
    pv_vertical_cut cut;
    pv_half half;             /* without a training; half.model NULL: none */
    pv_data *data, *measured; /* to train on; to measure or predict; NULL: none */
    int by_data;              /* measured is of local `data` itself */
    int64_t rows, tests;      /* that the run goes over: of both parties */
    pv_hash order_hash;       /* of the orders that local `order` names; zeros: by position */
    pv_boundary boundary;
    pv_fed_order order;
    pv_schedule schedule;
    int64_t batch, batches, passes; /* m, steps an epoch, batches of an evaluation */
    int64_t *index;                 /* [m] */
    uint8_t nonce[PV_SESSION_BYTES], session[PV_SESSION_BYTES];
} pv_vertical_run;

/* Of both roles: training rows, or nothing where there is no training. */
int pv_vertical_brings(pv_scenario *s);

/* Everything that is known before the peer is heard: c->rows and tests are this party's own, -1
 * where the other one has them. */
pv_status pv_vertical_open(pv_vertical_run *c, pv_party *p, int active) PV_MUST_USE;
void pv_vertical_close(pv_vertical_run *c); /* idempotent */

/* Step 1: both say what they have, and go on only if it fits. Then c->rows, tests and session are
 * those of the run. */
pv_status pv_vertical_join_peer(pv_vertical_run *c, pv_party *p) PV_MUST_USE;

/* A network that learns by the optimiser of the scenario, or only computes. */
pv_half_options pv_vertical_half_options(const pv_vertical_run *c);

/* The rows of a training step into c->index, or those of a batch that is measured: the number of
 * them. Such a batch may be short: its last row fills up the rest. */
void pv_vertical_training_rows(pv_vertical_run *c, int64_t step);
int64_t pv_vertical_measured_rows(pv_vertical_run *c, int64_t batch);

/* Randomness of this step for one purpose in one of its batches. */
pv_status pv_vertical_random(pv_csprng *r, pv_party *p, const char *purpose,
                             int64_t batch) PV_MUST_USE;

/* One message of the boundary; the next one of the peer. */
pv_status pv_vertical_send(pv_vertical_run *c, pv_party *p, uint16_t type,
                           const pv_bytes *b) PV_MUST_USE;
pv_status pv_vertical_take(pv_message *m, const uint8_t **data, size_t *size, pv_vertical_run *c,
                           pv_party *p, uint16_t type) PV_MUST_USE;

/* Is this the training step after which W is shared for predictions? step: from 0. */
int pv_vertical_settles(const pv_vertical_run *c, int64_t step);
/* half.safetensors into the party's folder. w: what the boundary saved; cleared. */
pv_status pv_vertical_leave_half(pv_vertical_run *c, pv_party *p, const pv_paillier_pk *key,
                                 pv_writer *w) PV_MUST_USE;
/* task = merge: whom the scenario names gets the other's half and writes model.safetensors. */
pv_status pv_vertical_end(pv_vertical_run *c, pv_party *p) PV_MUST_USE;

/* rows, settings and the bounds they imply as results, and in the log before anything is sent. */
pv_status pv_vertical_report(pv_vertical_run *c, pv_party *p) PV_MUST_USE;

/* What a saved state of either role begins with. */
void pv_vertical_save(const pv_vertical_run *c, pv_writer *w);
pv_status pv_vertical_load(pv_vertical_run *c, pv_reader *r) PV_MUST_USE;

#endif
