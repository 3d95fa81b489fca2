#include "graph/graph_i.h"

#include <math.h>

pv_node pv_relu(pv_graph *g, pv_node x)
{
    return pv_unary(g, PV_OP_RELU, x);
}

pv_node pv_sigmoid(pv_graph *g, pv_node x)
{
    return pv_unary(g, PV_OP_SIGMOID, x);
}

pv_node pv_tanh(pv_graph *g, pv_node x)
{
    return pv_unary(g, PV_OP_TANH, x);
}

pv_node pv_softplus(pv_graph *g, pv_node x)
{
    return pv_unary(g, PV_OP_SOFTPLUS, x);
}

/* x times 1 or slope: the factor has no gradient, so any order of derivative is exact. */
pv_node pv_leaky_relu(pv_graph *g, pv_node x, double slope)
{
    return pv_mul(g, x, pv_affine(g, pv_step(g, x), 1 - slope, slope));
}

/* relu(x) + alpha*(exp(-relu(-x)) - 1): the exponent never grows, whatever x is. */
pv_node pv_elu(pv_graph *g, pv_node x, double alpha)
{
    pv_node below = pv_neg(g, pv_relu(g, pv_neg(g, x)));
    return pv_add(g, pv_relu(g, x), pv_affine(g, pv_exp(g, below), alpha, -alpha));
}

pv_node pv_gelu(pv_graph *g, pv_node x)
{
    pv_node phi = pv_affine(g, pv_erf(g, pv_scale(g, x, M_SQRT1_2)), 0.5, 0.5);
    return pv_mul(g, x, phi);
}

pv_node pv_logit(pv_graph *g, pv_node x)
{
    return pv_sub(g, pv_log(g, x), pv_log1p(g, pv_neg(g, x)));
}
