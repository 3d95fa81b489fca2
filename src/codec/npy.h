/* codec/npy.h - NumPy's array files: one dense array
 *
 * Read: format versions 1.0, 2.0 and 3.0; element types u1, b1 (as u8), i4, i8, f4, f8 in either
 * byte order; C and Fortran order (brought into C order); at most PV_MAX_DIMS dimensions. Other
 * element types are refused by name. Written: version 1.0, little endian, C order, the same bytes
 * for the same tensor.
 *
 * Source: NumPy Enhancement Proposal 1, "A Simple File Format for NumPy Arrays" (numpy.lib.format).
 *
 * Errors: PV_ERR_TRUNCATED, PV_ERR_FORMAT, PV_ERR_LIMIT, PV_ERR_UNSUPPORTED (an element type),
 * PV_ERR_VERSION, PV_ERR_MEMORY; *out is cleared on failure.
 */
#ifndef PV_CODEC_NPY_H
#define PV_CODEC_NPY_H

#include "privet/tensor.h"
#include "wire/writer.h"

/* name: what messages call the source. */
pv_status pv_npy_parse(pv_tensor *out, const char *name, const uint8_t *p, size_t n) PV_MUST_USE;
pv_status pv_npy_load(pv_tensor *out, const char *path) PV_MUST_USE;

/* Append the header of t's file; its data follow it as they lie in memory. */
void pv_npy_header(pv_writer *w, const pv_tensor *t);
pv_status pv_npy_save(const char *path, const pv_tensor *t) PV_MUST_USE;

#endif
