#include "check.h"

#include "report/svg.h"
#include <math.h>

static void steps_are_round(void **state)
{
    (void)state;
    static const struct {
        double low, high, step;
        int n;
    } cases[] = {{0, 10, 2, 5},     {0, 1, 0.2, 5},     {0.9, 1, 0.05, 4}, {0, 0.07, 0.02, 4},
                 {0, 2300, 500, 5}, {3, 3, 1, 5},       {5, 1, 1, 4},      {0, INFINITY, 1, 4},
                 {-1, 1, 0.5, 4},   {0, 1e-9, 5e-10, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double got = pv_svg_step(cases[i].low, cases[i].high, cases[i].n);
        if (fabs(got - cases[i].step) > 1e-9 * cases[i].step)
            print_error("case %zu: %g instead of %g\n", i, got, cases[i].step);
        assert_true(fabs(got - cases[i].step) <= 1e-9 * cases[i].step);
    }
}

static int times(const char *text, const char *part)
{
    int n = 0;
    while ((text = strstr(text, part)) != NULL) {
        n++;
        text += strlen(part);
    }
    return n;
}

static pv_svg_chart chart(const pv_svg_series *series, int count, const double *x, int points)
{
    return (pv_svg_chart){.id = "c",
                          .title = "a < b",
                          .x_label = "epoch",
                          .x = x,
                          .points = points,
                          .series = series,
                          .count = count,
                          .percent = 1,
                          .width = 500,
                          .height = 250};
}

static void lines_have_dots_names_and_gaps(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3}, a[] = {0.5, 0.75, 1}, b[] = {0.5, NAN, 0.9};
    const pv_svg_series series[] = {{"one", a, 0}, {"<two>", b, 1}};
    pv_svg_chart c = chart(series, 2, x, 3);
    pv_html h = {0};
    pv_svg_lines(&h, &c);
    CHECK_OK(h.status);
    assert_int_equal(times(h.out.text, "<circle"), 5);
    assert_int_equal(times(h.out.text, "class=\"ln"), 2);
    assert_non_null(strstr(h.out.text, "&lt;two&gt;"));
    assert_non_null(strstr(h.out.text, "<title id=\"c-t\">a &lt; b</title>"));
    assert_null(strstr(h.out.text, "nan"));
    assert_non_null(strstr(h.out.text, ">100\u202f%<"));
    assert_null(strstr(h.out.text, ">110\u202f%<"));
    pv_html_clear(&h);
}

static void nothing_to_draw_is_said(void **state)
{
    (void)state;
    const double x[] = {1}, none[] = {NAN};
    const pv_svg_series series[] = {{"one", none, 0}};
    pv_svg_chart c = chart(series, 1, x, 1);
    pv_html h = {0};
    pv_svg_lines(&h, &c);
    assert_null(strstr(h.out.text, "<svg"));
    assert_non_null(strstr(h.out.text, "Nothing was recorded"));
    pv_html_clear(&h);
}

static void one_point_is_drawn(void **state)
{
    (void)state;
    const double x[] = {1}, y[] = {0.5};
    const pv_svg_series series[] = {{"one", y, 0}};
    pv_svg_chart c = chart(series, 1, x, 1);
    pv_html h = {0};
    pv_svg_lines(&h, &c);
    CHECK_OK(h.status);
    assert_int_equal(times(h.out.text, "<circle"), 1);
    assert_null(strstr(h.out.text, "nan"));
    assert_null(strstr(h.out.text, "inf"));
    pv_html_clear(&h);
}

static void intervals_have_a_row_each(void **state)
{
    (void)state;
    const pv_svg_row row[] = {{"all", 0.95, 0.93, 0.97, 1}, {"&", 1, 0.9, 1, 0}};
    pv_html h = {0};
    pv_svg_intervals(&h, &(pv_svg_dots){.id = "i",
                                        .title = "t",
                                        .row = row,
                                        .rows = 2,
                                        .digits = 1,
                                        .width = 400,
                                        .label_width = 60});
    CHECK_OK(h.status);
    assert_int_equal(times(h.out.text, "<circle"), 2);
    assert_non_null(strstr(h.out.text, "&amp;"));
    assert_non_null(strstr(h.out.text, "95.0\u202f%"));
    pv_html_clear(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_are_round),
        cmocka_unit_test(lines_have_dots_names_and_gaps),
        cmocka_unit_test(nothing_to_draw_is_said),
        cmocka_unit_test(one_point_is_drawn),
        cmocka_unit_test(intervals_have_a_row_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
