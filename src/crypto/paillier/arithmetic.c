#include "crypto/paillier/paillier_i.h"

#include <assert.h>
#include <string.h>

pv_status pv_paillier_product(uint64_t *out, const pv_paillier_pk *pk, const uint64_t *c,
                              size_t count, int threads)
{
    pv_status status = PV_OK;
    size_t limbs = 2 * pk->limbs;
    pv_paillier_scratch t = {NULL, 0};
    memset(out, 0, limbs * sizeof *out);
    out[0] = 1;
    if (count == 0) return PV_OK;
    PV_TRY(pv_paillier_scratch_init(&t, count, limbs));
    memcpy(t.limb, c, count * limbs * sizeof *c);
    for (size_t half; count > 1; count -= half) { /* the last `half` are folded onto the first */
        half = count / 2;
        PV_TRY_GOTO(pv_modsq_mul(pk->square, t.limb, t.limb, t.limb + (count - half) * limbs, half,
                                 threads));
    }
    memcpy(out, t.limb, limbs * sizeof *out);
done:
    pv_paillier_scratch_clear(&t);
    return status;
}

pv_status pv_paillier_add(uint64_t *out, const pv_paillier_pk *pk, const uint64_t *a,
                          const uint64_t *b, size_t count, const pv_ctx *ctx)
{
    PV_TRY(pv_ctx_check(ctx));
    return pv_modsq_mul(pk->square, out, a, b, count, pv_ctx_threads(ctx));
}

/* c^|e|, of c's inverse where e is negative. */
pv_status pv_paillier_mul(uint64_t *out, const pv_paillier_pk *pk, const uint64_t *c,
                          const pv_wide *e, size_t bits, size_t count, const pv_ctx *ctx)
{
    pv_status status = PV_OK;
    size_t limbs = 2 * pk->limbs, words = (bits - 1 + 63) / 64;
    pv_paillier_scratch base = {NULL, 0}, power = {NULL, 0};
    assert(bits >= 2 && bits <= PV_WIDE_BITS);
    PV_TRY(pv_paillier_scratch_init(&base, pv_paillier_piece(count, 0), limbs));
    PV_TRY_GOTO(pv_paillier_scratch_init(&power, pv_paillier_piece(count, 0), words));
    for (size_t done = 0, n; done < count; done += n) {
        const uint64_t *from = c + done * limbs;
        n = pv_paillier_piece(count, done);
        PV_TRY_GOTO(pv_ctx_check(ctx));
        PV_TRY_GOTO(pv_modsq_inverse(pk->square, base.limb, from, n));
        for (size_t i = 0; i < n; i++) {
            pv_wide x = e[done + i], minus = pv_wide_neg(x);
            uint64_t negative = pv_wide_negative(x), *b = base.limb + i * limbs;
            pv_crt_select(b, negative, b, from + i * limbs, limbs);
            pv_crt_select(power.limb + i * words, negative, minus.limb, x.limb, words);
        }
        PV_TRY_GOTO(pv_modsq_pow_each(pk->square, out + done * limbs, base.limb, power.limb,
                                      bits - 1, n, pv_ctx_threads(ctx)));
    }
done:
    pv_paillier_scratch_clear(&base);
    pv_paillier_scratch_clear(&power);
    return status;
}

pv_status pv_paillier_products(uint64_t *out, const pv_paillier_pk *pk, const uint64_t *c,
                               const pv_wide *e, size_t bits, size_t rows, size_t columns,
                               size_t terms, const pv_ctx *ctx)
{
    PV_TRY(pv_ctx_check(ctx));
    return pv_modsq_products(pk->square, out, c, e, bits, rows, columns, terms,
                             pv_ctx_threads(ctx));
}
