/* net/link.h - both directions of the link to one peer: what is kept, what has arrived, what is
 * sealed
 *
 * Out: frames base+1 .. stored are kept in memory, each with the transcript after it.
 *
 *     base      forgotten up to here: acknowledged, and made
 *     acked     the peer's latest seal covers up to here
 *     sent      made by the role up to here (behind `stored` while a step is replayed)
 *     durable   may be on the network up to here
 *     wired     was handed to a connection, once, up to here
 *     stored    the last one
 *
 * In: frames that arrived and were not taken yet are queued.
 *
 *     arrived   the last number that came whole
 *     received  the transcript up to what the role has taken
 *
 * Everything here is done under the hub's lock, or by the role's thread before the I/O thread runs.
 */
#ifndef PV_NET_LINK_H
#define PV_NET_LINK_H

#include "net/frame.h"
#include <stdatomic.h>

/* Bytes of a frame, shared between links and threads. */
typedef struct pv_payload {
    atomic_int owners;
    pv_hash hash;
    pv_bytes bytes;
} pv_payload;

pv_status pv_payload_new(pv_payload **p, size_t size) PV_MUST_USE; /* one owner */
pv_payload *pv_payload_share(pv_payload *p);
void pv_payload_release(pv_payload *p); /* accepts NULL */

typedef struct pv_out_frame {
    uint16_t type;
    uint64_t step;
    pv_payload *payload;
    pv_hash chain; /* the transcript after it */
} pv_out_frame;

typedef struct pv_in_frame {
    uint16_t type;
    uint64_t step, number;
    pv_bytes payload;
    pv_hash hash;
} pv_in_frame;

typedef struct pv_queue { /* a ring */
    void *item;
    size_t begin, count, cap;
} pv_queue;

typedef struct pv_link {
    pv_queue out;
    pv_transcript base, acked, sent;
    uint64_t stored, durable, wired, last_data;
    size_t out_bytes;

    pv_queue in;
    uint64_t arrived;
    size_t in_bytes, in_data; /* data frames among those queued */
    pv_transcript received;
} pv_link;

pv_status pv_link_init(pv_link *l, const pv_hash *scenario, const char *self,
                       const char *peer) PV_MUST_USE;
void pv_link_clear(pv_link *l); /* idempotent */

/* ---- out */
/* Appends frame stored+1; the payload's hash is known; a reference is taken over (also on failure).
 */
pv_status pv_link_store(pv_link *l, uint16_t type, uint64_t step, pv_payload *payload) PV_MUST_USE;
/* The role has made frame sent+1, which is stored. */
void pv_link_made(pv_link *l);
pv_out_frame *pv_link_out(const pv_link *l, uint64_t number); /* NULL: not kept */
/* The peer says its transcript of this direction is *t. PV_ERR_PEER when it is not. */
pv_status pv_link_acknowledge(pv_link *l, const char *peer, const pv_transcript *t) PV_MUST_USE;
void pv_link_forget(pv_link *l);     /* what is acknowledged and made */
void pv_link_forget_all(pv_link *l); /* of a peer that was given up */

/* ---- in */
/* The bytes are taken over (also on failure). */
pv_status pv_link_arrive(pv_link *l, const pv_in_frame *f) PV_MUST_USE;
pv_in_frame *pv_link_head(const pv_link *l); /* NULL: nothing is there */
void pv_link_take(pv_link *l, pv_in_frame *out);

#endif
