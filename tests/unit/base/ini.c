#include "check.h"

#include "base/ini.h"

#include <stdio.h>

static const char GOOD[] = "# a scenario\n"
                           "[scenario]\n"
                           "scheme = plain ; the baseline\n"
                           "   rounds = 12\n"
                           "rate: 0.25\n"
                           "\n"
                           "[party a]\n"
                           "note = two words; kept\n"
                           "[scenario]\n"
                           "empty =\n";

static void keys_are_found(void **state)
{
    (void)state;
    pv_ini ini;
    int64_t n = -1, absent = 5;
    double x = 0.0;
    CHECK_OK(pv_ini_parse(&ini, "s.ini", GOOD, strlen(GOOD)));
    assert_int_equal(ini.count, 5);
    assert_string_equal(pv_ini_text(&ini, "scenario", "scheme", NULL), "plain");
    assert_string_equal(pv_ini_text(&ini, "party a", "note", NULL), "two words; kept");
    assert_string_equal(pv_ini_text(&ini, "scenario", "none", "fallback"), "fallback");
    assert_null(pv_ini_text(&ini, "party b", "note", NULL));
    CHECK_OK(pv_ini_integer(&n, &ini, "scenario", "rounds", 1, 100));
    assert_int_equal(n, 12);
    CHECK_OK(pv_ini_integer(&absent, &ini, "scenario", "absent", 1, 100));
    assert_int_equal(absent, 5);
    CHECK_OK(pv_ini_real(&x, &ini, "scenario", "rate", 0.0, 1.0));
    assert_true(x == 0.25);
    CHECK_FAILS(pv_ini_unused(&ini), PV_ERR_FORMAT, "s.ini:10: [scenario] empty");
    assert_string_equal(pv_ini_text(&ini, "scenario", "empty", NULL), "");
    CHECK_OK(pv_ini_unused(&ini));
    CHECK_FAILS(pv_ini_integer(&n, &ini, "scenario", "rounds", 1, 10), PV_ERR_RANGE, "s.ini:4:");
    CHECK_FAILS(pv_ini_integer(&n, &ini, "scenario", "scheme", 1, 10), PV_ERR_FORMAT, "integer");
    CHECK_FAILS(pv_ini_integer(&n, &ini, "scenario", "rate", 0, 10), PV_ERR_FORMAT, "integer");
    CHECK_FAILS(pv_ini_real(&x, &ini, "scenario", "rate", 0.5, 1.0), PV_ERR_RANGE, "s.ini:5:");
    CHECK_FAILS(pv_ini_real(&x, &ini, "scenario", "scheme", 0.5, 1.0), PV_ERR_FORMAT, "number");
    assert_int_equal(n, 12);
    pv_ini_clear(&ini);
    pv_ini_clear(&ini);
}

static void check_refused(const char *text, size_t size, pv_status status, const char *message)
{
    pv_ini ini;
    CHECK_FAILS(pv_ini_parse(&ini, "s.ini", text, size), status, message);
    assert_null(ini.entry);
    assert_null(ini.name);
}

static void mistakes_have_a_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        pv_status status;
        const char *message;
    } cases[] = {
        {"k = 1\n", PV_ERR_FORMAT, "s.ini:1: 'k' stands in no [section]"},
        {"[a]\nx = 1\ny = 2\nx = 3\n", PV_ERR_FORMAT, "s.ini:4: [a] x was already set on line 2"},
        {"[a]\nx = 1\n[b]\ny = 1\n[a]\nx = 2\n", PV_ERR_FORMAT, "s.ini:6:"},
        {"[a]\n\nnothing\n", PV_ERR_FORMAT, "s.ini:3:"},
        {"[a\nx = 1\n", PV_ERR_FORMAT, "s.ini:1:"},
        {"[]\nx = 1\n", PV_ERR_FORMAT, "s.ini:2: 'x' stands in no [section]"},
        {"[a]\n = 1\n", PV_ERR_FORMAT, "s.ini:2: a key is missing"},
        {"[a]\nx = 1\n  more\n", PV_ERR_FORMAT, "s.ini:3:"},
        {"[a234567890123456789012345678901234567890123456789]\nx = 1\n", PV_ERR_LIMIT, "s.ini:2:"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_refused(cases[i].text, strlen(cases[i].text), cases[i].status, cases[i].message);
    check_refused("[a]\nx = \0\n", 10, PV_ERR_FORMAT, "NUL");
}

static void limits(void **state)
{
    (void)state;
    static char text[PV_INI_MAX + 1];
    memset(text, 'x', sizeof text);
    memcpy(text, "[a]\nx = ", 8);
    check_refused(text, sizeof text, PV_ERR_LIMIT, "at most");
    check_refused(text, 300, PV_ERR_LIMIT, "s.ini:2: the line is too long");
    pv_ini ini;
    CHECK_OK(pv_ini_parse(&ini, "s.ini", text, 100)); /* no newline at the end */
    assert_int_equal(strlen(pv_ini_text(&ini, "a", "x", "")), 92);
    pv_ini_clear(&ini);
    size_t n = 4;
    for (int i = 0; i <= PV_INI_ENTRIES; i++) n += (size_t)sprintf(text + n, "k%d=\n", i);
    check_refused(text, n, PV_ERR_LIMIT, "s.ini:4098: more than 4096 keys");
    CHECK_OK(pv_ini_parse(&ini, "s.ini", "", 0));
    assert_int_equal(ini.count, 0);
    pv_ini_clear(&ini);
    CHECK_FAILS(pv_ini_load(&ini, "no/such.ini"), PV_ERR_NOT_FOUND, "no/such.ini");
}

static void out_of_memory(void **state)
{
    (void)state;
    pv_status status = PV_OK;
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_ini ini;
        status = pv_ini_parse(&ini, "s.ini", GOOD, strlen(GOOD));
        pv_ini_clear(&ini);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_found),
        cmocka_unit_test(mistakes_have_a_line),
        cmocka_unit_test(limits),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
