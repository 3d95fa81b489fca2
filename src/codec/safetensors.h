/* codec/safetensors.h - named tensors with text metadata: models and checkpoints
 *
 * A file is a u64le header length, a JSON header {"name": {"dtype", "shape", "data_offsets"}, ...,
 * "__metadata__": {text: text}}, and the data. Read: dtypes F32, F64, I32, I64 and U8 (others are
 * refused by name); the header is at most 100 MB; the data of all tensors must tile the rest of the
 * file: no hole, no overlap, no size that disagrees with dtype and shape. Written: tensors sorted
 * by element size (largest first, so that each is aligned) and then by name, metadata sorted by
 * key, the header padded to 8 bytes: the same tensors make the same bytes, in whatever order they
 * are given. The file is streamed and appears under its name only when it is complete and on disk.
 *
 * Source: the safetensors format description (huggingface/safetensors, README "Format").
 *
 * Errors: PV_ERR_TRUNCATED, PV_ERR_FORMAT, PV_ERR_LIMIT, PV_ERR_UNSUPPORTED (a dtype),
 * PV_ERR_INPUT (a name that is not there), PV_ERR_MEMORY, PV_ERR_IO.
 */
#ifndef PV_CODEC_SAFETENSORS_H
#define PV_CODEC_SAFETENSORS_H

#include "base/file.h"
#include "privet/tensor.h"

typedef struct pv_safetensors pv_safetensors;

pv_status pv_safetensors_open(pv_safetensors **s, const char *path) PV_MUST_USE;

/* As pv_safetensors_open, from memory that must outlive *s. */
pv_status pv_safetensors_parse(pv_safetensors **s, const char *name, const uint8_t *p,
                               size_t n) PV_MUST_USE;
void pv_safetensors_free(pv_safetensors *s); /* accepts NULL */

/* Tensors are numbered in the order of their data. */
int pv_safetensors_count(const pv_safetensors *s);
const char *pv_safetensors_name(const pv_safetensors *s, int i);
pv_dtype pv_safetensors_dtype(const pv_safetensors *s, int i);
pv_shape pv_safetensors_shape(const pv_safetensors *s, int i);
int pv_safetensors_find(const pv_safetensors *s, const char *name); /* -1: not there */

/* A copy of a tensor; *out is cleared on failure. */
pv_status pv_safetensors_get(const pv_safetensors *s, const char *name, pv_tensor *out) PV_MUST_USE;

/* The value of a metadata key; NULL when it is not there. Valid as long as s. */
const char *pv_safetensors_metadata(const pv_safetensors *s, const char *key);

typedef struct pv_named_tensor {
    const char *name;
    const pv_tensor *tensor;
} pv_named_tensor;

typedef struct pv_metadata {
    const char *key, *value; /* UTF-8 */
} pv_metadata;

/* Names must differ; mode as in base/file.h. */
pv_status pv_safetensors_save(const char *path, const pv_named_tensor *tensors, int n,
                              const pv_metadata *metadata, int m, mode_t mode) PV_MUST_USE;

/* The same bytes in memory; name is what errors call them. */
pv_status pv_safetensors_bytes(pv_bytes *out, const char *name, const pv_named_tensor *tensors,
                               int n, const pv_metadata *metadata, int m) PV_MUST_USE;

#endif
