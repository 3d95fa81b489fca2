#include "corpus.h"

#include "codec/csv.h"
#include <math.h>

static pv_status parse(const uint8_t *p, size_t n)
{
    pv_table t;
    pv_status s = pv_csv_parse(&t, "F", p, n, (pv_csv_options){0});
    if (s != PV_OK) assert_true(t.columns == NULL && t.cells == NULL && t.lines == NULL);
    pv_table_clear(&t);
    return s;
}

static pv_table read_text(const char *text, pv_csv_options options)
{
    pv_table t;
    CHECK_OK(pv_csv_parse(&t, "F", (const uint8_t *)text, strlen(text), options));
    return t;
}

static void test_kinds(void **state)
{
    (void)state;
    pv_table t = read_text("a,b,label\n1,x,2\n-2.5,y,10\n1e3,x,2\n", (pv_csv_options){0});
    assert_int_equal(t.nrows, 3);
    assert_int_equal(t.columns[0].kind, PV_COLUMN_NUMERIC);
    assert_int_equal(t.columns[1].kind, PV_COLUMN_NOMINAL);
    assert_int_equal(t.columns[2].kind, PV_COLUMN_NUMERIC);
    assert_true(t.cells[3] == -2.5 && t.cells[4] == 1 && t.cells[8] == 2);
    assert_int_equal(t.lines[2], 4);
    pv_table_clear(&t);

    t = read_text("label\n10\n9\n10\n-1\n", (pv_csv_options){.nominal = "label"});
    assert_int_equal(t.columns[0].kind, PV_COLUMN_NOMINAL);
    assert_int_equal(t.columns[0].nvalues, 3);
    assert_string_equal(t.columns[0].values[0], "-1"); /* by size, not by bytes */
    assert_string_equal(t.columns[0].values[2], "10");
    assert_true(t.cells[0] == 2 && t.cells[1] == 1 && t.cells[2] == 2 && t.cells[3] == 0);
    assert_int_equal(pv_column_find(&t.columns[0], "9"), 1);
    pv_table_clear(&t);

    /* the numbers of the values do not depend on the order of the rows */
    t = read_text("w\nz\nten\n10\n9\n", (pv_csv_options){0});
    assert_string_equal(t.columns[0].values[0], "10");
    assert_true(t.cells[0] == 3 && t.cells[1] == 2 && t.cells[2] == 0 && t.cells[3] == 1);
    pv_table_clear(&t);

    t = read_text("a;b\n1,5;2\n", (pv_csv_options){.separator = ';'});
    assert_int_equal(t.columns[0].kind, PV_COLUMN_NOMINAL);
    assert_true(t.cells[1] == 2);
    pv_table_clear(&t);
    t = read_text("a\tb\n1\t2\n", (pv_csv_options){.separator = '\t'});
    assert_true(t.cells[0] == 1 && t.cells[1] == 2);
    pv_table_clear(&t);
}

static void test_fields(void **state)
{
    (void)state;
    pv_table t =
        read_text("a,\"b \"\"c\"\"\"\r\n\" x,\ny \" , 1 \r\n\r\n z z ,2", (pv_csv_options){0});
    assert_string_equal(t.columns[1].name, "b \"c\"");
    assert_int_equal(t.nrows, 2);
    assert_string_equal(t.columns[0].values[0], " x,\ny ");
    assert_string_equal(t.columns[0].values[1], "z z");
    assert_int_equal(t.lines[0], 2);
    assert_int_equal(t.lines[1], 5);
    pv_table_clear(&t);

    t = read_text("a,b,c\n,NA,x\n?,1,\n2, , NA \n", (pv_csv_options){0});
    assert_true(isnan(t.cells[0]) && isnan(t.cells[1]) && isnan(t.cells[3]) && isnan(t.cells[5]));
    assert_true(t.columns[0].missing == 2 && t.columns[1].missing == 2 &&
                t.columns[2].missing == 2);
    assert_int_equal(t.columns[1].kind, PV_COLUMN_NUMERIC);
    pv_table_clear(&t);

    t = read_text("a,b\n\"NA\",\n\"\",\n", (pv_csv_options){0}); /* in quotes they are values */
    assert_true(t.columns[0].nvalues == 2 && t.columns[0].missing == 0);
    assert_int_equal(t.columns[1].kind, PV_COLUMN_NUMERIC);
    pv_table_clear(&t);
}

static void test_refusals(void **state)
{
    (void)state;
    static const refusal refusals[] = {
        {"text-in-number", PV_ERR_FORMAT, "F:3: column 1 'a': \"x\" is not a number"},
        {"nan", PV_ERR_FORMAT, "F:3: column 1 'a': \"nan\" is not a number"},
        {"inf", PV_ERR_FORMAT, "\"1e400\" is not a number"},
        {"mixed", PV_ERR_FORMAT, "F:3: column 1 'label': \"ten\""},
        {"few", PV_ERR_FORMAT, "F:2: 1 fields, the first line names 2 columns"},
        {"many", PV_ERR_FORMAT, "F:2: 3 fields"},
        {"no-name", PV_ERR_FORMAT, "F:1: column 2 has no name"},
        {"twins", PV_ERR_FORMAT, "columns 1 and 2 are both called 'a'"},
        {"open-quote", PV_ERR_TRUNCATED, "F:2: the quote opened on this line never closes"},
        {"after-quote", PV_ERR_FORMAT, "F:2: after a closing quote"},
        {"nul", PV_ERR_FORMAT, "F:2: the byte 0x00"},
        {"latin1", PV_ERR_FORMAT, "F:2: the byte 0xe9 is no UTF-8 text"},
        {"lines", PV_ERR_FORMAT, "is empty"},
        {"empty", PV_ERR_FORMAT, "is empty"},
    };
    pv_table t;
    check_refusals("csv", refusals, COUNT(refusals), parse);
    check_cuts("csv", "quoted", 1, 1, parse);
    check_out_of_memory("csv", "quoted", parse);
    check_out_of_memory("csv", "many-values", parse);
    CHECK_OK(pv_csv_load(&t, "fuzz/corpus/csv/plain", (pv_csv_options){0}));
    pv_table_clear(&t);
    CHECK_FAILS(pv_csv_load(&t, "fuzz/corpus/csv/plain", (pv_csv_options){.nominal = "y"}),
                PV_ERR_INPUT, "there is no column 'y'; the last one is 'label'");
    CHECK_FAILS(pv_csv_load(&t, "absent.csv", (pv_csv_options){0}), PV_ERR_NOT_FOUND, "absent.csv");
}

static pv_csv_sheet read_sheet(const char *text, pv_csv_options options)
{
    pv_csv_sheet s;
    CHECK_OK(pv_csv_sheet_parse(&s, "F", (const uint8_t *)text, strlen(text), options));
    return s;
}

static void check_cell(const pv_csv_cell *c, const char *raw, const char *text, int missing)
{
    pv_str t = {0};
    assert_int_equal(c->size, strlen(raw));
    assert_memory_equal(c->raw, raw, c->size);
    CHECK_OK(pv_csv_cell_text(&t, c));
    assert_string_equal(pv_str_text(&t), text);
    assert_int_equal(pv_csv_cell_missing(c), missing);
    pv_str_clear(&t);
}

/* Cell by cell as it stands. */
static void test_sheet(void **state)
{
    (void)state;
    pv_csv_sheet s = read_sheet("\xef\xbb\xbf a ,\"b \"\"x\"\"\" , c\r\n"
                                "007 , \" 1,\"\"2\"\"\" ,\"\"\r\n\r\nNA,,\"NA\"\n"
                                "\"two\nlines\",?,\"\"\"\"\nlast,1,\"?\"",
                                (pv_csv_options){0});
    assert_int_equal(s.ncolumns, 3);
    assert_int_equal(s.nrows, 4);
    assert_string_equal(s.names[1], "b \"x\"");
    check_cell(&s.head[1], "\"b \"\"x\"\"\"", "b \"x\"", 0);
    check_cell(&s.cells[0], "007", "007", 0);
    check_cell(&s.cells[1], "\" 1,\"\"2\"\"\"", " 1,\"2\"", 0);
    check_cell(&s.cells[2], "\"\"", "", 0);
    check_cell(&s.cells[3], "NA", "NA", 1);
    check_cell(&s.cells[4], "", "", 1);
    check_cell(&s.cells[5], "\"NA\"", "NA", 0);
    check_cell(&s.cells[6], "\"two\nlines\"", "two\nlines", 0);
    check_cell(&s.cells[7], "?", "?", 1);
    check_cell(&s.cells[8], "\"\"\"\"", "\"", 0);
    assert_int_equal(s.lines[0], 2);
    assert_int_equal(s.lines[1], 4);
    assert_int_equal(s.lines[3], 7);
    assert_int_equal(pv_csv_sheet_find(&s, "c"), 2);
    assert_int_equal(pv_csv_sheet_find(&s, "d"), -1);
    pv_csv_sheet_clear(&s);
    s = read_sheet("a;b\n1,5;2\n", (pv_csv_options){.separator = ';'});
    check_cell(&s.cells[0], "1,5", "1,5", 0);
    pv_csv_sheet_clear(&s);
}

static void test_sheet_refusals(void **state)
{
    static const struct {
        const char *text, *says;
        pv_status status;
    } cases[] = {
        {"", "is empty", PV_ERR_FORMAT},
        {"a,,b\n", "column 2 has no name", PV_ERR_FORMAT},
        {"a,b,\"a\"\n", "two columns are called 'a'", PV_ERR_FORMAT},
        {"a,b\n1,2\n3\n", "F:3: 1 fields", PV_ERR_FORMAT},
        {"a,b\n1,2,3\n", "F:2: 3 fields", PV_ERR_FORMAT},
        {"a,b\n1,\"2\n", "never closes", PV_ERR_TRUNCATED},
        {"a,b\n1,\xff\n", "F:2", PV_ERR_FORMAT},
    };
    pv_csv_sheet s;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *t = cases[i].text;
        CHECK_FAILS(pv_csv_sheet_parse(&s, "F", (const uint8_t *)t, strlen(t), (pv_csv_options){0}),
                    cases[i].status, cases[i].says);
        assert_true(s.names == NULL && s.cells == NULL && s.lines == NULL && s.head == NULL);
    }
    pv_status status = PV_OK;
    CHECK_OUT_OF_MEMORY(status)
    {
        static const char text[] = "a,b\n1,\"2\"\n3,4\n";
        pv_str out = {0};
        status = pv_csv_sheet_parse(&s, "F", (const uint8_t *)text, sizeof text - 1,
                                    (pv_csv_options){0});
        if (status == PV_OK) status = pv_csv_cell_text(&out, &s.cells[1]);
        pv_str_clear(&out);
        pv_csv_sheet_clear(&s);
    }
    assert_int_equal(status, PV_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),          cmocka_unit_test(test_fields),
        cmocka_unit_test(test_refusals),       cmocka_unit_test(test_sheet),
        cmocka_unit_test(test_sheet_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
