/* codec/text.h - walking over a text file line by line
 *
 * What ARFF, CSV and TSV have in common: an optional byte order mark, lines that end in LF or CRLF,
 * positions counted in lines.
 */
#ifndef PV_CODEC_TEXT_H
#define PV_CODEC_TEXT_H

#include "privet/status.h"
#include <stddef.h>
#include <stdint.h>

typedef struct pv_text {
    const char *name;
    const char *p;
    size_t n, at;
    int64_t line; /* of the line last taken, from 1 */
} pv_text;

pv_text pv_text_make(const char *name, const uint8_t *p, size_t n);

/* PV_ERR_FORMAT, naming the line, when it is not UTF-8 or holds a NUL byte. */
pv_status pv_text_check(const pv_text *t) PV_MUST_USE;

/* The next line, without its end: 1, or 0 when there is none. */
int pv_text_line(pv_text *t, const char **line, size_t *n);

#endif
