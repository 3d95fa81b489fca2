/* The files of authorities and parties: pv_ca_make, pv_party_make, pv_csr_make, pv_csr_sign. */
#include "base/str.h"
#include "crypto/identity/certificate.h"
#include "crypto/identity/issue.h"
#include "crypto/identity/key.h"
#include "crypto/identity/openssl.h"
#include "crypto/identity/pem.h"
#include "crypto/identity/request.h"
#include "wire/utf8.h"
#include <openssl/x509.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { DAY = 24 * 60 * 60, DAYS_MAX = 36500 };

static pv_status check_days(int days)
{
    if (days < 1 || days > DAYS_MAX)
        PV_FAIL(PV_ERR_OPTION, "a certificate is valid for 1 to %d days, not %d", DAYS_MAX, days);
    return PV_OK;
}

/* "ca" is the stem of the authority's own files. */
static pv_status check_party(const char *name)
{
    PV_TRY(pv_party_name_check(name));
    if (strcmp(name, "ca") == 0)
        PV_FAIL(PV_ERR_OPTION, "a party can't be called \"ca\": those are the authority's files");
    return PV_OK;
}

static pv_status check_authority_name(const char *name)
{
    size_t n = strnlen(name, PV_PARTY_NAME);
    int good = n > 0 && n < PV_PARTY_NAME && pv_utf8_check((const uint8_t *)name, n) == n;
    for (size_t i = 0; good && i < n; i++)
        good = (uint8_t)name[i] >= ' ' && (uint8_t)name[i] != 0x7F;
    if (!good)
        PV_FAIL(PV_ERR_OPTION, "the name of an authority is 1 to %d bytes of text",
                PV_PARTY_NAME - 1);
    return PV_OK;
}

/* Two files that belong together. */
typedef struct file_pair {
    pv_str key, other;
} file_pair;

static void clear_pair(file_pair *p)
{
    pv_str_clear(&p->key);
    pv_str_clear(&p->other);
}

/* FOLDER/STEM.key and FOLDER/STEM.SUFFIX, neither of which may exist. */
static pv_status new_pair(file_pair *p, const char *folder, const char *stem, const char *suffix)
{
    PV_TRY(pv_folder_make(folder));
    PV_TRY(pv_str_printf(&p->key, "%s/%s.key", folder, stem));
    PV_TRY(pv_str_printf(&p->other, "%s/%s.%s", folder, stem, suffix));
    PV_TRY(pv_file_refuse_existing(p->key.text));
    return pv_file_refuse_existing(p->other.text);
}

/* Both or none. */
static pv_status save_pair(const file_pair *p, EVP_PKEY *key, const pv_passphrase *passphrase,
                           const pv_pem *other)
{
    PV_TRY(pv_key_save(key, p->key.text, passphrase));
    pv_status s = pv_pem_save(other, p->other.text, 0644);
    if (s != PV_OK) (void)unlink(p->key.text);
    return s;
}

static pv_status encode_certificate(pv_pem *pem, X509 *x)
{
    uint8_t *der = NULL;
    pv_openssl_begin();
    int size = i2d_X509(x, &der);
    return pv_pem_take(pem, PV_PEM_CERTIFICATE, der, size, "the certificate");
}

static pv_status encode_request(pv_pem *pem, X509_REQ *request)
{
    uint8_t *der = NULL;
    pv_openssl_begin();
    int size = i2d_X509_REQ(request, &der);
    return pv_pem_take(pem, PV_PEM_REQUEST, der, size, "the request");
}

pv_status pv_ca_make(const char *folder, const char *name, int days,
                     const pv_passphrase *passphrase)
{
    pv_status status = PV_OK;
    file_pair files = {0};
    EVP_PKEY *key = NULL;
    X509 *x = NULL;
    pv_pem pem = {0};
    int64_t now = (int64_t)time(NULL);
    PV_TRY(check_authority_name(name));
    PV_TRY(check_days(days));
    PV_TRY_GOTO(new_pair(&files, folder, "ca", "pem"));
    PV_TRY_GOTO(pv_key_make(&key));
    pv_issue what = {.name = name,
                     .key = key,
                     .signer = key,
                     .begins = now - PV_CLOCK_SLACK,
                     .ends = now + (int64_t)days * DAY};
    PV_TRY_GOTO(pv_issue_certificate(&x, &what));
    PV_TRY_GOTO(encode_certificate(&pem, x));
    PV_TRY_GOTO(save_pair(&files, key, passphrase, &pem));
done:
    pv_pem_clear(&pem);
    X509_free(x);
    EVP_PKEY_free(key);
    clear_pair(&files);
    return status;
}

/* FOLDER/ca.pem with FOLDER/ca.key, still valid. */
static pv_status open_authority(pv_identity **ca, const char *folder,
                                const pv_passphrase *passphrase)
{
    pv_status status = PV_OK;
    file_pair files = {0};
    *ca = NULL;
    PV_TRY_GOTO(pv_str_printf(&files.key, "%s/ca.key", folder));
    PV_TRY_GOTO(pv_str_printf(&files.other, "%s/ca.pem", folder));
    PV_TRY_GOTO(pv_identity_load(ca, files.other.text, files.key.text, passphrase));
    const pv_certificate *c = pv_identity_certificate(*ca);
    if (!pv_certificate_is_authority(c))
        PV_FAIL_GOTO(PV_ERR_AUTH, "%s: is no authority's certificate", files.other.text);
    if (pv_certificate_ends(c) <= (int64_t)time(NULL))
        PV_FAIL_GOTO(PV_ERR_AUTH, "%s: the authority's certificate has expired; make another one",
                     files.other.text);
done:
    if (status != PV_OK) {
        pv_identity_free(*ca);
        *ca = NULL;
    }
    clear_pair(&files);
    return status;
}

/* A certificate for name and key as PEM. It ends no later than the authority's, with which it would
 * become worthless. */
static pv_status certify(pv_pem *pem, const pv_identity *ca, const char *name, EVP_PKEY *key,
                         int days)
{
    X509 *x = NULL;
    const pv_certificate *c = pv_identity_certificate(ca);
    int64_t now = (int64_t)time(NULL), ends = now + (int64_t)days * DAY;
    if (strcmp(name, pv_certificate_name(c)) == 0)
        PV_FAIL(PV_ERR_OPTION, "a party can't be called \"%s\": that is the authority's name",
                name);
    pv_issue what = {
        .name = name,
        .key = key,
        .authority = pv_certificate_x509(c),
        .signer = pv_identity_pkey(ca),
        .begins = now - PV_CLOCK_SLACK,
        .ends = ends < pv_certificate_ends(c) ? ends : pv_certificate_ends(c),
    };
    PV_TRY(pv_issue_certificate(&x, &what));
    pv_status s = encode_certificate(pem, x);
    X509_free(x);
    return s;
}

pv_status pv_party_make(const char *folder, const char *name, int days,
                        const pv_passphrase *passphrase, const pv_passphrase *ca_passphrase)
{
    pv_status status = PV_OK;
    file_pair files = {0};
    EVP_PKEY *key = NULL;
    pv_identity *ca = NULL;
    pv_pem pem = {0};
    PV_TRY(check_party(name));
    PV_TRY(check_days(days));
    PV_TRY_GOTO(open_authority(&ca, folder, ca_passphrase));
    PV_TRY_GOTO(new_pair(&files, folder, name, "pem"));
    PV_TRY_GOTO(pv_key_make(&key));
    PV_TRY_GOTO(certify(&pem, ca, name, key, days));
    PV_TRY_GOTO(save_pair(&files, key, passphrase, &pem));
done:
    pv_pem_clear(&pem);
    pv_identity_free(ca);
    EVP_PKEY_free(key);
    clear_pair(&files);
    return status;
}

pv_status pv_csr_make(const char *folder, const char *name, const pv_passphrase *passphrase)
{
    pv_status status = PV_OK;
    file_pair files = {0};
    EVP_PKEY *key = NULL;
    X509_REQ *request = NULL;
    pv_pem pem = {0};
    PV_TRY(check_party(name));
    PV_TRY_GOTO(new_pair(&files, folder, name, "csr"));
    PV_TRY_GOTO(pv_key_make(&key));
    PV_TRY_GOTO(pv_issue_request(&request, name, key));
    PV_TRY_GOTO(encode_request(&pem, request));
    PV_TRY_GOTO(save_pair(&files, key, passphrase, &pem));
done:
    pv_pem_clear(&pem);
    X509_REQ_free(request);
    EVP_PKEY_free(key);
    clear_pair(&files);
    return status;
}

pv_status pv_csr_sign(const char *folder, const char *csr_path, const char *certificate_path,
                      int days, const pv_passphrase *ca_passphrase)
{
    pv_status status = PV_OK;
    char name[PV_PARTY_NAME];
    pv_pem pem = {0};
    X509_REQ *request = NULL;
    pv_identity *ca = NULL;
    pv_pem made = {0};
    PV_TRY(check_days(days));
    PV_TRY(pv_file_refuse_existing(certificate_path));
    PV_TRY_GOTO(pv_pem_read(&pem, csr_path));
    PV_TRY_GOTO(pv_pem_expect(&pem, csr_path, PV_PEM_REQUEST));
    PV_TRY_GOTO(pv_request_parse(&request, name, csr_path, pem.der, pem.size));
    PV_TRY_GOTO(check_party(name));
    PV_TRY_GOTO(open_authority(&ca, folder, ca_passphrase));
    PV_TRY_GOTO(certify(&made, ca, name, X509_REQ_get0_pubkey(request), days));
    PV_TRY_GOTO(pv_pem_save(&made, certificate_path, 0644));
done:
    pv_pem_clear(&made);
    pv_identity_free(ca);
    X509_REQ_free(request);
    pv_pem_clear(&pem);
    return status;
}
