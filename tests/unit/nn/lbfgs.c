#include "check.h"

#include "privet/optim.h"
#include "privet/rng.h"
#include <math.h>
#include <stdlib.h>

enum { N = 50, SEED = 20 };

/* sum 100 (x[i+1] - x[i]^2)^2 + (1 - x[i])^2, whose minimum is 0 at ones */
static pv_status rosenbrock(void *user, const double *x, double *value, double *gradient)
{
    size_t n = *(const size_t *)user;
    *value = 0;
    for (size_t i = 0; i < n; i++) gradient[i] = 0;
    for (size_t i = 0; i + 1 < n; i++) {
        double a = x[i + 1] - x[i] * x[i], b = 1 - x[i];
        *value += 100 * a * a + b * b;
        gradient[i] += -400 * x[i] * a - 2 * b;
        gradient[i + 1] += 200 * a;
    }
    return PV_OK;
}

static void rosenbrock_with_line_search(void **state)
{
    (void)state;
    static const size_t sizes[] = {2, 10, N};
    for (size_t k = 0; k < 3; k++) {
        size_t n = sizes[k];
        double x[N], value, last = INFINITY, before = INFINITY;
        pv_lbfgs *o;
        CHECK_OK(pv_lbfgs_new(&o, n,
                              &(pv_lbfgs_options){.size = sizeof(pv_lbfgs_options),
                                                  .history = 10,
                                                  .strong_wolfe = 1}));
        for (size_t i = 0; i < n; i++) x[i] = i % 2 == 0 ? -1.2 : 1.0;
        for (int step = 0; step < 60 && !pv_lbfgs_converged(o); step++) {
            CHECK_OK(pv_lbfgs_step(o, x, rosenbrock, &n, &value, &last));
            assert_true(last <= before); /* a line search never climbs */
            before = last;
        }
        if (n == N)
            print_message("rosenbrock, %zu variables: %.3g after %lld evaluations\n", n, last,
                          (long long)pv_lbfgs_evaluations(o));
        assert_true(pv_lbfgs_converged(o));
        assert_true(last < 1e-8);
        for (size_t i = 0; n < N && i < n; i++) assert_true(fabs(x[i] - 1) < 1e-3);
        pv_lbfgs_free(o);
    }
}

/* x'Ax/2 - b'x with A = diag(1..n): the minimum is at b / diag */
static pv_status quadratic(void *user, const double *x, double *value, double *gradient)
{
    const double *b = user;
    *value = 0;
    for (int i = 0; i < N; i++) {
        gradient[i] = (i + 1) * x[i] - b[i];
        *value += 0.5 * (i + 1) * x[i] * x[i] - b[i] * x[i];
    }
    return PV_OK;
}

static void quadratic_without_line_search(void **state)
{
    (void)state;
    double b[N], x[N] = {0}, value, last;
    pv_rng r = pv_rng_make(SEED, PV_STREAM_TEST);
    for (int i = 0; i < N; i++) b[i] = pv_rng_normal(&r);
    pv_lbfgs *o;
    CHECK_OK(pv_lbfgs_new(&o, N, &(pv_lbfgs_options){.size = sizeof(pv_lbfgs_options)}));
    for (int step = 0; step < 30 && !pv_lbfgs_converged(o); step++)
        CHECK_OK(pv_lbfgs_step(o, x, quadratic, b, &value, &last));
    for (int i = 0; i < N; i++) {
        if (!(fabs(x[i] - b[i] / (i + 1)) < 1e-4))
            print_error("seed %d, x[%d] %g\n", SEED, i, x[i]);
        assert_true(fabs(x[i] - b[i] / (i + 1)) < 1e-4);
    }
    pv_lbfgs_free(o);
}

/* The first move of torch.optim.LBFGS: -g min(1, 1/|g|_1) lr; the second along -H g from one pair.
 * By hand on f = x^2 from 3: g 6, x1 = 3 - 6/6 = 2; s -1, y -2, H 1/2, x2 = 2 - 4/2 = 0. */
static pv_status square(void *user, const double *x, double *value, double *gradient)
{
    (*(int *)user)++;
    *value = x[0] * x[0];
    gradient[0] = 2 * x[0];
    return PV_OK;
}

static void moves_as_pytorch(void **state)
{
    (void)state;
    double x = 3, value, last;
    int calls = 0;
    pv_lbfgs *o;
    CHECK_OK(
        pv_lbfgs_new(&o, 1, &(pv_lbfgs_options){.size = sizeof(pv_lbfgs_options), .max_iter = 1}));
    CHECK_OK(pv_lbfgs_step(o, &x, square, &calls, &value, &last));
    assert_true(value == 9 && last == 9 && x == 2);
    assert_int_equal(calls, 1);
    CHECK_OK(pv_lbfgs_step(o, &x, square, &calls, &value, &last));
    assert_true(value == 4 && x == 0);
    CHECK_OK(pv_lbfgs_step(o, &x, square, &calls, &value, &last));
    assert_true(value == 0 && pv_lbfgs_converged(o));
    pv_lbfgs_free(o);
}

/* log x, which is not a number once a step has gone below 0 */
static pv_status logarithm(void *user, const double *x, double *value, double *gradient)
{
    (void)user;
    *value = log(x[0]);
    gradient[0] = 1 / x[0];
    return PV_OK;
}

static pv_status failing(void *user, const double *x, double *value, double *gradient)
{
    (void)user, (void)x, (void)value, (void)gradient;
    PV_FAIL(PV_ERR_CANCELLED, "stopped by the test");
}

static void bad_objectives(void **state)
{
    (void)state;
    double x = 0.5, value, last;
    pv_lbfgs *o;
    CHECK_OK(pv_lbfgs_new(&o, 1, &(pv_lbfgs_options){.size = sizeof(pv_lbfgs_options), .lr = 10}));
    CHECK_FAILS(pv_lbfgs_step(o, &x, logarithm, NULL, &value, &last), PV_ERR_NUMERIC, "not finite");
    assert_true(x == 0.5);
    CHECK_FAILS(pv_lbfgs_step(o, &x, failing, NULL, &value, &last), PV_ERR_CANCELLED, "stopped");
    pv_lbfgs_free(o);
    CHECK_FAILS(pv_lbfgs_new(&o, 0, &(pv_lbfgs_options){.size = sizeof(pv_lbfgs_options)}),
                PV_ERR_OPTION, "at least one variable");
    CHECK_FAILS(pv_lbfgs_new(&o, 1, &(pv_lbfgs_options){0}), PV_ERR_USAGE, "size");
    pv_status status = PV_OK;
    CHECK_OUT_OF_MEMORY(status)
    {
        status = pv_lbfgs_new(&o, 3, &(pv_lbfgs_options){.size = sizeof(pv_lbfgs_options)});
        if (status == PV_OK) pv_lbfgs_free(o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rosenbrock_with_line_search),
        cmocka_unit_test(quadratic_without_line_search),
        cmocka_unit_test(moves_as_pytorch),
        cmocka_unit_test(bad_objectives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
