/* codec/tsv.h - tab-separated text: rows of strings under a header line
 *
 * The first line names the columns. Fields are separated by single tabs and taken as they are
 * (nothing is quoted; a quote is a character); lines end in LF or CRLF; a byte order mark is
 * skipped; empty lines are skipped. Text must be UTF-8 without NUL bytes.
 *
 * Errors: PV_ERR_FORMAT (the number of fields, bytes that are no text), PV_ERR_LIMIT,
 * PV_ERR_MEMORY, each naming the line; *out is cleared on failure.
 */
#ifndef PV_CODEC_TSV_H
#define PV_CODEC_TSV_H

#include "base/file.h"

typedef struct pv_tsv {
    int ncolumns;
    const char **names; /* [ncolumns] */
    int64_t nrows;
    const char **cells; /* [nrows, ncolumns] */
    int64_t *lines;     /* [nrows], from 1 */
    pv_bytes text;      /* what the strings point into */
} pv_tsv;

pv_status pv_tsv_parse(pv_tsv *out, const char *name, const uint8_t *p, size_t n) PV_MUST_USE;
pv_status pv_tsv_load(pv_tsv *out, const char *path) PV_MUST_USE;
void pv_tsv_clear(pv_tsv *t);                       /* idempotent */
int pv_tsv_find(const pv_tsv *t, const char *name); /* column of that name; -1: none */

#endif
