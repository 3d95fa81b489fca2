/* attack/inversion/ciphertexts.h - do the messages themselves say more than their plaintexts?
 *
 * Tests of the layer below the learning (vertical, crypto-layer): functions of ciphertexts and
 * masked residues that crossed. A view keeps these only under the retention "full";
 * bench/attacks/vertical/ciphertexts.c runs them on the boundary's own messages, and on ones with
 * each flaw.
 *
 *   blinding   The owner of the key sent ciphertexts c_j, of which it knows p, q and the
 *              randomness, and got back y_k = Π c_j^(w_kj)·(1 + R·n)·ρ_k. Without ρ, y modulo n is
 *              Π c_j^(w_kj) modulo n, whatever the mask R: who guesses w right, sees it
 *              (`product`). With ρ a power of h = -x² (blinding by half the length as Damgård,
 *              Jurik, Nielsen 2010 do it), the Jacobi symbol of y is still that of the product:
 *              the parity of the w_kj whose c_j has symbol -1, which is low bits of weights and
 *              gradients (`parity`). The tester knows w; the owner needs to guess it, or reads the
 *              parity off y.
 *   masks      Two masked residues under the same mask differ by the difference of what they hide,
 *              which is short: less than `bits` bits out of n's. By chance one pair of 2^(bits of n
 *              - bits - 1) is.
 *   low bits   The last k bits of a residue masked uniformly modulo n are uniform: Pearson's
 *              chi-squared over 2^k cells. Masks at the scale of the data rather than of the
 *              product leave them bare.
 */
#ifndef PV_ATTACK_INVERSION_CIPHERTEXTS_H
#define PV_ATTACK_INVERSION_CIPHERTEXTS_H

#include "crypto/paillier/paillier.h"

typedef struct pv_blinding_found {
    size_t results; /* looked at */
    size_t product; /* that are the bare product modulo n; 0 expected */
    size_t parity;  /* whose Jacobi symbol is that of the product; half of them expected */
    double chance;  /* that a fair coin gives a parity so far from half of them or farther */
} pv_blinding_found;

/* sent [terms], got [rows]: ciphertexts; e [rows][terms]: exponents below 2^(bits-1) in size. */
pv_status pv_ciphertexts_blinding(pv_blinding_found *out, const pv_paillier_pk *pk,
                                  const uint64_t *sent, size_t terms, const pv_wide *e, size_t bits,
                                  const uint64_t *got, size_t rows, const pv_ctx *ctx) PV_MUST_USE;

typedef struct pv_masks_found {
    size_t pairs, reused; /* looked at; whose difference is short */
    double chance;        /* that one of them is, with fresh masks */
} pv_masks_found;
/* residue [count] below n; what they hide has at most `bits` bits, sign included. */
void pv_ciphertexts_masks(pv_masks_found *out, const pv_paillier_pk *pk, const uint64_t *residue,
                          size_t count, unsigned bits);

typedef struct pv_low_bits_found {
    double chi, chance; /* chi-squared; that uniform bits give so much or more (Wilson, Hilferty
                           1931: three digits) */
    int freedom;
} pv_low_bits_found;
enum { PV_LOW_BITS = 10 };
/* k: 1 to PV_LOW_BITS; at least 5·2^k residues for the approximation to hold. */
void pv_ciphertexts_low_bits(pv_low_bits_found *out, const pv_paillier_pk *pk,
                             const uint64_t *residue, size_t count, int k);

#endif
