/* encode/complement/hidden_i.h - the network of a model with a secret, piece by piece
 *
 *     pv_hidden_begin      the frozen layers; nodes->logits is what comes into the secret's layer
 *     pv_hidden_append     layers first .. end-1 on nodes->logits, which becomes what they give
 *
 * Between two pieces nodes->logits may be replaced: by itself with noise on it, say.
 */
#ifndef PV_ENCODE_COMPLEMENT_HIDDEN_I_H
#define PV_ENCODE_COMPLEMENT_HIDDEN_I_H

#include "base/json.h"
#include "encode/complement/hidden.h"
#include "nn/model_i.h"
#include "nn/step.h"

/* train: no gradient goes into them. *nodes is cleared on failure. */
pv_status pv_hidden_begin(const pv_hidden *h, pv_graph *g, int64_t batch, int train, pv_node x,
                          pv_model_nodes *nodes) PV_MUST_USE;
/* *nodes is left to the caller on failure. */
pv_status pv_hidden_append(const pv_hidden *h, pv_graph *g, int64_t batch, int train, size_t first,
                           size_t end, pv_model_nodes *nodes) PV_MUST_USE;

/* z with noise of sigma standard deviations of its own over the batch (front_noise.h): no gradient
 * goes through the deviation. *noise: the input, of z's shape, that wants numbers from N(0, 1). */
pv_node pv_hidden_noise(pv_graph *g, pv_node z, double sigma, pv_node *noise);

/* The metadata "secret" of a file: JSON of the plan and the number of layers kept, which belongs to
 * the caller; and back, all of the plan but classes and input. */
pv_status pv_secret_plan_json(json_t **out, const pv_secret_plan *p, int64_t kept) PV_MUST_USE;
pv_status pv_secret_plan_parse(pv_secret_plan *p, int64_t *kept, const char *text,
                               const char *path) PV_MUST_USE;

/* ---- answers to many samples (hidden_measure.c): the frozen layers once, what is behind them for
 * every secret */
typedef struct pv_hidden_runner {
    pv_plan *entry, *answer; /* x -> entry; entry and secret -> logits, as logarithms */
    pv_model_nodes entry_nodes, answer_nodes;
    pv_node taken, log_probability; /* entry as an input of `answer`; its output */
    pv_node noise;                  /* input of `answer`; PV_NONE */
    int64_t noise_count;            /* numbers of a batch's */
    pv_batch batch;
    int64_t *index;
    int64_t entry_size, secret_size; /* numbers of a sample */
    float *between, *secret, *score; /* [batch, ...] */
    float *noises;                   /* [noise_count] */
    pv_rng noise_draws;
    pv_secret_value *value; /* [batch] */
} pv_hidden_runner;

pv_status pv_hidden_runner_init(pv_hidden_runner *r, const pv_hidden *h, int64_t batch,
                                const pv_ctx *ctx) PV_MUST_USE;
void pv_hidden_runner_clear(pv_hidden_runner *r); /* idempotent */
/* The parameters of h as they are now. */
pv_status pv_hidden_runner_load(pv_hidden_runner *r, const pv_hidden *h) PV_MUST_USE;

/* One secret a sample, drawn by seed: the share of labels turned back that are right, of all and
 * (may be NULL) by the secret's answer to class 0, of_value[to[0]]. */
pv_status pv_hidden_runner_measure(pv_hidden_runner *r, const pv_hidden *h, const pv_data *test,
                                   uint64_t seed, const pv_ctx *ctx, double *accuracy,
                                   double *of_value) PV_MUST_USE;

#endif
