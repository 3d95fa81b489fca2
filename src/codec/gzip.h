/* codec/gzip.h - reading gzip data in bounded amounts
 *
 * The caller says how many bytes it wants, so a small file that unpacks to a huge one costs only
 * what was asked for. Checksums and sizes are verified by pv_gzip_end. Members that follow each
 * other count as one stream, as gzip(1) has it.
 *
 * Source: RFC 1952 (gzip), RFC 1951 (deflate); zlib does the work.
 *
 * Errors: PV_ERR_TRUNCATED, PV_ERR_FORMAT, PV_ERR_LIMIT (more data than were asked for),
 * PV_ERR_MEMORY.
 */
#ifndef PV_CODEC_GZIP_H
#define PV_CODEC_GZIP_H

#include "base/file.h"

/* Does it begin as a gzip file does? */
int pv_gzip_is(const uint8_t *p, size_t n);

typedef struct pv_gzip pv_gzip;

/* p must outlive *g. */
pv_status pv_gzip_open(pv_gzip **g, const char *name, const uint8_t *p, size_t n) PV_MUST_USE;
void pv_gzip_free(pv_gzip *g); /* accepts NULL */

/* Exactly n bytes into out. field names them in the message when the data end before. */
pv_status pv_gzip_read(pv_gzip *g, void *out, size_t n, const char *field) PV_MUST_USE;

/* The data must end here, with checksums that fit. */
pv_status pv_gzip_end(pv_gzip *g) PV_MUST_USE;

/* All of it, at most max bytes; a NUL byte follows the data. */
pv_status pv_gzip_inflate(pv_bytes *out, const char *name, const uint8_t *p, size_t n,
                          size_t max) PV_MUST_USE;

#endif
