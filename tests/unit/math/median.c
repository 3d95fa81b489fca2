/* In order, and the middle. */
#include "check.h"

#include "math/median.h"
#include <math.h>

static void test_median(void **state)
{
    (void)state;
    double odd[5] = {3, -1, 1e300, 2, -INFINITY}, even[4] = {4, 1, 3, 2}, one[1] = {7};
    static const double sorted[5] = {-INFINITY, -1, 2, 3, 1e300};
    assert_true(pv_median(odd, 5) == 2);
    assert_memory_equal(odd, sorted, sizeof odd);
    assert_true(pv_median(even, 4) == 2.5);
    assert_true(pv_median(one, 1) == 7);
    assert_true(isnan(pv_median(one, 0)));
    assert_true(isnan(pv_median(NULL, 0)));
    pv_sort(NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_median)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
