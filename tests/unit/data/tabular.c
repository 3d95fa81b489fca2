#include "scratch.h"

static void fails(const char *spec, pv_status status, const char *says)
{
    pv_data *d;
    CHECK_FAILS(pv_data_open(&d, spec, NULL), status, says);
    assert_null(d);
}

static pv_data *open_spec(const char *spec)
{
    pv_data *d;
    CHECK_OK(pv_data_open(&d, spec, NULL));
    return d;
}

static void check_row(const pv_data *d, int64_t i, const float *expected, int n)
{
    float x[16];
    pv_shape s = pv_data_sample_shape(d);
    assert_int_equal(s.ndim, 1);
    assert_int_equal(s.dim[0], n);
    pv_data_raw(d, i, x);
    for (int j = 0; j < n; j++) assert_true(x[j] == expected[j]);
}

static const char ARFF[] = "@relation r\n@attribute size numeric\n@attribute ok {no, yes}\n"
                           "@attribute colour {red, green, blue}\n@attribute class {b, a, never}\n"
                           "@data\n1.5,yes,green,a\n?,no,red,b\n4.5,?,blue,a\n6,yes,blue,b\n";

static void arff(void **state)
{
    (void)state;
    scratch_text("t.arff", ARFF);
    fails(scratch_spec("arff", "t.arff", ""), PV_ERR_INPUT,
          ":8: the column 'size' has no value; go on with missing=mean or missing=drop");
    pv_data *d = open_spec(scratch_spec("arff", "t.arff", "?missing=mean"));
    assert_int_equal(pv_data_what(d), PV_DATA_TABLE);
    assert_int_equal(pv_data_count(d), 4);
    assert_int_equal(pv_data_classes(d), 3); /* as declared, in that order */
    assert_string_equal(pv_data_class_name(d, 0), "b");
    assert_int_equal(pv_data_label(d, 0), 1);
    assert_string_equal(pv_data_feature_name(d, 1), "ok");
    assert_string_equal(pv_data_feature_name(d, 4), "colour=blue");
    check_row(d, 0, (float[]){1.5f, 1, 0, 1, 0}, 5);
    check_row(d, 1, (float[]){4, 0, 1, 0, 0}, 5);    /* (1.5 + 4.5 + 6) / 3 */
    check_row(d, 2, (float[]){4.5f, 1, 0, 0, 1}, 5); /* yes is more frequent */
    pv_data_stats s;
    CHECK_OK(pv_data_stats_init(&s, d));
    assert_int_equal(s.missing, 2);
    pv_data_stats_clear(&s);
    pv_data_free(d);
    d = open_spec(scratch_spec("arff", "t.arff", "?missing=drop"));
    assert_int_equal(pv_data_count(d), 2);
    CHECK_OK(pv_data_stats_init(&s, d));
    assert_int_equal(s.dropped, 2);
    pv_data_stats_clear(&s);
    pv_data_free(d);
    d = open_spec(scratch_spec("arff", "t.arff", "?missing=drop&label=colour&drop=size,class"));
    assert_int_equal(pv_data_classes(d), 3);
    assert_string_equal(pv_data_class_name(d, pv_data_label(d, 0)), "green");
    check_row(d, 0, (float[]){1}, 1);
    assert_int_equal(pv_data_count(d), 3); /* columns that are dropped may lack values */
    pv_data_free(d);
}

static void numeric_labels(void **state)
{
    (void)state;
    scratch_text("n.csv", "class,x\n10,0.5\n9,0.25\n10,1\n");
    pv_data *d = open_spec(scratch_spec("csv", "n.csv", "?label=class"));
    assert_string_equal(pv_data_class_name(d, 0), "9");
    assert_int_equal(pv_data_label(d, 0), 1);
    pv_data_free(d);
    scratch_text("m.csv", "x,class\n0.5,10\n0.25,9\n1,10\n");
    d = open_spec(scratch_spec("csv", "m.csv", ""));
    assert_string_equal(pv_data_class_name(d, 1), "10");
    assert_int_equal(pv_data_label(d, 1), 0);
    pv_data_free(d);
    fails(scratch_spec("csv", "n.csv", ""), PV_ERR_INPUT, ":2: the label column 'x' holds 0.5");
}

static void splits_share_their_columns(void **state)
{
    pv_data *d;
    (void)state;
    scratch_text("s/train.csv", "c,x,y\nred,1,b\ngreen,2,a\nblue,3,b\n");
    scratch_text("s/test.csv", "x,c,y\n7,green,b\n,red,b\n");
    assert_int_equal(pv_data_has_test_split(scratch_spec("csv", "s", "")), 1);
    assert_int_equal(pv_data_has_test_split(scratch_spec("csv", "s/train.csv", "")), 1);
    assert_int_equal(pv_data_has_test_split(scratch_spec("csv", "s/test.csv", "")), 0);
    static const char *const ways[][2] = {
        {"s", "?split=test&missing=mean"},
        {"s/train.csv", "?split=test&missing=mean"},
        {"s/test.csv", "?missing=mean"},
    };
    for (int i = 0; i < 3; i++) {
        d = open_spec(scratch_spec("csv", ways[i][0], ways[i][1]));
        assert_int_equal(pv_data_classes(d), 2);
        assert_int_equal(pv_data_label(d, 0), 1);
        check_row(d, 0, (float[]){0, 1, 0, 7}, 4);
        check_row(d, 1, (float[]){0, 0, 1, 2}, 4); /* the mean of the training data */
        pv_data_free(d);
    }
    fails(scratch_spec("csv", "s/other.csv", "?split=test"), PV_ERR_NOT_FOUND, "no test split");
    scratch_text("s/test.csv", "c,x,y\nred,1,c\n");
    fails(scratch_spec("csv", "s", "?split=test"), PV_ERR_INPUT, ":2: the class 'c'");
    scratch_text("s/test.csv", "c,x,y\npink,1,b\n");
    fails(scratch_spec("csv", "s", "?split=test"), PV_ERR_INPUT, ":2: the value 'pink'");
    scratch_text("s/test.csv", "c,y\nred,b\n");
    fails(scratch_spec("csv", "s", "?split=test"), PV_ERR_MISMATCH, "lacks the column 'x'");
    scratch_text("s/test.csv", "c,x,y\nred,one,b\n");
    fails(scratch_spec("csv", "s", "?split=test"), PV_ERR_MISMATCH,
          "'x' holds text, in the training data numbers");
    scratch_text("q/train.csv", "x,y\n1,1\n2,2\n");
    scratch_text("q/test.csv", "x,y\n1,3\n");
    fails(scratch_spec("csv", "q", "?split=test"), PV_ERR_INPUT, ":2: the class 3 does not");
}

static void refusals(void **state)
{
    static const struct {
        const char *text, *options;
        pv_status status;
        const char *says;
    } cases[] = {
        {"", "", PV_ERR_FORMAT, "r.csv"},
        {"a,b\n", "", PV_ERR_INPUT, "has no rows"},
        {"a,b\n1,x\n", "?label=c", PV_ERR_INPUT, "there is no column"},
        {"a,b\n1,x\n", "?drop=c", PV_ERR_OPTION, "the columns are a, b"},
        {"a,b\n1,x\n", "?drop=b", PV_ERR_OPTION, "leaves out the label's column"},
        {"a,b\n1,x\n", "?drop=a", PV_ERR_LIMIT, "0 features"},
        {"a,b\n1,x\n", "?missing=no", PV_ERR_OPTION, "error or mean or drop"},
        {"a,b\n1,x\ntwo,y\n", "", PV_ERR_FORMAT, ":3: "},
        {"a,b\n1,x\nnan,y\n", "", PV_ERR_FORMAT, ":3: "},
        {"a,b\n1,x\n1e999,y\n", "", PV_ERR_FORMAT, ":3: "},
        {"a,b\n1,x\n1e300,y\n", "", PV_ERR_RANGE, ":3: the column 'a' holds 1e+300"},
        {"a,b\n1,x\n2\n", "", PV_ERR_FORMAT, ":3: "},
        {"a,b\n1,\n2,x\n", "?missing=mean", PV_ERR_INPUT, ":2: the label 'b' is missing"},
        {"a,b\n,x\n,y\n", "?missing=mean", PV_ERR_INPUT, "no value at all"},
        {"a,b\n,x\n,y\n", "?missing=drop", PV_ERR_INPUT, "no sample is left"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pv_data *d;
        scratch_text("r.csv", cases[i].text);
        pv_trail_clear();
        pv_status s = pv_data_open(&d, scratch_spec("csv", "r.csv", cases[i].options), NULL);
        if (s != cases[i].status || strstr(pv_trail_text(), cases[i].says) == NULL)
            print_error("case %zu: %s: %s\n", i, pv_status_name(s), pv_trail_text());
        assert_int_equal(s, cases[i].status);
        assert_non_null(strstr(pv_trail_text(), cases[i].says));
    }
    fails(scratch_spec("csv", "none.csv", ""), PV_ERR_NOT_FOUND, "there is no such file");
    fails(scratch_spec("arff", "none.arff", ""), PV_ERR_NOT_FOUND, "there is no such file");
}

static void identifiers_are_no_features(void **state)
{
    char text[40000] = "id,class\n";
    size_t used = strlen(text);
    (void)state;
    for (int i = 0; i < 1001; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "person%d,a\n", i);
    scratch_text("id.csv", text);
    fails(scratch_spec("csv", "id.csv", ""), PV_ERR_LIMIT, "leave it out with drop=id");
}

static void out_of_memory(void **state)
{
    pv_status status = PV_OK;
    (void)state;
    scratch_text("o/train.arff", ARFF);
    scratch_text("o/test.arff", ARFF);
    const char *specs[] = {scratch_spec("arff", "o", "?split=test&missing=mean"),
                           scratch_spec("csv", "n.csv", "?label=class")};
    for (int i = 0; i < 2; i++) CHECK_OUT_OF_MEMORY(status)
        {
            pv_data *d;
            status = pv_data_open(&d, specs[i], NULL);
            pv_data_free(d);
        }
    assert_int_equal(status, PV_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arff),
        cmocka_unit_test(numeric_labels),
        cmocka_unit_test(splits_share_their_columns),
        cmocka_unit_test(refusals),
        cmocka_unit_test(identifiers_are_no_features),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
