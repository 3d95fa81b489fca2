/* crypto/secagg/shamir.h - a secret in n shares, any t of which give it back
 *
 * Shamir 1979, over GF(2^16) = GF(2)[z] / (z^16 + z^5 + z^3 + z + 1): a secret is cut into 16-bit
 * little-endian words, each word is the constant term of its own random polynomial of degree t-1,
 * and share x (x = 1..65535) holds the values of all the polynomials at x. Fewer than t shares are
 * independent of the secret, whatever their holders can compute. The bytes of GF(2^8) would be one
 * instruction shorter and end at 255 shares.
 *
 * Points are public; secrets, coefficients and shares are not. Every product here has a public
 * factor, so multiplication is shifts and masks of all words of the secret side by side, steered by
 * the bits of the public factor alone: no table, no secret branch, no secret address.
 *
 * Nothing here notices a wrong share: t shares that do not belong together give another secret.
 * crypto/secagg checks what comes out against what its owner had published.
 */
#ifndef PV_CRYPTO_SECAGG_SHAMIR_H
#define PV_CRYPTO_SECAGG_SHAMIR_H

#include "base/csprng.h"

enum { PV_SHAMIR_MAX_BYTES = 128 };

/* a*b in GF(2^16), in constant time. */
uint16_t pv_shamir_multiply(uint16_t a, uint16_t b);

/* Shares of the points 1..n of `size` bytes (even, at most PV_SHAMIR_MAX_BYTES): share x goes to
 * shares[(x-1)*size..). 1 <= t <= n <= 65535. r gives (t-1)*size bytes. Errors: PV_ERR_MEMORY. */
pv_status pv_shamir_split(uint8_t *shares, const uint8_t *secret, size_t size, int n, int t,
                          pv_csprng *r) PV_MUST_USE;

/* What share i counts for when these t points (different, none 0) are put together: the Lagrange
 * coefficient at 0, prod_{j != i} x_j / (x_j - x_i). They are public, and the same for all secrets
 * that were shared among the same points. */
void pv_shamir_weights(uint16_t *weight, const uint16_t *point, int t);

/* secret += weight * share: with a zeroed secret to begin with, and each of t shares once, it is
 * the secret. */
void pv_shamir_add(uint8_t *secret, const uint8_t *share, size_t size, uint16_t weight);

#endif
