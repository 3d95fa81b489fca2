/* encode/complement/split.h - a model with a secret, cut: the customer's half and the provider's
 *
 *     F[1,M]  ->  front F^c[1,k]  (published)  and  back F^s[k+1,M]  (the provider's own)
 *
 * (Sun, Wu, Hwang 2019, equation 4.) A front has nothing of the network behind the cut, not even
 * its shape; a back has nothing of what lies before it. Both are model files with more in them:
 *
 *     half        "customer" or "provider"
 *     secret      as in a model with a secret (hidden.h), with "classes" and "input" (both: the
 *                 provider turns nothing back, but says in its terms what it expects)
 *     cut         "2" or "2:before-pool"
 *     own, other  SHA-256 of this half's text, values and settings, and of the other's
 *     noise       what the front puts on its activation (front_noise.h), {"sigma", "spread"}: sigma
 *                 of the model that was cut, spread over the calibration data. In both halves, so
 *                 that either says what it was cut for; a half without noise has no such field
 *     tensors     "cut.low", "cut.high" [channels]: the range of each channel of the activation
 *                 over the calibration data, noise and all; a back whose first layer allows a
 *                 projection also has "cut.basis" [rank, activation], "cut.basis_low",
 *                 "cut.basis_high" [rank]
 *
 * The binding of both is SHA-256 of "privet/1 split\0", the front's hash and the back's. Loading
 * computes `own` anew (PV_ERR_FORMAT when it is another: the file was changed), so halves whose
 * bindings are equal were cut from one model, and others never meet unnoticed.
 */
#ifndef PV_ENCODE_COMPLEMENT_SPLIT_H
#define PV_ENCODE_COMPLEMENT_SPLIT_H

#include "crypto/identity/hash.h"
#include "encode/complement/hidden.h"
#include "wire/writer.h"

typedef struct pv_split_half {
    pv_model *model; /* owned: a part (nn/stages.h), or the layers behind the cut */
    int provider;
    pv_secret_plan plan;
    int64_t kept; /* the secret enters at stage kept + 1 */
    pv_cut_at cut;
    pv_shape activation; /* [h, w, c] or [features] */
    int64_t channels;    /* its last dimension */
    float *low, *high;   /* [channels] */
    int64_t rank;        /* back: of the projection (encode/complement/activation.h); 0: none */
    float *basis;        /* [rank, activation] */
    float *basis_low, *basis_high; /* [rank]: of the coordinates of the calibration data */
    double noise, spread;          /* of front_noise.h; 0: none */
    pv_hash own, other, binding;
} pv_split_half;

/* pv_cut_end, and PV_ERR_OPTION for a cut before the stage of the secret, or without one. */
pv_status pv_split_cut_end(size_t *end, const pv_hidden *h, const pv_cut_at *cut) PV_MUST_USE;

/* calibration: rows whose activations, under drawn secrets and with drawn noise of h->noise, give
 * spread, low and high. Errors: those of pv_split_cut_end, PV_ERR_OPTION for a noise that cannot
 * be. */
pv_status pv_split_make(pv_split_half *front, pv_split_half *back, const pv_hidden *h,
                        const pv_cut_at *cut, const pv_data *calibration,
                        uint64_t seed) PV_MUST_USE;
void pv_split_half_clear(pv_split_half *half); /* idempotent */

/* FOLDER/customer.safetensors or FOLDER/provider.safetensors, *path the caller's: what a half is
 * called wherever both may lie. */
pv_status pv_split_half_path(char **path, const char *folder, int provider) PV_MUST_USE;
/* A file (mode 0644 for a front, 0600 for a back), and the same as bytes for the wire. Errors:
 * PV_ERR_INPUT (the other half, or none), PV_ERR_FORMAT. */
pv_status pv_split_half_save(const pv_split_half *half, const char *path) PV_MUST_USE;
pv_status pv_split_half_load(pv_split_half *half, const char *path, int provider) PV_MUST_USE;
pv_status pv_split_half_bytes(pv_bytes *out, const pv_split_half *half) PV_MUST_USE;
pv_status pv_split_half_parse(pv_split_half *half, const char *what, const void *data, size_t size,
                              int provider) PV_MUST_USE;

/* ---- running one
 *
 * Compiled for one sample, for `batch` of them and for an eighth of that; a run takes any number of
 * samples, fills a short batch up with copies of its last sample, and allocates nothing. A sample
 * in a batch of another size may come out different in its last bits. */
typedef struct pv_split_runner pv_split_runner;
pv_status pv_split_runner_new(pv_split_runner **r, const pv_split_half *half, int64_t batch,
                              const pv_ctx *ctx) PV_MUST_USE;
void pv_split_runner_free(pv_split_runner *r); /* accepts NULL */
/* z [n, activation] of x [n, sample], already normalised (pv_batch_fill), under a secret each, and
 * with noise [n, activation] from N(0, 1), times the half's noise and spread, put on it. A half
 * with noise is not run without (PV_ERR_USAGE); one that has none ignores it. */
pv_status pv_front_run(pv_split_runner *r, float *z, const float *x, const pv_secret_value *secret,
                       const float *noise, int64_t n) PV_MUST_USE;
/* logits [n, classes] of z [n, activation]. */
pv_status pv_back_run(pv_split_runner *r, float *logits, const float *z, int64_t n) PV_MUST_USE;

#endif
