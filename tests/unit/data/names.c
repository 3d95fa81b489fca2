#include "data/names.h"
#include "check.h"
#include <stdio.h>

static void add(pv_names *names, const char *text, int64_t expected)
{
    int64_t number;
    CHECK_OK(pv_names_add(names, text, strlen(text), &number));
    assert_int_equal(number, expected);
}

static void many(void **state)
{
    pv_names names = {0};
    char text[16];
    (void)state;
    assert_int_equal(pv_names_find(&names, "x", 1), -1);
    for (int i = 0; i < 5000; i++) {
        snprintf(text, sizeof text, "n%d", i);
        add(&names, text, i);
        add(&names, text, i);
    }
    for (int i = 0; i < 5000; i++) {
        snprintf(text, sizeof text, "n%d", i);
        assert_int_equal(pv_names_find(&names, text, strlen(text)), i);
        assert_string_equal(names.text[i], text);
    }
    assert_int_equal(pv_names_find(&names, "n5000", 5), -1);
    assert_int_equal(pv_names_find(&names, "n12zz", 3), 12); /* the length counts */
    assert_int_equal(pv_names_find(&names, "n1\0", 3), -1);
    pv_names_clear(&names);
    pv_names_clear(&names);
}

static void sorted(void **state)
{
    static const char *const numbers[] = {"10", "9", "-3", "100"}, *const words[] = {"10", "9",
                                                                                     "b"};
    static const int32_t expected[] = {2, 1, 0, 3};
    pv_names names = {0}, out;
    int32_t rank[4];
    char text[PV_NAMES_TEXT];
    (void)state;
    for (int i = 0; i < 4; i++) add(&names, numbers[i], i);
    CHECK_OK(pv_names_sort(&out, &names, rank));
    assert_memory_equal(rank, expected, sizeof rank);
    assert_string_equal(pv_names_text(&out, text), "-3, 9, 10, 100");
    pv_names_clear(&names);
    pv_names_clear(&out);
    for (int i = 0; i < 3; i++) add(&names, words[i], i);
    CHECK_OK(pv_names_sort(&out, &names, NULL));
    assert_string_equal(pv_names_text(&out, text), "10, 9, b");
    pv_names_clear(&names);
    pv_names_clear(&out);
}

static void long_lists_are_cut(void **state)
{
    pv_names names = {0};
    char text[PV_NAMES_TEXT], word[32];
    (void)state;
    for (int i = 0; i < 100; i++) {
        snprintf(word, sizeof word, "class-%d", i);
        add(&names, word, i);
    }
    pv_names_text(&names, text);
    assert_true(strlen(text) < PV_NAMES_TEXT);
    assert_string_equal(text + strlen(text) - 5, ", ...");
    pv_names_clear(&names);
    memset(word, 'x', sizeof word);
    for (int i = 0; i < 20; i++) {
        int64_t number;
        char big[400];
        memset(big, 'a' + i, sizeof big);
        CHECK_OK(pv_names_add(&names, big, sizeof big, &number));
    }
    assert_string_equal(pv_names_text(&names, text), "...");
    pv_names_clear(&names);
}

static void out_of_memory(void **state)
{
    pv_status status = PV_OK;
    (void)state;
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_names names = {0}, copy = {0}, order = {0};
        int64_t number;
        char text[16];
        status = PV_OK;
        for (int i = 0; i < 20 && status == PV_OK; i++) {
            snprintf(text, sizeof text, "%d", i);
            status = pv_names_add(&names, text, strlen(text), &number);
        }
        if (status == PV_OK) status = pv_names_copy(&copy, &names);
        if (status == PV_OK) status = pv_names_sort(&order, &names, NULL);
        pv_names_clear(&names);
        pv_names_clear(&copy);
        pv_names_clear(&order);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many),
        cmocka_unit_test(sorted),
        cmocka_unit_test(long_lists_are_cut),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
