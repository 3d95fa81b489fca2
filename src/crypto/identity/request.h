/* crypto/identity/request.h - a certificate request as a party sends it to the authority
 *
 * Of what it asks for only two things are taken, the name and the key; extensions it may carry are
 * ignored, what a certificate may be used for is the authority's to say. Its own signature shows
 * that the sender has the private key.
 */
#ifndef PV_CRYPTO_IDENTITY_REQUEST_H
#define PV_CRYPTO_IDENTITY_REQUEST_H

#include "crypto/identity/identity.h"
#include <openssl/x509.h>

/* From DER. Errors: PV_ERR_FORMAT, PV_ERR_LIMIT, PV_ERR_AUTH (not Ed25519, its signature does not
 * hold). */
pv_status pv_request_parse(X509_REQ **out, char name[PV_PARTY_NAME], const char *what,
                           const void *der, size_t size) PV_MUST_USE;

#endif
