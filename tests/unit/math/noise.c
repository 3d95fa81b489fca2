#include "check.h"

#include "base/csprng_test.h"
#include "math/noise.h"

#include <math.h>
#include <stdlib.h>

enum { DRAWS = 200000, WIDEST = 64 };

/* Pearson's statistic of `count` draws of a distribution given up to a factor, over the values
 * whose expected count is 10 at least; must lie within 5 standard deviations of what it is for the
 * right distribution. */
static void expect_distribution(const int64_t *draw, double (*weight)(int64_t x, double width),
                                double width)
{
    double total = 0, chi = 0, inside = 0;
    int64_t seen[2 * WIDEST + 1] = {0}, cells = 0, kept = 0;
    for (int64_t x = -1000; x <= 1000; x++) total += weight(x, width);
    for (int i = 0; i < DRAWS; i++)
        if (llabs(draw[i]) <= WIDEST) seen[draw[i] + WIDEST]++;
    for (int64_t x = -WIDEST; x <= WIDEST; x++) {
        double expected = DRAWS * weight(x, width) / total;
        if (expected < 10) continue;
        double off = (double)seen[x + WIDEST] - expected;
        chi += off * off / expected;
        inside += expected;
        kept += seen[x + WIDEST];
        cells++;
    }
    double off = (double)kept - inside;
    if (DRAWS - inside > 10) {
        chi += off * off / (DRAWS - inside);
        cells++;
    }
    double bound = (double)cells + 5 * sqrt(2 * (double)cells);
    if (chi > bound) fail_msg("width %g: chi-square %g over %d cells", width, chi, (int)cells);
}

static double laplace(int64_t x, double t)
{
    return exp(-fabs((double)x) / t);
}

static double gaussian(int64_t x, double sigma)
{
    return exp(-(double)(x * x) / (2 * sigma * sigma));
}

static int64_t draw[DRAWS];

static void laplace_is_as_written(void **state)
{
    (void)state;
    static const uint64_t t[] = {1, 2, 7};
    pv_csprng r;
    pv_csprng_test(&r, 1);
    for (size_t k = 0; k < sizeof t / sizeof t[0]; k++) {
        for (int i = 0; i < DRAWS; i++) draw[i] = pv_noise_laplace(t[k], &r);
        expect_distribution(draw, laplace, (double)t[k]);
    }
}

static void gaussian_is_as_written(void **state)
{
    (void)state;
    static const uint64_t sigma[] = {1, 2, 3, 10};
    pv_csprng r;
    pv_csprng_test(&r, 2);
    for (size_t k = 0; k < sizeof sigma / sizeof sigma[0]; k++) {
        for (int i = 0; i < DRAWS; i++) draw[i] = pv_noise_gaussian(sigma[k], &r);
        expect_distribution(draw, gaussian, (double)sigma[k]);
    }
}

/* The same tests must tell a distribution that is a little off. */
static void a_wrong_width_is_seen(void **state)
{
    (void)state;
    pv_csprng r;
    double chi = 0;
    pv_csprng_test(&r, 2);
    for (int i = 0; i < DRAWS; i++) {
        int64_t x = pv_noise_gaussian(10, &r);
        chi += (double)(x * x);
    }
    chi /= DRAWS;
    /* variance 100 within 5 standard deviations 100·√(2/n); that of σ = 10.1 is not */
    assert_true(fabs(chi - 100) < 5 * 100 * sqrt(2.0 / DRAWS));
    assert_false(fabs(chi - 10.1 * 10.1) < 3 * 100 * sqrt(2.0 / DRAWS));
}

/* At the width that gradients have: moments and tail of 2^18 and of the largest σ. */
static void wide_gaussians_have_their_moments(void **state)
{
    (void)state;
    static const uint64_t sigma[] = {UINT64_C(1) << 18, PV_NOISE_MOST};
    pv_csprng r;
    pv_csprng_test(&r, 3);
    for (size_t k = 0; k < 2; k++) {
        enum { N = 40000 };
        double mean = 0, square = 0, fourth = 0;
        int beyond = 0, even = 0;
        for (int i = 0; i < N; i++) {
            int64_t raw = pv_noise_gaussian(sigma[k], &r);
            double x = (double)raw / (double)sigma[k];
            mean += x / N;
            square += x * x / N;
            fourth += x * x * x * x / N;
            beyond += fabs(x) > 2;
            even += raw % 2 == 0;
        }
        assert_true(fabs(mean) < 5 / sqrt(N));
        assert_true(fabs(square - 1) < 5 * sqrt(2.0 / N));
        assert_true(fabs(fourth - 3) < 5 * sqrt(96.0 / N));
        assert_true(fabs(beyond / (double)N - 0.0455003) < 5 * sqrt(0.0455 / N));
        assert_true(fabs(even / (double)N - 0.5) < 5 * sqrt(0.25 / N));
    }
}

static void normals_have_their_moments(void **state)
{
    (void)state;
    enum { N = 100000 };
    static double x[N + 1];
    double mean = 0, square = 0, fourth = 0, neighbours = 0;
    pv_csprng r;
    pv_csprng_test(&r, 4);
    x[N] = -17;
    pv_noise_normal(x, 99999, &r); /* an odd count leaves what follows alone */
    assert_true(x[99999] == 0);
    pv_noise_normal(x + 99999, 1, &r);
    assert_true(x[N] == -17);
    for (int i = 0; i < N; i++) {
        mean += x[i] / N;
        square += x[i] * x[i] / N;
        fourth += x[i] * x[i] * x[i] * x[i] / N;
        neighbours += x[i] * x[i ^ 1] / N;
    }
    assert_true(fabs(mean) < 5 / sqrt(N));
    assert_true(fabs(square - 1) < 5 * sqrt(2.0 / N));
    assert_true(fabs(fourth - 3) < 5 * sqrt(96.0 / N));
    assert_true(fabs(neighbours) < 5 * sqrt(2.0 / N));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(laplace_is_as_written),
        cmocka_unit_test(gaussian_is_as_written),
        cmocka_unit_test(a_wrong_width_is_seen),
        cmocka_unit_test(wide_gaussians_have_their_moments),
        cmocka_unit_test(normals_have_their_moments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
