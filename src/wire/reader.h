/* wire/reader.h - a bounded reader of bytes: what every parser and every message is built on
 *
 * A pv_reader walks over bytes that somebody else made. Every take names the field it takes, and
 * the first one that does not fit makes the reader fail: from then on it is empty, every take
 * returns zero (or NULL), and the trail says the name of the source, the offset, the field and what
 * was expected. So a parser reads a whole record straight down and asks once, before it uses what
 * it read:
 *
 *     pv_reader r = pv_reader_make("train.idx", data, size);
 *     pv_reader_expect(&r, "\0\0\10\3", 4, "magic number");
 *     uint32_t count = pv_reader_u32be(&r, "number of images");
 *     pv_reader_require_max(&r, count, 1000000, "number of images");
 *     PV_TRY(pv_reader_status(&r));
 *
 * A reader owns nothing and copies nothing: `name` and the bytes must outlive it, and pointers it
 * returns point into the bytes (unaligned). No take reads past the end, whatever length it is
 * given. Floats are IEEE 754; le and be say the byte order.
 *
 * Errors: PV_ERR_TRUNCATED where the bytes end too early, PV_ERR_FORMAT where they are not what the
 * format says, PV_ERR_LIMIT where a length is beyond its maximum.
 */
#ifndef PV_WIRE_READER_H
#define PV_WIRE_READER_H

#include "privet/status.h"
#include <stddef.h>
#include <stdint.h>

typedef struct pv_reader {
    const char *name; /* of the source, for messages: a path, a message type */
    const uint8_t *data;
    size_t size, at; /* at <= size; the next byte is data[at] */
    pv_status status;
} pv_reader;

pv_reader pv_reader_make(const char *name, const void *data, size_t size);

/* PV_OK, or how the reader failed first. */
pv_status pv_reader_status(const pv_reader *r) PV_MUST_USE;
size_t pv_reader_left(const pv_reader *r); /* bytes not yet taken; 0 after a failure */

uint8_t pv_reader_u8(pv_reader *r, const char *field);
uint16_t pv_reader_u16le(pv_reader *r, const char *field);
uint16_t pv_reader_u16be(pv_reader *r, const char *field);
uint32_t pv_reader_u32le(pv_reader *r, const char *field);
uint32_t pv_reader_u32be(pv_reader *r, const char *field);
uint64_t pv_reader_u64le(pv_reader *r, const char *field);
uint64_t pv_reader_u64be(pv_reader *r, const char *field);
float pv_reader_f32le(pv_reader *r, const char *field);
double pv_reader_f64le(pv_reader *r, const char *field);

/* The next n bytes; NULL on failure. */
const uint8_t *pv_reader_bytes(pv_reader *r, size_t n, const char *field);

/* A u32le length of at most max, then so many bytes: *n gets the length (0 on failure). */
const uint8_t *pv_reader_sized(pv_reader *r, size_t max, size_t *n, const char *field);

/* A sized string into out[0..size), with its NUL: its length must be below size, its bytes UTF-8
 * without a NUL. "" on failure. */
void pv_reader_string(pv_reader *r, char *out, size_t size, const char *field);

/* The next n bytes must be these. */
void pv_reader_expect(pv_reader *r, const void *bytes, size_t n, const char *field);

/* Go to an absolute offset, at most the size. */
void pv_reader_seek(pv_reader *r, uint64_t at, const char *field);

/* Fail with PV_ERR_LIMIT when value > max; the offset in the message is the current one. */
void pv_reader_require_max(pv_reader *r, uint64_t value, uint64_t max, const char *field);

/* Fail with PV_ERR_FORMAT when bytes are left. */
void pv_reader_end(pv_reader *r);

/* The parser's own findings: "NAME: at byte AT: " and the message. Keeps an earlier failure. */
void pv_reader_fail(pv_reader *r, pv_status s, const char *fmt, ...) PV_PRINTF(3, 4);

#endif
