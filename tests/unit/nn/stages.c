#include "check.h"

#include "nn/model_i.h"
#include "nn/stages.h"
#include "nn/step.h"
#include "privet/rng.h"
#include "privet/train.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static const pv_model_domain mnist = {sizeof mnist, PV_DATA_IMAGE, {3, {28, 28, 1}}, 10, 0};
static const pv_model_domain cifar = {sizeof cifar, PV_DATA_IMAGE, {3, {32, 32, 3}}, 10, 0};
static const pv_model_domain large = {sizeof large, PV_DATA_IMAGE, {3, {224, 224, 3}}, 2, 0};
static const pv_model_domain words = {sizeof words, PV_DATA_TEXT, {1, {20}}, 2, 1000};
static const pv_model_domain row = {sizeof row, PV_DATA_TABLE, {1, {12}}, 3, 0};

/* Names of the layers of each stage, stages between bars; a pool has a star. */
static void layers_of(char *out, size_t size, const pv_model *m)
{
    pv_stages s;
    size_t used = 0, next = 0;
    CHECK_OK(pv_stages_init(&s, m));
    for (int64_t k = 0; k < s.count; k++) {
        const pv_stage *at = &s.stage[k];
        assert_int_equal(at->first, next);
        assert_true(at->first <= at->entry && at->entry < at->end && at->pool <= at->end);
        for (size_t i = at->first; i < at->end; i++)
            used += (size_t)snprintf(out + used, size - used, "%s%s%s",
                                     i > at->first ? " "
                                     : k > 0       ? " | "
                                                   : "",
                                     m->layers.layer[i].name, i == at->pool ? "*" : "");
        next = at->end;
    }
    assert_int_equal(next, m->layers.count);
    pv_stages_clear(&s);
    pv_stages_clear(&s);
}

static void stages_are_what_papers_count(void **state)
{
    (void)state;
    static const char tricky[] = "input 32 32 3\n"
                                 "squeeze2\n"
                                 "conv 4 kernel=3\n"
                                 "residual {\n"
                                 "    conv 4 kernel=3 pad=1\n"
                                 "    maxpool 3 1 1\n"
                                 "    residual {\n"
                                 "    }\n"
                                 "} shortcut {\n"
                                 "}\n"
                                 "relu\n"
                                 "avgpool 2\n"
                                 "maxpool 7\n"
                                 "dropout 0.5\n"
                                 "flatten\n"
                                 "relu\n"
                                 "secret 2\n"
                                 "dense classes\n";
    static const struct {
        const char *name;
        const pv_model_domain *domain;
        const char *layers;
    } cases[] = {
        {"lenet5", &mnist,
         "conv1 avgpool1* relu1 | conv2 avgpool2* relu2 flatten1 | dense1 relu3 | dense2 relu4 | "
         "dense3"},
        {"mlr", &mnist, "flatten1 dense1"},
        {"mlp", &row, "dense1 relu1 | dense2"},
        {"resnet9", &cifar,
         "conv1 batchnorm1 relu1 | conv2 batchnorm2 relu2 maxpool1* | residual1 conv3 batchnorm3 "
         "relu3 conv4 batchnorm4 relu4 } | conv5 batchnorm5 relu5 maxpool2* | conv6 batchnorm6 "
         "relu6 maxpool3* | residual2 conv7 batchnorm7 relu7 conv8 batchnorm8 relu8 } "
         "global-maxpool1* | dense1 scale1"},
        {"alexnet32", &cifar,
         "conv1 batchnorm1 relu1 maxpool1* | conv2 batchnorm2 relu2 maxpool2* | conv3 batchnorm3 "
         "relu3 | conv4 batchnorm4 relu4 | conv5 batchnorm5 relu5 maxpool3* flatten1 | dense1 "
         "relu6 dropout1 | dense2 relu7 dropout2 | dense3"},
        {NULL, &cifar,
         "input1 squeeze21 conv1 | residual1 conv2 maxpool1 residual2 } shortcut } relu1 avgpool1* "
         "maxpool2 dropout1 flatten1 relu2 | secret1 dense1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pv_model *m;
        char text[1024];
        if (cases[i].name != NULL)
            CHECK_OK(pv_model_new_domain(&m, cases[i].name, cases[i].domain, 1));
        else
            CHECK_OK(pv_model_parse(&m, tricky, strlen(tricky), "t.model", cases[i].domain, 1));
        layers_of(text, sizeof text, m);
        assert_string_equal(text, cases[i].layers);
        assert_int_equal(pv_model_secret_at(m),
                         cases[i].name == NULL ? m->layers.count - 2 : m->layers.count);
        pv_model_free(m);
    }
}

static void models_without_stages(void **state)
{
    (void)state;
    pv_model *m;
    pv_stages s;
    pv_cut_at cut;
    CHECK_OK(pv_model_new_domain(&m, "fasttext", &words, 1));
    CHECK_FAILS(pv_stages_init(&s, m), PV_ERR_MISMATCH, "the model fasttext is for text");
    assert_null(s.stage);
    CHECK_FAILS(pv_cut_parse(&cut, "1", m), PV_ERR_MISMATCH, "text");
    pv_model *part;
    CHECK_FAILS(pv_model_extract(&part, m, 0, 1), PV_ERR_MISMATCH, "has no parts");
    pv_model_free(m);
    const pv_model_domain three = {sizeof three, PV_DATA_TABLE, {1, {3}}, 3, 0};
    CHECK_OK(pv_model_parse(&m, "relu\n", 5, "r.model", &three, 1));
    CHECK_FAILS(pv_stages_init(&s, m), PV_ERR_MISMATCH,
                "r.model has no convolution, dense layer or residual");
    pv_model_free(m);
    CHECK_OK(pv_model_new_domain(&m, "mlr", &row, 1));
    CHECK_FAILS(pv_cut_parse(&cut, "1", m), PV_ERR_OPTION, "one stage only");
    pv_model_free(m);
}

static void cuts_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t end;
        pv_shape shape;
    } good[] = {
        {"1", 4, {3, {15, 15, 32}}},   {"1:before-pool", 3, {3, {32, 32, 32}}},
        {"2", 8, {3, {7, 7, 96}}},     {"3", 11, {3, {7, 7, 192}}},
        {"5", 19, {1, {3 * 3 * 128}}}, {"5:before-pool", 17, {3, {7, 7, 128}}},
        {"7", 25, {1, {512}}},
    };
    static const char *const bad[] = {"",
                                      "0",
                                      "8",
                                      "-1",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "1:",
                                      "3:before-pool",
                                      "x",
                                      "1.",
                                      "1:after-pool",
                                      "99999999999999999999"};
    pv_model *m;
    pv_cut_at cut;
    pv_shape shape;
    size_t end;
    char text[PV_CUT_TEXT];
    CHECK_OK(pv_model_new_domain(&m, "alexnet32", &cifar, 1));
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        CHECK_OK(pv_cut_parse(&cut, good[i].text, m));
        assert_string_equal(pv_cut_text(&cut, text), good[i].text);
        CHECK_OK(pv_cut_end(&end, m, &cut));
        assert_int_equal(end, good[i].end);
        CHECK_OK(pv_cut_shape(&shape, m, end));
        assert_true(pv_shape_equal(&shape, &good[i].shape));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_FAILS(pv_cut_parse(&cut, bad[i], m), PV_ERR_OPTION,
                    "is no cut of the model alexnet32; there are 1:before-pool, 1, 2:before-pool, "
                    "2, 3, 4, 5:before-pool, 5, 6, 7");
    CHECK_FAILS(pv_cut_end(&end, m, &(pv_cut_at){8, 0}), PV_ERR_OPTION, "'8' is no cut");
    CHECK_FAILS(pv_cut_end(&end, m, &(pv_cut_at){6, 1}), PV_ERR_OPTION, "'6:before-pool' is no");
    CHECK_OK(pv_cut_shape(&shape, m, 0));
    assert_true(pv_shape_equal(&shape, &cifar.sample));
    CHECK_FAILS(pv_cut_shape(&shape, m, 99), PV_ERR_USAGE, "layers 0 to 99");
    pv_model_free(m);
}

/* y of x [batch, sample], both of them as many as the model says. */
static void predict(float *y, const pv_model *m, int64_t batch, const float *x, const float *secret)
{
    pv_graph *g;
    pv_plan *plan;
    pv_model_nodes nodes;
    CHECK_OK(pv_graph_new(&g));
    CHECK_OK(pv_model_build(m, g, batch, 0, PV_NONE, &nodes));
    CHECK_OK(pv_compile(&plan, g, &nodes.logits, 1, NULL));
    CHECK_OK(pv_model_to_plan(m, &nodes, plan));
    CHECK_OK(pv_plan_write(plan, nodes.input, x, PV_F32));
    if (secret != NULL) CHECK_OK(pv_plan_write(plan, nodes.secret, secret, PV_F32));
    CHECK_OK(pv_run(plan));
    CHECK_OK(pv_plan_read(plan, nodes.logits, y, PV_F32));
    pv_plan_free(plan);
    pv_model_nodes_clear(&nodes);
    pv_graph_free(g);
}

enum { BATCH = 3, MOST = 1 << 18 };
static float x[MOST], z[MOST], whole[MOST], halves[MOST], secret[MOST];

static void draw_input(int64_t n)
{
    pv_rng r = pv_rng_make(5, PV_STREAM_TEST);
    for (int64_t i = 0; i < n; i++) x[i] = (float)pv_rng_normal(&r);
}

/* Running statistics of a new model are 0 and 1: others show that they are copied. */
static void shake(pv_model *m)
{
    pv_rng r = pv_rng_make(6, PV_STREAM_TEST);
    for (int i = 0; i < pv_model_params(m); i++) {
        float *v = pv_model_param(m, i)->data;
        for (int64_t k = 0; k < pv_tensor_count(pv_model_param(m, i)); k++)
            v[k] = (float)(v[k] * (0.5 + pv_rng_uniform(&r)) + 0.01 * pv_rng_uniform(&r));
    }
}

static void cut_and_joined(const char *name, const pv_model_domain *domain)
{
    pv_model *m, *front, *back;
    pv_stages s;
    CHECK_OK(pv_model_new_domain(&m, name, domain, 3));
    shake(m);
    draw_input(BATCH * pv_shape_count(&domain->sample));
    predict(whole, m, BATCH, x, NULL);
    CHECK_OK(pv_stages_init(&s, m));
    for (int64_t k = 1; k <= s.count; k++)
        for (int before = 0; before < 2; before++) {
            pv_cut_at cut = {k, before};
            size_t end;
            pv_shape shape;
            if (pv_cut_end(&end, m, &cut) != PV_OK) continue;
            CHECK_OK(pv_model_extract(&front, m, 0, end));
            CHECK_OK(pv_model_extract(&back, m, end, m->layers.count));
            CHECK_OK(pv_cut_shape(&shape, m, end));
            assert_int_equal(pv_model_what(front).classes, 0);
            assert_int_equal(pv_model_what(back).classes, domain->classes);
            assert_true(pv_shape_equal(&back->domain.sample, &shape));
            assert_int_equal(pv_model_weights(front) + pv_model_weights(back), pv_model_weights(m));
            assert_string_equal(pv_model_class_name(back, 1), pv_model_class_name(m, 1));
            predict(z, front, BATCH, x, NULL);
            predict(halves, back, BATCH, z, NULL);
            /* a mean pool rounds once more where it begins a network of its own */
            double allowed = before && m->layers.layer[end].kind == PV_LAYER_AVGPOOL ? 1e-6 : 0;
            for (int i = 0; i < BATCH * domain->classes; i++)
                assert_true(fabs((double)halves[i] - whole[i]) <= allowed);
            pv_model_free(front);
            pv_model_free(back);
        }
    pv_stages_clear(&s);
    pv_model_free(m);
}

static void halves_give_what_the_whole_gives(void **state)
{
    (void)state;
    cut_and_joined("lenet5", &mnist);
    cut_and_joined("resnet9:width=8", &cifar);
    cut_and_joined("resnet18:width=4", &cifar);
    cut_and_joined("alexnet32:width=4", &cifar);
}

static void texts_of_parts(void **state)
{
    (void)state;
    static const char text[] = "# tells of what follows\n"
                               "option width=8\n"
                               "option hidden=64\n"
                               "init he\n"
                               "input 12\n"
                               "dense classes*width/2   # 12 of them\n"
                               "batchnorm 0.3\n"
                               "residual {\n"
                               "    dense 12 bias=no init=uniform:0.25\n"
                               "    leaky-relu 0.1\n"
                               "} shortcut {\n"
                               "    dense 12 init=normal:0.5\n"
                               "}\n"
                               "init default\n"
                               "dense hidden\n"
                               "reshape 8 8 1\n"
                               "maxpool 2\n"
                               "flatten\n"
                               "dense classes\n";
    pv_model *m, *part;
    CHECK_OK(pv_model_parse(&m, text, strlen(text), "net.model", &row, 1));
    CHECK_OK(pv_model_set_class(m, 2, "third"));
    CHECK_OK(pv_model_extract(&part, m, 0, 9));
    assert_string_equal(pv_model_name(part), "front");
    assert_string_equal(pv_model_text(part), "input 12\n"
                                             "dense out=12 bias=yes init=he\n"
                                             "batchnorm momentum=0.3 eps=1e-05\n"
                                             "residual {\n"
                                             "dense out=12 bias=no init=uniform:0.25\n"
                                             "leaky-relu slope=0.1\n"
                                             "} shortcut {\n"
                                             "dense out=12 bias=yes init=normal:0.5\n"
                                             "}\n");
    pv_model_free(part);
    CHECK_OK(pv_model_extract(&part, m, 3, 10));
    assert_string_equal(pv_model_name(part), "middle");
    assert_string_equal(pv_model_param_name(part, 0), "dense1.weight");
    assert_memory_equal(pv_model_param(part, 0)->data, m->param[6].value.data, 12 * 12 * 4);
    pv_model_free(part);
    CHECK_OK(pv_model_extract(&part, m, 11, 14));
    assert_string_equal(pv_model_name(part), "back");
    assert_string_equal(pv_model_text(part), "maxpool kernel=2 stride=0 pad=0\n"
                                             "flatten\n"
                                             "dense out=3 bias=yes\n");
    assert_int_equal(pv_model_what(part).kind, PV_DATA_IMAGE);
    assert_string_equal(pv_model_class_name(part, 2), "third");
    pv_model_free(part);
    CHECK_OK(pv_model_extract(&part, m, 0, 14)); /* all of it: another text, the same network */
    assert_string_equal(pv_model_name(part), "net.model");
    assert_int_equal(pv_model_weights(part), pv_model_weights(m));
    pv_model_free(part);
    CHECK_FAILS(pv_model_extract(&part, m, 0, 5), PV_ERR_USAGE, "ends inside a residual");
    CHECK_FAILS(pv_model_extract(&part, m, 6, 10), PV_ERR_USAGE, "inside a residual");
    CHECK_FAILS(pv_model_extract(&part, m, 5, 4), PV_ERR_USAGE, "no part of it");
    CHECK_FAILS(pv_model_extract(&part, m, 2, 2), PV_ERR_USAGE, "a part has one at least");
    CHECK_FAILS(pv_model_extract(&part, m, 9, 15), PV_ERR_USAGE, "which has 14");
    pv_model_free(m);
    static const char pairs[] = "reshape 3 4\nattention\nflatten\ndense classes\n";
    CHECK_OK(pv_model_parse(&m, pairs, strlen(pairs), "p.model", &row, 1));
    CHECK_FAILS(pv_model_extract(&part, m, 1, 4), PV_ERR_MISMATCH, "into attention1 is [3,4]");
    pv_model_free(m);
}

static void norms_go_with_the_first_layer(void **state)
{
    (void)state;
    pv_data *d;
    pv_model *m, *front, *back, *hidden;
    CHECK_OK(pv_data_open(&d, "glyphs?limit=20", NULL));
    CHECK_OK(pv_model_new(&m, "lenet5", d, 1));
    CHECK_OK(pv_model_extract(&front, m, 0, 3));
    CHECK_OK(pv_model_extract(&back, m, 3, m->layers.count));
    CHECK_OK(pv_model_with_secret(&hidden, m, 3, 1, 1));
    assert_int_equal(pv_model_norm(back)->n, 0);
    for (int i = 0; i < 2; i++) {
        const pv_norm *n = pv_model_norm(i == 0 ? front : hidden);
        assert_int_equal(n->n, 1);
        assert_true(n->mean[0] == pv_model_norm(m)->mean[0]);
        assert_true(n->inverse_std[0] == pv_model_norm(m)->inverse_std[0]);
    }
    assert_string_equal(pv_model_class_name(hidden, 9), pv_model_class_name(m, 9));
    pv_model_free(hidden);
    pv_model_free(front);
    pv_model_free(back);
    pv_model_free(m);
    pv_data_free(d);
}

/* A secret before the layer at the head of stage 3 of LeNet-5, then cut behind that. */
static void a_secret_enters(void **state)
{
    (void)state;
    pv_model *m, *hidden, *fresh, *front, *back, *none;
    pv_stages s;
    CHECK_OK(pv_model_new_domain(&m, "lenet5", &mnist, 3));
    CHECK_OK(pv_stages_init(&s, m));
    size_t at = s.stage[2].entry;
    pv_stages_clear(&s);
    CHECK_OK(pv_model_with_secret(&hidden, m, at, 10, 8));
    CHECK_OK(pv_model_with_secret(&fresh, m, 0, 4, 8));
    assert_int_equal(pv_model_secret_at(hidden), at);
    assert_int_equal(pv_model_secret_at(fresh), 0);
    char layers[512];
    layers_of(layers, sizeof layers, hidden);
    assert_non_null(strstr(layers, "flatten1 | secret1 dense1 relu3 |"));
    layers_of(layers, sizeof layers, fresh);
    assert_int_equal(strncmp(layers, "secret1 conv1 avgpool1* relu1 |", 31), 0);
    /* the convolutions are copies; what follows is drawn as a model of seed 8 draws it */
    assert_memory_equal(hidden->param[2].value.data, m->param[2].value.data, 16 * 25 * 6 * 4);
    assert_int_equal(hidden->param[4].value.shape.dim[1], 256 + 10);
    assert_memory_equal(hidden->param[6].value.data, fresh->param[6].value.data, 84 * 120 * 4);
    assert_memory_not_equal(hidden->param[6].value.data, m->param[6].value.data, 84 * 120 * 4);
    assert_memory_not_equal(fresh->param[2].value.data, m->param[2].value.data, 16 * 25 * 6 * 4);

    draw_input(BATCH * 784);
    for (int i = 0; i < BATCH * 10; i++) secret[i] = i % 3 == 0 ? 1.5f : -1.5f;
    predict(whole, hidden, BATCH, x, secret);
    CHECK_OK(pv_model_extract(&front, hidden, 0, at + 3));
    CHECK_OK(pv_model_extract(&back, hidden, at + 3, hidden->layers.count));
    assert_int_equal(pv_model_secret_at(front), at);
    assert_int_equal(pv_model_secret_at(back), back->layers.count);
    predict(z, front, BATCH, x, secret);
    predict(halves, back, BATCH, z, NULL);
    assert_memory_equal(halves, whole, sizeof(float) * BATCH * 10);
    for (int i = 0; i < BATCH * 10; i++) secret[i] = -secret[i];
    predict(halves, hidden, BATCH, x, secret);
    assert_memory_not_equal(halves, whole, sizeof(float) * BATCH * 10);

    CHECK_FAILS(pv_model_with_secret(&none, hidden, 1, 1, 1), PV_ERR_MISMATCH,
                "the model lenet5 has a secret already");
    CHECK_FAILS(pv_model_with_secret(&none, m, 12, 1, 1), PV_ERR_USAGE, "joins nothing");
    CHECK_FAILS(pv_model_with_secret(&none, m, 13, 1, 1), PV_ERR_USAGE, "which has 12");
    CHECK_FAILS(pv_model_with_secret(&none, m, 3, 0, 1), PV_ERR_FORMAT, "secret: channels is 0");
    assert_null(none);
    pv_model_free(front);
    pv_model_free(back);
    pv_model_free(fresh);
    pv_model_free(hidden);
    pv_model_free(m);
}

static void not_alone(void **state)
{
    (void)state;
    pv_model *m, *hidden, *part;
    pv_data *d;
    pv_forward f;
    pv_train_step t;
    pv_gradient_step g;
    pv_evaluation e;
    pv_train_result result;
    pv_optim_options optim = {.size = sizeof optim};
    CHECK_OK(pv_data_open(&d, "glyphs?limit=20", NULL));
    CHECK_OK(pv_model_new(&m, "lenet5", d, 1));
    CHECK_OK(pv_model_check_alone(m));
    CHECK_OK(pv_model_with_secret(&hidden, m, 3, 1, 1));
    CHECK_OK(pv_model_extract(&part, m, 0, 3));
    for (int i = 0; i < 2; i++) {
        const pv_model *it = i == 0 ? hidden : part;
        const char *why = i == 0 ? "'privet retrain'" : "front is a part of a network";
        CHECK_FAILS(pv_model_check_alone(it), PV_ERR_INPUT, why);
        CHECK_FAILS(pv_forward_init(&f, it, 2, NULL), PV_ERR_INPUT, why);
        CHECK_FAILS(pv_train_step_init(&t, it, 2, &optim, &(pv_loss_options){0}, NULL),
                    PV_ERR_INPUT, why);
        CHECK_FAILS(pv_gradient_step_init(&g, it, 2, 0, NULL), PV_ERR_INPUT, why);
    }
    CHECK_FAILS(pv_evaluate(hidden, d, NULL, &e), PV_ERR_INPUT, "'privet partition'");
    pv_train_options o;
    pv_train_defaults(&o, "lenet5", d);
    o.train = d;
    CHECK_FAILS(pv_train(hidden, &o, NULL, &result), PV_ERR_INPUT, "'privet retrain'");
    pv_model_free(hidden);
    pv_model_free(part);
    pv_model_free(m);
    pv_data_free(d);
}

static void memory_runs_out(void **state)
{
    (void)state;
    pv_model *m, *out;
    pv_status status;
    pv_stages s;
    pv_cut_at cut;
    CHECK_OK(pv_model_new_domain(&m, "lenet5", &mnist, 3));
    CHECK_OUT_OF_MEMORY(status)
    {
        status = pv_stages_init(&s, m);
        pv_stages_clear(&s);
    }
    CHECK_OUT_OF_MEMORY(status)
    {
        status = pv_cut_parse(&cut, "2:before-pool", m);
    }
    CHECK_OUT_OF_MEMORY(status)
    {
        status = pv_model_extract(&out, m, 3, m->layers.count);
        pv_model_free(out);
    }
    CHECK_OUT_OF_MEMORY(status)
    {
        status = pv_model_with_secret(&out, m, 3, 1, 1);
        pv_model_free(out);
    }
    pv_model_free(m);
}

/* Table 1 of the paper at 224 with a border of 2, and at 227 without. */
static void alexnet_has_the_papers_shapes(void **state)
{
    (void)state;
    static const struct {
        const char *cut;
        pv_shape shape;
        int64_t weights; /* up to there */
    } want[] = {
        {"1:before-pool", {3, {55, 55, 64}}, 23296},
        {"1", {3, {27, 27, 64}}, 23296},
        {"2:before-pool", {3, {27, 27, 192}}, 330688},
        {"2", {3, {13, 13, 192}}, 330688},
        {"3", {3, {13, 13, 384}}, 994624},
        {"4", {3, {13, 13, 384}}, 2322112},
        {"5:before-pool", {3, {13, 13, 256}}, 3207104},
        {"5", {1, {6 * 6 * 256}}, 3207104},
        {"6", {1, {1024}}, 3207104 + 9438208},
        {"7", {1, {1024}}, 3207104 + 9438208 + 1049600},
    };
    const pv_model_domain larger = {sizeof larger, PV_DATA_IMAGE, {3, {227, 227, 3}}, 2, 0};
    for (int without = 0; without < 2; without++) {
        pv_model *m, *front;
        CHECK_OK(pv_model_new_domain(&m, without ? "alexnet_v2:pad=0" : "alexnet_v2",
                                     without ? &larger : &large, 1));
        assert_int_equal(pv_model_weights(m), 13696962);
        for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
            pv_cut_at cut;
            size_t end;
            pv_shape shape;
            CHECK_OK(pv_cut_parse(&cut, want[i].cut, m));
            CHECK_OK(pv_cut_end(&end, m, &cut));
            CHECK_OK(pv_cut_shape(&shape, m, end));
            assert_true(pv_shape_equal(&shape, &want[i].shape));
            if (without) continue;
            CHECK_OK(pv_model_extract(&front, m, 0, end));
            assert_int_equal(pv_model_weights(front), want[i].weights);
            pv_model_free(front);
        }
        if (!without) {
            draw_input(224 * 224 * 3);
            predict(whole, m, 1, x, NULL);
            assert_true(whole[0] != whole[1] && whole[0] - whole[0] == 0);
        }
        pv_model_free(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stages_are_what_papers_count),
        cmocka_unit_test(models_without_stages),
        cmocka_unit_test(cuts_by_name),
        cmocka_unit_test(halves_give_what_the_whole_gives),
        cmocka_unit_test(texts_of_parts),
        cmocka_unit_test(norms_go_with_the_first_layer),
        cmocka_unit_test(a_secret_enters),
        cmocka_unit_test(not_alone),
        cmocka_unit_test(memory_runs_out),
        cmocka_unit_test(alexnet_has_the_papers_shapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
