/* The table of every convolution that the paper's network has, of two networks that it does not,
 * and of what grows when the window does; all by hand. */
#include "check.h"

#include "encode/complement/counts.h"
#include <math.h>

static const struct {
    int64_t kernel, channels, stride, kernels, side, pad; /* of the convolution */
    int64_t positions, window, unknowns, equations, most;
    double ratio;
} table[] = {
    {11, 3, 4, 96, 227, 0, 5, 27, 2187, 2400, 87, 2.0},
    {11, 3, 4, 64, 227, 0, 5, 27, 2187, 1600, 87, 64.0 / 48},
    {5, 64, 1, 192, 27, 2, 9, 13, 10816, 15552, 133, 3.0},
    {3, 192, 1, 384, 13, 1, 5, 7, 9408, 9600, 376, 2.0},
    {3, 384, 1, 384, 13, 1, 5, 7, 18816, 9600, 752, 1.0},
    {5, 1, 1, 6, 28, 0, 9, 13, 169, 486, 2, 6.0},
    {3, 3, 1, 64, 32, 1, 5, 7, 147, 1600, 5, 64.0 / 3},
    {6, 1, 2, 6, 32, 0, 5, 14, 196, 150, 7, 1.5},
    {11, 1, 4, 20, 67, 0, 5, 27, 729, 500, 29, 1.25},
    {1, 2, 2, 5, 8, 0, 1, 1, 2, 5, 1, 0.625}, /* kernels that do not touch */
};

static void as_in_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        pv_conv_count c = pv_conv_count_of(table[i].kernel, table[i].channels, table[i].stride,
                                           table[i].kernels, table[i].side, table[i].pad);
        assert_int_equal(c.positions, table[i].positions);
        assert_int_equal(c.window, table[i].window);
        assert_int_equal(c.unknowns, table[i].unknowns);
        assert_int_equal(c.equations, table[i].equations);
        assert_int_equal(c.most_kernels, table[i].most);
        assert_true(fabs(c.ratio - table[i].ratio) < 1e-12);
        /* the paper's own question, N > M, asked of the largest k and of one more */
        int64_t p = c.positions * c.positions;
        assert_true(c.unknowns > p * c.most_kernels && c.unknowns <= p * (c.most_kernels + 1));
    }
}

/* 64 kernels in conv1: each patch is short of equations, 12 positions an axis have more of them
 * than pixels, and so has the whole image. 47 never have. */
static void a_window_that_grows(void **state)
{
    (void)state;
    pv_conv_count c = pv_conv_count_of(11, 3, 4, 64, 227, 0);
    assert_true(c.unknowns > c.equations);
    assert_int_equal(c.overdetermined, 12);
    assert_true(11 * 11 * 64 == 7744 && 51 * 51 * 3 == 7803 && 12 * 12 * 64 == 9216);
    assert_true(55 * 55 * 3 == 9075);
    assert_int_equal(c.image_equations, 193600);
    assert_int_equal(c.image_unknowns, 154587);
    c = pv_conv_count_of(11, 3, 4, 64, 224, 2); /* the border is known: fewer unknowns */
    assert_int_equal(c.image_equations, 193600);
    assert_int_equal(c.image_unknowns, 150528);
    assert_int_equal(c.overdetermined, 12);
    c = pv_conv_count_of(11, 3, 4, 96, 227, 0);
    assert_int_equal(c.overdetermined, 5); /* four: 16·96 = 1536 against 23·23·3 = 1587 */
    c = pv_conv_count_of(11, 3, 4, 47, 227, 0);
    assert_int_equal(c.overdetermined, 0);
    assert_true(c.ratio < 1 && c.image_equations < c.image_unknowns);
    c = pv_conv_count_of(3, 384, 1, 384, 13, 1); /* a ratio of 1, and a border that is known */
    assert_int_equal(c.image_equations, c.image_unknowns);
    assert_int_equal(c.overdetermined, 13);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_in_the_table),
                                       cmocka_unit_test(a_window_that_grows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
