#include "ops.h"

/* Cases of one input: its draw, then the operation. */
#define NORMAL   draw_normal(d, draw_shape(d, 0, 4, 3))
#define APART    draw_apart(d, draw_shape(d, 0, 4, 3))
#define POSITIVE draw_between(d, draw_shape(d, 0, 4, 3), 0.5, 2.5)
#define FRACTION draw_between(d, draw_shape(d, 0, 4, 3), 0.2, 0.8)
#define UNARY(name, input, result)                                                                 \
    static pv_node name(draw *d)                                                                   \
    {                                                                                              \
        pv_graph *g = d->g;                                                                        \
        pv_node x = input;                                                                         \
        return result;                                                                             \
    }

UNARY(affine, NORMAL, pv_affine(g, x, -1.5, 0.25))
UNARY(neg, NORMAL, pv_neg(g, x))
UNARY(scale, NORMAL, pv_scale(g, x, 3.0))
UNARY(square, NORMAL, pv_square(g, x))
UNARY(recip, POSITIVE, pv_recip(g, x))
UNARY(exponential, NORMAL, pv_exp(g, x))
UNARY(logarithm, POSITIVE, pv_log(g, x))
UNARY(logarithm1p, FRACTION, pv_log1p(g, pv_affine(g, x, 2.0, -0.9)))
UNARY(root, POSITIVE, pv_sqrt(g, x))
UNARY(rsqrt, POSITIVE, pv_rsqrt(g, x))
UNARY(power, POSITIVE, pv_pow(g, x, 1.7))
UNARY(power_negative, POSITIVE, pv_pow(g, x, -2.0))
UNARY(power_of_any_sign, NORMAL, pv_pow(g, x, 3.0))
UNARY(power_two, NORMAL, pv_pow(g, x, 2.0))
UNARY(power_one, NORMAL, pv_pow(g, x, 1.0))
UNARY(power_zero, POSITIVE, pv_mul(g, x, pv_pow(g, x, 0.0)))
UNARY(absolute, APART, pv_abs(g, x))
UNARY(sign, APART, pv_mul(g, pv_square(g, x), pv_sign(g, x)))
UNARY(step, APART, pv_mul(g, pv_square(g, x), pv_step(g, x)))
UNARY(error_function, NORMAL, pv_erf(g, x))
UNARY(relu, APART, pv_relu(g, x))
UNARY(relu_squared, APART, pv_square(g, pv_relu(g, x)))
UNARY(leaky_relu, APART, pv_square(g, pv_leaky_relu(g, x, 0.1)))
UNARY(elu, APART, pv_elu(g, x, 0.7))
UNARY(sigmoid, NORMAL, pv_sigmoid(g, x))
UNARY(tanh_, NORMAL, pv_tanh(g, x))
UNARY(softplus, NORMAL, pv_softplus(g, x))
UNARY(gelu, NORMAL, pv_gelu(g, x))
UNARY(logit, FRACTION, pv_logit(g, x))
UNARY(constant, NORMAL, pv_mul(g, x, pv_const(g, -2.0, *pv_node_shape(g, x))))
UNARY(uniform, NORMAL, pv_mul(g, pv_square(g, x), pv_uniform(g, *pv_node_shape(g, x), 9)))
UNARY(param, draw_param(d, draw_shape(d, 1, 3, 3)), pv_square(g, x))
UNARY(detach, NORMAL, pv_mul(g, x, pv_detach(g, pv_uniform(g, *pv_node_shape(g, x), 9))))

/* A shape that broadcasts to s: some dimensions become 1, some leading ones go. */
static pv_shape narrower(draw *d, pv_shape s)
{
    int64_t gone = draw_int(d, 0, s.ndim);
    pv_shape n = {.ndim = s.ndim - (int32_t)gone};
    for (int k = 0; k < n.ndim; k++) n.dim[k] = draw_int(d, 0, 3) == 0 ? 1 : s.dim[k + (int)gone];
    return n;
}

#define BINARY(name, draw_a, draw_b, result)                                                       \
    static pv_node name(draw *d)                                                                   \
    {                                                                                              \
        pv_graph *g = d->g;                                                                        \
        pv_shape full = draw_shape(d, 1, 3, 3), part = narrower(d, full);                          \
        int swap = (int)draw_int(d, 0, 1);                                                         \
        pv_shape as = swap ? part : full, bs = swap ? full : part;                                 \
        pv_node a = draw_a, b = draw_b;                                                            \
        return result;                                                                             \
    }

BINARY(add, draw_normal(d, as), draw_normal(d, bs), pv_square(g, pv_add(g, a, b)))
BINARY(sub, draw_normal(d, as), draw_normal(d, bs), pv_square(g, pv_sub(g, a, b)))
BINARY(mul, draw_normal(d, as), draw_normal(d, bs), pv_mul(g, a, b))
BINARY(divide, draw_normal(d, as), draw_between(d, bs, 0.5, 2.0), pv_div(g, a, b))
BINARY(max, draw_apart(d, as), draw_apart(d, bs), pv_square(g, pv_max(g, a, b)))
BINARY(min, draw_apart(d, as), draw_apart(d, bs), pv_square(g, pv_min(g, a, b)))
BINARY(greater, draw_apart(d, as), draw_apart(d, bs),
       pv_mul(g, pv_greater(g, a, b), pv_mul(g, a, b)))
BINARY(equal, draw_apart(d, as), draw_apart(d, bs),
       pv_mul(g, pv_equal(g, pv_step(g, a), pv_step(g, b)), pv_mul(g, a, b)))
BINARY(select_, draw_apart(d, as), draw_apart(d, bs),
       pv_select(g, pv_greater(g, a, b), pv_mul(g, a, b), pv_square(g, b)))
BINARY(select_by_value, draw_apart(d, as), draw_normal(d, bs),
       pv_select(g, a, pv_square(g, b), pv_const(g, 0.0, PV_SHAPE(1))))

/* One input used twice: its gradients add up. */
static pv_node fan_out(draw *d)
{
    pv_node x = draw_normal(d, draw_shape(d, 1, 3, 3));
    return pv_add(d->g, pv_mul(d->g, x, x), pv_mul(d->g, x, pv_sigmoid(d->g, x)));
}

static const op_case list[] = {
    {"affine", affine},
    {"neg", neg},
    {"scale", scale},
    {"square", square},
    {"recip", recip},
    {"exp", exponential},
    {"log", logarithm},
    {"log1p", logarithm1p},
    {"sqrt", root},
    {"rsqrt", rsqrt},
    {"pow 1.7", power},
    {"pow -2", power_negative},
    {"pow 3", power_of_any_sign},
    {"pow 2", power_two},
    {"pow 1", power_one},
    {"pow 0", power_zero},
    {"abs", absolute},
    {"sign", sign},
    {"step", step},
    {"erf", error_function},
    {"relu", relu},
    {"relu, squared", relu_squared},
    {"leaky_relu", leaky_relu},
    {"elu", elu},
    {"sigmoid", sigmoid},
    {"tanh", tanh_},
    {"softplus", softplus},
    {"gelu", gelu},
    {"logit", logit},
    {"const", constant},
    {"uniform", uniform},
    {"param", param},
    {"detach", detach},
    {"add", add},
    {"sub", sub},
    {"mul", mul},
    {"div", divide},
    {"max", max},
    {"min", min},
    {"greater", greater},
    {"equal", equal},
    {"select", select_},
    {"select by value", select_by_value},
    {"fan-out", fan_out},
};

const op_cases cases_elementwise = {list, sizeof list / sizeof list[0]};
