#include "crypto/identity/certificate.h"
#include "crypto/identity/issue.h"
#include "fuzz_identity.h"
#include "wire/utf8.h"
#include <string.h>

/* An authority named as the issuer in the corpus; nobody can have its signature. */
static const pv_certificate *authority(void)
{
    static const uint8_t seed[32] = "of an authority for fuzzing only";
    static pv_certificate *ca;
    if (ca != NULL) return ca;
    X509 *x = NULL;
    uint8_t *der = NULL;
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof seed);
    pv_issue what = {.name = "fuzz", .key = key, .signer = key, .ends = 4000000000};
    PV_FUZZ_CHECK(pv_issue_certificate(&x, &what) == PV_OK);
    int n = i2d_X509(x, &der);
    PV_FUZZ_CHECK(n > 0 && pv_certificate_parse(&ca, "authority", der, (size_t)n) == PV_OK);
    OPENSSL_free(der);
    X509_free(x);
    EVP_PKEY_free(key);
    return ca;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pv_certificate *c;
    pv_hash h;
    int ok = pv_fuzz_identity_ok(pv_certificate_parse(&c, "input", data, size));
    PV_FUZZ_CHECK(ok == (c != NULL));
    if (!ok) return 0;
    const char *name = pv_certificate_name(c);
    size_t n = strlen(name);
    PV_FUZZ_CHECK(n > 0 && n < PV_PARTY_NAME && pv_utf8_check((const uint8_t *)name, n) == n);
    PV_FUZZ_CHECK(pv_hash_of(&h, data, size) == PV_OK);
    PV_FUZZ_CHECK(pv_hash_equal(&h, pv_certificate_fingerprint(c)));
    PV_FUZZ_CHECK(!pv_fuzz_identity_ok(pv_certificate_check(c, c, pv_certificate_begins(c))));
    PV_FUZZ_CHECK(!pv_fuzz_identity_ok(pv_certificate_check(c, authority(), 1800000000)));
    pv_certificate_free(c);
    return 0;
}
