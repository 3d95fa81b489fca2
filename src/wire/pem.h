/* wire/pem.h - PEM files (RFC 7468): one block a file, bytes inside in base64
 *
 * Certificates and keys of several kinds lie in such files; the label says which. Reading refuses
 * files of more than PV_PEM_MAX bytes, of two blocks, with headers (the old way to encrypt), whose
 * end has another label than their beginning, and of another label than was expected. Text before
 * and after the block is allowed, lines may end as they like and be of any length.
 *
 * Bytes may be a private key: they lie in base/secret.h memory, are decoded and encoded in constant
 * time (libsodium) and wiped by pv_pem_clear, as is the text in between.
 */
#ifndef PV_WIRE_PEM_H
#define PV_WIRE_PEM_H

#include "base/file.h"

enum { PV_PEM_MAX = 1 << 16, PV_PEM_LABEL = 64 };

typedef struct pv_pem {
    char label[PV_PEM_LABEL]; /* what stands after BEGIN; "" when cleared */
    uint8_t *der;             /* not DER in every kind of file */
    size_t size;
} pv_pem;

/* A block of a copy of these bytes; size >= 1. PV_ERR_MEMORY. */
pv_status pv_pem_of(pv_pem *p, const char *label, const void *data, size_t size) PV_MUST_USE;

/* On failure *p is cleared. Errors: PV_ERR_FORMAT, PV_ERR_LIMIT, PV_ERR_MEMORY; of read also those
 * of pv_file_read. */
pv_status pv_pem_parse(pv_pem *p, const char *name, const void *data, size_t size) PV_MUST_USE;
pv_status pv_pem_read(pv_pem *p, const char *path) PV_MUST_USE;
void pv_pem_clear(pv_pem *p); /* wipes; idempotent */

/* PV_ERR_FORMAT, naming both, unless the label is the expected one. */
pv_status pv_pem_expect(const pv_pem *p, const char *path, const char *label) PV_MUST_USE;

/* Replaces the file; who must not overwrite asks pv_file_refuse_existing first. */
pv_status pv_pem_save(const pv_pem *p, const char *path, mode_t mode) PV_MUST_USE;

#endif
