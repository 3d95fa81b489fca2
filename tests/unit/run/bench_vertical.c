#include "check.h"

#include "run/bench_vertical_i.h"

/* LeNet-5 and Conv-1 by hand: inputs of linear layers, products, outputs that come back. */
static void gelu_net_is_counted(void **state)
{
    (void)state;
    pv_bench_vertical_operations c = pv_bench_gelu_count(0);
    assert_int_equal(c.encryptions, 784 + 864 + 256 + 120 + 84);
    assert_int_equal(c.products, 86400 + 153600 + 30720 + 10080 + 840);
    assert_int_equal(c.decryptions, 864 + 256 + 120 + 84 + 10);
    assert_int_equal(c.blindings, c.decryptions);
    assert_int_equal(c.sums, c.products + (3456 - 864) + (1024 - 256)); /* what pooling adds up */
    c = pv_bench_gelu_count(1);
    assert_int_equal(c.encryptions, 784 + 180 + 84);
    assert_int_equal(c.products, 18000 + 15120 + 840);
    assert_int_equal(c.decryptions, 720 + 84 + 10);
    assert_int_equal(c.sums, c.products);
}

/* A small boundary: figures are there, of the size that was asked for, and hang together. */
static void small_boundaries_are_measured(void **state)
{
    (void)state;
    static const char *const name[] = {"predict", "single", "train"};
    const pv_ctx ctx = {.threads = 1};
    unsigned exponents[3], sigma[3];
    for (int i = 0; i < 3; i++) {
        pv_bench_vertical_result r;
        const pv_bench_vertical_options o = {.bits = 2048,
                                             .batch = 3,
                                             .width = 4,
                                             .outputs = 2,
                                             .steps = 10,
                                             .seconds = 0.01,
                                             .only = name[i]};
        CHECK_OK(pv_bench_vertical(&r, &o, &ctx));
        const pv_bench_vertical_figure *f = &r.figure[0];
        assert_int_equal(r.count, 1);
        assert_string_equal(f->name, name[i]);
        assert_true(r.key_ms > 0);
        assert_int_equal(f->batch, i == 1 ? 1 : 3);
        assert_true(f->width == 4 && f->outputs == 2);
        assert_true(f->batches >= 1 && f->batches <= 10000);
        assert_true(f->core_ms > 0 && f->wall_ms > 0 && f->bytes > 0);
        assert_true(i == 2 || f->core_ms == f->active_ms + f->passive_ms);
        assert_true(f->sigma >= 40);
        exponents[i] = f->exponent_bits;
        sigma[i] = f->sigma;
    }
    /* predictions are those after a training: sigma + ⌈log2 d·c⌉ instead of ⌈log2 d·c·(T + 1)⌉ */
    assert_true(sigma[0] == 40 + 3 && sigma[1] == sigma[0] && sigma[2] == 40 + 7);
    assert_true(exponents[0] == exponents[1] && exponents[2] == exponents[0] + 4);
}

static void a_boundary_that_cannot_hold_is_refused(void **state)
{
    (void)state;
    pv_bench_vertical_result r;
    pv_bench_vertical_options o = {.bits = 2048,
                                   .batch = 2,
                                   .width = 2,
                                   .outputs = 2,
                                   .steps = INT64_C(1) << 41,
                                   .seconds = 0.01,
                                   .only = "train"};
    CHECK_FAILS(pv_bench_vertical(&r, &o, NULL), PV_ERR_RANGE, "number of steps");
    o.bits = 1024;
    CHECK_FAILS(pv_bench_vertical(&r, &o, NULL), PV_ERR_OPTION, "no built-in key of 1024 bits");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gelu_net_is_counted),
        cmocka_unit_test(small_boundaries_are_measured),
        cmocka_unit_test(a_boundary_that_cannot_hold_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
