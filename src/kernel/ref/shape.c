#include "kernel/ref/ref.h"

#include <string.h>

/* Where the elements of a box lie in an array: element (i0, i1, ...) at offset + sum_k step[k]·i_k,
 * counted in elements. */
typedef struct view {
    int64_t offset, step[PV_MAX_DIMS];
} view;

/* A whole row-major array. */
static view whole(const pv_shape *shape)
{
    view v = {0};
    int64_t step = 1;
    for (int k = shape->ndim - 1; k >= 0; k--) {
        v.step[k] = step;
        step *= shape->dim[k];
    }
    return v;
}

/* The part of a row-major array that begins at begin. */
static view part(const pv_shape *shape, const int64_t *begin)
{
    view v = whole(shape);
    for (int k = 0; k < shape->ndim; k++) v.offset += v.step[k] * begin[k];
    return v;
}

/* Copies box element by element from where `from` says to where `to` says. */
static void copy_box(const pv_shape *box, pv_operand to, view t, pv_operand from, view f)
{
    size_t size = pv_dtype_size(to.dtype);
    char *dst = to.data;
    const char *src = from.data;
    int64_t index[PV_MAX_DIMS] = {0};
    int64_t count = pv_shape_count(box);
    for (int64_t n = 0; n < count; n++) {
        int64_t i = t.offset, j = f.offset;
        for (int k = 0; k < box->ndim; k++) {
            i += t.step[k] * index[k];
            j += f.step[k] * index[k];
        }
        memcpy(dst + (size_t)i * size, src + (size_t)j * size, size);
        for (int k = box->ndim - 1; k >= 0 && ++index[k] == box->dim[k]; k--) index[k] = 0;
    }
}

static void permute(const pv_call *call)
{
    view in = whole(&call->in[0].shape), f = {0};
    for (int k = 0; k < call->out.shape.ndim; k++) f.step[k] = in.step[call->attr.axis[k]];
    copy_box(&call->out.shape, call->out, whole(&call->out.shape), call->in[0], f);
}

static void broadcast(const pv_call *call)
{
    view f = whole(&call->in[0].shape);
    for (int k = 0; k < call->out.shape.ndim; k++)
        if (call->in[0].shape.dim[k] == 1) f.step[k] = 0;
    copy_box(&call->out.shape, call->out, whole(&call->out.shape), call->in[0], f);
}

static void slice(const pv_call *call)
{
    copy_box(&call->out.shape, call->out, whole(&call->out.shape), call->in[0],
             part(&call->in[0].shape, call->attr.begin));
}

static void pad(const pv_call *call)
{
    const pv_shape *in = &call->in[0].shape;
    memset(call->out.data, 0,
           (size_t)pv_shape_count(&call->out.shape) * pv_dtype_size(call->out.dtype));
    copy_box(in, call->out, part(&call->out.shape, call->attr.begin), call->in[0], whole(in));
}

static void concat(const pv_call *call)
{
    int64_t begin[PV_MAX_DIMS] = {0};
    for (int k = 0; k < call->nin; k++) {
        const pv_shape *in = &call->in[k].shape;
        copy_box(in, call->out, part(&call->out.shape, begin), call->in[k], whole(in));
        begin[call->attr.axis[0]] += in->dim[call->attr.axis[0]];
    }
}

const pv_kernel pv_ref_PERMUTE = {.run = permute};
const pv_kernel pv_ref_BROADCAST = {.run = broadcast};
const pv_kernel pv_ref_SLICE = {.run = slice};
const pv_kernel pv_ref_PAD = {.run = pad};
const pv_kernel pv_ref_CONCAT = {.run = concat};
