#include "math/lu.h"

#include "privet/rng.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void factors_a_matrix_by_hand(void **state)
{
    (void)state;
    /* Row 1 has the larger pivot: L = [1; 1/3 1], U = [3 4; 0 2/3]. */
    double a[4] = {1, 2, 3, 4}, b[2] = {5, 11};
    int32_t pivot[2];
    pv_lu_factor(a, pivot, 2);
    assert_int_equal(pivot[0], 1);
    assert_true(a[0] == 3 && a[1] == 4);
    assert_float_equal(a[2], 1.0 / 3.0, 1e-15);
    assert_float_equal(a[3], 2.0 / 3.0, 1e-15);
    assert_float_equal(pv_lu_logdet(a, 2), M_LN2, 1e-15);
    pv_lu_solve(a, pivot, 2, b, 1);
    assert_float_equal(b[0], 1.0, 1e-14);
    assert_float_equal(b[1], 2.0, 1e-14);
}

static void inverse_times_matrix_is_identity(void **state)
{
    (void)state;
    enum { N = 40, SEED = 5 };
    static double a[N * N], lu[N * N], inverse[N * N];
    int32_t pivot[N];
    pv_rng rng = pv_rng_make(SEED, PV_STREAM_TEST);
    for (int i = 0; i < N * N; i++) lu[i] = a[i] = pv_rng_normal(&rng);
    pv_lu_factor(lu, pivot, N);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < i; j++) assert_true(fabs(lu[i * N + j]) <= 1.0);
    pv_lu_inverse(lu, pivot, N, inverse);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            double s = i == j ? -1.0 : 0.0;
            for (int k = 0; k < N; k++) s += a[i * N + k] * inverse[k * N + j];
            if (fabs(s) > 1e-10) fail_msg("seed %d: element (%d,%d) is off by %g", SEED, i, j, s);
        }
}

static void the_hilbert_determinant_is_right(void **state)
{
    (void)state;
    /* det H_6 = 1 / 186313420339200000 */
    double h[36];
    int32_t pivot[6];
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < 6; j++) h[i * 6 + j] = 1.0 / (i + j + 1);
    pv_lu_factor(h, pivot, 6);
    assert_float_equal(pv_lu_logdet(h, 6), -log(186313420339200000.0), 1e-9);
}

static void a_singular_matrix_has_no_determinant(void **state)
{
    (void)state;
    double a[9] = {0, 1, 2, 0, 3, 4, 0, 5, 6}, b[3] = {1, 1, 1};
    int32_t pivot[3];
    pv_lu_factor(a, pivot, 3);
    assert_true(isinf(pv_lu_logdet(a, 3)) && pv_lu_logdet(a, 3) < 0);
    pv_lu_solve(a, pivot, 3, b, 1);
    assert_false(isfinite(b[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(factors_a_matrix_by_hand),
        cmocka_unit_test(inverse_times_matrix_is_identity),
        cmocka_unit_test(the_hilbert_determinant_is_right),
        cmocka_unit_test(a_singular_matrix_has_no_determinant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
