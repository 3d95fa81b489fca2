/* scheme/vertical/bounds.h - from settings to scales, slots and the proof that nothing overflows
 *
 * Neither party sees W, so what bounds it is arithmetic (crypto-review 4): with |W_0| <= w0, steps
 * T, learning rates at most η, activations at most a_max, |dL/dW| <= a_max (rows of G sum to at
 * most 2/m in absolute value, m rows), momentum μ: |V| <= a_max/(1-μ) + (decay and roundings), |W|
 * <= w0 + T·η·|V|max From |W| follow weight_bits, the width of shares with their σ, the exponents,
 * and the slots: scores    sum over d of a^·Wu weights   G^ᵀ·a^ (no E in it) and E_V' - e1 - e2,
 * which does not cancel dA        sum over c of G^·Wu, with the noise that protects labels
 * pv_boundary_init works all of it out and refuses what cannot hold, saying which setting to
 * change; pv_boundary_describe prints it before a run starts.
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
    double clamp;   /* a_max */
    double initial; /* w0: most that |W_0| may be */
    double noise;   /* most that protection adds to an entry of G, in units of 1/m; 0: none */
    int sigma;      /* 40 */
    int weak; /* 0, or: bits by which E is wider than the working weight ±2^... (the paper's masks)
               */
    int bits; /* of the key */
    int fa, fg, fw, fe, fm, fl; /* scales; 0: 16, 24, 16, 16, 16, 24 */
} pv_boundary_settings;

typedef struct pv_boundary {
    pv_boundary_settings set;                          /* with the defaults filled in */
    int scale;                                         /* F */
    double weight_most;                                /* static bound of |W| */
    int weight_bits;                                   /* of it, above the point */
    int sigma;                                         /* spent: sigma + log2(d·c·T) */
    unsigned share_bits;                               /* of E at scale F, sign included */
    unsigned velocity_bits;                            /* of E_V */
    unsigned exponent_bits;                            /* of W~u, sign included */
    unsigned gradient_bits;                            /* of G^, sign included */
    unsigned activation_bits;                          /* of a^, sign included */
    unsigned score_slot, weight_slot, gradient_slot;   /* bits of a slot */
    int64_t score_slots, weight_slots, gradient_slots; /* in a plaintext */
    int64_t score_packs, weight_packs, gradient_packs; /* for m samples, d features, d features */
    size_t share_bytes;                                /* of one wide of S on the wire */
} pv_boundary;

/* PV_ERR_RANGE naming the setting that must change. */
pv_status pv_boundary_init(pv_boundary *b, const pv_boundary_settings *set) PV_MUST_USE;
/* "|W| <= 75044 by the settings alone; shares 97 bits, sigma 63 (2^-40 over 9380 steps); slots ..."
 */
pv_status pv_boundary_describe(pv_str *out, const pv_boundary *b) PV_MUST_USE;
/* Bytes of each message of a training step and of a prediction, for forecasts: out[9] in the order
 * samples, features, shares, scores, opened, weights' gradient, activations' gradient, U, S. */
void pv_boundary_bytes_of(double out[9], const pv_boundary *b);

#endif
