#include "crypto/identity/certificate.h"

#include "crypto/identity/key.h"
#include "crypto/identity/openssl.h"
#include "crypto/identity/pem.h"
#include "wire/utf8.h"
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

pv_status pv_certificate_subject(char name[PV_PARTY_NAME], const X509_NAME *subject,
                                 const char *what)
{
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0)
        PV_FAIL(PV_ERR_FORMAT, "%s: one common name (CN) in the subject is expected", what);
    uint8_t *text = NULL;
    int size =
        ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    int good =
        size > 0 && size < PV_PARTY_NAME && pv_utf8_check(text, (size_t)size) == (size_t)size;
    for (int i = 0; good && i < size; i++) good = text[i] >= ' ' && text[i] != 0x7F;
    if (good) {
        memcpy(name, text, (size_t)size);
        name[size] = '\0';
    }
    OPENSSL_free(text);
    if (!good)
        PV_FAIL(PV_ERR_FORMAT, "%s: its common name (CN) is not 1 to %d bytes of text", what,
                PV_PARTY_NAME - 1);
    return PV_OK;
}

static int read_time(int64_t *out, const ASN1_TIME *from)
{
    struct tm utc;
    if (ASN1_TIME_to_tm(from, &utc) != 1) return 0;
    *out = timegm(&utc);
    return 1;
}

/* The fingerprint is of the bytes as they came; were other bytes to mean the same certificate, it
 * would have several. */
static int is_canonical(X509 *x, const void *der, size_t size)
{
    uint8_t *again = NULL;
    int n = i2d_X509(x, &again);
    int same = n >= 0 && (size_t)n == size && memcmp(again, der, size) == 0;
    OPENSSL_free(again);
    return same;
}

static pv_status fill(pv_certificate *c, const char *what, const void *der, size_t size)
{
    const uint8_t *at = der;
    if (size > PV_PEM_MAX)
        PV_FAIL(PV_ERR_LIMIT, "%s: a certificate of %zu bytes, at most %d are read", what, size,
                PV_PEM_MAX);
    pv_openssl_begin();
    c->x509 = d2i_X509(NULL, &at, (long)size);
    if (c->x509 == NULL) return pv_openssl_fail(PV_ERR_FORMAT, "%s: is no X.509 certificate", what);
    if (at != (const uint8_t *)der + size || !is_canonical(c->x509, der, size))
        PV_FAIL(PV_ERR_FORMAT, "%s: the certificate is not in DER, or bytes follow it", what);
    if (X509_get_version(c->x509) != X509_VERSION_3)
        PV_FAIL(PV_ERR_FORMAT, "%s: an X.509 certificate of version 3 is expected", what);
    PV_TRY(pv_key_public(c->key, X509_get0_pubkey(c->x509), what));
    PV_TRY(pv_certificate_subject(c->name, X509_get_subject_name(c->x509), what));
    if (!read_time(&c->begins, X509_get0_notBefore(c->x509)) ||
        !read_time(&c->ends, X509_get0_notAfter(c->x509)))
        PV_FAIL(PV_ERR_FORMAT, "%s: its validity is not two dates", what);
    return pv_hash_of(&c->fingerprint, der, size);
}

pv_status pv_certificate_parse(pv_certificate **c, const char *what, const void *der, size_t size)
{
    *c = NULL;
    pv_certificate *made = pv_calloc(1, sizeof *made);
    if (made == NULL) PV_FAIL_MEMORY(sizeof *made);
    pv_status s = fill(made, what, der, size);
    pv_openssl_begin(); /* what OpenSSL muttered about a good certificate, too */
    if (s != PV_OK) {
        pv_certificate_free(made);
        return s;
    }
    *c = made;
    return PV_OK;
}

pv_status pv_certificate_load(pv_certificate **c, const char *path)
{
    pv_pem pem;
    *c = NULL;
    PV_TRY(pv_pem_read(&pem, path));
    pv_status status = pv_pem_expect(&pem, path, PV_PEM_CERTIFICATE);
    if (status == PV_OK) status = pv_certificate_parse(c, path, pem.der, pem.size);
    pv_pem_clear(&pem);
    return status;
}

pv_status pv_certificate_der(pv_bytes *out, const pv_certificate *c)
{
    *out = (pv_bytes){0};
    int size = i2d_X509(c->x509, NULL);
    out->data = size > 0 ? pv_alloc((size_t)size, 1) : NULL;
    if (out->data == NULL)
        PV_FAIL(PV_ERR_MEMORY, "out of memory for the certificate of %s", c->name);
    uint8_t *at = out->data;
    out->size = (size_t)i2d_X509(c->x509, &at);
    return PV_OK;
}

void pv_certificate_free(pv_certificate *c)
{
    if (c == NULL) return;
    X509_free(c->x509);
    pv_free(c);
}

const char *pv_certificate_name(const pv_certificate *c)
{
    return c->name;
}

const pv_hash *pv_certificate_fingerprint(const pv_certificate *c)
{
    return &c->fingerprint;
}

const uint8_t *pv_certificate_key(const pv_certificate *c)
{
    return c->key;
}

int64_t pv_certificate_begins(const pv_certificate *c)
{
    return c->begins;
}

int64_t pv_certificate_ends(const pv_certificate *c)
{
    return c->ends;
}

int pv_certificate_is_authority(const pv_certificate *c)
{
    return X509_check_ca(c->x509) == 1;
}

void *pv_certificate_x509(const pv_certificate *c)
{
    return c->x509;
}
