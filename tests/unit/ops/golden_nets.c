/* Whole networks against PyTorch, on both backends: logits, loss, gradients and five steps of four
 * optimisers (LeNet-5, a residual block), the objective of gradient inversion and its gradient, and
 * one step of Glow. Prints the errors. */
#include "vectors.h"

#include "privet/optim.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PARAMS = 12 };

/* ---- networks as PyTorch's module tree names them */

typedef struct net {
    const char *file;
    int params;
    const char *param[PARAMS];
    pv_node (*logits)(pv_graph *g, pv_node x, const pv_node *w);
} net;

static pv_node lenet5_with(pv_graph *g, pv_node x, const pv_node *w,
                           pv_node (*activation)(pv_graph *, pv_node))
{
    const pv_pool_options two = {.kernel = {2, 2}};
    pv_node h = pv_conv2d(g, x, w[0], w[1], (pv_conv_options){0});
    h = activation(g, pv_avgpool(g, h, two));
    h = pv_conv2d(g, h, w[2], w[3], (pv_conv_options){0});
    h = pv_flatten(g, activation(g, pv_avgpool(g, h, two)));
    h = activation(g, pv_dense(g, h, w[4], w[5]));
    h = activation(g, pv_dense(g, h, w[6], w[7]));
    return pv_dense(g, h, w[8], w[9]);
}

static pv_node lenet5(pv_graph *g, pv_node x, const pv_node *w)
{
    return lenet5_with(g, x, w, pv_relu);
}

static pv_node lenet5_sigmoid(pv_graph *g, pv_node x, const pv_node *w)
{
    return lenet5_with(g, x, w, pv_sigmoid);
}

static pv_node conv_norm(pv_graph *g, pv_node x, const pv_node *w, int stride, int pad)
{
    pv_node h = pv_conv2d(g, x, w[0], PV_NONE,
                          (pv_conv_options){.stride = {stride, stride}, .pad = {pad, pad}});
    return pv_batch_norm(g, h, w[1], w[2], 1e-5, NULL, NULL);
}

static pv_node resblock(pv_graph *g, pv_node x, const pv_node *w)
{
    pv_node h = pv_relu(g, conv_norm(g, x, w, 2, 1));
    h = pv_add(g, conv_norm(g, h, w + 3, 1, 1), conv_norm(g, x, w + 6, 2, 0));
    return pv_dense(g, pv_global_avgpool(g, pv_relu(g, h)), w[9], w[10]);
}

#define LENET5_PARAMS                                                                              \
    10,                                                                                            \
    {                                                                                              \
        "c1.weight", "c1.bias", "c2.weight", "c2.bias", "f1.weight", "f1.bias", "f2.weight",       \
            "f2.bias", "f3.weight", "f3.bias"                                                      \
    }

static const net nets[] = {
    {"net_lenet5.npz", LENET5_PARAMS, lenet5},
    {"net_resblock.npz",
     11,
     {"c1.weight", "b1.weight", "b1.bias", "c2.weight", "b2.weight", "b2.bias", "sc.weight",
      "sb.weight", "sb.bias", "f.weight", "f.bias"},
     resblock},
};
static const net inverted = {"second_order.npz", LENET5_PARAMS, lenet5_sigmoid};

/* Parameter i from the arrays "<prefix><name>". */
static pv_tensor take_param(const pv_npz *z, const net *n, const char *prefix, int i)
{
    char name[64];
    snprintf(name, sizeof name, "%s%s", prefix, n->param[i]);
    /* LeNet-5 flattens 16 channels of 4x4. */
    if (strcmp(n->param[i], "f1.weight") == 0) return vectors_take_flattened(z, name, 16, 4, 4);
    return vectors_take(z, name);
}

static int report(const char *what, const char *part, const bound *b, double error, double limit)
{
    int right = error <= limit;
    print_message("%-18s %-18s %-5s %.1e%s\n", what, part, b->name, error,
                  right ? "" : "  TOO LARGE");
    return right;
}

static double error_of(const pv_plan *plan, const pv_npz *z, const char *name, pv_node x)
{
    pv_tensor want = vectors_take(z, name);
    double e = vectors_error(plan, x, &want);
    pv_tensor_clear(&want);
    return e;
}

static double worst_param(const pv_plan *plan, const pv_npz *z, const net *n, const char *prefix,
                          const pv_node *x)
{
    double worst = 0.0;
    for (int i = 0; i < n->params; i++) {
        pv_tensor want = take_param(z, n, prefix, i);
        double e = vectors_error(plan, x[i], &want);
        worst = e <= worst ? worst : e;
        pv_tensor_clear(&want);
    }
    return worst;
}

/* ---- training */

typedef struct training {
    pv_graph *g;
    pv_node x, label, w[PARAMS], logits, loss, grad[PARAMS];
} training;

static void build_training(training *t, const net *n, const pv_npz *z)
{
    pv_tensor x = vectors_take(z, "x");
    CHECK_OK(pv_graph_new(&t->g));
    t->x = pv_input(t->g, "x", x.shape);
    t->label = pv_input_index(t->g, "y", PV_SHAPE(x.shape.dim[0]));
    pv_tensor_clear(&x);
    for (int i = 0; i < n->params; i++) {
        pv_tensor w = take_param(z, n, "w0.", i);
        t->w[i] = pv_param(t->g, n->param[i], w.shape);
        pv_tensor_clear(&w);
    }
    t->logits = n->logits(t->g, t->x, t->w);
    t->loss = pv_cross_entropy_index(t->g, t->logits, t->label);
    CHECK_OK(pv_grad(t->g, &t->loss, NULL, 1, t->w, n->params, t->grad));
    CHECK_OK(pv_graph_check(t->g));
}

static void write_named(pv_plan *plan, pv_node node, const pv_npz *z, const char *name)
{
    pv_tensor value = vectors_take(z, name);
    vectors_write(plan, node, &value);
    pv_tensor_clear(&value);
}

static void write_params(pv_plan *plan, const net *n, const pv_npz *z, const char *prefix,
                         const pv_node *w)
{
    for (int i = 0; i < n->params; i++) {
        pv_tensor value = take_param(z, n, prefix, i);
        vectors_write(plan, w[i], &value);
        pv_tensor_clear(&value);
    }
}

static pv_plan *compile(const pv_graph *g, const pv_node *output, int n, const bound *b)
{
    pv_plan *plan = NULL;
    CHECK_OK(pv_compile(&plan, g, output, n,
                        &(pv_plan_options){.size = sizeof(pv_plan_options), .backend = b->kind}));
    return plan;
}

static int first_order(const net *n, const bound *b)
{
    training t = {0};
    pv_npz *z = vectors_open(n->file);
    pv_node output[2 + PARAMS];
    build_training(&t, n, z);
    output[0] = t.logits;
    output[1] = t.loss;
    memcpy(output + 2, t.grad, sizeof t.grad);
    pv_plan *plan = compile(t.g, output, 2 + n->params, b);
    write_named(plan, t.x, z, "x");
    write_named(plan, t.label, z, "y");
    write_params(plan, n, z, "w0.", t.w);
    CHECK_OK(pv_run(plan));
    int wrong = !report(n->file, "logits", b, error_of(plan, z, "logits", t.logits), b->first);
    wrong += !report(n->file, "loss", b, error_of(plan, z, "loss", t.loss), b->first);
    wrong += !report(n->file, "gradients", b, worst_param(plan, z, n, "grad.", t.grad), b->first);
    pv_plan_free(plan);
    pv_graph_free(t.g);
    pv_npz_free(z);
    return wrong;
}

static const struct {
    const char *prefix;
    double lr;
    pv_optim_options options;
} optimisers[] = {
    {"sgd5.",
     0.05,
     {.size = sizeof(pv_optim_options), .kind = PV_SGD, .momentum = 0.9, .weight_decay = 1e-4}},
    {"nesterov5.",
     0.05,
     {.size = sizeof(pv_optim_options), .kind = PV_SGD, .momentum = 0.9, .nesterov = 1}},
    {"adam5.", 1e-3, {.size = sizeof(pv_optim_options), .kind = PV_ADAM}},
    {"adamw5.", 1e-3, {.size = sizeof(pv_optim_options), .kind = PV_ADAMW, .weight_decay = 0.01}},
};
enum { OPTIMISERS = sizeof optimisers / sizeof optimisers[0] };

static int five_steps(const net *n, const bound *b, int o)
{
    training t = {0};
    pv_optim optim;
    pv_npz *z = vectors_open(n->file);
    build_training(&t, n, z);
    CHECK_OK(pv_optim_append(&optim, t.g, t.w, t.grad, n->params, &optimisers[o].options));
    pv_plan *plan = compile(t.g, &t.loss, 1, b);
    write_named(plan, t.x, z, "x");
    write_named(plan, t.label, z, "y");
    write_params(plan, n, z, "w0.", t.w);
    for (int step = 0; step < 5; step++) {
        CHECK_OK(pv_optim_set(&optim, plan, step, optimisers[o].lr));
        CHECK_OK(pv_run(plan));
    }
    int wrong = !report(n->file, optimisers[o].prefix, b,
                        worst_param(plan, z, n, optimisers[o].prefix, t.w), b->first);
    pv_optim_clear(&optim);
    pv_plan_free(plan);
    pv_graph_free(t.g);
    pv_npz_free(z);
    return wrong;
}

static void networks(const bound *b)
{
    int wrong = 0;
    for (size_t i = 0; i < sizeof nets / sizeof nets[0]; i++) {
        wrong += first_order(&nets[i], b);
        for (int o = 0; o < OPTIMISERS; o++) wrong += five_steps(&nets[i], b, o);
    }
    assert_int_equal(wrong, 0);
}

/* ---- gradient inversion: D(x', y') = sum ||dL/dw(x', softmax y') - G||² */

static void gradient_inversion(const bound *b)
{
    const net *n = &inverted;
    pv_npz *z = vectors_open(n->file);
    pv_graph *g = NULL;
    pv_node w[PARAMS], target[PARAMS], grad[PARAMS], dummy[2], d_dummy[2];
    CHECK_OK(pv_graph_new(&g));
    for (int i = 0; i < n->params; i++) {
        char name[64];
        pv_tensor value = take_param(z, n, "w.", i);
        w[i] = pv_param(g, n->param[i], value.shape);
        snprintf(name, sizeof name, "grad.%s", n->param[i]);
        target[i] = pv_input(g, name, value.shape);
        pv_tensor_clear(&value);
    }
    dummy[0] = pv_input(g, "x_dummy", PV_SHAPE(1, 28, 28, 1));
    dummy[1] = pv_input(g, "y_dummy", PV_SHAPE(1, 10));
    pv_node loss = pv_cross_entropy(g, n->logits(g, dummy[0], w), pv_softmax(g, dummy[1]));
    CHECK_OK(pv_grad(g, &loss, NULL, 1, w, n->params, grad));
    pv_node objective = pv_const(g, 0.0, (pv_shape){0});
    for (int i = 0; i < n->params; i++) {
        pv_node square = pv_square(g, pv_sub(g, grad[i], target[i]));
        objective = pv_add(g, objective, pv_sum(g, square, 0, 0));
    }
    CHECK_OK(pv_grad(g, &objective, NULL, 1, dummy, 2, d_dummy));
    pv_plan *plan = compile(g, (pv_node[]){objective, d_dummy[0], d_dummy[1]}, 3, b);
    write_named(plan, dummy[0], z, "x_dummy");
    write_named(plan, dummy[1], z, "y_dummy");
    write_params(plan, n, z, "w.", w);
    write_params(plan, n, z, "grad.", target);
    CHECK_OK(pv_run(plan));
    int wrong =
        !report(n->file, "objective", b, error_of(plan, z, "objective", objective), b->second);
    wrong += !report(n->file, "d_x", b, error_of(plan, z, "d_x", d_dummy[0]), b->second);
    wrong += !report(n->file, "d_y", b, error_of(plan, z, "d_y", d_dummy[1]), b->second);
    pv_plan_free(plan);
    pv_graph_free(g);
    pv_npz_free(z);
    assert_int_equal(wrong, 0);
}

/* ---- one step of Glow: actnorm, invertible 1x1 convolution, affine coupling */

static void glow_step(const bound *b)
{
    static const char *const name[] = {"x", "actnorm_logs", "actnorm_bias", "conv1x1", "w1", "w2",
                                       "w3"};
    enum { X, LOGS, BIAS, W, W1, W2, W3, INPUTS, C = 12, PIXELS = 16 };
    const pv_conv_options same = {.pad = {1, 1}};
    pv_npz *z = vectors_open("glow_step.npz");
    pv_graph *g = NULL;
    pv_node in[INPUTS];
    CHECK_OK(pv_graph_new(&g));
    for (int i = 0; i < INPUTS; i++) {
        pv_tensor value = vectors_take(z, name[i]);
        in[i] = pv_input(g, name[i], value.shape);
        pv_tensor_clear(&value);
    }
    pv_node a = pv_mul(g, pv_add(g, in[X], in[BIAS]), pv_exp(g, in[LOGS]));
    pv_node kernel = pv_reshape(g, in[W], PV_SHAPE(C, 1, 1, C));
    pv_node mixed = pv_conv2d(g, a, kernel, PV_NONE, (pv_conv_options){0});
    pv_node kept = pv_slice_axis(g, mixed, -1, 0, C / 2);
    pv_node moved = pv_slice_axis(g, mixed, -1, C / 2, C);
    pv_node h = pv_relu(g, pv_conv2d(g, kept, in[W1], PV_NONE, same));
    h = pv_relu(g, pv_conv2d(g, h, in[W2], PV_NONE, (pv_conv_options){0}));
    h = pv_conv2d(g, h, in[W3], PV_NONE, same);
    pv_node shift = pv_slice_axis(g, h, -1, 0, C / 2);
    pv_node scale = pv_sigmoid(g, pv_affine(g, pv_slice_axis(g, h, -1, C / 2, C), 1.0, 2.0));
    pv_node part[2] = {kept, pv_mul(g, pv_add(g, moved, shift), scale)};
    pv_node y = pv_concat(g, part, 2, 3);
    pv_node volume = pv_add(g, pv_sum(g, in[LOGS], 0, 0), pv_logdet(g, in[W]));
    pv_node logdet = pv_add(g, pv_scale(g, volume, PIXELS),
                            pv_sum(g, pv_log(g, scale), 1u << 1 | 1u << 2 | 1u << 3, 0));
    CHECK_OK(pv_graph_check(g));
    pv_plan *plan = compile(g, (pv_node[]){y, logdet}, 2, b);
    for (int i = 0; i < INPUTS; i++) write_named(plan, in[i], z, name[i]);
    CHECK_OK(pv_run(plan));
    int wrong = !report("glow_step.npz", "y", b, error_of(plan, z, "y", y), b->first);
    wrong += !report("glow_step.npz", "logdet", b, error_of(plan, z, "logdet", logdet), b->first);
    pv_plan_free(plan);
    pv_graph_free(g);
    pv_npz_free(z);
    assert_int_equal(wrong, 0);
}

static void reference_networks(void **state)
{
    (void)state;
    networks(&bound_ref);
}

static void reference_gradient_inversion(void **state)
{
    (void)state;
    gradient_inversion(&bound_ref);
}

static void reference_glow_step(void **state)
{
    (void)state;
    glow_step(&bound_ref);
}

static void fast_networks(void **state)
{
    (void)state;
    networks(&bound_fast);
}

static void fast_gradient_inversion(void **state)
{
    (void)state;
    gradient_inversion(&bound_fast);
}

static void fast_glow_step(void **state)
{
    (void)state;
    glow_step(&bound_fast);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_networks),      cmocka_unit_test(reference_gradient_inversion),
        cmocka_unit_test(reference_glow_step),     cmocka_unit_test(fast_networks),
        cmocka_unit_test(fast_gradient_inversion), cmocka_unit_test(fast_glow_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
