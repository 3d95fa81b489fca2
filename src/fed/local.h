/* fed/local.h - a federated run in one process: the same computation without parties
 *
 * Clients are computed side by side by `threads` threads, everything else is what the roles of
 * scheme/federated do: the weights at the end are theirs, bit for bit. Benchmarks measure what
 * parties, channels, journals and views cost against it.
 */
#ifndef PV_FED_LOCAL_H
#define PV_FED_LOCAL_H

#include "fed/client.h"
#include "fed/server.h"

typedef struct pv_fed_local {
    double seconds; /* of the rounds */
    int64_t rounds;
} pv_fed_local;

/* model: what it begins with, and ends as; its normalisation is set here. data[0..clients). seed
 * and ctx->threads: as a party of the run has them. threads: clients computed at a time. Errors:
 * those of learning; PV_ERR_UNSUPPORTED for masked sums, which have no meaning in one process. */
pv_status pv_fed_local_run(pv_fed_local *out, const pv_fed_options *o, pv_model *model,
                           const pv_data *const *data, int clients, uint64_t seed, int threads,
                           const pv_ctx *ctx) PV_MUST_USE;

#endif
