#include "check.h"

#include "base/arena.h"

static void products_are_checked(void **state)
{
    (void)state;
    assert_null(pv_alloc(SIZE_MAX / 2, 4));
    assert_null(pv_calloc((size_t)PTRDIFF_MAX, 2));
    assert_null(pv_realloc(NULL, SIZE_MAX, SIZE_MAX));
    assert_null(pv_alloc_aligned(SIZE_MAX, 2));
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
    assert_null(pv_strdup("x"));
    pv_mem_fail_after(SIZE_MAX);
    char *c = pv_strdup("x");
    assert_string_equal(c, "x");
    pv_free(a);
    pv_free(b);
    pv_free(c);
}

static void an_arena_hands_out(void **state)
{
    (void)state;
    pv_arena a = {0};
    uint64_t *p[100];
    for (uint64_t i = 0; i < 100; i++) {
        p[i] = pv_arena_alloc(&a, 1000, sizeof(uint64_t)); /* several blocks */
        assert_non_null(p[i]);
        assert_int_equal((uintptr_t)p[i] % 16, 0);
        for (int j = 0; j < 1000; j++) assert_int_equal(p[i][j], 0);
        memset(p[i], (int)i, 8000);
    }
    for (uint64_t i = 0; i < 100; i++) assert_int_equal(p[i][999] & 0xff, i);
    char *big = pv_arena_alloc(&a, 1, 1 << 20); /* more than a block */
    assert_non_null(big);
    big[(1 << 20) - 1] = 1;
    assert_string_equal(pv_arena_strdup(&a, "hedge"), "hedge");
    assert_non_null(pv_arena_alloc(&a, 0, 8));
    assert_null(pv_arena_alloc(&a, SIZE_MAX, 8));
    assert_null(pv_arena_alloc(&a, SIZE_MAX, 1));
    pv_arena_reset(&a);
    uint8_t *again = pv_arena_alloc(&a, 100, 1);
    for (int i = 0; i < 100; i++) assert_int_equal(again[i], 0);
    pv_arena_clear(&a);
    pv_arena_clear(&a);
    pv_arena_reset(&a);
}

static void an_arena_without_memory(void **state)
{
    (void)state;
    pv_arena a = {0};
    pv_mem_fail_after(0);
    assert_null(pv_arena_alloc(&a, 1, 1));
    assert_null(pv_arena_strdup(&a, "x"));
    pv_mem_fail_after(SIZE_MAX);
    assert_non_null(pv_arena_alloc(&a, 1, 1));
    pv_arena_clear(&a);
}

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>

static void overruns_hit_a_red_zone(void **state)
{
    (void)state;
    pv_arena a = {0};
    uint8_t *p = pv_arena_alloc(&a, 24, 1), *q = pv_arena_alloc(&a, 24, 1);
    assert_false(__asan_address_is_poisoned(p + 23));
    assert_true(__asan_address_is_poisoned(p + 24));
    assert_true(__asan_address_is_poisoned(q - 1));
    pv_arena_reset(&a);
    assert_true(__asan_address_is_poisoned(p));
    pv_arena_clear(&a);
}
#else
static void overruns_hit_a_red_zone(void **state)
{
    (void)state;
    skip();
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_are_checked),         cmocka_unit_test(nothing_is_something),
        cmocka_unit_test(memory_is_zeroed_and_aligned), cmocka_unit_test(arrays_grow),
        cmocka_unit_test(requests_fail_when_told),      cmocka_unit_test(an_arena_hands_out),
        cmocka_unit_test(an_arena_without_memory),      cmocka_unit_test(overruns_hit_a_red_zone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
