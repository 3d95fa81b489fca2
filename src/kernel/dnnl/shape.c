#include "kernel/dnnl/dnnl.h"

#include <omp.h>
#include <string.h>

/* Everything that only moves elements (all of 4 bytes) is one copy between two strided views of a
 * box of indices: element (i0, i1, ...) goes from sum from[k]*i_k to sum to[k]*i_k. */
typedef struct box {
    int n;
    int64_t size[PV_MAX_DIMS], to[PV_MAX_DIMS], from[PV_MAX_DIMS];
} box;

enum { TILE = 16, PARALLEL_FROM = 1 << 18 };

static void whole(const pv_shape *s, int64_t step[PV_MAX_DIMS])
{
    int64_t at = 1;
    for (int k = s->ndim - 1; k >= 0; k--) {
        step[k] = at;
        at *= s->dim[k];
    }
}

static int64_t offset_of(const pv_shape *s, const int64_t *begin)
{
    int64_t step[PV_MAX_DIMS] = {0}, at = 0;
    whole(s, step);
    for (int k = 0; k < s->ndim; k++) at += step[k] * begin[k];
    return at;
}

/* Dimensions of one index vanish, neighbours that lie like one dimension in both views become one,
 * and a dimension that is contiguous in the source only (a transposition) moves next to the last,
 * where copy_rows reads it in tiles. At least two dimensions remain. */
static box simplify(const box *b)
{
    box s = {0};
    for (int k = 0; k < b->n; k++) {
        if (b->size[k] == 1) continue;
        int last = s.n - 1;
        if (last >= 0 && s.to[last] == b->to[k] * b->size[k] &&
            s.from[last] == b->from[k] * b->size[k]) {
            s.size[last] *= b->size[k];
            s.to[last] = b->to[k];
            s.from[last] = b->from[k];
            continue;
        }
        s.size[s.n] = b->size[k];
        s.to[s.n] = b->to[k];
        s.from[s.n++] = b->from[k];
    }
    while (s.n < 2) {
        memmove(s.size + 1, s.size, (size_t)s.n * sizeof *s.size);
        memmove(s.to + 1, s.to, (size_t)s.n * sizeof *s.to);
        memmove(s.from + 1, s.from, (size_t)s.n * sizeof *s.from);
        s.size[0] = 1;
        s.to[0] = s.from[0] = 0;
        if (s.n++ == 0) s.to[0] = s.from[0] = 1; /* a single element is contiguous */
    }
    int last = s.n - 1;
    for (int k = 0; k < last - 1 && s.from[last] > 1; k++) {
        if (s.from[k] != 1) continue;
        box t = s;
        s.size[last - 1] = t.size[k], s.to[last - 1] = t.to[k], s.from[last - 1] = t.from[k];
        for (int j = k; j < last - 1; j++) {
            s.size[j] = t.size[j + 1];
            s.to[j] = t.to[j + 1];
            s.from[j] = t.from[j + 1];
        }
        break;
    }
    return s;
}

/* Rows [0, rows) of the last two dimensions. */
static void copy_rows(const box *b, uint32_t *to, const uint32_t *from, int64_t rows)
{
    int k = b->n - 1;
    int64_t columns = b->size[k], tr = b->to[k - 1], fr = b->from[k - 1];
    int64_t tc = b->to[k], fc = b->from[k];
    if (tc == 1 && fc == 1) {
        for (int64_t r = 0; r < rows; r++)
            memcpy(to + r * tr, from + r * fr, (size_t)columns * sizeof *to);
    } else if (tc == 1 && fc == 0) {
        for (int64_t r = 0; r < rows; r++) {
            uint32_t value = from[r * fr];
            for (int64_t c = 0; c < columns; c++) to[r * tr + c] = value;
        }
    } else {
        for (int64_t c0 = 0; c0 < columns; c0 += TILE) {
            int64_t c1 = c0 + TILE < columns ? c0 + TILE : columns;
            for (int64_t r = 0; r < rows; r++)
                for (int64_t c = c0; c < c1; c++) to[r * tr + c * tc] = from[r * fr + c * fc];
        }
    }
}

/* Work is cut into blocks of at most TILE rows of the last two dimensions. */
static void copy_box(const box *given, void *to, const void *from, int threads)
{
    box b = simplify(given);
    int64_t rows = b.size[b.n - 2], blocks = (rows + TILE - 1) / TILE, items = blocks;
    for (int k = 0; k < b.n - 2; k++) items *= b.size[k];
    int64_t count = items * TILE * b.size[b.n - 1];
#pragma omp parallel for schedule(static)                                                          \
    num_threads(threads) if (threads > 1 && count >= PARALLEL_FROM)
    for (int64_t item = 0; item < items; item++) {
        int64_t r = item % blocks * TILE, left = item / blocks;
        int64_t t = r * b.to[b.n - 2], f = r * b.from[b.n - 2];
        for (int k = b.n - 3; k >= 0; k--) {
            t += left % b.size[k] * b.to[k];
            f += left % b.size[k] * b.from[k];
            left /= b.size[k];
        }
        copy_rows(&b, (uint32_t *)to + t, (const uint32_t *)from + f,
                  rows - r < TILE ? rows - r : TILE);
    }
}

static box box_of(const pv_shape *size)
{
    box b = {.n = size->ndim};
    memcpy(b.size, size->dim, sizeof b.size);
    return b;
}

static void permute(const pv_call *call)
{
    int64_t step[PV_MAX_DIMS] = {0};
    box b = box_of(&call->out.shape);
    whole(&call->out.shape, b.to);
    whole(&call->in[0].shape, step);
    for (int k = 0; k < b.n; k++) b.from[k] = step[call->attr.axis[k]];
    copy_box(&b, call->out.data, call->in[0].data, call->threads);
}

static void broadcast(const pv_call *call)
{
    box b = box_of(&call->out.shape);
    whole(&call->out.shape, b.to);
    whole(&call->in[0].shape, b.from);
    for (int k = 0; k < b.n; k++)
        if (call->in[0].shape.dim[k] == 1) b.from[k] = 0;
    copy_box(&b, call->out.data, call->in[0].data, call->threads);
}

static void slice(const pv_call *call)
{
    const uint32_t *from = call->in[0].data;
    box b = box_of(&call->out.shape);
    whole(&call->out.shape, b.to);
    whole(&call->in[0].shape, b.from);
    copy_box(&b, call->out.data, from + offset_of(&call->in[0].shape, call->attr.begin),
             call->threads);
}

/* Puts input k of the call into the result at begin. */
static void place(const pv_call *call, int k, const int64_t *begin)
{
    uint32_t *to = call->out.data;
    box b = box_of(&call->in[k].shape);
    whole(&call->out.shape, b.to);
    whole(&call->in[k].shape, b.from);
    copy_box(&b, to + offset_of(&call->out.shape, begin), call->in[k].data, call->threads);
}

static void pad(const pv_call *call)
{
    memset(call->out.data, 0, (size_t)pv_shape_count(&call->out.shape) * sizeof(uint32_t));
    place(call, 0, call->attr.begin);
}

static void concat(const pv_call *call)
{
    int64_t begin[PV_MAX_DIMS] = {0};
    for (int k = 0; k < call->nin; k++) {
        place(call, k, begin);
        begin[call->attr.axis[0]] += call->in[k].shape.dim[call->attr.axis[0]];
    }
}

static void reshape(const pv_call *call)
{
    size_t bytes = (size_t)pv_shape_count(&call->out.shape) * pv_dtype_size(call->out.dtype);
    if (call->out.data != call->in[0].data) memcpy(call->out.data, call->in[0].data, bytes);
}

const pv_kernel pv_dnnl_reshape = {.run = reshape};
const pv_kernel pv_dnnl_permute = {.run = permute};
const pv_kernel pv_dnnl_broadcast = {.run = broadcast};
const pv_kernel pv_dnnl_slice = {.run = slice};
const pv_kernel pv_dnnl_pad = {.run = pad};
const pv_kernel pv_dnnl_concat = {.run = concat};
