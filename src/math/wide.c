#include "math/wide.h"

#include "base/secret.h"

#include <math.h>
#include <string.h>

pv_wide pv_wide_from(int64_t x)
{
    uint64_t sign = 0 - ((uint64_t)x >> 63);
    return (pv_wide){{(uint64_t)x, sign, sign, sign}};
}

pv_wide pv_wide_add(pv_wide a, pv_wide b)
{
    pv_wide out;
    unsigned __int128 carry = 0;
    for (int i = 0; i < PV_WIDE_LIMBS; i++) {
        carry += (unsigned __int128)a.limb[i] + b.limb[i];
        out.limb[i] = (uint64_t)carry;
        carry >>= 64;
    }
    return out;
}

pv_wide pv_wide_neg(pv_wide a)
{
    for (int i = 0; i < PV_WIDE_LIMBS; i++) a.limb[i] = ~a.limb[i];
    return pv_wide_add(a, pv_wide_from(1));
}

pv_wide pv_wide_sub(pv_wide a, pv_wide b)
{
    return pv_wide_add(a, pv_wide_neg(b));
}

/* Modulo 2^256 the product of two's complements is that of the residues. */
pv_wide pv_wide_mul(pv_wide a, int64_t b)
{
    pv_wide wide = pv_wide_from(b), out = {{0}};
    for (int i = 0; i < PV_WIDE_LIMBS; i++) {
        uint64_t carry = 0;
        for (int j = 0; i + j < PV_WIDE_LIMBS; j++) {
            unsigned __int128 t =
                (unsigned __int128)a.limb[j] * wide.limb[i] + out.limb[i + j] + carry;
            out.limb[i + j] = (uint64_t)t;
            carry = (uint64_t)(t >> 64);
        }
    }
    return out;
}

uint64_t pv_wide_negative(pv_wide a)
{
    return a.limb[PV_WIDE_LIMBS - 1] >> 63;
}

/* The limb at a place of the number continued to both sides: zeros below, the sign above. */
static uint64_t at(const pv_wide *a, int i)
{
    return i < 0 ? 0 : i < PV_WIDE_LIMBS ? a->limb[i] : 0 - pv_wide_negative(*a);
}

pv_wide pv_wide_shl(pv_wide a, unsigned bits)
{
    pv_wide out;
    int limbs = (int)(bits / 64);
    unsigned rest = bits % 64;
    for (int i = 0; i < PV_WIDE_LIMBS; i++) {
        uint64_t low = at(&a, i - limbs - 1), high = at(&a, i - limbs);
        out.limb[i] = rest == 0 ? high : high << rest | low >> (64 - rest);
    }
    return out;
}

pv_wide pv_wide_shr(pv_wide a, unsigned bits)
{
    pv_wide out;
    int limbs = (int)(bits / 64);
    unsigned rest = bits % 64;
    for (int i = 0; i < PV_WIDE_LIMBS; i++) {
        uint64_t low = at(&a, i + limbs), high = at(&a, i + limbs + 1);
        out.limb[i] = rest == 0 ? low : low >> rest | high << (64 - rest);
    }
    return out;
}

uint64_t pv_wide_fits(pv_wide a, unsigned bits)
{
    pv_wide high = bits >= PV_WIDE_BITS ? a : pv_wide_shr(a, bits - 1);
    uint64_t sign = 0 - pv_wide_negative(a), differ = 0;
    if (bits >= PV_WIDE_BITS) return 1;
    for (int i = 0; i < PV_WIDE_LIMBS; i++) differ |= high.limb[i] ^ sign;
    return 1 ^ ((differ | (0 - differ)) >> 63);
}

int64_t pv_wide_low(pv_wide a)
{
    int64_t x;
    memcpy(&x, &a.limb[0], sizeof x);
    return x;
}

double pv_wide_double(pv_wide a, int exponent)
{
    int negative = (int)pv_wide_negative(a);
    pv_wide m = negative ? pv_wide_neg(a) : a;
    double x = 0;
    for (int i = PV_WIDE_LIMBS; i-- > 0;) x += ldexp((double)m.limb[i], 64 * i);
    return ldexp(negative ? -x : x, exponent);
}

/* x is a mantissa of 53 bits at some place. */
pv_wide pv_wide_round(double x, int bits)
{
    int e;
    double m = frexp(x, &e); /* x = m·2^e, 1/2 <= |m| < 1 */
    int64_t mantissa = (int64_t)ldexp(m, 53);
    int place = e - 53 + bits;
    if (place >= 0) return pv_wide_shl(pv_wide_from(mantissa), (unsigned)place);
    if (place < -62) return pv_wide_from(0);
    pv_wide half = pv_wide_shl(pv_wide_from(1), (unsigned)(-place - 1));
    return pv_wide_shr(pv_wide_add(pv_wide_from(mantissa), half), (unsigned)-place);
}

pv_wide pv_wide_random(pv_csprng *r, unsigned bits)
{
    pv_wide a;
    pv_csprng_bytes(r, a.limb, sizeof a.limb);
    return pv_wide_shr(a, PV_WIDE_BITS - bits);
}

void pv_wide_store(uint8_t *out, pv_wide a, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) out[i] = (uint8_t)(a.limb[i / 8] >> (8 * (i % 8)));
}

pv_wide pv_wide_load(const uint8_t *in, size_t bytes)
{
    pv_wide a = {{0}};
    for (size_t i = 0; i < bytes; i++) a.limb[i / 8] |= (uint64_t)in[i] << (8 * (i % 8));
    unsigned above = PV_WIDE_BITS - 8 * (unsigned)bytes;
    return above == 0 ? a : pv_wide_shr(pv_wide_shl(a, above), above);
}
