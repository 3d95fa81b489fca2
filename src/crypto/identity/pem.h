/* crypto/identity/pem.h - PEM files of this room (RFC 7468): one block a file, its DER bytes inside
 *
 * Reading refuses files of more than PV_PEM_MAX bytes, of two blocks, with headers (the old way to
 * encrypt), and of another label. Bytes read may be a private key: pv_pem_clear wipes them.
 */
#ifndef PV_CRYPTO_IDENTITY_PEM_H
#define PV_CRYPTO_IDENTITY_PEM_H

#include "base/file.h"
#include <openssl/bio.h>

enum { PV_PEM_MAX = 1 << 16 };

#define PV_PEM_CERTIFICATE   "CERTIFICATE"
#define PV_PEM_REQUEST       "CERTIFICATE REQUEST"
#define PV_PEM_KEY           "PRIVATE KEY"
#define PV_PEM_ENCRYPTED_KEY "ENCRYPTED PRIVATE KEY"

typedef struct pv_pem {
    char *label; /* what stands after BEGIN */
    uint8_t *der;
    size_t size;
} pv_pem;

/* On failure *p is cleared. Errors: PV_ERR_FORMAT, PV_ERR_LIMIT, PV_ERR_MEMORY; of read also those
 * of pv_file_read. */
pv_status pv_pem_parse(pv_pem *p, const char *name, const void *data, size_t size) PV_MUST_USE;
pv_status pv_pem_read(pv_pem *p, const char *path) PV_MUST_USE;
void pv_pem_clear(pv_pem *p); /* wipes; idempotent */

/* PV_ERR_FORMAT, naming both, unless the label is the expected one. */
pv_status pv_pem_expect(const pv_pem *p, const char *path, const char *label) PV_MUST_USE;

/* PV_ERR_USAGE when path exists already, as a file, a link or anything else. */
pv_status pv_pem_refuse_existing(const char *path) PV_MUST_USE;

/* A memory BIO that wipes what it held; PV_ERR_MEMORY. */
pv_status pv_pem_buffer(BIO **bio) PV_MUST_USE;
/* What was written to it, into a new file. */
pv_status pv_pem_save(BIO *bio, const char *path, mode_t mode) PV_MUST_USE;

#endif
