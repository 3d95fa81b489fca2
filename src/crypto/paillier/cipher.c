#include "crypto/paillier/paillier_i.h"

#include <string.h>

size_t pv_paillier_cipher_bytes(const pv_paillier_pk *pk)
{
    return 2 * pk->limbs * sizeof *pk->n;
}

void pv_paillier_cipher_store(uint8_t *out, const uint64_t *c, size_t count,
                              const pv_paillier_pk *pk)
{
    memcpy(out, c, count * pv_paillier_cipher_bytes(pk));
}

/* One gcd for all: their product has a factor of n when one of them has. */
static pv_status all_coprime(const uint64_t *c, size_t count, const pv_paillier_pk *pk,
                             const char *what)
{
    uint64_t product[2 * PV_PAILLIER_LIMBS];
    PV_TRY(pv_paillier_product(product, pk, c, count, 1));
    if (pv_modsq_invertible(pk->square, product)) return PV_OK;
    for (size_t i = 0; i < count; i++)
        if (!pv_modsq_invertible(pk->square, c + 2 * i * pk->limbs))
            PV_FAIL(PV_ERR_PEER, "%s: ciphertext %zu of %zu shares a factor with n", what, i + 1,
                    count);
    PV_FAIL(PV_ERR_RUN, "%s: %zu ciphertexts are sound, but their product is not", what, count);
}

pv_status pv_paillier_cipher_load(uint64_t *c, const uint8_t *in, size_t count,
                                  const pv_paillier_pk *pk, const char *what)
{
    size_t limbs = 2 * pk->limbs;
    memcpy(c, in, count * pv_paillier_cipher_bytes(pk));
    for (size_t i = 0; i < count; i++) {
        if (pv_crt_zero(c + i * limbs, limbs))
            PV_FAIL(PV_ERR_PEER, "%s: ciphertext %zu of %zu is zero", what, i + 1, count);
        if (!pv_crt_below(c + i * limbs, pk->n2, limbs))
            PV_FAIL(PV_ERR_PEER, "%s: ciphertext %zu of %zu is not below n^2", what, i + 1, count);
    }
    for (size_t done = 0, n; done < count; done += n) {
        n = pv_paillier_piece(count, done);
        PV_TRY(all_coprime(c + done * limbs, n, pk, what));
    }
    return PV_OK;
}
