/* The loops of every instruction set this processor has, against libm in float64: elementary
 * functions over their whole range and at their edges, and the sums. */
#include "kernel/fused/machine.h"
#include "base/mem.h"
#include "privet/rng.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { N = 1000 };

static double softplus(double x)
{
    return fmax(x, 0) + log1p(exp(-fabs(x)));
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static double reciprocal_root(double x)
{
    return 1 / sqrt(x);
}

static double reciprocal(double x)
{
    return 1 / x;
}

static const struct {
    pv_op op;
    double (*truth)(double);
    double from, to, bound; /* of the relative error */
} functions[] = {
    {PV_OP_EXP, exp, -87, 88.7, 3e-7},
    {PV_OP_LOG, log, 1e-30, 4, 2e-7},
    {PV_OP_LOG, log, 0.9, 1.1, 3e-7},
    {PV_OP_LOG, log, 1, 1e30, 2e-7},
    {PV_OP_LOG1P, log1p, -0.999, 1, 4e-7},
    {PV_OP_LOG1P, log1p, -1e-4, 1e-4, 4e-7},
    {PV_OP_LOG1P, log1p, 1, 1e20, 4e-7},
    {PV_OP_SQRT, sqrt, 0, 1e6, 1e-7},
    {PV_OP_RSQRT, reciprocal_root, 1e-6, 1e6, 2e-7},
    {PV_OP_RECIP, reciprocal, 1e-3, 1e3, 1e-7},
    {PV_OP_TANH, tanh, -12, 12, 4e-7},
    {PV_OP_TANH, tanh, -1e-3, 1e-3, 2e-7},
    {PV_OP_SIGMOID, sigmoid, -80, 40, 4e-7},
    {PV_OP_SOFTPLUS, softplus, -80, 80, 6e-7},
    {PV_OP_ERF, erf, -5, 5, 4e-7},
    {PV_OP_ERF, erf, -1e-3, 1e-3, 2e-7},
};

static void run1(const pv_machine *m, pv_op op, const float *x, float *y, int n, float shift)
{
    float *slots[2] = {(float *)(uintptr_t)x, y};
    pv_machine_step step = {.op = op, .to = 1, .from = {0, 0, 0}, .scale = 1, .shift = shift};
    m->run(&step, 1, slots, n);
}

static void close_to_libm(const pv_machine *m)
{
    float x[N], y[N];
    for (size_t f = 0; f < sizeof functions / sizeof *functions; f++) {
        double worst = 0;
        for (int part = 0; part < 20; part++) {
            for (int i = 0; i < N; i++) {
                double u = (part * N + i + 0.5) / (20.0 * N), a = functions[f].from,
                       b = functions[f].to;
                x[i] = (float)(a > 0 && b / a > 1e6 ? a * pow(b / a, u) : a + (b - a) * u);
            }
            run1(m, functions[f].op, x, y, N, 0);
            for (int i = 0; i < N; i++) {
                double truth = functions[f].truth((double)x[i]), error = fabs((double)y[i] - truth);
                double relative = error / fmax(fabs(truth), 1e-37);
                if (relative > worst) worst = relative;
                if (!(relative <= functions[f].bound))
                    fail_msg("%s %s(%.9g) = %.9g, expected %.9g", m->isa,
                             pv_op_name(functions[f].op), (double)x[i], (double)y[i], truth);
            }
        }
        printf("%-8s %-9s [%g, %g]: largest relative error %.2g\n", m->isa,
               pv_op_name(functions[f].op), functions[f].from, functions[f].to, worst);
    }
}

static void edges(const pv_machine *m)
{
    const float x[] = {0.0f, -0.0f, INFINITY, -INFINITY, NAN, -1.0f, 1000.0f, -1000.0f};
    float y[8];
    run1(m, PV_OP_EXP, x, y, 8, 0);
    assert_true(y[0] == 1 && y[1] == 1 && isinf(y[2]) && y[3] < 1e-44f && isnan(y[4]) &&
                isinf(y[6]) && y[7] < 1e-44f);
    run1(m, PV_OP_LOG, x, y, 8, 0);
    assert_true(y[0] == -INFINITY && isinf(y[2]) && isnan(y[3]) && isnan(y[4]) && isnan(y[5]));
    run1(m, PV_OP_SIGMOID, x, y, 8, 0);
    assert_true(y[0] == 0.5f && y[2] == 1 && y[3] < 1e-37f && isnan(y[4]) && y[6] == 1);
    run1(m, PV_OP_TANH, x, y, 8, 0);
    assert_true(y[0] == 0 && y[2] == 1 && y[3] == -1 && isnan(y[4]) && y[6] == 1 && y[7] == -1);
    run1(m, PV_OP_SOFTPLUS, x, y, 8, 0);
    assert_true(y[6] == 1000 && y[7] == 0 && isnan(y[4]));
    run1(m, PV_OP_ERF, x, y, 8, 0);
    assert_true(y[0] == 0 && y[2] == 1 && y[3] == -1 && isnan(y[4]));
    run1(m, PV_OP_RELU, x, y, 8, 0);
    assert_true(y[5] == 0 && y[6] == 1000 && isnan(y[4]));
    run1(m, PV_OP_SIGN, x, y, 8, 0);
    assert_true(y[0] == 0 && y[5] == -1 && y[6] == 1);
}

static void powers(const pv_machine *m)
{
    static const float exponents[] = {2, 3, -1, -2, 0.5f, -0.5f, 1.7f, 4};
    float x[N], y[N];
    for (int i = 0; i < N; i++) x[i] = 0.1f + 0.01f * (float)i;
    for (int k = 0; k < 8; k++) {
        run1(m, PV_OP_POW, x, y, N, exponents[k]);
        for (int i = 0; i < N; i++) {
            double truth = pow((double)x[i], (double)exponents[k]);
            assert_true(fabs((double)y[i] - truth) <= 4e-7 * truth);
        }
    }
}

static void sums(const pv_machine *m)
{
    pv_rng r = pv_rng_make(3, PV_STREAM_TEST);
    float x[N], sum[N] = {0};
    double truth = 0;
    for (int i = 0; i < N; i++) {
        x[i] = (float)pv_rng_normal(&r);
        truth += (double)x[i];
    }
    assert_true(fabs((double)m->total(x, N) - truth) < 1e-4);
    assert_true(m->total(x, 0) == 0.0f);
    assert_true(m->total(x, 1) == x[0]);
    m->accumulate(sum, x, N);
    m->accumulate(sum, x, N - 1);
    assert_true(sum[0] == 2 * x[0] && sum[N - 1] == x[N - 1]);
    m->fill(sum, 7, 3);
    assert_true(sum[2] == 7 && sum[3] == 2 * x[3]);
}

static void each(void (*test)(const pv_machine *))
{
    test(&pv_machine_baseline);
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) test(&pv_machine_avx2);
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        test(&pv_machine_avx512);
}

#define TEST(f)                                                                                    \
    static void test_##f(void **state)                                                             \
    {                                                                                              \
        (void)state;                                                                               \
        each(f);                                                                                   \
    }
TEST(close_to_libm)
TEST(edges)
TEST(powers)
TEST(sums)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_close_to_libm),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_powers),
        cmocka_unit_test(test_sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
