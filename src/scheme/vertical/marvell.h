/* scheme/vertical/marvell.h - how much noise each of two classes gets, and in which directions
 *
 * Li, Sun, Gao, Yang, Yang, Smith, Bendersky, Wang 2022, "Label leakage and protection in two-party
 * split learning", arXiv 2102.08504, section 4.2 and theorem 2. Gradients of class 0 are taken for
 * N(·, u·I), those of class 1 for N(·, v·I) in d dimensions, their means differ by Δ, g = |Δ|²; a
 * share p of them is of class 1. Noise of variance along[y] in Δ's direction and across[y] in each
 * other one makes the sum of both Kullback-Leibler divergences J/2 - d, where
 *
 *     J = (d-1)·(x/y + y/x) + (a + g)/b + (b + g)/a
 *     a = along[0] + u, b = along[1] + v, x = across[0] + u, y = across[1] + v
 *
 * to be minimised under p·(along[1] + (d-1)·across[1]) + (1-p)·(along[0] + (d-1)·across[0]) <=
 * power and along >= across >= 0. The class whose gradients vary more gets no noise across (theorem
 * 2). What remains is a geometric program, convex in the logarithms of a, b, x, solved by sections
 * one inside the other: the best b for an a is √(a(a+g)), cut to its range.
 */
#ifndef PV_SCHEME_VERTICAL_MARVELL_H
#define PV_SCHEME_VERTICAL_MARVELL_H

#include <stdint.h>

typedef struct pv_marvell {
    double along[2], across[2]; /* variances, for class 0 and 1 */
    double divergence;          /* what is left of the sum of both divergences */
} pv_marvell;

/* u, v >= 0, 0 < p < 1, g > 0, power > 0, d >= 1 */
void pv_marvell_solve(pv_marvell *out, double u, double v, double g, double p, double power,
                      int64_t d);

#endif
