/* A hundred training steps, and the paper's interface with the bounds of a whole training, bit for
 * bit the reference's. */
#include "vertical_run.h"

static void hundred_steps(void **state)
{
    (void)state;
    run t;
    pv_boundary_settings s = pair_small();
    s.noise = 2;
    begin(&t, &s, 1);
    for (int i = 0; i < 100; i++)
        step(&t, i % 10 == 9 ? 1 + i / 30 : 4, 0.1 / (1 + 0.02 * i), i % 3 == 0 ? 2 : 0);
    double w[15], largest = 0;
    pv_boundary_weights(w, &t.p.b, pv_passive_share(t.p.passive), pv_active_share(t.p.active));
    for (int i = 0; i < 15; i++) {
        largest = fmax(largest, fabs(w[i]));
        double mine = mpz_get_d(t.r.w[i]);
        assert_true(fabs(ldexp(mine, -t.p.b.scale) - w[i]) <= 1e-15 * fabs(w[i]));
    }
    print_message("100 steps, largest weight %.3f of at most %.3g, %d activations clamped\n",
                  largest, t.p.b.weight_most, (int)pv_active_clamped(t.p.active));
    assert_true(largest <= t.p.b.weight_most);
    end(&t);
}

/* The paper's interface, with the bounds of a whole training. */
static void lenet(void **state)
{
    (void)state;
    run t;
    const pv_boundary_settings s = {.batch = 64,
                                    .width = 84,
                                    .outputs = 10,
                                    .steps = 9380,
                                    .lr = 0.05,
                                    .momentum = 0.9,
                                    .clamp = 16,
                                    .initial = 4,
                                    .bits = TEST_PAILLIER_BITS};
    begin(&t, &s, 2);
    step(&t, 64, 0.05, 0);
    step(&t, 37, 0.05, 0);
    predict(&t, 1);
    end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(hundred_steps), cmocka_unit_test(lenet)};
    return cmocka_run_group_tests(tests, open_key, close_key);
}
