/* math/modular/lanes.h - eight lanes of 64 bits: a vector register, or the plain C twin of one
 *
 * A file that is compiled for AVX-512 IFMA gets the register, any other gets the twin, whose
 * operations mean the same, lane by lane. The twin is what valgrind can follow: nothing in it
 * branches on what a lane holds or takes it for an address.
 *
 * madlo and madhi multiply the lowest 52 bits of two lanes and add the lowest or the highest 52 of
 * the product's 104 bits to a third.
 */
#ifndef PV_MATH_LANES_H
#define PV_MATH_LANES_H

#include <stdint.h>

#define PV_LANES_INLINE static inline __attribute__((always_inline, unused))
enum { PV_LANES = 8, PV_LANES_RADIX = 52 };

#ifdef __AVX512IFMA__
#include <immintrin.h>

typedef __m512i pv_lanes;
typedef __mmask8 pv_lanes_mask;

PV_LANES_INLINE pv_lanes pv_lanes_load(const uint64_t *x)
{
    return _mm512_load_si512(x);
}
PV_LANES_INLINE void pv_lanes_store(uint64_t *to, pv_lanes x)
{
    _mm512_store_si512(to, x);
}
/* Into the second-level cache; an address that nothing lies at is no error. */
PV_LANES_INLINE void pv_lanes_fetch(const uint64_t *x)
{
    _mm_prefetch((const char *)x, _MM_HINT_T1);
}
PV_LANES_INLINE pv_lanes pv_lanes_all(uint64_t x)
{
    return _mm512_set1_epi64((long long)x);
}
PV_LANES_INLINE pv_lanes pv_lanes_add(pv_lanes x, pv_lanes y)
{
    return _mm512_add_epi64(x, y);
}
PV_LANES_INLINE pv_lanes pv_lanes_sub(pv_lanes x, pv_lanes y)
{
    return _mm512_sub_epi64(x, y);
}
PV_LANES_INLINE pv_lanes pv_lanes_and(pv_lanes x, pv_lanes y)
{
    return _mm512_and_si512(x, y);
}
PV_LANES_INLINE pv_lanes pv_lanes_xor(pv_lanes x, pv_lanes y)
{
    return _mm512_xor_si512(x, y);
}
/* ⌊x/2^52⌋, of unsigned and of signed lanes */
PV_LANES_INLINE pv_lanes pv_lanes_carry(pv_lanes x)
{
    return _mm512_srli_epi64(x, PV_LANES_RADIX);
}
PV_LANES_INLINE pv_lanes pv_lanes_borrow(pv_lanes x)
{
    return _mm512_srai_epi64(x, PV_LANES_RADIX);
}
PV_LANES_INLINE pv_lanes pv_lanes_madlo(pv_lanes sum, pv_lanes x, pv_lanes y)
{
    return _mm512_madd52lo_epu64(sum, x, y);
}
PV_LANES_INLINE pv_lanes pv_lanes_madhi(pv_lanes sum, pv_lanes x, pv_lanes y)
{
    return _mm512_madd52hi_epu64(sum, x, y);
}
/* Five at once, where gcc would move registers about between single ones. */
#define PV_LANES_FIVE(what)                                                                        \
    __asm__(what " %6, %5, %0\n\t" what " %7, %5, %1\n\t" what " %8, %5, %2\n\t" what              \
                 " %9, %5, %3\n\t" what " %10, %5, %4"                                             \
            : "+v"(*w0), "+v"(*w1), "+v"(*w2), "+v"(*w3), "+v"(*w4)                                \
            : "v"(x), "v"(y[0]), "v"(y[1]), "v"(y[2]), "v"(y[3]), "v"(y[4]))
PV_LANES_INLINE void pv_lanes_madlo5(pv_lanes *w0, pv_lanes *w1, pv_lanes *w2, pv_lanes *w3,
                                     pv_lanes *w4, pv_lanes x, const pv_lanes *y)
{
    PV_LANES_FIVE("vpmadd52luq");
}
PV_LANES_INLINE void pv_lanes_madhi5(pv_lanes *w0, pv_lanes *w1, pv_lanes *w2, pv_lanes *w3,
                                     pv_lanes *w4, pv_lanes x, const pv_lanes *y)
{
    PV_LANES_FIVE("vpmadd52huq");
}
PV_LANES_INLINE pv_lanes_mask pv_lanes_same(pv_lanes x, pv_lanes y)
{
    return _mm512_cmpeq_epi64_mask(x, y);
}
/* the lanes where x has one of y's bits */
PV_LANES_INLINE pv_lanes_mask pv_lanes_has(pv_lanes x, pv_lanes y)
{
    return _mm512_test_epi64_mask(x, y);
}
PV_LANES_INLINE pv_lanes pv_lanes_choose(pv_lanes_mask mask, pv_lanes yes, pv_lanes no)
{
    return _mm512_mask_mov_epi64(no, mask, yes);
}
/* Lane i: the index[i]-th of the 16 words of `first` and `second`; higher bits don't count. */
PV_LANES_INLINE pv_lanes pv_lanes_of_16(pv_lanes first, pv_lanes second, pv_lanes index)
{
    return _mm512_permutex2var_epi64(first, index, second);
}

#else
#include "base/secret.h"

typedef struct pv_lanes {
    uint64_t lane[PV_LANES];
} pv_lanes;
typedef pv_lanes pv_lanes_mask; /* all ones, or 0 */

#define PV_LANES_EACH(value)                                                                       \
    pv_lanes out;                                                                                  \
    for (int i = 0; i < PV_LANES; i++) out.lane[i] = (value);                                      \
    return out

PV_LANES_INLINE pv_lanes pv_lanes_load(const uint64_t *x)
{
    PV_LANES_EACH(x[i]);
}
PV_LANES_INLINE void pv_lanes_store(uint64_t *to, pv_lanes x)
{
    for (int i = 0; i < PV_LANES; i++) to[i] = x.lane[i];
}
PV_LANES_INLINE void pv_lanes_fetch(const uint64_t *x)
{
    (void)x;
}
PV_LANES_INLINE pv_lanes pv_lanes_all(uint64_t x)
{
    PV_LANES_EACH(x);
}
PV_LANES_INLINE pv_lanes pv_lanes_add(pv_lanes x, pv_lanes y)
{
    PV_LANES_EACH(x.lane[i] + y.lane[i]);
}
PV_LANES_INLINE pv_lanes pv_lanes_sub(pv_lanes x, pv_lanes y)
{
    PV_LANES_EACH(x.lane[i] - y.lane[i]);
}
PV_LANES_INLINE pv_lanes pv_lanes_and(pv_lanes x, pv_lanes y)
{
    PV_LANES_EACH(x.lane[i] & y.lane[i]);
}
PV_LANES_INLINE pv_lanes pv_lanes_xor(pv_lanes x, pv_lanes y)
{
    PV_LANES_EACH(x.lane[i] ^ y.lane[i]);
}
PV_LANES_INLINE pv_lanes pv_lanes_carry(pv_lanes x)
{
    PV_LANES_EACH(x.lane[i] >> PV_LANES_RADIX);
}
PV_LANES_INLINE pv_lanes pv_lanes_borrow(pv_lanes x)
{
    PV_LANES_EACH((uint64_t)((int64_t)x.lane[i] >> PV_LANES_RADIX));
}
PV_LANES_INLINE unsigned __int128 pv_lanes_product(uint64_t x, uint64_t y)
{
    const uint64_t low = ((uint64_t)1 << PV_LANES_RADIX) - 1;
    return (unsigned __int128)(x & low) * (y & low);
}
PV_LANES_INLINE pv_lanes pv_lanes_madlo(pv_lanes sum, pv_lanes x, pv_lanes y)
{
    const uint64_t low = ((uint64_t)1 << PV_LANES_RADIX) - 1;
    PV_LANES_EACH(sum.lane[i] + ((uint64_t)pv_lanes_product(x.lane[i], y.lane[i]) & low));
}
PV_LANES_INLINE pv_lanes pv_lanes_madhi(pv_lanes sum, pv_lanes x, pv_lanes y)
{
    PV_LANES_EACH(sum.lane[i] +
                  (uint64_t)(pv_lanes_product(x.lane[i], y.lane[i]) >> PV_LANES_RADIX));
}
#define PV_LANES_FIVE(mad)                                                                         \
    *w0 = mad(*w0, x, y[0]);                                                                       \
    *w1 = mad(*w1, x, y[1]);                                                                       \
    *w2 = mad(*w2, x, y[2]);                                                                       \
    *w3 = mad(*w3, x, y[3]);                                                                       \
    *w4 = mad(*w4, x, y[4])
PV_LANES_INLINE void pv_lanes_madlo5(pv_lanes *w0, pv_lanes *w1, pv_lanes *w2, pv_lanes *w3,
                                     pv_lanes *w4, pv_lanes x, const pv_lanes *y)
{
    PV_LANES_FIVE(pv_lanes_madlo);
}
PV_LANES_INLINE void pv_lanes_madhi5(pv_lanes *w0, pv_lanes *w1, pv_lanes *w2, pv_lanes *w3,
                                     pv_lanes *w4, pv_lanes x, const pv_lanes *y)
{
    PV_LANES_FIVE(pv_lanes_madhi);
}
PV_LANES_INLINE uint64_t pv_lanes_ones(uint64_t not_zero)
{
    return 0 - pv_secret_barrier((not_zero | (0 - not_zero)) >> 63);
}
PV_LANES_INLINE pv_lanes_mask pv_lanes_same(pv_lanes x, pv_lanes y)
{
    PV_LANES_EACH(~pv_lanes_ones(x.lane[i] ^ y.lane[i]));
}
PV_LANES_INLINE pv_lanes_mask pv_lanes_has(pv_lanes x, pv_lanes y)
{
    PV_LANES_EACH(pv_lanes_ones(x.lane[i] & y.lane[i]));
}
PV_LANES_INLINE pv_lanes pv_lanes_choose(pv_lanes_mask mask, pv_lanes yes, pv_lanes no)
{
    PV_LANES_EACH(no.lane[i] ^ (mask.lane[i] & (yes.lane[i] ^ no.lane[i])));
}
PV_LANES_INLINE pv_lanes pv_lanes_of_16(pv_lanes first, pv_lanes second, pv_lanes index)
{
    pv_lanes sum = pv_lanes_all(0);
    for (uint64_t k = 0; k < 2 * PV_LANES; k++) {
        uint64_t word = k < PV_LANES ? first.lane[k] : second.lane[k - PV_LANES];
        for (int i = 0; i < PV_LANES; i++)
            sum.lane[i] |= word & ~pv_lanes_ones((index.lane[i] & 15) ^ k);
    }
    return sum;
}
#endif

#endif
