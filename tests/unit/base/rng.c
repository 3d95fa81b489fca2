#include "check.h"

#include "privet/rng.h"

#include <math.h>

/* Philox4x32-10 known answers of the Random123 library (kat_vectors), as counter, key, result. */
static void known_answers(void **state)
{
    (void)state;
    static const struct {
        uint64_t block, stream, seed;
        uint32_t out[4];
    } cases[] = {
        {0, 0, 0, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {UINT64_MAX, UINT64_MAX, UINT64_MAX, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {UINT64_C(0x85a308d3243f6a88),
         UINT64_C(0x0370734413198a2e),
         UINT64_C(0x299f31d0a4093822),
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t out[4];
        pv_rng_block(cases[i].seed, cases[i].stream, cases[i].block, out);
        assert_memory_equal(out, cases[i].out, sizeof out);
    }
}

static void words_come_in_order(void **state)
{
    (void)state;
    pv_rng r = pv_rng_make(0, 0);
    uint32_t block[4];
    for (uint64_t b = 0; b < 3; b++) {
        pv_rng_block(0, 0, b, block);
        for (int i = 0; i < 4; i++) assert_true(pv_rng_u32(&r) == block[i]);
    }
    assert_int_equal(r.position, 12);
}

/* However words are drawn, and wherever a block ends: the sequence is one. */
static void wide_draws_are_words(void **state)
{
    (void)state;
    for (int skip = 0; skip < 4; skip++) {
        pv_rng a = pv_rng_make(7, 3), b = a, c = a;
        for (int i = 0; i < skip; i++) {
            (void)pv_rng_u32(&a);
            (void)pv_rng_u32(&b);
            (void)pv_rng_u32(&c);
        }
        for (int i = 0; i < 5; i++) {
            uint64_t low = pv_rng_u32(&a), high = pv_rng_u32(&a);
            assert_true(pv_rng_u64(&b) == (high << 32 | low));
        }
        double u = 1.0 - pv_rng_uniform(&b), v = pv_rng_uniform(&b);
        for (int i = 0; i < 5; i++) (void)pv_rng_u64(&c);
        assert_true(pv_rng_normal(&c) == sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v));
        assert_true(b.position == c.position);
    }
}

static void saved_generators_go_on(void **state)
{
    (void)state;
    pv_rng r = pv_rng_make(UINT64_C(0x123456789abcdef), PV_STREAM_TEST);
    for (int i = 0; i < 13; i++) (void)pv_rng_u32(&r);
    pv_rng saved = r;
    uint64_t x = pv_rng_u64(&r);
    assert_true(pv_rng_u64(&saved) == x);
}

static void forks_are_independent(void **state)
{
    (void)state;
    pv_rng r = pv_rng_make(1, PV_STREAM_TEST), before = r;
    pv_rng a = pv_rng_fork(&r, 0), b = pv_rng_fork(&r, 1), again = pv_rng_fork(&r, 0);
    assert_memory_equal(&r, &before, sizeof r);
    assert_memory_equal(&a, &again, sizeof a);
    assert_true(pv_rng_u64(&a) != pv_rng_u64(&b));
    pv_rng other = pv_rng_make(1, PV_STREAM_SHUFFLE), c = pv_rng_fork(&other, 0);
    assert_true(pv_rng_u64(&again) != pv_rng_u64(&c));
}

/* Statistics below have fixed seeds, so they pass always or never; the bounds are what a true
 * generator exceeds once in about 1,000 seeds. */
enum { SEED = 11, DRAWS = 200000 };

static void below_is_uniform(void **state)
{
    (void)state;
    pv_rng r = pv_rng_make(SEED, PV_STREAM_TEST);
    int count[100] = {0};
    double chi = 0.0, expected = DRAWS / 100.0;
    for (int i = 0; i < DRAWS; i++) count[pv_rng_below(&r, 100)]++;
    for (int i = 0; i < 100; i++) chi += (count[i] - expected) * (count[i] - expected) / expected;
    print_message("chi-square %.1f of 99 degrees, seed %d\n", chi, SEED);
    assert_true(chi > 55.0 && chi < 149.0);
    for (int i = 0; i < 1000; i++) {
        assert_true(pv_rng_below(&r, 1) == 0);
        assert_true(pv_rng_below(&r, UINT64_MAX) < UINT64_MAX);
    }
}

/* Mean, variance, skewness and kurtosis of n draws, in that order. */
static void moments(double m[4], double (*draw)(pv_rng *), pv_rng *r)
{
    static double x[DRAWS];
    double mean = 0.0, sum[3] = {0};
    for (int i = 0; i < DRAWS; i++) mean += x[i] = draw(r);
    mean /= DRAWS;
    for (int i = 0; i < DRAWS; i++) {
        double d = x[i] - mean;
        sum[0] += d * d;
        sum[1] += d * d * d;
        sum[2] += d * d * d * d;
    }
    m[0] = mean;
    m[1] = sum[0] / DRAWS;
    m[2] = sum[1] / DRAWS / pow(m[1], 1.5);
    m[3] = sum[2] / DRAWS / (m[1] * m[1]);
    print_message("mean %.4f variance %.4f skewness %.4f kurtosis %.4f, seed %d\n", m[0], m[1],
                  m[2], m[3], SEED);
}

static void uniform_moments(void **state)
{
    (void)state;
    pv_rng r = pv_rng_make(SEED, PV_STREAM_TEST);
    double m[4];
    moments(m, pv_rng_uniform, &r);
    assert_true(fabs(m[0] - 0.5) < 3.3 * sqrt(1.0 / 12.0 / DRAWS));
    assert_true(fabs(m[1] - 1.0 / 12.0) < 0.0006);
    assert_true(fabs(m[2]) < 0.02);
    assert_true(fabs(m[3] - 1.8) < 0.02);
    for (int i = 0; i < DRAWS; i++) {
        double u = pv_rng_uniform(&r);
        assert_true(u >= 0.0 && u < 1.0);
    }
}

static void normal_moments(void **state)
{
    (void)state;
    pv_rng r = pv_rng_make(SEED, PV_STREAM_TEST);
    double m[4];
    moments(m, pv_rng_normal, &r);
    assert_true(fabs(m[0]) < 3.3 / sqrt(DRAWS));
    assert_true(fabs(m[1] - 1.0) < 3.3 * sqrt(2.0 / DRAWS));
    assert_true(fabs(m[2]) < 3.3 * sqrt(6.0 / DRAWS));
    assert_true(fabs(m[3] - 3.0) < 3.3 * sqrt(24.0 / DRAWS));
}

static double gamma_small(pv_rng *r)
{
    return pv_rng_gamma(r, 0.3);
}

static double gamma_large(pv_rng *r)
{
    return pv_rng_gamma(r, 4.5);
}

/* Gamma(k, 1) has mean k, variance k and skewness 2/sqrt(k). */
static void gamma_moments(void **state)
{
    (void)state;
    pv_rng r = pv_rng_make(SEED, PV_STREAM_TEST);
    double m[4];
    moments(m, gamma_small, &r);
    assert_true(fabs(m[0] - 0.3) < 0.005 && fabs(m[1] - 0.3) < 0.02);
    assert_true(fabs(m[2] - 2.0 / sqrt(0.3)) < 0.25);
    moments(m, gamma_large, &r);
    assert_true(fabs(m[0] - 4.5) < 0.02 && fabs(m[1] - 4.5) < 0.1);
    assert_true(fabs(m[2] - 2.0 / sqrt(4.5)) < 0.06);
}

/* All 24 orders of four items come equally often: 23 degrees, 49.7 once in 1,000. */
static void shuffles_are_fair(void **state)
{
    (void)state;
    enum { SHUFFLES = 48000 };
    pv_rng r = pv_rng_make(SEED, PV_STREAM_TEST);
    int count[256] = {0};
    double chi = 0.0;
    for (int i = 0; i < SHUFFLES; i++) {
        uint32_t x[4] = {0, 1, 2, 3};
        pv_rng_shuffle(&r, x, 4);
        count[x[0] << 6 | x[1] << 4 | x[2] << 2 | x[3]]++;
    }
    for (int i = 0; i < 256; i++)
        if (count[i] != 0) chi += pow(count[i] - SHUFFLES / 24.0, 2) / (SHUFFLES / 24.0);
    print_message("chi-square %.1f of 23 degrees, seed %d\n", chi, SEED);
    assert_true(chi < 49.7);
    pv_rng_shuffle(&r, NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),         cmocka_unit_test(words_come_in_order),
        cmocka_unit_test(wide_draws_are_words),  cmocka_unit_test(saved_generators_go_on),
        cmocka_unit_test(forks_are_independent), cmocka_unit_test(below_is_uniform),
        cmocka_unit_test(uniform_moments),       cmocka_unit_test(normal_moments),
        cmocka_unit_test(gamma_moments),         cmocka_unit_test(shuffles_are_fair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
