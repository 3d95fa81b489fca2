/* codec/cifar.h - the binary version of CIFAR-10
 *
 * A file is a row of records: one label byte (0..9), then 32x32 red, green and blue bytes, plane
 * after plane. Read into images u8 [n,32,32,3] (NHWC) and labels i32 [n].
 *
 * Source: A. Krizhevsky, "The CIFAR-10 dataset", section Binary version.
 *
 * Errors: PV_ERR_TRUNCATED (not a whole number of records), PV_ERR_RANGE (a label above 9),
 * PV_ERR_FORMAT (an empty file), PV_ERR_MEMORY; both tensors are cleared on failure.
 */
#ifndef PV_CODEC_CIFAR_H
#define PV_CODEC_CIFAR_H

#include "privet/tensor.h"

pv_status pv_cifar_parse(pv_tensor *images, pv_tensor *labels, const char *name, const uint8_t *p,
                         size_t n) PV_MUST_USE;
pv_status pv_cifar_load(pv_tensor *images, pv_tensor *labels, const char *path) PV_MUST_USE;

#endif
