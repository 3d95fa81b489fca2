/* run/bench_wire.h - what the channel between two parties carries
 *
 *     tls-digest   large messages one way, views keep hashes of them
 *     tls-full     the same, both views keep every byte
 *     latency      a small message there and one back
 *
 * Two hubs in two threads of one process (four threads with those of the network), over TCP on the
 * loopback with TLS 1.3. Everything that a run does to a message is done: encoding, hashing,
 * transcripts, views, encryption, and a sealed step after every eighth message (of small ones:
 * every 512th); nothing is written to a journal. A message is counted when the receiver has it,
 * parsed.
 */
#ifndef PV_RUN_BENCH_WIRE_H
#define PV_RUN_BENCH_WIRE_H

#include "privet/context.h"

enum { PV_BENCH_WIRE_CASES = 3 };

typedef struct pv_bench_wire_figure {
    const char *name;
    size_t message_bytes;
    uint64_t messages;
    double seconds;
    double mb_per_s;            /* 10^6 bytes of payload; 0 for latency */
    double us;                  /* there and back; 0 for throughput */
    double channel[2], view[2]; /* seconds of sender and receiver: both their threads */
} pv_bench_wire_figure;

const char *pv_bench_wire_name(int i); /* NULL past the last */

/* only: NULL for all cases. seconds: of one case. Keys and views lie in a folder of their own,
 * which is removed. */
pv_status pv_bench_wire(pv_bench_wire_figure figure[PV_BENCH_WIRE_CASES], int *count,
                        const char *only, double seconds, size_t message_bytes,
                        const pv_ctx *ctx) PV_MUST_USE;

#endif
