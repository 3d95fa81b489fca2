/* Signatures: pv_identity_sign, pv_signature_check. */
#include "crypto/identity/identity.h"

#include "crypto/identity/key.h"
#include "crypto/identity/openssl.h"
#include "wire/writer.h"
#include <openssl/evp.h>
#include <string.h>

/* What a signature covers. PureEdDSA goes over its message twice, so it is put together whole. */
static pv_status message(pv_bytes *out, const char *context, const void *data, size_t size)
{
    static const char version[] = "privet/1";
    pv_writer w = pv_writer_make("a message to sign", SIZE_MAX);
    pv_writer_bytes(&w, version, sizeof version); /* with its NUL */
    pv_writer_bytes(&w, context, strlen(context) + 1);
    pv_writer_u64le(&w, size);
    pv_writer_bytes(&w, data, size);
    pv_status s = pv_writer_take(&w, out);
    pv_writer_clear(&w);
    return s;
}

pv_status pv_identity_sign(uint8_t signature[PV_SIGNATURE_BYTES], const pv_identity *id,
                           const char *context, const void *data, size_t size)
{
    pv_bytes m = {0};
    size_t n = PV_SIGNATURE_BYTES;
    PV_TRY(message(&m, context, data, size));
    pv_openssl_begin();
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    int good = ctx != NULL &&
               EVP_DigestSignInit(ctx, NULL, NULL, NULL, pv_identity_pkey(id)) == 1 &&
               EVP_DigestSign(ctx, signature, &n, m.data, m.size) == 1 && n == PV_SIGNATURE_BYTES;
    EVP_MD_CTX_free(ctx);
    pv_bytes_clear(&m);
    return good ? PV_OK : pv_openssl_fail(PV_ERR_RUN, "%s: nothing could be signed", context);
}

pv_status pv_signature_check(const uint8_t signature[PV_SIGNATURE_BYTES],
                             const uint8_t public_key[32], const char *who, const char *context,
                             const void *data, size_t size)
{
    pv_bytes m = {0};
    int verdict = 0;
    PV_TRY(pv_key_sound(public_key, who)); /* it need not come from a certificate */
    PV_TRY(message(&m, context, data, size));
    pv_openssl_begin();
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, public_key, 32);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    int ready = key != NULL && ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1;
    if (ready) verdict = EVP_DigestVerify(ctx, signature, PV_SIGNATURE_BYTES, m.data, m.size);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    pv_bytes_clear(&m);
    if (!ready) return pv_openssl_fail(PV_ERR_RUN, "the signature of %s was not checked", who);
    pv_openssl_begin();
    if (verdict == 1) return PV_OK;
    PV_FAIL(PV_ERR_AUTH, "the signature of %s over %s does not hold", who, context);
}
