/* First and second derivatives of every operation and builder, in float64, against differences of
 * fourth order, (8(f(h)-f(-h)) - (f(2h)-f(-2h))) / 12h, over random shapes.
 *
 * The error of a derivative is max|a-b| / max|b| over all inputs together; absolute below 1e-3, so
 * that derivatives that are zero can be compared. Prints the largest error of each case.
 * PV_TEST_SEED=n draws other shapes and values.
 */
#include "derive.h"

#include <math.h>
#include <string.h>

enum { ROUNDS = 20, TRIED = 24 };
static const double STEP = 1e-3, TOLERANCE = 1e-6;

static int used[PV_OP_COUNT]; /* operations that some case is built of */

/* f and s where element k of an input is moved. */
static void values_at(derived *c, pv_plan *plan, int input, int64_t k, double by, double out[2])
{
    double *value = &c->d.input[input].value[k], saved = *value;
    *value = saved + by;
    derive_write(c, plan, input);
    *value = saved;
    derive_run(plan);
    CHECK_OK(pv_plan_read(plan, c->f, &out[0], PV_F64));
    CHECK_OK(pv_plan_read(plan, c->s, &out[1], PV_F64));
}

/* df and ds by element k of an input. */
static void differences(derived *c, pv_plan *plan, int input, int64_t k, double out[2])
{
    static const double at[4] = {-2, -1, 1, 2};
    double value[4][2];
    for (int t = 0; t < 4; t++) values_at(c, plan, input, k, at[t] * STEP, value[t]);
    for (int o = 0; o < 2; o++)
        out[o] = (8 * (value[2][o] - value[1][o]) - (value[3][o] - value[0][o])) / (12 * STEP);
}

static double *read(const pv_plan *plan, pv_node x, int64_t count)
{
    double *value = pv_calloc((size_t)count, sizeof *value);
    assert_non_null(value);
    if (x != PV_NONE) CHECK_OK(pv_plan_read(plan, x, value, PV_F64));
    return value;
}

/* The errors of first and second order of one drawn case. Of large inputs every so many-th element
 * is tried. */
static void errors(derived *c, double error[2])
{
    double worst[2] = {0}, scale[2] = {1e-3, 1e-3}, expected[2];
    pv_plan *values = derive_compile(c, PV_BACKEND_REF, 0);
    pv_plan *derivatives = derive_compile(c, PV_BACKEND_REF, 1);
    derive_write_all(c, values);
    derive_write_all(c, derivatives);
    derive_run(derivatives);
    for (int i = 0; i < c->d.count; i++) {
        if (!derive_is_real(c, i)) continue;
        int64_t count = c->d.input[i].count, stride = 1 + count / TRIED;
        pv_node node[2] = {c->first[i], c->second[i]};
        double *value[2] = {read(derivatives, node[0], count), read(derivatives, node[1], count)};
        for (int64_t k = draw_int(&c->d, 0, stride - 1) % count; k < count; k += stride) {
            differences(c, values, i, k, expected);
            for (int o = 0; o < 2; o++) {
                if (node[o] == PV_NONE) continue;
                double e = fabs(value[o][k] - expected[o]);
                worst[o] = e <= worst[o] ? worst[o] : e; /* NaN is the worst */
                scale[o] = fmax(scale[o], fabs(expected[o]));
            }
        }
        derive_write(c, values, i);
        pv_free(value[0]);
        pv_free(value[1]);
    }
    for (int o = 0; o < 2; o++) error[o] = worst[o] / scale[o];
    pv_plan_free(values);
    pv_plan_free(derivatives);
}

/* Runs a case over random shapes; returns 0 when a derivative is wrong. */
static int derivatives_are_right(const op_case *what, uint64_t number)
{
    double largest[2] = {0};
    int right = 1;
    for (uint64_t r = 0; r < ROUNDS; r++) {
        derived c = {0};
        double error[2];
        derive_build(&c, what, derive_seed(), number * ROUNDS + r);
        for (int i = 0; i < c.nodes; i++) used[c.d.g->node[i].op]++;
        errors(&c, error);
        for (int o = 0; o < 2; o++) {
            largest[o] = error[o] <= largest[o] ? largest[o] : error[o];
            if (error[o] <= TOLERANCE) continue;
            right = 0;
            print_error("%s: order %d, round %d: error %.3g (PV_TEST_SEED=%llu)\n", what->name,
                        o + 1, (int)r, error[o], (unsigned long long)derive_seed());
        }
        derive_clear(&c);
    }
    print_message("%-20s %.1e  %.1e\n", what->name, largest[0], largest[1]);
    return right;
}

static void derivatives_agree_with_differences(void **state)
{
    (void)state;
    int wrong = 0;
    uint64_t number = 0;
    print_message("%-20s %-7s  %s\n", "case", "first", "second order: largest relative error");
    for (int k = 0; k < all_cases_count - 1; k++)
        for (int i = 0; i < all_cases[k]->count; i++)
            wrong += !derivatives_are_right(&all_cases[k]->list[i], number++);
    assert_int_equal(wrong, 0);
}

/* Needs the test before, which counts what cases are built of. */
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

/* The control: half of the derivative of x² is missing where one factor is detached. */
static pv_node half_detached(draw *d)
{
    pv_node x = draw_normal(d, PV_SHAPE(5));
    return pv_mul(d->g, x, pv_detach(d->g, x));
}

static void a_wrong_derivative_is_noticed(void **state)
{
    (void)state;
    derived c = {0};
    double error[2];
    derive_build(&c, &(op_case){"half detached", half_detached}, derive_seed(), 0);
    errors(&c, error);
    assert_float_equal(error[0], 0.5, 1e-6);
    derive_clear(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(derivatives_agree_with_differences),
        cmocka_unit_test(every_operation_has_a_case),
        cmocka_unit_test(a_wrong_derivative_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
