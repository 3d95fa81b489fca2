#include "corpus.h"

#include "codec/tsv.h"

static pv_status parse(const uint8_t *p, size_t n)
{
    pv_tsv t;
    pv_status s = pv_tsv_parse(&t, "F", p, n);
    if (s != PV_OK) assert_true(t.names == NULL && t.cells == NULL && t.text.data == NULL);
    pv_tsv_clear(&t);
    return s;
}

static void test_read(void **state)
{
    (void)state;
    static const char text[] = "\xEF\xBB\xBFtext\tlabel\r\n\na \"b\t1\r\n\t\n'x' \t2";
    pv_tsv t;
    CHECK_OK(pv_tsv_parse(&t, "F", (const uint8_t *)text, sizeof text - 1));
    assert_int_equal(t.ncolumns, 2);
    assert_string_equal(t.names[0], "text");
    assert_int_equal(pv_tsv_find(&t, "label"), 1);
    assert_int_equal(pv_tsv_find(&t, "labels"), -1);
    assert_int_equal(t.nrows, 3);
    assert_string_equal(t.cells[0], "a \"b");
    assert_string_equal(t.cells[1], "1");
    assert_string_equal(t.cells[2], "");
    assert_string_equal(t.cells[4], "'x' ");
    assert_string_equal(t.cells[5], "2");
    assert_int_equal(t.lines[0], 3);
    assert_int_equal(t.lines[2], 5);
    pv_tsv_clear(&t);
    pv_tsv_clear(&t);
    CHECK_OK(pv_tsv_load(&t, "fuzz/corpus/tsv/header-only"));
    assert_int_equal(t.nrows, 0);
    pv_tsv_clear(&t);
}

static void test_refusals(void **state)
{
    (void)state;
    static const refusal refusals[] = {
        {"few", PV_ERR_FORMAT, "F:2: 1 fields, the first line names 2 columns"},
        {"many", PV_ERR_FORMAT, "F:2: 3 fields"},
        {"no-name", PV_ERR_FORMAT, "F:1: column 2 has no name"},
        {"twins", PV_ERR_FORMAT, "F:1: column 2 has the name of another"},
        {"nul", PV_ERR_FORMAT, "F:2: the byte 0x00"},
        {"latin1", PV_ERR_FORMAT, "F:2: the byte 0xe9"},
        {"surrogate", PV_ERR_FORMAT, "0xed"},
        {"overlong", PV_ERR_FORMAT, "0xc0"},
        {"too-high", PV_ERR_FORMAT, "0xf4"},
        {"cut-character", PV_ERR_FORMAT, "0xe2"},
        {"lines", PV_ERR_FORMAT, "is empty"},
        {"empty", PV_ERR_FORMAT, "is empty"},
    };
    pv_tsv t;
    check_refusals("tsv", refusals, COUNT(refusals), parse);
    check_cuts("tsv", "plain", 1, 1, parse);
    check_out_of_memory("tsv", "plain", parse);
    CHECK_FAILS(pv_tsv_load(&t, "fuzz/corpus/tsv/latin1"), PV_ERR_FORMAT, "tsv/latin1:2:");
    CHECK_FAILS(pv_tsv_load(&t, "absent.tsv"), PV_ERR_NOT_FOUND, "absent.tsv");
    char *tabs = malloc(20000);
    memset(tabs, '\t', 20000);
    CHECK_FAILS(parse((uint8_t *)tabs, 20000), PV_ERR_LIMIT, "F:1: more than 16384 columns");
    free(tabs);
}

static void test_shared(void **state)
{
    (void)state;
    pv_tsv t;
    if (!pv_folder_exists("../shared/data/sst2")) {
        print_message("skipped: no ../shared/data\n");
        skip();
    }
    CHECK_OK(pv_tsv_load(&t, "../shared/data/sst2/test.tsv"));
    assert_int_equal(t.nrows, 872);
    assert_int_equal(pv_tsv_find(&t, "label"), 1);
    assert_string_equal(t.cells[0], "it 's a charming and often affecting journey . ");
    pv_tsv_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
