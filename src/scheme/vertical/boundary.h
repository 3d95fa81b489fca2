/* scheme/vertical/boundary.h - the shared layer between two parties, in exact integers
 *
 * ACML (Zhang, Zhu 2020) with its misprints corrected: the active party has activations A [m, d]
 * (m samples of a batch, d numbers each), the passive party labels; between them lies one dense
 * layer Z = A·Wᵀ + b whose weights W [c, d] neither of them knows: W = W~ - E, the passive party
 * holds W~, the active party E. Both sides are functions of bytes here: no network, no files, no
 * neural network. One training step:
 *
 *     active                                              passive
 *     pv_active_send      [A] by sample packs   ------->  pv_passive_scores
 *                         [A] by features, [E]  ------->  (kept for pv_passive_gradients)
 *     pv_active_open      <------------------------- [Y] = [A]·W~ᵀ + R1, re-randomised
 *                         Y' = Y - A·Eᵀ (in clear, masked)  ------->  pv_passive_logits: Z
 *                                                         G = dL/dZ, by the passive party's own
 * network pv_active_gradient  <------------ [X] = [G·W~] - G·[E]  pv_passive_gradients
 *     pv_active_update    <------------ [D] = Gᵀ·[A] + R2
 *                         U, S              ------->      pv_passive_update: W~'
 *
 * Fixed point (scales are exponents of two): a^ at fa, G^ at fg, working weights at fw, η^ at fe,
 * momentum μ^ at fm, weight decay λ^ at fl; shares of W at F = fa+fg+fe, of the velocity V at
 * fa+fg. Working shares are W~u = W~ >> (F-fw), Eu = E >> (F-fw): floors. Exactly:
 *
 *     Z    = (A^·(W~u - Eu)ᵀ) / 2^(fa+fw) + b
 *     dA   = (G^·(W~u - Eu)) / 2^(fg+fw)            (G^ with noise, when labels are protected by
 * it) V'   = (μ^·V~ >> fm) - (μ^·E_V >> fm) + (λ^·W~ >> (fl+fe)) - (λ^·E_W >> (fl+fe)) + G^ᵀ·A^ W'
 * = W - η^·V'                              V = V~ - E_V,  all shifts floors
 *
 * with (crypto-review, "momentum and decay on shares")
 *     active:  e1 = μ^·E_V >> fm, e2 = λ^·E_W >> (fl+fe); draws E_V', E_W';
 *              U = D + pack(E_V' - e1 - e2) mod n;  S = E_W' - E_W + η^·E_V'
 *     passive: V~' = (μ^·V~ >> fm) + (λ^·W~ >> (fl+fe)) + centred(U - R2);  W~' = W~ - η^·V~' + S
 * (The sign of η^·E_V' in S is what makes W~' - E_W' = W - η^·V'; tests hold all of it against a
 * separate integer program that reads only the shares and the noise.)
 *
 * Masks R1, R2 are uniform modulo n over the whole plaintext: they hide perfectly. E hides W
 * statistically: uniform in ±2^(weight_bits+F+σ), σ = sigma + ⌈log2(d·c·T)⌉ for T steps in all, so
 * that all steps together are 2^-sigma away from independence (crypto-review 3). `weak` is the
 * paper's own kind of mask: some bits only; it is there to be measured.
 *
 * Bounds are static: bounds.h proves from the settings that no slot can overflow, before anything
 * is sent. What nevertheless comes out of range (a peer that cheats, an activation beyond its
 * clamp) is found: activations are clamped and counted, slots that overflow are PV_ERR_PEER.
 *
 * All arithmetic on secrets is constant time (math/wide.h, crypto/paillier). Handles are used by
 * one thread; the batches inside run on ctx's threads. Nothing here is deterministic but through
 * `csprng`s, which callers derive for each step and purpose.
 */
#ifndef PV_SCHEME_VERTICAL_BOUNDARY_H
#define PV_SCHEME_VERTICAL_BOUNDARY_H

#include "crypto/paillier/paillier.h"
#include "scheme/vertical/bounds.h"
#include "wire/reader.h"
#include "wire/writer.h"

/* A message of ciphertexts or residues, as bytes; its sizes follow from the layout. */
typedef struct pv_boundary_bytes {
    uint8_t *data;
    size_t size;
} pv_boundary_bytes;
void pv_boundary_bytes_clear(pv_boundary_bytes *b); /* idempotent */

/* ---- the active party */
typedef struct pv_active pv_active;
pv_status pv_active_new(pv_active **out, const pv_boundary *b, const pv_paillier_sk *sk,
                        const pv_ctx *ctx) PV_MUST_USE;
void pv_active_free(pv_active *a); /* wipes; accepts NULL */

/* Setup: draws V_A (its half of W_0: uniform with half the variance that `scale`, the layer's
 * standard deviation, asks for) and E_0; *out is V_A + E_0 [c·d] wides, for pv_passive_setup. With
 * init not NULL [c, d] that is W_0 instead, known to this party (a comparison's setting). */
pv_status pv_active_setup(pv_boundary_bytes *out, pv_active *a, double scale, const double *init,
                          pv_csprng *r) PV_MUST_USE;

typedef struct pv_active_messages {
    pv_boundary_bytes samples;  /* [A], a pack of samples in each: for scores */
    pv_boundary_bytes features; /* [A], a pack of features in each: for the weights' gradient */
    pv_boundary_bytes shares;   /* [E], a pack of features in each: for the activations' gradient */
} pv_active_messages;
void pv_active_messages_clear(pv_active_messages *m);

/* activation: [rows, d], rows <= m (a last batch may be short). training 0: only `samples`. In two
 * parts, so that the peer can begin with `samples` while the rest is encrypted. */
pv_status pv_active_send_samples(pv_boundary_bytes *out, pv_active *a, const float *activation,
                                 int64_t rows, pv_csprng *r) PV_MUST_USE;
pv_status pv_active_send_rest(pv_boundary_bytes *features, pv_boundary_bytes *shares, pv_active *a,
                              pv_csprng *r) PV_MUST_USE;
/* scores: [Y]. *out: Y'. */
pv_status pv_active_open(pv_boundary_bytes *out, pv_active *a, const void *scores, size_t size,
                         const char *what) PV_MUST_USE;
/* gradient: dL/dA [rows, d] from [X]. */
pv_status pv_active_gradient(double *gradient, pv_active *a, const void *x, size_t size,
                             const char *what) PV_MUST_USE;
/* From [D]; draws the next shares. eta: learning rate of this step, rounded to fe. */
pv_status pv_active_update(pv_boundary_bytes *u, pv_boundary_bytes *s, pv_active *a, const void *d,
                           size_t size, double eta, const char *what, pv_csprng *r) PV_MUST_USE;
uint64_t pv_active_clamped(const pv_active *a); /* activations beyond the clamp so far */

/* ---- the passive party */
typedef struct pv_passive pv_passive;
/* pk must outlive it. safe: did the key's owner say that its primes are safe? Blinding is FULL
 * then, textbook otherwise. */
pv_status pv_passive_new(pv_passive **out, const pv_boundary *b, const pv_paillier_pk *pk, int safe,
                         pv_csprng *r, const pv_ctx *ctx) PV_MUST_USE;
void pv_passive_free(pv_passive *p);
/* W~_0 = V_B + (V_A + E_0); with `known` W_0 is all the peer's (init above) and V_B is zero. */
pv_status pv_passive_setup(pv_passive *p, const void *share, size_t size, double scale, int known,
                           const char *what, pv_csprng *r) PV_MUST_USE;

pv_status pv_passive_scores(pv_boundary_bytes *out, pv_passive *p, const void *samples, size_t size,
                            int64_t rows, const char *what, pv_csprng *r) PV_MUST_USE;
/* z: [rows, c], without the bias. */
pv_status pv_passive_logits(double *z, pv_passive *p, const void *opened, size_t size,
                            const char *what) PV_MUST_USE;
/* g: dL/dZ [rows, c], already divided by the nominal m; g_shown (NULL: g): what dA is made from,
 * with noise. What does not fit fg's bound is PV_ERR_NUMERIC. */
pv_status pv_passive_gradients(pv_boundary_bytes *d, pv_boundary_bytes *x, pv_passive *p,
                               const void *features, size_t features_size, const void *shares,
                               size_t shares_size, const double *g, const double *g_shown,
                               const char *what, pv_csprng *r) PV_MUST_USE;
pv_status pv_passive_update(pv_passive *p, const void *u, size_t u_size, const void *s,
                            size_t s_size, double eta, const char *what) PV_MUST_USE;

/* ---- shares: state between steps, secret. save/load write E_W, E_V (W~, V~) and counters. */
pv_status pv_active_save(const pv_active *a, pv_writer *w) PV_MUST_USE;
pv_status pv_active_load(pv_active *a, pv_reader *r) PV_MUST_USE;
pv_status pv_passive_save(const pv_passive *p, pv_writer *w) PV_MUST_USE;
pv_status pv_passive_load(pv_passive *p, pv_reader *r) PV_MUST_USE;
/* [c·d] wides at scale F: what `privet merge` adds up, and tests read. */
const pv_wide *pv_active_share(const pv_active *a);
const pv_wide *pv_active_velocity(const pv_active *a);
const pv_wide *pv_passive_share(const pv_passive *p);
const pv_wide *pv_passive_velocity(const pv_passive *p);
/* W = W~ - E as numbers [c, d]. */
void pv_boundary_weights(double *w, const pv_boundary *b, const pv_wide *passive,
                         const pv_wide *active);

#endif
