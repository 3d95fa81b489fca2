#include "crypto/identity/identity.h"

#include "base/mem.h"
#include "base/secret.h"
#include "crypto/identity/hmac.h"
#include "crypto/identity/key.h"
#include "crypto/identity/openssl.h"
#include <string.h>

struct pv_identity {
    pv_certificate *certificate;
    EVP_PKEY *key;
};

pv_status pv_party_name_check(const char *name)
{
    size_t n = strnlen(name, PV_PARTY_NAME);
    int good = n > 0 && n < PV_PARTY_NAME && name[0] >= 'a' && name[0] <= 'z';
    for (size_t i = 0; good && i < n; i++)
        good = (name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '0' && name[i] <= '9') ||
               name[i] == '-';
    if (!good)
        PV_FAIL(PV_ERR_OPTION,
                "\"%.80s\" is no name for a party: 1 to %d of a-z, 0-9 and -, a letter first", name,
                PV_PARTY_NAME - 1);
    return PV_OK;
}

pv_status pv_identity_load(pv_identity **id, const char *certificate_path, const char *key_path,
                           const pv_passphrase *passphrase)
{
    pv_status status = PV_OK;
    uint8_t own[32];
    *id = NULL;
    pv_identity *made = pv_calloc(1, sizeof *made);
    if (made == NULL) PV_FAIL_MEMORY(sizeof *made);
    PV_TRY_GOTO(pv_certificate_load(&made->certificate, certificate_path));
    PV_TRY_GOTO(pv_key_load(&made->key, key_path, passphrase));
    PV_TRY_GOTO(pv_key_public(own, made->key, key_path));
    if (memcmp(own, pv_certificate_key(made->certificate), sizeof own) != 0)
        PV_FAIL_GOTO(PV_ERR_MISMATCH, "%s: is not the key of the certificate %s", key_path,
                     certificate_path);
    *id = made;
    made = NULL;
done:
    pv_identity_free(made);
    return status;
}

void pv_identity_free(pv_identity *id)
{
    if (id == NULL) return;
    pv_certificate_free(id->certificate);
    EVP_PKEY_free(id->key); /* wipes */
    pv_free(id);
}

const pv_certificate *pv_identity_certificate(const pv_identity *id)
{
    return id->certificate;
}

void *pv_identity_pkey(const pv_identity *id)
{
    return id->key;
}

pv_status pv_identity_derive(uint8_t out[32], const pv_identity *id, const char *purpose)
{
    uint8_t seed[PV_HMAC_KEY];
    pv_hash h;
    size_t size = sizeof seed;
    pv_openssl_begin();
    pv_status s = PV_OK;
    if (EVP_PKEY_get_raw_private_key(id->key, seed, &size) != 1 || size != sizeof seed)
        s = pv_openssl_fail(PV_ERR_RUN, "the private key could not be used");
    if (s == PV_OK) s = pv_hmac(&h, seed, purpose, strlen(purpose));
    if (s == PV_OK) memcpy(out, h.byte, sizeof h.byte);
    pv_secret_wipe(seed, sizeof seed);
    pv_secret_wipe(&h, sizeof h);
    return s;
}
