#include "data/spec.h"
#include "check.h"
#include "privet/data.h"

static void pieces(void **state)
{
    pv_spec s;
    int64_t v;
    int test;
    (void)state;
    CHECK_OK(pv_spec_parse(&s, "csv:a:b/c?d.csv?split=test&limit=12"));
    assert_string_equal(s.kind, "csv");
    assert_string_equal(s.path, "a:b/c?d.csv");
    assert_int_equal(s.n, 2);
    assert_string_equal(pv_spec_get(&s, "limit"), "12");
    assert_null(pv_spec_get(&s, "seed"));
    CHECK_OK(pv_spec_int(&s, "limit", 5, 1, 100, &v));
    assert_int_equal(v, 12);
    CHECK_OK(pv_spec_int(&s, "seed", 5, 1, 100, &v));
    assert_int_equal(v, 5);
    CHECK_OK(pv_spec_split(&s, &test));
    assert_int_equal(test, 1);
    CHECK_FAILS(pv_spec_int(&s, "limit", 5, 1, 11, &v), PV_ERR_OPTION, "from 1 to 11");
    pv_spec_clear(&s);
    pv_spec_clear(&s);
    CHECK_OK(pv_spec_parse(&s, "glyphs?seed=a:b"));
    assert_string_equal(s.kind, "glyphs");
    assert_string_equal(s.path, "");
    CHECK_FAILS(pv_spec_int(&s, "seed", 1, 0, 9, &v), PV_ERR_OPTION, "seed=a:b");
    pv_spec_clear(&s);
}

static void refusals(void **state)
{
    static const struct {
        const char *spec, *says;
    } cases[] = {
        {"", "no kind of data ''"},
        {"minst:x", "the kinds are mnist:DIR, cifar10:DIR"},
        {"mnist", "a path is missing; write mnist:DIR"},
        {"mnist:", "a path is missing"},
        {"glyphs:x", "takes no path"},
        {"glyphs?", "'' is no option"},
        {"glyphs?seed", "write KEY=VALUE"},
        {"glyphs?=1", "write KEY=VALUE"},
        {"glyphs?seed=", "write KEY=VALUE"},
        {"glyphs?seed=1&seed=2", "'seed' is given twice"},
        {"glyphs?spilt=test", "no option 'spilt'; its options are split="},
        {"glyphs?split=tset", "train or test is expected"},
        {"glyphs?limit=0", "limit=0"},
        {"glyphs?limit=-1", "limit=-1"},
        {"glyphs?limit=1e3", "a whole number"},
        {"glyphs?limit=99999999999999999999", "a whole number"},
        {"glyphs?limit=+5", "a whole number"},
        {"glyphs?limit=20&classes=3,x", "there is no class 'x'; the classes are 0, 1"},
        {"glyphs?limit=20&classes=3,3", "named twice"},
        {"glyphs?limit=20&classes=", "KEY=VALUE"},
        {"glyphs?limit=2&classes=3", "no sample is left"},
        {"glyphs?a=1&b=1&c=1&d=1&e=1&f=1&g=1&h=1&i=1&j=1&k=1&l=1&m=1&n=1&o=1&p=1&q=1",
         "more than 16"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pv_data *d;
        pv_trail_clear();
        pv_status s = pv_data_open(&d, cases[i].spec, NULL);
        if (strstr(pv_trail_text(), cases[i].says) == NULL)
            print_error("%s: %s\n", cases[i].spec, pv_trail_text());
        assert_true(s == PV_ERR_OPTION || s == PV_ERR_INPUT);
        assert_non_null(strstr(pv_trail_text(), cases[i].says));
        assert_null(d);
    }
}

static void sources_are_listed(void **state)
{
    int n = 0;
    (void)state;
    for (const pv_data_source *s; (s = pv_data_source_at(n)) != NULL; n++) {
        assert_non_null(s->summary);
        assert_non_null(s->argument);
        for (const pv_data_option *o = s->options; o->name != NULL; o++) {
            assert_non_null(o->value);
            assert_non_null(o->summary);
        }
    }
    assert_int_equal(n, 8);
    assert_null(pv_data_source_at(-1));
    assert_int_equal(pv_data_has_test_split("glyphs"), 1);
    assert_int_equal(pv_data_has_test_split("nothing:x"), 0);
    assert_int_equal(pv_data_has_test_split("csv:no-such-train.csv"), 0);
    assert_string_equal(pv_trail_text(), "");
}

static void out_of_memory(void **state)
{
    pv_status status = PV_OK;
    (void)state;
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_data *d;
        status = pv_data_open(&d, "glyphs?limit=20&classes=3,5&seed=2", NULL);
        pv_data_free(d);
    }
    assert_int_equal(status, PV_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces),
        cmocka_unit_test(refusals),
        cmocka_unit_test(sources_are_listed),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
