#include "check.h"

#include "report/page.h"
#include <math.h>

static const char *const names[] = {"cat", "<b>", "d\"g"};
static const int64_t confusion[] = {9, 1, 0, 2, 8, 0, 0, 0, 10};
static const pv_results_epoch epochs[] = {{0.1, 1.1, 0.5, 0.9, 0.6, 2},
                                          {0.1, 0.6, 0.8, NAN, NAN, 2}};
static const pv_results_model models[] = {
    {"net", 1234, 4, 500, epochs, 2, 30, 27, 0.4, confusion},
    {"linear", 12, 1, 5000, epochs, 2, 30, 20, 0.9, confusion},
};
static const char *const untested[] = {"Anything else."};

static pv_results results(const pv_results_sample *worst, int n)
{
    return (pv_results){.title = "net on <data>",
                        .command = "privet demo --out a&b",
                        .data = "glyphs",
                        .machine = "some machine",
                        .created = "2026-11-20T18:50:00Z",
                        .class_name = names,
                        .classes = 3,
                        .train = 18000,
                        .validation = 2000,
                        .threads = 2,
                        .seed = 7,
                        .peak_rss_bytes = 1000000,
                        .model = models,
                        .models = 2,
                        .worst = worst,
                        .worst_count = n,
                        .not_measured = untested,
                        .not_measured_count = 1};
}

static const pv_results_sample samples[] = {{3, 0, 1, 0.9, 0.05, "Zm9v"},
                                            {4, 2, 2, 0.5, 0.5, "Zg=="}};

static void page_says_it(void **state)
{
    (void)state;
    pv_results r = results(samples, 2);
    pv_str page = {0};
    CHECK_OK(pv_page_write(&page, &r));
    static const char *const wanted[] = {
        "<title>privet: net on &lt;data&gt;</title>",
        "default-src 'none';style-src 'unsafe-inline';img-src data:",
        "27 of 30 test samples right",
        "90.00\u202f%",       /* accuracy */
        "73.47–97.89\u202f%", /* Clopper-Pearson, as R's binom.test(27, 30) has it */
        "1,234",
        "18,000",
        "&lt;b&gt;",
        "d&quot;g",
        "src=\"data:image/png;base64,Zm9v\"",
        "1 of its 3 errors",
        "class=\"wrong\"",
        "privet demo --out a&amp;b",
        "Anything else.",
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        if (strstr(page.text, wanted[i]) == NULL) print_error("missing: %s\n", wanted[i]);
        assert_non_null(strstr(page.text, wanted[i]));
    }
    static const char *const forbidden[] = {"<script", "http://", "https://",
                                            "url(",    "<b>:",    "nan"};
    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++) {
        if (strstr(page.text, forbidden[i]) != NULL) print_error("found: %s\n", forbidden[i]);
        assert_null(strstr(page.text, forbidden[i]));
    }
    pv_str_clear(&page);
}

static void a_picture_cannot_break_out(void **state)
{
    (void)state;
    const pv_results_sample bad[] = {{3, 0, 1, 0.9, 0.05, "\"><script>"}};
    pv_results r = results(bad, 1);
    pv_str page = {0};
    CHECK_FAILS(pv_page_write(&page, &r), PV_ERR_FORMAT, "test sample 3");
    assert_string_equal(pv_str_text(&page), "");
    pv_str_clear(&page);
}

static void page_without_memory(void **state)
{
    (void)state;
    pv_results r = results(samples, 2);
    pv_status status = PV_OK;
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_str page = {0};
        status = pv_page_write(&page, &r);
        pv_str_clear(&page);
    }
}

static void json_has_it_all(void **state)
{
    (void)state;
    pv_results r = results(samples, 2);
    json_t *j = NULL, *models_json, *test, *found;
    double real;
    int64_t integer;
    const char *text;
    CHECK_OK(pv_results_json(&j, &r));
    CHECK_OK(pv_json_get_text(&text, j, "schema", "j"));
    assert_string_equal(text, "privet-training");
    CHECK_OK(pv_json_get_integer(&integer, j, "schema_version", 0, 100, "j"));
    assert_int_equal(integer, 1);
    CHECK_OK(pv_json_get_array(&models_json, j, "models", "j"));
    assert_int_equal(json_array_size(models_json), 2);
    CHECK_OK(pv_json_get_object(&test, json_array_get(models_json, 0), "test", "j"));
    CHECK_OK(pv_json_get_real(&real, test, "accuracy", "j"));
    assert_true(fabs(real - 0.9) < 1e-12);
    CHECK_OK(pv_json_get_array(&found, test, "interval", "j"));
    assert_true(fabs(json_real_value(json_array_get(found, 0)) - 0.7347115) < 1e-6);
    assert_true(fabs(json_real_value(json_array_get(found, 1)) - 0.9788829) < 1e-6);
    CHECK_OK(pv_json_get_array(&found, json_array_get(models_json, 0), "curve", "j"));
    assert_true(json_is_null(json_object_get(json_array_get(found, 1), "validation_loss")));
    CHECK_OK(pv_json_get_array(&found, j, "worst", "j"));
    CHECK_OK(pv_json_get_text(&text, json_array_get(found, 0), "answer", "j"));
    assert_string_equal(text, "<b>");
    json_decref(j);
}

static void a_class_without_samples(void **state)
{
    (void)state;
    static const int64_t empty[] = {0, 0, 0, 2, 8, 0, 0, 0, 10};
    pv_results_model m = models[0];
    m.confusion = empty;
    pv_results r = results(samples, 0);
    pv_results_class c = pv_results_of_class(&r, &m, 0);
    assert_int_equal(c.count, 0);
    assert_true(isnan(c.accuracy) && isnan(c.low) && isnan(c.high));
    c = pv_results_of_class(&r, &m, 1);
    assert_int_equal(c.count, 10);
    assert_int_equal(c.correct, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(page_says_it),
        cmocka_unit_test(a_picture_cannot_break_out),
        cmocka_unit_test(page_without_memory),
        cmocka_unit_test(json_has_it_all),
        cmocka_unit_test(a_class_without_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
