/* Single operations against PyTorch: value, gradient of <u, y>, and gradient of the sum of squared
 * gradients, on both backends. Prints the errors. */
#include "vectors.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { INPUTS = 3 };

typedef struct golden {
    const char *name;       /* tests/vectors/op_<name>.npz */
    const char *in[INPUTS]; /* in_*, grad_*, hess_* */
    pv_node (*build)(pv_graph *g, const pv_node *in);
    const char *fixed; /* an archive with one more input, "t", that has no gradient */
} golden;

#define BUILD(name, result)                                                                        \
    static pv_node name(pv_graph *g, const pv_node *in)                                            \
    {                                                                                              \
        return result;                                                                             \
    }

#define CONV(st, p, gr) ((pv_conv_options){.stride = {st, st}, .pad = {p, p}, .groups = gr})

BUILD(matmul, pv_matmul(g, in[0], in[1], 0, 0))
BUILD(linear, pv_dense(g, in[0], in[1], in[2]))
BUILD(conv_s1p0, pv_conv2d(g, in[0], in[1], in[2], CONV(1, 0, 1)))
BUILD(conv_s1p2, pv_conv2d(g, in[0], in[1], in[2], CONV(1, 2, 1)))
BUILD(conv_s2p1, pv_conv2d(g, in[0], in[1], in[2], CONV(2, 1, 1)))
BUILD(conv_s4p2, pv_conv2d(g, in[0], in[1], in[2], CONV(4, 2, 1)))
BUILD(conv_grouped, pv_conv2d(g, in[0], in[1], PV_NONE, CONV(1, 1, 2)))
BUILD(avgpool2, pv_avgpool(g, in[0], (pv_pool_options){.kernel = {2, 2}}))
BUILD(maxpool3s2, pv_maxpool(g, in[0], (pv_pool_options){.kernel = {3, 3}, .stride = {2, 2}}))
BUILD(relu, pv_relu(g, in[0]))
BUILD(sigmoid, pv_sigmoid(g, in[0]))
BUILD(tanh_, pv_tanh(g, in[0]))
BUILD(gelu, pv_gelu(g, in[0]))
BUILD(softplus, pv_softplus(g, in[0]))
BUILD(log_softmax, pv_log_softmax(g, in[0]))
BUILD(softmax, pv_softmax(g, in[0]))
BUILD(batch_norm, pv_batch_norm(g, in[0], in[1], in[2], 1e-5, NULL, NULL))
BUILD(layer_norm, pv_layer_norm(g, in[0], in[1], in[2], 1e-5))
BUILD(cross_entropy, pv_reshape(g, pv_cross_entropy(g, in[0], in[1]), PV_SHAPE(1)))
BUILD(attention, pv_attention(g, in[0], in[1], in[2]))
BUILD(squeeze2, pv_squeeze2(g, in[0]))
BUILD(logit, pv_logit(g, in[0]))

static const golden goldens[] = {
    {"matmul", {"a", "b"}, matmul, NULL},
    {"linear", {"x", "w", "b"}, linear, NULL},
    {"conv2d_s1p0k3", {"x", "w", "b"}, conv_s1p0, NULL},
    {"conv2d_s1p2k5", {"x", "w", "b"}, conv_s1p2, NULL},
    {"conv2d_s2p1k3", {"x", "w", "b"}, conv_s2p1, NULL},
    {"conv2d_s4p2k11", {"x", "w", "b"}, conv_s4p2, NULL},
    {"conv2d_grouped", {"x", "w"}, conv_grouped, NULL},
    {"avgpool2", {"x"}, avgpool2, NULL},
    {"maxpool3s2", {"x"}, maxpool3s2, NULL},
    {"relu", {"x"}, relu, NULL},
    {"sigmoid", {"x"}, sigmoid, NULL},
    {"tanh", {"x"}, tanh_, NULL},
    {"gelu", {"x"}, gelu, NULL},
    {"softplus", {"x"}, softplus, NULL},
    {"logsoftmax", {"x"}, log_softmax, NULL},
    {"softmax", {"x"}, softmax, NULL},
    {"batchnorm", {"x", "w", "b"}, batch_norm, NULL},
    {"layernorm", {"x", "w", "b"}, layer_norm, NULL},
    {"cross_entropy_soft", {"x"}, cross_entropy, "op_cross_entropy_soft_target.npz"},
    {"attention", {"q", "k", "v"}, attention, NULL},
    {"squeeze2", {"x"}, squeeze2, NULL},
    {"logit", {"x"}, logit, NULL},
};
enum { GOLDENS = sizeof goldens / sizeof goldens[0] };

static pv_tensor take(const pv_npz *z, const char *prefix, const char *name)
{
    char text[64];
    snprintf(text, sizeof text, "%s_%s", prefix, name);
    return vectors_take(z, text);
}

static pv_node input(pv_graph *g, const char *name, const pv_tensor *value)
{
    return pv_input(g, name, value->shape);
}

/* The largest error among the nodes x[0..n) against the arrays prefix_in. */
static double worst(const pv_plan *plan, const pv_npz *z, const char *prefix, const golden *c,
                    const pv_node *x, int n)
{
    double largest = 0.0;
    for (int i = 0; i < n; i++) {
        pv_tensor want = take(z, prefix, c->in[i]);
        double e = vectors_error(plan, x[i], &want);
        largest = e <= largest ? largest : e;
        pv_tensor_clear(&want);
    }
    return largest;
}

static int agrees(const golden *c, const bound *b)
{
    char file[64];
    pv_graph *g = NULL;
    pv_plan *plan = NULL;
    pv_tensor value[INPUTS + 1], up, out;
    pv_node in[INPUTS + 1], grad[INPUTS], hess[INPUTS], output[1 + 2 * INPUTS];
    int n = 0, all;
    snprintf(file, sizeof file, "op_%s.npz", c->name);
    pv_npz *z = vectors_open(file);
    CHECK_OK(pv_graph_new(&g));

    for (; n < INPUTS && c->in[n] != NULL; n++) {
        value[n] = take(z, "in", c->in[n]);
        in[n] = input(g, c->in[n], &value[n]);
    }
    all = n;
    if (c->fixed != NULL) {
        pv_npz *fixed = vectors_open(c->fixed);
        value[all] = vectors_take(fixed, "t");
        in[all] = input(g, "t", &value[all]);
        pv_npz_free(fixed);
        all++;
    }
    up = vectors_take(z, "up");
    out = vectors_take(z, "out");

    pv_node u = input(g, "u", &up), y = c->build(g, in), s = pv_const(g, 0.0, (pv_shape){0});
    CHECK_OK(pv_grad(g, &y, &u, 1, in, n, grad));
    for (int i = 0; i < n; i++) s = pv_add(g, s, pv_sum(g, pv_square(g, grad[i]), 0, 0));
    CHECK_OK(pv_grad(g, &s, NULL, 1, in, n, hess));
    CHECK_OK(pv_graph_check(g));
    output[0] = y;
    memcpy(output + 1, grad, (size_t)n * sizeof *grad);
    memcpy(output + 1 + n, hess, (size_t)n * sizeof *hess);
    CHECK_OK(pv_compile(&plan, g, output, 1 + 2 * n,
                        &(pv_plan_options){.size = sizeof(pv_plan_options), .backend = b->kind}));
    for (int i = 0; i < all; i++) vectors_write(plan, in[i], &value[i]);
    vectors_write(plan, u, &up);
    CHECK_OK(pv_run(plan));

    double e[3] = {vectors_error(plan, y, &out), worst(plan, z, "grad", c, grad, n),
                   worst(plan, z, "hess", c, hess, n)};
    int right = e[0] <= b->first && e[1] <= b->first && e[2] <= b->second;
    print_message("%-20s %-5s %.1e  %.1e  %.1e%s\n", c->name, b->name, e[0], e[1], e[2],
                  right ? "" : "  TOO LARGE");

    for (int i = 0; i < all; i++) pv_tensor_clear(&value[i]);
    pv_tensor_clear(&up);
    pv_tensor_clear(&out);
    pv_plan_free(plan);
    pv_graph_free(g);
    pv_npz_free(z);
    return right;
}

static void agree_with_pytorch(const bound *b)
{
    int wrong = 0;
    print_message("%-20s %-5s %-7s  %-7s  %s\n", "operation", "", "value", "grad", "hess");
    for (int i = 0; i < GOLDENS; i++) wrong += !agrees(&goldens[i], b);
    assert_int_equal(wrong, 0);
}

static void reference_agrees_with_pytorch(void **state)
{
    (void)state;
    agree_with_pytorch(&bound_ref);
}

static void fast_agrees_with_pytorch(void **state)
{
    (void)state;
    agree_with_pytorch(&bound_fast);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_agrees_with_pytorch),
        cmocka_unit_test(fast_agrees_with_pytorch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
