#include "view/parts.h"

#include "view/le.h"
#include "wire/reader.h"
#include "wire/utf8.h"
#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_BYTES = 255, ALIGNMENT = 8 };

static size_t aligned(size_t n)
{
    return (n + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* Bytes of a part's data; -1 when that is no number. */
static int64_t data_bytes(pv_dtype dtype, const pv_shape *shape)
{
    int64_t n = pv_shape_count(shape);
    if (n < 0 || __builtin_mul_overflow(n, (int64_t)pv_dtype_size(dtype), &n)) return -1;
    return n;
}

static size_t head_bytes(const pv_part *part)
{
    return 1 + strlen(part->name) + 2 + 8 * (size_t)part->shape.ndim;
}

size_t pv_parts_size(const pv_part *part, size_t count)
{
    size_t at = 2;
    for (size_t i = 0; i < count; i++) {
        int64_t n = data_bytes(part[i].dtype, &part[i].shape);
        if (n < 0 || at > PTRDIFF_MAX - ALIGNMENT - head_bytes(&part[i])) return SIZE_MAX;
        at = aligned(at + head_bytes(&part[i]));
        if ((size_t)n > PTRDIFF_MAX - at) return SIZE_MAX;
        at += (size_t)n;
    }
    return at;
}

/* ---- names */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* *twin: a name that stands there twice; NULL when there is none. */
static pv_status find_twin(const char **twin, const pv_part *part, size_t count)
{
    const char **name = pv_alloc(count, sizeof *name);
    if (name == NULL) PV_FAIL_MEMORY(count * sizeof *name);
    *twin = NULL;
    for (size_t i = 0; i < count; i++) name[i] = part[i].name;
    qsort(name, count, sizeof *name, by_text);
    for (size_t i = 1; i < count && *twin == NULL; i++)
        if (strcmp(name[i - 1], name[i]) == 0) *twin = name[i];
    pv_free(name);
    return PV_OK;
}

/* ---- writing */

static pv_status check_part(const pv_part *part)
{
    char text[PV_SHAPE_TEXT];
    size_t n = strlen(part->name);
    if (n == 0 || n > NAME_MAX_BYTES || pv_utf8_check((const uint8_t *)part->name, n) < n)
        PV_FAIL(PV_ERR_USAGE, "'%.60s' can't name a tensor: 1 to %d bytes of UTF-8 text can",
                part->name, NAME_MAX_BYTES);
    if (pv_dtype_size(part->dtype) == 0)
        PV_FAIL(PV_ERR_USAGE, "tensor '%s': %d is no dtype", part->name, (int)part->dtype);
    int bad = part->shape.ndim < 0 || part->shape.ndim > PV_MAX_DIMS;
    for (int i = 0; !bad && i < part->shape.ndim; i++) bad = part->shape.dim[i] < 0;
    if (bad || data_bytes(part->dtype, &part->shape) < 0)
        PV_FAIL(PV_ERR_USAGE, "tensor '%s': it can't have the shape %s", part->name,
                part->shape.ndim >= 0 && part->shape.ndim <= PV_MAX_DIMS
                    ? pv_shape_text(&part->shape, text)
                    : "given");
    return PV_OK;
}

pv_status pv_parts_encode(void *out, const pv_part *part, size_t count)
{
    const char *twin;
    uint8_t *begin = out, *p = begin;
    if (count > PV_PARTS_MAX)
        PV_FAIL(PV_ERR_USAGE, "%zu tensors in a message, at most %d fit", count, PV_PARTS_MAX);
    for (size_t i = 0; i < count; i++) PV_TRY(check_part(&part[i]));
    PV_TRY(find_twin(&twin, part, count));
    if (twin != NULL)
        PV_FAIL(PV_ERR_USAGE, "two tensors of a message can't share the name '%s'", twin);
    p = pv_le_put(p, count, 2);
    for (size_t i = 0; i < count; i++) {
        size_t name = strlen(part[i].name);
        size_t bytes = (size_t)data_bytes(part[i].dtype, &part[i].shape);
        p = pv_le_put(p, name, 1);
        p = pv_le_bytes(p, part[i].name, name);
        p = pv_le_put(p, part[i].dtype, 1);
        p = pv_le_put(p, (uint64_t)part[i].shape.ndim, 1);
        for (int d = 0; d < part[i].shape.ndim; d++)
            p = pv_le_put(p, (uint64_t)part[i].shape.dim[d], 8);
        while ((p - begin) % ALIGNMENT != 0) *p++ = 0;
        if (bytes > 0) p = pv_le_bytes(p, part[i].data, bytes);
    }
    return PV_OK;
}

/* ---- reading */

/* The head of a part, and a borrowed, unended name. */
static void read_head(pv_reader *r, pv_part *part, const uint8_t **name, size_t *name_size)
{
    *name_size = pv_reader_u8(r, "the length of a name");
    *name = pv_reader_bytes(r, *name_size, "a name");
    if (*name == NULL || *name_size == 0 || pv_utf8_check(*name, *name_size) < *name_size)
        pv_reader_fail(r, PV_ERR_FORMAT, "the name of a tensor is no UTF-8 text");
    part->dtype = (pv_dtype)pv_reader_u8(r, "a dtype");
    if (pv_dtype_size(part->dtype) == 0)
        pv_reader_fail(r, PV_ERR_FORMAT, "%d is no dtype", (int)part->dtype);
    part->shape.ndim = pv_reader_u8(r, "a number of dimensions");
    pv_reader_require_max(r, (uint64_t)part->shape.ndim, PV_MAX_DIMS, "the number of dimensions");
    if (pv_reader_status(r) != PV_OK) return;
    for (int i = 0; i < part->shape.ndim; i++) {
        uint64_t dim = pv_reader_u64le(r, "a dimension");
        pv_reader_require_max(r, dim, INT64_MAX, "a dimension");
        part->shape.dim[i] = (int64_t)dim;
    }
}

/* After a failure part->shape may be anything. */
static void read_data(pv_reader *r, pv_part *part)
{
    if (pv_reader_status(r) != PV_OK) return;
    const uint8_t *zero = pv_reader_bytes(r, aligned(r->at) - r->at, "the space before the data");
    for (const uint8_t *p = zero; p != NULL && p < r->data + r->at; p++)
        if (*p != 0) {
            pv_reader_fail(r, PV_ERR_FORMAT, "the bytes before a tensor's data must be zero");
            return;
        }
    int64_t bytes = data_bytes(part->dtype, &part->shape);
    if (bytes < 0) {
        char text[PV_SHAPE_TEXT];
        pv_reader_fail(r, PV_ERR_LIMIT, "no tensor can have the shape %s",
                       pv_shape_text(&part->shape, text));
    }
    part->data = pv_reader_bytes(r, bytes < 0 ? 0 : (size_t)bytes, "the data of a tensor");
}

/* Twice over the bytes: how much room all names take, then the parts themselves. */
static pv_status read_all(pv_parts *out, pv_reader *r, size_t count)
{
    size_t start = r->at, names = 0, size;
    const uint8_t *name;
    pv_part part;
    for (size_t i = 0; i < count; i++) {
        part = (pv_part){0};
        read_head(r, &part, &name, &size);
        read_data(r, &part);
        PV_TRY(pv_reader_status(r)); /* nothing more is done for a count that is a lie */
        names += size + 1;
    }
    pv_reader_end(r);
    PV_TRY(pv_reader_status(r));
    out->part = pv_calloc(count, sizeof *out->part);
    out->names = pv_alloc(names, 1);
    if (out->part == NULL || out->names == NULL) PV_FAIL_MEMORY(count * sizeof *out->part + names);
    char *text = out->names;
    r->at = start;
    for (; out->count < count; out->count++) {
        pv_part *p = &out->part[out->count];
        read_head(r, p, &name, &size);
        read_data(r, p);
        p->name = text;
        memcpy(text, name, size);
        text[size] = '\0';
        text += size + 1;
    }
    return PV_OK;
}

pv_status pv_parts_parse(pv_parts *out, const char *what, const void *data, size_t size)
{
    pv_status status = PV_OK;
    const char *twin;
    assert((uintptr_t)data % ALIGNMENT == 0);
    *out = (pv_parts){0};
    pv_reader r = pv_reader_make(what, data, size);
    size_t count = pv_reader_u16le(&r, "the number of tensors");
    pv_reader_require_max(&r, count, PV_PARTS_MAX, "the number of tensors");
    PV_TRY(pv_reader_status(&r));
    PV_TRY_GOTO(read_all(out, &r, count));
    PV_TRY_GOTO(find_twin(&twin, out->part, count));
    if (twin != NULL)
        PV_FAIL_GOTO(PV_ERR_FORMAT, "%s: there are two tensors '%s' in it", what, twin);
done:
    if (status != PV_OK) pv_parts_clear(out);
    return status;
}

void pv_parts_clear(pv_parts *p)
{
    pv_free(p->part);
    pv_free(p->names);
    *p = (pv_parts){0};
}

const pv_part *pv_parts_find(const pv_parts *p, const char *name)
{
    for (size_t i = 0; i < p->count; i++)
        if (strcmp(p->part[i].name, name) == 0) return &p->part[i];
    return NULL;
}

pv_status pv_parts_get(const pv_part **out, const pv_parts *p, const char *what, const char *name,
                       pv_dtype dtype, pv_shape shape)
{
    char is[PV_SHAPE_TEXT], wanted[PV_SHAPE_TEXT];
    *out = NULL;
    const pv_part *part = pv_parts_find(p, name);
    if (part == NULL)
        PV_FAIL(PV_ERR_PEER,
                "%s: there is no tensor '%s' among its %zu; do both run the same version?", what,
                name, p->count);
    int fits = part->dtype == dtype && part->shape.ndim == shape.ndim;
    for (int i = 0; fits && i < shape.ndim; i++)
        fits = shape.dim[i] == -1 || shape.dim[i] == part->shape.dim[i];
    if (!fits)
        PV_FAIL(PV_ERR_PEER, "%s: tensor '%s' is %s%s, %s%s was expected (-1: any)", what, name,
                pv_dtype_name(part->dtype), pv_shape_text(&part->shape, is), pv_dtype_name(dtype),
                pv_shape_text(&shape, wanted));
    *out = part;
    return PV_OK;
}

pv_status pv_parts_get_bytes(void *out, size_t size, const pv_parts *p, const char *what,
                             const char *name)
{
    const pv_part *part;
    PV_TRY(pv_parts_get(&part, p, what, name, PV_U8, PV_SHAPE((int64_t)size)));
    memcpy(out, part->data, size);
    return PV_OK;
}

pv_status pv_parts_get_number(int64_t *out, const pv_parts *p, const char *what, const char *name,
                              int64_t low, int64_t high)
{
    const pv_part *part;
    PV_TRY(pv_parts_get(&part, p, what, name, PV_I64, PV_SHAPE(1)));
    memcpy(out, part->data, sizeof *out);
    if (*out < low || *out > high)
        PV_FAIL(PV_ERR_PEER, "%s: %s is %" PRId64 "; from %" PRId64 " to %" PRId64 " was expected",
                what, name, *out, low, high);
    return PV_OK;
}

pv_status pv_parts_get_some(const uint8_t **data, size_t *size, const pv_parts *p, const char *what,
                            const char *name, size_t most)
{
    const pv_part *part;
    PV_TRY(pv_parts_get(&part, p, what, name, PV_U8, PV_SHAPE(-1)));
    *data = part->data;
    *size = (size_t)part->shape.dim[0];
    if (*size < 1 || *size > most)
        PV_FAIL(PV_ERR_PEER, "%s: %zu bytes of %s; from 1 to %zu were expected", what, *size, name,
                most);
    return PV_OK;
}

pv_status pv_parts_get_count(const pv_parts *p, const char *what, size_t count)
{
    if (p->count != count)
        PV_FAIL(PV_ERR_PEER, "%s: %zu tensors, %zu were expected", what, p->count, count);
    return PV_OK;
}

pv_part pv_part_bytes(const char *name, const void *data, size_t size)
{
    return (pv_part){.name = name, .dtype = PV_U8, .shape = PV_SHAPE((int64_t)size), .data = data};
}

pv_part pv_part_number(const char *name, const int64_t *n)
{
    return (pv_part){.name = name, .dtype = PV_I64, .shape = PV_SHAPE(1), .data = n};
}

pv_part_range pv_part_range_of(const pv_part *part)
{
    pv_part_range r = {NAN, NAN, NAN, 0};
    const pv_tensor t = {part->dtype, part->shape, (void *)part->data};
    double sum = 0;
    for (int64_t i = 0, n = pv_tensor_count(&t); i < n; i++) {
        double x = pv_tensor_get(&t, i);
        if (!isfinite(x)) continue;
        if (r.finite == 0 || x < r.min) r.min = x;
        if (r.finite == 0 || x > r.max) r.max = x;
        sum += x;
        r.finite++;
    }
    if (r.finite > 0) r.mean = sum / (double)r.finite;
    return r;
}
