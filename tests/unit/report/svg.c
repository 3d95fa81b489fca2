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

static void bars_stand_where_they_should(void **state)
{
    (void)state;
    pv_html h = {0};
    pv_svg_bar(&h, &(pv_svg_bar_of){"most", 160, 0.25, 0.5, 0.75, 0.1});
    CHECK_OK(h.status);
    /* 0 lies at 2, 1 at 158 */
    assert_non_null(strstr(h.out.text, "class=\"bar most\""));
    assert_non_null(strstr(h.out.text, "x=\"41.0\" y=\"4\" width=\"78.0\""));
    assert_non_null(strstr(h.out.text, "class=\"pt\" d=\"M80.0 "));
    assert_non_null(strstr(h.out.text, "class=\"chn\" d=\"M17.6 "));
    pv_html_clear(&h);
    pv_svg_bar(&h, &(pv_svg_bar_of){"none", 160, 0, 0, 0, NAN});
    assert_null(strstr(h.out.text, "chn"));
    assert_non_null(strstr(h.out.text, "width=\"1.0\"")); /* never too thin to be seen */
    pv_html_clear(&h);
}

static void errors_on_their_scale(void **state)
{
    (void)state;
    const double error[] = {0, 1e-6, 1e-4, 0.5, NAN}, base[] = {0.1, 0.1, NAN, 0.1, 0.1};
    const int recovered[] = {1, 1, 1, 0, 0};
    pv_svg_errors_of p = {.id = "e",
                          .title = "a < b",
                          .class = "most",
                          .error = error,
                          .baseline = base,
                          .recovered = recovered,
                          .count = 5,
                          .limit = 1e-3,
                          .width = 1000,
                          .height = 236}; /* from 1 at y = 8 to 1e-6 at y = 200 */
    pv_html h = {0};
    pv_svg_errors(&h, &p);
    CHECK_OK(h.status);
    assert_non_null(strstr(h.out.text, "<title id=\"e-t\">a &lt; b</title>"));
    assert_non_null(
        strstr(h.out.text, "class=\"hit\" d=\"M52.0 200.0h0M283.8 200.0h0M515.5 136.0h0\""));
    assert_non_null(strstr(h.out.text, "class=\"chn\" d=\"M46 104.0H"));
    assert_int_equal(times(h.out.text, "h6v6h-6z"), 1); /* one that failed has no error at all */
    assert_int_equal(times(h.out.text, "h0"), 3 + 2 * 4);
    assert_null(strstr(h.out.text, "nan"));
    pv_html_clear(&h);
    p.count = 1;
    p.limit = NAN;
    pv_svg_errors(&h, &p);
    assert_null(strstr(h.out.text, "limit"));
    assert_null(strstr(h.out.text, "inf"));
    pv_html_clear(&h);
    p.count = 0;
    pv_svg_errors(&h, &p);
    assert_string_equal(pv_str_text(&h.out), "");
}

/* However many items: the curve is thinned out, the misses are not. */
static void many_errors(void **state)
{
    (void)state;
    enum { MANY = 9000 };
    static double error[MANY], base[MANY];
    static int recovered[MANY];
    pv_html h = {0};
    for (int i = 0; i < MANY; i++) {
        error[i] = 1e-6 * (i + 1);
        base[i] = NAN;
        recovered[i] = i < MANY - 3000;
    }
    pv_svg_errors(
        &h, &(pv_svg_errors_of){"e", "t", "most", error, base, recovered, MANY, 1e-3, 1000, 236});
    CHECK_OK(h.status);
    assert_int_equal(times(h.out.text, "h6v6h-6z"), 3000);
    assert_int_equal(times(h.out.text, "h0"), 6000 / 5);
    pv_html_clear(&h);
}

static void points_have_names_that_do_not_cover_each_other(void **state)
{
    (void)state;
    const pv_svg_point point[] = {{0.5, 0.48, 0.52, 0.9, 0.89, 0.91, "<one>"},
                                  {0.5, NAN, NAN, 0.9, NAN, NAN, "two"},
                                  {0.99, NAN, NAN, 0.9, NAN, NAN, "a name at the right edge"}};
    pv_html h = {0};
    pv_svg_scatter(&h, &(pv_svg_scatter_of){.id = "s",
                                            .title = "t",
                                            .x_label = "read",
                                            .y_label = "accuracy",
                                            .mark_label = "chance",
                                            .point = point,
                                            .points = 3,
                                            .percent = 1,
                                            .mark = 0.1,
                                            .width = 500,
                                            .height = 250});
    CHECK_OK(h.status);
    assert_int_equal(times(h.out.text, "<circle"), 3);
    assert_int_equal(times(h.out.text, "class=\"iv\""), 2);
    assert_int_equal(times(h.out.text, "class=\"chn\""), 1);
    assert_non_null(strstr(h.out.text, "&lt;one&gt;"));
    assert_non_null(strstr(h.out.text, "text-anchor=\"end\">a name at the right edge"));
    assert_null(strstr(h.out.text, "nan"));
    /* the names of two points in one place: on either side of it */
    assert_null(strstr(h.out.text, "text-anchor=\"end\">&lt;one"));
    assert_non_null(strstr(h.out.text, "text-anchor=\"end\">two"));
    pv_html_clear(&h);
    pv_svg_scatter(&h, &(pv_svg_scatter_of){.id = "s", .points = 0});
    assert_int_equal(h.out.size, 0);
}

static void a_file_holds_charts(void **state)
{
    (void)state;
    const double x[] = {1, 2}, y[] = {0.25, 0.5};
    const pv_svg_series series[] = {{"one", y, 0}};
    pv_svg_chart c = chart(series, 1, x, 2);
    pv_html h = {0};
    pv_svg_file_open(&h, "<net>", 500, 600);
    for (int i = 0; i < 2; i++) {
        pv_svg_file_panel(&h, "a & b", 300.0 * i);
        pv_svg_lines(&h, &c);
        pv_svg_file_panel_end(&h);
    }
    pv_svg_file_close(&h);
    CHECK_OK(h.status);
    assert_int_equal(strncmp(h.out.text, "<svg xmlns=\"http://www.w3.org/2000/svg\"", 39), 0);
    assert_int_equal(times(h.out.text, "<svg"), 3);
    assert_int_equal(times(h.out.text, "</svg>"), 3);
    assert_int_equal(times(h.out.text, "<g "), times(h.out.text, "</g>"));
    assert_int_equal(times(h.out.text, "a &amp; b"), 2);
    assert_non_null(strstr(h.out.text, "<title>&lt;net&gt;</title>"));
    assert_non_null(strstr(h.out.text, "translate(0 300)"));
    pv_html_clear(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_have_names_that_do_not_cover_each_other),
        cmocka_unit_test(steps_are_round),
        cmocka_unit_test(a_file_holds_charts),
        cmocka_unit_test(lines_have_dots_names_and_gaps),
        cmocka_unit_test(nothing_to_draw_is_said),
        cmocka_unit_test(one_point_is_drawn),
        cmocka_unit_test(intervals_have_a_row_each),
        cmocka_unit_test(bars_stand_where_they_should),
        cmocka_unit_test(errors_on_their_scale),
        cmocka_unit_test(many_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
