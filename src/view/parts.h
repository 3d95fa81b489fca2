/* view/parts.h - the payload of every message: a list of named tensors, as bytes
 *
 * Whatever crosses between parties is a list of named tensors that says itself what it holds, so
 * that a view can be read without the program that made it. Layout, all little-endian:
 *
 *     u16 count
 *     count times:  u8 length, name (UTF-8, 1..255 bytes)
 *                   u8 dtype (pv_dtype), u8 ndim (0..6), ndim times u64 dimension
 *                   zero bytes up to the next multiple of 8 from the beginning of the payload
 *                   data, row-major
 *
 * Opaque bytes (keys, ciphertexts, text) are u8 tensors. Names are unique in a message.
 */
#ifndef PV_VIEW_PARTS_H
#define PV_VIEW_PARTS_H

#include "base/file.h"
#include "privet/tensor.h"

enum { PV_PARTS_MAX = 4096 }; /* tensors in a message */

/* One tensor: the data is borrowed, and 8-byte aligned in a parsed payload that is itself so. */
typedef struct pv_part {
    const char *name;
    pv_dtype dtype;
    pv_shape shape;
    const void *data;
} pv_part;

/* A parsed payload: names are copied, data points into the payload, which must outlive it. */
typedef struct pv_parts {
    pv_part *part;
    size_t count;
    char *names;
} pv_parts;

/* Bytes that the list takes; the data may be larger than one likes to copy twice. SIZE_MAX:
 * overflow. */
size_t pv_parts_size(const pv_part *part, size_t count);
/* Into out[0..pv_parts_size). Errors: PV_ERR_USAGE (a name that is too long or twice there). */
pv_status pv_parts_encode(void *out, const pv_part *part, size_t count) PV_MUST_USE;

/* what: "update from hospital-a", for errors: PV_ERR_FORMAT, PV_ERR_TRUNCATED, PV_ERR_LIMIT,
 * PV_ERR_MEMORY. On failure *out is cleared. data must be 8-byte aligned. */
pv_status pv_parts_parse(pv_parts *out, const char *what, const void *data,
                         size_t size) PV_MUST_USE;
void pv_parts_clear(pv_parts *p); /* idempotent */

/* NULL when there is none of that name. */
const pv_part *pv_parts_find(const pv_parts *p, const char *name);

/* The part, which must have this dtype and shape; a dimension of -1 in shape takes any. Errors:
 * PV_ERR_PEER naming what, the part, what is there and what was expected. */
pv_status pv_parts_get(const pv_part **out, const pv_parts *p, const char *what, const char *name,
                       pv_dtype dtype, pv_shape shape) PV_MUST_USE;

/* The commonest of them: u8[size], and i64[1] from low to high, copied; u8 of any length from 1 to
 * most, pointed to; and no more tensors than these. Errors: PV_ERR_PEER, likewise. */
pv_status pv_parts_get_bytes(void *out, size_t size, const pv_parts *p, const char *what,
                             const char *name) PV_MUST_USE;
pv_status pv_parts_get_number(int64_t *out, const pv_parts *p, const char *what, const char *name,
                              int64_t low, int64_t high) PV_MUST_USE;
pv_status pv_parts_get_some(const uint8_t **data, size_t *size, const pv_parts *p, const char *what,
                            const char *name, size_t most) PV_MUST_USE;
pv_status pv_parts_get_count(const pv_parts *p, const char *what, size_t count) PV_MUST_USE;
/* And as they are sent; the data is borrowed. */
pv_part pv_part_bytes(const char *name, const void *data, size_t size);
pv_part pv_part_number(const char *name, const int64_t *n);

/* What is in a tensor at a glance: over its finite values; NaN when it has none. */
typedef struct pv_part_range {
    double min, mean, max;
    int64_t finite; /* values that are neither NaN nor infinite */
} pv_part_range;
pv_part_range pv_part_range_of(const pv_part *part);

#endif
