/* Probes: what they read where a label stands in the vector plainly, in a way that no line divides,
 * and not at all. */
#include "../recorded.h"

#include "attack/probe/probe.h"

#include <math.h>

enum { WIDTH = 6, TRAIN = 900, TEST = 400 };
enum { LINE, EXCLUSIVE_OR, NOTHING };

typedef struct scene {
    float *x;
    int32_t *label;
    pv_probe_set train, test;
} scene;

static void begin(scene *s, int which, double rare)
{
    pv_rng rng = pv_rng_make(3, PV_STREAM_TEST);
    s->x = pv_alloc((TRAIN + TEST) * WIDTH, sizeof *s->x);
    s->label = pv_alloc(TRAIN + TEST, sizeof *s->label);
    assert_true(s->x != NULL && s->label != NULL);
    for (int i = 0; i < TRAIN + TEST; i++) {
        float *x = s->x + i * WIDTH;
        for (int k = 0; k < WIDTH; k++) x[k] = (float)(100 + 7 * pv_rng_normal(&rng));
        x[WIDTH - 1] = 3; /* never moves */
        double a = x[0] - 100, b = x[1] - 100;
        s->label[i] = which == LINE           ? a + b > 0
                      : which == EXCLUSIVE_OR ? (a > 0) != (b > 0)
                                              : pv_rng_uniform(&rng) < rare;
    }
    s->train = (pv_probe_set){TRAIN, WIDTH, 2, s->x, s->label};
    s->test = (pv_probe_set){TEST, WIDTH, 2, s->x + TRAIN * WIDTH, s->label + TRAIN};
}

static void end(scene *s)
{
    pv_free(s->x);
    pv_free(s->label);
}

static double best_of(const pv_probe *p, pv_probe_kind kind)
{
    double best = 0;
    for (int i = 0; i < p->scores; i++)
        if (p->score[i].kind == kind) best = fmax(best, p->score[i].accuracy);
    return best;
}

static void what_stands_there_is_read(void **state)
{
    (void)state;
    scene s;
    pv_probe p;
    pv_probe_options o;
    pv_probe_defaults(&o);
    o.seeds = 1;
    begin(&s, LINE, 0);
    CHECK_OK(pv_probe_run(&p, &s.train, &s.test, &o, NULL));
    print_message("line: linear %.3f, kept %.3f, prior %.3f\n", best_of(&p, PV_PROBE_LINEAR),
                  p.score[p.best].accuracy, p.prior);
    assert_true(best_of(&p, PV_PROBE_LINEAR) > 0.97 && p.score[p.best].accuracy > 0.95);
    assert_true(p.scores == PV_PROBE_KINDS && p.finished);
    assert_true(fabs(p.prior - pv_probe_prior(s.test.label, TEST, 2)) < 1e-12);
    for (int i = 0; i < p.scores; i++) assert_true(p.score[i].held <= p.score[p.best].held);
    pv_probe_clear(&p);
    end(&s);
    begin(&s, EXCLUSIVE_OR, 0);
    CHECK_OK(pv_probe_run(&p, &s.train, &s.test, &o, NULL));
    print_message("xor: linear %.3f, small %.3f, large %.3f\n", best_of(&p, PV_PROBE_LINEAR),
                  best_of(&p, PV_PROBE_SMALL), best_of(&p, PV_PROBE_LARGE));
    assert_true(best_of(&p, PV_PROBE_LINEAR) < 0.65 && p.score[p.best].accuracy > 0.9);
    assert_true(p.score[p.best].kind != PV_PROBE_LINEAR);
    pv_probe_clear(&p);
    end(&s);
}

static void nothing_is_the_prior_not_a_half(void **state)
{
    (void)state;
    scene s;
    pv_probe p;
    pv_probe_options o;
    pv_probe_defaults(&o);
    o.seeds = 1;
    begin(&s, NOTHING, 0.2);
    CHECK_OK(pv_probe_run(&p, &s.train, &s.test, &o, NULL));
    print_message("nothing: kept %.3f, prior %.3f\n", p.score[p.best].accuracy, p.prior);
    assert_true(p.prior > 0.75 && p.score[p.best].accuracy < p.prior + 0.02);
    pv_probe_clear(&p);
    end(&s);
}

static void the_one_that_is_kept_answers(void **state)
{
    (void)state;
    scene s;
    pv_probe p, again;
    pv_probe_options o;
    float probability[TEST * 2], same[TEST * 2];
    int64_t right = 0;
    pv_probe_defaults(&o);
    o.seeds = 1;
    o.epochs = 3;
    begin(&s, LINE, 0);
    CHECK_OK(pv_probe_run(&p, &s.train, &s.test, &o, NULL));
    CHECK_OK(pv_probe_ask(probability, &p, s.test.x, TEST, NULL));
    for (int i = 0; i < TEST; i++) {
        assert_true(fabs(probability[2 * i] + probability[2 * i + 1] - 1) < 1e-5);
        right += (probability[2 * i + 1] > 0.5f) == s.test.label[i];
    }
    assert_true(fabs((double)right / TEST - p.score[p.best].accuracy) < 1e-9);
    CHECK_OK(pv_probe_run(&again, &s.train, NULL, &o, NULL));
    CHECK_OK(pv_probe_ask(same, &again, s.test.x, TEST, NULL));
    assert_memory_equal(probability, same, sizeof same);
    assert_true(isnan(again.score[0].accuracy) && again.prior == again.held_prior);
    assert_true(again.score[again.best].held == p.score[p.best].held);
    CHECK_OK(pv_probe_ask(same, &again, s.test.x, 0, NULL));
    pv_probe_clear(&again);
    o.seconds = 1e-9;
    CHECK_OK(pv_probe_run(&again, &s.train, NULL, &o, NULL));
    assert_true(again.scores == 1 && !again.finished);
    pv_probe_clear(&again);
    pv_probe_clear(&p);
    pv_probe_clear(&p);
    end(&s);
}

static void what_is_refused(void **state)
{
    (void)state;
    scene s;
    pv_probe p;
    pv_probe_options o;
    pv_probe_defaults(&o);
    begin(&s, LINE, 0);
    pv_probe_set bad = s.train;
    bad.n = 19;
    CHECK_FAILS(pv_probe_run(&p, &bad, NULL, &o, NULL), PV_ERR_INPUT, "at least 20 vectors");
    bad = s.test;
    bad.width--;
    CHECK_FAILS(pv_probe_run(&p, &s.train, &bad, &o, NULL), PV_ERR_MISMATCH, "vectors of 6");
    s.label[TRAIN + 2] = 2;
    CHECK_FAILS(pv_probe_run(&p, &s.train, &s.test, &o, NULL), PV_ERR_RANGE,
                "test vector 2 has label 2");
    s.x[5 * WIDTH] = NAN;
    CHECK_FAILS(pv_probe_run(&p, &s.train, NULL, &o, NULL), PV_ERR_RANGE,
                "training vector 5 has a number that is not finite");
    memset(s.label, 0, TRAIN * sizeof *s.label);
    CHECK_FAILS(pv_probe_run(&p, &s.train, NULL, &o, NULL), PV_ERR_INPUT, "one label");
    end(&s);
}

static void memory_runs_out(void **state)
{
    (void)state;
    scene s;
    pv_probe_options o;
    pv_status status;
    pv_probe_defaults(&o);
    o.kinds = o.seeds = 1;
    o.epochs = 1;
    begin(&s, LINE, 0);
    s.train.n = 60;
    s.test.n = 20;
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_probe p;
        float probability[2];
        status = pv_probe_run(&p, &s.train, &s.test, &o, NULL);
        if (status == PV_OK) status = pv_probe_ask(probability, &p, s.test.x, 1, NULL);
        pv_probe_clear(&p);
    }
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_stands_there_is_read),
        cmocka_unit_test(nothing_is_the_prior_not_a_half),
        cmocka_unit_test(the_one_that_is_kept_answers),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
