/* run/cuts.h - where a network can be cut, and what each place costs and gives away
 *
 * For every cut of a model (nn/stages.h), behind a stage and before its pool:
 *
 *     customer    the numbers of its half, as float32 also in bytes
 *     activation  how many numbers cross, in float32, 8 and 4 bits
 *     time        both halves at batch 1 on this machine, the median of runs that take turns, and
 *                 with the bytes' time at a bandwidth the latency of one answer. Which way the
 *                 answer itself goes, how long a signal travels and what TLS adds is not in it
 *     inversion   how well samples come back from activations alone by who knows the front half
 *                 exactly, with the noise on them that a model was trained with
 *                 (encode/complement/front_noise.h): structural similarity, the mean over images,
 *                 and peak signal-to-noise ratio, of all of them together, against the truth, and
 *                 how far the found activation is from the given one. A decoder learns from other
 *                 samples (attack/inversion/decoder.h) for a minute at most, and the search by
 *                 likelihood begins at its guess (attack/inversion/likelihood.h); without other
 *                 samples the search alone. For one run of it: a worse figure may be this attack's
 *                 weakness
 *     dim z/x     numbers of the activation for each of the sample
 *     probe       of a model with a secret: what fresh probes read of secret and label (probing.h)
 *
 * and for every convolution the paper's count of equations and the corrected one
 * (encode/complement/counts.h). Row 0 is no cut: the sample itself is sent.
 *
 * Of a model with a secret, cuts before it enters are left out, since it would cross in the clear;
 * the adversary of the inversion does not know the secrets.
 */
#ifndef PV_RUN_CUTS_H
#define PV_RUN_CUTS_H

#include "base/json.h"
#include "base/str.h"
#include "encode/complement/counts.h"
#include "nn/stages.h"
#include "privet/context.h"
#include "run/probing.h"

enum { PV_CUTS_FORMS = 3 }; /* 32, 8, 4 bits a number */
extern const int pv_cuts_bits[PV_CUTS_FORMS];

typedef struct pv_cuts_row {
    pv_cut_at cut;   /* stage 0: none */
    char layer[32];  /* the last one before it; "" */
    int64_t params;  /* of the customer's half, running statistics among them */
    pv_shape shape;  /* of what crosses */
    int64_t numbers; /* in it */
    double share;    /* of the sample's */
    int64_t bytes[PV_CUTS_FORMS];
    double front_ms, back_ms; /* medians */
    double latency_ms[PV_CUTS_FORMS];
    int64_t images;              /* that were inverted; 0: none */
    int64_t shadow;              /* other samples that the decoder learned from; 0: none did */
    double ssim, psnr, residual; /* means; NaN where there is none */
    double seconds;              /* the inversion took */
    pv_probing probe;            /* read 0: none */
} pv_cuts_row;

typedef struct pv_cuts_conv {
    int64_t stage;
    char layer[32];
    int64_t kernel, channels, stride, kernels, side; /* of a group; without the secret's channels */
    pv_conv_count count;
} pv_cuts_conv;

typedef struct pv_cuts {
    pv_cuts_row *row; /* in the order of the cuts */
    size_t rows, row_cap;
    pv_cuts_conv *conv;
    size_t convs, conv_cap;
    int64_t params; /* of the whole network */
    int secret;     /* does it take one? */
    int untrained;  /* made anew, not loaded */
    int probed;     /* 1: probes learned from the data's training split and read its test split; 2:
                       they learned from half of the rows and read the others; 0: not at all */
    pv_model_domain domain;
} pv_cuts;

typedef struct pv_cuts_options {
    const char *model; /* a model file, one of the zoo, or a text of one's own: as the data draws */
    const char *data;  /* SPEC; its test split where it has one */
    double bandwidth;  /* bits a second */
    double seconds;    /* of timing a half, about */
    int64_t images;    /* to invert at each cut; 0: none */
    int64_t shadow;    /* other samples for a decoder, as many as there are; 0: no decoder */
    int64_t steps;     /* of an inversion's search, half as many as of its decoder; 0: 500 */
    const char *cut;   /* the only one that is measured; NULL: all */
    int probe;         /* train probes, of a model with a secret */
    int64_t probe_rows; /* that they learn from at most, and read */
    int probe_seeds;    /* of each kind of probe */
    int probe_epochs;   /* of a probe at most; 0: its own */
    uint64_t seed;
} pv_cuts_options;

/* Errors: those of loading both, PV_ERR_MISMATCH (no cuts, text), PV_ERR_OPTION (no such cut, one
 * before the secret, probes for a model without one), PV_ERR_CANCELLED. On failure *out
 * is cleared. */
pv_status pv_cuts_measure(pv_cuts *out, const pv_cuts_options *o, const pv_ctx *ctx) PV_MUST_USE;
void pv_cuts_clear(pv_cuts *c); /* idempotent */

/* docs/json.md, "cuts" */
pv_status pv_cuts_json(json_t *out, const pv_cuts *c, const pv_cuts_options *o) PV_MUST_USE;
/* A picture of latencies and inversions, a whole SVG file (cuts_plot.c). */
pv_status pv_cuts_svg(pv_str *out, const pv_cuts *c, const pv_cuts_options *o) PV_MUST_USE;

#endif
