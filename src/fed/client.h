/* fed/client.h - what a client computes in a round
 *
 * A function of the weights it was sent, its data and the number of the round: the client keeps no
 * weights from round to round. One thread uses it; several clients may run side by side in one
 * process (fed/local.h).
 *
 * Hooks are for schemes that change what is learnt from (encodings) or what leaves the client
 * (clipping, noise); both may be NULL.
 */
#ifndef PV_FED_CLIENT_H
#define PV_FED_CLIENT_H

#include "fed/options.h"
#include "fed/order.h"
#include "fed/vector.h"

typedef struct pv_fed_hooks {
    void *self;
    /* A batch was filled: change it in place before anything learns from it. */
    pv_status (*batch)(void *self, pv_batch *b, int64_t step);
    /* This is what would be sent: change it in place. round: from 0. */
    pv_status (*leaving)(void *self, float *value, const pv_fed_layout *layout, int64_t round);
} pv_fed_hooks;

typedef struct pv_fed_client {
    const pv_fed_options *options;
    const pv_data *data;
    pv_model *model; /* the caller's; its parameters become those of the round */
    pv_fed_layout layout;
    pv_fed_order order;
    pv_fed_hooks hooks;
    pv_augment augment;
    pv_schedule schedule;      /* fedavg: over all local steps */
    pv_gradient_step gradient; /* fedsgd */
    pv_train_step train;       /* fedavg */
    int64_t *index;
    const pv_ctx *ctx;
} pv_fed_client;

typedef struct pv_fed_round {
    int64_t samples;       /* behind the vector: of the batch (fedsgd), of the client (fedavg) */
    double loss, accuracy; /* means over the steps of the round, each before its step */
} pv_fed_round;

/* rank: among the clients; seed: of the run. model has the normalisation of the run. All must
 * outlive the client. */
pv_status pv_fed_client_init(pv_fed_client *c, const pv_fed_options *o, pv_model *model,
                             const pv_data *data, int rank, uint64_t seed,
                             const pv_fed_hooks *hooks, const pv_ctx *ctx) PV_MUST_USE;
void pv_fed_client_clear(pv_fed_client *c); /* idempotent */

/* Round 0, 1, 2, ... from these weights: out gets the gradient (fedsgd) or what changed (fedavg).
 */
pv_status pv_fed_client_run(pv_fed_client *c, const float *weights, int64_t round, float *out,
                            pv_fed_round *about) PV_MUST_USE;

#endif
