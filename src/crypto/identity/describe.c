#include "crypto/identity/describe.h"

#include "base/trail.h"
#include "crypto/identity/key.h"
#include "crypto/identity/pem.h"
#include "crypto/identity/request.h"
#include <string.h>

static pv_status describe_certificate(pv_key_description *d, const char *path, const pv_pem *pem)
{
    pv_certificate *c = NULL;
    PV_TRY(pv_certificate_parse(&c, path, pem->der, pem->size));
    d->kind = pv_certificate_is_authority(c) ? PV_KEY_AUTHORITY : PV_KEY_PARTY;
    memcpy(d->name, pv_certificate_name(c), strlen(pv_certificate_name(c)) + 1);
    memcpy(d->public_key, pv_certificate_key(c), sizeof d->public_key);
    d->fingerprint = *pv_certificate_fingerprint(c);
    d->begins = pv_certificate_begins(c);
    d->ends = pv_certificate_ends(c);
    pv_certificate_free(c);
    return PV_OK;
}

static pv_status describe_request(pv_key_description *d, const char *path, const pv_pem *pem)
{
    X509_REQ *r = NULL;
    d->kind = PV_KEY_REQUEST;
    PV_TRY(pv_request_parse(&r, d->name, path, pem->der, pem->size));
    pv_status s = pv_key_public(d->public_key, X509_REQ_get0_pubkey(r), path);
    X509_REQ_free(r);
    return s;
}

static pv_status describe_key(pv_key_description *d, const char *path)
{
    EVP_PKEY *key = NULL;
    d->kind = PV_KEY_PRIVATE;
    PV_TRY(pv_key_load(&key, path, NULL));
    pv_status s = pv_key_public(d->public_key, key, path);
    EVP_PKEY_free(key);
    return s;
}

pv_status pv_key_describe(pv_key_description *out, const char *path)
{
    pv_pem pem;
    *out = (pv_key_description){0};
    PV_TRY(pv_pem_read(&pem, path));
    pv_status s = PV_OK;
    if (strcmp(pem.label, PV_PEM_CERTIFICATE) == 0) {
        s = describe_certificate(out, path, &pem);
    } else if (strcmp(pem.label, PV_PEM_REQUEST) == 0) {
        s = describe_request(out, path, &pem);
    } else if (strcmp(pem.label, PV_PEM_ENCRYPTED_KEY) == 0) {
        out->kind = PV_KEY_LOCKED;
        s = pv_file_private(path);
    } else {
        s = pv_pem_expect(&pem, path, PV_PEM_KEY);
        if (s == PV_OK) s = describe_key(out, path);
    }
    pv_pem_clear(&pem);
    return s;
}
