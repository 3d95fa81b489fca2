#include "check.h"

#include "run/bench_engine.h"

static void names(void **state)
{
    (void)state;
    static const char *const wanted[] = {"lenet5-b64-train", "mlp-b64-train",
                                         "lenet5-b1-second-order", "resnet18-b32-train"};
    for (int i = 0; i < PV_BENCH_ENGINE_CASES; i++)
        assert_string_equal(pv_bench_engine_name(i), wanted[i]);
    assert_null(pv_bench_engine_name(PV_BENCH_ENGINE_CASES));
    assert_null(pv_bench_engine_name(-1));
}

/* The small cases, as quickly as they go: figures that can be right. Forward and backward are three
 * times the forward products, or less where mean pooling is folded into the convolution before. */
static void figures(void **state)
{
    (void)state;
    pv_bench_engine_figure f[PV_BENCH_ENGINE_CASES];
    int n = 0;
    CHECK_OK(pv_bench_engine(f, &n, "lenet5-b64-train", 2, 1e-6, NULL, NULL));
    assert_int_equal(n, 1);
    assert_string_equal(f[0].name, "lenet5-b64-train");
    assert_int_equal(f[0].steps, 2);
    double forward = 2.0 * 64 * (24 * 24 * 6 * 25 + 8 * 8 * 16 * 150 + 256 * 120 + 120 * 84 + 840);
    double counted = f[0].gflops * 1e9 * f[0].ms * 1e-3;
    assert_true(counted > 0.5 * forward && counted < 4 * forward);
    assert_true(f[0].plan_bytes > 64 * 28 * 28 * 4);
    CHECK_OK(pv_bench_engine(f, &n, "lenet5-b1-second-order", 1, 1e-6, NULL, NULL));
    assert_int_equal(n, 1);
    assert_true(f[0].ms > 0 && f[0].gflops > 0);
}

static int stop(void *user)
{
    (void)user;
    return 1;
}

static void stopping(void **state)
{
    (void)state;
    pv_bench_engine_figure f[PV_BENCH_ENGINE_CASES];
    int n = 0;
    CHECK_FAILS(
        pv_bench_engine(f, &n, "mlp-b64-train", 1, 1e-6, NULL, &(pv_ctx){.cancelled = stop}),
        PV_ERR_CANCELLED, "stopped");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(figures),
        cmocka_unit_test(stopping),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
