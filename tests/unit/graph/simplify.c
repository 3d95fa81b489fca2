/* What builders leave out, and what they must not. */
#include "unit/graph/expect.h"

#include <math.h>

static int is_affine_of(const pv_graph *g, pv_node y, pv_node x, double scale, double shift)
{
    return is_op(g, y, PV_OP_AFFINE) && g->node[y].in[0] == x && g->node[y].attr.scale == scale &&
           g->node[y].attr.shift == shift;
}

static void affine(void **state)
{
    (void)state;
    pv_graph *g = new_graph();
    pv_node x = REAL(2, 3);
    assert_int_equal(pv_scale(g, x, 1), x);
    assert_true(is_affine_of(g, pv_affine(g, pv_affine(g, x, 2, 3), 4, 5), x, 8, 17));
    assert_int_equal(pv_neg(g, pv_neg(g, x)), x);
    assert_true(is_const_of(g, pv_affine(g, x, 0, 7), 7));
    EXPECT_SHAPE(pv_affine(g, x, 0, 7), 2, 3);
    assert_true(is_const_of(g, pv_affine(g, pv_const(g, 3, PV_SHAPE(2)), 2, 1), 7));
    /* products beyond the numbers stay two steps */
    pv_node far = pv_scale(g, pv_scale(g, x, 1e200), 1e200);
    assert_true(is_op(g, g->node[far].in[0], PV_OP_AFFINE));
    /* scaling happens before repeating */
    pv_node y = pv_scale(g, pv_broadcast(g, REAL(1, 3), PV_SHAPE(2, 3)), 2);
    assert_true(is_op(g, y, PV_OP_BROADCAST));
    EXPECT_SHAPE(g->node[y].in[0], 1, 3);
    assert_true(is_op(g, g->node[y].in[0], PV_OP_AFFINE));
    pv_graph_free(g);
}

static void with_constants(void **state)
{
    (void)state;
    pv_graph *g = new_graph();
    pv_node x = REAL(2, 3), two = pv_const(g, 2, SCALAR), zero = pv_const(g, 0, SCALAR);
    assert_true(is_affine_of(g, pv_add(g, x, two), x, 1, 2));
    assert_true(is_affine_of(g, pv_add(g, two, x), x, 1, 2));
    assert_true(is_affine_of(g, pv_sub(g, x, two), x, 1, -2));
    assert_true(is_affine_of(g, pv_sub(g, two, x), x, -1, 2));
    assert_true(is_affine_of(g, pv_mul(g, two, x), x, 2, 0));
    assert_true(is_affine_of(g, pv_div(g, x, two), x, 0.5, 0));
    pv_node inverse = pv_div(g, two, x);
    assert_true(is_op(g, inverse, PV_OP_AFFINE));
    assert_true(is_op(g, g->node[inverse].in[0], PV_OP_RECIP));
    assert_int_equal(pv_add(g, x, zero), x);
    assert_int_equal(pv_sub(g, x, zero), x);
    assert_int_equal(pv_mul(g, x, pv_const(g, 1, PV_SHAPE(3))), x);
    assert_true(is_const_of(g, pv_mul(g, x, zero), 0));
    EXPECT_SHAPE(pv_mul(g, x, zero), 2, 3);
    assert_true(is_op(g, pv_div(g, x, zero), PV_OP_DIV));
    assert_true(is_const_of(g, pv_add(g, two, two), 4));
    assert_true(is_const_of(g, pv_mul(g, two, pv_const(g, 3, PV_SHAPE(4))), 6));
    assert_true(is_op(g, pv_add(g, x, pv_const(g, (double)INFINITY, SCALAR)), PV_OP_ADD));
    assert_true(is_affine_of(g, pv_add(g, x, x), x, 2, 0));
    pv_graph_free(g);
}

static void powers(void **state)
{
    (void)state;
    pv_graph *g = new_graph();
    pv_node x = REAL(2);
    assert_true(is_const_of(g, pv_pow(g, x, 0), 1));
    assert_int_equal(pv_pow(g, x, 1), x);
    assert_true(is_op(g, pv_pow(g, x, 2), PV_OP_MUL));
    assert_true(is_op(g, pv_pow(g, x, -1), PV_OP_RECIP));
    assert_true(is_op(g, pv_pow(g, x, 0.5), PV_OP_SQRT));
    assert_true(is_op(g, pv_pow(g, x, -0.5), PV_OP_RSQRT));
    assert_true(is_op(g, pv_pow(g, x, 3), PV_OP_POW));
    pv_graph_free(g);
}

static void choices(void **state)
{
    (void)state;
    pv_graph *g = new_graph();
    pv_node x = REAL(2), y = REAL(2), c = REAL(2);
    assert_int_equal(pv_select(g, pv_const(g, 1, PV_SHAPE(2)), x, y), x);
    assert_int_equal(pv_select(g, pv_const(g, 0, PV_SHAPE(2)), x, y), y);
    assert_int_equal(pv_select(g, c, x, x), x);
    assert_true(is_op(g, pv_select(g, c, x, y), PV_OP_SELECT));
    pv_node r = pv_relu(g, x), d = pv_detach(g, x);
    assert_int_equal(pv_relu(g, r), r);
    assert_int_equal(pv_detach(g, d), d);
    assert_true(is_const_of(g, pv_detach(g, pv_const(g, 3, PV_SHAPE(2))), 3));
    assert_true(is_op(g, pv_step(g, pv_step(g, x)), PV_OP_STEP));
    pv_graph_free(g);
}

static void shapes(void **state)
{
    (void)state;
    pv_graph *g = new_graph();
    pv_node x = REAL(2, 3, 4);
    const int turn[] = {2, 0, 1}, back[] = {1, 2, 0}, still[] = {0, 1, 2};
    assert_int_equal(pv_reshape(g, x, PV_SHAPE(2, 3, 4)), x);
    assert_int_equal(pv_reshape(g, pv_reshape(g, x, PV_SHAPE(24)), PV_SHAPE(2, 3, 4)), x);
    pv_node twice = pv_reshape(g, pv_reshape(g, x, PV_SHAPE(24)), PV_SHAPE(6, 4));
    assert_int_equal(g->node[twice].in[0], x);
    assert_int_equal(pv_permute(g, x, 3, still), x);
    assert_int_equal(pv_permute(g, pv_permute(g, x, 3, turn), 3, back), x);
    pv_node turned = pv_permute(g, pv_permute(g, x, 3, turn), 3, turn);
    EXPECT_SHAPE(turned, 3, 4, 2);
    assert_int_equal(g->node[turned].in[0], x);
    assert_int_equal(g->node[turned].attr.axis[0], 1);
    assert_int_equal(pv_broadcast(g, x, PV_SHAPE(2, 3, 4)), x);
    pv_node row = REAL(1, 1, 4);
    pv_node wide = pv_broadcast(g, pv_broadcast(g, row, PV_SHAPE(1, 3, 4)), PV_SHAPE(2, 3, 4));
    assert_int_equal(g->node[wide].in[0], row);
    pv_node c = pv_const(g, 5, PV_SHAPE(6));
    assert_true(
        is_const_of(g, pv_broadcast(g, pv_reshape(g, c, PV_SHAPE(2, 3, 1)), PV_SHAPE(2, 3, 4)), 5));
    assert_true(is_const_of(g, pv_transpose(g, pv_const(g, 5, PV_SHAPE(2, 3))), 5));
    EXPECT_SHAPE(pv_transpose(g, pv_const(g, 5, PV_SHAPE(2, 3))), 3, 2);
    pv_graph_free(g);
}

static void blocks(void **state)
{
    (void)state;
    pv_graph *g = new_graph();
    pv_node x = REAL(8);
    const int64_t none[] = {0}, two[] = {2}, one[] = {1};
    assert_int_equal(pv_slice(g, x, none, PV_SHAPE(8)), x);
    assert_int_equal(pv_pad(g, x, none, PV_SHAPE(8)), x);
    pv_node inner = pv_slice(g, pv_slice(g, x, two, PV_SHAPE(5)), one, PV_SHAPE(2));
    assert_int_equal(g->node[inner].in[0], x);
    assert_int_equal(g->node[inner].attr.begin[0], 3);
    pv_node outer = pv_pad(g, pv_pad(g, x, two, PV_SHAPE(12)), one, PV_SHAPE(20));
    assert_int_equal(g->node[outer].in[0], x);
    assert_int_equal(g->node[outer].attr.begin[0], 3);
    assert_int_equal(pv_slice(g, pv_pad(g, x, two, PV_SHAPE(12)), two, PV_SHAPE(8)), x);
    assert_true(
        is_op(g, pv_slice(g, pv_pad(g, x, two, PV_SHAPE(12)), one, PV_SHAPE(8)), PV_OP_SLICE));
    assert_true(is_const_of(g, pv_slice(g, pv_const(g, 3, PV_SHAPE(8)), two, PV_SHAPE(4)), 3));
    assert_true(is_const_of(g, pv_pad(g, pv_const(g, 0, PV_SHAPE(2)), two, PV_SHAPE(8)), 0));
    assert_true(is_op(g, pv_pad(g, pv_const(g, 1, PV_SHAPE(2)), two, PV_SHAPE(8)), PV_OP_PAD));
    pv_graph_free(g);
}

static void sums(void **state)
{
    (void)state;
    pv_graph *g = new_graph();
    pv_node x = REAL(2, 3), thin = REAL(2, 1);
    assert_int_equal(pv_sum(g, thin, 1u << 1, 1), thin);
    assert_true(is_const_of(g, pv_sum(g, pv_const(g, 2, PV_SHAPE(4, 5)), 1u << 1, 1), 10));
    pv_node all = pv_sum(g, pv_sum(g, x, 1u << 0, 1), 1u << 1, 1);
    assert_int_equal(g->node[all].in[0], x);
    assert_int_equal(g->node[all].attr.axes, 3);
    pv_node scaled = pv_sum(g, pv_scale(g, x, 2), 1u << 0, 1);
    assert_true(is_op(g, scaled, PV_OP_AFFINE));
    assert_true(is_op(g, g->node[scaled].in[0], PV_OP_SUM));
    assert_true(is_op(g, pv_sum(g, pv_affine(g, x, 2, 1), 1u << 0, 1), PV_OP_SUM));
    /* what was repeated 5 times is added up 5 times */
    pv_node repeated = pv_broadcast(g, REAL(2, 1, 3), PV_SHAPE(2, 5, 3));
    pv_node once = pv_sum(g, repeated, 1u << 1, 1);
    assert_true(is_affine_of(g, once, g->node[repeated].in[0], 5, 0));
    /* and along other axes it is repeated after adding */
    pv_node both = pv_broadcast(g, REAL(1, 1, 3), PV_SHAPE(2, 5, 3));
    pv_node later = pv_sum(g, both, 1u << 1 | 1u << 2, 1);
    assert_true(is_op(g, later, PV_OP_BROADCAST));
    EXPECT_SHAPE(later, 2, 1, 1);
    /* two repeated alike are combined while they are small */
    pv_node product = pv_mul(g, pv_broadcast(g, REAL(1, 3), PV_SHAPE(2, 3)),
                             pv_broadcast(g, REAL(1, 3), PV_SHAPE(2, 3)));
    assert_true(is_op(g, product, PV_OP_BROADCAST));
    pv_graph_free(g);
}

/* Attributes compare by bytes: equal calls make equal bytes, whatever was on the stack. */
static void bytes_are_clean(void **state)
{
    (void)state;
    pv_graph *g = new_graph();
    pv_shape dirty;
    memset(&dirty, 0xA5, sizeof dirty);
    dirty.ndim = 1;
    dirty.dim[0] = 4;
    pv_node a = pv_const(g, 2, dirty), b = pv_const(g, 2, PV_SHAPE(4));
    assert_memory_equal(g->node[a].shape.dim, g->node[b].shape.dim, sizeof g->node[a].shape.dim);
    assert_memory_equal(&g->node[a].attr, &g->node[b].attr, sizeof(pv_attr));
    pv_node x = REAL(1, 4, 4, 1), w = REAL(1, 3, 3, 1);
    pv_node c = pv_conv2d(g, x, w, PV_NONE, (pv_conv_options){0});
    pv_node d = pv_conv2d(g, x, w, PV_NONE, (pv_conv_options){.stride = {1, 1}, .groups = 1});
    assert_memory_equal(&g->node[c].attr, &g->node[d].attr, sizeof(pv_attr));
    pv_graph_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(affine),  cmocka_unit_test(with_constants),  cmocka_unit_test(powers),
        cmocka_unit_test(choices), cmocka_unit_test(shapes),          cmocka_unit_test(blocks),
        cmocka_unit_test(sums),    cmocka_unit_test(bytes_are_clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
