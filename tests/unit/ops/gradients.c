/* First and second derivatives of every operation and builder against finite differences.
 *
 * For y = op(inputs) and a random cotangent u (an input as well):
 *     f = <u, y>              first order:  pv_grad(y, u)  against differences of f
 *     s = sum_i ||df/dx_i||²  second order: pv_grad(s)     against differences of s
 * in float64. u counts among the inputs of s, so that the adjoints of linear operations are
 * differentiated too. Differences have fourth order, (8(f(h)-f(-h)) - (f(2h)-f(-2h))) / 12h, and
 * the error of a derivative is max|a-b| / max|b| over all inputs together (absolute below 1e-3, so
 * that derivatives that are zero can be compared).
 *
 * PV_TEST_SEED=n draws other shapes and values.
 */
#include "ops.h"

#include "privet/plan.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 5, TRIED = 24 };
static const double STEP = 1e-3, TOLERANCE = 1e-6;

static const op_cases *const groups[] = {&cases_elementwise, &cases_shape, &cases_reduce,
                                         &cases_product,     &cases_image, &cases_layer};
enum { GROUPS = sizeof groups / sizeof groups[0] };

static uint64_t seed = 1;
static int used[PV_OP_COUNT]; /* operations that some case is built of */

typedef struct check {
    draw d;
    pv_node f, s, up;
    pv_node first[DRAW_INPUTS], second[DRAW_INPUTS]; /* PV_NONE for indices */
    pv_plan *values, *all;
} check;

static int is_real(const check *c, int i)
{
    return pv_node_dtype(c->d.g, c->d.input[i].node) != PV_I32;
}

static void build(check *c, const op_case *what, uint64_t number)
{
    draw *d = &c->d;
    pv_node x[DRAW_INPUTS], gx[DRAW_INPUTS], output[2 * DRAW_INPUTS + 2];
    const pv_plan_options reference = {.size = sizeof reference, .backend = PV_BACKEND_REF};
    int n = 0, outputs = 0;

    draw_begin(d, seed, number);
    pv_node y = what->build(d);
    OK(pv_graph_check(d->g));
    for (int32_t i = 0; i < pv_graph_size(d->g); i++) used[d->g->node[i].op]++;

    for (int i = 0; i < d->count; i++)
        if (is_real(c, i)) x[n++] = d->input[i].node;
    c->up = draw_normal(d, *pv_node_shape(d->g, y));
    c->f = pv_sum(d->g, pv_mul(d->g, c->up, y), 0, 0);
    OK(pv_grad(d->g, &y, &c->up, 1, x, n, gx));
    c->s = pv_const(d->g, 0.0, (pv_shape){0});
    for (int i = 0, k = 0; i < d->count; i++) {
        int wanted = i < d->count - 1 && is_real(c, i);
        c->first[i] = wanted ? gx[k++] : PV_NONE;
        if (wanted) c->s = pv_add(d->g, c->s, pv_sum(d->g, pv_square(d->g, c->first[i]), 0, 0));
    }
    x[n++] = c->up;
    OK(pv_grad(d->g, &c->s, NULL, 1, x, n, gx));
    for (int i = 0, k = 0; i < d->count; i++) c->second[i] = is_real(c, i) ? gx[k++] : PV_NONE;

    output[outputs++] = c->f;
    output[outputs++] = c->s;
    OK(pv_compile(&c->values, d->g, output, outputs, &reference));
    for (int i = 0; i < d->count; i++) {
        if (c->first[i] != PV_NONE) output[outputs++] = c->first[i];
        if (c->second[i] != PV_NONE) output[outputs++] = c->second[i];
    }
    OK(pv_compile(&c->all, d->g, output, outputs, &reference));
}

static void clear(check *c)
{
    pv_plan_free(c->values);
    pv_plan_free(c->all);
    draw_end(&c->d);
}

static void write_input(check *c, pv_plan *plan, int i)
{
    const draw_input *in = &c->d.input[i];
    if (is_real(c, i)) {
        OK(pv_plan_write(plan, in->node, in->value, PV_F64));
        return;
    }
    int32_t index[256];
    assert_true(in->count <= 256);
    for (int64_t k = 0; k < in->count; k++) index[k] = (int32_t)in->value[k];
    OK(pv_plan_write(plan, in->node, index, PV_I32));
}

static void run(pv_plan *plan)
{
    pv_plan_set_step(plan, 0); /* the same dropout every time */
    OK(pv_run(plan));
}

/* f and s at one point beside the drawn one. */
static void values_at(check *c, int i, int64_t k, double by, double out[2])
{
    draw_input *in = &c->d.input[i];
    double saved = in->value[k];
    in->value[k] = saved + by;
    write_input(c, c->values, i);
    in->value[k] = saved;
    run(c->values);
    OK(pv_plan_read(c->values, c->f, &out[0], PV_F64));
    OK(pv_plan_read(c->values, c->s, &out[1], PV_F64));
}

static void differences(check *c, int i, int64_t k, double out[2])
{
    double value[4][2];
    static const double at[4] = {-2, -1, 1, 2};
    for (int t = 0; t < 4; t++) values_at(c, i, k, at[t] * STEP, value[t]);
    for (int o = 0; o < 2; o++)
        out[o] = (8 * (value[2][o] - value[1][o]) - (value[3][o] - value[0][o])) / (12 * STEP);
}

/* error[0], error[1]: of first and second order. */
static void compare(check *c, double error[2])
{
    double worst[2] = {0}, scale[2] = {1e-3, 1e-3}, expected[2];
    for (int i = 0; i < c->d.count; i++) {
        write_input(c, c->values, i);
        write_input(c, c->all, i);
    }
    run(c->all);
    for (int i = 0; i < c->d.count; i++) {
        draw_input *in = &c->d.input[i];
        pv_node derivative[2] = {c->first[i], c->second[i]};
        double *value[2];
        int64_t stride = 1 + in->count / TRIED;
        if (!is_real(c, i)) continue;
        for (int o = 0; o < 2; o++) {
            value[o] = pv_calloc((size_t)in->count, sizeof(double));
            assert_non_null(value[o]);
            if (derivative[o] != PV_NONE) OK(pv_plan_read(c->all, derivative[o], value[o], PV_F64));
        }
        for (int64_t k = draw_int(&c->d, 0, stride - 1) % in->count; k < in->count; k += stride) {
            differences(c, i, k, expected);
            for (int o = 0; o < 2; o++) {
                if (derivative[o] == PV_NONE) continue;
                worst[o] = fmax(worst[o], fabs(value[o][k] - expected[o]));
                if (isnan(value[o][k])) worst[o] = INFINITY;
                scale[o] = fmax(scale[o], fabs(expected[o]));
            }
        }
        write_input(c, c->values, i);
        for (int o = 0; o < 2; o++) pv_free(value[o]);
    }
    for (int o = 0; o < 2; o++) error[o] = worst[o] / scale[o];
}

/* Runs a case over random shapes; returns 0 when a derivative is wrong. */
static int derivatives_are_right(const op_case *what, uint64_t number)
{
    double largest[2] = {0};
    int right = 1;
    for (int r = 0; r < ROUNDS; r++) {
        check c = {0};
        double error[2];
        build(&c, what, number * ROUNDS + (uint64_t)r);
        compare(&c, error);
        for (int o = 0; o < 2; o++) {
            largest[o] = fmax(largest[o], error[o]);
            if (error[o] <= TOLERANCE) continue;
            right = 0;
            print_error("%s: order %d, round %d: error %.3g (PV_TEST_SEED=%llu)\n", what->name,
                        o + 1, r, error[o], (unsigned long long)seed);
        }
        clear(&c);
    }
    print_message("%-22s %.1e %.1e\n", what->name, largest[0], largest[1]);
    return right;
}

static void derivatives_agree_with_differences(void **state)
{
    (void)state;
    int wrong = 0;
    uint64_t number = 0;
    print_message("%-22s %-7s %s\n", "case", "first", "second order: largest relative error");
    for (int k = 0; k < GROUPS; k++)
        for (int i = 0; i < groups[k]->count; i++)
            wrong += !derivatives_are_right(&groups[k]->list[i], number++);
    assert_int_equal(wrong, 0);
}

static void every_operation_has_a_case(void **state)
{
    (void)state;
    int missing = 0;
    for (int op = 0; op < PV_OP_COUNT; op++)
        if (!used[op]) {
            print_error("no case is built of %s\n", pv_op_name((pv_op)op));
            missing++;
        }
    assert_int_equal(missing, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(derivatives_agree_with_differences),
        cmocka_unit_test(every_operation_has_a_case), /* counts what the test before built */
    };
    if (getenv("PV_TEST_SEED") != NULL) seed = strtoull(getenv("PV_TEST_SEED"), NULL, 10);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
