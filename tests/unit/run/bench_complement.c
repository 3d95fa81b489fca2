/* A bench of two threads: its figures add up, and what cannot be asked is refused. */
#include "run/bench_complement.h"

#include "check.h"
#include <math.h>

static const pv_bench_complement_options small = {.model = "conv1",
                                                  .cut = "1",
                                                  .data = "glyphs?limit=24",
                                                  .bits = 8,
                                                  .batch = 4,
                                                  .batches = 20,
                                                  .step = 3};

static void test_figures(void **state)
{
    (void)state;
    pv_bench_complement r;
    CHECK_OK(pv_bench_complement_run(&r, &small, NULL));
    assert_int_equal(r.cases, 2);
    assert_int_equal(r.numbers, 6 * 6 * 5);
    assert_int_equal(r.row_bytes, 180);
    assert_int_equal(r.rank, 0);
    for (int i = 0; i < 2; i++) {
        const pv_bench_complement_figure *f = &r.figure[i];
        double known = f->derive_us + f->front_us + f->encode_us + f->open_us + f->decode_us +
                       f->back_us + f->rest_us;
        assert_int_equal(f->batch, i == 0 ? 1 : 4);
        assert_int_equal(f->batches, 18);
        assert_true(f->median_ms > 0 && f->median_ms <= f->p99_ms);
        assert_true(fabs(known - 1e3 * f->median_ms) < 1e-6 * known);
        assert_true(fabs(f->sample_ms * (double)f->batch - f->median_ms) < 1e-9);
        assert_true(f->sent_bytes > (double)f->batch * 180 && f->sent_bytes < 2000);
        assert_true(f->received_bytes > (double)f->batch * 40 && f->plain_us > 0);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    pv_bench_complement r;
    pv_bench_complement_options o = small;
    o.cut = "7";
    CHECK_FAILS(pv_bench_complement_run(&r, &o, NULL), PV_ERR_OPTION, "'7' is no cut");
    o = small;
    o.bits = 7;
    CHECK_FAILS(pv_bench_complement_run(&r, &o, NULL), PV_ERR_OPTION, "7 bits a number");
    o = small;
    o.project = 1;
    o.cut = "1:before-pool";
    CHECK_FAILS(pv_bench_complement_run(&r, &o, NULL), PV_ERR_UNSUPPORTED, "avgpool1 comes first");
    o = small;
    o.model = "lenet6";
    CHECK_FAILS(pv_bench_complement_run(&r, &o, NULL), PV_ERR_OPTION, "lenet6");
    assert_int_equal(r.cases, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_figures),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
