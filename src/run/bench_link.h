/* run/bench_link.h - two parties in one process, joined over the loopback, for benches
 *
 * Keys, certificates and views lie in a folder of their own, which goes with the link. Everything
 * that a run does to a message is done (encoding, hashing, transcripts, views, TLS 1.3), but
 * nothing is written to a journal.
 *
 *     pv_bench_link l;
 *     PV_TRY_GOTO(pv_bench_link_init(&l, "from", "to"));
 *     PV_TRY_GOTO(pv_bench_link_open(&l, &options, ctx));     hub[0] and hub[1], each for one
 * thread
 *     ...
 *     pv_bench_link_close(&l);                                may be opened again
 *     done: pv_bench_link_clear(&l);
 */
#ifndef PV_RUN_BENCH_LINK_H
#define PV_RUN_BENCH_LINK_H

#include "net/hub.h"

enum { PV_BENCH_LINK_PATH = 256 };

typedef struct pv_bench_link {
    char folder[128], view[2][PV_BENCH_LINK_PATH], address[64];
    const char *name[2]; /* roles are called the same */
    pv_certificate *ca;
    pv_identity *identity[2];
    pv_hub *hub[2]; /* the first dials, the second listens */
    pv_hub_peer peer[2];
} pv_bench_link;

typedef struct pv_bench_link_options {
    const char *scheme, *agreement;
    const pv_message_type *type;
    int types;
    size_t window; /* of pv_hub_options */
} pv_bench_link_options;

/* *l must be cleared in any case. */
pv_status pv_bench_link_init(pv_bench_link *l, const char *first, const char *second) PV_MUST_USE;
/* ctx: of the first; the second, which is for another thread, gets none. */
pv_status pv_bench_link_open(pv_bench_link *l, const pv_bench_link_options *o,
                             const pv_ctx *ctx) PV_MUST_USE;
void pv_bench_link_close(pv_bench_link *l); /* idempotent */
void pv_bench_link_clear(pv_bench_link *l); /* idempotent */

#endif
