#include "view/view_i.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

pv_status pv_retention_parse(pv_retention *out, const char *text)
{
    uint64_t every = 0;
    const char *p = text;
    *out = (pv_retention){.kind = PV_RETAIN_FULL};
    if (strcmp(text, "full") == 0) return PV_OK;
    out->kind = PV_RETAIN_DIGEST;
    if (strcmp(text, "digest") == 0) return PV_OK;
    if (strncmp(text, "every:", 6) == 0)
        for (p = text + 6; *p >= '0' && *p <= '9'; p++)
            if (__builtin_mul_overflow(every, 10, &every) ||
                __builtin_add_overflow(every, (uint64_t)(*p - '0'), &every))
                break;
    if (every == 0 || *p != '\0') {
        *out = (pv_retention){0};
        PV_FAIL(PV_ERR_OPTION,
                "\"%.40s\" says nothing about what a view keeps: full, digest or every:N (N >= 1) "
                "do",
                text);
    }
    *out = (pv_retention){.kind = PV_RETAIN_EVERY, .every = every};
    return PV_OK;
}

int pv_retention_keeps(const pv_retention *r, uint64_t step)
{
    switch (r->kind) {
    case PV_RETAIN_FULL:
        return 1;
    case PV_RETAIN_EVERY:
        return r->every > 0 && step % r->every == 0;
    case PV_RETAIN_DIGEST:
        break;
    }
    return 0;
}

/* Steps up to and with `last`, from 0, whose payloads are kept. */
static uint64_t kept_until(const pv_retention *r, uint64_t last)
{
    if (r->kind == PV_RETAIN_DIGEST || (r->kind == PV_RETAIN_EVERY && r->every == 0)) return 0;
    return last / (r->kind == PV_RETAIN_EVERY ? r->every : 1) + 1;
}

uint64_t pv_retention_bytes(const pv_retention *r, uint64_t first, uint64_t last, uint64_t each,
                            uint64_t size)
{
    uint64_t records, payloads, bytes;
    if (first > last) return 0;
    uint64_t kept = kept_until(r, last) - (first == 0 ? 0 : kept_until(r, first - 1));
    if (__builtin_add_overflow(last - first, 1, &records) ||
        __builtin_mul_overflow(records, each, &records) ||
        __builtin_mul_overflow(records, (uint64_t)PV_VIEW_RECORD, &records) ||
        __builtin_mul_overflow(kept, each, &payloads) ||
        __builtin_mul_overflow(payloads, size, &payloads) ||
        __builtin_add_overflow(records, payloads, &bytes))
        return UINT64_MAX;
    return bytes;
}

const char *pv_retention_text(const pv_retention *r, char buffer[PV_RETENTION_TEXT])
{
    if (r->kind == PV_RETAIN_EVERY)
        snprintf(buffer, PV_RETENTION_TEXT, "every:%" PRIu64, r->every);
    else
        snprintf(buffer, PV_RETENTION_TEXT, r->kind == PV_RETAIN_FULL ? "full" : "digest");
    return buffer;
}
