#include "crypto/paillier/paillier_i.h"

#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "residues cross as they lie in memory");

void pv_paillier_below(uint64_t *x, size_t count, const uint64_t *end, size_t limbs, pv_csprng *r)
{
    for (size_t i = 0; i < count; i++, x += limbs) do
            pv_csprng_bytes(r, x, limbs * sizeof *x);
        while (!pv_crt_below(x, end, limbs));
}

void pv_residue_random(uint64_t *m, const pv_paillier_pk *pk, size_t count, pv_csprng *r)
{
    pv_paillier_below(m, count, pk->n, pk->limbs, r);
}

void pv_residue_add(uint64_t *out, const uint64_t *a, const uint64_t *b, const pv_paillier_pk *pk)
{
    pv_crt_add(out, a, b, pk->n, pk->limbs);
}

void pv_residue_sub(uint64_t *out, const uint64_t *a, const uint64_t *b, const pv_paillier_pk *pk)
{
    pv_crt_sub(out, a, b, pk->n, pk->limbs);
}

size_t pv_residue_bytes(const pv_paillier_pk *pk)
{
    return pk->limbs * sizeof *pk->n;
}

void pv_residue_store(uint8_t *out, const uint64_t *m, size_t count, const pv_paillier_pk *pk)
{
    memcpy(out, m, count * pv_residue_bytes(pk));
}

pv_status pv_residue_load(uint64_t *m, const uint8_t *in, size_t count, const pv_paillier_pk *pk,
                          const char *what)
{
    memcpy(m, in, count * pv_residue_bytes(pk));
    for (size_t i = 0; i < count; i++)
        if (!pv_crt_below(m + i * pk->limbs, pk->n, pk->limbs))
            PV_FAIL(PV_ERR_PEER, "%s: number %zu of %zu is not below n", what, i + 1, count);
    return PV_OK;
}

pv_status pv_paillier_scratch_init(pv_paillier_scratch *s, size_t count, size_t limbs)
{
    *s = (pv_paillier_scratch){pv_calloc(count, limbs * sizeof *s->limb), count * limbs};
    if (s->limb == NULL) PV_FAIL_MEMORY(count * limbs * sizeof *s->limb);
    return PV_OK;
}

void pv_paillier_scratch_clear(pv_paillier_scratch *s)
{
    if (s->limb != NULL) pv_secret_wipe(s->limb, s->limbs * sizeof *s->limb);
    pv_free(s->limb);
    *s = (pv_paillier_scratch){NULL, 0};
}
