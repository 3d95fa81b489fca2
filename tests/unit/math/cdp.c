#include "check.h"

#include "math/cdp.h"
#include "math/special.h"

#include <math.h>

/* Rényi divergences of the Gaussian mechanism as an independent accountant gives them (shared
 * golden values of the subsampled Gaussian, the rows without sampling: q = 1, σ = 1.5). */
static void divergences_are_linear_in_the_order(void **state)
{
    (void)state;
    static const double known[][2] = {{2, 4.444444444444444e-01},
                                      {3, 6.666666666666666e-01},
                                      {8, 1.777777777777778e+00},
                                      {32, 7.111111111111111e+00},
                                      {64, 1.422222222222222e+01}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        assert_true(fabs(pv_cdp_gaussian(1, 1.5) * known[i][0] - known[i][1]) < 1e-13);
    assert_true(fabs(pv_cdp_gaussian(3, 4.5) - pv_cdp_gaussian(1, 1.5)) < 1e-15);
}

/* Minimised with 30 digits over a grid and golden sections in Python's mpmath. */
static void epsilon_has_known_values(void **state)
{
    (void)state;
    static const struct {
        double rho, delta, epsilon;
    } known[] = {
        {0.5, 1e-5, 4.72838698494331},     {0.1, 1e-6, 2.14193892838547},
        {10, 1e-5, 30.1108573037957},      {1e-4, 1e-5, 0.0450474620877772},
        {0.005, 1e-10, 0.603536128979831}, {1000, 1e-5, 1211.31053027012},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        double got = pv_cdp_epsilon(known[i].rho, known[i].delta);
        if (fabs(got / known[i].epsilon - 1) > 1e-9)
            fail_msg("rho %g: %.15g, not %.15g", known[i].rho, got, known[i].epsilon);
    }
    assert_true(pv_cdp_epsilon(0, 1e-5) == 0);
    assert_true(isinf(pv_cdp_epsilon(INFINITY, 1e-5)));
    assert_true(pv_cdp_epsilon(1e-14, 0.9) >= 0);
}

/* δ of the continuous Gaussian mechanism at ε, exactly (Balle, Wang 2018, theorem 8). */
static double exact_delta(double epsilon, double sigma)
{
    return pv_special_normal(0.5 / sigma - epsilon * sigma) -
           exp(epsilon) * pv_special_normal(-0.5 / sigma - epsilon * sigma);
}

/* What is said is never below what is true, and not far above it. */
static void epsilon_lies_above_the_exact_one(void **state)
{
    (void)state;
    for (double sigma = 0.3; sigma < 30; sigma *= 1.5) {
        double low = 0, high = 100, said = pv_cdp_epsilon(pv_cdp_gaussian(1, sigma), 1e-5);
        for (int i = 0; i < 100; i++) {
            double middle = (low + high) / 2;
            if (exact_delta(middle, sigma) > 1e-5)
                low = middle;
            else
                high = middle;
        }
        assert_true(said >= low);
        assert_true(said <= 1.25 * low);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(divergences_are_linear_in_the_order),
        cmocka_unit_test(epsilon_has_known_values),
        cmocka_unit_test(epsilon_lies_above_the_exact_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
