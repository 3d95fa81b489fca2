/* encode/complement/hidden.h - a model with a secret: made from an old one, or from nothing
 *
 * (Sun, Wu, Hwang 2019, section 5.3, with its numbering put right.) With N layers of an old model
 * kept, its stages 1..N are frozen and the secret enters at the input of stage k = N + 1; with N =
 * 0 (also without an old model) it enters beside the sample itself. Stages (nn/stages.h) are the
 * paper's layers. The frozen ones are computed as for prediction: batch norm by its running
 * statistics, no dropout; no gradient goes there and none of their numbers moves.
 *
 * A cut of such a model lies behind stage k or later: before it the secret would cross in the
 * clear.
 *
 * The file is a model file (docs/formats.md) with a `secret` line in the text and the metadata
 * "secret" = {"kind", "form", "alpha", "kept"} as JSON. pv_model_load takes it; what trains or
 * predicts with a pv_model alone refuses it.
 *
 * A model that was trained with noise on the activation at a cut (retrain.h) remembers how much and
 * where, metadata "noise" = {"sigma", "cut"}; others have none. It is measured with it
 * (pv_hidden_measure), and its fronts put it on what they send (split.h), unless who cuts it says
 * otherwise.
 */
#ifndef PV_ENCODE_COMPLEMENT_HIDDEN_H
#define PV_ENCODE_COMPLEMENT_HIDDEN_H

#include "encode/complement/front_noise.h"
#include "encode/complement/secret.h"
#include "nn/stages.h"

typedef struct pv_hidden {
    pv_model *model; /* owned */
    pv_secret_plan plan;
    int64_t kept;       /* N; the secret enters at stage kept + 1 */
    double noise;       /* sigma of front_noise.h; 0: none */
    pv_cut_at noise_at; /* where it was in training; stage 0: nowhere */
} pv_hidden;

typedef struct pv_hidden_options {
    pv_secret_kind kind;
    pv_secret_form form;
    int64_t kept;
    uint64_t seed; /* of what is drawn anew: stages kept + 1 and later */
} pv_hidden_options;

/* old: trained when kept > 0, copied. Its classes are the plan's. data: for alpha, the root mean
 * square of the first rows (at most 512) at the layer's input. Errors: PV_ERR_RANGE (kept), those
 * of the plan, PV_ERR_MISMATCH (data). */
pv_status pv_hidden_make(pv_hidden *out, const pv_model *old, const pv_data *data,
                         const pv_hidden_options *o) PV_MUST_USE;
pv_status pv_hidden_save(const pv_hidden *h, const char *path) PV_MUST_USE;
/* PV_ERR_INPUT for a model without a secret. */
pv_status pv_hidden_load(pv_hidden *h, const char *path) PV_MUST_USE;
void pv_hidden_clear(pv_hidden *h); /* idempotent */

/* Appends the network to g: frozen stages in evaluation mode and without gradient, the rest as
 * `train` says. nodes->secret is its second input. *nodes is cleared on failure. */
pv_status pv_hidden_build(const pv_hidden *h, pv_graph *g, int64_t batch, int train, pv_node x,
                          pv_model_nodes *nodes) PV_MUST_USE;

/* ---- measuring: every value of the secret separately (of a permutation: `values` drawn ones), and
 * all of them together. accuracy: of labels turned back. With the model's noise where it has been
 * trained with it, its unit the spread of each batch, drawn by the seed. */
typedef struct pv_hidden_score {
    int64_t count, values;
    double accuracy, loss;
    double *of_value; /* [values] */
    double worst;
    double seconds;
} pv_hidden_score;
pv_status pv_hidden_measure(pv_hidden_score *out, const pv_hidden *h, const pv_data *test,
                            uint64_t seed, const pv_ctx *ctx) PV_MUST_USE;
void pv_hidden_score_clear(pv_hidden_score *s); /* idempotent */

#endif
