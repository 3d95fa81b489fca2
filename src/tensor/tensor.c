#include "privet/tensor.h"

#include "base/mem.h"
#include <stdio.h>
#include <string.h>

pv_shape pv_shape_of(int ndim, const int64_t *dim)
{
    pv_shape s = {.ndim = ndim};
    for (int i = 0; i < ndim && i < PV_MAX_DIMS; i++) s.dim[i] = dim[i];
    return s;
}

int64_t pv_shape_count(const pv_shape *s)
{
    int64_t n = 1;
    for (int i = 0; i < s->ndim; i++)
        if (__builtin_mul_overflow(n, s->dim[i], &n)) return -1;
    return n;
}

int pv_shape_equal(const pv_shape *a, const pv_shape *b)
{
    if (a->ndim != b->ndim) return 0;
    for (int i = 0; i < a->ndim; i++)
        if (a->dim[i] != b->dim[i]) return 0;
    return 1;
}

const char *pv_shape_text(const pv_shape *s, char buffer[PV_SHAPE_TEXT])
{
    size_t used = 1;
    buffer[0] = '[';
    for (int i = 0; i < s->ndim; i++)
        used += (size_t)snprintf(buffer + used, PV_SHAPE_TEXT - used, "%s%lld", i == 0 ? "" : ",",
                                 (long long)s->dim[i]);
    snprintf(buffer + used, PV_SHAPE_TEXT - used, "]");
    return buffer;
}

size_t pv_dtype_size(pv_dtype t)
{
    switch (t) {
    case PV_U8:
        return 1;
    case PV_I32:
    case PV_F32:
        return 4;
    case PV_I64:
    case PV_F64:
        return 8;
    }
    return 0;
}

const char *pv_dtype_name(pv_dtype t)
{
    switch (t) {
    case PV_U8:
        return "u8";
    case PV_I32:
        return "i32";
    case PV_I64:
        return "i64";
    case PV_F32:
        return "f32";
    case PV_F64:
        return "f64";
    }
    return "?";
}

pv_status pv_tensor_init(pv_tensor *t, pv_dtype dtype, pv_shape shape)
{
    char text[PV_SHAPE_TEXT];
    memset(t, 0, sizeof *t);
    int64_t count = shape.ndim < 0 || shape.ndim > PV_MAX_DIMS ? -1 : pv_shape_count(&shape);
    for (int i = 0; count >= 0 && i < shape.ndim; i++)
        if (shape.dim[i] < 0) count = -1;
    if (count < 0)
        PV_FAIL(PV_ERR_SHAPE,
                "a tensor can't have the shape %s: at most %d dimensions, none negative",
                shape.ndim <= PV_MAX_DIMS ? pv_shape_text(&shape, text) : "given", PV_MAX_DIMS);
    void *data = pv_alloc_aligned((size_t)count, pv_dtype_size(dtype));
    if (data == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory: a tensor %s of %s was asked for",
                pv_shape_text(&shape, text), pv_dtype_name(dtype));
    *t = (pv_tensor){.dtype = dtype, .shape = shape, .data = data};
    return PV_OK;
}

void pv_tensor_clear(pv_tensor *t)
{
    pv_free(t->data);
    memset(t, 0, sizeof *t);
}

int64_t pv_tensor_count(const pv_tensor *t)
{
    return pv_shape_count(&t->shape);
}

size_t pv_tensor_bytes(const pv_tensor *t)
{
    return (size_t)pv_tensor_count(t) * pv_dtype_size(t->dtype);
}

double pv_tensor_get(const pv_tensor *t, int64_t i)
{
    switch (t->dtype) {
    case PV_U8:
        return ((const uint8_t *)t->data)[i];
    case PV_I32:
        return ((const int32_t *)t->data)[i];
    case PV_I64:
        return (double)((const int64_t *)t->data)[i];
    case PV_F32:
        return ((const float *)t->data)[i];
    case PV_F64:
        return ((const double *)t->data)[i];
    }
    return 0.0;
}

/* v without its fraction, held inside [low, high]; NaN is 0. high + 1 must be a double. */
static int64_t whole(double v, int64_t low, int64_t high)
{
    if (v != v) return 0;
    if (v <= (double)low) return low;
    return v >= (double)high + 1.0 ? high : (int64_t)v;
}

static void put(pv_tensor *t, int64_t i, double v)
{
    switch (t->dtype) {
    case PV_U8:
        ((uint8_t *)t->data)[i] = (uint8_t)whole(v, 0, UINT8_MAX);
        break;
    case PV_I32:
        ((int32_t *)t->data)[i] = (int32_t)whole(v, INT32_MIN, INT32_MAX);
        break;
    case PV_I64:
        ((int64_t *)t->data)[i] = whole(v, INT64_MIN, INT64_MAX);
        break;
    case PV_F32:
        ((float *)t->data)[i] = (float)v;
        break;
    case PV_F64:
        ((double *)t->data)[i] = v;
        break;
    }
}

pv_status pv_tensor_convert(pv_tensor *out, pv_dtype dtype, const pv_tensor *in)
{
    PV_TRY(pv_tensor_init(out, dtype, in->shape));
    int64_t n = pv_tensor_count(in);
    if (dtype == in->dtype) {
        memcpy(out->data, in->data, pv_tensor_bytes(in));
        return PV_OK;
    }
    for (int64_t i = 0; i < n; i++) put(out, i, pv_tensor_get(in, i));
    return PV_OK;
}
