/* crypto/identity/describe.h - what a file of this room is, without opening what is locked in it
 *
 * For `privet keys show`: an authority's or a party's certificate, a request, a private key. A key
 * under a passphrase says nothing but that.
 */
#ifndef PV_CRYPTO_IDENTITY_DESCRIBE_H
#define PV_CRYPTO_IDENTITY_DESCRIBE_H

#include "crypto/identity/identity.h"

typedef enum pv_key_kind {
    PV_KEY_AUTHORITY = 1, /* a certificate that may issue others */
    PV_KEY_PARTY,         /* any other certificate */
    PV_KEY_REQUEST,
    PV_KEY_PRIVATE,
    PV_KEY_LOCKED, /* a private key under a passphrase */
} pv_key_kind;

typedef struct pv_key_description {
    pv_key_kind kind;
    char name[PV_PARTY_NAME]; /* "" for private keys */
    uint8_t public_key[32];   /* zeros for locked ones */
    pv_hash fingerprint;      /* of certificates, as begins and ends */
    int64_t begins, ends;
} pv_key_description;

/* Errors: those of the loader of that kind; PV_ERR_FORMAT for anything else. */
pv_status pv_key_describe(pv_key_description *out, const char *path) PV_MUST_USE;

#endif
