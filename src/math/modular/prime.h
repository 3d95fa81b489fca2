/* math/modular/prime.h - drawing safe primes
 *
 * A safe prime is p = 2·p' + 1 with p' prime: the group modulo p has no small odd subgroups. Both
 * are found by a sieve over candidates p' and then by tests (Miller-Rabin with random bases, Fermat
 * base 2 first because it is cheap), on as many threads as the context has, with progress (expected
 * tries, as the density of safe primes foretells) and cancellation. The expected time grows with
 * the fifth power of the size. Eight candidates are tested side by side where there is AVX-512
 * IFMA.
 *
 * The result is a secret: the working memory is wiped. Which candidates were tried depends on
 * csprng alone, not on the number of threads.
 */
#ifndef PV_MATH_PRIME_H
#define PV_MATH_PRIME_H

#include "base/csprng.h"
#include "base/ctx.h"

/* p: (bits+63)/64 limbs; exactly `bits` bits, 64 to 4,096, its two top bits set (so that the
 * product of two has twice the bits), p ≡ 3 (mod 4). error: at most 2^-error_bits that p or p' is
 * composite. */
pv_status pv_prime_safe(uint64_t *p, size_t bits, int error_bits, pv_csprng *r,
                        const pv_ctx *ctx) PV_MUST_USE;
/* 1: probably prime, with random bases from r. At most 8,192 bits; more than that gives 0. */
int pv_prime_probable(const uint64_t *p, size_t limbs, int error_bits, pv_csprng *r);
/* The smallest prime factor below `limit` (at most 2^16); 0: none. */
uint32_t pv_prime_small_factor(const uint64_t *n, size_t limbs, uint32_t limit);

#endif
