/* Least squares by QR with pivoting. */
#include "check.h"

#include "math/least.h"
#include "privet/rng.h"
#include <math.h>

static void by_hand(void **state)
{
    (void)state;
    /* a line through (0,1) (1,2) (2,4): 5/6 + 3/2·t */
    double a[6] = {1, 0, 1, 1, 1, 2}, b[3] = {1, 2, 4}, x[2], tau[2];
    int64_t order[2];
    assert_int_equal(pv_least_squares(x, a, b, 3, 2, 1, 0, order, tau), 2);
    assert_true(fabs(x[0] - 5.0 / 6) < 1e-14 && fabs(x[1] - 1.5) < 1e-14);
}

static void of_less_rank(void **state)
{
    (void)state;
    /* the third column is the sum of the others, the fourth zero */
    double a[12] = {1, 0, 1, 0, 0, 2, 2, 0, 1, 1, 2, 0}, b[3] = {3, 4, 5}, x[4], tau[4];
    int64_t order[4];
    assert_int_equal(pv_least_squares(x, a, b, 3, 4, 1, 1e-12, order, tau), 2);
    double first = x[0] + x[2], second = x[1] + x[2];
    assert_true(fabs(first - 3) < 1e-13 && fabs(second - 2) < 1e-13 && x[3] == 0);
}

static void drawn(void **state)
{
    (void)state;
    enum { M = 40, N = 17, K = 3 };
    pv_rng rng = pv_rng_make(1, PV_STREAM_TEST);
    double a[M * N], b[M * K], again[M * N], rest[M * K], x[N * K], tau[N];
    int64_t order[N];
    for (int i = 0; i < M * N; i++) again[i] = a[i] = pv_rng_normal(&rng);
    for (int i = 0; i < M * K; i++) rest[i] = b[i] = pv_rng_normal(&rng);
    assert_int_equal(pv_least_squares(x, a, b, M, N, K, 1e-12, order, tau), N);
    for (int i = 0; i < M; i++)
        for (int c = 0; c < K; c++)
            for (int j = 0; j < N; j++) rest[i * K + c] -= again[i * N + j] * x[j * K + c];
    for (int j = 0; j < N; j++) /* the residue stands on every column */
        for (int c = 0; c < K; c++) {
            double dot = 0;
            for (int i = 0; i < M; i++) dot += again[i * N + j] * rest[i * K + c];
            assert_true(fabs(dot) < 1e-12);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand),
        cmocka_unit_test(of_less_rank),
        cmocka_unit_test(drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
