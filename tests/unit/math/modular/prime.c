#include "math/modular/prime.h"
#include "check.h"

#include "base/csprng_test.h"

#include <gmp.h>
#include <stdlib.h>

static void get(mpz_t x, const uint64_t *limbs, size_t n)
{
    mpz_import(x, n, -1, 8, 0, 0, limbs);
}

static void small_factors_are_found(void **state)
{
    uint64_t n[2] = {0};
    (void)state;
    n[0] = 35;
    assert_int_equal(pv_prime_small_factor(n, 1, 100), 5);
    assert_int_equal(pv_prime_small_factor(n, 1, 5), 0); /* below the limit */
    n[0] = 65521;
    assert_int_equal(pv_prime_small_factor(n, 1, 65521), 0);
    assert_int_equal(pv_prime_small_factor(n, 1, 65536), 65521);
    n[0] = 0, n[1] = 1; /* 2^64 */
    assert_int_equal(pv_prime_small_factor(n, 2, 3), 2);
    n[0] = 1; /* 2^64 + 1 = 274177·67280421310721 */
    assert_int_equal(pv_prime_small_factor(n, 2, 1 << 16), 0);
}

/* Carmichael numbers, strong pseudoprimes to base 2, and numbers of known kind. */
static void composites_are_told_from_primes(void **state)
{
    static const uint64_t composite[] = {0,
                                         1,
                                         4,
                                         9,
                                         561,
                                         1105,
                                         1729,
                                         2047,
                                         3277,
                                         4033,
                                         4681,
                                         3215031751,
                                         8321,
                                         6601,
                                         62745,
                                         825265ULL,
                                         3825123056546413051ULL};
    static const uint64_t prime[] = {2, 3, 5, 7, 65537, 2147483647, 18446744073709551557ULL};
    pv_csprng r;
    (void)state;
    pv_csprng_test(&r, 2);
    for (size_t i = 0; i < sizeof composite / sizeof *composite; i++)
        assert_int_equal(pv_prime_probable(composite + i, 1, 80, &r), 0);
    for (size_t i = 0; i < sizeof prime / sizeof *prime; i++)
        assert_int_equal(pv_prime_probable(prime + i, 1, 80, &r), 1);
    uint64_t mersenne[2] = {~(uint64_t)0, ((uint64_t)1 << 63) - 1}; /* 2^127 - 1 */
    assert_int_equal(pv_prime_probable(mersenne, 2, 80, &r), 1);
    mersenne[0] -= 2;
    assert_int_equal(pv_prime_probable(mersenne, 2, 80, &r), 0);
}

static void is_safe(const uint64_t *p, size_t bits)
{
    mpz_t x;
    mpz_init(x);
    get(x, p, (bits + 63) / 64);
    assert_int_equal(mpz_sizeinbase(x, 2), bits);
    assert_true(mpz_tstbit(x, bits - 2));
    assert_int_equal(mpz_fdiv_ui(x, 4), 3);
    assert_true(mpz_probab_prime_p(x, 30));
    mpz_tdiv_q_2exp(x, x, 1);
    assert_true(mpz_probab_prime_p(x, 30));
    mpz_clear(x);
}

static void safe_primes_are_safe_primes(void **state)
{
    static const size_t sizes[] = {64, 65, 100, 127, 128, 129, 192, 256, 320, 512};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint64_t one[8], two[8];
        pv_csprng r;
        pv_csprng_test(&r, 10 + i);
        CHECK_OK(pv_prime_safe(one, sizes[i], 80, &r, NULL));
        is_safe(one, sizes[i]);
        pv_ctx ctx = {.threads = 2};
        pv_csprng_test(&r, 10 + i);
        CHECK_OK(pv_prime_safe(two, sizes[i], 80, &r, &ctx));
        assert_memory_equal(one, two, (sizes[i] + 63) / 64 * 8);
        CHECK_OK(pv_prime_safe(two, sizes[i], 80, &r, &ctx));
        assert_memory_not_equal(one, two, (sizes[i] + 63) / 64 * 8);
    }
}

static void sizes_are_refused(void **state)
{
    uint64_t p[1];
    pv_csprng r;
    (void)state;
    pv_csprng_test(&r, 3);
    CHECK_FAILS(pv_prime_safe(p, 63, 80, &r, NULL), PV_ERR_RANGE, "63 bits");
    CHECK_FAILS(pv_prime_safe(p, 4097, 80, &r, NULL), PV_ERR_RANGE, "4097 bits");
}

static int stop(void *user)
{
    return ++*(int *)user > 1;
}

static void count_progress(void *user, const char *what, uint64_t done, uint64_t total)
{
    (void)done;
    assert_string_equal(what, "safe prime");
    assert_true(total > 0);
    ++*(int *)user;
}

static void a_search_can_be_stopped(void **state)
{
    uint64_t p[32];
    int calls = 0;
    pv_ctx ctx = {.threads = 2, .cancelled = stop, .progress = count_progress, .user = &calls};
    pv_csprng r;
    (void)state;
    pv_csprng_test(&r, 4);
    CHECK_FAILS(pv_prime_safe(p, 2048, 80, &r, &ctx), PV_ERR_CANCELLED, "");
    assert_true(calls >= 2);
}

static void memory_runs_out(void **state)
{
    uint64_t p[1];
    pv_status status;
    (void)state;
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_csprng r;
        pv_csprng_test(&r, 5);
        status = pv_prime_safe(p, 64, 20, &r, NULL);
        if (status == PV_OK) is_safe(p, 64);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_factors_are_found),
        cmocka_unit_test(composites_are_told_from_primes),
        cmocka_unit_test(safe_primes_are_safe_primes),
        cmocka_unit_test(sizes_are_refused),
        cmocka_unit_test(a_search_can_be_stopped),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
