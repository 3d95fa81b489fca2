/* math/cdp.h - what Gaussian noise proves, by zero-concentrated differential privacy
 *
 * A mechanism is ρ-zCDP when the Rényi divergence of order α between its outputs on neighbouring
 * inputs is at most ρ·α for every α > 1 (Bun, Steinke 2016). Adding N(0, σ²) or its discrete twin
 * (to integers) in each coordinate to what changes by at most Δ in 2-norm has ρ = Δ²/(2σ²)
 * (Canonne, Kamath, Steinke 2020, proposition 5 and its product form); mechanisms that run one
 * after the other add their ρ, also when later ones are chosen by what earlier ones gave.
 */
#ifndef PV_MATH_CDP_H
#define PV_MATH_CDP_H

double pv_cdp_gaussian(double sensitivity, double sigma);

/* The ε with which ρ-zCDP is (ε, δ)-DP, 0 < δ < 1: the least over α of
 *     ρ·α + log(1 - 1/α) - (log δ + log α)/(α - 1)
 * (the same paper, proposition 12). ρ = 0 gives 0, an infinite one infinity. */
double pv_cdp_epsilon(double rho, double delta);

#endif
