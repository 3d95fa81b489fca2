#include "wire/writer.h"

#include "base/secret.h"
#include <string.h>

pv_writer pv_writer_make(const char *name, size_t max)
{
    return (pv_writer){.name = name, .max = max};
}

void pv_writer_clear(pv_writer *w)
{
    if (w->secret && w->data != NULL) pv_secret_wipe(w->data, w->size);
    pv_free(w->data);
    *w = (pv_writer){.name = w->name, .max = w->max, .secret = w->secret};
}

pv_status pv_writer_status(const pv_writer *w)
{
    return w->status;
}

static pv_status reserve(pv_writer *w, size_t n)
{
    if (n > w->max - w->size)
        PV_FAIL(PV_ERR_LIMIT, "%s: %zu bytes more than its %zu do not fit: at most %zu are allowed",
                w->name, n, w->size, w->max);
    if (!w->secret || w->size + n <= w->cap)
        return pv_grow((void **)&w->data, &w->cap, w->size + n, 1);
    uint8_t *before = w->data; /* pv_grow could leave a copy somewhere */
    w->data = NULL;
    size_t cap = 0;
    pv_status status = pv_grow((void **)&w->data, &cap, w->size + n + w->cap, 1);
    if (status != PV_OK) {
        w->data = before;
        return status;
    }
    if (before != NULL) {
        memcpy(w->data, before, w->size);
        pv_secret_wipe(before, w->size);
        pv_free(before);
    }
    w->cap = cap;
    return PV_OK;
}

/* Room for n more bytes, counted as written; NULL once the writer has failed. */
static uint8_t *append(pv_writer *w, size_t n)
{
    if (w->status == PV_OK) w->status = reserve(w, n);
    if (w->status != PV_OK) return NULL;
    w->size += n;
    return w->data + w->size - n;
}

static void little(pv_writer *w, uint64_t v, size_t n)
{
    uint8_t *p = append(w, n);
    for (size_t i = 0; p != NULL && i < n; i++) p[i] = (uint8_t)(v >> (8 * i));
}

static void big(pv_writer *w, uint64_t v, size_t n)
{
    uint8_t *p = append(w, n);
    for (size_t i = 0; p != NULL && i < n; i++) p[n - 1 - i] = (uint8_t)(v >> (8 * i));
}

void pv_writer_u8(pv_writer *w, uint8_t v)
{
    little(w, v, 1);
}

void pv_writer_u16le(pv_writer *w, uint16_t v)
{
    little(w, v, 2);
}

void pv_writer_u16be(pv_writer *w, uint16_t v)
{
    big(w, v, 2);
}

void pv_writer_u32le(pv_writer *w, uint32_t v)
{
    little(w, v, 4);
}

void pv_writer_u32be(pv_writer *w, uint32_t v)
{
    big(w, v, 4);
}

void pv_writer_u64le(pv_writer *w, uint64_t v)
{
    little(w, v, 8);
}

void pv_writer_u64be(pv_writer *w, uint64_t v)
{
    big(w, v, 8);
}

void pv_writer_f32le(pv_writer *w, float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    little(w, bits, 4);
}

void pv_writer_f64le(pv_writer *w, double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    little(w, bits, 8);
}

void pv_writer_bytes(pv_writer *w, const void *bytes, size_t n)
{
    uint8_t *p = n == 0 ? NULL : append(w, n);
    if (p != NULL) memcpy(p, bytes, n);
}

void pv_writer_sized(pv_writer *w, const void *bytes, size_t n)
{
    if (w->status == PV_OK && n > UINT32_MAX)
        w->status =
            pv_trail_fail(PV_ERR_LIMIT, __FILE__, __LINE__,
                          "%s: %zu bytes in one field, at most 4294967295 are allowed", w->name, n);
    pv_writer_u32le(w, (uint32_t)n);
    pv_writer_bytes(w, bytes, n);
}

void pv_writer_string(pv_writer *w, const char *s)
{
    pv_writer_sized(w, s, strlen(s));
}

void pv_writer_fill(pv_writer *w, uint8_t value, size_t n)
{
    uint8_t *p = n == 0 ? NULL : append(w, n);
    if (p != NULL) memset(p, value, n);
}

pv_status pv_writer_take(pv_writer *w, pv_bytes *out)
{
    *out = (pv_bytes){0};
    PV_TRY(w->status);
    *out = (pv_bytes){.data = w->data, .size = w->size};
    w->data = NULL;
    pv_writer_clear(w);
    return PV_OK;
}
