#include "check.h"

#include "privet/model.h"

static const pv_model_domain mnist = {sizeof mnist, PV_DATA_IMAGE, {3, {28, 28, 1}}, 10, 0};
static const pv_model_domain cifar = {sizeof cifar, PV_DATA_IMAGE, {3, {32, 32, 3}}, 10, 0};
static const pv_model_domain iris = {sizeof iris, PV_DATA_TABLE, {1, {4}}, 3, 0};
static const pv_model_domain large = {sizeof large, PV_DATA_IMAGE, {3, {224, 224, 3}}, 2, 0};
static const pv_model_domain words = {sizeof words, PV_DATA_TEXT, {1, {20}}, 2, 1000};

/* Number of weights by hand. */
static const struct {
    const char *name;
    const pv_model_domain *domain;
    int64_t weights;
} known[] = {
    {"mlr", &mnist, 7850},
    {"mlr", &iris, 15},
    {"mlp", &mnist, 101770},
    {"mlp", &iris, 4 * 64 + 64 + 64 * 3 + 3},
    {"mlp:hidden=10", &iris, 4 * 10 + 10 + 10 * 3 + 3},
    {"conv1", &mnist, 5 * 25 + 5 + 180 * 84 + 84 + 850},
    {"lenet5", &mnist, 44426},
    {"lenet5", &cifar, 62006},
    {"lenet5-sigmoid", &mnist, 44426},
    {"lenet5-dlg", &cifar, 912 + 2 * 3612 + 7690},
    {"resnet9", &cifar, 6573120},
    {"resnet9:width=16", &cifar, 412944},
    {"resnet18", &cifar, 11173962},
    {"alexnet_v2", &large,
     23296 + 307392 + 663936 + 1327488 + 884992 + 9216 * 1024 + 1024 + 1024 * 1024 + 1024 + 2050},
    {"alexnet32", &cifar,
     25 * 3 * 32 + 25 * 32 * 96 + 9 * 192 * (96 + 192 + 128) + 2 * (32 + 96 + 2 * 192 + 128) +
         1152 * 512 + 512 * 512 + 2 * 512 + 5130},
    {"fasttext", &words, 64000 + 130},
};

static void weights_are_as_published(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        pv_model *m;
        CHECK_OK(pv_model_new_domain(&m, known[i].name, known[i].domain, 1));
        if (pv_model_weights(m) != known[i].weights) print_error("%s\n", known[i].name);
        assert_int_equal(pv_model_weights(m), known[i].weights);
        pv_model_free(m);
    }
}

static void every_model_builds_both_ways(void **state)
{
    (void)state;
    assert_true(pv_zoo_count() >= 9);
    for (int i = 0; i < pv_zoo_count(); i++) {
        const char *name = pv_zoo_name(i);
        pv_model *m;
        const pv_model_domain *domain = strcmp(name, "fasttext") == 0     ? &words
                                        : strcmp(name, "alexnet_v2") == 0 ? &large
                                                                          : &cifar;
        assert_true(pv_zoo_text(i)[0] != '\0' && pv_zoo_summary(i)[0] != '\0');
        CHECK_OK(pv_model_new_domain(&m, name, domain, 1));
        for (int train = 0; train < 2; train++) {
            pv_graph *g;
            pv_model_nodes nodes;
            CHECK_OK(pv_graph_new(&g));
            CHECK_OK(pv_model_build(m, g, 6, train, PV_NONE, &nodes));
            const pv_shape want = PV_SHAPE(6, domain->classes);
            assert_true(pv_shape_equal(pv_node_shape(g, nodes.logits), &want));
            assert_int_equal(nodes.params, pv_model_params(m));
            for (int k = 0; k < nodes.params; k++) {
                assert_true(
                    pv_shape_equal(pv_node_shape(g, nodes.param[k]), &pv_model_param(m, k)->shape));
                assert_string_equal(pv_node_name(g, nodes.param[k]), pv_model_param_name(m, k));
            }
            pv_model_nodes_clear(&nodes);
            pv_graph_free(g);
        }
        pv_model_free(m);
    }
    assert_string_equal(pv_zoo_name(pv_zoo_count()), "");
    assert_string_equal(pv_zoo_text(-1), "");
}

static void names_that_do_not_fit(void **state)
{
    (void)state;
    pv_model *m;
    CHECK_FAILS(
        pv_model_new_domain(&m, "lenet6", &mnist, 1), PV_ERR_OPTION,
        "there is no model 'lenet6'; for data of kind image there are mlr, mlp, conv1, lenet5");
    assert_null(m);
    CHECK_FAILS(pv_model_new_domain(&m, "lenet5", &iris, 1), PV_ERR_MISMATCH,
                "lenet5 does not work on data of kind table; mlr, mlp do");
    CHECK_FAILS(pv_model_new_domain(&m, "lenet5:width=3", &mnist, 1), PV_ERR_OPTION,
                "no option 'width'");
    CHECK_FAILS(pv_model_new_domain(&m, "resnet9:width=0", &cifar, 1), PV_ERR_FORMAT,
                "resnet9:width=0:3: conv: channels is 0");
    CHECK_FAILS(pv_model_new_domain(&m, "nowhere/net.model", &mnist, 1), PV_ERR_NOT_FOUND,
                "nowhere/net.model");
    CHECK_FAILS(pv_model_new_domain(&m, "no:where/net.model", &mnist, 1), PV_ERR_NOT_FOUND,
                "no:where/net.model");
    const pv_model_domain small = {sizeof small, PV_DATA_IMAGE, {3, {8, 8, 1}}, 10, 0};
    CHECK_FAILS(pv_model_new_domain(&m, "lenet5", &small, 1), PV_ERR_MISMATCH,
                "lenet5:5: conv2 got [1,2,2,6]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_are_as_published),
        cmocka_unit_test(every_model_builds_both_ways),
        cmocka_unit_test(names_that_do_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
