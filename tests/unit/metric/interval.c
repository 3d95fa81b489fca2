#include "check.h"

#include "privet/metric.h"

#include <math.h>

/* P(X >= k) for X binomial with n trials of probability p, term by term. */
static double upper_tail(int k, int n, double p)
{
    double sum = 0.0;
    for (int i = k; i <= n; i++)
        sum += exp(lgamma(n + 1.0) - lgamma(i + 1.0) - lgamma(n - i + 1.0) + i * log(p) +
                   (n - i) * log1p(-p));
    return sum;
}

/* By definition, at the lower end k or more successes have probability a/2, at the upper end k or
 * fewer have. */
static void clopper_pearson_meets_its_definition(void **state)
{
    (void)state;
    static const struct {
        int k, n;
        double confidence;
    } cases[] = {{5, 10, 0.95}, {1, 10, 0.95}, {9, 10, 0.9}, {37, 200, 0.99}, {499, 500, 0.95}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int k = cases[i].k, n = cases[i].n;
        double half = (1.0 - cases[i].confidence) / 2.0;
        pv_interval c = pv_clopper_pearson(k, n, cases[i].confidence);
        assert_true(c.low < (double)k / n && c.high > (double)k / n);
        assert_true(fabs(upper_tail(k, n, c.low) - half) < 1e-10);
        assert_true(fabs(1.0 - upper_tail(k + 1, n, c.high) - half) < 1e-10);
    }
}

static void clopper_pearson_at_the_ends(void **state)
{
    (void)state;
    pv_interval none = pv_clopper_pearson(0, 10, 0.95), all = pv_clopper_pearson(10, 10, 0.95);
    assert_true(none.low == 0.0 && all.high == 1.0);
    assert_true(fabs(none.high - (1.0 - pow(0.025, 0.1))) < 1e-12);
    assert_true(fabs(all.low - pow(0.025, 0.1)) < 1e-12);
    pv_interval large = pv_clopper_pearson(9912, 10000, 0.95);
    assert_true(large.low > 0.9890 && large.low < 0.9895 && large.high > 0.9928 &&
                large.high < 0.9932);
}

static void wilson_is_the_formula(void **state)
{
    (void)state;
    pv_interval half = pv_wilson(5, 10, 0.95), none = pv_wilson(0, 10, 0.95);
    pv_interval most = pv_wilson(990, 1000, 0.99), all = pv_wilson(10, 10, 0.95);
    assert_true(fabs(half.low - 0.236593090512564) < 1e-9);
    assert_true(fabs(half.high - 0.763406909487436) < 1e-9);
    assert_true(none.low == 0.0 && fabs(none.high - 0.2775327998628892) < 1e-9);
    assert_true(fabs(most.low - 0.9780707139163345) < 1e-9);
    assert_true(fabs(most.high - 0.9954699444783269) < 1e-9);
    assert_true(all.high == 1.0 && fabs(all.low - (1.0 - none.high)) < 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clopper_pearson_meets_its_definition),
        cmocka_unit_test(clopper_pearson_at_the_ends),
        cmocka_unit_test(wilson_is_the_formula),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
