/* wire/utf8.h - is it text? */
#ifndef PV_WIRE_UTF8_H
#define PV_WIRE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* How many of the n bytes, from the first, are whole UTF-8 characters (RFC 3629: shortest form, no
 * surrogates) other than NUL: n when all are text, else the offset of the first that is not. */
size_t pv_utf8_check(const uint8_t *p, size_t n);

#endif
