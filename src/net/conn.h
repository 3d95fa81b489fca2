/* net/conn.h - one connection: a socket, perhaps TLS over it, frames in and out
 *
 * It knows nothing of peers and links. It belongs to the I/O thread. Nothing here blocks.
 *
 * Out: small frames are gathered in a buffer; of a large one the beginning is, the rest is written
 * from the payload itself. In: a payload is read to where it stays.
 */
#ifndef PV_NET_CONN_H
#define PV_NET_CONN_H

#include "net/address.h"
#include "net/link.h"
#include "net/tls.h"

enum {
    PV_CONN_GATHER = 64 * 1024, /* bytes gathered before they are written */
    PV_CONN_SMALL = 16 * 1024,  /* larger payloads are written from where they are */
    PV_CONN_TURN = 1 << 20,     /* bytes read or written before others get a turn */
};

typedef enum pv_conn_state {
    PV_CONN_CONNECTING = 1,
    PV_CONN_PROXY,   /* waiting for the proxy's answer */
    PV_CONN_TLS,     /* shaking hands */
    PV_CONN_HELLO,   /* waiting for HELLO or its answer */
    PV_CONN_UP,      /* carries a link */
    PV_CONN_CLOSING, /* last words are on their way */
    PV_CONN_OVER,    /* to be freed */
} pv_conn_state;

typedef struct pv_conn {
    int fd;
    pv_tls_session *tls; /* NULL: a channel, or not yet */
    pv_conn_state state;
    int peer;     /* whose it is, or is to be; -1: a stranger's */
    int dialled;  /* we did; else we were */
    int channel;  /* an in-memory one */
    double since; /* when it came to be, or went into CLOSING */
    double heard, said;
    char where[PV_ADDRESS_TEXT]; /* the other end */
    pv_certificate *certificate; /* that TLS checked */

    uint8_t head[PV_FRAME_HEADER];
    size_t head_have, have;
    pv_frame_header header; /* valid when head_have is PV_FRAME_HEADER */
    pv_bytes payload;
    pv_hasher hasher; /* over the payload as it comes, while it is in the cache */
    pv_hash hash;
    size_t turn; /* bytes left of this turn */
    int more;    /* the turn was over before the bytes were */
    int ended;   /* the other end closed */
    int shut;    /* closing: nothing more will be sent */

    uint8_t *out;
    size_t out_size, out_cap, out_at;
    pv_payload *direct;
    size_t direct_at;
    uint64_t next; /* frame to send next */
    int behind;    /* the turn was over before the frames were */
    int bye;       /* was said on this connection */

    uint64_t raw_sent, raw_received; /* as counted already */
} pv_conn;

pv_status pv_conn_new(pv_conn **c, int fd, pv_conn_state state, double now) PV_MUST_USE;
void pv_conn_free(pv_conn *c); /* closes the socket; accepts NULL */

/* Appends to what is to be sent; copies. */
pv_status pv_conn_put(pv_conn *c, const void *data, size_t size) PV_MUST_USE;
pv_status pv_conn_put_frame(pv_conn *c, const pv_frame_header *h, const void *payload) PV_MUST_USE;
/* The same for a frame whose payload may be large; only when pv_conn_direct is 0. */
pv_status pv_conn_put_payload(pv_conn *c, const pv_frame_header *h, pv_payload *p) PV_MUST_USE;

int pv_conn_direct(const pv_conn *c);                        /* a large payload is on its way */
size_t pv_conn_unsent(const pv_conn *c);                     /* bytes that wait */
pv_status pv_conn_flush(pv_conn *c, double now) PV_MUST_USE; /* as much as goes now */

/* Reads on; *ready: header, payload and its hash are a whole frame, to be taken by pv_conn_taken.
 * Not ready: nothing more is there now, or `more` (the turn is over), or `ended`. What a header
 * announces is held against pv_frame_allow before memory is asked for. */
pv_status pv_conn_read(pv_conn *c, int *ready, double now, const pv_message_type *type,
                       int types) PV_MUST_USE;
void pv_conn_taken(pv_conn *c);

/* Bytes of the socket since the last call. */
void pv_conn_raw(pv_conn *c, uint64_t *sent, uint64_t *received);

#endif
