/* Columns of mean 0 and standard deviation 1. */
#include "check.h"

#include "base/mem.h"
#include "math/standard.h"
#include "privet/rng.h"
#include <math.h>

/* Means 2 and -1, deviations 1 and 0; a third column moves by 1e-9, which is nothing. */
static const float x[6] = {1, -1, 5e-10f, 3, -1, -5e-10f};

static void by_hand(void **state)
{
    (void)state;
    pv_standard s;
    static const float other[6] = {2, 5, 1, 1e9f, -1, 0};
    static const float expected[6] = {0, 0, 0, 20, 0, 0};
    CHECK_OK(pv_standard_init(&s, x, 2, 3));
    assert_int_equal(s.width, 3);
    assert_true(s.mean[0] == 2 && s.mean[1] == -1 && s.mean[2] == 0);
    assert_true(s.inverse_std[0] == 1 && s.inverse_std[1] == 0 && s.inverse_std[2] == 0);
    float *out = pv_standard_rows(&s, other, 2);
    assert_non_null(out);
    assert_memory_equal(out, expected, sizeof expected);
    pv_free(out);
    pv_standard_clear(&s);
    pv_standard_clear(&s);
    assert_null(s.mean);
}

static void drawn(void **state)
{
    (void)state;
    enum { N = 500, W = 7 };
    float v[N * W];
    pv_standard s;
    pv_rng rng = pv_rng_make(3, PV_STREAM_TEST);
    for (int i = 0; i < N * W; i++)
        v[i] = (float)((i % W + 1) * 10.0 * pv_rng_normal(&rng) + 100.0 * (i % W));
    CHECK_OK(pv_standard_init(&s, v, N, W));
    float *out = pv_standard_rows(&s, v, N);
    for (int k = 0; k < W; k++) {
        double mean = 0, square = 0;
        for (int i = 0; i < N; i++) mean += out[i * W + k] / (double)N;
        for (int i = 0; i < N; i++) square += out[i * W + k] * out[i * W + k] / (double)N;
        assert_true(fabs(mean) < 1e-5 && fabs(square - 1) < 1e-4);
    }
    v[0] = -1e30f;
    float *far = pv_standard_rows(&s, v, 1);
    assert_true(far[0] == -20 && far[1] == out[1]);
    pv_free(far);
    pv_free(out);
    pv_standard_clear(&s);
}

static void out_of_memory(void **state)
{
    (void)state;
    pv_status status;
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_standard s;
        float *out = NULL;
        status = pv_standard_init(&s, x, 2, 3);
        if (status == PV_OK && (out = pv_standard_rows(&s, x, 2)) == NULL) status = PV_ERR_MEMORY;
        if (status != PV_OK && s.mean == NULL) assert_null(s.inverse_std);
        pv_free(out);
        pv_standard_clear(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(by_hand), cmocka_unit_test(drawn),
                                       cmocka_unit_test(out_of_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
