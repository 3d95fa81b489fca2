/* fed/server.h - what the server does with the mean of a round
 *
 * fedsgd: the optimiser of the scenario moves the weights by the mean gradient, state becomes its
 * mean. fedavg: v = server_momentum v + mean update, w += server_lr v; state likewise is moved by
 * its mean change, without momentum.
 *
 * Between rounds everything is in plain memory and can be saved: weights, and the optimiser's
 * state or v.
 */
#ifndef PV_FED_SERVER_H
#define PV_FED_SERVER_H

#include "fed/options.h"
#include "fed/vector.h"
#include "wire/reader.h"
#include "wire/writer.h"

typedef struct pv_fed_server {
    const pv_fed_options *options;
    pv_model *model; /* the caller's: names and shapes, and the weights it begins with */
    pv_fed_layout layout;
    float *weights;        /* [layout.size] */
    float *velocity;       /* fedavg with server_momentum, else NULL */
    pv_update_step update; /* fedsgd */
    pv_schedule schedule;  /* fedsgd */
} pv_fed_server;

/* rounds: steps of the whole run (fedsgd), of which `batches` are an epoch. */
pv_status pv_fed_server_init(pv_fed_server *s, const pv_fed_options *o, pv_model *model,
                             int64_t rounds, const pv_ctx *ctx) PV_MUST_USE;
void pv_fed_server_clear(pv_fed_server *s); /* idempotent */

/* Round 0, 1, 2, ... */
pv_status pv_fed_server_apply(pv_fed_server *s, const float *mean, int64_t round) PV_MUST_USE;

pv_status pv_fed_server_save(const pv_fed_server *s, pv_writer *w) PV_MUST_USE;
pv_status pv_fed_server_load(pv_fed_server *s, pv_reader *r) PV_MUST_USE;

#endif
