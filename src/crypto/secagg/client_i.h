/* crypto/secagg/client_i.h - what a client holds: for client*.c, and for the test that marks it */
#ifndef PV_CRYPTO_SECAGG_CLIENT_I_H
#define PV_CRYPTO_SECAGG_CLIENT_I_H

#include "crypto/secagg/message.h"

typedef enum pv_secagg_phase {
    PV_SECAGG_NEW,
    PV_SECAGG_ADVERTISED, /* own keys drawn; collects the others' */
    PV_SECAGG_SHARED,     /* own seed drawn and shared */
    PV_SECAGG_READY,      /* U1 is known; the channel key is wiped */
    PV_SECAGG_HAS_MASKED, /* the mask key and the seed are wiped */
    PV_SECAGG_ANSWERED,   /* the others' shares are wiped */
} pv_secagg_phase;

typedef struct pv_secagg_peer {
    uint8_t known, shared; /* its keys are here; it is in U1 and its share is here */
    uint8_t channel_key[32], mask_key[32];
    uint8_t share[PV_SECAGG_SHARE]; /* secret */
} pv_secagg_peer;

/* From pv_secret_alloc. */
struct pv_secagg_client {
    pv_secagg_params params;
    int self;
    pv_secagg_phase phase;
    uint8_t context[32];
    uint8_t channel_secret[32], mask_secret[32], seed[32];
    pv_secagg_peer peer[]; /* n, the client itself among them */
};

#endif
