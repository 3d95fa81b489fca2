#include "check.h"
#include "data/store.h"
#include <math.h>

enum { SEED = 11, TOTAL = 503 };

static pv_data *glyphs(void)
{
    pv_data *d;
    CHECK_OK(pv_data_open(&d, "glyphs?limit=503&seed=3", NULL));
    return d;
}

static void count_classes(const pv_data *d, int64_t count[10])
{
    memset(count, 0, 10 * sizeof *count);
    for (int64_t i = 0; i < pv_data_count(d); i++) count[pv_data_label(d, i)]++;
}

/* Every sample of the whole is in exactly one of the parts. */
static void check_partition(pv_data *const *parts, int k)
{
    uint8_t seen[TOTAL] = {0};
    int64_t total = 0;
    for (int p = 0; p < k; p++)
        for (int64_t i = 0; i < pv_data_count(parts[p]); i++, total++) {
            int64_t row = pv_data_row(parts[p], i);
            assert_int_equal(seen[row], 0);
            seen[row] = 1;
        }
    assert_int_equal(total, TOTAL);
}

static void holdout_is_stratified(void **state)
{
    pv_data *d = glyphs(), *part[2], *again[2];
    int64_t count[10];
    (void)state;
    CHECK_OK(pv_data_holdout(&part[0], &part[1], d, 0.2, SEED));
    CHECK_OK(pv_data_holdout(&again[0], &again[1], d, 0.2, SEED));
    assert_int_equal(pv_data_count(part[1]), 101); /* round(100.6) */
    check_partition(part, 2);
    count_classes(part[1], count);
    for (int c = 0; c < 10; c++) assert_in_range(count[c], 10, 11);
    assert_memory_equal(part[1]->index, again[1]->index, 101 * sizeof *part[1]->index);
    pv_data_free(again[0]);
    pv_data_free(again[1]);
    CHECK_OK(pv_data_holdout(&again[0], &again[1], d, 0.2, SEED + 1));
    assert_memory_not_equal(part[1]->index, again[1]->index, 101 * sizeof *part[1]->index);
    for (int i = 0; i < 2; i++) {
        pv_data_free(part[i]);
        pv_data_free(again[i]);
    }
    CHECK_FAILS(pv_data_holdout(&part[0], &part[1], d, 0.0, SEED), PV_ERR_OPTION, "between 0");
    CHECK_FAILS(pv_data_holdout(&part[0], &part[1], d, 1.0, SEED), PV_ERR_OPTION, "between 0");
    CHECK_FAILS(pv_data_holdout(&part[0], &part[1], d, NAN, SEED), PV_ERR_OPTION, "between 0");
    CHECK_FAILS(pv_data_holdout(&part[0], &part[1], d, 1e-4, SEED), PV_ERR_OPTION, "one sample");
    pv_data_free(d);
}

static void limit_is_stratified(void **state)
{
    pv_data *d;
    int64_t count[10];
    static const int32_t labels[] = {0, 0, 0, 0, 0, 0, 1, 1, 1, 2};
    uint8_t take[10];
    int64_t by[3] = {0};
    (void)state;
    CHECK_OK(pv_stratify(take, labels, 10, 3, 5, SEED));
    for (int i = 0; i < 10; i++) by[labels[i]] += take[i];
    assert_int_equal(by[0], 3); /* exact shares 3, 1.5, 0.5: the odd one to the lower class */
    assert_int_equal(by[1], 2);
    assert_int_equal(by[2], 0);
    CHECK_OK(pv_stratify(take, labels, 10, 3, 10, SEED));
    for (int i = 0; i < 10; i++) assert_int_equal(take[i], 1);
    CHECK_OK(pv_data_open(&d, "glyphs?limit=200&classes=7,3", NULL));
    assert_int_equal(pv_data_classes(d), 2);
    assert_string_equal(pv_data_class_name(d, 0), "7");
    count_classes(d, count);
    assert_int_equal(count[0], 20);
    assert_int_equal(count[1], 20);
    pv_data_free(d);
}

static void equal_parts(void **state)
{
    pv_data *d = glyphs(), *part[4];
    (void)state;
    CHECK_OK(pv_data_split(part, 4, d, 0.0, SEED));
    check_partition(part, 4);
    for (int p = 0; p < 4; p++) {
        int64_t count[10];
        assert_int_equal(pv_data_count(part[p]), p < 3 ? 126 : 125);
        count_classes(part[p], count);
        /* 12.6 expected, standard deviation 2.9: four of them either way. */
        for (int c = 0; c < 10; c++) assert_in_range(count[c], 1, 25);
        pv_data_free(part[p]);
    }
    CHECK_FAILS(pv_data_split(part, 0, d, 0.0, SEED), PV_ERR_OPTION, "0 parts");
    CHECK_FAILS(pv_data_split(part, TOTAL + 1, d, 0.0, SEED), PV_ERR_OPTION, "504 parts");
    CHECK_FAILS(pv_data_split(part, 2, d, -1.0, SEED), PV_ERR_OPTION, "alpha -1");
    CHECK_FAILS(pv_data_split(part, 2, d, NAN, SEED), PV_ERR_OPTION, "alpha");
    CHECK_FAILS(pv_data_split(part, 2, d, INFINITY, SEED), PV_ERR_OPTION, "alpha");
    pv_data_free(d);
}

/* How uneven the classes are: the mean over the parts of the largest class's share. */
static double concentration(double alpha, int k)
{
    pv_data *d = glyphs(), *part[64];
    double sum = 0;
    CHECK_OK(pv_data_split(part, k, d, alpha, SEED));
    check_partition(part, k);
    for (int p = 0; p < k; p++) {
        int64_t count[10], most = 0;
        count_classes(part[p], count);
        for (int c = 0; c < 10; c++) most = count[c] > most ? count[c] : most;
        sum += (double)most / (double)pv_data_count(part[p]);
        pv_data_free(part[p]);
    }
    pv_data_free(d);
    return sum / k;
}

static void dirichlet_parts(void **state)
{
    (void)state;
    double even = concentration(1000.0, 10), some = concentration(1.0, 10);
    double uneven = concentration(0.01, 10);
    if (!(even < 0.25 && some > 0.3 && uneven > 0.6))
        print_error("seed %d: %g %g %g\n", SEED, even, some, uneven);
    assert_true(even < 0.25);
    assert_true(some > 0.3);
    assert_true(uneven > 0.6);
    assert_true(concentration(1e-300, 64) > 0.3); /* every weight underflows */
}

static void as_many_parts_as_samples(void **state)
{
    pv_data *d, *part[20];
    (void)state;
    CHECK_OK(pv_data_open(&d, "glyphs?limit=20", NULL));
    CHECK_OK(pv_data_split(part, 20, d, 0.5, SEED));
    for (int p = 0; p < 20; p++) {
        assert_int_equal(pv_data_count(part[p]), 1);
        pv_data_free(part[p]);
    }
    pv_data_free(d);
}

static void subsets_outlive_their_parent(void **state)
{
    pv_data *d = glyphs(), *sub, *subsub;
    int64_t rows[] = {5, 5, 17}, inner[] = {2, 0}, bad[] = {0, TOTAL};
    (void)state;
    CHECK_OK(pv_data_subset(&sub, d, rows, 3));
    CHECK_FAILS(pv_data_subset(&subsub, d, bad, 2), PV_ERR_RANGE, "sample 503");
    CHECK_FAILS(pv_data_subset(&subsub, d, bad, 0), PV_ERR_RANGE, "at least one");
    pv_data_free(d);
    CHECK_OK(pv_data_subset(&subsub, sub, inner, 2));
    pv_data_free(sub);
    assert_int_equal(pv_data_label(subsub, 0), 7);
    assert_int_equal(pv_data_label(subsub, 1), 5);
    pv_data_free(subsub);
    pv_data_free(NULL);
}

static void out_of_memory(void **state)
{
    pv_data *d = glyphs();
    pv_status status = PV_OK;
    (void)state;
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_data *first, *rest;
        status = pv_data_holdout(&first, &rest, d, 0.3, SEED);
        pv_data_free(first);
        pv_data_free(rest);
    }
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_data *part[3] = {0};
        status = pv_data_split(part, 3, d, 0.5, SEED);
        for (int i = 0; i < 3; i++) pv_data_free(part[i]);
    }
    pv_data_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holdout_is_stratified),
        cmocka_unit_test(limit_is_stratified),
        cmocka_unit_test(equal_parts),
        cmocka_unit_test(dirichlet_parts),
        cmocka_unit_test(as_many_parts_as_samples),
        cmocka_unit_test(subsets_outlive_their_parent),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
