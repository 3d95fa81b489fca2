/* crypto/identity/openssl.h - OpenSSL's reasons in our sentences; for the rooms that call it
 *
 * OpenSSL says why it failed in a queue of its own, one a thread. Whoever calls it clears the queue
 * first and, on failure, takes the reason from it:
 *
 *     pv_openssl_begin();
 *     if (EVP_DigestSign(...) <= 0) return pv_openssl_fail(PV_ERR_RUN, "the message was not
 * signed");
 */
#ifndef PV_CRYPTO_IDENTITY_OPENSSL_H
#define PV_CRYPTO_IDENTITY_OPENSSL_H

#include "privet/status.h"

/* Forget what failed before. */
void pv_openssl_begin(void);

/* The sentence, ": " and OpenSSL's own reason; clears the queue. Returns s, or PV_ERR_MEMORY when
 * the reason is that memory ran out. */
pv_status pv_openssl_fail(pv_status s, const char *fmt, ...) PV_MUST_USE PV_PRINTF(2, 3);

#endif
