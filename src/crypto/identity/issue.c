#include "crypto/identity/issue.h"

#include "base/csprng.h"
#include "base/mem.h"
#include "crypto/identity/openssl.h"
#include <openssl/x509v3.h>
#include <string.h>

typedef struct extension {
    int nid;
    const char *value; /* as openssl.cnf writes it */
} extension;

static const extension of_authority[] = {
    {NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
    {NID_key_usage, "critical,keyCertSign,cRLSign"},
    {NID_subject_key_identifier, "hash"},
    {NID_undef, NULL},
};
static const extension of_party[] = {
    {NID_basic_constraints, "critical,CA:FALSE"},   {NID_key_usage, "critical,digitalSignature"},
    {NID_ext_key_usage, "serverAuth,clientAuth"},   {NID_subject_key_identifier, "hash"},
    {NID_authority_key_identifier, "keyid:always"}, {NID_undef, NULL},
};

static int add_extensions(X509 *x, X509 *authority, const extension *e)
{
    X509V3_CTX ctx;
    int good = 1;
    X509V3_set_ctx(&ctx, authority, x, NULL, NULL, 0);
    for (; good && e->value != NULL; e++) {
        X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, e->nid, e->value);
        good = ext != NULL && X509_add_ext(x, ext, -1) == 1;
        X509_EXTENSION_free(ext);
    }
    return good;
}

/* RFC 5280 wants it positive, and at most 20 bytes long. */
static pv_status set_serial(X509 *x)
{
    pv_csprng random;
    uint8_t bytes[16];
    PV_TRY(pv_csprng_init(&random));
    do pv_csprng_bytes(&random, bytes, sizeof bytes);
    while (bytes[0] == 0);
    pv_csprng_clear(&random);
    BIGNUM *number = BN_bin2bn(bytes, sizeof bytes, NULL);
    int good = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x)) != NULL;
    BN_free(number);
    return good ? PV_OK : pv_openssl_fail(PV_ERR_RUN, "no serial number could be set");
}

static int set_name(X509_NAME *subject, const char *name)
{
    return X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8,
                                      (const unsigned char *)name, -1, -1, 0) == 1;
}

static int fill(X509 *x, const pv_issue *what)
{
    X509 *authority = what->authority == NULL ? x : what->authority;
    return X509_set_version(x, X509_VERSION_3) == 1 &&
           ASN1_TIME_set(X509_getm_notBefore(x), (time_t)what->begins) != NULL &&
           ASN1_TIME_set(X509_getm_notAfter(x), (time_t)what->ends) != NULL &&
           set_name(X509_get_subject_name(x), what->name) &&
           X509_set_issuer_name(x, X509_get_subject_name(authority)) == 1 &&
           X509_set_pubkey(x, what->key) == 1 &&
           add_extensions(x, authority, what->authority == NULL ? of_authority : of_party) &&
           X509_sign(x, what->signer, NULL) > 0;
}

pv_status pv_issue_certificate(X509 **out, const pv_issue *what)
{
    pv_status status = PV_OK;
    *out = NULL;
    pv_openssl_begin();
    X509 *x = X509_new();
    if (x == NULL) PV_FAIL(PV_ERR_MEMORY, "out of memory for a certificate");
    PV_TRY_GOTO(set_serial(x));
    if (!fill(x, what)) {
        status = pv_openssl_fail(PV_ERR_RUN, "no certificate could be made for %s", what->name);
        goto done;
    }
    *out = x;
    x = NULL;
done:
    X509_free(x);
    return status;
}

pv_status pv_issue_request(X509_REQ **out, const char *name, EVP_PKEY *key)
{
    pv_openssl_begin();
    X509_REQ *r = X509_REQ_new();
    if (r == NULL || X509_REQ_set_version(r, X509_REQ_VERSION_1) != 1 ||
        !set_name(X509_REQ_get_subject_name(r), name) || X509_REQ_set_pubkey(r, key) != 1 ||
        X509_REQ_sign(r, key, NULL) <= 0) {
        X509_REQ_free(r);
        return pv_openssl_fail(PV_ERR_RUN, "no request could be made for %s", name);
    }
    *out = r;
    return PV_OK;
}
