#include "crypto/identity/request.h"

#include "base/trail.h"
#include "crypto/identity/certificate.h"
#include "crypto/identity/key.h"
#include "crypto/identity/openssl.h"
#include "crypto/identity/pem.h"

static pv_status check(X509_REQ *r, char name[PV_PARTY_NAME], const char *what)
{
    uint8_t key[32];
    PV_TRY(pv_key_public(key, X509_REQ_get0_pubkey(r), what));
    PV_TRY(pv_certificate_subject(name, X509_REQ_get_subject_name(r), what));
    if (pv_party_name_check(name) != PV_OK)
        PV_FAIL(PV_ERR_FORMAT,
                "%s: asks for the name \"%s\"; a party's is 1 to %d of a-z, 0-9 and -, a letter "
                "first",
                what, name, PV_PARTY_NAME - 1);
    pv_openssl_begin();
    int holds = X509_REQ_verify(r, X509_REQ_get0_pubkey(r)) == 1;
    pv_openssl_begin();
    if (!holds)
        PV_FAIL(PV_ERR_AUTH, "%s: the request is not signed by the key it is for; was it damaged?",
                what);
    return PV_OK;
}

pv_status pv_request_parse(X509_REQ **out, char name[PV_PARTY_NAME], const char *what,
                           const void *der, size_t size)
{
    const uint8_t *at = der;
    *out = NULL;
    if (size > PV_PEM_MAX)
        PV_FAIL(PV_ERR_LIMIT, "%s: a request of %zu bytes, at most %d are read", what, size,
                PV_PEM_MAX);
    pv_openssl_begin();
    X509_REQ *r = d2i_X509_REQ(NULL, &at, (long)size);
    if (r == NULL) return pv_openssl_fail(PV_ERR_FORMAT, "%s: is no certificate request", what);
    pv_status status = PV_OK;
    if (at != (const uint8_t *)der + size)
        PV_FAIL_GOTO(PV_ERR_FORMAT, "%s: bytes follow the certificate request", what);
    PV_TRY_GOTO(check(r, name, what));
    *out = r;
    r = NULL;
done:
    X509_REQ_free(r);
    return status;
}
