#include "wire/reader.h"

#include "base/trail.h"
#include "wire/utf8.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

pv_reader pv_reader_make(const char *name, const void *data, size_t size)
{
    return (pv_reader){.name = name, .data = data, .size = size};
}

pv_status pv_reader_status(const pv_reader *r)
{
    return r->status;
}

size_t pv_reader_left(const pv_reader *r)
{
    return r->size - r->at;
}

void pv_reader_fail(pv_reader *r, pv_status s, const char *fmt, ...)
{
    char message[512];
    va_list ap;
    if (r->status != PV_OK) return;
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    r->status =
        pv_trail_fail(s, __FILE__, __LINE__, "%s: at byte %zu: %s", r->name, r->at, message);
    r->at = r->size; /* nothing is left to take */
}

const uint8_t *pv_reader_bytes(pv_reader *r, size_t n, const char *field)
{
    if (r->status != PV_OK) return NULL;
    if (n > r->size - r->at) {
        pv_reader_fail(r, PV_ERR_TRUNCATED,
                       "%s takes %zu bytes and only %zu are left; is it complete?", field, n,
                       r->size - r->at);
        return NULL;
    }
    const uint8_t *p = r->data + r->at;
    r->at += n;
    return p;
}

/* All integers come through here: n bytes, n <= 8, the first the least significant or the most. */
static uint64_t little(pv_reader *r, size_t n, const char *field)
{
    uint64_t v = 0;
    const uint8_t *p = pv_reader_bytes(r, n, field);
    for (size_t i = 0; p != NULL && i < n; i++) v |= (uint64_t)p[i] << (8 * i);
    return v;
}

static uint64_t big(pv_reader *r, size_t n, const char *field)
{
    uint64_t v = 0;
    const uint8_t *p = pv_reader_bytes(r, n, field);
    for (size_t i = 0; p != NULL && i < n; i++) v = v << 8 | p[i];
    return v;
}

uint8_t pv_reader_u8(pv_reader *r, const char *field)
{
    return (uint8_t)little(r, 1, field);
}

uint16_t pv_reader_u16le(pv_reader *r, const char *field)
{
    return (uint16_t)little(r, 2, field);
}

uint16_t pv_reader_u16be(pv_reader *r, const char *field)
{
    return (uint16_t)big(r, 2, field);
}

uint32_t pv_reader_u32le(pv_reader *r, const char *field)
{
    return (uint32_t)little(r, 4, field);
}

uint32_t pv_reader_u32be(pv_reader *r, const char *field)
{
    return (uint32_t)big(r, 4, field);
}

uint64_t pv_reader_u64le(pv_reader *r, const char *field)
{
    return little(r, 8, field);
}

uint64_t pv_reader_u64be(pv_reader *r, const char *field)
{
    return big(r, 8, field);
}

float pv_reader_f32le(pv_reader *r, const char *field)
{
    uint32_t bits = (uint32_t)little(r, 4, field);
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

double pv_reader_f64le(pv_reader *r, const char *field)
{
    uint64_t bits = little(r, 8, field);
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

const uint8_t *pv_reader_sized(pv_reader *r, size_t max, size_t *n, const char *field)
{
    *n = pv_reader_u32le(r, field);
    pv_reader_require_max(r, *n, max, field);
    const uint8_t *p = pv_reader_bytes(r, *n, field);
    if (p == NULL) *n = 0;
    return p;
}

void pv_reader_string(pv_reader *r, char *out, size_t size, const char *field)
{
    size_t n;
    const uint8_t *p = pv_reader_sized(r, size - 1, &n, field);
    size_t bad = p == NULL ? 0 : pv_utf8_check(p, n);
    if (p != NULL && bad < n) {
        r->at -= n - bad;
        pv_reader_fail(r, PV_ERR_FORMAT, "%s is no UTF-8 text", field);
        n = 0;
    }
    if (n > 0) memcpy(out, p, n);
    out[n] = '\0';
}

void pv_reader_expect(pv_reader *r, const void *bytes, size_t n, const char *field)
{
    const uint8_t *p = pv_reader_bytes(r, n, field);
    if (p != NULL && memcmp(p, bytes, n) != 0) {
        r->at -= n;
        pv_reader_fail(r, PV_ERR_FORMAT, "the %s is not there; is it a file of another kind?",
                       field);
    }
}

void pv_reader_seek(pv_reader *r, uint64_t at, const char *field)
{
    if (r->status != PV_OK) return;
    if (at > r->size)
        pv_reader_fail(r, PV_ERR_TRUNCATED,
                       "%s should be at byte %" PRIu64 ", beyond the end at %zu; is it complete?",
                       field, at, r->size);
    else
        r->at = (size_t)at;
}

void pv_reader_require_max(pv_reader *r, uint64_t value, uint64_t max, const char *field)
{
    if (r->status == PV_OK && value > max)
        pv_reader_fail(r, PV_ERR_LIMIT, "%s is %" PRIu64 ", at most %" PRIu64 " is allowed", field,
                       value, max);
}

void pv_reader_end(pv_reader *r)
{
    if (r->at < r->size)
        pv_reader_fail(r, PV_ERR_FORMAT, "%zu bytes more than expected; the end belongs here",
                       r->size - r->at);
}
