#include "check.h"

#include "base/csprng_test.h"

#include <stdio.h>

static void expect_bytes(pv_csprng *r, const char *hex)
{
    uint8_t bytes[16];
    char text[33];
    pv_csprng_bytes(r, bytes, sizeof bytes);
    for (int i = 0; i < 16; i++) snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    assert_string_equal(text, hex);
}

/* The expected bytes come from Python: hashlib's blake2b for the key, and ChaCha20 written out from
 * its definition, two refills and the beginning of a third. */
static void derived_streams_are_as_written(void **state)
{
    (void)state;
    uint8_t run_key[PV_RUN_KEY_BYTES], skipped[976];
    pv_csprng r;
    for (int i = 0; i < PV_RUN_KEY_BYTES; i++) run_key[i] = (uint8_t)i;
    CHECK_OK(pv_csprng_derive(&r, run_key, "test/known", 5, 1));
    expect_bytes(&r, "17f28d86a500691f8977faed20f52b20");
    pv_csprng_bytes(&r, skipped, 976);
    expect_bytes(&r, "1cc98985347eb5724ffb6c0f81b6b80a");
    pv_csprng_bytes(&r, skipped, 976);
    expect_bytes(&r, "a3b8a5b5168aa9214ae1499cf64de1f3");
    pv_csprng_clear(&r);
}

static uint64_t first(const uint8_t *run_key, const char *purpose, uint64_t step, uint64_t attempt)
{
    pv_csprng r;
    CHECK_OK(pv_csprng_derive(&r, run_key, purpose, step, attempt));
    uint64_t x = pv_csprng_u64(&r);
    pv_csprng_clear(&r);
    return x;
}

static void every_part_of_the_name_counts(void **state)
{
    (void)state;
    uint8_t key[PV_RUN_KEY_BYTES] = {1}, other[PV_RUN_KEY_BYTES] = {2};
    uint64_t x = first(key, "mix", 1, 0);
    assert_true(first(key, "mix", 1, 0) == x);
    assert_true(first(other, "mix", 1, 0) != x);
    assert_true(first(key, "mask", 1, 0) != x);
    assert_true(first(key, "mix", 2, 0) != x);
    assert_true(first(key, "mix", 1, 1) != x);
    assert_true(first(key, "mix", 0, 1) != x);
}

static void the_cut_does_not_matter(void **state)
{
    (void)state;
    pv_csprng a, b;
    uint8_t x[5000], y[5000];
    pv_csprng_test(&a, 3);
    pv_csprng_test(&b, 3);
    pv_csprng_bytes(&a, x, sizeof x);
    for (size_t at = 0, n = 1; at < sizeof y; at += n, n = n * 3 % 701 + 1) {
        if (n > sizeof y - at) n = sizeof y - at;
        pv_csprng_bytes(&b, y + at, n);
    }
    assert_memory_equal(x, y, sizeof x);
    pv_csprng_bytes(&a, x, 0);
}

static void what_was_drawn_is_gone(void **state)
{
    (void)state;
    pv_csprng r;
    uint8_t x[32], zero[32] = {0};
    pv_csprng_test(&r, 4);
    pv_csprng_bytes(&r, x, 32);
    assert_memory_equal(r.buffer, zero, 32);
    assert_memory_not_equal(r.key, zero, 32);
    pv_csprng_clear(&r);
    assert_memory_equal(r.key, zero, 32);
}

static void the_system_seeds_differ(void **state)
{
    (void)state;
    pv_csprng a, b;
    CHECK_OK(pv_csprng_init(&a));
    CHECK_OK(pv_csprng_init(&b));
    assert_true(pv_csprng_u64(&a) != pv_csprng_u64(&b));
    pv_csprng_clear(&a);
    pv_csprng_clear(&b);
}

/* Pearson's chi-square over 10 values has 9 degrees of freedom: 27.9 is exceeded once in 1,000. The
 * seed is fixed, so this passes always or never. */
static void below_is_uniform(void **state)
{
    (void)state;
    enum { DRAWS = 100000 };
    pv_csprng r;
    int count[10] = {0};
    double chi = 0.0;
    pv_csprng_test(&r, 5);
    for (int i = 0; i < DRAWS; i++) count[pv_csprng_below(&r, 10)]++;
    for (int i = 0; i < 10; i++) chi += (count[i] - DRAWS / 10.0) * (count[i] - DRAWS / 10.0);
    chi /= DRAWS / 10.0;
    print_message("chi-square %.1f, seed 5\n", chi);
    assert_true(chi < 27.9);
    for (int i = 0; i < 100; i++) {
        assert_true(pv_csprng_below(&r, 1) == 0);
        assert_true(pv_csprng_below(&r, (UINT64_C(1) << 63) + 1) <= UINT64_C(1) << 63);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(derived_streams_are_as_written),
        cmocka_unit_test(every_part_of_the_name_counts),
        cmocka_unit_test(the_cut_does_not_matter),
        cmocka_unit_test(what_was_drawn_is_gone),
        cmocka_unit_test(the_system_seeds_differ),
        cmocka_unit_test(below_is_uniform),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
