/* math/wide.h - signed integers of 256 bits, two's complement, for shares and packed slots
 *
 * Shares of fixed-point weights are wider than any machine word (about 135 bits for a network of
 * 84x10 weights): a share hides its weight statistically, by being so many bits wider. 256 bits
 * hold them and every sum and product that the protocols form; callers prove their bounds
 * beforehand (scheme/vertical/bounds.h), so arithmetic here wraps silently.
 *
 * Values may be secrets: nothing here branches on them or indexes by them. Shift counts and bit
 * counts are public.
 */
#ifndef PV_MATH_WIDE_H
#define PV_MATH_WIDE_H

#include "base/csprng.h"

enum { PV_WIDE_LIMBS = 4, PV_WIDE_BITS = 256 };

typedef struct pv_wide {
    uint64_t limb[PV_WIDE_LIMBS]; /* little-endian */
} pv_wide;

pv_wide pv_wide_from(int64_t x);
pv_wide pv_wide_add(pv_wide a, pv_wide b);
pv_wide pv_wide_sub(pv_wide a, pv_wide b);
pv_wide pv_wide_neg(pv_wide a);
pv_wide pv_wide_mul(pv_wide a, int64_t b);     /* a·b */
pv_wide pv_wide_shl(pv_wide a, unsigned bits); /* a·2^bits; bits < 256 */
pv_wide pv_wide_shr(pv_wide a, unsigned bits); /* ⌊a/2^bits⌋, towards minus infinity */
uint64_t pv_wide_negative(pv_wide a);          /* 1 when a < 0 */
/* 1 when -2^(bits-1) <= a < 2^(bits-1) */
uint64_t pv_wide_fits(pv_wide a, unsigned bits);
int64_t pv_wide_low(pv_wide a);                 /* the lowest 64 bits, as they are */
double pv_wide_double(pv_wide a, int exponent); /* a·2^exponent, rounded; not constant time */
/* ⌊x·2^bits + 1/2⌋; x finite and |x|·2^bits < 2^254 */
pv_wide pv_wide_round(double x, int bits);
/* Uniform in [-2^(bits-1), 2^(bits-1)); 1 <= bits <= 256. */
pv_wide pv_wide_random(pv_csprng *r, unsigned bits);

/* `bytes` bytes of two's complement, little-endian; what does not fit is cut off (callers prove
 * that it fits), what is read is sign-extended. 1 <= bytes <= 32. */
void pv_wide_store(uint8_t *out, pv_wide a, size_t bytes);
pv_wide pv_wide_load(const uint8_t *in, size_t bytes);

#endif
