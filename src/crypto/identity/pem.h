/* crypto/identity/pem.h - what this room keeps in PEM files (wire/pem.h) */
#ifndef PV_CRYPTO_IDENTITY_PEM_H
#define PV_CRYPTO_IDENTITY_PEM_H

#include "wire/pem.h"

#define PV_PEM_CERTIFICATE   "CERTIFICATE"
#define PV_PEM_REQUEST       "CERTIFICATE REQUEST"
#define PV_PEM_KEY           "PRIVATE KEY"
#define PV_PEM_ENCRYPTED_KEY "ENCRYPTED PRIVATE KEY"

/* A block of what OpenSSL's i2d functions made: der is wiped and freed, size is what they returned
 * (not positive: they failed). what: "the certificate", for errors. */
pv_status pv_pem_take(pv_pem *p, const char *label, uint8_t *der, int size,
                      const char *what) PV_MUST_USE;

#endif
