/* scheme/vertical/protect.h - what the passive party can do for its labels, and what it costs
 *
 * dL/dA = G·W tells the labels: each row of G = (P - T)/m has its one negative entry at the label.
 * The passive party does not know W, so it cannot put noise on dL/dA as the published defences do
 * (Li et al. 2022, arXiv 2102.08504); it puts it on the rows of G that dL/dA is made from
 * (crypto-review 8), in a space of `columns` dimensions that holds all that tells labels apart.
 *
 *   none
 *   iso       Gaussian noise on each entry, of standard deviation noise·max_i|g_i|/√columns: its
 *             2-norm is about `noise` times that of the batch's longest row (paper's "iso").
 *   marvell   per batch, covariances for each class along and across the difference Δ of the
 *             classes' mean gradients that minimise the sum of both Kullback-Leibler divergences
 *             between the classes' gradients, under a power P = noise·|Δ|² (marvell.h). Rows of G
 *             sum to zero, so all happens in the columns-1 dimensions where they do. With two
 *             classes no detector of one release has an error (FPR+FNR)/2 below
 *             pv_protect_error(sum of divergences), as far as the gradients of a class are
 *             Gaussian. More classes: one against the rest, for each class, the noises added. That
 *             is a heuristic without a guarantee.
 *   rr        label differential privacy by randomised response (Warner 1965; Ghazi et al. 2021):
 *             each label is kept with probability e^ε/(e^ε + classes - 1), otherwise uniform among
 *             the others; once for all records, and everything is learned from what came out. This
 *             is ε-DP for each label, however long the training is.
 *   gauss     rows of G cut to 2-norm clip/m, then discrete Gaussian noise of standard deviation
 *             noise·clip/m on each entry at scale fg, sampled exactly (math/noise.h).
 *             pv_protect_epsilon composes it over the epochs (math/cdp.h).
 *
 * What `gauss` proves holds only when nothing else depends on the labels: the passive party must
 * then train its own side (the gradient of W, of the bias) from the noised rows as well, since the
 * active party sees later dL/dA = G·W, which contain W. pv_protect_everywhere says so; iso and
 * marvell leave W's gradient clean, prove nothing over several steps, and say so by an infinite ε.
 * For the same reason gauss and marvell work on the logits themselves: head = 1.
 *
 * Every entry that comes out is within (gradient + pv_protect_most)/m, which the slots were laid
 * out for (pv_protect_bounds). Cutting there is done to the sum, whatever the label is, so it
 * proves no less. How often it happens: an entry of the noise is beyond its share with probability
 * at most 3e-14 (eight standard deviations; discrete Gaussian: proposition 25 of Canonne, Kamath,
 * Steinke 2020).
 *
 * Noise is drawn from a csprng, since it hides something. Rows, labels and noise are secrets of the
 * passive party; floating point and rejection sampling here take a time that depends on them a
 * little, within one call for a whole batch.
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
#define PV_PROTECTIONS "none|iso|marvell|rr|gauss" /* in this order */

typedef struct pv_protect {
    pv_protection how;
    double noise;          /* iso, marvell, gauss */
    double epsilon;        /* rr */
    double delta, clip;    /* gauss; clip in units of 1/m */
    int classes;           /* of labels */
    int64_t columns, head; /* outputs of the shared layer; dense layers from it on */
    int64_t batch;         /* m, nominal: G is divided by it in short batches as well */
    double gradient;       /* most that an entry of the clean G is, in units of 1/m; logits: 1 */
    int fg;                /* scale of G */
} pv_protect;

/* PV_ERR_OPTION naming the setting that must change. The calls below want checked settings. */
pv_status pv_protect_check(const pv_protect *p) PV_MUST_USE;

/* shown [rows, columns] = g with noise (none, rr: g itself); may be g. label: of the rows, as the
 * training uses them. divergence: NULL or gets, of marvell with two classes, the sum of both
 * divergences that this batch was left with; NaN otherwise. */
pv_status pv_protect_gradient(double *shown, const pv_protect *p, const double *g,
                              const int32_t *label, int64_t rows, double *divergence,
                              pv_csprng *r) PV_MUST_USE;
/* Must the gradients of W and of the bias be made from the noised rows, too? */
int pv_protect_everywhere(const pv_protect *p);

/* Randomised response over all labels of a training set, in place; others than rr: nothing. A label
 * that is drawn twice tells more, so what is drawn follows from key, a secret that the party keeps
 * from run to run, the labels, their classes and epsilon: the same labels come out alike in every
 * run. Other labels, in one place or in another order, or another epsilon draw independently: such
 * runs add up. */
pv_status pv_protect_labels(int32_t *label, const pv_protect *p, int64_t count,
                            const uint8_t key[PV_RUN_KEY_BYTES]) PV_MUST_USE;
double pv_protect_keep(const pv_protect *p); /* rr: probability that a label is kept */

/* The most that protection adds to an entry of G, in units of 1/m. */
double pv_protect_most(const pv_protect *p);
/* pv_boundary_settings.gradient and .noise for it. Where W's gradient is made from noised rows they
 * count as the gradient itself, whose rows the bounds allow twice `gradient` in 1-norm. */
void pv_protect_bounds(double *gradient, double *noise, const pv_protect *p);

/* ε per record at p->delta over `epochs` passes, of which each uses a record once; infinite where
 * nothing is proven. The active party knows who is in a batch: nothing is gained by sampling. */
double pv_protect_epsilon(const pv_protect *p, int64_t epochs);
/* max(0, 1/2 - √divergence/4): paper, theorem 1. NaN of NaN: nothing is known. */
double pv_protect_error(double divergence);

#endif
