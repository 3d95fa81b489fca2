/* What layers compute, by hand, under the reference kernels. */
#include "check.h"

#include "privet/model.h"
#include <math.h>

/* Runs a text on x (float64, or int32 tokens) with its parameters set to `fill`, or as drawn when
 * fill is 0; y gets batch * classes numbers. steps: how often, in training mode when above 1. */
static void run(const char *text, const pv_model_domain *domain, int64_t batch, int train,
                const void *x, double fill, double *y, double *first_state)
{
    pv_model *m;
    pv_graph *g;
    pv_plan *plan;
    pv_model_nodes nodes;
    CHECK_OK(pv_model_parse(&m, text, strlen(text), "net.model", domain, 1));
    for (int i = 0; fill != 0 && i < pv_model_params(m); i++) {
        pv_tensor *t = pv_model_param(m, i);
        for (int64_t k = 0; k < pv_tensor_count(t) && !pv_model_param_is_state(m, i); k++)
            ((float *)t->data)[k] = (float)fill;
    }
    CHECK_OK(pv_graph_new(&g));
    CHECK_OK(pv_model_build(m, g, batch, train, PV_NONE, &nodes));
    const pv_plan_options o = {.size = sizeof o, .backend = PV_BACKEND_REF};
    CHECK_OK(pv_compile(&plan, g, &nodes.logits, 1, &o));
    CHECK_OK(pv_model_to_plan(m, &nodes, plan));
    CHECK_OK(pv_plan_write(plan, nodes.input, x, domain->kind == PV_DATA_TEXT ? PV_I32 : PV_F64));
    CHECK_OK(pv_run(plan));
    CHECK_OK(pv_plan_read(plan, nodes.logits, y, PV_F64));
    CHECK_OK(pv_model_from_plan(m, &nodes, plan));
    for (int i = 0; first_state != NULL && i < pv_model_params(m); i++)
        if (pv_model_param_is_state(m, i)) *first_state++ = pv_tensor_get(pv_model_param(m, i), 0);
    pv_plan_free(plan);
    pv_model_nodes_clear(&nodes);
    pv_graph_free(g);
    pv_model_free(m);
}

static void near(double a, double b)
{
    if (!(fabs(a - b) < 1e-6)) print_error("%.9g is not %.9g\n", a, b);
    assert_true(fabs(a - b) < 1e-6);
}

static const pv_model_domain two = {sizeof two, PV_DATA_TABLE, {1, {2}}, 2, 0};

static void elementwise_layers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double at_minus_1, at_2;
    } cases[] = {
        {"relu", 0, 2},
        {"leaky-relu", -0.01, 2},
        {"leaky-relu 0.5", -0.5, 2},
        {"elu", -0.632120559, 2},
        {"elu 2", -1.264241118, 2},
        {"sigmoid", 0.268941421, 0.880797078},
        {"tanh", -0.761594156, 0.964027580},
        {"gelu", -0.158655254, 1.954499736},
        {"softplus", 0.313261688, 2.126928011},
        {"scale -3", 3, -6},
        {"flatten", -1, 2},
        {"dropout 0.5", -1, 2},
        {"reshape 1 2\nflatten", -1, 2},
        {"residual {\nrelu\n}", -1, 4},
        {"residual {\nrelu\n} shortcut {\nscale 10\n}", -10, 22},
        {"residual {\nresidual {\n}\n}", -3, 6},
    };
    const double x[2] = {-1, 2};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double y[2];
        run(cases[i].text, &two, 1, 0, x, 0, y, NULL);
        near(y[0], cases[i].at_minus_1);
        near(y[1], cases[i].at_2);
    }
}

static void batch_normalisation_keeps_statistics(void **state)
{
    (void)state;
    /* column 0: 1 2 3 6, mean 3, biased variance 3.5, unbiased 14/3 */
    const double x[8] = {1, 0, 2, 0, 3, 0, 6, 0};
    double y[8], s[2];
    run("batchnorm", &two, 4, 1, x, 0, y, s);
    near(y[0], -2 / sqrt(3.5 + 1e-5));
    near(y[6], 3 / sqrt(3.5 + 1e-5));
    near(s[0], 0.3);
    near(s[1], 0.9 + 0.1 * 14 / 3);
    run("batchnorm momentum=0.5", &two, 4, 1, x, 0, y, s);
    near(s[0], 1.5);
    run("batchnorm", &two, 4, 0, x, 0, y, s);
    near(y[0], 1 / sqrt(1 + 1e-5)); /* the statistics it begins with: mean 0, variance 1 */
    near(s[0], 0);
}

static void other_norms(void **state)
{
    (void)state;
    const double x[2] = {1, 5};
    double y[2];
    run("layernorm", &two, 1, 0, x, 0, y, NULL);
    near(y[0], -2 / sqrt(4 + 1e-5));
    near(y[1], 2 / sqrt(4 + 1e-5));
    const pv_model_domain pixel = {sizeof pixel, PV_DATA_IMAGE, {3, {1, 1, 4}}, 4, 0};
    const double channels[4] = {1, 5, 10, 20};
    double z[4];
    run("groupnorm 2\nflatten", &pixel, 1, 0, channels, 0, z, NULL);
    near(z[0], -2 / sqrt(4 + 1e-5));
    near(z[3], 5 / sqrt(25 + 1e-5));
}

static void image_layers(void **state)
{
    (void)state;
    const pv_model_domain image = {sizeof image, PV_DATA_IMAGE, {3, {4, 4, 1}}, 4, 0};
    double x[16], y[4];
    for (int i = 0; i < 16; i++) x[i] = i;
    run("avgpool 2\nflatten", &image, 1, 0, x, 0, y, NULL);
    near(y[0], 2.5), near(y[1], 4.5), near(y[2], 10.5), near(y[3], 12.5);
    run("maxpool 2\nflatten", &image, 1, 0, x, 0, y, NULL);
    near(y[0], 5), near(y[3], 15);
    run("maxpool kernel=2 stride=1\navgpool 2 stride=1\nflatten", &image, 1, 0, x, 0, y, NULL);
    near(y[0], 7.5);
    run("squeeze2\nglobal-avgpool", &image, 1, 0, x, 0, y, NULL);
    near(y[0], 5), near(y[1], 6), near(y[2], 9), near(y[3], 10);
    run("squeeze2\nglobal-maxpool", &image, 1, 0, x, 0, y, NULL);
    near(y[0], 10), near(y[3], 15);
    run("conv 1 kernel=3 stride=2 pad=1\nflatten", &image, 1, 0, x, 1, y, NULL);
    near(y[0], 0 + 1 + 4 + 5 + 1), near(y[3], 5 + 6 + 7 + 9 + 10 + 11 + 13 + 14 + 15 + 1);
    run("conv 4 kernel=4 bias=no\nflatten", &image, 1, 0, x, 0.5, y, NULL);
    near(y[2], 60);
    run("squeeze2\nconv 4 kernel=2 groups=4 bias=no\nflatten", &image, 1, 0, x, 1, y, NULL);
    near(y[0], 20), near(y[3], 40);
}

static void text_layers_leave_out_padding(void **state)
{
    (void)state;
    const pv_model_domain text = {sizeof text, PV_DATA_TEXT, {1, {4}}, 2, 6};
    const int32_t x[8] = {3, 5, 0, 0, 3, 5, 3, 5}, again[8] = {3, 5, 3, 5, 0, 0, 0, 0};
    double y[4], z[4];
    /* a mean does not depend on how much padding follows */
    run("embedding 2\nmean-tokens", &text, 2, 0, x, 0, y, NULL);
    near(y[0], y[2]), near(y[1], y[3]);
    run("embedding 2\nmean-tokens", &text, 2, 0, again, 0, z, NULL);
    near(y[0], z[0]), near(z[2], 0);
    /* nor does attention, but for e^-30 */
    run("embedding 2\nattention heads=2\nmean-tokens", &text, 2, 0, x, 0, y, NULL);
    near(y[0], y[2]), near(y[1], y[3]);
    /* one token attends to itself: x + 4 * (2 * fill) with all weights `fill` is by hand */
    const int32_t one[4] = {2, 0, 0, 0};
    run("embedding 2\nattention\nmean-tokens\n", &text, 1, 0, one, 0.5, y, NULL);
    near(y[0], 0.5 + 2 * 0.5 * (0.5 + 2 * 0.5 * 0.5));
    /* vectors of a table are tokens too, without padding */
    const pv_model_domain table = {sizeof table, PV_DATA_TABLE, {1, {6}}, 2, 0};
    const double rows[6] = {1, 2, 3, 4, 5, 6};
    run("reshape 3 2\nmean-tokens", &table, 1, 0, rows, 0, y, NULL);
    near(y[0], 3), near(y[1], 4);
    run("reshape 3 2\npositions\nmean-tokens", &table, 1, 0, rows, 0.25, y, NULL);
    near(y[0], 3.25);
}

static void dropout_scales_what_it_keeps(void **state)
{
    (void)state;
    const pv_model_domain wide = {sizeof wide, PV_DATA_TABLE, {1, {1000}}, 1000, 0};
    double x[1000], y[1000];
    int kept = 0;
    for (int i = 0; i < 1000; i++) x[i] = 1;
    run("dropout 0.25", &wide, 1, 1, x, 0, y, NULL);
    for (int i = 0; i < 1000; i++) {
        assert_true(y[i] == 0 || fabs(y[i] - 4.0 / 3) < 1e-9);
        kept += y[i] != 0;
    }
    assert_in_range(kept, 700, 800);
}

static void shapes_that_do_not_fit(void **state)
{
    (void)state;
    const pv_model_domain image = {sizeof image, PV_DATA_IMAGE, {3, {8, 8, 3}}, 10, 0};
    const pv_model_domain text = {sizeof text, PV_DATA_TEXT, {1, {4}}, 2, 6};
    static const struct {
        const char *text;
        int tokens;
        const char *says;
    } cases[] = {
        {"input 28 28 1\nrelu", 0,
         "net.model:1: the model is for samples of [28,28,1], the data has [8,8,3]"},
        {"dense 3", 0,
         "net.model:1: dense1 gets [1,8,8,3] (batch first), 2 dimensions were expected; put "
         "'flatten'"},
        {"flatten\nconv 3 3", 0, "net.model:2: conv1 gets [1,192]"},
        {"flatten\nmaxpool 2", 0, "put it before 'flatten'"},
        {"conv 4 3 groups=2", 0, "2 groups do not divide 3 channels in and 4 out"},
        {"conv 4 9", 0, "net.model:1: conv1 got [1,8,8,3]"},
        {"avgpool 9", 0, "net.model:1: avgpool1 got [1,8,8,3]"},
        {"groupnorm 2", 0, "2 groups do not divide 3 channels"},
        {"flatten\ngroupnorm 2", 0, "4 dimensions"},
        {"reshape 8 8", 0, "[1,8,8] does not have as many numbers as [1,8,8,3]"},
        {"reshape 1 1 1 1 1 192", 0, "at most 5 dimensions"},
        {"maxpool 3\nmaxpool 2 stride=1\nsqueeze2", 0, "an even height and width, not 1x1"},
        {"residual {\nconv 4 3 pad=1\n}\n", 0,
         "net.model:1: residual1: its body gives [1,8,8,4] and its shortcut [1,8,8,3]"},
        {"flatten\ndense 7", 0,
         "the last layer gives [1,7], [1,10] was expected (batch, classes); end with"},
        {"embedding 4", 0, "works on tokens"},
        {"mean-tokens", 0, "put 'embedding' before it"},
        {"dense 2", 1, "net.model:1: dense1 can't work on tokens; begin with 'embedding'"},
        {"embedding 6\nattention 4\nmean-tokens\ndense 2", 1, "4 heads do not divide a width of 6"},
        {"residual {\n}\nembedding 6", 1, "net.model:1: residual1 can't work on tokens"},
        {"embedding 6\nembedding 4", 1, "works on tokens"},
        {"flatten\ndense 16777216\ndense 16777216\ndense classes", 0, "beyond 1073741824 weights"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pv_model *m;
        pv_trail_clear();
        pv_status s = pv_model_parse(&m, cases[i].text, strlen(cases[i].text), "net.model",
                                     cases[i].tokens ? &text : &image, 1);
        if (s == PV_OK || strstr(pv_trail_text(), cases[i].says) == NULL)
            print_error("case %zu, %s: %s\n", i, pv_status_name(s), pv_trail_text());
        assert_true(s == PV_ERR_MISMATCH || s == PV_ERR_LIMIT);
        assert_non_null(strstr(pv_trail_text(), cases[i].says));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elementwise_layers),
        cmocka_unit_test(batch_normalisation_keeps_statistics),
        cmocka_unit_test(other_norms),
        cmocka_unit_test(image_layers),
        cmocka_unit_test(text_layers_leave_out_padding),
        cmocka_unit_test(dropout_scales_what_it_keeps),
        cmocka_unit_test(shapes_that_do_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
