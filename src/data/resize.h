/* data/resize.h - images of one size and number of channels out of others */
#ifndef PV_DATA_RESIZE_H
#define PV_DATA_RESIZE_H

#include "privet/tensor.h"

/* The largest middle part of `in` (u8 [h,w,c]) with the proportions of height x width, scaled to
 * that size into out by a triangle filter that widens when it shrinks (so it does not alias).
 * Errors: PV_ERR_MEMORY. */
pv_status pv_resize(uint8_t *out, int64_t height, int64_t width, const pv_tensor *in) PV_MUST_USE;

/* From 1 (gray), 2 (gray, alpha), 3 (RGB) or 4 (RGB, alpha) channels to 1 or 3, in new memory:
 * alpha over white; gray by the luma of ITU-R BT.601. */
pv_status pv_recolour(pv_tensor *image, int channels) PV_MUST_USE;

#endif
