/* crypto/identity/hash.h - SHA-256 (FIPS 180-4): the one hash of chains, commitments and run
 * folders
 *
 *     pv_hash h;
 *     PV_TRY(pv_hash_of(&h, data, size));
 *     puts(pv_hash_text(&h, text));
 *
 * or piece by piece:
 *
 *     pv_hasher s;
 *     PV_TRY(pv_hasher_init(&s));
 *     pv_hasher_add(&s, data, size);             any number of times
 *     PV_TRY(pv_hasher_end(&s, &h));             clears s
 *
 * Hashes are public values: they are compared with pv_hash_equal, whose time may depend on them.
 */
#ifndef PV_CRYPTO_IDENTITY_HASH_H
#define PV_CRYPTO_IDENTITY_HASH_H

#include "privet/status.h"
#include <stddef.h>
#include <stdint.h>

enum { PV_HASH_BYTES = 32, PV_HASH_TEXT = 2 * PV_HASH_BYTES + 1 };

typedef struct pv_hash {
    uint8_t byte[PV_HASH_BYTES];
} pv_hash;

typedef struct pv_hasher {
    void *state; /* NULL when cleared */
} pv_hasher;

/* Errors: PV_ERR_MEMORY. */
pv_status pv_hasher_init(pv_hasher *s) PV_MUST_USE;
void pv_hasher_add(pv_hasher *s, const void *data, size_t size);
pv_status pv_hasher_end(pv_hasher *s, pv_hash *out) PV_MUST_USE; /* also clears s */
void pv_hasher_clear(pv_hasher *s);                              /* idempotent */

pv_status pv_hash_of(pv_hash *out, const void *data, size_t size) PV_MUST_USE;

/* Of a file's bytes, read in pieces. Errors: those of opening and reading, with the path. */
pv_status pv_hash_file(pv_hash *out, const char *path) PV_MUST_USE;

int pv_hash_equal(const pv_hash *a, const pv_hash *b);

/* 64 lower-case hexadecimal digits; returns buffer. */
const char *pv_hash_text(const pv_hash *h, char buffer[PV_HASH_TEXT]);

/* The reverse; PV_ERR_FORMAT for anything but 64 hexadecimal digits. */
pv_status pv_hash_parse(pv_hash *out, const char *text) PV_MUST_USE;

#endif
