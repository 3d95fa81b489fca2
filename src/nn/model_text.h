/* nn/model_text.h - the text that defines a network, read into a list of layers
 *
 * One layer a line: its name, then its values, by position or as key=value. '#' starts a comment. A
 * value is a number, a symbol, or a product or quotient of those ("2*width"); a switch is yes or
 * no. The symbols are `classes`, `vocabulary` and the options the text declares:
 *
 *     option width=64
 *     conv width kernel=3 pad=1 bias=no
 *     residual {
 *         conv width kernel=3 pad=1
 *         relu
 *     } shortcut {
 *         conv width kernel=1
 *     }
 *     dense classes
 *
 * The list is flat: `residual`, the layers of its body, optionally `shortcut` and its layers,
 * `end`. docs/models.md lists every layer; the table in layer.c is what defines them.
 */
#ifndef PV_NN_MODEL_TEXT_H
#define PV_NN_MODEL_TEXT_H

#include "base/mem.h"
#include "privet/model.h"

typedef enum pv_layer_kind {
    PV_LAYER_INPUT,
    PV_LAYER_CONV,
    PV_LAYER_DENSE,
    PV_LAYER_AVGPOOL,
    PV_LAYER_MAXPOOL,
    PV_LAYER_GLOBAL_AVGPOOL,
    PV_LAYER_GLOBAL_MAXPOOL,
    PV_LAYER_SQUEEZE2,
    PV_LAYER_FLATTEN,
    PV_LAYER_RESHAPE,
    PV_LAYER_BATCHNORM,
    PV_LAYER_LAYERNORM,
    PV_LAYER_GROUPNORM,
    PV_LAYER_DROPOUT,
    PV_LAYER_EMBEDDING,
    PV_LAYER_POSITIONS,
    PV_LAYER_ATTENTION,
    PV_LAYER_MEAN_TOKENS,
    PV_LAYER_SCALE,
    PV_LAYER_SECRET,
    PV_LAYER_RELU,
    PV_LAYER_LEAKY_RELU,
    PV_LAYER_ELU,
    PV_LAYER_SIGMOID,
    PV_LAYER_TANH,
    PV_LAYER_GELU,
    PV_LAYER_SOFTPLUS,
    PV_LAYER_RESIDUAL,
    PV_LAYER_SHORTCUT,
    PV_LAYER_END,
    PV_LAYER_COUNT
} pv_layer_kind;

/* How weights are drawn. DEFAULT is PyTorch's own: uniform in +-1/sqrt(fan in), biases too;
 * embeddings are N(0, 1). HE: uniform in +-sqrt(6/fan in), biases zero (He et al. 2015). */
typedef enum pv_init_kind {
    PV_INIT_DEFAULT,
    PV_INIT_HE,
    PV_INIT_UNIFORM,
    PV_INIT_NORMAL
} pv_init_kind;
typedef struct pv_init {
    pv_init_kind kind;
    double
        value; /* UNIFORM: weights and biases in +-value; NORMAL: weights N(0, value^2), biases 0 */
} pv_init;

enum { PV_LAYER_VALUES = 6, PV_LAYER_NAME = 32, PV_LAYERS_MAX = 4096, PV_NESTING_MAX = 8 };

typedef struct pv_layer {
    pv_layer_kind kind;
    int line;
    int given;                     /* INPUT, RESHAPE: how many values */
    double value[PV_LAYER_VALUES]; /* in the order of the layer's keys */
    pv_init init;
    char name[PV_LAYER_NAME]; /* "conv1": kind and number among its kind */
} pv_layer;

/* What the keys of value[] are, by kind. */
enum {
    PV_CONV_CHANNELS,
    PV_CONV_KERNEL,
    PV_CONV_STRIDE,
    PV_CONV_PAD,
    PV_CONV_GROUPS,
    PV_CONV_BIAS
};
enum { PV_DENSE_OUT, PV_DENSE_BIAS };
enum { PV_POOL_KERNEL, PV_POOL_STRIDE, PV_POOL_PAD };
enum { PV_BATCHNORM_MOMENTUM, PV_BATCHNORM_EPS };

typedef struct pv_layers {
    pv_layer *layer;
    size_t count, cap;
} pv_layers;

/* Read text[0..length). where ("net.model") is what errors call it. Errors: PV_ERR_FORMAT with
 * line, PV_ERR_LIMIT, PV_ERR_MEMORY. On failure *out is cleared. */
pv_status pv_model_text_parse(pv_layers *out, const char *text, size_t length, const char *where,
                              int classes, int vocabulary) PV_MUST_USE;
void pv_layers_clear(pv_layers *l); /* idempotent */

/* A copy of the text with its `option NAME=...` lines set as in "width=32,depth=2" (which may be
 * empty): *out is allocated, NUL-terminated. Every text has the option init=A, too: a first line
 * `init uniform:A` instead of those it has. Errors: PV_ERR_OPTION, naming what there is. */
pv_status pv_model_text_set(char **out, const char *text, size_t length, const char *where,
                            const char *settings) PV_MUST_USE;

/* ---- layer.c: the table */
typedef enum pv_value_kind {
    PV_VALUE_COUNT,
    PV_VALUE_SIZE,
    PV_VALUE_REAL,
    PV_VALUE_SWITCH
} pv_value_kind;

typedef struct pv_layer_key {
    const char *name;
    pv_value_kind kind; /* COUNT: an integer >= 1; SIZE: >= 0; REAL: any finite; SWITCH: yes, no */
    const char *fallback; /* as it would be written; NULL: must be given */
} pv_layer_key;

typedef struct pv_layer_type {
    const char *name;
    int takes_init, open; /* open: any number of values, up to PV_LAYER_VALUES, of the first key */
    pv_layer_key key[PV_LAYER_VALUES + 1]; /* ends with a NULL name */
} pv_layer_type;

extern const pv_layer_type pv_layer_types[PV_LAYER_COUNT];

#endif
