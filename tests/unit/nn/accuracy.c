/* What the default hyperparameters reach on real data, under ../shared/data: test accuracy on
 * MNIST, and the mean over 20 stratified splits of small tables. Prints accuracy and time. */
#include "check.h"

#include "base/file.h"
#include "privet/train.h"
#include <stdio.h>
#include <unistd.h>

enum { SKIPPED = 77, THREADS = 2 };
static const pv_ctx ctx = {.threads = THREADS};

static void mnist(void **state)
{
    (void)state;
    static const struct {
        const char *model;
        double least;
    } cases[] = {{"mlr", 0.92}, {"conv1", 0.98}, {"lenet5", 0.99}};
    pv_data *train, *test;
    CHECK_OK(pv_data_open(&train, "mnist:../shared/data/mnist", &ctx));
    CHECK_OK(pv_data_open(&test, "mnist:../shared/data/mnist?split=test", &ctx));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pv_train_options o;
        pv_train_result r;
        pv_evaluation e;
        pv_model *m;
        pv_train_defaults(&o, cases[i].model, train);
        assert_true(o.epochs <= 10);
        CHECK_OK(pv_model_new(&m, cases[i].model, train, o.seed));
        CHECK_OK(pv_train(m, &o, &ctx, &r));
        CHECK_OK(pv_evaluate(m, test, &ctx, &e));
        print_message("mnist %s: %.2f %% after %d epochs, %.1f s (seed %d)\n", cases[i].model,
                      100 * e.accuracy, r.epochs, r.seconds, (int)o.seed);
        assert_true(e.accuracy >= cases[i].least);
        pv_evaluation_clear(&e);
        pv_train_result_clear(&r);
        pv_model_free(m);
    }
    pv_data_free(train);
    pv_data_free(test);
}

static void tables(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double least;
    } cases[] = {{"iris", 0.95}, {"diabetes", 0.75}, {"kr.vs.kp", 0.96}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char spec[80];
        pv_data *d;
        pv_train_options o;
        pv_repeat_result r;
        snprintf(spec, sizeof spec, "arff:../shared/data/tabular/%s.arff", cases[i].name);
        CHECK_OK(pv_data_open(&d, spec, &ctx));
        pv_train_defaults(&o, "mlp", d);
        CHECK_OK(pv_train_repeat("mlp", d, 20, 0.2, &o, &ctx, &r));
        print_message("%s mlp: %.4f +- %.4f over %d splits, %.1f s (seed %d)\n", cases[i].name,
                      r.mean, r.sd, r.runs, r.seconds, (int)o.seed);
        assert_true(r.mean >= cases[i].least);
        pv_repeat_result_clear(&r);
        pv_data_free(d);
    }
}

int main(void)
{
    if (!pv_folder_exists("../shared/data/mnist") || !pv_folder_exists("../shared/data/tabular")) {
        printf("skipped: no ../shared/data\n");
        return SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables),
        cmocka_unit_test(mnist),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
