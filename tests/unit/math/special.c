/* Known answers computed with 40 digits (finite sums of the binomial distribution, series). */
#include "math/special.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void close_to(double got, double want, double relative)
{
    if (!(fabs(got - want) <= relative * fabs(want)))
        fail_msg("%.17g, not %.17g (%g off)", got, want, fabs(got / want - 1.0));
}

static void beta_has_known_values(void **state)
{
    (void)state;
    static const struct {
        double a, b, x, value, relative;
    } known[] = {
        {2, 3, 0.25, 0.26171875, 1e-14},
        {0.5, 0.5, 0.3, 0.369010119565545375, 1e-14},
        {0.1, 0.2, 0.7, 0.716326982995861152, 1e-14},
        {10, 1, 0.9, 0.348678440100000086, 1e-14},
        {1, 20, 0.01, 0.182093062402769133, 1e-14},
        {50, 60, 0.4, 0.12470685834310036, 1e-12},
        {1000.5, 2000, 0.33, 0.345843372236117637, 1e-11},
        {30000, 30000, 0.503, 0.92917861725701935, 1e-10},
        {5, 100000, 1e-5, 0.0036602300497209496, 1e-10},
        {3, 4, 0, 0, 0},
        {3, 4, 1, 1, 0},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        close_to(pv_special_beta(known[i].a, known[i].b, known[i].x), known[i].value,
                 known[i].relative);
        /* I_x(a,b) + I_(1-x)(b,a) = 1 */
        close_to(1.0 - pv_special_beta(known[i].b, known[i].a, 1.0 - known[i].x), known[i].value,
                 1e-9);
    }
}

static void beta_inverse_gives_exact_intervals(void **state)
{
    (void)state;
    /* Clopper-Pearson intervals of k in n with 95 % confidence. */
    static const struct {
        double k, n, lower, upper;
    } known[] = {
        {0, 10, 0, 0.308497107818760824},
        {3, 10, 0.0667395111777344671, 0.652452850059997295},
        {10, 10, 0.691502892181239176, 1},
        {98, 100, 0.92961606752892987, 0.997568663176057458},
        {990, 1000, 0.981686756944887548, 0.995194489308950693},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        double k = known[i].k, n = known[i].n;
        if (k > 0) close_to(pv_special_beta_inverse(k, n - k + 1, 0.025), known[i].lower, 1e-13);
        if (k < n) close_to(pv_special_beta_inverse(k + 1, n - k, 0.975), known[i].upper, 1e-13);
    }
}

static void beta_inverse_undoes_beta(void **state)
{
    (void)state;
    static const double size[] = {0.3, 1, 2.5, 40, 3000}, p[] = {0, 1e-12, 0.01, 0.5, 0.99, 1};
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < 5; j++)
            for (int k = 0; k < 6; k++) {
                double x = pv_special_beta_inverse(size[i], size[j], p[k]);
                assert_true(x >= 0.0 && x <= 1.0);
                /* Near 1 the spacing of doubles limits how well p can be met. */
                if (x < 0.999) close_to(pv_special_beta(size[i], size[j], x), p[k], 1e-9);
            }
}

static void normal_quantile_has_known_values(void **state)
{
    (void)state;
    close_to(pv_special_normal_quantile(0.975), 1.95996398454005386, 1e-14);
    close_to(pv_special_normal_quantile(0.9), 1.28155156554460059, 1e-14);
    close_to(pv_special_normal_quantile(0.3), -0.524400512708040816, 1e-14);
    close_to(pv_special_normal_quantile(1e-10), -6.3613409024040562, 1e-14);
    close_to(pv_special_normal_quantile(1e-300), -37.0470962993611992, 1e-14);
    assert_true(fabs(pv_special_normal_quantile(0.5)) < 1e-15);
    assert_true(isinf(pv_special_normal_quantile(0.0)) && pv_special_normal_quantile(0.0) < 0);
    assert_true(isinf(pv_special_normal_quantile(1.0)) && pv_special_normal_quantile(1.0) > 0);
    for (double x = -30.0; x <= 5.0; x += 0.37)
        assert_float_equal(pv_special_normal_quantile(pv_special_normal(x)), x, 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(beta_has_known_values),
        cmocka_unit_test(beta_inverse_gives_exact_intervals),
        cmocka_unit_test(beta_inverse_undoes_beta),
        cmocka_unit_test(normal_quantile_has_known_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
