#include "check.h"

#include "base/mem.h"

#include <string.h>

static void products_are_checked(void **state)
{
    (void)state;
    assert_null(pv_alloc(SIZE_MAX / 2, 4));
    assert_null(pv_calloc((size_t)PTRDIFF_MAX, 2));
    assert_null(pv_realloc(NULL, SIZE_MAX, SIZE_MAX));
    assert_null(pv_alloc_aligned(SIZE_MAX, 2));
    assert_null(pv_alloc_table(SIZE_MAX, 2));
}

static void nothing_is_something(void **state)
{
    (void)state;
    void *a = pv_alloc(0, 8), *b = pv_calloc(0, 0), *c = pv_alloc_aligned(0, 4);
    assert_non_null(a);
    assert_non_null(b);
    assert_non_null(c);
    pv_free(a);
    pv_free(b);
    pv_free(c);
    pv_free(NULL);
}

static void memory_is_zeroed_and_aligned(void **state)
{
    (void)state;
    uint8_t *a = pv_alloc_aligned(3, 7), *b = pv_calloc(3, 7);
    assert_non_null(a);
    assert_non_null(b);
    assert_int_equal((uintptr_t)a % 64, 0);
    for (int i = 0; i < 21; i++) assert_int_equal(a[i] | b[i], 0);
    pv_free(a);
    pv_free(b);
}

static void tables_are_aligned(void **state)
{
    (void)state;
    const size_t sizes[] = {0, 1, 100, (2 << 20) - 1, 2 << 20, (5 << 20) + 1};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t *p = pv_alloc_table(1, sizes[i]);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % (sizes[i] < 2 << 20 ? 64 : 2 << 20), 0);
        if (sizes[i] > 0) memset(p, 7, sizes[i]);
        pv_free(p);
    }
}

static void arrays_grow(void **state)
{
    (void)state;
    int *p = NULL;
    size_t cap = 0;
    for (int i = 0; i < 1000; i++) {
        CHECK_OK(pv_grow((void **)&p, &cap, (size_t)i + 1, sizeof *p));
        p[i] = i;
    }
    assert_int_equal(p[0], 0);
    assert_int_equal(p[999], 999);
    int *before = p;
    size_t cap_before = cap;
    CHECK_FAILS(pv_grow((void **)&p, &cap, SIZE_MAX / 2, sizeof *p), PV_ERR_MEMORY, "memory");
    assert_ptr_equal(p, before);
    assert_int_equal(cap, cap_before);
    pv_free(p);
}

static void requests_fail_when_told(void **state)
{
    (void)state;
    pv_mem_fail_after(2);
    void *a = pv_alloc(1, 1), *b = pv_calloc(1, 1);
    assert_non_null(a);
    assert_non_null(b);
    assert_null(pv_alloc(1, 1));
    assert_null(pv_alloc_aligned(1, 1));
    assert_null(pv_alloc_table(1, 1));
    assert_null(pv_strdup("x"));
    pv_mem_fail_after(SIZE_MAX);
    char *c = pv_strdup("x");
    assert_string_equal(c, "x");
    pv_free(a);
    pv_free(b);
    pv_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_are_checked),
        cmocka_unit_test(nothing_is_something),
        cmocka_unit_test(memory_is_zeroed_and_aligned),
        cmocka_unit_test(tables_are_aligned),
        cmocka_unit_test(arrays_grow),
        cmocka_unit_test(requests_fail_when_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
