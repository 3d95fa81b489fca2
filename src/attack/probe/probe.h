/* attack/probe/probe.h - how much of a label stands in a vector: fresh networks that learn to read
 * it
 *
 * (complement.md 2.1 and 3.2 in the references of DESIGN.) An adversary who has vectors with labels
 * of its own trains probes on them, of several capacities and from several seeds each,
 *
 *     linear     logistic regression
 *     small      two hidden layers of 128 and 64 units, ReLU
 *     large      two of 256 and 128
 *
 * and keeps the one that is best on a part of its vectors that it held out: the worst case for
 * whoever sent them. What a probe reads is measured against the class prior, the share of the most
 * frequent label, which anybody reaches by saying it every time; 1/n is not the floor. A probe that
 * fails is no proof: only a lower bound of the leak can be measured.
 *
 * Vectors are standardised, feature by feature, on those that are trained on. Each probe is trained
 * by pv_train (Adam, cosine schedule) and stops when its loss on the held-out part falls no more.
 */
#ifndef PV_ATTACK_PROBE_PROBE_H
#define PV_ATTACK_PROBE_PROBE_H

#include "attack/attack.h"
#include "math/standard.h"

typedef enum pv_probe_kind {
    PV_PROBE_LINEAR,
    PV_PROBE_SMALL,
    PV_PROBE_LARGE,
    PV_PROBE_KINDS
} pv_probe_kind;

const char *pv_probe_kind_name(pv_probe_kind k); /* "linear", "small", "large" */

/* Vectors [n, width] with labels 0 .. classes-1; borrowed. */
typedef struct pv_probe_set {
    int64_t n, width;
    int classes;
    const float *x;
    const int32_t *label;
} pv_probe_set;

typedef struct pv_probe_options {
    int kinds;      /* the first so many of them; 0: all */
    int seeds;      /* of each kind */
    int epochs;     /* at most; 0: 40, the large one 60 */
    double holdout; /* share of the training vectors to choose by */
    double enough;  /* accuracy on the held-out part after which no other is trained; 0: none */
    uint64_t seed;
    double seconds; /* 0: no limit; checked between probes, one is always trained */
} pv_probe_options;
void pv_probe_defaults(pv_probe_options *o); /* 3 seeds, a fifth held out */

typedef struct pv_probe_score {
    pv_probe_kind kind;
    int seed;        /* 0 .. seeds-1 */
    double held;     /* accuracy on the held-out part */
    double accuracy; /* on the test vectors; NaN without any */
} pv_probe_score;

typedef struct pv_probe {
    pv_probe_score *score; /* of every probe that was trained */
    int scores, best;      /* best: the position of the one that was kept */
    double prior;          /* of the test vectors' labels; without any, of the held-out ones */
    double held_prior;
    int64_t held_count; /* vectors held out */
    int64_t width;
    int classes, finished;
    pv_model *model; /* the one that was kept */
    pv_standard scale;
} pv_probe;

/* test: NULL, or vectors to measure every probe on. Errors: PV_ERR_INPUT (fewer than 20 vectors, or
 * one label only), PV_ERR_RANGE (a label outside its range, a number that is not finite),
 * PV_ERR_MISMATCH (test vectors of another width), those of pv_train. On failure *p is cleared. */
pv_status pv_probe_run(pv_probe *p, const pv_probe_set *train, const pv_probe_set *test,
                       const pv_probe_options *o, const pv_ctx *ctx) PV_MUST_USE;
void pv_probe_clear(pv_probe *p); /* idempotent */

/* probability [n, classes] by the probe that was kept, of x [n, width]. */
pv_status pv_probe_ask(float *probability, const pv_probe *p, const float *x, int64_t n,
                       const pv_ctx *ctx) PV_MUST_USE;

/* The share of the most frequent label. */
double pv_probe_prior(const int32_t *label, int64_t n, int classes);

#endif
