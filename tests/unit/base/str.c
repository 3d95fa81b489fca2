#include "check.h"

#include "base/clock.h"
#include "base/str.h"

#include <math.h>

static void text_grows(void **state)
{
    (void)state;
    pv_str s = {0};
    assert_string_equal(pv_str_text(&s), "");
    CHECK_OK(pv_str_append(&s, "a hedge"));
    CHECK_OK(pv_str_printf(&s, ", %d %s", 3, "metres"));
    CHECK_OK(pv_str_append_bytes(&s, "\0x", 2));
    CHECK_OK(pv_str_append_bytes(&s, NULL, 0));
    assert_int_equal(s.size, 19);
    assert_memory_equal(s.text, "a hedge, 3 metres\0x", 20);
    pv_str_truncate(&s, 7);
    pv_str_truncate(&s, 100);
    assert_string_equal(pv_str_text(&s), "a hedge");
    for (int i = 0; i < 5000; i++) CHECK_OK(pv_str_append(&s, "0123456789"));
    assert_int_equal(s.size, 50007);
    assert_int_equal(s.text[50007], 0);
    pv_str_clear(&s);
    pv_str_clear(&s);
    assert_string_equal(pv_str_text(&s), "");
}

static void failing_text_stays(void **state)
{
    (void)state;
    pv_str s = {0};
    CHECK_FAILS(pv_str_append_bytes(&s, "", SIZE_MAX), PV_ERR_MEMORY, "memory");
    CHECK_OK(pv_str_append(&s, "kept"));
    CHECK_FAILS(pv_str_append_bytes(&s, "", SIZE_MAX - 4), PV_ERR_MEMORY, "memory");
    pv_mem_fail_after(0);
    CHECK_FAILS(pv_str_printf(&s, "%0100d", 1), PV_ERR_MEMORY, "memory");
    pv_mem_fail_after(SIZE_MAX);
    assert_string_equal(pv_str_text(&s), "kept");
    pv_str_clear(&s);
}

static void numbers_are_short_and_exact(void **state)
{
    (void)state;
    static const struct {
        double x;
        const char *text;
    } cases[] = {{0.1, "0.1"},        {0.9901, "0.9901"},
                 {1.0, "1"},          {1.0 / 3.0, "0.3333333333333333"},
                 {1e300, "1e+300"},   {0.1 + 0.2, "0.30000000000000004"},
                 {-0.0, "-0"},        {INFINITY, "inf"},
                 {-INFINITY, "-inf"}, {NAN, "nan"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pv_str s = {0};
        CHECK_OK(pv_str_number(&s, cases[i].x));
        assert_string_equal(s.text, cases[i].text);
        pv_str_clear(&s);
    }
}

static void clocks_go_on(void **state)
{
    (void)state;
    char text[PV_CLOCK_TEXT];
    double a = pv_clock_seconds();
    assert_true(pv_clock_seconds() >= a);
    assert_int_equal(strlen(pv_clock_text(text)), 20);
    assert_int_equal(text[10], 'T');
    assert_int_equal(text[19], 'Z');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_grows),
        cmocka_unit_test(failing_text_stays),
        cmocka_unit_test(numbers_are_short_and_exact),
        cmocka_unit_test(clocks_go_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
