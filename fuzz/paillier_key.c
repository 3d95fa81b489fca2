/* The first byte: 0 a private key file, 1 a public one, 2 and 3 the same from the bytes that their
 * PEM block holds. */
#include "crypto/paillier/paillier.h"
#include "fuzz_identity.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { MOST = 8192 };

static void private_key(const void *text, size_t size)
{
    pv_paillier_sk *sk = NULL;
    int ok = pv_fuzz_identity_ok(pv_paillier_sk_parse(&sk, "input", text, size));
    PV_FUZZ_CHECK(ok == (sk != NULL));
    if (ok) PV_FUZZ_CHECK(pv_paillier_bits(pv_paillier_public(sk)) >= 2048);
    pv_paillier_sk_free(sk);
}

static void public_key(const void *text, size_t size)
{
    pv_paillier_pk *pk = NULL;
    int ok = pv_fuzz_identity_ok(pv_paillier_pk_parse(&pk, "input", text, size));
    PV_FUZZ_CHECK(ok == (pk != NULL));
    if (ok) PV_FUZZ_CHECK(pv_paillier_n(pk)[pv_paillier_limbs(pk) - 1] >> 63 == 1);
    pv_paillier_pk_free(pk);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[2 * MOST], body[2 * MOST];
    if (size < 1 || size > MOST) return 0;
    const char *label = data[0] & 1 ? PV_PAILLIER_PEM_PUBLIC : PV_PAILLIER_PEM_PRIVATE;
    void (*parse)(const void *, size_t) = data[0] & 1 ? public_key : private_key;
    if ((data[0] & 2) == 0) {
        parse(data + 1, size - 1);
        return 0;
    }
    sodium_bin2base64(body, sizeof body, data + 1, size - 1, sodium_base64_VARIANT_ORIGINAL);
    int n = snprintf(text, sizeof text, "-----BEGIN %s-----\n%s\n-----END %s-----\n", label, body,
                     label);
    parse(text, (size_t)n);
    return 0;
}
