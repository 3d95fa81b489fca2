/* codec/jpeg.h - JPEG images as u8 tensors [h,w,c]
 *
 * Read: baseline and progressive Huffman-coded JPEG; c is 1 (gray) or 3 (RGB). Refused: CMYK,
 * arithmetic coding. Sides and pixels are limited (codec/limits.h) before anything is allocated,
 * and so is the number of scans of a progressive file. Data that libjpeg could only guess (a file
 * cut short, a bad code) are an error, not a gray area in the picture.
 *
 * Errors: PV_ERR_FORMAT, PV_ERR_TRUNCATED, PV_ERR_LIMIT, PV_ERR_UNSUPPORTED, PV_ERR_MEMORY; *out is
 * cleared on failure.
 */
#ifndef PV_CODEC_JPEG_H
#define PV_CODEC_JPEG_H

#include "privet/tensor.h"

pv_status pv_jpeg_parse(pv_tensor *out, const char *name, const uint8_t *p, size_t n) PV_MUST_USE;
pv_status pv_jpeg_load(pv_tensor *out, const char *path) PV_MUST_USE;

#endif
