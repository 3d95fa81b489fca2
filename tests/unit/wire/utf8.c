#include "check.h"

#include "wire/utf8.h"

/* How much of a text is good. */
static size_t good(const char *text)
{
    return pv_utf8_check((const uint8_t *)text, strlen(text));
}

static void test_text(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "plain",
                                        "\x7F",
                                        "\xC2\x80",
                                        "\xDF\xBF",
                                        "\xE0\xA0\x80",
                                        "\xED\x9F\xBF",
                                        "\xEE\x80\x80",
                                        "\xEF\xBF\xBF",
                                        "\xF0\x90\x80\x80",
                                        "\xF4\x8F\xBF\xBF"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(good(texts[i]), strlen(texts[i]));
}

/* RFC 3629, section 10: what must not be taken for text; each after one good character. */
static void test_no_text(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "a\x80", /* continues nothing */
        "a\xBF",
        "a\xC3", /* cut */
        "a\xE2\x82",
        "a\xF0\x9F\x98",
        "a\xC3z", /* not continued */
        "a\xE2\x82z",
        "a\xC0\xAF", /* not the shortest form */
        "a\xC1\xBF",
        "a\xE0\x9F\xBF",
        "a\xF0\x8F\xBF\xBF",
        "a\xED\xA0\x80", /* surrogates */
        "a\xED\xBF\xBF",
        "a\xF4\x90\x80\x80", /* beyond U+10FFFF */
        "a\xF5\x80\x80\x80",
        "a\xFE",
        "a\xFF",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) assert_int_equal(good(texts[i]), 1);
    assert_int_equal(pv_utf8_check((const uint8_t *)"a\0b", 3), 1); /* NUL ends C strings */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_no_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
