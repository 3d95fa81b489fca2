/* wire/writer.h - a growing, bounded buffer of bytes: the other end of wire/reader.h
 *
 * A pv_writer appends; it grows by itself up to `max` bytes. The first append that does not fit (or
 * finds no memory) makes it fail: later appends do nothing, and one check at the end is enough:
 *
 *     pv_writer w = pv_writer_make("hello message", 4096);
 *     pv_writer_u32le(&w, version);
 *     pv_writer_string(&w, party);
 *     PV_TRY_GOTO(pv_writer_take(&w, &bytes));
 *  done:
 *     pv_writer_clear(&w);
 *
 * Everything written is read back by the take of the same name. The writer owns its bytes until
 * pv_writer_take hands them over; pv_writer_clear frees what is left and may be called twice.
 *
 * With `secret` set before the first append, bytes that are left behind where the buffer grows or
 * is cleared are wiped; who takes them wipes them.
 *
 * Errors: PV_ERR_LIMIT, PV_ERR_MEMORY.
 */
#ifndef PV_WIRE_WRITER_H
#define PV_WIRE_WRITER_H

#include "base/file.h"

typedef struct pv_writer {
    const char *name; /* of what is written, for messages */
    uint8_t *data;
    size_t size, cap, max;
    int secret;
    pv_status status;
} pv_writer;

pv_writer pv_writer_make(const char *name, size_t max);
void pv_writer_clear(pv_writer *w);

/* PV_OK, or how the writer failed first. */
pv_status pv_writer_status(const pv_writer *w) PV_MUST_USE;

void pv_writer_u8(pv_writer *w, uint8_t v);
void pv_writer_u16le(pv_writer *w, uint16_t v);
void pv_writer_u16be(pv_writer *w, uint16_t v);
void pv_writer_u32le(pv_writer *w, uint32_t v);
void pv_writer_u32be(pv_writer *w, uint32_t v);
void pv_writer_u64le(pv_writer *w, uint64_t v);
void pv_writer_u64be(pv_writer *w, uint64_t v);
void pv_writer_f32le(pv_writer *w, float v);
void pv_writer_f64le(pv_writer *w, double v);

void pv_writer_bytes(pv_writer *w, const void *bytes, size_t n);
void pv_writer_sized(pv_writer *w, const void *bytes, size_t n); /* u32le length, then the bytes */
void pv_writer_string(pv_writer *w, const char *s);              /* sized, without the NUL */
void pv_writer_fill(pv_writer *w, uint8_t value, size_t n);      /* n times the same byte */

/* Hand over what was written; w is empty afterwards and may be used again. On failure *out is
 * cleared and w keeps its bytes. */
pv_status pv_writer_take(pv_writer *w, pv_bytes *out) PV_MUST_USE;

#endif
