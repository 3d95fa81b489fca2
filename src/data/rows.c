#include "data/rows.h"

#include "data/store.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

pv_dtype pv_data_dtype(const pv_data *data)
{
    return data->store->samples.dtype;
}

void pv_data_rows(const pv_data *data, int64_t first, int64_t n, void *x, int32_t *label)
{
    const pv_store *store = data->store;
    size_t bytes = (size_t)pv_store_sample_count(store) * pv_dtype_size(store->samples.dtype);
    for (int64_t i = 0; i < n; i++) {
        int64_t at = pv_data_row(data, first + i);
        memcpy((uint8_t *)x + (size_t)i * bytes,
               (const uint8_t *)store->samples.data + (size_t)at * bytes, bytes);
        label[i] = store->label[at];
    }
}

static pv_status check_values(const pv_rows *r)
{
    int64_t each = pv_shape_count(&r->sample);
    double low = r->kind == PV_DATA_IMAGE ? 0 : -INFINITY;
    double high = r->kind == PV_DATA_IMAGE ? 1 : INFINITY;
    for (int64_t i = 0; i < r->n; i++)
        if (r->label[i] < 0 || r->label[i] >= r->classes)
            PV_FAIL(PV_ERR_RANGE, "row %lld has label %d; from 0 to %d was expected", (long long)i,
                    (int)r->label[i], r->classes - 1);
    if (r->dtype != PV_F32) return PV_OK;
    const float *x = r->x;
    for (int64_t i = 0; i < r->n * each; i++)
        if (!isfinite(x[i]) || x[i] < low || x[i] > high)
            PV_FAIL(PV_ERR_RANGE, "row %lld holds %g; %s was expected", (long long)(i / each),
                    (double)x[i],
                    r->kind == PV_DATA_IMAGE ? "a pixel from 0 to 1" : "a finite number");
    return PV_OK;
}

static pv_status fill(pv_store *store, const pv_rows *r)
{
    int64_t number;
    PV_TRY(pv_store_alloc(store, r->kind, r->dtype, r->n, r->sample));
    memcpy(store->samples.data, r->x, pv_tensor_bytes(&store->samples));
    memcpy(store->label, r->label, (size_t)r->n * sizeof *r->label);
    for (int i = 0; i < r->classes; i++)
        PV_TRY(pv_names_add(&store->classes, r->class_name[i], strlen(r->class_name[i]), &number));
    if (r->kind != PV_DATA_TABLE) return PV_OK;
    for (int64_t i = 0; i < r->sample.dim[0]; i++) {
        char name[24];
        int length = snprintf(name, sizeof name, "%lld", (long long)i);
        PV_TRY(pv_names_add(&store->features, name, (size_t)length, &number));
    }
    return PV_OK;
}

pv_status pv_data_from_rows(pv_data **out, const pv_rows *r)
{
    *out = NULL;
    int fits = r->kind == PV_DATA_IMAGE ? r->dtype == PV_U8 || r->dtype == PV_F32
                                        : r->kind == PV_DATA_TABLE && r->dtype == PV_F32;
    if (!fits)
        PV_FAIL(PV_ERR_UNSUPPORTED,
                "rows of %s can be images of bytes or floats or tables of "
                "floats",
                pv_dtype_name(r->dtype));
    if (r->n < 1) PV_FAIL(PV_ERR_RANGE, "%lld rows; at least one was expected", (long long)r->n);
    PV_TRY(check_values(r));
    pv_data *d = pv_calloc(1, sizeof *d);
    pv_store *store = pv_calloc(1, sizeof *store);
    pv_status status = d == NULL || store == NULL ? pv_trail_fail(PV_ERR_MEMORY, __FILE__, __LINE__,
                                                                  "out of memory for a data set")
                                                  : fill(store, r);
    if (status != PV_OK) {
        if (store != NULL) pv_store_clear(store);
        pv_free(store);
        pv_free(d);
        return status;
    }
    atomic_init(&store->references, 1);
    *d = (pv_data){.store = store, .count = r->n};
    *out = d;
    return PV_OK;
}
