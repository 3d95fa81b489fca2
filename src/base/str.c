#include "base/str.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pv_status reserve(pv_str *s, size_t more)
{
    if (more >= (size_t)PTRDIFF_MAX - s->size) PV_FAIL_MEMORY(more);
    return pv_grow((void **)&s->text, &s->capacity, s->size + more + 1, 1);
}

pv_status pv_str_append_bytes(pv_str *s, const void *data, size_t size)
{
    PV_TRY(reserve(s, size));
    if (size > 0) memcpy(s->text + s->size, data, size);
    s->size += size;
    s->text[s->size] = '\0';
    return PV_OK;
}

pv_status pv_str_append(pv_str *s, const char *text)
{
    return pv_str_append_bytes(s, text, strlen(text));
}

pv_status pv_str_vprintf(pv_str *s, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (n < 0) PV_FAIL(PV_ERR_RUN, "text could not be formatted as '%s'", fmt);
    PV_TRY(reserve(s, (size_t)n));
    vsnprintf(s->text + s->size, (size_t)n + 1, fmt, ap);
    s->size += (size_t)n;
    return PV_OK;
}

pv_status pv_str_printf(pv_str *s, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    pv_status status = pv_str_vprintf(s, fmt, ap);
    va_end(ap);
    return status;
}

pv_status pv_str_number(pv_str *s, double x)
{
    char text[32];
    if (isnan(x)) return pv_str_append(s, "nan");
    if (isinf(x)) return pv_str_append(s, x < 0 ? "-inf" : "inf");
    /* 17 digits always read back exactly, 15 often do. */
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, x);
        if (strtod(text, NULL) == x) break;
    }
    return pv_str_append(s, text);
}

const char *pv_str_text(const pv_str *s)
{
    return s->text == NULL ? "" : s->text;
}

void pv_str_truncate(pv_str *s, size_t size)
{
    if (size >= s->size) return;
    s->size = size;
    s->text[size] = '\0';
}

void pv_str_clear(pv_str *s)
{
    pv_free(s->text);
    *s = (pv_str){0};
}

pv_status pv_str_append_csv(pv_str *s, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) return pv_str_append(s, text);
    PV_TRY(pv_str_append(s, "\""));
    for (const char *c = text; *c != '\0'; c++)
        PV_TRY(*c == '"' ? pv_str_append(s, "\"\"") : pv_str_append_bytes(s, c, 1));
    return pv_str_append(s, "\"");
}
