#include "crypto/prf/prf.h"

#include "base/secret.h"
#include <sodium.h>
#include <string.h>

void pv_prf_key_random(pv_prf_key *k, pv_csprng *r)
{
    pv_csprng_bytes(r, k->byte, sizeof k->byte);
}

void pv_prf_key_clear(pv_prf_key *k)
{
    pv_secret_wipe(k, sizeof *k);
}

pv_status pv_prf(pv_csprng *r, const pv_prf_key *k, const char *purpose, const void *input,
                 size_t size)
{
    crypto_generichash_state state;
    uint8_t seed[PV_RUN_KEY_BYTES];
    size_t length = strlen(purpose);
    uint8_t prefix = (uint8_t)length;
    if (length == 0 || length > UINT8_MAX)
        PV_FAIL(PV_ERR_USAGE, "prf: a purpose of %zu characters; 1 to 255", length);
    crypto_generichash_init(&state, k->byte, sizeof k->byte, sizeof seed);
    crypto_generichash_update(&state, &prefix, 1);
    crypto_generichash_update(&state, (const uint8_t *)purpose, length);
    crypto_generichash_update(&state, input, size);
    crypto_generichash_final(&state, seed, sizeof seed);
    pv_status status = pv_csprng_derive(r, seed, purpose, 0, 0);
    pv_secret_wipe(seed, sizeof seed);
    pv_secret_wipe(&state, sizeof state);
    return status;
}
