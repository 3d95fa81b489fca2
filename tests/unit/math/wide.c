/* Answers from identities that hold in the integers, and from __int128 where it is wide enough. */
#include "math/wide.h"
#include "check.h"

#include "base/csprng_test.h"

#include <math.h>

static int equal(pv_wide a, pv_wide b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static pv_wide of(__int128 x)
{
    pv_wide high = pv_wide_shl(pv_wide_from((int64_t)(x >> 64)), 64),
            low = {{(uint64_t)x, 0, 0, 0}};
    return pv_wide_add(high, low);
}

static void small_numbers_are_those_of_the_machine(void **state)
{
    static const int64_t some[] = {0,        1,  -1, 2,         -2,        1000003,
                                   -1000003, 63, 64, INT64_MAX, INT64_MIN, INT64_MIN + 1};
    (void)state;
    for (size_t i = 0; i < sizeof some / sizeof *some; i++)
        for (size_t j = 0; j < sizeof some / sizeof *some; j++) {
            __int128 a = some[i], b = some[j];
            assert_true(
                equal(pv_wide_add(pv_wide_from(some[i]), pv_wide_from(some[j])), of(a + b)));
            assert_true(
                equal(pv_wide_sub(pv_wide_from(some[i]), pv_wide_from(some[j])), of(a - b)));
            assert_true(equal(pv_wide_mul(pv_wide_from(some[i]), some[j]), of(a * b)));
            for (unsigned s = 0; s < 64; s += 7)
                assert_true(equal(pv_wide_shr(of(a * b), s), of((a * b) >> s)));
        }
}

static void shifts_undo_each_other(void **state)
{
    (void)state;
    for (unsigned s = 0; s < 255; s++) {
        pv_wide one = pv_wide_shl(pv_wide_from(-1), s);
        assert_true(equal(pv_wide_shr(one, s), pv_wide_from(-1)));
        assert_int_equal(pv_wide_negative(one), 1);
        assert_true(equal(pv_wide_shr(pv_wide_sub(one, pv_wide_from(1)), s), pv_wide_from(-2)));
    }
}

static void widths_are_exact(void **state)
{
    (void)state;
    for (unsigned bits = 1; bits <= 255; bits++) {
        pv_wide top = pv_wide_shl(pv_wide_from(1), bits - 1);
        assert_int_equal(pv_wide_fits(top, bits), 0);
        assert_int_equal(pv_wide_fits(pv_wide_sub(top, pv_wide_from(1)), bits), 1);
        assert_int_equal(pv_wide_fits(pv_wide_neg(top), bits), 1);
        assert_int_equal(pv_wide_fits(pv_wide_sub(pv_wide_neg(top), pv_wide_from(1)), bits), 0);
    }
    assert_int_equal(pv_wide_fits(pv_wide_shl(pv_wide_from(1), 255), 256), 1);
}

static void rounding_is_half_up(void **state)
{
    (void)state;
    assert_true(equal(pv_wide_round(0.5, 0), pv_wide_from(1)));
    assert_true(equal(pv_wide_round(-0.5, 0), pv_wide_from(0)));
    assert_true(equal(pv_wide_round(-0.75, 0), pv_wide_from(-1)));
    assert_true(equal(pv_wide_round(1.25, 2), pv_wide_from(5)));
    assert_true(equal(pv_wide_round(-1e-300, 52), pv_wide_from(0)));
    assert_true(equal(pv_wide_round(0, 52), pv_wide_from(0)));
    assert_true(equal(pv_wide_round(-3, 200), pv_wide_shl(pv_wide_from(-3), 200)));
    for (int i = -400; i < 400; i++) {
        double x = i / 16.0 + 1.0 / 64;
        assert_true(equal(pv_wide_round(x, 3), pv_wide_from((int64_t)floor(x * 8 + 0.5))));
    }
}

static void doubles_come_back(void **state)
{
    (void)state;
    static const double some[] = {0, 1, -1, 0.1, -12345.678, 3e40, -7e-9};
    for (size_t i = 0; i < sizeof some / sizeof *some; i++)
        assert_true(fabs(pv_wide_double(pv_wide_round(some[i], 100), -100) - some[i]) <=
                    fabs(some[i]) * 1e-15);
}

static void bytes_keep_the_sign(void **state)
{
    pv_csprng r;
    uint8_t b[32];
    (void)state;
    pv_csprng_test(&r, 5);
    for (size_t bytes = 1; bytes <= 32; bytes++)
        for (int i = 0; i < 20; i++) {
            pv_wide x = pv_wide_random(&r, (unsigned)(8 * bytes));
            assert_int_equal(pv_wide_fits(x, (unsigned)(8 * bytes)), 1);
            pv_wide_store(b, x, bytes);
            assert_true(equal(pv_wide_load(b, bytes), x));
        }
    pv_csprng_clear(&r);
}

static void random_ones_fill_their_range(void **state)
{
    pv_csprng r;
    double sum = 0, square = 0;
    enum { N = 20000 };
    (void)state;
    pv_csprng_test(&r, 6);
    for (int i = 0; i < N; i++) {
        double x = pv_wide_double(pv_wide_random(&r, 100), -99);
        assert_true(x >= -1 && x < 1);
        sum += x, square += x * x;
    }
    assert_true(fabs(sum / N) < 5 / sqrt(3.0 * N)); /* five standard deviations */
    assert_true(fabs(square / N - 1 / 3.0) < 5 * sqrt(4 / 45.0 / N));
    pv_csprng_clear(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_numbers_are_those_of_the_machine),
        cmocka_unit_test(shifts_undo_each_other),
        cmocka_unit_test(widths_are_exact),
        cmocka_unit_test(rounding_is_half_up),
        cmocka_unit_test(doubles_come_back),
        cmocka_unit_test(bytes_keep_the_sign),
        cmocka_unit_test(random_ones_fill_their_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
