/* net/hub_i.h - what a hub is made of; for the files of net/ that are the hub
 *
 * Two threads: the role's (pv_send, pv_recv, ...) and the I/O thread (io.c, dial.c, greet.c,
 * carry.c). `lock` guards what both use; it is never held while something blocks, is hashed or
 * encrypted. Marked below: R is the role's alone, I the I/O thread's alone, C constant once the
 * thread runs, the rest is under the lock.
 */
#ifndef PV_NET_HUB_I_H
#define PV_NET_HUB_I_H

#include "net/conn.h"
#include "net/handshake.h"
#include "net/hub.h"
#include <pthread.h>
#include <stdarg.h>

enum {
    PV_STRANGERS = 64, /* connections of who has not shown who it is */
    PV_SAYINGS = 256,  /* log lines that wait for the role's thread */
    PV_TROUBLE = 400,
};

typedef struct pv_hub_place { /* of one link, at a commit */
    pv_transcript sent, received;
    uint64_t last_data;
} pv_hub_place;

typedef struct pv_peer {
    char name[PV_PARTY_NAME], role[PV_PARTY_NAME]; /* C */
    pv_hash fingerprint;                           /* C */
    char *address;                                 /* C; NULL: it dials */
    int dials_late;                                /* C; it may dial, too, and goes first */
    int channel;                                   /* I; -1: none, or taken */
    double patience;                               /* C; 0: none */
    int expendable;                                /* C */

    pv_link link;
    int known;   /* its certificate was seen, in this run */
    int misfits; /* HELLOs in a row whose journals did not fit */
    uint8_t key[32];
    int up, dropped;
    int broken;               /* expendable, and it broke the protocol */
    char gone[PV_TROUBLE];    /* why it is broken or dropped; "" */
    int bye_in, bye_out;      /* it said so; we did, and it has left this process */
    uint64_t bye_last;        /* the last frame of its direction */
    int paused;               /* too much has arrived that nobody took */
    double heard, down_since; /* heard 0: never */
    char trouble[PV_TROUBLE]; /* what went wrong last; "" */
    pv_refusal refuse;        /* the role's thread wants it told; 0 */
    char refuse_text[PV_TROUBLE];
    pv_hub_traffic *traffic; /* [types + 2]: channel's own, seals, types of the table */

    pv_conn *conn, *dialling; /* I */
    double dial_at, pause;    /* I */
    pv_address_list list;     /* I */
    int list_at;              /* I */

    pv_hub_place place; /* R: at the commit that is pending or was flushed last */
} pv_peer;

typedef struct pv_decision {
    uint64_t number, step;
    uint64_t bytes[1]; /* the value as the store has it: 8 bytes, little-endian, aligned */
    int durable;
} pv_decision;

/* A frame that waits for the next flush. */
typedef struct pv_pending {
    int peer;
    uint64_t number;
} pv_pending;

struct pv_hub {
    const pv_ctx *ctx;                                                    /* R */
    char name[PV_PARTY_NAME], role[PV_PARTY_NAME], scheme[PV_PARTY_NAME]; /* C */
    const pv_identity *identity;                                          /* C */
    const pv_certificate *ca;                                             /* C */
    pv_bytes der;                                                         /* C: of identity */
    char *agreement;                                                      /* C */
    pv_hash scenario;                                                     /* C */
    pv_message_type *type;                                                /* C */
    int types, peers;                                                     /* C */
    pv_peer *peer;
    pv_hub_store store;                    /* R */
    double heartbeat, silence, handshake;  /* C */
    size_t window;                         /* C */
    pv_tls *tls;                           /* C; NULL: only channels */
    pv_address proxy;                      /* C; port 0: none */
    int listener[PV_LISTENERS], listeners; /* I */
    double deaf_until;                     /* I: without descriptors nobody is let in */
    uint16_t port;                         /* C */
    int wake;                              /* C: eventfd */

    pthread_t thread;
    int running; /* R */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int stop, finishing;
    pv_status fatal;
    char fatal_text[1024];
    struct {
        pv_log_level level;
        char text[512];
    } saying[PV_SAYINGS];
    int sayings, unsaid;

    pv_conn **conn; /* I */
    size_t conns, conn_cap;

    /* R from here on */
    uint64_t step;
    int turn; /* the peer that pv_recv(ANY) looks at first */
    char *view_path;
    pv_view_writer *view;
    pv_pending *pending;
    size_t pendings, pending_cap;
    pv_decision *decision;
    size_t decisions, decision_cap;
    uint64_t decided, decided_place; /* numbers */
    uint64_t decision_recovered;
    int replaying;
    int commit_pending, committed; /* anything, ever */
    uint64_t commit_step;
    pv_bytes commit_state; /* of the last commit, pending or not */
    pv_view_position view_place;
    pv_hub_seconds seconds; /* channel without the I/O thread's */
    double io_before;       /* the I/O threads' of earlier processes */
    double said_at;         /* last log line about waiting */
};

/* ---- hub.c */
/* A peer did what the trail says: it is told, and pv_hub_broke. -1: the run is over. Returns s. */
pv_status pv_hub_fail(pv_hub *h, pv_status s, int peer);
/* Under the lock: the run is over because of a peer, or an expendable one's part of it. */
void pv_hub_broke(pv_hub *h, int peer, pv_status s, const char *fmt, ...) PV_PRINTF(4, 5);
/* Under the lock; handed to the caller's log by the role's thread. */
void pv_hub_say(pv_hub *h, pv_log_level level, const char *fmt, ...) PV_PRINTF(3, 4);
/* What every call of the role begins with: log lines out, PV_ERR_CANCELLED, what was fatal. */
pv_status pv_hub_enter(pv_hub *h) PV_MUST_USE;
/* Holding the lock: until something changes, at most so long, at most a tenth of a second. */
void pv_hub_sleep(pv_hub *h, double seconds);
/* Holding the lock, now and then: a log line that this peer (-1: any) is waited for. */
void pv_hub_waiting(pv_hub *h, int peer, double since, const char *what);
void pv_hub_describe(char *out, size_t size, const pv_hub *h, const pv_peer *p);
void pv_hub_wake(pv_hub *h);                                        /* the I/O thread */
const pv_message_type *pv_hub_type(const pv_hub *h, uint16_t type); /* NULL: not in the table */
pv_hub_traffic *pv_hub_count(const pv_hub *h, pv_peer *p, uint16_t type);
int64_t pv_hub_clock(void); /* milliseconds since 1970 */
double pv_hub_io_seconds(const pv_hub *h);

/* ---- hub_record.c */
pv_status pv_hub_record_begin(pv_hub *h, const pv_view_position *at) PV_MUST_USE;
pv_status pv_hub_record(pv_hub *h, pv_view_kind kind, int peer, uint16_t type, uint64_t step,
                        uint64_t link, const pv_hash *hash, const void *data,
                        size_t size) PV_MUST_USE;

/* ---- hub_send.c */
/* Payload and its hash are ready; a reference is taken over. */
pv_status pv_hub_make(pv_hub *h, int peer, uint16_t type, uint64_t step,
                      pv_payload *payload) PV_MUST_USE;

uint64_t pv_decision_value(const pv_decision *d);

/* ---- hub_recv.c */
/* Takes and checks the seals at the head of a link's queue. One that does not hold is no error
 * where the peer is expendable: it is broken then. */
pv_status pv_hub_take_seals(pv_hub *h, int peer) PV_MUST_USE;

/* ---- hub_commit.c */
/* The last commit again, with the positions of now. */
pv_status pv_hub_commit_again(pv_hub *h) PV_MUST_USE;
void pv_hub_forget_state(pv_hub *h);

/* ---- hub_state.c */
pv_status pv_hub_state_encode(pv_bytes *out, pv_hub *h) PV_MUST_USE;
pv_status pv_hub_state_restore(pv_hub *h, const pv_hub_recovered *r,
                               pv_view_position *view) PV_MUST_USE;

/* ---- the I/O thread */
void *pv_io_run(void *hub);
/* The connection is of no use; why is kept for people. Under no lock. */
void pv_io_drop(pv_hub *h, pv_conn *c, const char *why);
pv_status pv_io_add(pv_hub *h, pv_conn *c) PV_MUST_USE;

/* dial.c */
void pv_dial_due(pv_hub *h, double now);
double pv_dial_next(const pv_hub *h, double now); /* seconds */
void pv_dial_later(pv_hub *h, int peer, double now, int soon);
pv_status pv_dial_connected(pv_hub *h, pv_conn *c) PV_MUST_USE;
pv_status pv_dial_proxied(pv_hub *h, pv_conn *c) PV_MUST_USE;

/* greet.c */
pv_status pv_greet_tls(pv_hub *h, pv_conn *c) PV_MUST_USE;   /* TLS is up */
pv_status pv_greet_hello(pv_hub *h, pv_conn *c) PV_MUST_USE; /* to be sent by who dialled */
pv_status pv_greet_frame(pv_hub *h, pv_conn *c, double now) PV_MUST_USE; /* HELLO or its answer */
/* Tell the other end why it is not talked to, and close. */
void pv_greet_refuse(pv_hub *h, pv_conn *c, pv_refusal reason, const char *text, double now);
void pv_greet_close(pv_conn *c, double now);

/* carry.c */
pv_status pv_carry_fill(pv_hub *h, pv_conn *c, double now) PV_MUST_USE;
pv_status pv_carry_frame(pv_hub *h, pv_conn *c) PV_MUST_USE; /* c->header, c->payload */

#endif
