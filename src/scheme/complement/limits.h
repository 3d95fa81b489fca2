/* scheme/complement/limits.h - how large messages can be under a scenario's settings
 *
 * Where the scenario names the network, everything that crosses has a size that anybody can work
 * out: rows of a batch, numbers at the cut, bits, classes, weights of the front. A hub refuses what
 * is larger before it asks for memory. Where it does not (the provider's file is the network), only
 * answers and what has no tensors can be bounded so; the rest has the table's bounds.
 */
#ifndef PV_SCHEME_COMPLEMENT_LIMITS_H
#define PV_SCHEME_COMPLEMENT_LIMITS_H

#include "scheme/complement/messages.h"

/* The network that a scenario names, with a secret, at its cut. */
typedef struct pv_complement_network {
    pv_shape activation;
    int64_t numbers;          /* of it */
    int64_t weights, trained; /* of the front: all its numbers; those that are trained */
} pv_complement_network;
pv_status pv_complement_network_of(pv_complement_network *out, const pv_complement_options *o,
                                   const pv_scenario *s) PV_MUST_USE;

/* Bytes of a row's activation; a projection may make them fewer. */
int64_t pv_complement_row_bytes(const pv_complement_options *o, int64_t numbers);

/* pv_scheme.limits. PV_ERR_FORMAT: batches, or the front, are larger than any message can be. */
pv_status pv_complement_limits(pv_message_type *type, pv_scenario *s) PV_MUST_USE;

#endif
