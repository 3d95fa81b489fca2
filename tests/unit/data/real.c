#include "scratch.h"

static int have(const char *path)
{
    if (pv_file_exists(path)) return 1;
    print_message("skipped: no ../shared/data (%s)\n", path);
    return 0;
}

static pv_data *open_spec(const char *spec, int64_t count, pv_shape shape, int classes)
{
    pv_data *d;
    CHECK_OK(pv_data_open(&d, spec, NULL));
    pv_shape s = pv_data_sample_shape(d);
    assert_int_equal(pv_data_count(d), count);
    assert_true(pv_shape_equal(&s, &shape));
    assert_int_equal(pv_data_classes(d), classes);
    return d;
}

static void mnist(void **state)
{
    (void)state;
    if (!have("../shared/data/mnist")) skip();
    pv_data *d = open_spec("mnist:../shared/data/mnist", 60000, PV_SHAPE(28, 28, 1), 10);
    pv_norm norm;
    assert_int_equal(pv_data_label(d, 0), 5); /* the first of the published order */
    assert_int_equal(pv_data_label(d, 1), 0);
    CHECK_OK(pv_norm_fit(&norm, d));
    /* The mean and deviation that everyone uses for MNIST. */
    assert_true(norm.mean[0] > 0.1306f && norm.mean[0] < 0.1308f);
    assert_true(1 / norm.inverse_std[0] > 0.3080f && 1 / norm.inverse_std[0] < 0.3082f);
    pv_norm_clear(&norm);
    pv_data_free(d);
    pv_data_free(open_spec("mnist:../shared/data/mnist?split=test&classes=3,5", 1902,
                           PV_SHAPE(28, 28, 1), 2));
    assert_int_equal(pv_data_has_test_split("mnist:../shared/data/mnist"), 1);
}

static void tables(void **state)
{
    (void)state;
    if (!have("../shared/data/tabular")) skip();
    pv_data *d = open_spec("arff:../shared/data/tabular/iris.arff", 150, PV_SHAPE(4), 3);
    assert_string_equal(pv_data_class_name(d, 2), "Iris-virginica");
    pv_data_free(d);
    pv_data_free(open_spec("arff:../shared/data/tabular/diabetes.arff", 768, PV_SHAPE(8), 2));
    pv_data_free(open_spec("arff:../shared/data/tabular/kr.vs.kp.arff", 3196, PV_SHAPE(40), 2));
    pv_data_free(
        open_spec("arff:../shared/data/tabular/breast.w.arff?missing=drop", 683, PV_SHAPE(9), 2));
    CHECK_FAILS(pv_data_open(&d, "arff:../shared/data/tabular/breast.w.arff", NULL), PV_ERR_INPUT,
                ":36: the column 'Bare_Nuclei' has no value");
}

static void sentences(void **state)
{
    (void)state;
    if (!have("../shared/data/sst2")) skip();
    pv_data *d = open_spec("tsv:../shared/data/sst2?split=test", 872, PV_SHAPE(64), 2);
    assert_true(pv_data_vocabulary(d) > 10000);
    assert_string_equal(pv_data_token_text(d, 2), "the");
    pv_data_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mnist),
        cmocka_unit_test(tables),
        cmocka_unit_test(sentences),
    };
    if (!pv_folder_exists("../shared/data")) {
        printf("skipped: no ../shared/data\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
