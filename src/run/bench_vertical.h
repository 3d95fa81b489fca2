/* run/bench_vertical.h - what the boundary between features and labels costs
 *
 *     predict   a batch of predictions, both parties one after the other: core time a sample.
 *               Shares are those after a training (pv_active_settle), in all predictions here
 *     single    one prediction alone: wall time
 *     train     training steps, both parties at once, each a thread of this process that hands its
 *               messages to the other: wall time a sample
 *     mlr-784, mlr-3072
 *               predictions as in `predict`, but by multinomial logistic regression on raw
 *               features, the comparison of the paper: the boundary is as wide as the data
 *     gelu-lenet5, gelu-conv1
 *               GELU-Net (Zhang et al., IJCAI 2018), *computed*: how many operations its protocol
 *               does for one prediction, times what each takes here
 *
 * Nothing is prepared before it is needed: randomness of ciphertexts, masks and tables of products
 * are made inside the times. What is made once for a key and a run (tables of powers for the
 * owner's encryption and for blinding, the first shares) is timed apart, as setup. The key is built
 * in and published: good for measuring only. Networks, files and TLS are not in it: that is what
 * `privet run` measures.
 *
 * GELU-Net: the client has the data and the key, the server the network. For each linear layer the
 * client sends every input encrypted, the server multiplies by its weights and adds, re-randomises
 * and returns every output, the client decrypts and does what is not linear. One number a
 * ciphertext. The paper gives no counts, so they follow from this and the layers: an encryption for
 * each input of a linear layer, a multiplication by a weight of 18 bits and an addition for each
 * product, a re-randomisation and a decryption for each output (after mean pooling where nothing
 * stands between it and the layer). All on one core; what it sends is not counted.
 */
#ifndef PV_RUN_BENCH_VERTICAL_H
#define PV_RUN_BENCH_VERTICAL_H

#include "privet/context.h"
#include <stdint.h>

enum { PV_BENCH_VERTICAL_CASES = 7 };
#define PV_BENCH_VERTICAL_NAMES "predict|single|train|mlr-784|mlr-3072|gelu-lenet5|gelu-conv1"

typedef struct pv_bench_vertical_options {
    int bits; /* of the built-in key: 2048, 3072 or 4096 */
    int weak; /* bits of weak masks, 0: strong */
    int64_t batch, width, outputs, steps;
    double seconds; /* of one case, at least one batch */
    const char *only;
} pv_bench_vertical_options;

typedef struct pv_bench_vertical_operations {
    uint64_t encryptions, products, sums, blindings, decryptions;
} pv_bench_vertical_operations;

typedef struct pv_bench_vertical_figure {
    const char *name;
    int64_t batch, width, outputs;
    uint64_t batches;                      /* that were timed */
    double wall_ms;                        /* of one sample */
    double core_ms, active_ms, passive_ms; /* processor time of one sample: both, each */
    double bytes;                          /* that cross, of one sample */
    double setup_active_ms, setup_passive_ms;
    unsigned exponent_bits, sigma;
    pv_bench_vertical_operations count; /* gelu-*; core_ms is computed from them */
    double published_ms;                /* by others on their machines; 0: none */
    const char *published;              /* who, where */
} pv_bench_vertical_figure;

/* What one operation takes on one core, in ms, for gelu-*. */
typedef struct pv_bench_vertical_rates {
    double encryption, product, sum, blinding, decryption;
} pv_bench_vertical_rates;

typedef struct pv_bench_vertical_result {
    pv_bench_vertical_figure figure[PV_BENCH_VERTICAL_CASES];
    int count;
    double key_ms;                 /* checking the key and making its tables, once for all */
    pv_bench_vertical_rates rates; /* zero unless gelu-* ran */
} pv_bench_vertical_result;

pv_status pv_bench_vertical(pv_bench_vertical_result *out, const pv_bench_vertical_options *o,
                            const pv_ctx *ctx) PV_MUST_USE;

#endif
