/* net/hub.h - a party's links to its peers: authenticated, ordered, resumable streams of typed
 * messages
 *
 * One hub a party and run. Underneath: TCP with TLS 1.3 and certificates on both sides, peers
 * pinned by the scenario; frames (net/frame.h, docs/wire.md); one I/O thread. In tests an in-memory
 * pair of sockets instead of TCP and TLS, everything else the same. The hub writes the party's
 * view: every frame that the role sent or received, as it happened.
 *
 * The calls below are for one thread, that of the role; they block. Order of things:
 *
 *   pv_send     encodes, numbers, records, and keeps the frame *pending*;
 *   pv_flush    gives pending frames (and a pending commit) to the store, which makes them durable,
 *               and only then to the network. pv_recv flushes before it waits;
 *   pv_recv     hands out the next frame of a peer, in the order in which the peer sent them;
 *   pv_commit   ends a step: seals every link (view/transcript.h), and makes the role's state, the
 *               positions of all links and of the view pending together; durable with the next
 * flush.
 *
 * A frame is kept until a seal of its receiver covers it. When a connection breaks, both ends say
 * what they have, and the rest is sent again; numbers make duplicates harmless. When a process
 * died, its successor opens the hub with what the store recovered: positions of the last commit,
 * and the frames that were durable. It executes the step again, from the committed state: the hub
 * asks its peers for all frames after the committed positions; a frame that pv_send makes and the
 * store already had is compared with the stored one (PV_ERR_RUN when it differs: the step was not
 * deterministic) and the stored one is what counts.
 *
 * Losing a peer: pv_recv waits as long as it is told to. The link reconnects by itself (the side
 * that has an address for the other dials, with growing pauses). pv_hub_drop gives a peer up for
 * the rest of the run.
 *
 * A peer that breaks the protocol (bytes that are no frame, a message of another type, a seal that
 * does not hold, a refusal to go on) ends the run, unless it is expendable: then it is told why,
 * again when it comes back, its connection is closed, nothing that it sent is taken any more, and
 * pv_recv of it is PV_ERR_PEER with the reason, again and again until it is given up by
 * pv_hub_drop. All other links go on. Before it has once shown who it is, an expendable peer is
 * like any other.
 *
 * Errors: PV_ERR_NETWORK, PV_ERR_TIMEOUT, PV_ERR_AUTH (refused by or refusing a peer, with the
 * reason), PV_ERR_PEER (a peer broke the protocol, its transcript or seal does not agree),
 * PV_ERR_MISMATCH (scenarios differ: the trail names the first line that does; journals that do not
 * fit each other), PV_ERR_CANCELLED, PV_ERR_IO (view or journal). After PV_ERR_PEER or
 * PV_ERR_MISMATCH the run is over, but for what an expendable peer did.
 */
#ifndef PV_NET_HUB_H
#define PV_NET_HUB_H

#include "privet/context.h"
#include "view/view.h"

typedef struct pv_hub pv_hub;

enum { PV_PEER_ANY = -1, PV_PEER_SELF = 0xfffe, PV_HUB_PEERS = 1024 };

typedef struct pv_hub_peer {
    const char *name, *role;
    pv_hash fingerprint; /* of its certificate, as the scenario pins it */
    const char *address; /* "host:port", "[v6]:port": dialled; NULL: it dials */
    int channel;         /* tests: one end of pv_hub_channel_pair instead of an address; else -1 */
    double patience;     /* seconds that it gets to seal what it was sent, where that is waited for
                            (pv_send, pv_hub_finish), and to say goodbye; 0: for ever */
    int expendable;      /* the run can go on without it */
} pv_hub_peer;

/* ---- what makes things durable: party/journal.h */
typedef struct pv_hub_frame {
    uint16_t peer; /* index; PV_PEER_SELF for decisions */
    uint16_t type;
    uint64_t step, number;
    const uint8_t *payload; /* 8-byte aligned */
    size_t size;
} pv_hub_frame;

typedef struct pv_hub_commit {
    uint64_t step;
    const void *state; /* of the role, as the step driver encoded it */
    size_t state_size;
    const void *hub; /* positions of links and view: opaque, given back in pv_hub_recovered */
    size_t hub_size;
} pv_hub_commit;

typedef struct pv_hub_store {
    void *self;
    /* All of it durable when it returns. frame: those not durable yet, in order. commit: NULL for
     * none; with one, kept[0..kept_count) are all frames that may be asked for again or belong to a
     * later step (they include frame[]), and everything older may be erased. */
    pv_status (*flush)(void *self, const pv_hub_frame *frame, size_t frames,
                       const pv_hub_commit *commit, const pv_hub_frame *kept, size_t kept_count);
} pv_hub_store;

typedef struct pv_hub_recovered {
    const void *hub; /* pv_hub_commit.hub; NULL: nothing was ever committed */
    size_t hub_size;
    uint64_t step; /* and the rest of that commit, which pv_hub_finish makes again */
    const void *state;
    size_t state_size;
    const pv_hub_frame *frame; /* all durable frames, in order for each peer */
    size_t frames;
} pv_hub_recovered;

typedef struct pv_hub_options {
    size_t size; /* sizeof(pv_hub_options) */
    const char *name, *role, *scheme;
    const pv_identity *identity;
    const pv_certificate *ca;
    const char *agreement; /* the shared scenario's text, which must be the same at both ends */
    const pv_hub_peer *peer;
    int peers;
    const pv_message_type *type;
    int types;
    const char
        *listen; /* "host:port", ":port" for all interfaces, NULL: only dials out. Port 0: any */
    const char *proxy;  /* "host:port" of an HTTP CONNECT proxy for dialling; NULL */
    const char *view;   /* path; NULL: no view is kept */
    pv_hub_store store; /* flush NULL: nothing is durable (tests, benchmarks) */
    pv_hub_recovered recovered;
    double heartbeat; /* seconds between signs of life; 0 means 5 */
    double
        silence; /* after so many seconds without one a connection counts as broken; 0 means 20 */
    double handshake; /* seconds a stranger gets to show who it is; 0 means 10 */
    size_t window;    /* bytes of frames kept for one peer before pv_send waits; 0 means 1 GiB */
} pv_hub_options;

/* Opens or resumes the view, listens, starts the I/O thread; does not wait for anybody. */
pv_status pv_hub_open(pv_hub **hub, const pv_ctx *ctx, const pv_hub_options *o) PV_MUST_USE;
void pv_hub_free(
    pv_hub *hub); /* stops the thread, closes; what is not flushed is lost; accepts NULL */

/* Two ends of an in-memory channel, for pv_hub_peer.channel. */
pv_status pv_hub_channel_pair(int end[2]) PV_MUST_USE;

int pv_hub_peers(const pv_hub *hub);
int pv_hub_peer_index(const pv_hub *hub, const char *name); /* -1: none */
const char *pv_hub_peer_name(const pv_hub *hub, int peer);
int pv_hub_port(const pv_hub *hub); /* that it listens on; 0: none */

/* Until every peer that was not dropped has shown who it is, in this process or in an earlier one;
 * seconds < 0: for ever. PV_ERR_TIMEOUT names those missing and what was last heard of each. A view
 * begins with everybody's key: before that nothing that it records can be sent (PV_ERR_USAGE). */
pv_status pv_hub_wait(pv_hub *hub, double seconds) PV_MUST_USE;

/* After pv_hub_wait and before the first step: what is known (everybody's key, above all) is
 * durable with this state, as of step 0, without a seal. Who comes back from a crash in its first
 * step then needs nobody it had given up. Does nothing when something was committed before. */
pv_status pv_hub_begin(pv_hub *hub, const void *state, size_t size) PV_MUST_USE;

/* The step that what follows belongs to; set by the step driver. */
void pv_hub_set_step(pv_hub *hub, uint64_t step);

/* The data is copied. To one who was given up: PV_ERR_USAGE. While more than a window of frames of
 * earlier steps waits for the peer's seals, it flushes and waits for one; PV_ERR_TIMEOUT when none
 * came within its patience. */
pv_status pv_send(pv_hub *hub, int peer, uint16_t type, const pv_part *part,
                  size_t count) PV_MUST_USE;
/* The same bytes to several peers, encoded and hashed once. */
pv_status pv_send_all(pv_hub *hub, const int *peer, int peers, uint16_t type, const pv_part *part,
                      size_t count) PV_MUST_USE;
pv_status pv_flush(pv_hub *hub) PV_MUST_USE;

typedef struct pv_message {
    int peer;
    uint16_t type;
    uint64_t step, number;
    pv_bytes payload;
    pv_parts parts;                    /* pointing into payload */
    char what[2 * PV_PARTY_NAME + 32]; /* "update 12 from hospital-a", for errors */
} pv_message;

/* The next message of a peer, or of whichever has one (PV_PEER_ANY: results must not depend on the
 * order). type: what it must be (else PV_ERR_PEER); 0: any. seconds < 0: for ever, with a log line
 * now and then. */
pv_status pv_recv(pv_message *out, pv_hub *hub, int peer, uint16_t type,
                  double seconds) PV_MUST_USE;
void pv_message_clear(pv_message *m); /* idempotent */

/* A note in the view: PV_VIEW_DERIVED or PV_VIEW_PUBLISHED, of a type of the table. It is durable
 * with the next commit, after pv_hub_finish with the next pv_flush. */
pv_status pv_note(pv_hub *hub, pv_view_kind kind, uint16_t type, const pv_part *part,
                  size_t count) PV_MUST_USE;

/* Something that must come out the same when the step is executed again, though nothing in state or
 * frames determines it (who was given up, when): *value as it was decided before, or kept as it is
 * and made durable at once. */
pv_status pv_decide(pv_hub *hub, uint64_t *value) PV_MUST_USE;
/* 1 when the next pv_decide will hand back an earlier decision, which *value then is: so that a
 * step that is executed again can know how a wait ended before it waits. */
int pv_decided(const pv_hub *hub, uint64_t *value);
/* 1 while frames or decisions from before the crash are still to be made again: the step got
 * further then than it is now, so what it is about to wait for did come. */
int pv_hub_behind(const pv_hub *hub);

pv_status pv_commit(pv_hub *hub, uint64_t step, const void *state, size_t size) PV_MUST_USE;

/* Did frames of the step now executed reach the disk before the crash? (Then it is the same
 * attempt.) */
int pv_hub_replaying(const pv_hub *hub);

pv_status pv_hub_drop(pv_hub *hub, int peer, const char *reason) PV_MUST_USE;
int pv_hub_dropped(const pv_hub *hub, int peer);

/* The role's own judgement that an expendable peer broke the protocol: as if the hub had seen it.
 * Of any other peer: PV_ERR_PEER, and the run is over. */
pv_status pv_hub_break(pv_hub *hub, int peer, const char *reason) PV_MUST_USE;
/* Did it, in this process? The first reason, "" when it did not and was not given up. */
int pv_hub_broken(const pv_hub *hub, int peer);
void pv_hub_reason(char *out, size_t size, const pv_hub *hub, int peer);

/* After the last commit: waits until all peers have what was sent for good (their seals cover it)
 * and were told that this end has what it needs; so nobody is left waiting for one who went home.
 * seconds: how long a peer whose connection is down gets to come back when it has all it was sent
 * but has not said goodbye (< 0: for ever). Who has a patience and does not take what it was sent
 * for that long is given up; who is connected and does not say goodbye is not waited for longer.
 * Data that comes now is PV_ERR_PEER. */
pv_status pv_hub_finish(pv_hub *hub, double seconds) PV_MUST_USE;

/* ---- what it cost */
typedef struct pv_hub_traffic {
    uint16_t type; /* PV_TYPE_SEAL, a type of the table, 0: heartbeats, handshakes, TLS */
    uint64_t sent_count, sent_bytes, received_count, received_bytes; /* frame headers included */
} pv_hub_traffic;
/* out[0..pv_hub_traffic_types) of one peer; resumed runs count on. */
int pv_hub_traffic_types(const pv_hub *hub);
void pv_hub_traffic_of(const pv_hub *hub, int peer, pv_hub_traffic *out);

typedef struct pv_hub_seconds {
    double channel; /* encoding, hashing, encrypting, copying: both threads */
    double journal; /* in the store */
    double view;    /* writing the view */
    double waiting; /* for peers, in pv_recv and pv_hub_wait */
} pv_hub_seconds;
pv_hub_seconds pv_hub_seconds_of(const pv_hub *hub);

#endif
