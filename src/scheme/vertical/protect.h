/* scheme/vertical/protect.h - what the passive party can do for its labels, and what it costs
 *
 * dL/dA = G·W tells the labels: each row of G = (P - T)/m has its one negative entry at the label.
 * The passive party does not know W, so it cannot put noise on dL/dA as the published defences do
 * (Marvell, iso, max-norm: Li et al. 2022, arXiv 2102.08504); it puts it on the rows of G that
 * dL/dA is made from (crypto-review 8). The gradient of W uses the clean G.
 *
 *   none
 *   iso       Gaussian noise of standard deviation `noise`·max_i|g_i| in each entry (isotropic in
 * the c-dimensional space of G) marvell   two classes: covariances along and across the difference
 * of the classes' mean gradients that minimise the sum of both Kullback-Leibler divergences under a
 * power budget P = noise·|Δ|² (paper, theorem 2 and its solver); more classes: one against the
 * rest, for the class whose sum is largest (said to be heuristic) rr        label differential
 * privacy: each label is replaced, once and for all records, by randomised response with privacy
 * `epsilon` per record: kept with probability e^ε/(e^ε + c - 1), otherwise uniform among the others
 * (Warner 1965; Ghazi et al. 2021) gauss     rows of G clipped to 2-norm `clip`/m, discrete
 * Gaussian noise of standard deviation noise·clip/m at scale fg (Canonne, Kamath, Steinke 2020,
 * sampled exactly), and the ε spent over all steps by Rényi composition for one record seen once an
 * epoch (δ given) All noise is rounded to fg and clipped to the bound that the slots were laid out
 * for (bounds.h). Noise is drawn from a csprng: it hides something.
 */
#ifndef PV_SCHEME_VERTICAL_PROTECT_H
#define PV_SCHEME_VERTICAL_PROTECT_H

#include "base/csprng.h"
#include "base/trail.h"

typedef enum pv_protection {
    PV_PROTECT_NONE = 0,
    PV_PROTECT_ISO,
    PV_PROTECT_MARVELL,
    PV_PROTECT_RR,
    PV_PROTECT_GAUSS,
} pv_protection;

typedef struct pv_protect {
    pv_protection how;
    double noise, epsilon, delta, clip;
    int classes;
} pv_protect;

/* shown [rows, classes] = g with noise; label: of the rows. m: the batch's nominal size. */
pv_status pv_protect_gradient(double *shown, const pv_protect *p, const double *g,
                              const int32_t *label, int64_t rows, int64_t m,
                              pv_csprng *r) PV_MUST_USE;
/* Randomised response over all labels of a training set, in place (rr only). */
void pv_protect_labels(int32_t *label, const pv_protect *p, int64_t count, pv_csprng *r);
/* The most that the noise may add to an entry of G, in units of 1/m: pv_boundary_settings.noise. */
double pv_protect_most(const pv_protect *p);
/* What it guarantees: *epsilon per record over `epochs` passes at p->delta (infinite: nothing is
 * proven). Marvell: *error gets the least error rate (FPR+FNR)/2 of any detector of one release
 * that its last solution guarantees, NaN otherwise. */
double pv_protect_epsilon(const pv_protect *p, int64_t epochs);

#endif
