/* crypto/secagg/message.h - what crosses between a client and the server, byte by byte
 *
 * All integers little-endian. Every message begins with 44 bytes:
 *
 *     u8 type   u8 version (1)   run 32   u64 round   u16 client
 *
 * client: whom it is from or for; 65535 for all. Then
 *
 *     1 keys       u16 n   u16 t   u64 length   channel key 32   mask key 32         (120 bytes)
 *     2 shares     commitment 32   u16 count   count x (u16 to     bundle 104)
 *     3 delivery                   u16 count   count x (u16 from   bundle 104)
 *     4 survivors                  u16 count   count x (u16 client)
 *     5 answer                     u16 count   count x (u16 owner   u8 kind   share 32)
 *
 * A bundle is a nonce (24 bytes) and what XChaCha20-Poly1305 makes of the sender's shares of its
 * private mask key (32) and of its seed (32) under the key that the two agreed on; that key names
 * run, round, sender and receiver, so no more is authenticated with it. kind: 0 a share of the
 * seed, 1 of the private mask key. Clients stand in strictly ascending order and are below n:
 * whatever is accepted has one encoding.
 *
 * Also decoded here, by pv_secagg_client_load: the state of a client (type 6).
 */
#ifndef PV_CRYPTO_SECAGG_MESSAGE_H
#define PV_CRYPTO_SECAGG_MESSAGE_H

#include "crypto/secagg/secagg.h"

enum {
    PV_SECAGG_TYPE_KEYS = 1,
    PV_SECAGG_TYPE_SHARES,
    PV_SECAGG_TYPE_DELIVERY,
    PV_SECAGG_TYPE_SURVIVORS,
    PV_SECAGG_TYPE_ANSWER,
    PV_SECAGG_TYPE_STATE,
    PV_SECAGG_VERSION = 1,
    PV_SECAGG_ALL = 0xFFFF, /* instead of a client */
    PV_SECAGG_HALF = 32,    /* a share of one secret */
    PV_SECAGG_SHARE = 64,   /* of both: private mask key, then seed */
    PV_SECAGG_NONCE = 24,
    PV_SECAGG_BUNDLE = PV_SECAGG_NONCE + PV_SECAGG_SHARE + 16,
    PV_SECAGG_OF_SEED = 0,
    PV_SECAGG_OF_MASK_KEY = 1,
    /* the longest message: shares of 1,024 clients */
    PV_SECAGG_MAX_MESSAGE = 44 + 32 + 2 + PV_SECAGG_MAX_CLIENTS * (2 + PV_SECAGG_BUNDLE)
};

/* Pointers into the bytes that were decoded; what a type does not have is NULL or 0. */
typedef struct pv_secagg_message {
    const uint8_t *channel_key, *mask_key; /* keys */
    const uint8_t *commitment;             /* shares */
    int count;
    size_t stride;
    const uint8_t *entry;
} pv_secagg_message;

/* Entry i < count: its client, and what follows it. */
int pv_secagg_entry_client(const pv_secagg_message *m, int i);
const uint8_t *pv_secagg_entry(const pv_secagg_message *m, int i);

/* The message must be of this type, run, round and client (PV_SECAGG_ALL for survivors). Errors:
 * PV_ERR_TRUNCATED, PV_ERR_FORMAT, PV_ERR_LIMIT, PV_ERR_VERSION, PV_ERR_MISMATCH. */
pv_status pv_secagg_decode(pv_secagg_message *m, const pv_secagg_params *p, int type, int client,
                           const void *bytes, size_t size) PV_MUST_USE;

/* The common beginning, read and checked; what pv_secagg_write_header wrote. */
void pv_secagg_read_header(pv_reader *r, const pv_secagg_params *p, int type, int client);
void pv_secagg_write_header(pv_writer *w, const pv_secagg_params *p, int type, int client);

/* n, t and length, which must be those of p. */
void pv_secagg_read_sizes(pv_reader *r, const pv_secagg_params *p);
void pv_secagg_write_sizes(pv_writer *w, const pv_secagg_params *p);

#endif
