/* crypto/identity/issue.h - the certificates and requests this room makes (X.509 v3, RFC 5280)
 *
 * An authority: CN, basicConstraints CA:TRUE pathlen:0, keyUsage keyCertSign and cRLSign, signed by
 * itself. A party: CN, basicConstraints CA:FALSE, keyUsage digitalSignature, extendedKeyUsage both
 * serverAuth and clientAuth, signed by the authority. Both: serial of 128 random bits, Ed25519 (RFC
 * 8410). Times are given here, days from now are make.c's business.
 */
#ifndef PV_CRYPTO_IDENTITY_ISSUE_H
#define PV_CRYPTO_IDENTITY_ISSUE_H

#include "privet/status.h"
#include <openssl/x509.h>
#include <stdint.h>

typedef struct pv_issue {
    const char *name;     /* becomes the CN */
    EVP_PKEY *key;        /* whose public half is certified */
    X509 *authority;      /* NULL: an authority is made, signed by its own key */
    EVP_PKEY *signer;     /* the authority's private key */
    int64_t begins, ends; /* seconds since 1970, UTC */
} pv_issue;

pv_status pv_issue_certificate(X509 **out, const pv_issue *what) PV_MUST_USE;

/* A PKCS#10 request (RFC 2986), signed by the key it asks a certificate for. */
pv_status pv_issue_request(X509_REQ **out, const char *name, EVP_PKEY *key) PV_MUST_USE;

#endif
