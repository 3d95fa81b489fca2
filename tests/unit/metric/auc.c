#include "check.h"

#include "privet/metric.h"
#include "privet/rng.h"

#include <math.h>

enum { SEED = 21 };

/* Expected values by the definition: all pairs compared, sample variances of the placement values.
 */
static void known_answer_with_ties(void **state)
{
    (void)state;
    double score[] = {.1, .4, .35, .8, .4, .7, .4, .2, .9, .6};
    uint8_t positive[] = {0, 0, 1, 1, 1, 0, 0, 0, 1, 1};
    pv_auc_score s;
    CHECK_OK(pv_auc(&s, score, positive, 10, 0.95));
    assert_true(fabs(s.auc - 0.76) < 1e-15);
    assert_true(fabs(s.variance - 0.0262) < 1e-15);
    assert_true(fabs(s.interval.low - 0.4427521141091937) < 1e-9);
    assert_true(s.interval.high == 1.0);
    assert_int_equal(s.positives, 5);
    assert_int_equal(s.negatives, 5);
}

static void the_ends(void **state)
{
    (void)state;
    double score[] = {1, 2, 3, 4}, same[] = {7, 7, 7, 7}, infinite[] = {-INFINITY, 0, 1, INFINITY};
    uint8_t up[] = {0, 0, 1, 1}, down[] = {1, 1, 0, 0}, one[] = {0, 0, 1, 0};
    pv_auc_score s;
    CHECK_OK(pv_auc(&s, score, up, 4, 0.95));
    assert_true(s.auc == 1.0 && s.variance == 0.0);
    CHECK_OK(pv_auc(&s, score, down, 4, 0.95));
    assert_true(s.auc == 0.0);
    CHECK_OK(pv_auc(&s, same, up, 4, 0.95));
    assert_true(s.auc == 0.5);
    CHECK_OK(pv_auc(&s, infinite, up, 4, 0.95));
    assert_true(s.auc == 1.0);
    CHECK_OK(pv_auc(&s, score, one, 4, 0.95));
    assert_true(isnan(s.variance) && s.interval.low == 0.0 && s.interval.high == 1.0);
}

static void the_pairs_agree(void **state)
{
    (void)state;
    enum { N = 300 };
    pv_rng r = pv_rng_make(SEED, PV_STREAM_TEST);
    double score[N], wins = 0.0, pairs = 0.0;
    uint8_t positive[N];
    for (int i = 0; i < N; i++) {
        positive[i] = (uint8_t)pv_rng_below(&r, 2);
        score[i] = (double)pv_rng_below(&r, 20) + 3.0 * positive[i];
    }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            if (positive[i] && !positive[j]) {
                pairs += 1.0;
                wins += score[i] > score[j] ? 1.0 : score[i] == score[j] ? 0.5 : 0.0;
            }
    pv_auc_score s;
    CHECK_OK(pv_auc(&s, score, positive, N, 0.99));
    print_message("seed %d: %.6f\n", SEED, s.auc);
    assert_true(fabs(s.auc - wins / pairs) < 1e-12);
}

static void mistakes(void **state)
{
    (void)state;
    double score[] = {1, NAN};
    uint8_t both[] = {0, 1}, none[] = {0, 0};
    pv_auc_score s;
    pv_status status = PV_OK;
    CHECK_FAILS(pv_auc(&s, score, both, 2, 0.95), PV_ERR_RANGE, "sample 1");
    CHECK_FAILS(pv_auc(&s, score, none, 1, 0.95), PV_ERR_INPUT, "0 positives, 1 negatives");
    CHECK_FAILS(pv_auc(&s, score, none, 0, 0.95), PV_ERR_INPUT, "both classes");
    CHECK_FAILS(pv_auc(&s, score, both, 2, 1.0), PV_ERR_RANGE, "confidence");
    score[1] = 2.0;
    CHECK_OUT_OF_MEMORY(status)
    status = pv_auc(&s, score, both, 2, 0.95);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answer_with_ties),
        cmocka_unit_test(the_ends),
        cmocka_unit_test(the_pairs_agree),
        cmocka_unit_test(mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
