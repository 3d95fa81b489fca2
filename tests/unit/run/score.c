/* Scoring of guesses against answers whose scores are worked out by hand. */
#include "check.h"
#include "run/audit_i.h"
#include <math.h>
#include <string.h>

enum { W = 4 };

static const float baseline[W] = {0.5f, 0.5f, 0.5f, 0.5f};
static const float decoy[3 * W] = {0, 0, 0, 0, 1, 1, 1, 1, 0.2f, 0.8f, 0.2f, 0.8f};

static pv_scorer scorer(void)
{
    return (pv_scorer){.distance = {.width = W, .criterion = 1e-3},
                       .sample = PV_SHAPE(W),
                       .baseline = baseline,
                       .decoy = decoy,
                       .decoys = 3};
}

static void one_answer(pv_answers *a, int64_t batch, const float *x, const int32_t *label)
{
    CHECK_OK(pv_answers_init(a, 1));
    CHECK_OK(pv_answer_set(a, 0, batch, W));
    memcpy(a->item[0].x, x, (size_t)batch * W * sizeof *x);
    memcpy(a->item[0].label, label, (size_t)batch * sizeof *label);
}

static void a_batch_is_matched_as_a_whole(void **state)
{
    (void)state;
    const float truth[2 * W] = {0.1f, 0.2f, 0.3f, 0.4f, 0.9f, 0.8f, 0.7f, 0.6f};
    const int32_t label[2] = {3, 5};
    /* the guesses come in the other order; the second is off by 0.1 everywhere: error 0.01 */
    float guess[2 * W] = {0.9f, 0.8f, 0.7f, 0.6f, 0.2f, 0.3f, 0.4f, 0.5f};
    int32_t said[2] = {5, 4};
    pv_guess_item item = {.batch = 2, .x = guess, .label = said, .finished = 1};
    pv_guess g = {.item = &item, .count = 1};
    pv_answers a;
    pv_score s;
    pv_scorer how = scorer();
    one_answer(&a, 2, truth, label);
    CHECK_OK(pv_score_init(&s, &how, &g, &a));
    assert_int_equal(s.samples, 2);
    assert_int_equal(s.recovered, 1);
    assert_int_equal(s.labels, 1);
    assert_int_equal(s.identified, 2);
    assert_int_equal(s.sample[0].guess, 1);
    assert_true(fabs(s.sample[0].error - 0.01) < 1e-6);
    assert_int_equal(s.sample[1].guess, 0);
    assert_true(s.sample[1].error == 0);
    assert_true(s.finished && s.has_x && s.has_label);
    pv_score_clear(&s);
    pv_answers_clear(&a);
}

static void a_decoy_that_is_closer_is_no_identification(void **state)
{
    (void)state;
    const float truth[W] = {0.6f, 0.6f, 0.6f, 0.6f};
    float guess[W] = {0.9f, 0.9f, 0.9f, 0.9f}; /* 0.3 from the truth, 0.1 from the second decoy */
    const int32_t label = 0;
    pv_guess_item item = {.batch = 1, .x = guess, .finished = 1};
    pv_guess g = {.item = &item, .count = 1};
    pv_answers a;
    pv_score s;
    pv_scorer how = scorer();
    one_answer(&a, 1, truth, &label);
    CHECK_OK(pv_score_init(&s, &how, &g, &a));
    assert_int_equal(s.identified, 0);
    assert_int_equal(s.recovered, 0);
    assert_false(s.has_label);
    assert_true(fabs(s.sample[0].baseline_error - 0.01) < 1e-6);
    /* of three decoys one is closer than the answer */
    assert_true(fabs(s.auc.auc - 2.0 / 3) < 1e-9);
    pv_score_clear(&s);
    pv_answers_clear(&a);
}

static void what_is_not_a_number_recovers_nothing(void **state)
{
    (void)state;
    const float truth[W] = {0.1f, 0.2f, 0.3f, 0.4f};
    float guess[W] = {NAN, 0.2f, 0.3f, 0.4f};
    const int32_t label = 0;
    pv_guess_item item = {.batch = 1, .x = guess, .finished = 0};
    pv_guess g = {.item = &item, .count = 1};
    pv_answers a;
    pv_score s;
    pv_scorer how = scorer();
    one_answer(&a, 1, truth, &label);
    CHECK_OK(pv_score_init(&s, &how, &g, &a));
    assert_int_equal(s.recovered, 0);
    assert_int_equal(s.identified, 0);
    assert_int_equal(s.finished, 0);
    pv_score_clear(&s);
    pv_answers_clear(&a);
}

static void guesses_about_a_long_step_count_once_each(void **state)
{
    (void)state;
    enum { N = 100 };
    float truth[N * W], guess[2 * W];
    int32_t label[N] = {0};
    for (int i = 0; i < N * W; i++) truth[i] = (float)(i / W) / N;
    memcpy(guess, truth + 7 * W, W * sizeof *guess);
    for (int i = 0; i < W; i++) guess[W + i] = -1;
    pv_guess_item item = {.batch = 2, .x = guess, .finished = 1};
    pv_guess g = {.item = &item, .count = 1};
    pv_answers a;
    pv_score s;
    pv_scorer how = scorer();
    one_answer(&a, N, truth, label);
    assert_true(pv_score_is_partial(2, N));
    assert_false(pv_score_is_partial(N, N));
    assert_false(pv_score_is_partial(2, 8));
    CHECK_OK(pv_score_init(&s, &how, &g, &a));
    assert_int_equal(s.samples, 2);
    assert_int_equal(s.sample[0].answer, 7);
    assert_int_equal(s.recovered, 1);
    pv_score_clear(&s);
    pv_answers_clear(&a);
}

static void tables_are_measured_in_deviations(void **state)
{
    (void)state;
    float inverse[W] = {1, 10, 1, 1}, mean[W] = {0};
    const float a[W] = {0}, b[W] = {0, 0.1f, 0, 0};
    pv_norm norm = {.n = W, .mean = mean, .inverse_std = inverse};
    pv_distance d = {.width = W, .norm = &norm, .criterion = 0.01};
    assert_true(fabs(pv_distance_of(&d, a, b) - 0.25) < 1e-6);
}

static void out_of_memory(void **state)
{
    (void)state;
    const float truth[W] = {0.1f, 0.2f, 0.3f, 0.4f};
    float guess[W] = {0.1f, 0.2f, 0.3f, 0.4f};
    const int32_t label = 0;
    pv_guess_item item = {.batch = 1, .x = guess, .finished = 1};
    pv_guess g = {.item = &item, .count = 1};
    pv_answers a;
    pv_score s;
    pv_scorer how = scorer();
    one_answer(&a, 1, truth, &label);
    pv_status status = PV_OK;
    CHECK_OUT_OF_MEMORY(status)
    {
        status = pv_score_init(&s, &how, &g, &a);
        if (status == PV_OK) pv_score_clear(&s);
    }
    pv_answers_clear(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_is_matched_as_a_whole),
        cmocka_unit_test(a_decoy_that_is_closer_is_no_identification),
        cmocka_unit_test(what_is_not_a_number_recovers_nothing),
        cmocka_unit_test(guesses_about_a_long_step_count_once_each),
        cmocka_unit_test(tables_are_measured_in_deviations),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
