#include "check.h"

#include "base/secret.h"

static void long_lived_secrets(void **state)
{
    (void)state;
    uint8_t *key = pv_secret_alloc(33);
    assert_non_null(key);
    memset(key, 5, 33);
    pv_secret_free(key);
    pv_secret_free(NULL);
    pv_mem_fail_after(0);
    assert_null(pv_secret_alloc(32));
    pv_mem_fail_after(SIZE_MAX);
}

static void wiping_leaves_zeros(void **state)
{
    (void)state;
    uint8_t x[5] = {1, 2, 3, 4, 5};
    pv_secret_wipe(x + 1, 3);
    assert_memory_equal(x, ((uint8_t[]){1, 0, 0, 0, 5}), 5);
}

static void comparing(void **state)
{
    (void)state;
    uint8_t a[64] = {0}, b[64] = {0};
    assert_int_equal(pv_secret_equal(a, b, 64), 1);
    for (int i = 0; i < 64; i++) {
        b[i] = 0x80;
        assert_int_equal(pv_secret_equal(a, b, 64), 0);
        b[i] = 0;
    }
    assert_int_equal(pv_secret_equal(a, b, 0), 1);
}

static void choosing(void **state)
{
    (void)state;
    assert_true(pv_secret_mask(1) == UINT64_MAX);
    assert_true(pv_secret_mask(0) == 0);
    assert_true(pv_secret_select(1, 3, 9) == 3);
    assert_true(pv_secret_select(0, 3, 9) == 9);
    assert_true(pv_secret_select(1, UINT64_MAX, 0) == UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_lived_secrets),
        cmocka_unit_test(wiping_leaves_zeros),
        cmocka_unit_test(comparing),
        cmocka_unit_test(choosing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
