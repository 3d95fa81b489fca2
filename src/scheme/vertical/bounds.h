/* scheme/vertical/bounds.h - from settings to scales, slots and the proof that nothing overflows
 *
 * Neither party sees W, so what bounds it is arithmetic over the settings (crypto-review 4). In
 * units of a weight, with learning rates at most η, momentum μ, decay λ, T steps, |W_0| <= w0:
 *
 *     |dL/dW| <= a = m·⌊γ·2^fg/m + 1/2⌋/2^fg·a_max + 2·2^-(fa+fg)
 *     |W|     <= w0 + min(T·η·a/(1-μ), a/λ)            |V| <= (a + λ·|W|)/(1-μ)
 *
 * since |G| <= γ/m in each of at most m rows (γ = 1 for cross entropy on the logits); the last term
 * of `a` are the two floors of the recurrence of V (boundary.h). Without decay the bound of W is a
 * sum of T steps. With decay it rests on responses that never change their sign: W' = W + ηP',
 * P' = μP - λW + g keeps the cone W >= 0, P + κW >= 0 for every learning rate up to η if
 * ημκ² - (1-μ-ηλ)κ + λ <= 0 for some κ, that is
 *
 *     (1 - μ - ηλ)² >= 4ημλ,  ηλ < 1 - μ        (the same as √(ηλ) <= 1 - √μ)
 *
 * so the largest W comes from a constant g = a, whose response grows towards a/λ and, being driven
 * by P <= a/(1-μ), by at most η·a/(1-μ) a step; what is left of W_0 only shrinks. A decay beyond
 * that is refused: weights could swing.
 *
 * Shares are drawn from ±2^(bits+σ) where ±2^bits holds what they hide: one that hides up to w is
 * then within w·2^-bits·2^-(σ+1) of uniform, whatever it hides. In training the passive party sees
 * T + 1 shares of each weight and T of each velocity, with σ = sigma + ⌈log2(d·c·(T+1))⌉. After
 * training W is shared once more (pv_active_settle), and for that σ' = sigma + ⌈log2(d·c)⌉ will do:
 * E has ⌈log2(T+1)⌉ bits less, and so have the exponents of predictions. All distances together,
 *
 *     d·c·((T·(|W|+|V|) + |W|)·2^-(σ+1) + |W|·2^-(σ'+1))      |W|, |V| in units of their 2^bits
 *
 * are at most 2^-sigma (crypto-review 3): training costs less than that and the sharing after it
 * at most half, so where the sum is more, σ is one more.
 *
 * Slots hold the *final* values only, what remains once the wide shares have cancelled and the mask
 * modulo n is off:
 *
 *     scores     sum over d of a^·Wu
 *     weights    sum over m of G^·a^ + E_V' - e1 - e2: E does not cancel here, it is the next share
 *     gradient   sum over c of G^·Wu: |G_i| sums to at most (2γ + c·noise)/m over a row
 *
 * and slots·slot <= bits of the key - 2. At m = 64, d = 84, c = 10, 2,048 bits, η = 0.05, μ = 0.9,
 * T = 9,380, a_max = 16: |W| <= 75,044, σ = 63, E of 137 bits at scale F = 56 and of 97 as an
 * exponent. W~ = W + E may be a bit wider than E, so exponents are declared with 98. Scores need
 * 60 bits, the gradient of the activations 53 and that of the weights 113 (crypto-review: 61, 54
 * and 134, with bounds rounded up to powers of two on the way, and before the velocity form).
 * Settled, σ' = 50: E of 84 bits as an exponent, W~u of 85.
 *
 * Ciphertexts of a message. Samples of a batch are packed `score_slots` at a time, features
 * `weight_slots` at a time. For the gradient of the activations d = gradient_full·gradient_slots +
 * gradient_rest: the rests of up to `gradient_together` samples share one ciphertext, each sample
 * with encrypted shares that are shifted to its place. That costs the owner of the key an
 * encryption for each class and place, and saves most samples a product, a re-randomisation and a
 * decryption. How many share is chosen for the least work, the same way by both parties.
 *
 * Everything here is public arithmetic in double precision, rounded up by one part in 2^40.
 */
#ifndef PV_SCHEME_VERTICAL_BOUNDS_H
#define PV_SCHEME_VERTICAL_BOUNDS_H

#include "base/str.h"
#include "math/wide.h"

typedef struct pv_boundary_settings {
    int64_t batch;   /* m, nominal: G is divided by it in short batches as well */
    int64_t width;   /* d */
    int64_t outputs; /* c */
    int64_t steps;   /* T, all training steps of the run; 0: no training */
    double lr;       /* the largest of all steps */
    double momentum, decay;
    double clamp;    /* a_max */
    double initial;  /* w0: most that |W_0| may be */
    double gradient; /* γ: |dL/dZ| <= γ/m in each entry and 2γ/m over a row; 0: 1, which the
                      * gradient of cross entropy by its logits keeps */
    double noise;    /* most that protection adds to an entry of G, in units of 1/m; 0: none */
    int sigma;       /* 0: 40 */
    int weak;        /* 0: statistical hiding; otherwise E is uniform in ±2^weak and no more, as in
                      * the paper and in FATE (10), however large W may become */
    int bits;        /* of the key */
    int fa, fg, fw, fe, fm, fl; /* scales; 0: 16, 24, 16, 16, 16, 24 */
} pv_boundary_settings;

typedef struct pv_boundary {
    pv_boundary_settings set;    /* with the defaults filled in */
    int scale;                   /* F = fa+fg+fe */
    int64_t lr, momentum, decay; /* η^ (the largest), μ^, λ^ */

    int64_t activation_most;             /* of |a^| */
    int64_t gradient_most, gradient_row; /* of |G^|, and summed over a row */
    int64_t shown_most, shown_row;       /* with the noise that protects labels */
    double weight_most, velocity_most;   /* static bounds of |W|, |V| */
    int weight_bits, velocity_bits;      /* they are at most 2^these */
    int sigma;                           /* spent: σ as above; 0 when weak */
    int settled_sigma;                   /* σ', of the sharing after training */

    unsigned share_bits, share_velocity_bits;   /* of E at F and of E_V, sign included */
    unsigned masked_bits, masked_velocity_bits; /* of W~ and V~ */
    unsigned exponent_bits;                     /* of W~u */
    /* of E, W~ and W~u once training is over and W was shared anew; those above without training
     * or with weak masks */
    unsigned settled_bits, settled_masked_bits, settled_exponent_bits;
    unsigned gradient_bits, shown_bits; /* of G^ */
    size_t share_bytes;                 /* of one number of S, or of V_A + E_0 */

    unsigned score_slot, weight_slot, gradient_slot;   /* bits of a slot, sign included */
    int64_t score_slots, weight_slots, gradient_slots; /* in a plaintext */
    int64_t score_packs;                               /* of m samples */
    int64_t weight_packs;                              /* of d features */
    int64_t gradient_full, gradient_rest, gradient_together;
} pv_boundary;

/* PV_ERR_RANGE naming the setting that must change. */
pv_status pv_boundary_init(pv_boundary *b, const pv_boundary_settings *set) PV_MUST_USE;
/* "|W| <= 75044 by the settings alone; ...", several sentences of one line each. */
pv_status pv_boundary_describe(pv_str *out, const pv_boundary *b) PV_MUST_USE;

/* How many numbers each message has for a batch of `rows`: ciphertexts, residues, and numbers of
 * share_bytes in `step` and `start`. */
typedef struct pv_boundary_counts {
    size_t samples, features, shares;    /* active to passive */
    size_t scores, weights, activations; /* passive to active; opened and U likewise */
    size_t step;
    size_t together, groups; /* samples in a shared ciphertext of X, and such ciphertexts */
} pv_boundary_counts;
pv_boundary_counts pv_boundary_count(const pv_boundary *b, int64_t rows);

/* Bytes of each message of a training step of m rows, for forecasts, in the order samples,
 * features, shares, scores, opened, weights' gradient, activations' gradient, U, S. A prediction
 * is the first, the fourth and the fifth. */
enum { PV_BOUNDARY_MESSAGES = 9 };
void pv_boundary_bytes_of(double out[PV_BOUNDARY_MESSAGES], const pv_boundary *b);

#endif
