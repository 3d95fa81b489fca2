#include "corpus.h"

#include "codec/arff.h"
#include <math.h>

static pv_status parse(const uint8_t *p, size_t n)
{
    pv_table t;
    pv_status s = pv_arff_parse(&t, "F", p, n);
    if (s != PV_OK) assert_true(t.columns == NULL && t.cells == NULL && t.lines == NULL);
    pv_table_clear(&t);
    return s;
}

static pv_table read_corpus(const char *file)
{
    pv_table t;
    char path[128];
    snprintf(path, sizeof path, "fuzz/corpus/arff/%s", file);
    CHECK_OK(pv_arff_load(&t, path));
    return t;
}

static void test_read(void **state)
{
    (void)state;
    static const char *const same[] = {"plain", "crlf", "comments", "bom", "latin1"};
    for (size_t i = 0; i < COUNT(same); i++) {
        pv_table t = read_corpus(same[i]);
        assert_int_equal(t.ncolumns, 2);
        assert_string_equal(t.columns[0].name, "a");
        assert_int_equal(t.columns[0].kind, PV_COLUMN_NUMERIC);
        assert_int_equal(t.columns[1].kind, PV_COLUMN_NOMINAL);
        assert_string_equal(t.columns[1].values[1], "y");
        assert_true(t.cells[0] == 1 && t.cells[1] == 0);
        pv_table_clear(&t);
    }
    pv_table t = read_corpus("comments");
    assert_int_equal(t.nrows, 2);
    assert_int_equal(t.lines[0], 8); /* lines of the file, not rows */
    pv_table_clear(&t);

    t = read_corpus("quoted");
    assert_string_equal(t.columns[0].name, "a b");
    assert_string_equal(t.columns[0].values[1], "v\"w");
    assert_true(t.nrows == 3 && t.cells[0] == 0 && t.cells[1] == 1 && t.cells[2] == 2);
    assert_int_equal(pv_column_find(&t.columns[0], "z"), 2);
    assert_int_equal(pv_column_find(&t.columns[0], "zz"), -1);
    pv_table_clear(&t);

    t = read_corpus("missing");
    assert_true(isnan(t.cells[0]) && isnan(t.cells[3]));
    assert_true(t.columns[0].missing == 1 && t.columns[1].missing == 1);
    pv_table_clear(&t);

    t = read_corpus("question"); /* '?' in quotes is a value */
    assert_true(t.cells[0] == 0 && isnan(t.cells[1]));
    pv_table_clear(&t);

    t = read_corpus("exponent");
    assert_true(t.cells[0] == 1000 && t.cells[2] == -0.0025 && t.cells[6] == 0.5);
    pv_table_clear(&t);

    t = read_corpus("many-values");
    assert_true(t.columns[0].nvalues == 60 && t.cells[0] == 59);
    pv_table_clear(&t);
    pv_table_clear(&t);
    t = read_corpus("case");
    assert_int_equal(pv_table_find(&t, "b"), 1);
    assert_int_equal(pv_table_find(&t, "c"), -1);
    pv_table_clear(&t);
    t = read_corpus("blanks");
    assert_true(t.nrows == 2 && t.cells[3] == 1);
    pv_table_clear(&t);
    CHECK_FAILS(pv_arff_load(&t, "absent.arff"), PV_ERR_NOT_FOUND, "absent.arff");
}

static void test_refusals(void **state)
{
    (void)state;
    static const refusal refusals[] = {
        {"not-number", PV_ERR_FORMAT, "F:5: column 1 'a': \"abc\" is not a number; correct it"},
        {"nan", PV_ERR_FORMAT, "\"nan\" is not a number"},
        {"inf", PV_ERR_FORMAT, "\"1e999\" is not a number"},
        {"hex", PV_ERR_FORMAT, "\"0x10\" is not a number"},
        {"not-listed", PV_ERR_RANGE, "F:5: column 2 'c': \"z\" is none of its 2 values"},
        {"few", PV_ERR_FORMAT, "F:5: more values were expected: 2 values"},
        {"many", PV_ERR_FORMAT, "F:5: fewer values"},
        {"no-comma", PV_ERR_FORMAT, "a comma were expected"},
        {"sparse", PV_ERR_UNSUPPORTED, "F:5: sparse rows"},
        {"string", PV_ERR_UNSUPPORTED, "F:2: attribute 's': attributes of type string"},
        {"date", PV_ERR_UNSUPPORTED, "type DATE"},
        {"type", PV_ERR_FORMAT, "\"complex\" is no type"},
        {"no-type", PV_ERR_FORMAT, "\"\" is no type"},
        {"no-name", PV_ERR_FORMAT, "attribute 1 has no name"},
        {"twins", PV_ERR_FORMAT, "F:3: columns 1 and 2 are both called 'a'"},
        {"value-twins", PV_ERR_FORMAT, "lists the value \"x\" twice"},
        {"value-empty", PV_ERR_FORMAT, "value 2 is empty"},
        {"value-none", PV_ERR_FORMAT, "value 1 is empty"},
        {"value-open", PV_ERR_FORMAT, "',' or '}' was expected after the value \"y\""},
        {"value-comma", PV_ERR_FORMAT, "',' or '}' was expected"},
        {"after-type", PV_ERR_FORMAT, "nothing was expected after its type"},
        {"open-quote", PV_ERR_TRUNCATED, "F:5: a ' quote opens here"},
        {"escape-end", PV_ERR_TRUNCATED, "never closes"},
        {"keyword", PV_ERR_FORMAT, "not \"@atribute\""},
        {"no-data", PV_ERR_TRUNCATED, "ends before @data"},
        {"no-attributes", PV_ERR_FORMAT, "F:2: @data comes before any @attribute"},
        {"nul", PV_ERR_FORMAT, "NUL bytes"},
        {"latin1-value", PV_ERR_FORMAT, "F:2: column"},
        {"empty", PV_ERR_TRUNCATED, "complete ARFF file?"},
    };
    check_refusals("arff", refusals, COUNT(refusals), parse);
    check_cuts("arff", "quoted", 1, 1, parse);
    check_out_of_memory("arff", "many-values", parse);
    check_out_of_memory("arff", "quoted", parse);
}

/* A file may not have more columns, or values of one, than the limits say. */
static void test_limits(void **state)
{
    (void)state;
    enum { COLUMNS = 16385, VALUES = 65537, SIZE = 1 << 20 };
    char *text = malloc(SIZE);
    size_t n = 0;
    for (int i = 0; i < COLUMNS; i++)
        n += (size_t)snprintf(text + n, SIZE - n, "@attribute a%d real\n", i);
    CHECK_FAILS(parse((uint8_t *)text, n), PV_ERR_LIMIT, "F:16385: more than 16384 columns");
    n = (size_t)snprintf(text, SIZE, "@attribute a {");
    for (int i = 0; i < VALUES; i++) n += (size_t)snprintf(text + n, SIZE - n, "v%d,", i);
    n += (size_t)snprintf(text + n, SIZE - n, "w}\n");
    CHECK_FAILS(parse((uint8_t *)text, n), PV_ERR_LIMIT, "more than 65536 different values");
    free(text);
}

static void test_shared(void **state)
{
    (void)state;
    static const struct known {
        const char *path;
        int columns, rows, classes;
        double first; /* cell */
        int64_t missing;
    } known[] = {{"../shared/data/tabular/iris.arff", 5, 150, 3, 5.1, 0},
                 {"../shared/data/tabular/diabetes.arff", 9, 768, 2, 6, 0},
                 {"../shared/data/tabular/kr.vs.kp.arff", 37, 3196, 2, 1, 0},
                 {"../shared/data/tabular/breast.w.arff", 10, 699, 2, 5, 16}};
    if (!pv_folder_exists("../shared/data/tabular")) {
        print_message("skipped: no ../shared/data\n");
        skip();
    }
    for (size_t i = 0; i < COUNT(known); i++) {
        pv_table t;
        int64_t missing = 0;
        CHECK_OK(pv_arff_load(&t, known[i].path));
        for (int k = 0; k < t.ncolumns; k++) missing += t.columns[k].missing;
        assert_int_equal(t.ncolumns, known[i].columns);
        assert_int_equal(t.nrows, known[i].rows);
        assert_int_equal(t.columns[t.ncolumns - 1].nvalues, known[i].classes);
        assert_true(t.cells[0] == known[i].first);
        assert_int_equal(missing, known[i].missing);
        pv_table_clear(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
