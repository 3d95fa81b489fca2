#include "crypto/paillier/paillier.h"

#include "base/trail.h"

pv_status pv_paillier_encrypt(uint64_t *c, const pv_paillier_pk *pk, const uint64_t *m,
                              size_t count, pv_csprng *r, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    pv_paillier_blind *b = NULL;
    PV_TRY_GOTO(pv_paillier_blind_new(&b, pk, PV_BLIND_TEXTBOOK, r, ctx));
    PV_TRY_GOTO(pv_paillier_encrypt_blind(c, b, m, count, r, ctx));
done:
    pv_paillier_blind_free(b);
    return status;
}
