#include "graph/graph_i.h"

#include <math.h>

/* Rules are written in terms of the result y where they can be: then a fused kernel need not keep
 * what went into it, and exp, tanh and sigmoid cost nothing again. */
static pv_node one_input(pv_graph *g, const pv_graph_node *node, pv_node y, pv_node gy)
{
    const pv_node x = node->in[0];
    const double e = node->attr.value;
    switch (node->op) {
    case PV_OP_AFFINE:
        return pv_scale(g, gy, node->attr.scale);
    case PV_OP_RECIP: /* -g y^2 */
        return pv_neg(g, pv_mul(g, gy, pv_square(g, y)));
    case PV_OP_EXP:
        return pv_mul(g, gy, y);
    case PV_OP_LOG:
        return pv_div(g, gy, x);
    case PV_OP_LOG1P:
        return pv_div(g, gy, pv_affine(g, x, 1, 1));
    case PV_OP_SQRT: /* g / (2 y) */
        return pv_scale(g, pv_div(g, gy, y), 0.5);
    case PV_OP_RSQRT: /* -g y^3 / 2 */
        return pv_scale(g, pv_mul(g, gy, pv_mul(g, y, pv_square(g, y))), -0.5);
    case PV_OP_POW: /* g e x^(e-1) */
        return pv_mul(g, gy, pv_scale(g, pv_pow(g, x, e - 1), e));
    case PV_OP_RELU:
        return pv_mul(g, gy, pv_step(g, y));
    case PV_OP_ABS:
        return pv_mul(g, gy, pv_sign(g, x));
    case PV_OP_TANH: /* g (1 - y^2) */
        return pv_mul(g, gy, pv_affine(g, pv_square(g, y), -1, 1));
    case PV_OP_SIGMOID: /* g y (1 - y) */
        return pv_mul(g, gy, pv_mul(g, y, pv_affine(g, y, -1, 1)));
    case PV_OP_SOFTPLUS:
        return pv_mul(g, gy, pv_sigmoid(g, x));
    case PV_OP_ERF: /* g 2/sqrt(pi) exp(-x^2) */
        return pv_mul(g, gy, pv_scale(g, pv_exp(g, pv_neg(g, pv_square(g, x))), M_2_SQRTPI));
    default:
        return PV_NONE;
    }
}

/* The share of the second input of max or min: ties go to the first. */
static void extremum(pv_graph *g, pv_node second_wins, pv_node gy, const int *need, pv_node *gin)
{
    if (need[0]) gin[0] = pv_mul(g, gy, pv_affine(g, second_wins, -1, 1));
    if (need[1]) gin[1] = pv_mul(g, gy, second_wins);
}

void pv_vjp_elementwise(pv_graph *g, const pv_graph_node *node, pv_node y, pv_node gy,
                        const int *need, pv_node *gin)
{
    const pv_node a = node->in[0], b = node->in[1];
    switch (node->op) {
    case PV_OP_ADD:
        if (need[0]) gin[0] = gy;
        if (need[1]) gin[1] = gy;
        break;
    case PV_OP_SUB:
        if (need[0]) gin[0] = gy;
        if (need[1]) gin[1] = pv_neg(g, gy);
        break;
    case PV_OP_MUL:
        if (a == b) { /* a square: 2 g a at once */
            if (need[0]) gin[0] = pv_scale(g, pv_mul(g, gy, a), 2);
            break;
        }
        if (need[0]) gin[0] = pv_mul(g, gy, b);
        if (need[1]) gin[1] = pv_mul(g, gy, a);
        break;
    case PV_OP_DIV: { /* g/b and -g y/b */
        pv_node share = pv_div(g, gy, b);
        if (need[0]) gin[0] = share;
        if (need[1]) gin[1] = pv_neg(g, pv_mul(g, share, y));
        break;
    }
    case PV_OP_MAX:
        extremum(g, pv_greater(g, b, a), gy, need, gin);
        break;
    case PV_OP_MIN:
        extremum(g, pv_greater(g, a, b), gy, need, gin);
        break;
    case PV_OP_SELECT: {
        pv_node zero = pv_const(g, 0, node->shape);
        if (need[1]) gin[1] = pv_select(g, a, gy, zero);
        if (need[2]) gin[2] = pv_select(g, a, zero, gy);
        break;
    }
    default:
        if (need[0]) gin[0] = one_input(g, node, y, gy);
    }
}
