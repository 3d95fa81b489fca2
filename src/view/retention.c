#include "view/view.h"

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
