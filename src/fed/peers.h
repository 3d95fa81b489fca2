/* fed/peers.h - the clients of a run as the server has them, in the order of the scenario
 *
 * Client number i ("rank") is the i-th [party] of role client. Everything that is added up is added
 * in this order, after all of it has come, so that no result depends on who was fast.
 */
#ifndef PV_FED_PEERS_H
#define PV_FED_PEERS_H

#include "party/party.h"

typedef struct pv_fed_peers {
    int count;
    const char **name; /* of the scenario */
    int *peer;         /* of the hub */
    uint8_t *present;  /* 0: was lost and is given up for the rest of the run */
} pv_fed_peers;

pv_status pv_fed_peers_init(pv_fed_peers *c, pv_party *p) PV_MUST_USE;
void pv_fed_peers_clear(pv_fed_peers *c); /* idempotent */

int pv_fed_present(const pv_fed_peers *c);

/* The same message to all that are present. */
pv_status pv_fed_tell(const pv_fed_peers *c, pv_party *p, uint16_t type, const pv_part *part,
                      size_t count) PV_MUST_USE;

/* One message of each that is present, and of whom wanted (NULL: all), handed to take in order of
 * rank. Who is lost (pv_party_recv says when, and ends the run when too few are left) is so for
 * good. */
typedef pv_status (*pv_fed_take)(void *user, int rank, const pv_message *m);
pv_status pv_fed_collect(pv_fed_peers *c, pv_party *p, uint16_t type, const uint8_t *wanted,
                         pv_fed_take take, void *user) PV_MUST_USE;

/* The names of those lost, as JSON. */
json_t *pv_fed_lost(const pv_fed_peers *c);

void pv_fed_peers_save(const pv_fed_peers *c, pv_writer *w);
void pv_fed_peers_load(pv_fed_peers *c, pv_reader *r);

#endif
