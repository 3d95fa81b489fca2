#include "scratch.h"

static void fails(const char *spec, pv_status status, const char *says)
{
    pv_data *d;
    CHECK_FAILS(pv_data_open(&d, spec, NULL), status, says);
    assert_null(d);
}

/* The tokens of sample i, joined by '|'; '_' for padding, '?' for unknown. */
static const char *tokens(const pv_data *d, int64_t i)
{
    static char text[256];
    int32_t t[64];
    int n = (int)pv_data_sample_shape(d).dim[0];
    text[0] = '\0';
    pv_data_tokens(d, &i, 1, t, NULL);
    for (int k = 0; k < n; k++) {
        if (k > 0) strcat(text, "|");
        strcat(text, t[k] == 0 ? "_" : t[k] == 1 ? "?" : pv_data_token_text(d, t[k]));
    }
    return text;
}

static void sentences(void **state)
{
    pv_data *d;
    (void)state;
    scratch_text("t/train.tsv", "sentence\tlabel\nIt 's a GOOD, good film!\tpos\n"
                                "does n't work--at all\tneg\n   \tpos\na caf\xc3\xa9 a a\tneg\n");
    scratch_text("t/test.tsv", "label\tsentence\nneg\ta good (unseen) film\n");
    CHECK_OK(pv_data_open(&d, scratch_spec("tsv", "t", "?tokens=8"), NULL));
    assert_int_equal(pv_data_what(d), PV_DATA_TEXT);
    assert_int_equal(pv_data_count(d), 4);
    assert_string_equal(pv_data_class_name(d, 0), "neg");
    assert_int_equal(pv_data_label(d, 0), 1);
    assert_string_equal(tokens(d, 0), "it|'s|a|good|,|good|film|!");
    assert_string_equal(tokens(d, 1), "does|n't|work|-|-|at|all|_");
    assert_string_equal(tokens(d, 2), "_|_|_|_|_|_|_|_");
    assert_string_equal(tokens(d, 3), "a|caf\xc3\xa9|a|a|_|_|_|_");
    /* By frequency, then by bytes: a (4), - and good (2), ... */
    assert_string_equal(pv_data_token_text(d, 2), "a");
    assert_string_equal(pv_data_token_text(d, 3), "-");
    assert_string_equal(pv_data_token_text(d, 4), "good");
    assert_string_equal(pv_data_token_text(d, 0), "");
    assert_string_equal(pv_data_token_text(d, pv_data_vocabulary(d)), "");
    pv_data_free(d);
    for (int way = 0; way < 2; way++) {
        CHECK_OK(pv_data_open(&d,
                              way == 0 ? scratch_spec("tsv", "t", "?tokens=7&split=test")
                                       : scratch_spec("tsv", "t/test.tsv", "?tokens=7"),
                              NULL));
        assert_string_equal(tokens(d, 0), "a|good|?|?|?|film|_");
        assert_int_equal(pv_data_label(d, 0), 0);
        pv_data_free(d);
    }
    CHECK_OK(pv_data_open(&d, scratch_spec("tsv", "t", "?tokens=3&vocabulary=4"), NULL));
    assert_int_equal(pv_data_vocabulary(d), 4);
    assert_string_equal(tokens(d, 0), "?|?|a");
    pv_data_free(d);
}

static void long_words_are_cut(void **state)
{
    char line[400] = "text\tlabel\n";
    pv_data *d;
    (void)state;
    memset(line + 11, 'x', 200);
    strcpy(line + 211, " y\t1\n");
    scratch_text("l.tsv", line);
    CHECK_OK(pv_data_open(&d, scratch_spec("tsv", "l.tsv", "?tokens=2"), NULL));
    assert_int_equal(pv_data_vocabulary(d), 4);
    assert_int_equal(strlen(pv_data_token_text(d, 2)), 63);
    pv_data_free(d);
}

static void refusals(void **state)
{
    (void)state;
    fails(scratch_spec("tsv", "none.tsv", ""), PV_ERR_NOT_FOUND, "none.tsv");
    scratch_text("a.tsv", "");
    fails(scratch_spec("tsv", "a.tsv", ""), PV_ERR_FORMAT, "a.tsv");
    scratch_text("a.tsv", "sentence\tlabel\n");
    fails(scratch_spec("tsv", "a.tsv", ""), PV_ERR_INPUT, "2 columns and 0 rows");
    scratch_text("a.tsv", "sentence\nx\n");
    fails(scratch_spec("tsv", "a.tsv", ""), PV_ERR_INPUT, "1 columns and 1 rows");
    scratch_text("a.tsv", "sentence\tlabel\nx\t\n");
    fails(scratch_spec("tsv", "a.tsv", ""), PV_ERR_INPUT, ":2: the label is empty");
    scratch_text("a.tsv", "sentence\tlabel\nx\ty\tz\n");
    fails(scratch_spec("tsv", "a.tsv", ""), PV_ERR_FORMAT, ":2: ");
    scratch_text("a.tsv", "sentence\tlabel\nx\t1\n");
    fails(scratch_spec("tsv", "a.tsv", "?label=x"), PV_ERR_OPTION, "label=x: there is no such");
    fails(scratch_spec("tsv", "a.tsv", "?text=x"), PV_ERR_OPTION, "text=x: there is no such");
    fails(scratch_spec("tsv", "a.tsv", "?text=label"), PV_ERR_OPTION, "both text and label");
    fails(scratch_spec("tsv", "a.tsv", "?tokens=0"), PV_ERR_OPTION, "from 1 to 4096");
    scratch_text("b/train.tsv", "sentence\tlabel\nx\t1\n");
    scratch_text("b/test.tsv", "sentence\tlabel\nx\t1\nx\t2\n");
    fails(scratch_spec("tsv", "b", "?split=test"), PV_ERR_INPUT, ":3: the class '2'");
}

static void out_of_memory(void **state)
{
    pv_status status = PV_OK;
    (void)state;
    const char *spec = scratch_spec("tsv", "t", "?split=test");
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_data *d;
        status = pv_data_open(&d, spec, NULL);
        pv_data_free(d);
    }
    assert_int_equal(status, PV_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sentences),
        cmocka_unit_test(long_words_are_cut),
        cmocka_unit_test(refusals),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
