#include "check.h"

#include "run/bench_wire.h"

static void names(void **state)
{
    (void)state;
    assert_string_equal(pv_bench_wire_name(0), "tls-digest");
    assert_string_equal(pv_bench_wire_name(1), "tls-full");
    assert_string_equal(pv_bench_wire_name(2), "latency");
    assert_null(pv_bench_wire_name(3));
    assert_null(pv_bench_wire_name(-1));
}

/* As quickly as it goes: figures that agree with each other. */
static void figures(void **state)
{
    (void)state;
    pv_bench_wire_figure f[PV_BENCH_WIRE_CASES];
    int n = 0;
    CHECK_OK(pv_bench_wire(f, &n, NULL, 0.1, 100000, NULL));
    assert_int_equal(n, PV_BENCH_WIRE_CASES);
    for (int i = 0; i < n; i++) {
        assert_string_equal(f[i].name, pv_bench_wire_name(i));
        assert_true(f[i].messages > 1 && f[i].seconds > 0);
        assert_int_equal(f[i].message_bytes, i == 2 ? 64 : 100000);
        for (int k = 0; k < 2; k++) assert_true(f[i].channel[k] > 0 && f[i].view[k] > 0);
        double rate = (double)(f[i].messages - 1) / f[i].seconds;
        if (i == 2)
            assert_true(f[i].us * rate > 0.99e6 && f[i].us * rate < 1.01e6 && f[i].mb_per_s == 0);
        else
            assert_true(f[i].mb_per_s > 0.099 * rate && f[i].mb_per_s < 0.101 * rate);
    }
    CHECK_OK(pv_bench_wire(f, &n, "latency", 0.05, 8, NULL));
    assert_int_equal(n, 1);
    assert_string_equal(f[0].name, "latency");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(figures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
