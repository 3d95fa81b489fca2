#include "check.h"

#include "privet/metric.h"

#include <math.h>

static void accuracy(void **state)
{
    (void)state;
    int32_t p[] = {0, 1, 2, 2}, t[] = {0, 1, 1, 2};
    assert_true(pv_accuracy(p, t, 4) == 0.75);
    assert_true(pv_accuracy(p, p, 4) == 1.0);
    assert_true(pv_accuracy(p, t, 0) == 0.0);
}

static void confusion_and_classes(void **state)
{
    (void)state;
    /* Three classes; the last is never called, the second is called too often. */
    int32_t t[] = {0, 0, 0, 1, 1, 2}, p[] = {0, 0, 1, 1, 1, 1};
    int64_t table[9] = {0}, expected[9] = {2, 1, 0, 0, 2, 0, 0, 1, 0};
    pv_class_score s[3];
    CHECK_OK(pv_confusion(table, 3, p, t, 6));
    assert_memory_equal(table, expected, sizeof table);
    pv_class_scores(s, table, 3);
    assert_int_equal(s[0].count, 3);
    assert_int_equal(s[0].predicted, 2);
    assert_int_equal(s[0].hits, 2);
    assert_true(s[0].precision == 1.0 && fabs(s[0].recall - 2.0 / 3.0) < 1e-15);
    assert_true(fabs(s[0].f1 - 0.8) < 1e-15);
    assert_true(s[1].precision == 0.5 && s[1].recall == 1.0);
    assert_true(fabs(s[1].f1 - 2.0 / 3.0) < 1e-15);
    assert_true(s[2].precision == 0.0 && s[2].recall == 0.0 && s[2].f1 == 0.0);
    CHECK_OK(pv_confusion(table, 3, p, t, 6)); /* adds */
    assert_int_equal(table[0], 4);
}

static void labels_outside_are_refused(void **state)
{
    (void)state;
    int64_t table[4] = {0};
    int32_t good[] = {0, 1}, high[] = {0, 2}, low[] = {0, -1};
    CHECK_FAILS(pv_confusion(table, 2, good, high, 2), PV_ERR_RANGE, "sample 1");
    CHECK_FAILS(pv_confusion(table, 2, low, good, 2), PV_ERR_RANGE, "predicted -1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accuracy),
        cmocka_unit_test(confusion_and_classes),
        cmocka_unit_test(labels_outside_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
