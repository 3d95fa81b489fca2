/* nn/model_i.h - the inside of a pv_model, shared by model*.c */
#ifndef PV_NN_MODEL_I_H
#define PV_NN_MODEL_I_H

#include "codec/safetensors.h"
#include "nn/model_text.h"
#include "privet/model.h"

typedef enum pv_param_role {
    PV_ROLE_WEIGHT,    /* drawn by init, with fan_in */
    PV_ROLE_BIAS,      /* likewise */
    PV_ROLE_EMBEDDING, /* drawn by init; N(0,1) by default */
    PV_ROLE_ONES,
    PV_ROLE_ZEROS,
    PV_ROLE_STATE_ONES, /* running statistics: no optimiser moves them */
    PV_ROLE_STATE_ZEROS,
} pv_param_role;

typedef struct pv_model_parameter {
    char *name;
    pv_tensor value;
    pv_param_role role;
    pv_init init;
    double fan_in;
} pv_model_parameter;

struct pv_model {
    char *name, *text;
    pv_model_domain domain;
    pv_layers layers;
    pv_model_parameter *param;
    size_t params, param_cap;
    char **class_name; /* domain.classes of them */
    pv_norm norm;
    uint64_t vocabulary_digest; /* of the words, in order; 0: not known */
};

/* The network of m on a batch of one, whose parameters become m's list: names, shapes and how they
 * are drawn, without data yet. Errors: as pv_model_build. */
pv_status pv_model_collect(pv_model *m) PV_MUST_USE;

/* A part of the network: layers first .. end-1 of m->layers, none of them inside a residual, built
 * on x (first 0: as pv_model_build). out->logits is what the last of them gives, and parameters of
 * other layers are PV_NONE in out->param: pv_model_to_plan and pv_model_from_plan pass them over.
 * Dropout draws what it draws in the whole network. */
pv_status pv_model_build_part(const pv_model *m, pv_graph *g, int64_t batch, int train, pv_node x,
                              size_t first, size_t end, pv_model_nodes *out) PV_MUST_USE;

/* The number of the first parameter of layer `first` or one behind it. */
size_t pv_model_first_param(const pv_model *m, size_t first);

/* PV_ERR_USAGE unless first <= end are bounds of layers, neither of them inside a residual. */
pv_status pv_model_check_bounds(const pv_model *m, size_t first, size_t end) PV_MUST_USE;

/* Classes of a part of a network (nn/stages.h), which may give anything: it has none. */
enum { PV_MODEL_PART = 0 };
/* A model without class names, normalisation and the values of its parameters. A network that does
 * not fit the domain is PV_ERR_MISMATCH here: text and data come from outside. */
pv_status pv_model_create(pv_model **m, const char *name, const char *text, size_t length,
                          const pv_model_domain *domain) PV_MUST_USE;

/* "image", "table", "text"; "?" and 0 for anything else. */
const char *pv_data_kind_name(pv_data_kind kind);
pv_data_kind pv_data_kind_by_name(const char *name);

/* class_name[i] of m becomes a copy of name. */
pv_status pv_model_set_class(pv_model *m, int i, const char *name) PV_MUST_USE;

/* The normalisation of m for a model that has none. */
pv_status pv_model_copy_norm(pv_model *to, const pv_model *m) PV_MUST_USE;

/* A model of its own with the same text, values, normalisation and class names. */
pv_status pv_model_copy(pv_model **out, const pv_model *m) PV_MUST_USE;

/* ---- model_file.c: a model file with more in it (checkpoints). Names of extra tensors must not be
 * those of parameters, nor begin with "norm.". A file with metadata "half" has one party's part of
 * a model: pv_model_load refuses it. */
pv_status pv_model_write(const pv_model *m, const char *path, const pv_named_tensor *extra, int n,
                         const pv_metadata *metadata, int k, mode_t mode) PV_MUST_USE;

/* The same bytes in memory; name is what errors call them. */
pv_status pv_model_bytes(pv_bytes *out, const pv_model *m, const char *name,
                         const pv_named_tensor *extra, int n, const pv_metadata *metadata,
                         int k) PV_MUST_USE;

/* The model in a safetensors file; path is what errors call it. */
pv_status pv_model_read(pv_model **m, const pv_safetensors *s, const char *path) PV_MUST_USE;

/* The parameters of m as the file has them; shapes must agree (PV_ERR_MISMATCH). prefix goes before
 * their names. */
pv_status pv_model_read_params(pv_model *m, const pv_safetensors *s, const char *path,
                               const char *prefix) PV_MUST_USE;

#endif
