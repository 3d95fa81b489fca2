#include "crypto/identity/key.h"

#include "base/secret.h"
#include "crypto/identity/openssl.h"
#include "crypto/identity/pem.h"
#include <limits.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <sodium.h>
#include <string.h>

enum { SCRYPT_N = 1 << 14, SCRYPT_R = 8, SCRYPT_P = 5 };

pv_status pv_key_make(EVP_PKEY **key)
{
    pv_openssl_begin();
    *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (*key == NULL) return pv_openssl_fail(PV_ERR_RUN, "no key could be made");
    return PV_OK;
}

pv_status pv_key_sound(const uint8_t public_key[32], const char *what)
{
    if (crypto_core_ed25519_is_valid_point(public_key) == 1) return PV_OK;
    PV_FAIL(PV_ERR_AUTH,
            "%s: its key is no point of the prime-order group: anybody could sign under it", what);
}

pv_status pv_key_public(uint8_t out[32], const EVP_PKEY *key, const char *what)
{
    size_t size = 32;
    if (key == NULL || !EVP_PKEY_is_a(key, "ED25519"))
        PV_FAIL(PV_ERR_AUTH, "%s: its key is %s; only Ed25519 keys are used", what,
                key == NULL ? "of an unknown kind" : EVP_PKEY_get0_type_name(key));
    pv_openssl_begin();
    if (EVP_PKEY_get_raw_public_key(key, out, &size) != 1 || size != 32)
        return pv_openssl_fail(PV_ERR_FORMAT, "%s: its public key could not be read", what);
    return pv_key_sound(out, what);
}

static pv_status encrypt(X509_SIG **out, PKCS8_PRIV_KEY_INFO *plain, const char *passphrase)
{
    size_t size = strlen(passphrase);
    if (size == 0 || size > PV_PASSPHRASE_MAX)
        PV_FAIL(PV_ERR_USAGE, "a passphrase has 1 to %d bytes, this one %zu", PV_PASSPHRASE_MAX,
                size);
    X509_ALGOR *how =
        PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), NULL, 0, NULL, SCRYPT_N, SCRYPT_R, SCRYPT_P);
    *out = how == NULL ? NULL : PKCS8_set0_pbe(passphrase, (int)size, plain, how);
    if (*out != NULL) return PV_OK; /* and owns `how` */
    X509_ALGOR_free(how);
    return pv_openssl_fail(PV_ERR_RUN, "the key could not be put under its passphrase");
}

pv_status pv_key_save(EVP_PKEY *key, const char *path, const pv_passphrase *passphrase)
{
    pv_status status = PV_OK;
    PKCS8_PRIV_KEY_INFO *plain = NULL;
    X509_SIG *encrypted = NULL;
    pv_pem pem = {0};
    uint8_t *der = NULL;
    int locked = passphrase != NULL && passphrase->text != NULL, size;
    PV_TRY(pv_file_refuse_existing(path));
    pv_openssl_begin();
    plain = EVP_PKEY2PKCS8(key);
    if (plain == NULL) {
        status = pv_openssl_fail(PV_ERR_RUN, "%s: the key could not be encoded", path);
        goto done;
    }
    if (locked) PV_TRY_GOTO(encrypt(&encrypted, plain, passphrase->text));
    size = locked ? i2d_X509_SIG(encrypted, &der) : i2d_PKCS8_PRIV_KEY_INFO(plain, &der);
    PV_TRY_GOTO(
        pv_pem_take(&pem, locked ? PV_PEM_ENCRYPTED_KEY : PV_PEM_KEY, der, size, "the key"));
    PV_TRY_GOTO(pv_pem_save(&pem, path, 0600));
done:
    X509_SIG_free(encrypted);
    PKCS8_PRIV_KEY_INFO_free(plain);
    pv_pem_clear(&pem);
    return status;
}

static pv_status decrypt(PKCS8_PRIV_KEY_INFO **out, const pv_pem *pem, const char *path,
                         const pv_passphrase *passphrase)
{
    const uint8_t *at = pem->der;
    if (passphrase == NULL || passphrase->text == NULL)
        PV_FAIL(PV_ERR_AUTH, "%s: is under a passphrase, and none was given", path);
    if (strlen(passphrase->text) > PV_PASSPHRASE_MAX)
        PV_FAIL(PV_ERR_AUTH, "%s: a passphrase has at most %d bytes", path, PV_PASSPHRASE_MAX);
    pv_openssl_begin();
    X509_SIG *encrypted = d2i_X509_SIG(NULL, &at, (long)pem->size);
    if (encrypted == NULL || at != pem->der + pem->size) {
        X509_SIG_free(encrypted);
        return pv_openssl_fail(PV_ERR_FORMAT, "%s: is no encrypted PKCS#8 key", path);
    }
    *out = PKCS8_decrypt(encrypted, passphrase->text, (int)strlen(passphrase->text));
    X509_SIG_free(encrypted);
    if (*out == NULL) {
        pv_openssl_begin();
        PV_FAIL(PV_ERR_AUTH, "%s: the passphrase is wrong, or the file is damaged", path);
    }
    return PV_OK;
}

static pv_status decode(EVP_PKEY **key, const pv_pem *pem, const char *path,
                        const pv_passphrase *passphrase)
{
    PKCS8_PRIV_KEY_INFO *plain = NULL;
    const uint8_t *at = pem->der;
    if (strcmp(pem->label, PV_PEM_ENCRYPTED_KEY) == 0) {
        PV_TRY(decrypt(&plain, pem, path, passphrase));
    } else {
        PV_TRY(pv_pem_expect(pem, path, PV_PEM_KEY));
        pv_openssl_begin();
        plain = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)pem->size);
    }
    *key = plain == NULL ? NULL : EVP_PKCS82PKEY(plain);
    PKCS8_PRIV_KEY_INFO_free(plain);
    if (*key == NULL) return pv_openssl_fail(PV_ERR_FORMAT, "%s: is no PKCS#8 key", path);
    return PV_OK;
}

pv_status pv_key_load(EVP_PKEY **key, const char *path, const pv_passphrase *passphrase)
{
    pv_pem pem;
    uint8_t public_half[32];
    *key = NULL;
    PV_TRY(pv_pem_read(&pem, path));
    pv_status status = PV_OK;
    PV_TRY_GOTO(pv_file_private(path));
    PV_TRY_GOTO(decode(key, &pem, path, passphrase));
    PV_TRY_GOTO(pv_key_public(public_half, *key, path));
done:
    pv_pem_clear(&pem);
    if (status != PV_OK) {
        EVP_PKEY_free(*key);
        *key = NULL;
    }
    return status;
}
