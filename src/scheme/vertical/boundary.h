/* scheme/vertical/boundary.h - the shared layer between two parties, in exact integers
 *
 * ACML (Zhang, Zhu 2020) with its misprints corrected: the active party has activations A [m, d]
 * (m samples of a batch, d numbers each), the passive party labels; between them lies one dense
 * layer Z = A·Wᵀ + b whose weights W [c, d] neither of them knows: W = W~ - E, the passive party
 * holds W~, the active party E. Both sides are functions of bytes here: no network, no files, no
 * neural network. One training step:
 *
 *     active                                            passive
 *     pv_active_send_samples  [A] by sample packs  -->  pv_passive_scores
 *     pv_active_send_rest     [A] by features, [E] -->  (kept for pv_passive_gradients)
 *     pv_active_open          <--  [Y] = [A]·W~ᵀ + R1, re-randomised
 *                             Y' = Y - A·Eᵀ, masked -->  pv_passive_logits: Z
 *                                                        G = dL/dZ by the passive party's network
 *     pv_active_gradient      <--  [X] = [G·W~] - G·[E]  pv_passive_gradients
 *     pv_active_update        <--  [D] = Gᵀ·[A] + R2
 *                             U, S                  -->  pv_passive_update: W~', V~'
 *
 * A prediction is send_samples, scores, open, logits. pv_active_gradient and pv_active_update come
 * in any order. Each step of a batch is done once: who asks twice gets PV_ERR_USAGE, since the
 * active party must decrypt nothing beyond the schedule.
 *
 * Fixed point (scales are exponents of two): a^ = ⌊a·2^fa + 1/2⌋, G^ likewise at fg, working
 * weights at fw, η^ at fe, momentum μ^ at fm, weight decay λ^ at fl; shares of W at F = fa+fg+fe,
 * of the velocity V at fa+fg. Working shares are W~u = W~ >> (F-fw), Eu = E >> (F-fw), floors, so
 * Wu = W~u - Eu is W >> (F-fw) or one more. Exactly, with G^ρ the rows that the passive party shows
 * (noise included, when labels are protected by it):
 *
 *     Z    = A^·Wuᵀ / 2^(fa+fw) + b
 *     dA   = G^ρ·Wu / 2^(fg+fw)
 *     V'   = (μ^·V~ >> fm) - (μ^·E_V >> fm) + (λ^·W~ >> (fl+fe)) - (λ^·E_W >> (fl+fe)) + G^ᵀ·A^
 *     W'   = W - η^·V'                                V = V~ - E_V, V_0 = 0, all shifts floors
 *
 * with (crypto-review, "momentum and decay on shares")
 *
 *     active:  e1 = μ^·E_V >> fm, e2 = λ^·E_W >> (fl+fe); draws E_V', E_W';
 *              U = D + pack(E_V' - e1 - e2) mod n;  S = E_W' - E_W + η^·E_V', in clear
 *     passive: V~' = (μ^·V~ >> fm) + (λ^·W~ >> (fl+fe)) + centred(U - R2);  W~' = W~ - η^·V~' + S
 *
 * tests/unit/scheme/vertical_exact.c and bench/vertical/integer.py hold all of it against
 * integer programs that share no code with this one. The same run with other masks differs by the
 * carries of the floors: one unit in the last place of Wu, up to two in that of V' at each step.
 *
 * Masks R1, R2 are uniform modulo n over the whole plaintext: they hide perfectly. E hides W
 * statistically, as E_V does V: bounds.h says how wide they are. What goes to the active party is
 * re-randomised, completely: it knows p and q and all the randomness of its own ciphertexts, so
 * without that it could test guesses of W~ and G.
 *
 * Who follows the protocol learns: the active party dA; the passive party Z, and W~ and V~, which
 * are uniform but for 2^-sigma. Over several steps Z itself tells more (ΔZ_i = -η·ΣG_s⟨a_s, a_i⟩).
 * Who does not follow it: a passive party that sends other ciphertexts reads activations from Y';
 * an active party that sends other U and S steers W, and learns from whether its peer refuses them.
 *
 * Bounds are static (bounds.h): for parties that follow the protocol no slot can overflow. What
 * comes in is checked all the same: sizes, ciphertexts (pv_paillier_cipher_load), residues below n,
 * what stands above the last slot, shares beyond their width. Such failures are PV_ERR_PEER and
 * leave shares as they were. Activations beyond the clamp are cut, and counted.
 *
 * Arithmetic on secrets is constant time. A handle is used by one thread; the batches inside run on
 * ctx's threads. Nothing here is deterministic but through `csprng`s, which callers derive for each
 * step, purpose and attempt: a step that is executed again draws afresh, or makes the same bytes
 * (party/party.h).
 */
#ifndef PV_SCHEME_VERTICAL_BOUNDARY_H
#define PV_SCHEME_VERTICAL_BOUNDARY_H

#include "base/file.h"
#include "crypto/paillier/paillier.h"
#include "scheme/vertical/bounds.h"
#include "wire/reader.h"
#include "wire/writer.h"

/* Messages are pv_bytes: numbers one after the other, as many as pv_boundary_count says. `what`
 * names an incoming one in errors: "enc-scores 12 from bank". Outputs are empty after a failure. */

/* ---- the active party: boundary_active.c, boundary_active_step.c */
typedef struct pv_active pv_active;
/* sk and ctx must outlive it. PV_ERR_MISMATCH when the key has not the bits of b. */
pv_status pv_active_new(pv_active **out, const pv_boundary *b, const pv_paillier_sk *sk,
                        const pv_ctx *ctx) PV_MUST_USE;
void pv_active_free(pv_active *a); /* wipes; accepts NULL */

/* Setup: draws V_A, this party's half of W_0, and E_0; *out is V_A + E_0 for pv_passive_setup.
 * scale: the standard deviation that the layer's weights are to have; V_A and V_B are uniform with
 * half the variance each. With init not NULL [c, d] that is W_0 instead, known to this party (for
 * comparisons). PV_ERR_RANGE: a weight could exceed `initial`. */
pv_status pv_active_setup(pv_bytes *out, pv_active *a, double scale, const double *init,
                          pv_csprng *r) PV_MUST_USE;

/* activation: [rows, d], 1 <= rows <= m (a last batch may be short): [A] in packs of samples, for
 * scores. Begins a batch, whatever was left of another. */
pv_status pv_active_send_samples(pv_bytes *out, pv_active *a, const float *activation, int64_t rows,
                                 pv_csprng *r) PV_MUST_USE;
/* For training, when it suits: [A] in packs of features, for the weights' gradient, and [E], for
 * the activations'; shares NULL where there is nothing to learn from that. */
pv_status pv_active_send_rest(pv_bytes *features, pv_bytes *shares, pv_active *a,
                              pv_csprng *r) PV_MUST_USE;
/* scores: [Y]. *out: Y'. */
pv_status pv_active_open(pv_bytes *out, pv_active *a, const void *scores, size_t size,
                         const char *what) PV_MUST_USE;
/* gradient: dL/dA [rows, d] from [X]. */
pv_status pv_active_gradient(double *gradient, pv_active *a, const void *x, size_t size,
                             const char *what) PV_MUST_USE;
/* From [D]; draws the next shares. eta: learning rate of this step, rounded to fe; the same at both
 * parties, at most what the bounds were worked out for. PV_ERR_USAGE after T steps. */
pv_status pv_active_update(pv_bytes *u, pv_bytes *s, pv_active *a, const void *d, size_t size,
                           double eta, const char *what, pv_csprng *r) PV_MUST_USE;
/* After training: W is shared once more, with an E that is as narrow as a single sharing needs, so
 * that predictions cost less. *out: S = E' - E. Nothing is trained after that. PV_ERR_USAGE: where
 * E can't be narrower (no training, weak masks), or done already. */
pv_status pv_active_settle(pv_bytes *out, pv_active *a, pv_csprng *r) PV_MUST_USE;
uint64_t pv_active_clamped(const pv_active *a); /* activations beyond the clamp so far */

/* ---- the passive party: boundary_passive.c, boundary_passive_step.c */
typedef struct pv_passive pv_passive;
/* pk and ctx must outlive it. safe: did the key's owner say that its primes are safe? Blinding is
 * FULL then, textbook otherwise. */
pv_status pv_passive_new(pv_passive **out, const pv_boundary *b, const pv_paillier_pk *pk, int safe,
                         pv_csprng *r, const pv_ctx *ctx) PV_MUST_USE;
void pv_passive_free(pv_passive *p); /* wipes; accepts NULL */
/* W~_0 = V_B + (V_A + E_0); with `known` W_0 is all the peer's (init above) and V_B is zero. */
pv_status pv_passive_setup(pv_passive *p, const void *share, size_t size, double scale, int known,
                           const char *what, pv_csprng *r) PV_MUST_USE;

/* Begins a batch. */
pv_status pv_passive_scores(pv_bytes *out, pv_passive *p, const void *samples, size_t size,
                            int64_t rows, const char *what, pv_csprng *r) PV_MUST_USE;
/* z: [rows, c], without the bias. */
pv_status pv_passive_logits(double *z, pv_passive *p, const void *opened, size_t size,
                            const char *what) PV_MUST_USE;
/* g: dL/dZ [rows, c], already divided by the nominal m; g_shown (NULL: g): what dA is made from,
 * with noise. PV_ERR_NUMERIC: not a number, or more than the bounds were worked out for. `what`
 * names both incoming messages. x NULL: the active party has nothing to learn from dA. */
pv_status pv_passive_gradients(pv_bytes *d, pv_bytes *x, pv_passive *p, const void *features,
                               size_t features_size, const void *shares, size_t shares_size,
                               const double *g, const double *g_shown, const char *what,
                               pv_csprng *r) PV_MUST_USE;
pv_status pv_passive_update(pv_passive *p, const void *u, size_t u_size, const void *s,
                            size_t s_size, double eta, const char *what) PV_MUST_USE;
pv_status pv_passive_settle(pv_passive *p, const void *s, size_t size,
                            const char *what) PV_MUST_USE;
/* Is there anything to settle after training? */
int pv_boundary_settles(const pv_boundary *b);

/* ---- shares: state between steps, secret (boundary_state.c)
 *
 *     u32 version (1)   u8 party (0 active, 1 passive)   u8 settled   u32 c, d, F, width of a share
 *     of W, of V (in training)   u64 steps done, activations clamped (0 at the passive party)
 *     c·d shares of W, c·d of V
 *
 * each share 32 bytes, two's complement. Between batches only (PV_ERR_USAGE otherwise: a batch that
 * is under way holds masks that must not be used again). PV_ERR_MISMATCH: of another boundary. */
pv_status pv_active_save(const pv_active *a, pv_writer *w) PV_MUST_USE;
pv_status pv_active_load(pv_active *a, pv_reader *r) PV_MUST_USE;
pv_status pv_passive_save(const pv_passive *p, pv_writer *w) PV_MUST_USE;
pv_status pv_passive_load(pv_passive *p, pv_reader *r) PV_MUST_USE;
/* The share of W [c·d] in a saved state of party 0 (active) or 1 (passive), without a key. */
pv_status pv_boundary_read_share(pv_wide *share, const pv_boundary *b, int party,
                                 pv_reader *r) PV_MUST_USE;
/* [c·d] wides, at scale F and at fa+fg: what `privet merge` adds up, and tests read. */
const pv_wide *pv_active_share(const pv_active *a);
const pv_wide *pv_active_velocity(const pv_active *a);
const pv_wide *pv_passive_share(const pv_passive *p);
const pv_wide *pv_passive_velocity(const pv_passive *p);
/* W = W~ - E as numbers [c, d]. */
void pv_boundary_weights(double *w, const pv_boundary *b, const pv_wide *passive,
                         const pv_wide *active);

#endif
