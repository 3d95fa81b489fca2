#include "codec/text.h"

#include "base/trail.h"
#include "wire/utf8.h"
#include <inttypes.h>
#include <string.h>

pv_text pv_text_make(const char *name, const uint8_t *p, size_t n)
{
    pv_text t = {.name = name, .p = (const char *)p, .n = n};
    if (n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0) t.at = 3;
    return t;
}

pv_status pv_text_check(const pv_text *t)
{
    size_t good = pv_utf8_check((const uint8_t *)t->p, t->n);
    int64_t line = 1;
    if (good == t->n) return PV_OK;
    for (size_t i = 0; i < good; i++) line += t->p[i] == '\n';
    PV_FAIL(PV_ERR_FORMAT,
            "%s:%" PRId64
            ": the byte 0x%02x is no UTF-8 text; is it a text file? convert it to UTF-8",
            t->name, line, (unsigned char)t->p[good]);
}

int pv_text_line(pv_text *t, const char **line, size_t *n)
{
    if (t->at == t->n) return 0;
    const char *begin = t->p + t->at, *end = memchr(begin, '\n', t->n - t->at);
    *line = begin;
    *n = end == NULL ? t->n - t->at : (size_t)(end - begin);
    t->at += *n + (end != NULL);
    if (*n > 0 && begin[*n - 1] == '\r') --*n;
    t->line++;
    return 1;
}
