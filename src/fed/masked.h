/* fed/masked.h - a round whose server learns the mean of what clients send, and no client's own
 *
 * One round of crypto/secagg between the clients, relayed by the server. What is summed is a vector
 * of `size` floats, each times the client's weight (its samples, or 1), and, behind them, that
 * weight as an integer: so the server gets the weighted mean without being told the weights, only
 * their sum. Floats beyond clip are cut to it, then rounded to a fixed point
 * (crypto/secagg/quantise.h).
 *
 * Every client's keys are signed by its identity, and clients hold the certificate that comes with
 * them against the fingerprint in the scenario: the server relays keys but can't make them up.
 *
 * Clients that are lost on the way count as dropped; the sum is over those whose vector arrived.
 * The round fails when fewer than the threshold are left.
 */
#ifndef PV_FED_MASKED_H
#define PV_FED_MASKED_H

#include "crypto/secagg/quantise.h"
#include "crypto/secagg/secagg.h"
#include "fed/options.h"
#include "fed/peers.h"

typedef struct pv_fed_masking {
    pv_secagg_params params;
    pv_secagg_scale scale;
} pv_fed_masking;

/* For round number `round` (>= 1) of vectors of `size` floats. */
pv_status pv_fed_masking_make(pv_fed_masking *m, const pv_fed_options *o, const pv_scenario *s,
                              int64_t size, uint64_t round) PV_MUST_USE;

/* A client's side of the round, from keys to answer. weight: its samples (1 when weighting is
 * equal). *clipped: entries that were cut. */
pv_status pv_fed_masked_send(pv_party *p, const pv_fed_masking *m, int server, int rank,
                             const float *x, int64_t size, int64_t weight,
                             size_t *clipped) PV_MUST_USE;

/* The server's side: the weighted mean over those who are left, and the sum of their weights. */
pv_status pv_fed_masked_mean(pv_party *p, const pv_fed_masking *m, pv_fed_peers *clients,
                             float *mean, int64_t size, double *weight) PV_MUST_USE;

#endif
