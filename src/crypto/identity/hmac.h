/* crypto/identity/hmac.h - HMAC-SHA-256 (RFC 2104) under a key of 32 bytes */
#ifndef PV_CRYPTO_IDENTITY_HMAC_H
#define PV_CRYPTO_IDENTITY_HMAC_H

#include "crypto/identity/hash.h"

enum { PV_HMAC_KEY = 32 };

/* Errors: PV_ERR_MEMORY. */
pv_status pv_hmac(pv_hash *out, const uint8_t key[PV_HMAC_KEY], const void *data,
                  size_t size) PV_MUST_USE;

#endif
