/* Eigenvalues of symmetric matrices. */
#include "check.h"

#include "math/symmetric.h"
#include "privet/rng.h"
#include <math.h>
#include <stdlib.h>

static void by_hand(void **state)
{
    (void)state;
    /* 2 1 / 1 2: 3 and 1, along (1,1) and (1,-1). What is below the diagonal does not count. */
    double a[4] = {2, 1, 99, 2}, value[2], vector[4], root[4];
    pv_symmetric_eigen(a, value, vector, 2);
    assert_true(fabs(value[0] - 3) < 1e-15 && fabs(value[1] - 1) < 1e-15);
    assert_true(fabs(fabs(vector[0]) - sqrt(0.5)) < 1e-15 && vector[0] == vector[1]);
    assert_true(fabs(vector[2] + vector[3]) < 1e-15);
    pv_symmetric_power(root, value, vector, 2, 2, 0, 0.5);
    assert_true(fabs(root[0] * root[0] + root[1] * root[2] - 2) < 1e-14);
    pv_symmetric_power(root, value, vector, 2, 1, 1, -1); /* (1,1)/2 · 1/6 */
    for (int i = 0; i < 4; i++) assert_true(fabs(root[i] - 1.0 / 12) < 1e-15);
}

static void nothing(void **state)
{
    (void)state;
    double a[9] = {0}, value[3], vector[9], power[9];
    pv_symmetric_eigen(a, value, vector, 3);
    for (int i = 0; i < 3; i++) assert_true(value[i] == 0);
    pv_symmetric_power(power, value, vector, 3, 3, 1e-3, -0.5);
    for (int i = 0; i < 9; i++) assert_true(power[i] == 0);
}

static void drawn(void **state)
{
    (void)state;
    pv_rng rng = pv_rng_make(1, PV_STREAM_TEST);
    for (int n = 1; n <= 65; n += 8) {
        size_t size = (size_t)(n * n) * sizeof(double);
        double *a = malloc(size), *b = malloc(size), *vector = malloc(size),
               *value = malloc((size_t)n * sizeof *value), worst = 0;
        assert_true(a != NULL && b != NULL && vector != NULL && value != NULL);
        for (int i = 0; i < n; i++)
            for (int k = i; k < n; k++)
                a[i * n + k] = a[k * n + i] = b[i * n + k] = b[k * n + i] = pv_rng_normal(&rng);
        pv_symmetric_eigen(a, value, vector, n);
        for (int i = 0; i < n; i++) {
            assert_true(i == 0 || value[i - 1] >= value[i]);
            for (int k = 0; k < n; k++) {
                double ab = 0, dot = 0;
                for (int j = 0; j < n; j++) {
                    ab += b[k * n + j] * vector[i * n + j];
                    dot += vector[i * n + j] * vector[k * n + j];
                }
                worst = fmax(worst, fabs(ab - value[i] * vector[i * n + k]));
                worst = fmax(worst, fabs(dot - (i == k)));
            }
        }
        assert_true(worst < 1e-13 * n);
        free(a);
        free(b);
        free(vector);
        free(value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand),
        cmocka_unit_test(nothing),
        cmocka_unit_test(drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
