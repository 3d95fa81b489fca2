#include "math/span.h"

#include "check.h"
#include "privet/rng.h"
#include <math.h>
#include <stdlib.h>

static double dot(const double *a, const double *b, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

static void orthonormal(const double *q, int64_t rank, int64_t n)
{
    for (int64_t i = 0; i < rank; i++)
        for (int64_t k = 0; k <= i; k++)
            assert_true(fabs(dot(q + i * n, q + k * n, n) - (i == k)) < 1e-13);
}

/* By hand: (3,4) and (6,8) span the line through (0.6, 0.8); (0,5) adds the other direction. */
static void test_known(void **state)
{
    (void)state;
    double a[6] = {3, 4, 6, 8, 0, 5};
    assert_int_equal(pv_span(a, 3, 2, 1e-10), 2);
    assert_true(fabs(a[0] - 0.6) < 1e-15 && fabs(a[1] - 0.8) < 1e-15);
    assert_true(fabs(a[2] + 0.8) < 1e-14 && fabs(a[3] - 0.6) < 1e-14);
    double zero[4] = {0};
    assert_int_equal(pv_span(zero, 2, 2, 1e-10), 0);
    double one[3] = {0, 0, -2};
    assert_int_equal(pv_span(one, 1, 3, 1e-10), 1);
    assert_true(one[2] == -1);
}

/* Products of m x r and r x n have rank r, and the basis gives every row back. */
static void test_products(void **state)
{
    (void)state;
    enum { M = 40, N = 30 };
    static double a[M * N], kept[M * N], left[M * N], right[N * N];
    pv_rng rng = pv_rng_make(5, PV_STREAM_TEST);
    for (int64_t r = 1; r <= N; r += 7) {
        for (int64_t i = 0; i < M * r; i++) left[i] = pv_rng_normal(&rng);
        for (int64_t i = 0; i < r * N; i++) right[i] = pv_rng_normal(&rng);
        for (int64_t i = 0; i < M; i++)
            for (int64_t j = 0; j < N; j++) {
                a[i * N + j] = 0;
                for (int64_t k = 0; k < r; k++) a[i * N + j] += left[i * r + k] * right[k * N + j];
            }
        memcpy(kept, a, sizeof a);
        assert_int_equal(pv_span(a, M, N, 1e-10), r);
        orthonormal(a, r, N);
        for (int64_t i = 0; i < M; i++) {
            const double *row = kept + i * N;
            double inside = 0;
            for (int64_t k = 0; k < r; k++) inside += pow(dot(row, a + k * N, N), 2);
            assert_true(fabs(inside / dot(row, row, N) - 1) < 1e-12);
        }
    }
}

/* Hilbert's matrix, whose rows are nearly dependent: what is kept is orthonormal all the same. */
static void test_nearly_dependent(void **state)
{
    (void)state;
    enum { N = 10 };
    double a[N * N];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) a[i * N + j] = 1.0 / (i + j + 1);
    int64_t rank = pv_span(a, N, N, 1e-9);
    assert_true(rank >= 6 && rank < N);
    orthonormal(a, rank, N);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),
        cmocka_unit_test(test_products),
        cmocka_unit_test(test_nearly_dependent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
