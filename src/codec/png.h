/* codec/png.h - PNG images as u8 tensors [h,w,c]
 *
 * Read: every PNG; palettes are resolved, 16 bits become 8, samples are sRGB. c is 1 (gray), 2
 * (gray and alpha), 3 (RGB) or 4 (RGB and alpha), as the file has it. Sides and pixels are limited
 * (codec/limits.h) before anything is allocated. Written: c 1 or 3, 8 bits; the same pixels make
 * the same bytes with the same libpng and zlib.
 *
 * Errors: PV_ERR_FORMAT, PV_ERR_TRUNCATED, PV_ERR_LIMIT, PV_ERR_SHAPE (writing), PV_ERR_MEMORY,
 * PV_ERR_IO; *out is cleared on failure.
 */
#ifndef PV_CODEC_PNG_H
#define PV_CODEC_PNG_H

#include "base/file.h"
#include "privet/tensor.h"

pv_status pv_png_parse(pv_tensor *out, const char *name, const uint8_t *p, size_t n) PV_MUST_USE;
pv_status pv_png_load(pv_tensor *out, const char *path) PV_MUST_USE;

pv_status pv_png_encode(pv_bytes *out, const pv_tensor *image) PV_MUST_USE;
pv_status pv_png_save(const char *path, const pv_tensor *image) PV_MUST_USE;

#endif
