/* data/rows.h - the samples of a data set as they are stored, out of it and into a new one
 *
 * For sending rows to another machine that must train on exactly these numbers: bytes stay bytes.
 */
#ifndef PV_DATA_ROWS_H
#define PV_DATA_ROWS_H

#include "privet/data.h"

pv_dtype pv_data_dtype(
    const pv_data *data); /* PV_U8 or PV_F32 images, PV_F32 tables, PV_I32 text */

/* Samples first .. first + n of data: x gets n samples of its dtype, label n labels. */
void pv_data_rows(const pv_data *data, int64_t first, int64_t n, void *x, int32_t *label);

/* n samples from memory, which is copied. class_name[0..classes). Errors: PV_ERR_RANGE (a label
 * beyond the classes; a number that is not finite, or of an image and not in [0,1]; no sample),
 * PV_ERR_LIMIT, PV_ERR_MEMORY. */
typedef struct pv_rows {
    pv_data_kind kind; /* image or table */
    pv_dtype dtype;
    pv_shape sample;
    int64_t n;
    const void *x;
    const int32_t *label;
    const char *const *class_name;
    int classes;
} pv_rows;
pv_status pv_data_from_rows(pv_data **out, const pv_rows *rows) PV_MUST_USE;

#endif
