/* crypto/identity/certificate.h - what a certificate is made of, for the files of this room */
#ifndef PV_CRYPTO_IDENTITY_CERTIFICATE_H
#define PV_CRYPTO_IDENTITY_CERTIFICATE_H

#include "crypto/identity/identity.h"
#include <openssl/x509.h>

struct pv_certificate {
    X509 *x509;
    char name[PV_PARTY_NAME];
    uint8_t key[32];
    pv_hash fingerprint;
    int64_t begins, ends;
};

/* The one CN of a subject: 1..63 bytes of UTF-8 without control characters. `what` is named.
 * Errors: PV_ERR_FORMAT. */
pv_status pv_certificate_subject(char name[PV_PARTY_NAME], const X509_NAME *subject,
                                 const char *what) PV_MUST_USE;

#endif
