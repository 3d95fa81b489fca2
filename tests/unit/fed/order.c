/* Which samples a step sees: a pure function, rank 0 as pv_train. */
#include "check.h"

#include "fed/order.h"
#include "nn/order.h"

enum { SAMPLES = 53, BATCH = 10, SEED = 7 };

/* Any step can be asked for in any order, and says the same. */
static void a_pure_function(void **state)
{
    (void)state;
    pv_fed_order a, b;
    int64_t x[BATCH], y[BATCH];
    CHECK_OK(pv_fed_order_init(&a, SEED, SAMPLES, BATCH));
    CHECK_OK(pv_fed_order_init(&b, SEED, SAMPLES, BATCH));
    assert_int_equal(a.batches, 5);
    for (int64_t step = 29; step >= 0; step--) {
        pv_fed_order_batch(&a, step, x);
        pv_fed_order_batch(&b, (step * 7) % 30, y);
        pv_fed_order_batch(&b, step, y);
        assert_memory_equal(x, y, sizeof x);
    }
    pv_fed_order_clear(&a);
    pv_fed_order_clear(&a);
    pv_fed_order_clear(&b);
}

static void an_epoch_repeats_nothing(void **state)
{
    (void)state;
    pv_fed_order o;
    int64_t x[BATCH];
    uint32_t order[SAMPLES];
    CHECK_OK(pv_fed_order_init(&o, SEED, SAMPLES, BATCH));
    for (int64_t epoch = 0; epoch < 3; epoch++) {
        int seen[SAMPLES] = {0};
        pv_order_epoch(order, SAMPLES, SEED, epoch);
        for (int64_t s = 0; s < 5; s++) {
            pv_fed_order_batch(&o, epoch * 5 + s, x);
            for (int i = 0; i < BATCH; i++) {
                assert_int_equal(x[i], order[s * BATCH + i]); /* what pv_train visits */
                assert_int_equal(seen[x[i]]++, 0);
            }
        }
    }
    pv_fed_order_clear(&o);
}

static void small_clients(void **state)
{
    (void)state;
    pv_fed_order o;
    int64_t x[BATCH];
    CHECK_OK(pv_fed_order_init(&o, SEED, 3, BATCH));
    assert_int_equal(o.batch, 3);
    assert_int_equal(o.batches, 1);
    pv_fed_order_batch(&o, 4, x);
    assert_int_equal(x[0] + x[1] + x[2], 3);
    pv_fed_order_clear(&o);
    CHECK_FAILS(pv_fed_order_init(&o, SEED, 0, BATCH), PV_ERR_RANGE, "no sample");
    CHECK_FAILS(pv_fed_order_init(&o, SEED, INT64_C(1) << 32, BATCH), PV_ERR_LIMIT, "shuffled");
    pv_status status;
    CHECK_OUT_OF_MEMORY(status)
    {
        status = pv_fed_order_init(&o, SEED, 3, BATCH);
        pv_fed_order_clear(&o);
    }
}

static void clients_have_seeds_of_their_own(void **state)
{
    (void)state;
    assert_int_equal(pv_fed_seed(SEED, 0), SEED);
    for (int i = 0; i < 50; i++)
        for (int k = 0; k < i; k++) assert_true(pv_fed_seed(SEED, i) != pv_fed_seed(SEED, k));
    assert_true(pv_fed_seed(SEED, 3) != pv_fed_seed(SEED + 1, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pure_function),
        cmocka_unit_test(an_epoch_repeats_nothing),
        cmocka_unit_test(small_clients),
        cmocka_unit_test(clients_have_seeds_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
