/* attack/labels/mixture.h - groups of rows whose gradients point the same way
 *
 * A release of row i in step t is g = (p - e_y + ν)·W_t with p the network's probabilities, y the
 * label and ν noise, if there is any. All that is not about the label is taken away first:
 *
 *   length       how wrong the network is about the row. Releases become unit vectors; how long one
 *                was among those of its step (its *bin*) says how far to trust it: a row that is
 *                fitted well hardly has a gradient, and noise is as large for all
 *   W_t          within a window of steps, coordinates are multiplied by C^-1/2, C their second
 *                moment: with W = U·S·Vᵀ the rows of G come out as G·U·Vᵀ, as if W were orthogonal.
 *                Noise on G is isotropic again, and from window to window only the slow drift of
 *                U·Vᵀ is left
 *
 * What remains is a mixture of von Mises-Fisher distributions (Banerjee, Dhillon, Ghosh, Sra 2005),
 * fitted by expectation and maximisation:
 *
 *     log p(row in group k) = log π_k + sum over its releases of κ_b(w)·⟨y, μ_k(w)⟩ + constant
 *     μ_k(w) ∝ sum over rows and releases of P(row in k)·y, windows at distance n by λ^n
 *     κ_b(w) = R(q-R²)/(1-R²), R = mean of ⟨y, μ⟩ over bin b
 *
 * All releases of a row share its group: fresh noise averages out over epochs. Rows of known label
 * keep theirs.
 */
#ifndef PV_ATTACK_LABELS_MIXTURE_H
#define PV_ATTACK_LABELS_MIXTURE_H

#include "attack/labels/releases.h"
#include "privet/rng.h"

enum { PV_MIXTURE_BINS = 8, PV_MIXTURE_GROUPS = 256 };

/* The releases, made ready. groups: up to PV_MIXTURE_GROUPS. */
typedef struct pv_directions {
    const pv_releases *r;
    int groups, rank, windows;
    double exponent; /* of C: -1/2, or 0 where directions of much energy are the ones that tell */
    int64_t *first;  /* [windows + 1] releases */
    float *y;        /* [count, r->width] */
    uint8_t *bin;    /* [count] */
} pv_directions;
pv_status pv_directions_init(pv_directions *d, const pv_releases *r, int groups,
                             double exponent) PV_MUST_USE;
void pv_directions_clear(pv_directions *d); /* idempotent */

typedef struct pv_mixture {
    const pv_directions *d;
    int groups;
    double *mean;        /* [windows, width, groups] */
    double *length;      /* [windows, groups] of the sum that a mean is the direction of */
    double *kappa;       /* [windows, bins] */
    double *used;        /* [windows, bins] kappa that the means were made with */
    int fitted;          /* are means sums by `used` and `share`? */
    float *cosine;       /* [count, groups] of each release with the means without it, then */
    double *prior;       /* [groups] */
    double *score;       /* [rows, groups]: log probability, up to a constant of the row */
    double *share;       /* [rows, groups]: probability */
    double *doubt;       /* [rows]: its entropy over the most there can be */
    int32_t *label;      /* [rows] the likeliest */
    const int32_t *held; /* [rows] group that a row keeps, -1: free; NULL: all are free. Borrowed */
    double likelihood;   /* of everything, a release: what to choose a start by */
    int64_t rounds;
    /* its own */
    double *sum, *smooth, *moment;
} pv_mixture;
pv_status pv_mixture_init(pv_mixture *m, const pv_directions *d) PV_MUST_USE;
void pv_mixture_clear(pv_mixture *m); /* idempotent */

/* Means from the rows that are held; groups without any get one as in pv_mixture_scatter. */
void pv_mixture_start(pv_mixture *m, pv_rng *rng);
/* Means from releases of one window, the first or any, each likelier the farther it is from those
 * chosen before (k-means++, Arthur and Vassilvitskii 2007). */
void pv_mixture_scatter(pv_mixture *m, pv_rng *rng);
/* score, share and label under means, kappa and prior as they are. */
void pv_mixture_expect(pv_mixture *m);
/* Rounds of both steps, until at most one row in a thousand changes its group. */
pv_status pv_mixture_fit(pv_mixture *m, int64_t rounds, const pv_ctx *ctx) PV_MUST_USE;
/* Group k becomes group to[k]. */
void pv_mixture_rename(pv_mixture *m, const int32_t *to);
/* How much likelier label[row] is than the next: log of the ratio. */
double pv_mixture_margin(const pv_mixture *m, int64_t row);

#endif
