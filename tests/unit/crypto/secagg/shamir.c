/* Shares: known answers of known.py, and what the field and the scheme promise. */
#include "crypto/secagg/shamir.h"
#include "base/csprng_test.h"
#include "check.h"

static void field(void **state)
{
    (void)state;
    assert_int_equal(pv_shamir_multiply(0x8000, 2), 0x002B);
    assert_int_equal(pv_shamir_multiply(0x1234, 0xABCD), 0x1D05);
    assert_int_equal(pv_shamir_multiply(0xFFFF, 0xFFFF), 0xABFA);
    pv_csprng r;
    pv_csprng_test(&r, 1);
    for (int i = 0; i < 2000; i++) {
        uint16_t a = (uint16_t)pv_csprng_u64(&r), b = (uint16_t)pv_csprng_u64(&r),
                 c = (uint16_t)pv_csprng_u64(&r);
        assert_int_equal(pv_shamir_multiply(a, 1), a);
        assert_int_equal(pv_shamir_multiply(a, 0), 0);
        assert_int_equal(pv_shamir_multiply(a, b), pv_shamir_multiply(b, a));
        assert_int_equal(pv_shamir_multiply(a, pv_shamir_multiply(b, c)),
                         pv_shamir_multiply(pv_shamir_multiply(a, b), c));
        assert_int_equal(pv_shamir_multiply(a, (uint16_t)(b ^ c)),
                         pv_shamir_multiply(a, b) ^ pv_shamir_multiply(a, c));
    }
}

/* z generates all 65,535 units: the polynomial is irreducible, and every unit has an inverse. */
static void generator(void **state)
{
    (void)state;
    uint16_t v = 1;
    int order = 0;
    do {
        v = pv_shamir_multiply(v, 2);
        order++;
    } while (v != 1 && order < 70000);
    assert_true(65535 % order == 0);
    static uint8_t seen[65536];
    for (uint32_t a = 1; a < 65536; a++) { /* a product with a fixed unit is a permutation */
        uint16_t b = pv_shamir_multiply((uint16_t)a, 0x1234);
        assert_true(b != 0 && !seen[b]);
        seen[b] = 1;
    }
}

static void known(void **state)
{
    (void)state;
    static const uint8_t secret[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    static const uint8_t one[8] = {0x6D, 0xD4, 0xAE, 0x6B, 0x92, 0x3F, 0xEB, 0x8C},
                         two[8] = {0x6B, 0x22, 0x11, 0xD1, 0xAB, 0x7C, 0xB9, 0x7B},
                         last[8] = {0xD9, 0x31, 0x94, 0x1D, 0x9E, 0xAD, 0x16, 0xF0};
    static uint8_t shares[1024 * 8];
    pv_csprng r;
    pv_csprng_test(&r, 7);
    CHECK_OK(pv_shamir_split(shares, secret, sizeof secret, 1024, 3, &r));
    assert_memory_equal(shares, one, 8);
    assert_memory_equal(shares + 8, two, 8);
    assert_memory_equal(shares + 8 * (size_t)1023, last, 8);
}

static void join(uint8_t *out, const uint8_t *shares, size_t size, const uint16_t *point, int t)
{
    uint16_t weight[1024];
    pv_shamir_weights(weight, point, t);
    memset(out, 0, size);
    for (int i = 0; i < t; i++)
        pv_shamir_add(out, shares + (size_t)(point[i] - 1) * size, size, weight[i]);
}

/* Every subset of t of n gives the secret back; every subset of fewer, put together as if it were
 * enough, gives something else. */
static void subsets(void **state)
{
    (void)state;
    enum { SIZE = 64 };
    pv_csprng r;
    pv_csprng_test(&r, 3);
    for (int n = 1; n <= 7; n++)
        for (int t = 1; t <= n; t++) {
            uint8_t secret[SIZE], shares[7 * SIZE], out[SIZE];
            pv_csprng_bytes(&r, secret, SIZE);
            CHECK_OK(pv_shamir_split(shares, secret, SIZE, n, t, &r));
            for (unsigned set = 1; set < 1u << n; set++) {
                uint16_t point[7];
                int count = 0;
                for (int i = n - 1; i >= 0; i--) /* any order will do */
                    if (set >> i & 1) point[count++] = (uint16_t)(i + 1);
                join(out, shares, SIZE, point, count);
                assert_int_equal(memcmp(out, secret, SIZE) == 0, count >= t);
            }
        }
}

static void largest(void **state)
{
    (void)state;
    enum { N = 1024, T = 700, SIZE = 64 };
    static uint8_t shares[N * SIZE];
    uint8_t secret[SIZE], out[SIZE];
    uint16_t point[T];
    pv_csprng r;
    pv_csprng_test(&r, 5);
    pv_csprng_bytes(&r, secret, SIZE);
    CHECK_OK(pv_shamir_split(shares, secret, SIZE, N, T, &r));
    for (int i = 0; i < T; i++) point[i] = (uint16_t)(N - i);
    join(out, shares, SIZE, point, T);
    assert_memory_equal(out, secret, SIZE);
}

/* With t - 1 shares every secret is still possible: for two secrets and the same share of one
 * holder, t = 2, there is one polynomial each. So over random coefficients a share of a fixed
 * secret is uniform: chi-square over its bytes. */
static void uniform(void **state)
{
    (void)state;
    enum { SIZE = 64, DRAWS = 2000 };
    uint8_t secret[SIZE] = {0}, shares[3 * SIZE];
    int count[256] = {0};
    double chi2 = 0, expected = (double)DRAWS * SIZE / 256;
    pv_csprng r;
    pv_csprng_test(&r, 11);
    for (int i = 0; i < DRAWS; i++) {
        CHECK_OK(pv_shamir_split(shares, secret, SIZE, 3, 2, &r));
        for (int k = 0; k < SIZE; k++) count[shares[2 * SIZE + k]]++;
    }
    for (int v = 0; v < 256; v++) chi2 += (count[v] - expected) * (count[v] - expected) / expected;
    print_message("seed 11: chi-square %.1f, 255 degrees of freedom\n", chi2);
    assert_true(chi2 > 160 && chi2 < 370); /* 4 and 5 standard deviations from 255 */
}

static void out_of_memory(void **state)
{
    (void)state;
    pv_status status = PV_OK;
    pv_csprng r;
    pv_csprng_test(&r, 1);
    CHECK_OUT_OF_MEMORY(status)
    {
        uint8_t secret[2] = {1, 2}, shares[6];
        status = pv_shamir_split(shares, secret, 2, 3, 2, &r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(field),         cmocka_unit_test(generator), cmocka_unit_test(known),
        cmocka_unit_test(subsets),       cmocka_unit_test(largest),   cmocka_unit_test(uniform),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
