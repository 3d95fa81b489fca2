/* crypto/identity/key.h - an Ed25519 private key and its file
 *
 * PKCS#8 in PEM, mode 0600. Under a passphrase it is encrypted by PBES2 (RFC 8018): AES-256-CBC,
 * the key by scrypt (RFC 7914) with N = 2^14, r = 8, p = 5, 16 MiB a guess; `openssl pkey` reads
 * both. A file that its group or others may read, or that is not Ed25519, is refused.
 */
#ifndef PV_CRYPTO_IDENTITY_KEY_H
#define PV_CRYPTO_IDENTITY_KEY_H

#include "crypto/identity/identity.h"
#include <openssl/evp.h>

pv_status pv_key_make(EVP_PKEY **key) PV_MUST_USE;

/* The file must not exist. PV_ERR_USAGE also for an empty passphrase. */
pv_status pv_key_save(EVP_PKEY *key, const char *path, const pv_passphrase *passphrase) PV_MUST_USE;

/* Errors: as pv_identity_load. */
pv_status pv_key_load(EVP_PKEY **key, const char *path,
                      const pv_passphrase *passphrase) PV_MUST_USE;

/* PV_ERR_AUTH unless the point is one of the large prime order (RFC 8032, section 5.1): under a key
 * of small order signatures hold for messages that nobody signed, so its owner could deny every
 * one. */
pv_status pv_key_sound(const uint8_t public_key[32], const char *what) PV_MUST_USE;

/* The 32 bytes of its public half. PV_ERR_AUTH unless the key is Ed25519 and sound; `what` is
 * named. */
pv_status pv_key_public(uint8_t out[32], const EVP_PKEY *key, const char *what) PV_MUST_USE;

#endif
