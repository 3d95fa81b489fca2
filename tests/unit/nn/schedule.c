#include "check.h"

#include "privet/optim.h"
#include <math.h>

static void near(double a, double b)
{
    if (!(fabs(a - b) <= 1e-12 * fmax(1, fabs(b)))) print_error("%.17g is not %.17g\n", a, b);
    assert_true(fabs(a - b) <= 1e-12 * fmax(1, fabs(b)));
}

static void known_values(void **state)
{
    (void)state;
    pv_schedule s = {.kind = PV_SCHEDULE_CONSTANT, .lr = 0.5};
    near(pv_schedule_lr(&s, 0), 0.5);
    near(pv_schedule_lr(&s, 1000000), 0.5);
    s = (pv_schedule){.kind = PV_SCHEDULE_STEP, .lr = 1, .every = 10, .gamma = 0.5};
    near(pv_schedule_lr(&s, 9), 1);
    near(pv_schedule_lr(&s, 10), 0.5);
    near(pv_schedule_lr(&s, 29), 0.25);
    s.gamma = 0;
    near(pv_schedule_lr(&s, 10), 0.1);
    s = (pv_schedule){.kind = PV_SCHEDULE_POLY, .lr = 2, .steps = 10, .power = 2};
    near(pv_schedule_lr(&s, 0), 2);
    near(pv_schedule_lr(&s, 5), 0.5);
    near(pv_schedule_lr(&s, 10), 0);
    near(pv_schedule_lr(&s, 11), 0);
    s = (pv_schedule){.kind = PV_SCHEDULE_COSINE, .lr = 1, .steps = 8, .floor = 0.2};
    near(pv_schedule_lr(&s, 0), 1);
    near(pv_schedule_lr(&s, 4), 0.6);
    near(pv_schedule_lr(&s, 8), 0.2);
    s.warmup = 4;
    near(pv_schedule_lr(&s, 0), 0.25);
    near(pv_schedule_lr(&s, 3), 1);
    near(pv_schedule_lr(&s, 4), 1);
    near(pv_schedule_lr(&s, 6), 0.6);
    near(pv_schedule_lr(&s, 8), 0.2);
}

static void names(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pv_schedule_by_name(pv_schedule_name((pv_schedule_kind)i)), i);
    assert_int_equal(pv_schedule_by_name("linear"), -1);
    assert_null(pv_schedule_name((pv_schedule_kind)4));
    assert_int_equal(pv_optim_by_name("adamw"), PV_ADAMW);
    assert_int_equal(pv_optim_by_name("adagrad"), 0);
    assert_string_equal(pv_optim_name(PV_SGD), "sgd");
    assert_null(pv_optim_name((pv_optim_kind)0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_values),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
