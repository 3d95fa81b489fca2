/* Floats to numbers mod 2^64 and back: rounding, clipping, the error bound, and that no sum can
 * overflow. */
#include "crypto/secagg/quantise.h"
#include "check.h"
#include "privet/rng.h"
#include <float.h>
#include <math.h>

static void fractions(void **state)
{
    (void)state;
    pv_secagg_scale s;
    CHECK_OK(pv_secagg_scale_make(&s, 1, 1, 1)); /* 1 = 1/2 * 2^1 */
    assert_int_equal(s.fraction, 61);
    CHECK_OK(pv_secagg_scale_make(&s, 1, 15000, 4)); /* 60,000 < 2^16 */
    assert_int_equal(s.fraction, 46);
    CHECK_OK(pv_secagg_scale_make(&s, FLT_MAX, PV_SECAGG_MAX_WEIGHT, 1024)); /* 2^(128+29+10) */
    assert_int_equal(s.fraction, 62 - 167);
    CHECK_OK(pv_secagg_scale_make(&s, FLT_MIN, 1, 1)); /* 2^-126 */
    assert_int_equal(s.fraction, 62 + 125);
    CHECK_FAILS(pv_secagg_scale_make(&s, 0, 1, 1), PV_ERR_OPTION, "expected a number above 0");
    CHECK_FAILS(pv_secagg_scale_make(&s, -1, 1, 1), PV_ERR_OPTION, "above 0");
    CHECK_FAILS(pv_secagg_scale_make(&s, NAN, 1, 1), PV_ERR_OPTION, "above 0");
    CHECK_FAILS(pv_secagg_scale_make(&s, INFINITY, 1, 1), PV_ERR_OPTION, "above 0");
    CHECK_FAILS(pv_secagg_scale_make(&s, 1, 0, 1), PV_ERR_OPTION, "weights up to 0");
    CHECK_FAILS(pv_secagg_scale_make(&s, 1, 1u << 29, 1), PV_ERR_OPTION, "expected 1 to 536870911");
    CHECK_FAILS(pv_secagg_scale_make(&s, 1, 1, 0), PV_ERR_OPTION, "a sum of 0 vectors");
    CHECK_FAILS(pv_secagg_scale_make(&s, 1, 1, 1025), PV_ERR_OPTION, "expected 1 to 1024");
}

/* By hand: f = 1, so the unit is 1/2 and ties go to the even number of halves. */
static void rounding(void **state)
{
    (void)state;
    const pv_secagg_scale s = {8, 3, 1};
    const float x[] = {0.25f, 0.75f, 1.25f, -0.25f, -0.75f, 0.26f, 8, -8, 8.5f, -1e30f, 0};
    const int64_t once[] = {0, 2, 2, 0, -2, 1, 16, -16, 16, -16, 0},
                  thrice[] = {2, 4, 8, -2, -4, 2, 48, -48, 48, -48, 0};
    uint64_t q[11];
    size_t clipped;
    CHECK_OK(pv_secagg_quantise(q, x, 11, 1, &s, &clipped));
    for (int i = 0; i < 11; i++) assert_int_equal((int64_t)q[i], once[i]);
    assert_int_equal(clipped, 2);
    CHECK_OK(pv_secagg_quantise(q, x, 11, 3, &s, &clipped));
    for (int i = 0; i < 11; i++) assert_int_equal((int64_t)q[i], thrice[i]);
    float back[11];
    pv_secagg_dequantise(back, q, 11, 3, &s);
    assert_true(back[6] == 8 && back[7] == -8 && back[9] == -8 && back[10] == 0);
}

static void refused(void **state)
{
    (void)state;
    pv_secagg_scale s;
    uint64_t q[3] = {1, 1, 1};
    size_t clipped = 7;
    CHECK_OK(pv_secagg_scale_make(&s, 1, 10, 2));
    const float nan[] = {0, NAN, NAN}, infinite[] = {0, 1, -INFINITY};
    CHECK_FAILS(pv_secagg_quantise(q, nan, 3, 1, &s, &clipped), PV_ERR_NUMERIC,
                "2 of 3 values are no finite numbers, the first at 1");
    assert_true(q[0] == 0 && q[1] == 0 && q[2] == 0 && clipped == 0);
    CHECK_FAILS(pv_secagg_quantise(q, infinite, 3, 1, &s, &clipped), PV_ERR_NUMERIC,
                "1 of 3 values are no finite numbers, the first at 2");
    CHECK_FAILS(pv_secagg_quantise(q, nan, 3, 0, &s, &clipped), PV_ERR_OPTION, "a weight of 0");
    CHECK_FAILS(pv_secagg_quantise(q, nan, 3, 11, &s, &clipped), PV_ERR_OPTION, "expected 1 to 10");
}

/* The worst sums: all clients at the clip with the largest weight. */
static void no_overflow(void **state)
{
    (void)state;
    static const float clips[] = {1, 0.99999994f, 1.0000001f, 3.4e38f, 1e-38f, 0.1f, 7};
    static const uint32_t weights[] = {1, 3, 60000, PV_SECAGG_MAX_WEIGHT, 1 << 28, 1023};
    for (size_t c = 0; c < sizeof clips / sizeof *clips; c++)
        for (size_t w = 0; w < sizeof weights / sizeof *weights; w++)
            for (int n = 1; n <= 1024; n++) {
                pv_secagg_scale s;
                uint64_t q[2];
                size_t clipped;
                const float x[2] = {FLT_MAX, -FLT_MAX};
                CHECK_OK(pv_secagg_scale_make(&s, clips[c], weights[w], n));
                CHECK_OK(pv_secagg_quantise(q, x, 2, weights[w], &s, &clipped));
                __int128 most = (__int128)(int64_t)q[0] * n, least = (__int128)(int64_t)q[1] * n;
                assert_true(most <= ((__int128)1 << 62) + n && least == -most);
                assert_true(most >= ((__int128)1 << 61) - n); /* and no bit is given away */
            }
}

/* |S * 2^-f - sum x w| <= n * 2^-(f+1), checked in integers: 2^f x w is an integer over 2^k. */
static void bound(void **state)
{
    (void)state;
    enum { LENGTH = 500, SEED = 5 };
    static const int clients[] = {1, 2, 7, 100, 1024};
    pv_rng r = pv_rng_make(SEED, 0);
    double worst = 0;
    for (size_t c = 0; c < sizeof clients / sizeof *clients; c++) {
        int n = clients[c];
        pv_secagg_scale s;
        static uint64_t sum[LENGTH], q[LENGTH];
        static long double exact[LENGTH];
        static float x[LENGTH], mean[LENGTH];
        double total = 0;
        memset(sum, 0, sizeof sum);
        memset(exact, 0, sizeof exact);
        /* a coarse unit, so that a long double holds every exact sum: 24 + 12 + 10 bits */
        CHECK_OK(pv_secagg_scale_make(&s, 2, 4000, n));
        s.fraction = 4;
        for (int i = 0; i < n; i++) {
            uint32_t weight = 1 + (uint32_t)pv_rng_below(&r, 4000);
            size_t clipped;
            for (int k = 0; k < LENGTH; k++)
                x[k] = (float)(int32_t)pv_rng_below(&r, 1 << 24) * 0x1p-22f - 2;
            CHECK_OK(pv_secagg_quantise(q, x, LENGTH, weight, &s, &clipped));
            assert_int_equal(clipped, 0);
            total += weight;
            for (int k = 0; k < LENGTH; k++) {
                sum[k] += q[k];
                exact[k] += (long double)x[k] * weight;
            }
        }
        pv_secagg_dequantise(mean, sum, LENGTH, total, &s);
        double limit = n * 0x1p-5; /* n * 2^-(f+1) */
        for (int k = 0; k < LENGTH; k++) {
            double error = fabs((double)((long double)(int64_t)sum[k] * 0x1p-4L - exact[k]));
            assert_true(error <= limit);
            if (error / limit > worst) worst = error / limit;
            double off = fabs(mean[k] - (double)exact[k] / total);
            assert_true(off <= limit / total + 0x1p-24 * fabs(mean[k]) + 1e-15);
        }
    }
    print_message("seed %d: the largest error is %.3f of the bound\n", SEED, worst);
    assert_true(worst > 0.9); /* it is a bound that is met (n = 1) */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fractions),   cmocka_unit_test(rounding), cmocka_unit_test(refused),
        cmocka_unit_test(no_overflow), cmocka_unit_test(bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
