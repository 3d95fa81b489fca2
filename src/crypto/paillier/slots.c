#include "crypto/paillier/paillier_i.h"

#include <assert.h>
#include <gmp.h>
#include <string.h>

enum {
    WIDE = PV_WIDE_LIMBS,
    /* the top slot may begin below bit 4096 and be 256 bits wide, with carries of all the others */
    SUM = PV_PAILLIER_LIMBS + WIDE + 1,
};

int pv_slots_fit(const pv_paillier_pk *pk, unsigned slot)
{
    return (int)(((unsigned)pk->bits - 2) / slot);
}

/* sum += v·2^at in two's complement of `limbs` limbs. */
static void add_at(uint64_t *sum, size_t limbs, pv_wide v, size_t at)
{
    size_t first = at / 64;
    unsigned shift = at % 64;
    uint64_t sign = 0 - pv_wide_negative(v), carry = 0, below = 0;
    for (size_t i = first; i < limbs; i++) {
        uint64_t limb = i - first < WIDE ? v.limb[i - first] : sign;
        uint64_t shifted = shift == 0 ? limb : limb << shift | below >> (64 - shift);
        unsigned __int128 t = (unsigned __int128)sum[i] + shifted + carry;
        sum[i] = (uint64_t)t;
        carry = (uint64_t)(t >> 64);
        below = limb;
    }
}

static void negate_if(uint64_t *x, size_t limbs, uint64_t bit)
{
    uint64_t mask = pv_secret_mask(bit), carry = bit & 1;
    for (size_t i = 0; i < limbs; i++) {
        unsigned __int128 t = (unsigned __int128)(x[i] ^ mask) + carry;
        x[i] = (uint64_t)t;
        carry = (uint64_t)(t >> 64);
    }
}

void pv_slots_pack(uint64_t *m, const pv_wide *v, size_t slots, unsigned slot,
                   const pv_paillier_pk *pk)
{
    uint64_t sum[SUM] = {0}, zero[PV_PAILLIER_LIMBS] = {0}, scratch[4 * SUM];
    size_t limbs = pk->limbs + WIDE + 1;
    assert(slot >= 1 && slot <= PV_WIDE_BITS && slots <= (size_t)pv_slots_fit(pk, slot));
    for (size_t i = 0; i < slots; i++) add_at(sum, limbs, v[i], i * slot);
    uint64_t negative = sum[limbs - 1] >> 63;
    negate_if(sum, limbs, negative);
    assert((size_t)mpn_sec_div_r_itch((mp_size_t)limbs, (mp_size_t)pk->limbs) <= 4 * SUM);
    mpn_sec_div_r(sum, (mp_size_t)limbs, pk->n, (mp_size_t)pk->limbs, scratch);
    pv_residue_sub(zero, zero, sum, pk); /* n is not a residue: -0 is 0 */
    pv_crt_select(m, negative, zero, sum, pk->limbs);
    pv_secret_wipe(sum, sizeof sum);
    pv_secret_wipe(zero, sizeof zero);
    pv_secret_wipe(scratch, sizeof scratch);
}

/* Bits at..at+slot-1 of x, a number without sign. */
static pv_wide digit(const uint64_t *x, size_t limbs, size_t at, unsigned slot)
{
    pv_wide d = {{0}};
    unsigned shift = at % 64;
    for (size_t i = 0; i < WIDE && 64 * i < slot; i++) {
        size_t k = at / 64 + i;
        uint64_t low = k < limbs ? x[k] : 0, high = k + 1 < limbs ? x[k + 1] : 0;
        d.limb[i] = shift == 0 ? low : low >> shift | high << (64 - shift);
        if (slot - 64 * i < 64) d.limb[i] &= ((uint64_t)1 << (slot - 64 * i)) - 1;
    }
    return d;
}

/* With 2^(slot-1) added to every slot no value is negative, so that the slots are plain digits. */
void pv_slots_unpack(pv_wide *v, const uint64_t *m, size_t slots, unsigned slot,
                     const pv_paillier_pk *pk, uint64_t *over)
{
    uint64_t sum[PV_PAILLIER_LIMBS + 1] = {0}, less[PV_PAILLIER_LIMBS + 1], half[PV_PAILLIER_LIMBS];
    size_t limbs = pk->limbs + 1, end = slots * slot;
    pv_wide middle = pv_wide_shl(pv_wide_from(1), slot - 1);
    assert(slot >= 1 && slot <= PV_WIDE_BITS && slots <= (size_t)pv_slots_fit(pk, slot));
    memcpy(sum, m, pk->limbs * sizeof *m);
    /* above n/2: negative */
    (void)mpn_rshift(half, pk->n, (mp_size_t)pk->limbs, 1);
    uint64_t negative = pv_crt_below(half, m, pk->limbs);
    less[pk->limbs] = 0 - mpn_sub_n(less, sum, pk->n, (mp_size_t)pk->limbs);
    pv_crt_select(sum, negative, less, sum, limbs);
    for (size_t i = 0; i < slots; i++) {
        size_t at = i * slot + slot - 1;
        uint64_t carry = (uint64_t)1 << (at % 64);
        for (size_t k = at / 64; k < limbs; k++) {
            unsigned __int128 t = (unsigned __int128)sum[k] + carry;
            sum[k] = (uint64_t)t;
            carry = (uint64_t)(t >> 64);
        }
    }
    for (size_t i = 0; i < slots; i++)
        v[i] = pv_wide_sub(digit(sum, limbs, i * slot, slot), middle);
    uint64_t rest = sum[end / 64] >> (end % 64);
    for (size_t k = end / 64 + 1; k < limbs; k++) rest |= sum[k];
    *over |= (rest | (0 - rest)) >> 63;
    pv_secret_wipe(sum, sizeof sum);
    pv_secret_wipe(less, sizeof less);
}
