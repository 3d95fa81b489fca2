/* A model with a secret: what it takes from the old one, what its frozen layers do, its file. */
#include "check.h"

#include "base/file.h"
#include "encode/complement/hidden_i.h"
#include "privet/train.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SEED = 7, ROWS = 40 };

static const char net[] = "conv 4 kernel=5 stride=2\n"
                          "batchnorm\n"
                          "relu\n"
                          "conv 6 kernel=3\n"
                          "batchnorm\n"
                          "relu\n"
                          "maxpool 2\n"
                          "flatten\n"
                          "dropout 0.3\n"
                          "dense 12\n"
                          "relu\n"
                          "dense classes\n";

static char folder[] = "/tmp/privet-hidden-XXXXXX";
static char path[64];
static pv_data *two, *ten;
static pv_model *old;

static pv_status make_old(pv_model **out, const char *text, const pv_data *data)
{
    const pv_model_domain domain = {.size = sizeof domain,
                                    .kind = PV_DATA_IMAGE,
                                    .sample = pv_data_sample_shape(data),
                                    .classes = pv_data_classes(data)};
    PV_TRY(pv_model_parse(out, text, strlen(text), "old.model", &domain, SEED));
    for (int i = 0; i < domain.classes; i++)
        PV_TRY(pv_model_set_class(*out, i, pv_data_class_name(data, i)));
    return pv_norm_fit(&(*out)->norm, data);
}

static int set_up(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL) return -1;
    snprintf(path, sizeof path, "%s/model", folder);
    return pv_data_open(&two, "glyphs?classes=3,5&limit=200", NULL) != PV_OK ||
           pv_data_open(&ten, "glyphs?limit=40", NULL) != PV_OK ||
           make_old(&old, net, two) != PV_OK;
}

static int tear_down(void **state)
{
    (void)state;
    pv_model_free(old);
    pv_data_free(two);
    pv_data_free(ten);
    unlink(path);
    return rmdir(folder);
}

static const pv_hidden_options plane_after_one = {PV_SECRET_COMPLEMENT, PV_SECRET_PLANE, 1, SEED};

/* Running statistics of its own, as a trained model has them. */
static void move_statistics(pv_model *m)
{
    for (int i = 0; i < pv_model_params(m); i++)
        for (int64_t k = 0;
             pv_model_param_is_state(m, i) && k < pv_tensor_count(pv_model_param(m, i)); k++)
            ((float *)pv_model_param(m, i)->data)[k] += 0.25f + 0.01f * (float)k;
}

static void takes_what_is_kept(void **state)
{
    (void)state;
    pv_hidden h;
    move_statistics(old);
    CHECK_OK(pv_hidden_make(&h, old, two, &plane_after_one));
    assert_int_equal(pv_model_secret_at(h.model), 3);
    assert_int_equal(h.plan.input.dim[0], 12);
    assert_int_equal(h.plan.input.dim[2], 4);
    for (int i = 0; i < pv_model_params(old); i++) {
        const pv_tensor *a = pv_model_param(old, i), *b = pv_model_param(h.model, i);
        int frozen = i < 6, equal = pv_tensor_bytes(a) == pv_tensor_bytes(b) &&
                                    memcmp(a->data, b->data, pv_tensor_bytes(a)) == 0;
        const char *name = pv_model_param_name(old, i);
        assert_string_equal(name, pv_model_param_name(h.model, i));
        if (frozen) assert_true(equal);
        if (!frozen && strstr(name, "conv2.weight") != NULL) assert_false(equal);
    }
    pv_hidden_clear(&h);
}

/* alpha, computed here from the output of the old model's first stage. */
static void alpha_is_the_root_mean_square(void **state)
{
    (void)state;
    pv_hidden h;
    pv_graph *g = NULL;
    pv_plan *plan = NULL;
    pv_model_nodes nodes;
    pv_batch b;
    static float value[ROWS * 12 * 12 * 4];
    int64_t index[ROWS];
    double sum = 0;
    assert_int_equal(pv_data_count(two), ROWS);
    for (int i = 0; i < ROWS; i++) index[i] = i;
    CHECK_OK(pv_hidden_make(&h, old, two, &plane_after_one));
    CHECK_OK(pv_batch_init(&b, old, ROWS));
    pv_batch_fill(&b, old, two, index, NULL, 0, 0);
    CHECK_OK(pv_graph_new(&g));
    CHECK_OK(pv_model_build_part(old, g, ROWS, 0, PV_NONE, 0, 3, &nodes));
    CHECK_OK(pv_compile(&plan, g, &nodes.logits, 1, NULL));
    CHECK_OK(pv_model_to_plan(old, &nodes, plan));
    CHECK_OK(pv_plan_write(plan, nodes.input, b.x, PV_F32));
    CHECK_OK(pv_run(plan));
    CHECK_OK(pv_plan_read(plan, nodes.logits, value, PV_F32));
    for (size_t i = 0; i < sizeof value / sizeof *value; i++) sum += (double)value[i] * value[i];
    double rms = sqrt(sum / (double)(sizeof value / sizeof *value));
    if (fabs(h.plan.alpha - rms) > 1e-6 * rms) print_error("%.9g, not %.9g\n", h.plan.alpha, rms);
    assert_true(fabs(h.plan.alpha - rms) < 1e-6 * rms);
    pv_model_nodes_clear(&nodes);
    pv_plan_free(plan);
    pv_graph_free(g);
    pv_batch_clear(&b);
    pv_hidden_clear(&h);
}

/* Built for training, nothing before the secret's layer has a gradient, and its batch norm uses the
 * running statistics; built whole or in two pieces, it is the same network. */
static void frozen_layers_have_no_gradient(void **state)
{
    (void)state;
    pv_hidden h;
    pv_graph *g = NULL;
    pv_model_nodes nodes;
    pv_node gradient[32], weight[32];
    int n = 0, zeros = 0;
    CHECK_OK(pv_hidden_make(&h, old, two, &plane_after_one));
    CHECK_OK(pv_graph_new(&g));
    CHECK_OK(pv_hidden_build(&h, g, 8, 1, PV_NONE, &nodes));
    assert_int_equal(pv_node_shape(g, nodes.secret)->dim[3], 1);
    pv_node loss = pv_mean(g, pv_square(g, nodes.logits), 0, 0);
    for (int i = 0; i < nodes.params; i++) {
        assert_int_not_equal(nodes.param[i], PV_NONE);
        if (!pv_model_param_is_state(h.model, i)) weight[n++] = nodes.param[i];
    }
    CHECK_OK(pv_grad(g, &loss, NULL, 1, weight, n, gradient));
    pv_plan *plan = NULL;
    static float x[8 * 28 * 28], s[8 * 12 * 12], out[8192];
    pv_rng r = pv_rng_make(SEED, PV_STREAM_TEST);
    for (size_t i = 0; i < sizeof x / sizeof *x; i++) x[i] = (float)pv_rng_normal(&r);
    for (size_t i = 0; i < sizeof s / sizeof *s; i++) s[i] = i % 288 < 144 ? 1.0f : -1.0f;
    CHECK_OK(pv_compile(&plan, g, gradient, n, NULL));
    CHECK_OK(pv_model_to_plan(h.model, &nodes, plan));
    CHECK_OK(pv_plan_write(plan, nodes.input, x, PV_F32));
    CHECK_OK(pv_plan_write(plan, nodes.secret, s, PV_F32));
    CHECK_OK(pv_run(plan));
    for (int i = 0; i < n; i++) {
        double sum = 0;
        int64_t count = pv_shape_count(pv_node_shape(g, gradient[i]));
        assert_true(count <= 8192);
        CHECK_OK(pv_plan_read(plan, gradient[i], out, PV_F32));
        for (int64_t k = 0; k < count; k++) sum += fabs((double)out[k]);
        if (i < 4) assert_true(sum == 0); /* conv1 and batchnorm1 */
        if (i == 4) assert_true(sum > 0);
        zeros += sum == 0;
    }
    assert_true(zeros >= 4);
    pv_plan_free(plan);
    pv_graph_free(g);
    pv_model_nodes_clear(&nodes);
    pv_hidden_clear(&h);
}

static void comes_back_from_its_file(void **state)
{
    (void)state;
    static const pv_secret_form forms[] = {PV_SECRET_PLANE, PV_SECRET_APPEND, PV_SECRET_DIGIT};
    for (int kept = 0; kept < 3; kept++)
        for (size_t f = 0; f < 3; f++) {
            if (kept == 2 && forms[f] == PV_SECRET_DIGIT) continue; /* it enters at a dense layer */
            const pv_hidden_options o = {PV_SECRET_COMPLEMENT, forms[f], kept, SEED};
            pv_hidden h, back;
            pv_hidden_score a, b;
            CHECK_OK(pv_hidden_make(&h, old, two, &o));
            CHECK_OK(pv_hidden_save(&h, path));
            CHECK_OK(pv_hidden_load(&back, path));
            assert_int_equal(back.kept, kept);
            assert_int_equal(back.plan.kind, h.plan.kind);
            assert_int_equal(back.plan.form, h.plan.form);
            assert_int_equal(back.plan.classes, 2);
            assert_true(back.plan.alpha == h.plan.alpha);
            assert_true(pv_shape_equal(&back.plan.input, &h.plan.input));
            CHECK_OK(pv_hidden_measure(&a, &h, two, SEED, NULL));
            CHECK_OK(pv_hidden_measure(&b, &back, two, SEED, NULL));
            assert_int_equal(a.values, 2);
            assert_true(a.loss == b.loss && a.of_value[0] == b.of_value[0]);
            pv_hidden_score_clear(&a);
            pv_hidden_score_clear(&b);
            pv_hidden_clear(&h);
            pv_hidden_clear(&back);
        }
}

/* Noise that it was trained with comes back, too; it is measured with it, by the seed. */
static void remembers_its_noise(void **state)
{
    (void)state;
    static const struct {
        const char *noise, *says;
        pv_status status;
    } bad[] = {
        {"{\"sigma\":0,\"cut\":\"2\"}", "above 0 and up to 100", PV_ERR_RANGE},
        {"{\"sigma\":-1,\"cut\":\"2\"}", "noise of -1 deviations", PV_ERR_RANGE},
        {"{\"sigma\":1e300,\"cut\":\"2\"}", "up to 100", PV_ERR_RANGE},
        {"{\"sigma\":null,\"cut\":\"2\"}", "sigma", PV_ERR_FORMAT},
        {"{\"sigma\":1}", "cut", PV_ERR_FORMAT},
        {"{\"sigma\":1,\"cut\":\"1\"}", "trained with noise", PV_ERR_FORMAT},
        {"{\"sigma\":1,\"cut\":\"9\"}", "trained with noise", PV_ERR_FORMAT},
        {"[", "metadata", PV_ERR_FORMAT},
    };
    pv_hidden h, back;
    pv_hidden_score without, some, more, again;
    CHECK_OK(pv_hidden_make(&h, old, two, &plane_after_one));
    assert_true(h.noise == 0 && h.noise_at.stage == 0);
    CHECK_OK(pv_hidden_measure(&without, &h, two, SEED, NULL));
    h.noise = 3; /* of what is sent, not of a training: it is not measured, nor remembered */
    CHECK_OK(pv_hidden_measure(&again, &h, two, SEED, NULL));
    assert_true(again.loss == without.loss);
    pv_hidden_score_clear(&again);
    CHECK_OK(pv_hidden_save(&h, path));
    CHECK_OK(pv_hidden_load(&back, path));
    assert_true(back.noise == 0);
    pv_hidden_clear(&back);
    h.noise = 0.37;
    h.noise_at = (pv_cut_at){.stage = 2, .before_pool = 1};
    CHECK_OK(pv_hidden_measure(&some, &h, two, SEED, NULL));
    CHECK_OK(pv_hidden_measure(&more, &h, two, SEED + 1, NULL));
    CHECK_OK(pv_hidden_save(&h, path));
    CHECK_OK(pv_hidden_load(&back, path));
    assert_true(back.noise == 0.37 && back.noise_at.stage == 2 && back.noise_at.before_pool == 1);
    CHECK_OK(pv_hidden_measure(&again, &back, two, SEED, NULL));
    assert_true(some.loss != without.loss && some.loss != more.loss && some.loss == again.loss);
    pv_hidden_score_clear(&without);
    pv_hidden_score_clear(&some);
    pv_hidden_score_clear(&more);
    pv_hidden_score_clear(&again);
    pv_hidden_clear(&back);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const pv_metadata metadata[] = {
            {"secret", "{\"kind\":\"complement\",\"form\":\"plane\",\"alpha\":1,\"kept\":1}"},
            {"noise", bad[i].noise}};
        CHECK_OK(pv_model_write(h.model, path, NULL, 0, metadata, 2, 0644));
        CHECK_FAILS(pv_hidden_load(&back, path), bad[i].status, bad[i].says);
        assert_null(back.model);
    }
    pv_hidden_clear(&h);
}

/* The score of a network that was wired by hand to know both class and secret: the answer is turned
 * back for every value. */
static void measures_answers_turned_back(void **state)
{
    (void)state;
    pv_model *m = NULL;
    pv_hidden h;
    pv_hidden_score s;
    const pv_hidden_options o = {PV_SECRET_OFFSET, PV_SECRET_PLANE, 1, SEED};
    CHECK_OK(make_old(&m, "flatten\ndense 12\ndense classes\ndense classes\n", ten));
    CHECK_OK(pv_hidden_make(&h, m, ten, &o));
    /* The second layer sees 12 features and 10 planes; it passes the planes on, the third too: the
     * answer is the offset, which turned back is class 0. */
    for (int i = 2; i < pv_model_params(h.model); i++)
        memset(pv_model_param(h.model, i)->data, 0, pv_tensor_bytes(pv_model_param(h.model, i)));
    float *second = pv_model_param(h.model, 2)->data, *third = pv_model_param(h.model, 4)->data;
    for (int k = 0; k < 10; k++) second[k * 22 + 12 + k] = third[k * 10 + k] = 1;
    CHECK_OK(pv_hidden_measure(&s, &h, ten, SEED, NULL));
    int zeros = 0;
    for (int i = 0; i < ROWS; i++) zeros += pv_data_label(ten, i) == 0;
    assert_int_equal(s.values, 10);
    assert_int_equal(s.count, ROWS);
    for (int v = 0; v < 10; v++) assert_true(fabs(s.of_value[v] - zeros / (double)ROWS) < 1e-9);
    assert_true(fabs(s.worst - s.accuracy) < 1e-9);
    pv_hidden_score_clear(&s);
    pv_hidden_clear(&h);
    pv_model_free(m);
}

static void refuses(void **state)
{
    (void)state;
    pv_hidden h;
    pv_model *one = NULL;
    pv_hidden_options o = plane_after_one;
    o.kept = 3;
    CHECK_FAILS(pv_hidden_make(&h, old, two, &o), PV_ERR_RANGE, "0 to 2 can be");
    o.kept = -1;
    CHECK_FAILS(pv_hidden_make(&h, old, two, &o), PV_ERR_RANGE, "-1 layers kept of the 4");
    o = (pv_hidden_options){PV_SECRET_COMPLEMENT, PV_SECRET_DIGIT, 2, SEED};
    CHECK_FAILS(pv_hidden_make(&h, old, two, &o), PV_ERR_OPTION, "dense layer");
    CHECK_FAILS(pv_hidden_make(&h, old, ten, &plane_after_one), PV_ERR_MISMATCH, "tells 2 classes");
    CHECK_OK(make_old(&one, net, ten));
    CHECK_FAILS(pv_hidden_make(&h, one, ten, &plane_after_one), PV_ERR_OPTION, "take an offset");
    pv_model_free(one);
    CHECK_OK(make_old(&one, "flatten\ndense classes\n", two));
    o = plane_after_one;
    o.kept = 0;
    CHECK_FAILS(pv_hidden_make(&h, one, two, &o), PV_ERR_RANGE, "nothing would be left");
    CHECK_OK(pv_model_save(one, path));
    CHECK_FAILS(pv_hidden_load(&h, path), PV_ERR_INPUT, "without a secret");
    pv_model_free(one);
    CHECK_OK(make_old(&one, "flatten\ndense 8\ndense 8\ndense classes\n", two));
    for (int i = 0; i < 2; i++)
        memset(pv_model_param(one, i)->data, 0, pv_tensor_bytes(pv_model_param(one, i)));
    o.kept = 1;
    CHECK_FAILS(pv_hidden_make(&h, one, two, &o), PV_ERR_NUMERIC, "must be trained ones");
    pv_model_free(one);
    CHECK_OK(pv_hidden_make(&h, old, two, &plane_after_one));
    CHECK_FAILS(pv_hidden_make(&(pv_hidden){0}, h.model, two, &plane_after_one), PV_ERR_MISMATCH,
                "has a secret already");
    pv_evaluation e;
    CHECK_FAILS(pv_evaluate(h.model, two, NULL, &e), PV_ERR_INPUT, "secret");
    pv_hidden_clear(&h);
}

/* Files whose metadata and text disagree. */
static void refuses_files(void **state)
{
    (void)state;
    static const struct {
        const char *secret, *says;
        pv_status status;
    } bad[] = {
        {"{\"kind\":\"flip\",\"form\":\"plane\",\"alpha\":1,\"kept\":1}", "'flip'", PV_ERR_FORMAT},
        {"{\"kind\":\"complement\",\"form\":\"plane\",\"alpha\":0,\"kept\":1}", "above 0",
         PV_ERR_RANGE},
        {"{\"kind\":\"complement\",\"form\":\"append\",\"alpha\":1,\"kept\":1}", "of 1 channels",
         PV_ERR_FORMAT},
        {"{\"kind\":\"complement\",\"form\":\"plane\",\"alpha\":1,\"kept\":2}", "elsewhere",
         PV_ERR_FORMAT},
        {"{\"kind\":\"complement\",\"form\":\"plane\",\"alpha\":1,\"kept\":4097}", "4097",
         PV_ERR_RANGE},
        {"{\"kind\":\"complement\"}", "form", PV_ERR_FORMAT},
        {"[", "metadata", PV_ERR_FORMAT},
    };
    pv_hidden h, back;
    CHECK_OK(pv_hidden_make(&h, old, two, &plane_after_one));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const pv_metadata metadata = {"secret", bad[i].secret};
        CHECK_OK(pv_model_write(h.model, path, NULL, 0, &metadata, 1, 0644));
        CHECK_FAILS(pv_hidden_load(&back, path), bad[i].status, bad[i].says);
    }
    const pv_metadata half[] = {{"secret", "{}"}, {"half", "customer"}};
    CHECK_OK(pv_model_write(h.model, path, NULL, 0, half, 2, 0644));
    CHECK_FAILS(pv_hidden_load(&back, path), PV_ERR_INPUT, "customer");
    CHECK_OK(pv_model_write(h.model, path, NULL, 0, NULL, 0, 0644));
    CHECK_FAILS(pv_hidden_load(&back, path), PV_ERR_INPUT, "without a secret");
    pv_hidden_clear(&h);
}

static void runs_out_of_memory(void **state)
{
    (void)state;
    pv_status status;
    pv_hidden h, back;
    pv_hidden_score s;
    CHECK_OUT_OF_MEMORY(status)
    {
        status = pv_hidden_make(&h, old, two, &plane_after_one);
        h.noise = 1, h.noise_at.stage = 2;
        if (status == PV_OK) status = pv_hidden_save(&h, path);
        if (status == PV_OK) status = pv_hidden_load(&back, path);
        pv_hidden_clear(&h);
        if (status == PV_OK) pv_hidden_clear(&back);
    }
    CHECK_OK(pv_hidden_make(&h, old, two, &plane_after_one));
    h.noise = 1, h.noise_at.stage = 2;
    CHECK_OUT_OF_MEMORY(status)
    {
        status = pv_hidden_measure(&s, &h, two, SEED, NULL);
        if (status == PV_OK) pv_hidden_score_clear(&s);
    }
    pv_hidden_clear(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_what_is_kept),
        cmocka_unit_test(alpha_is_the_root_mean_square),
        cmocka_unit_test(frozen_layers_have_no_gradient),
        cmocka_unit_test(comes_back_from_its_file),
        cmocka_unit_test(remembers_its_noise),
        cmocka_unit_test(measures_answers_turned_back),
        cmocka_unit_test(refuses),
        cmocka_unit_test(refuses_files),
        cmocka_unit_test(runs_out_of_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
