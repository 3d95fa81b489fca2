/* scheme/vertical/half.h - what a party keeps of a training: its half of the model
 *
 * half.safetensors, mode 0600: a model file (docs/formats.md) in which the parameters of the other
 * side and of the shared layer are zero, with a tensor "half.share" (u8: the party's share of the
 * shared weights, as its boundary saves it) and the metadata
 *
 *     half       active or passive
 *     head       where the model is cut
 *     boundary   the settings of the boundary in training, as JSON
 *     session    32 hexadecimal digits, the same in both halves of a training and in no others
 *     scenario   hash of the scenario of the training
 *     key        fingerprint of its Paillier key
 *
 * The active party's half has its network and the normalisation of its data, the passive party's
 * the layers behind the cut. Neither predicts anything alone.
 */
#ifndef PV_SCHEME_VERTICAL_HALF_H
#define PV_SCHEME_VERTICAL_HALF_H

#include "base/file.h"
#include "codec/safetensors.h"
#include "scheme/vertical/bounds.h"
#include "scheme/vertical/messages.h"

typedef struct pv_half {
    int active;
    int64_t head;
    pv_model *model; /* owned when it was loaded */
    pv_boundary_settings set;
    uint8_t session[PV_SESSION_BYTES];
    pv_hash scenario, key;
    pv_bytes share; /* secret */
} pv_half;

/* The settings as one line of JSON, for files and for comparing. */
pv_status pv_half_settings(pv_str *out, const pv_boundary_settings *set) PV_MUST_USE;

/* h->model as it is: all parameters that are not this side's are written as zeros. */
pv_status pv_half_save(const pv_half *h, const pv_vertical_cut *cut, const char *path) PV_MUST_USE;

/* Errors: those of model files, PV_ERR_INPUT (no half of the side that `active` asks for),
 * PV_ERR_FORMAT (a broken one). On failure *h is cleared. */
pv_status pv_half_load(pv_half *h, const char *path, int active) PV_MUST_USE;
pv_status pv_half_parse(pv_half *h, const char *name, const void *data, size_t size,
                        int active) PV_MUST_USE;
void pv_half_clear(pv_half *h); /* wipes the share; idempotent */

#endif
