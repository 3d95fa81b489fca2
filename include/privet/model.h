/* privet/model.h - a network that learns: its text, parameters, normalisation and class names
 *
 * A model is a small text, one layer a line (docs/models.md), and what belongs to it: the values of
 * its parameters, how samples are normalised, the shape and kind of a sample and the names of the
 * classes. It is saved as one safetensors file that holds all of that, so a model file and a data
 * set are all that evaluation needs.
 *
 *     PV_TRY(pv_model_new(&m, "lenet5", train, 1));
 *     PV_TRY(pv_train(m, &options, ctx, &result));                        (privet/train.h)
 *     PV_TRY(pv_model_save(m, "lenet5.safetensors"));
 *
 * A model does not compute. pv_model_build writes its network into a graph, for one batch size, in
 * training or evaluation mode; pv_model_to_plan gives a plan of that graph the parameters, and
 * pv_model_from_plan takes them back. One text can so become any number of graphs: a training step,
 * an evaluation, the halves of a cut, the objective of an attack.
 *
 * The caller owns the model; everything that a function returns by pointer belongs to the model and
 * lives as long as it. A model is used by one thread at a time.
 */
#ifndef PRIVET_MODEL_H
#define PRIVET_MODEL_H

#include "privet/data.h"
#include "privet/graph.h"
#include "privet/plan.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pv_model pv_model;

/* ---- making one */

/* What a model is for, when there is no data set at hand. */
typedef struct pv_model_domain {
    size_t size; /* sizeof(pv_model_domain) */
    pv_data_kind kind;
    pv_shape sample; /* [h,w,c], [features] or [tokens] */
    int classes;
    int vocabulary; /* text: number of tokens; 0 otherwise */
} pv_model_domain;

/* name is one of the zoo ("lenet5", "resnet9:width=32") or the path of a model text (it holds a '/'
 * or ends in ".model"; options after a ':' likewise). The parameters are drawn from seed, the
 * normalisation is fitted on data, the class names are its. Errors: PV_ERR_OPTION (no such model or
 * option), PV_ERR_FORMAT (the text, with its line), PV_ERR_MISMATCH (a layer that does
 * not fit what comes in, a model that does not fit the data). */
PV_API pv_status pv_model_new(pv_model **m, const char *name, const pv_data *data,
                              uint64_t seed) PV_MUST_USE;

/* The same with an identity normalisation and classes named "0", "1", ... */
PV_API pv_status pv_model_new_domain(pv_model **m, const char *name, const pv_model_domain *domain,
                                     uint64_t seed) PV_MUST_USE;

/* The same from a text in memory; where ("net.model") is what errors call it. */
PV_API pv_status pv_model_parse(pv_model **m, const char *text, size_t length, const char *where,
                                const pv_model_domain *domain, uint64_t seed) PV_MUST_USE;

PV_API void pv_model_free(pv_model *m); /* accepts NULL */

/* ---- files: safetensors, docs/formats.md. Saving replaces the file atomically. */
PV_API pv_status pv_model_save(const pv_model *m, const char *path) PV_MUST_USE;
PV_API pv_status pv_model_load(pv_model **m, const char *path) PV_MUST_USE;

/* PV_ERR_MISMATCH, naming both sides, unless data has the model's kind, sample shape and classes.
 */
PV_API pv_status pv_model_check_data(const pv_model *m, const pv_data *data) PV_MUST_USE;

/* ---- looking at it */
PV_API const char *pv_model_name(
    const pv_model *m); /* as given: "lenet5", "nets/a.model:width=8" */
PV_API const char *pv_model_text(const pv_model *m); /* with its options as they are set */
PV_API pv_model_domain pv_model_what(const pv_model *m);
PV_API const char *pv_model_class_name(const pv_model *m, int label);
PV_API const pv_norm *pv_model_norm(const pv_model *m);

/* Parameters, in the order of the layers: "conv1.weight", "conv1.bias", "batchnorm1.running_mean".
 * Values are PV_F32 in the layouts of privet/graph.h and may be changed in place. State (running
 * statistics) is kept and saved with the others but no optimiser moves it. */
PV_API int pv_model_params(const pv_model *m);
PV_API const char *pv_model_param_name(const pv_model *m, int i);
PV_API pv_tensor *pv_model_param(pv_model *m, int i);
PV_API int pv_model_param_is_state(const pv_model *m, int i);
PV_API int64_t pv_model_weights(const pv_model *m); /* trainable numbers, all together */

/* ---- running it */
typedef struct pv_model_nodes {
    pv_node input;  /* "x": [batch, sample...], real; I32 for text */
    pv_node logits; /* [batch, classes] */
    pv_node secret; /* "secret": what a `secret` layer appends: [batch, h, w, channels] or
                       [batch, channels]; PV_NONE in a model without one */
    int params;
    pv_node *param; /* node of parameter i */
} pv_model_nodes;

/* Append the network to g. Every layer's output carries the layer's name ("conv1", "relu2"). train:
 * dropout is on, batch normalisation uses the batch and assigns its running statistics. x is the
 * node to start from, or PV_NONE to make an input. A parameter that g already has by name is used
 * again, so two builds in one graph share their weights. On failure *out is cleared. */
PV_API pv_status pv_model_build(const pv_model *m, pv_graph *g, int64_t batch, int train, pv_node x,
                                pv_model_nodes *out) PV_MUST_USE;
PV_API void pv_model_nodes_clear(pv_model_nodes *nodes); /* idempotent */

PV_API pv_status pv_model_to_plan(const pv_model *m, const pv_model_nodes *nodes,
                                  pv_plan *plan) PV_MUST_USE;
PV_API pv_status pv_model_from_plan(pv_model *m, const pv_model_nodes *nodes,
                                    const pv_plan *plan) PV_MUST_USE;

/* ---- the zoo: models that come with the library, each written in the same text */
PV_API int pv_zoo_count(void);
PV_API const char *pv_zoo_name(int i);
PV_API const char *pv_zoo_summary(int i);
PV_API const char *pv_zoo_text(int i);

#ifdef __cplusplus
}
#endif
#endif
