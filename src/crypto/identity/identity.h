/* crypto/identity/identity.h - who a party is: an Ed25519 key and an X.509 certificate over it
 *
 * A certificate authority (`privet keys ca`) is a self-signed Ed25519 certificate; it issues one
 * certificate a party (`privet keys party`, or `keys csr` and `keys sign` where the party makes its
 * key on its own machine). A scenario names the authority and pins each party's certificate to its
 * role, both by the SHA-256 of the certificate's DER bytes ("fingerprint"): a valid certificate of
 * the same authority in another role is not enough.
 *
 * Files: PEM; private keys PKCS#8, mode 0600, optionally under a passphrase (PBES2). A key file
 * that others may read is refused on load. Subject: CN = the party's name. Extended key usage: both
 * TLS server and client. Serial: 128 random bits. Validity in days from now; it begins an hour ago,
 * for clocks that disagree, and a party's ends no later than its authority's.
 *
 * A signature never covers bare bytes: it covers "privet/1\0" context "\0" u64le(size) data, so
 * that what was signed for one purpose means nothing for another. Ed25519 (RFC 8032) is
 * deterministic: the same bytes give the same signature, which the journal relies on.
 */
#ifndef PV_CRYPTO_IDENTITY_IDENTITY_H
#define PV_CRYPTO_IDENTITY_IDENTITY_H

#include "base/file.h"
#include "crypto/identity/hash.h"

enum {
    PV_SIGNATURE_BYTES = 64,
    PV_PASSPHRASE_MAX = 1024,
    PV_PARTY_NAME = 64,       /* name with its NUL: [a-z0-9-], a letter first */
    PV_CLOCK_SLACK = 60 * 60, /* seconds that a validity begins before it is issued */
};

typedef struct pv_certificate pv_certificate; /* somebody's public half */
typedef struct pv_identity pv_identity;       /* one's own: certificate and private key */

typedef struct pv_passphrase {
    const char *text; /* 1..1024 bytes; NULL: none. A NULL pv_passphrase * means none, too */
} pv_passphrase;

/* The first line of a file, without its end. Errors: PV_ERR_AUTH when others may read the file,
 * PV_ERR_FORMAT when the line is empty or too long, those of reading. The caller wipes text. */
pv_status pv_passphrase_load(char text[PV_PASSPHRASE_MAX + 1], const char *path) PV_MUST_USE;

/* PV_ERR_OPTION unless name is 1..63 of [a-z0-9-], a letter first. */
pv_status pv_party_name_check(const char *name) PV_MUST_USE;

/* ---- making them. Existing files are never overwritten (PV_ERR_USAGE, naming the file). */

/* FOLDER/ca.pem and FOLDER/ca.key. name: any text of 1..63 bytes. days: 1..36500, here and below.
 */
pv_status pv_ca_make(const char *folder, const char *name, int days,
                     const pv_passphrase *passphrase) PV_MUST_USE;
/* FOLDER/NAME.pem and FOLDER/NAME.key, issued by FOLDER/ca.*; ca_passphrase opens ca.key. */
pv_status pv_party_make(const char *folder, const char *name, int days,
                        const pv_passphrase *passphrase,
                        const pv_passphrase *ca_passphrase) PV_MUST_USE;
/* The same in two halves: the party makes FOLDER/NAME.key and FOLDER/NAME.csr; the authority signs.
 */
pv_status pv_csr_make(const char *folder, const char *name,
                      const pv_passphrase *passphrase) PV_MUST_USE;
pv_status pv_csr_sign(const char *folder, const char *csr_path, const char *certificate_path,
                      int days, const pv_passphrase *ca_passphrase) PV_MUST_USE;

/* ---- certificates. Errors of load and parse: PV_ERR_FORMAT, PV_ERR_LIMIT, PV_ERR_AUTH when the
 * key is not Ed25519; so every pv_certificate has one. */

/* From PEM, one certificate in the file. */
pv_status pv_certificate_load(pv_certificate **c, const char *path) PV_MUST_USE;
/* From DER, as TLS gives it; `what` stands in the errors. */
pv_status pv_certificate_parse(pv_certificate **c, const char *what, const void *der,
                               size_t size) PV_MUST_USE;
/* The DER bytes again: what parse took. */
pv_status pv_certificate_der(pv_bytes *out, const pv_certificate *c) PV_MUST_USE;
void pv_certificate_free(pv_certificate *c);              /* accepts NULL */
const char *pv_certificate_name(const pv_certificate *c); /* its CN, 1..63 bytes of text */
const pv_hash *pv_certificate_fingerprint(const pv_certificate *c);
/* The raw public key. */
const uint8_t *pv_certificate_key(const pv_certificate *c); /* 32 bytes */
int64_t pv_certificate_begins(const pv_certificate *c);     /* seconds since 1970, UTC */
int64_t pv_certificate_ends(const pv_certificate *c);
int pv_certificate_is_authority(const pv_certificate *c);
/* Whether c is a party's, issued by ca, at the time now. PV_ERR_AUTH, saying which: not issued by
 * ca, not valid yet, expired (ca, too), not Ed25519, wrong usage, no name for a party. */
pv_status pv_certificate_check(const pv_certificate *c, const pv_certificate *ca,
                               int64_t now) PV_MUST_USE;

/* ---- one's own */
/* Errors: PV_ERR_NOT_FOUND, PV_ERR_FORMAT, PV_ERR_AUTH (wrong passphrase, key file readable by
 * others), PV_ERR_MISMATCH (key and certificate do not belong together). */
pv_status pv_identity_load(pv_identity **id, const char *certificate_path, const char *key_path,
                           const pv_passphrase *passphrase) PV_MUST_USE;
void pv_identity_free(pv_identity *id); /* wipes; accepts NULL */
const pv_certificate *pv_identity_certificate(const pv_identity *id);

/* context: a short constant text, one for each use. Errors: PV_ERR_RUN. */
pv_status pv_identity_sign(uint8_t signature[PV_SIGNATURE_BYTES], const pv_identity *id,
                           const char *context, const void *data, size_t size) PV_MUST_USE;
/* PV_ERR_AUTH when it does not hold. */
pv_status pv_signature_check(const uint8_t signature[PV_SIGNATURE_BYTES],
                             const uint8_t public_key[32], const char *who, const char *context,
                             const void *data, size_t size) PV_MUST_USE;

/* 32 bytes that only the owner of the private key can compute (HMAC-SHA-256 keyed by the private
 * seed, over purpose): keys the party's own journal. */
pv_status pv_identity_derive(uint8_t out[32], const pv_identity *id,
                             const char *purpose) PV_MUST_USE;

/* For net/tls.c alone: OpenSSL's X509 * and EVP_PKEY *, owned by the object. */
void *pv_certificate_x509(const pv_certificate *c);
void *pv_identity_pkey(const pv_identity *id);

#endif
