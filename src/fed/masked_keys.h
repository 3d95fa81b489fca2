/* fed/masked_keys.h - keys of a masked round, signed, relayed and held against the scenario
 *
 * keys     client > server   keys, signature, certificate
 * roster   server > client   the same of all who sent them: "keys:2", "signature:2", ...
 */
#ifndef PV_FED_MASKED_KEYS_H
#define PV_FED_MASKED_KEYS_H

#include "fed/peers.h"

pv_status pv_fed_keys_send(pv_party *p, int server, const pv_bytes *keys) PV_MUST_USE;

typedef struct pv_fed_roster {
    pv_bytes *keys, *signature, *certificate; /* of each client; empty where none came */
    int count;
} pv_fed_roster;

pv_status pv_fed_roster_init(pv_fed_roster *r, int count) PV_MUST_USE;
void pv_fed_roster_clear(pv_fed_roster *r); /* idempotent */

/* A keys message whose signature and certificate hold; *keys points into m. PV_ERR_AUTH when they
 * do not: a certificate that the scenario does not pin to this client, keys that somebody else
 * signed.
 */
pv_status pv_fed_roster_add(pv_fed_roster *r, const pv_scenario *s, int rank, const pv_message *m,
                            const pv_part **keys) PV_MUST_USE;
pv_status pv_fed_roster_tell(const pv_fed_roster *r, const pv_fed_peers *c,
                             pv_party *p) PV_MUST_USE;

/* Every entry that a roster has, checked, handed to take in order of rank. */
typedef pv_status (*pv_fed_take_keys)(void *user, int rank, const void *keys, size_t size);
pv_status pv_fed_roster_take(const pv_scenario *s, const pv_message *m, pv_fed_take_keys take,
                             void *user) PV_MUST_USE;

#endif
