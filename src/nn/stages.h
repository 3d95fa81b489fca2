/* nn/stages.h - a model's layers as papers count them
 *
 * What a paper calls a layer is several lines of a model's text: a convolution or a dense layer
 * with its norm, its activation, its pool and its dropout; a residual with all inside it is one.
 * Stages are numbered from 1. Each begins where its weights are, except that the first also has
 * what stands before those (`input`, `squeeze2`, `flatten`): a `flatten` or a dropout between two
 * belongs to the stage before it. A `secret` belongs to the stage whose input it joins.
 *
 *     lenet5     1: conv1 avgpool1 relu1   2: conv2 avgpool2 relu2 flatten1   3: dense1 relu3 ...
 *     resnet9    1: conv1 batchnorm1 relu1   2: conv2 ... maxpool1   3: residual1 ...
 */
#ifndef PV_NN_STAGES_H
#define PV_NN_STAGES_H

#include "privet/model.h"

typedef struct pv_stage {
    size_t first, entry, pool, end; /* into the model's layers: the stage is [first, end); entry:
                                       its convolution, dense layer or residual; pool: its pooling
                                       layer, end where it has none */
} pv_stage;

typedef struct pv_stages {
    pv_stage *stage; /* number k is stage[k - 1] */
    int64_t count;
} pv_stages;

/* PV_ERR_MISMATCH for a model of text (embeddings are no layers that can be cut) or without any. */
pv_status pv_stages_init(pv_stages *s, const pv_model *m) PV_MUST_USE;
void pv_stages_clear(pv_stages *s); /* idempotent */

/* ---- cuts, "2" or "2:before-pool": behind stage 2, or inside it before its pool */
typedef struct pv_cut_at {
    int64_t stage; /* from 1 */
    int before_pool;
} pv_cut_at;
enum { PV_CUT_TEXT = 40 };

/* PV_ERR_OPTION: no such cut, naming those there are. A cut behind the last stage is none: nothing
 * would be left to the other side. */
pv_status pv_cut_parse(pv_cut_at *out, const char *text, const pv_model *m) PV_MUST_USE;
char *pv_cut_text(const pv_cut_at *c, char buffer[PV_CUT_TEXT]);
/* The layers before the cut are [0, *end). */
pv_status pv_cut_end(size_t *end, const pv_model *m, const pv_cut_at *c) PV_MUST_USE;
/* Shape of one sample's activation between layers end-1 and end. */
pv_status pv_cut_shape(pv_shape *out, const pv_model *m, size_t end) PV_MUST_USE;

/* ---- models out of models (model_extract.c)
 *
 * Layers first..end-1 of m as a model of their own: every layer on a line with its values as they
 * are, without m's options and comments, which could tell of what was left out; parameters copied,
 * layers numbered anew, named "front", "back" or "middle" (all of m: as m). Its sample is what
 * comes into layer `first` (m's own, with its normalisation, when that is 0; else an image of three
 * dimensions or a table). When end is the last it has m's classes; otherwise it is a *part*:
 * domain.classes is 0, it has no class names, and what pv_model_build calls logits has whatever
 * shape comes out. PV_ERR_MISMATCH: m is of text, or two or four dimensions come into `first`.
 * PV_ERR_USAGE: none of m's layers, or a bound inside a residual. */
pv_status pv_model_extract(pv_model **out, const pv_model *m, size_t first, size_t end) PV_MUST_USE;

/* m with a line `secret CHANNELS` before layer `before`: parameters of layers before it are copied,
 * the others drawn from seed as for a new model. PV_ERR_MISMATCH: m has a secret already.
 * PV_ERR_USAGE: no such layer, or one inside a residual. */
pv_status pv_model_with_secret(pv_model **out, const pv_model *m, size_t before, int64_t channels,
                               uint64_t seed) PV_MUST_USE;

/* The position of its `secret` layer; m->layers.count when it has none. */
size_t pv_model_secret_at(const pv_model *m);
int pv_model_has_secret(const pv_model *m);

/* For what trains, predicts or attacks with a model alone: PV_ERR_INPUT, saying what to use
 * instead, for one with a secret and for a part. */
pv_status pv_model_check_alone(const pv_model *m) PV_MUST_USE;

#endif
