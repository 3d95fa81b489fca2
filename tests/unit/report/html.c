#include "check.h"

#include "report/html.h"
#include <math.h>

static void text_is_escaped(void **state)
{
    (void)state;
    pv_html h = {0};
    pv_html_raw(&h, "<p title=\"");
    pv_html_text(&h, "a<b & \"c\" 'd'>");
    pv_html_rawf(&h, "\" class=\"%s\">", "k");
    pv_html_textf(&h, "%s=%d", "<script>", 3);
    CHECK_OK(h.status);
    assert_string_equal(h.out.text, "<p title=\"a&lt;b &amp; &quot;c&quot; &#39;d&#39;&gt;\" "
                                    "class=\"k\">&lt;script&gt;=3");
    pv_html_clear(&h);
    pv_html_clear(&h);
}

static void check_count(int64_t n, const char *text)
{
    pv_html h = {0};
    pv_html_count(&h, n);
    CHECK_OK(h.status);
    assert_string_equal(pv_str_text(&h.out), text);
    pv_html_clear(&h);
}

static void counts_are_grouped(void **state)
{
    (void)state;
    check_count(0, "0");
    check_count(999, "999");
    check_count(1000, "1,000");
    check_count(44426, "44,426");
    check_count(1234567, "1,234,567");
    check_count(-100, "-100");
    check_count(-1000, "-1,000");
}

static void check_percent(double share, int digits, const char *text)
{
    pv_html h = {0};
    pv_html_percent(&h, share, digits);
    assert_string_equal(pv_str_text(&h.out), text);
    pv_html_clear(&h);
}

static void percentages(void **state)
{
    (void)state;
    check_percent(0.98765, 2, "98.77\u202f%");
    check_percent(1, 0, "100\u202f%");
    check_percent(NAN, 1, "–");
    check_percent(INFINITY, 1, "–");
}

/* RFC 4648, section 10 */
static void base64(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pv_str s = {0};
        CHECK_OK(pv_html_base64(&s, cases[i][0], strlen(cases[i][0])));
        assert_string_equal(pv_str_text(&s), cases[i][1]);
        assert_true(pv_html_is_base64(pv_str_text(&s)));
        pv_str_clear(&s);
    }
    static const uint8_t high[] = {0xfb, 0xef, 0xff};
    pv_str s = {0};
    CHECK_OK(pv_html_base64(&s, high, sizeof high));
    assert_string_equal(pv_str_text(&s), "++//");
    pv_str_clear(&s);
}

static void what_is_no_base64(void **state)
{
    (void)state;
    static const char *const cases[] = {"Zg", "Zg=", "Z===", "Zg==Zg==", "Zm 9", "Zm9v\"", "\xff"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_false(pv_html_is_base64(cases[i]));
}

static void the_first_failure_stays(void **state)
{
    (void)state;
    pv_html h = {0};
    pv_html_raw(&h, "kept");
    pv_mem_fail_after(0);
    pv_html_textf(&h, "%0500d", 1);
    pv_mem_fail_after(SIZE_MAX);
    pv_html_raw(&h, "not written any more");
    assert_int_equal(h.status, PV_ERR_MEMORY);
    assert_string_equal(h.out.text, "kept");
    pv_html_clear(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_escaped),   cmocka_unit_test(counts_are_grouped),
        cmocka_unit_test(percentages),       cmocka_unit_test(base64),
        cmocka_unit_test(what_is_no_base64), cmocka_unit_test(the_first_failure_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
