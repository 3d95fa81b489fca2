#include "check.h"

#include "privet/metric.h"
#include "privet/rng.h"

#include <math.h>

enum { SEED = 31, MAX = 7 };

static void known_answers(void **state)
{
    (void)state;
    double square[] = {4, 1, 3, 2, 0, 5, 3, 2, 2}, wide[] = {9, 1, 9, 9, 2, 9}, total;
    int32_t column[3];
    CHECK_OK(pv_assignment_solve(column, &total, square, 3, 3));
    assert_true(total == 5.0);
    assert_memory_equal(column, ((int32_t[]){1, 0, 2}), sizeof column);
    CHECK_OK(pv_assignment_solve(column, &total, wide, 2, 3));
    assert_true(total == 10.0);
    CHECK_OK(pv_assignment_solve(column, NULL, square, 1, 9));
    assert_int_equal(column[0], 4);
    CHECK_OK(pv_assignment_solve(NULL, &total, square, 0, 3));
    assert_true(total == 0.0);
}

/* The least sum over all ways to give the remaining rows their own columns. */
static double best(const double *cost, int rows, int columns, int row, unsigned taken)
{
    double least = INFINITY;
    if (row == rows) return 0.0;
    for (int j = 0; j < columns; j++) {
        if (taken >> j & 1) continue;
        double sum = cost[row * columns + j] + best(cost, rows, columns, row + 1, taken | 1u << j);
        if (sum < least) least = sum;
    }
    return least;
}

static void random_costs_against_all_ways(void **state)
{
    (void)state;
    pv_rng r = pv_rng_make(SEED, PV_STREAM_TEST);
    for (int trial = 0; trial < 300; trial++) {
        int rows = 1 + (int)pv_rng_below(&r, 5);
        int columns = rows + (int)pv_rng_below(&r, (uint64_t)(MAX - rows + 1));
        double cost[MAX * MAX], total, sum = 0.0;
        int32_t column[MAX];
        unsigned taken = 0;
        for (int i = 0; i < rows * columns; i++)
            cost[i] = trial % 2 ? pv_rng_normal(&r) : (double)pv_rng_below(&r, 4); /* ties, too */
        CHECK_OK(pv_assignment_solve(column, &total, cost, rows, columns));
        for (int i = 0; i < rows; i++) {
            assert_in_range(column[i], 0, columns - 1);
            assert_false(taken >> column[i] & 1);
            taken |= 1u << column[i];
            sum += cost[i * columns + column[i]];
        }
        double least = best(cost, rows, columns, 0, 0);
        if (fabs(total - least) >= 1e-9) print_error("seed %d, trial %d\n", SEED, trial);
        assert_true(fabs(total - least) < 1e-9);
        assert_true(fabs(total - sum) < 1e-9);
    }
}

static void mistakes(void **state)
{
    (void)state;
    double cost[] = {1, 2, NAN, 4};
    int32_t column[2];
    pv_status status = PV_OK;
    CHECK_FAILS(pv_assignment_solve(column, NULL, cost, 2, 1), PV_ERR_SHAPE, "2 rows");
    CHECK_FAILS(pv_assignment_solve(column, NULL, cost, 2, 2), PV_ERR_RANGE, "row 1, column 0");
    cost[2] = 3;
    CHECK_OUT_OF_MEMORY(status)
    status = pv_assignment_solve(column, NULL, cost, 2, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(random_costs_against_all_ways),
        cmocka_unit_test(mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
