/* run/bench_complement.h - what a private inference costs: split, under a secret, over a link
 *
 * A customer and a provider in two threads of one process (four with those of the network), over
 * TCP on the loopback with TLS 1.3 (run/bench_link.h), with the messages of scheme/complement, and
 * a sealed step after every batch, as in a run; nothing is written to a journal. The model has
 * drawn weights: times do not depend on them. Its secret is an offset that enters at the cut's own
 * stage.
 *
 *     customer   derive    each row's secret and noise, by the PRF from the row
 *                front     the network up to the cut
 *                encode    the activation in so many bits
 *                open      the answer turned back
 *     provider   decode    bytes to numbers, with the range check
 *                back      the network behind the cut
 *     both       the rest  messages, transcripts, views, which every seal makes durable, seals,
 * TLS, waking threads
 *
 * All are measured in every batch by the clock on the wall; each figure is the median over batches
 * behind a tenth that warms up.
 */
#ifndef PV_RUN_BENCH_COMPLEMENT_H
#define PV_RUN_BENCH_COMPLEMENT_H

#include "privet/context.h"

enum { PV_BENCH_COMPLEMENT_CASES = 2 };

typedef struct pv_bench_complement_options {
    const char *model, *cut; /* of the zoo; as in pv_cut_parse */
    const char *data;        /* SPEC of the rows asked about; needs no labels */
    int bits, project;
    double noise;    /* that the front puts on its activation, in its own deviations */
    int64_t batch;   /* of the second case; the first asks about one row at a time */
    int64_t batches; /* asked in each case */
    int64_t step;    /* batches of a step: 1 in a run, where every answer is sealed */
} pv_bench_complement_options;

typedef struct pv_bench_complement_figure {
    int64_t batch, batches;            /* measured */
    double median_ms, p99_ms, mean_ms; /* of a batch, from row to answer */
    double sample_ms;                  /* median of a batch, for each of its rows */
    double derive_us, front_us, encode_us, open_us, decode_us, back_us; /* of a batch */
    double rest_us;                    /* what is left of the median */
    double channel_us[2], view_us[2];  /* of a batch, mean; customer and provider: pv_hub_seconds */
    double sent_bytes, received_bytes; /* by the customer, a batch: frames, headers, seals */
    double plain_us;                   /* the whole network at one place */
} pv_bench_complement_figure;

typedef struct pv_bench_complement {
    int64_t numbers, row_bytes; /* that cross, of a row */
    int64_t rank;               /* of the projection; 0: none */
    int64_t front_weights, back_weights;
    pv_bench_complement_figure figure[PV_BENCH_COMPLEMENT_CASES];
    int cases;
} pv_bench_complement;

pv_status pv_bench_complement_run(pv_bench_complement *out, const pv_bench_complement_options *o,
                                  const pv_ctx *ctx) PV_MUST_USE;

#endif
