/* run/bench_federated.h - what it costs that clients are parties
 *
 *     fedavg   LeNet-5, FedAvg, one local epoch a round
 *     fedsgd   LeNet-5, FedSGD: the weights cross before every step
 *
 * Each is run by parties as processes of their own (TLS over loopback, journals, full views), and
 * as the same computation in this process (fed/local.h) with as many threads as there are
 * processors. The two take turns; both must end with the same weights, bit for bit. Wall time is of
 * the rounds: from the first weights that the server sent to the last, by its view; start-up (keys,
 * handshakes, reading data once a party) is told apart. CPU time is of everything.
 */
#ifndef PV_RUN_BENCH_FEDERATED_H
#define PV_RUN_BENCH_FEDERATED_H

#include "privet/context.h"
#include <stdint.h>

enum { PV_BENCH_FEDERATED_CASES = 2 };

typedef struct pv_bench_federated_options {
    const char *data; /* SPEC */
    int clients;
    int64_t rounds, epochs; /* of fedavg, of fedsgd */
    int64_t batch;
    int repeat; /* the fastest of so many counts, on either side */
    const char *only;
} pv_bench_federated_options;

typedef struct pv_bench_federated_figure {
    const char *name;
    int64_t rounds;
    double here_seconds, here_cpu;       /* in one process */
    double parties_seconds, parties_cpu; /* rounds; everything */
    double whole_seconds;                /* of the parties, start-up and end included */
    /* where the parties' time went, all of them together, by their own account */
    double compute, channel, journal, view, waiting;
    double bytes;     /* that crossed */
    int same_weights; /* both sides ended with the same, in every repetition */
} pv_bench_federated_figure;

pv_status pv_bench_federated(pv_bench_federated_figure figure[PV_BENCH_FEDERATED_CASES], int *count,
                             const pv_bench_federated_options *o, const pv_ctx *ctx) PV_MUST_USE;

#endif
