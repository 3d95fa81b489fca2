/* base/str.h - text that grows
 *
 * A pv_str is zero-initialised, grows as it is appended to and is cleared by its owner. `text` is
 * always a C string once something was appended, and NULL before; pv_str_text() is never NULL.
 * After a failure (PV_ERR_MEMORY) the text is what it was.
 *
 *     pv_str s = {0};
 *     PV_TRY_GOTO(pv_str_printf(&s, "%d of %d", k, n));
 *     puts(pv_str_text(&s));
 *     done: pv_str_clear(&s);
 */
#ifndef PV_BASE_STR_H
#define PV_BASE_STR_H

#include "base/mem.h"
#include <stdarg.h>

typedef struct pv_str {
    char *text;
    size_t size; /* bytes before the final NUL */
    size_t capacity;
} pv_str;

pv_status pv_str_append(pv_str *s, const char *text) PV_MUST_USE;
pv_status pv_str_append_bytes(pv_str *s, const void *data, size_t size) PV_MUST_USE;
pv_status pv_str_printf(pv_str *s, const char *fmt, ...) PV_MUST_USE PV_PRINTF(2, 3); /* appends */
pv_status pv_str_vprintf(pv_str *s, const char *fmt, va_list ap) PV_MUST_USE PV_PRINTF(2, 0);

/* The shortest decimal text that reads back as exactly x; "nan", "inf" or "-inf" otherwise. */
pv_status pv_str_number(pv_str *s, double x) PV_MUST_USE;

/* A field of CSV (RFC 4180): quoted when it holds what would end it. */
pv_status pv_str_append_csv(pv_str *s, const char *text) PV_MUST_USE;

const char *pv_str_text(const pv_str *s);     /* "" when nothing was appended */
void pv_str_truncate(pv_str *s, size_t size); /* forget what follows the first `size` bytes */
void pv_str_clear(pv_str *s);                 /* idempotent */

#endif
