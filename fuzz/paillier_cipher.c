/* The first byte: ciphertexts or plaintexts. What is accepted has one encoding. n is 2^2048 - 1,
 * whose many small factors bytes run into by chance. */
#include "crypto/paillier/paillier_i.h"
#include "fuzz.h"

#include <string.h>

enum { BITS = 2048, MOST = 8 };

static const pv_paillier_pk *key(void)
{
    static pv_paillier_pk *pk;
    uint64_t n[BITS / 64];
    memset(n, 0xFF, sizeof n);
    if (pk == NULL)
        PV_FUZZ_CHECK(pv_paillier_pk_assemble(&pk, n, BITS, PV_MODSQ_PORTABLE) == PV_OK);
    return pk;
}

static int accepted(pv_status s)
{
    if (s == PV_OK) return 1;
    PV_FUZZ_CHECK(s == PV_ERR_PEER || s == PV_ERR_MEMORY);
    PV_FUZZ_CHECK(strstr(pv_trail_text(), "input: ") != NULL || s == PV_ERR_MEMORY);
    pv_trail_clear();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint64_t limb[MOST * BITS / 32];
    static uint8_t in[sizeof limb], out[sizeof limb];
    const pv_paillier_pk *pk = key();
    if (size < 1) return 0;
    int plain = data[0] & 1;
    size_t one = plain ? pv_residue_bytes(pk) : pv_paillier_cipher_bytes(pk);
    size_t count = (size - 1 + one - 1) / one; /* the last is filled up by zeros */
    if (count > MOST) return 0;
    memset(in, 0, sizeof in);
    if (size > 1) memcpy(in, data + 1, size - 1);
    if (plain) {
        if (!accepted(pv_residue_load(limb, in, count, pk, "input"))) return 0;
        pv_residue_store(out, limb, count, pk);
    } else {
        if (!accepted(pv_paillier_cipher_load(limb, in, count, pk, "input"))) return 0;
        pv_paillier_cipher_store(out, limb, count, pk);
    }
    PV_FUZZ_CHECK(memcmp(in, out, count * one) == 0);
    return 0;
}
