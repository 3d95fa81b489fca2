#include "check.h"

#include "data/spec.h"
#include "run/machine.h"
#include "run/training.h"

static void check_spec(const char *spec, const char *wanted)
{
    pv_str s = {0};
    int changed = -1;
    CHECK_OK(pv_spec_test(&s, spec, &changed));
    assert_string_equal(pv_str_text(&s), wanted);
    assert_int_equal(changed, strcmp(spec, wanted) != 0);
    pv_str_clear(&s);
}

static void the_test_split_is_found(void **state)
{
    (void)state;
    check_spec("glyphs", "glyphs?split=test");
    check_spec("glyphs?limit=30", "glyphs?limit=30&split=test");
    check_spec("glyphs?split=train", "glyphs?split=train");
    check_spec("glyphs?split=test&limit=3", "glyphs?split=test&limit=3");
    check_spec("csv:no-such-table.csv", "csv:no-such-table.csv");
    check_spec("wibble:x", "wibble:x");
}

static void augmentations(void **state)
{
    (void)state;
    pv_augment a;
    CHECK_OK(pv_training_augment(&a, "flip,shift=4,cutout=8"));
    assert_true(a.flip == 1 && a.shift == 4 && a.cutout == 8);
    CHECK_OK(pv_training_augment(&a, "shift=64"));
    assert_true(a.flip == 0 && a.shift == 64 && a.cutout == 0);
    CHECK_OK(pv_training_augment(&a, "none"));
    assert_true(a.flip == 0 && a.shift == 0 && a.cutout == 0);
    static const char *const bad[] = {"",
                                      "flips",
                                      "flip,",
                                      ",flip",
                                      "shift",
                                      "shift=",
                                      "shift=0",
                                      "shift=65",
                                      "shift=4x",
                                      "shift=-1",
                                      "cutout=257",
                                      "flip none",
                                      "shift=4,,flip",
                                      "shift=99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_FAILS(pv_training_augment(&a, bad[i]), PV_ERR_OPTION, "augment: ");
}

static void the_parts_add_up(void **state)
{
    (void)state;
    pv_training t = {
        .data = "glyphs?limit=200", .model = "mlr", .holdout = 0.2, .validation = 0.25, .seed = 3};
    CHECK_OK(pv_training_open(&t, NULL));
    assert_int_equal(pv_data_count(t.test_data), 40);
    assert_int_equal(pv_data_count(t.validation_data), 40);
    assert_int_equal(pv_data_count(t.train_data), 120);
    assert_ptr_equal(t.options.train, t.train_data);
    t.options.epochs = 2;
    CHECK_OK(pv_training_run(&t, NULL));
    assert_int_equal(t.result.epochs, 2);
    assert_int_equal(t.evaluation.count, 40);
    assert_true(pv_training_samples_per_second(&t) > 0);
    pv_training_clear(&t);
    pv_training_clear(&t);
    assert_true(pv_training_samples_per_second(&t) == 0);
}

static void no_test_data_is_fine(void **state)
{
    (void)state;
    pv_training t = {.data = "glyphs?limit=40&split=train", .model = "mlr", .seed = 1};
    CHECK_OK(pv_training_open(&t, NULL));
    assert_null(t.test_data);
    t.options.epochs = 1;
    CHECK_OK(pv_training_run(&t, NULL));
    assert_int_equal(t.evaluation.count, 0);
    pv_training_clear(&t);
}

static void test_data_of_another_kind(void **state)
{
    (void)state;
    pv_training t = {.data = "glyphs?limit=40",
                     .test = "glyphs?limit=40&classes=1,2",
                     .model = "mlr",
                     .seed = 1};
    CHECK_OK(pv_training_open(&t, NULL));
    CHECK_FAILS(pv_training_run(&t, NULL), PV_ERR_MISMATCH, "test data");
    pv_training_clear(&t);
}

static void opening_without_memory(void **state)
{
    (void)state;
    pv_status status = PV_OK;
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_training t = {.data = "glyphs?limit=20", .model = "mlr", .holdout = 0.2, .seed = 1};
        status = pv_training_open(&t, NULL);
        pv_training_clear(&t);
    }
}

static void the_machine(void **state)
{
    (void)state;
    char name[PV_MACHINE_TEXT];
    assert_true(pv_machine_processors() >= 1);
    assert_true(pv_machine_peak_rss() > 100000);
    assert_true(strlen(pv_machine_name(name)) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_test_split_is_found),
        cmocka_unit_test(augmentations),
        cmocka_unit_test(the_parts_add_up),
        cmocka_unit_test(no_test_data_is_fine),
        cmocka_unit_test(test_data_of_another_kind),
        cmocka_unit_test(opening_without_memory),
        cmocka_unit_test(the_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
