/* Every case on the fast backend against the reference: y, first and second derivatives, from the
 * same inputs, which float32 holds exactly. Prints the largest error of each case. */
#include "derive.h"

#include <math.h>

enum { ROUNDS = 5 };
static const double FIRST = 2e-5, SECOND = 1e-3;

/* max|a-b| / max|b| over one tensor of both plans; absolute below 1e-3. */
static double difference(const derived *c, const pv_plan *fast, const pv_plan *ref, pv_node x)
{
    int64_t n = pv_shape_count(pv_node_shape(c->d.g, x));
    double worst = 0.0, scale = 1e-3;
    double *a = pv_alloc((size_t)n, sizeof *a), *b = pv_alloc((size_t)n, sizeof *b);
    assert_non_null(a);
    assert_non_null(b);
    CHECK_OK(pv_plan_read(fast, x, a, PV_F64));
    CHECK_OK(pv_plan_read(ref, x, b, PV_F64));
    for (int64_t i = 0; i < n; i++) {
        double e = fabs(a[i] - b[i]);
        worst = e <= worst ? worst : e; /* NaN is the worst */
        scale = fmax(scale, fabs(b[i]));
    }
    pv_free(a);
    pv_free(b);
    return worst / scale;
}

static void larger(double *largest, double e)
{
    if (!(e <= *largest)) *largest = e;
}

static int backends_agree(const op_case *what, uint64_t number)
{
    double error[3] = {0};
    for (uint64_t r = 0; r < ROUNDS; r++) {
        derived c = {0};
        derive_build(&c, what, derive_seed(), number * ROUNDS + r);
        pv_plan *fast = derive_compile(&c, PV_BACKEND_FAST, 1);
        pv_plan *ref = derive_compile(&c, PV_BACKEND_REF, 1);
        derive_write_all(&c, fast);
        derive_write_all(&c, ref);
        derive_run(fast);
        derive_run(ref);
        larger(&error[0], difference(&c, fast, ref, c.y));
        for (int i = 0; i < c.d.count; i++) {
            if (c.first[i] != PV_NONE) larger(&error[1], difference(&c, fast, ref, c.first[i]));
            if (c.second[i] != PV_NONE) larger(&error[2], difference(&c, fast, ref, c.second[i]));
        }
        pv_plan_free(fast);
        pv_plan_free(ref);
        derive_clear(&c);
    }
    int right = error[0] <= FIRST && error[1] <= FIRST && error[2] <= SECOND;
    print_message("%-20s %.1e  %.1e  %.1e%s\n", what->name, error[0], error[1], error[2],
                  right ? "" : "  TOO LARGE");
    return right;
}

static void fast_agrees_with_reference(void **state)
{
    (void)state;
    int wrong = 0;
    uint64_t number = 0;
    print_message("%-20s %-7s  %-7s  %s (PV_TEST_SEED=%llu)\n", "case", "value", "first", "second",
                  (unsigned long long)derive_seed());
    for (int k = 0; k < all_cases_count; k++)
        for (int i = 0; i < all_cases[k]->count; i++)
            wrong += !backends_agree(&all_cases[k]->list[i], number++);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(fast_agrees_with_reference)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
