/* codec/idx.h - IDX, the format of MNIST: one dense array, gzipped or not
 *
 * Magic 0 0 TYPE NDIM, NDIM sizes (u32, big endian), the elements (big endian). Types: u8 (0x08),
 * i32 (0x0C), f32 (0x0D), f64 (0x0E); i8 (0x09) and i16 (0x0B) are refused by name. Gzipped data
 * are inflated straight into the tensor.
 *
 * Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database", section FILE FORMATS.
 *
 * Errors: PV_ERR_TRUNCATED (fewer elements than the sizes say), PV_ERR_FORMAT (more of them, or no
 * IDX file), PV_ERR_LIMIT, PV_ERR_UNSUPPORTED, PV_ERR_MEMORY; *out is cleared on failure.
 */
#ifndef PV_CODEC_IDX_H
#define PV_CODEC_IDX_H

#include "privet/tensor.h"

/* name: what messages call the source. */
pv_status pv_idx_parse(pv_tensor *out, const char *name, const uint8_t *p, size_t n) PV_MUST_USE;
pv_status pv_idx_load(pv_tensor *out, const char *path) PV_MUST_USE;

#endif
