/* The provider rebuilds samples from a view of what a customer sent: closer than their mean where
 * activations are the samples' own, no closer where they are noise. */
#include "../cut.h"

#include "attack/inversion/activations.h"

static const pv_budget budget = {.seed = 1};
static const pv_attack_option search[] = {{"steps", "150"}},
                              learn[] = {{"steps", "200"}, {"width", "12"}, {"refine", "0"}},
                              refine[] = {{"steps", "200"}, {"width", "12"}, {"refine", "150"}},
                              guess_both[] = {{"rounds", "8"}, {"restarts", "1"}};
static const struct attack {
    const pv_attack *a;
    const pv_attack_option *option;
    int options;
} attacks[] = {{&pv_attack_likelihood, search, 1},
               {&pv_attack_inverse_network, learn, 3},
               {&pv_attack_unsplit, guess_both, 2},
               {&pv_attack_inverse_network, refine, 3}};
enum { ATTACKS = sizeof attacks / sizeof attacks[0] };

/* Mean square error of step 2's rows; by the mean of the provider's own samples in *blind. */
static double error_of(cut *c, const struct attack *k, const pv_view *view, double *blind)
{
    pv_guess g;
    float *mean = pv_calloc((size_t)c->sample, 2 * sizeof *mean), *one = mean + c->sample;
    int64_t own = pv_data_count(c->own);
    double error;
    assert_non_null(mean);
    for (int64_t i = 0; i < own; i++) {
        pv_data_raw(c->own, i, one);
        for (int64_t p = 0; p < c->sample; p++) mean[p] += one[p] / (float)own;
    }
    CHECK_OK(cut_attack(&g, k->a, c, view, "alice", 2, k->option, k->options, &budget));
    assert_int_equal(g.item->batch, CUT_BATCH);
    assert_true(g.item->label == NULL && g.item->finished);
    for (int64_t p = 0; p < CUT_BATCH * c->sample; p++)
        assert_true(g.item->x[p] >= 0 && g.item->x[p] <= 1);
    error = recorded_error(g.item->x, c->x, CUT_BATCH * c->sample);
    *blind = 0;
    for (int64_t i = 0; i < CUT_BATCH; i++)
        *blind += recorded_error(mean, c->x + i * c->sample, c->sample) / CUT_BATCH;
    pv_guess_clear(&g);
    pv_free(mean);
    return error;
}

static void samples_come_back(void **state)
{
    (void)state;
    cut c;
    enum { REFINED = ATTACKS - 1 };
    double blind, error[ATTACKS], noise[ATTACKS];
    cut_begin(&c, "classes=3,5&", PV_SECRET_COMPLEMENT, 0, 3, 8);
    for (int noisy = 0; noisy <= 1; noisy++) {
        cut_again(&c, 8, noisy);
        const pv_view *view = cut_record(&c, "server", 1);
        for (int k = 0; k < ATTACKS; k++) {
            (noisy ? noise : error)[k] = error_of(&c, &attacks[k], view, &blind);
            print_message("%s%s: %.4f, blind %.4f\n", attacks[k].a->name, noisy ? " of noise" : "",
                          (noisy ? noise : error)[k], blind);
        }
        recorded_free(&c.view);
    }
    assert_true(error[0] < 0.4 * blind && error[1] < 0.5 * blind);
    assert_true(error[REFINED] < 0.7 * error[0] && error[REFINED] < 0.7 * error[1]);
    for (int k = 0; k < ATTACKS; k++) assert_true(noise[k] > 0.9 * blind);
    cut_end(&c);
}

static void the_same_again_within_its_budget(void **state)
{
    (void)state;
    cut c;
    cut_begin(&c, "classes=3,5&", PV_SECRET_COMPLEMENT, 1, 0, 32);
    cut_ask(&c, 0);
    const pv_view *view = cut_record(&c, "server", 1);
    for (int k = 0; k < ATTACKS; k++) {
        const pv_budget less = {.seed = 1, .evaluations = 10, .restarts = 1};
        pv_guess a, b;
        CHECK_OK(cut_attack(&a, attacks[k].a, &c, view, "alice", 4, NULL, 0, &less));
        CHECK_OK(cut_attack(&b, attacks[k].a, &c, view, "alice", 4, NULL, 0, &less));
        assert_int_equal(a.item->batch, cut_rows(4));
        assert_true(a.item->evaluations > 0 && a.item->evaluations < 50);
        assert_memory_equal(a.item->x, b.item->x,
                            (size_t)(a.item->batch * c.sample) * sizeof *a.item->x);
        pv_guess_clear(&b);
        const pv_budget none = {.seed = 1, .seconds = 1e-9};
        CHECK_OK(cut_attack(&b, attacks[k].a, &c, view, "alice", 4, NULL, 0, &none));
        assert_false(b.item->finished);
        pv_guess_clear(&a);
        pv_guess_clear(&b);
    }
    recorded_free(&c.view);
    cut_end(&c);
}

static void what_is_missing(void **state)
{
    (void)state;
    cut c;
    pv_guess g;
    const pv_attack_option wrong[] = {{"layers", "3"}};
    cut_begin(&c, "classes=3,5&", PV_SECRET_COMPLEMENT, 1, 0, 32);
    cut_ask(&c, 0);
    const pv_view *view = cut_record(&c, "server", 0);
    pv_public known = c.known;
    for (int k = 0; k < ATTACKS; k++) {
        const pv_budget less = {.seed = 1, .evaluations = 1, .restarts = 1};
        CHECK_FAILS(cut_attack(&g, attacks[k].a, &c, view, "alice", 3, NULL, 0, &less),
                    PV_ERR_NOT_FOUND, "the retention");
        CHECK_FAILS(cut_attack(&g, attacks[k].a, &c, view, "alice", 2, wrong, 1, &less),
                    PV_ERR_OPTION, "layers");
        c.known.crossing = NULL;
        CHECK_FAILS(cut_attack(&g, attacks[k].a, &c, view, "alice", 2, NULL, 0, &less),
                    PV_ERR_USAGE, "the form in which activations cross");
        c.known = known;
    }
    recorded_free(&c.view);
    float bad[2 * 256] = {0};
    bad[300] = NAN;
    const pv_part part = {"z", PV_U8, PV_SHAPE(2, 1024), bad};
    view = cut_malformed(&c, &part, 1);
    CHECK_FAILS(cut_attack(&g, &pv_attack_likelihood, &c, view, "alice", 2, NULL, 0, &budget),
                PV_ERR_RANGE, "row 1");
    recorded_free(&c.view);
    cut_end(&c);
}

static void memory_runs_out(void **state)
{
    (void)state;
    cut c;
    cut_begin(&c, "classes=3,5&", PV_SECRET_COMPLEMENT, 2, 0, 4);
    cut_ask(&c, 0);
    const pv_view *view = cut_record(&c, "server", 1);
    const pv_attack_option tiny[] = {{"width", "4"}, {"shadow", "3"}};
    for (int k = 0; k < 2; k++) { /* unsplit goes the way of likelihood */
        pv_status status;
        const pv_budget less = {.seed = 1, .evaluations = 1, .restarts = 1};
        CHECK_OUT_OF_MEMORY(status)
        {
            pv_guess g;
            status =
                cut_attack(&g, attacks[k].a, &c, view, "alice", 2, tiny, k == 1 ? 2 : 0, &less);
            if (status == PV_OK) pv_guess_clear(&g);
        }
    }
    recorded_free(&c.view);
    cut_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_come_back),
        cmocka_unit_test(the_same_again_within_its_budget),
        cmocka_unit_test(what_is_missing),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
