/* Vectors of parameters: into and out of models, shares, means; and the union of statistics. */
#include "check.h"

#include "fed/statistics.h"
#include "fed/vector.h"
#include "privet/rng.h"
#include <math.h>
#include <stdlib.h>

enum { N = 2500 };

static void there_and_back(void **state)
{
    (void)state;
    const pv_model_domain d = {
        .size = sizeof d, .kind = PV_DATA_IMAGE, .sample = PV_SHAPE(28, 28, 1), .classes = 10};
    pv_model *a, *b;
    pv_fed_layout l;
    CHECK_OK(pv_model_new_domain(&a, "lenet5", &d, 1));
    CHECK_OK(pv_model_new_domain(&b, "lenet5", &d, 2));
    CHECK_OK(pv_fed_layout_init(&l, a));
    assert_int_equal(l.size, pv_model_weights(a));
    float *v = pv_fed_vector_new(&l);
    assert_non_null(v);
    pv_fed_from_model(v, &l);
    pv_fed_to_model(b, v, &l);
    for (int i = 0; i < pv_model_params(a); i++) {
        assert_memory_equal(pv_model_param(a, i)->data, v + l.offset[i],
                            pv_tensor_bytes(pv_model_param(a, i)));
        assert_memory_equal(pv_model_param(a, i)->data, pv_model_param(b, i)->data,
                            pv_tensor_bytes(pv_model_param(a, i)));
    }
    pv_free(v);
    pv_fed_layout_clear(&l);
    pv_fed_layout_clear(&l);
    pv_model_free(a);
    pv_model_free(b);
}

static void shares_add_up(void **state)
{
    (void)state;
    const int64_t samples[] = {100, 300, 600};
    const uint8_t present[] = {1, 0, 1};
    double share[3];
    pv_fed_shares(share, samples, NULL, 3);
    assert_true(share[0] == 0.1 && share[1] == 0.3 && share[2] == 0.6);
    pv_fed_shares(share, NULL, NULL, 3);
    assert_true(share[0] == share[2] && fabs(share[0] - 1.0 / 3) < 1e-15);
    pv_fed_shares(share, samples, present, 3); /* of those who are left */
    assert_true(share[0] == 100.0 / 700 && share[1] == 0 && share[2] == 600.0 / 700);
}

static void means(void **state)
{
    (void)state;
    static float x[3][N], out[N];
    const float *v[3] = {x[0], x[1], NULL};
    const double share[3] = {0.25, 0.75, 0}, only[3] = {1, 0, 0};
    pv_rng r = pv_rng_make(1, PV_STREAM_TEST);
    for (int i = 0; i < N; i++) {
        x[0][i] = (float)pv_rng_normal(&r);
        x[1][i] = (float)pv_rng_normal(&r);
    }
    x[0][0] = -0.0f;
    x[0][1] = 1e-42f; /* subnormal */
    pv_fed_average(out, v, share, 3, N);
    for (int i = 0; i < N; i++)
        assert_true(out[i] == (float)(0.25 * (double)x[0][i] + 0.75 * (double)x[1][i]));
    pv_fed_average(out, v, only, 3, N);
    assert_memory_equal(out, x[0], sizeof out); /* bit for bit, with the sign of zero */
}

/* Of the union of two sets, computed from all numbers at once. */
static void statistics_of_the_union(void **state)
{
    (void)state;
    pv_rng r = pv_rng_make(2, PV_STREAM_TEST);
    const int64_t n[2] = {40, 60};
    double x[100], mean_of[2] = {0}, std_of[2] = {0}, share[2], mean, std, m = 0, s = 0;
    for (int i = 0; i < 100; i++) x[i] = i < 40 ? pv_rng_normal(&r) : 3 + 2 * pv_rng_normal(&r);
    for (int c = 0, at = 0; c < 2; at += (int)n[c], c++) {
        for (int i = 0; i < n[c]; i++) mean_of[c] += x[at + i] / (double)n[c];
        for (int i = 0; i < n[c]; i++) std_of[c] += pow(x[at + i] - mean_of[c], 2) / (double)n[c];
        std_of[c] = sqrt(std_of[c]);
    }
    for (int i = 0; i < 100; i++) m += x[i] / 100;
    for (int i = 0; i < 100; i++) s += pow(x[i] - m, 2) / 100;
    pv_fed_shares(share, n, NULL, 2);
    pv_fed_union(&mean, &std, mean_of, std_of, share, 2, 1);
    assert_true(fabs(mean - m) < 1e-12 && fabs(std - sqrt(s)) < 1e-12);
    const double one[2] = {0, 1};
    pv_fed_union(&mean, &std, mean_of, std_of, one, 2, 1);
    assert_true(mean == mean_of[1] && std == std_of[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(shares_add_up),
        cmocka_unit_test(means),
        cmocka_unit_test(statistics_of_the_union),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
