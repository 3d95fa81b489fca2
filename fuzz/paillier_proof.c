/* A proof that holds has one encoding: with a bit changed anywhere, it does not. */
#include "crypto/paillier/paillier_i.h"
#include "fuzz.h"
#include "fuzz_paillier.h"

#include <string.h>

static const char context[] = "fuzz";

static int holds(const pv_paillier_pk *pk, const uint8_t *proof, size_t size)
{
    pv_status s = pv_paillier_verify(pk, proof, size, context, sizeof context - 1);
    if (s == PV_OK) return 1;
    PV_FUZZ_CHECK(s == PV_ERR_AUTH && pv_trail_text()[0] != '\0');
    pv_trail_clear();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static pv_paillier_pk *pk;
    static uint8_t changed[PV_PAILLIER_ROOTS * 256];
    if (pk == NULL)
        PV_FUZZ_CHECK(pv_paillier_pk_assemble(&pk, pv_fuzz_paillier_n, 2048, PV_MODSQ_PORTABLE) ==
                      PV_OK);
    if (!holds(pk, data, size)) return 0;
    PV_FUZZ_CHECK(size == sizeof changed);
    memcpy(changed, data, size);
    changed[17] ^= 1;
    PV_FUZZ_CHECK(!holds(pk, changed, size));
    return 0;
}
