/* Controls of audits of a network that is cut: what is in a positive one and in no negative one,
 * and that the attacks succeed and fail on them as they must. PV_SEEDS: how many seeds each (1);
 * PV_NOISE: of slow ones, the noise of the run that is audited (0). */
#include "attack/extraction/student.h"
#include "attack/inversion/activations.h"
#include "attack/probe/attacks.h"
#include "base/file.h"
#include "check.h"
#include "run/audit_i.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64], path[96];
static double noise; /* of the run that is audited */

static int begin(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/controls-XXXXXX");
    if (mkdtemp(folder) == NULL) return -1;
    snprintf(path, sizeof path, "%s/control.pvv", folder);
    return 0;
}

static int end(void **state)
{
    (void)state;
    return rmdir(folder);
}

static int seeds(void)
{
    const char *text = getenv("PV_SEEDS");
    int n = text != NULL ? atoi(text) : 0;
    return n > 0 ? n : 1;
}

static pv_queries_plan plan_of(const pv_attack *a, int positive, uint64_t seed)
{
    int cheap = strcmp(a->wants, "rows") != 0;
    return (pv_queries_plan){.path = path,
                             .wants = a->wants,
                             .kind = cheap ? PV_DATA_TABLE : PV_DATA_IMAGE,
                             .secret = PV_SECRET_COMPLEMENT,
                             .classes = 2,
                             .rows = cheap ? 200 : 8,
                             .shadows = cheap ? 1000 : 600,
                             .noise = noise,
                             .positive = positive,
                             .seed = seed};
}

/* The attack on a control, scored as an audit does. */
static void attack(pv_score *s, const pv_attack *a, const pv_queries_plan *plan, double *chance)
{
    pv_control_view c;
    pv_guess g;
    const pv_view *view[1];
    pv_budget budget = {.seed = 1};
    CHECK_OK(pv_control_queries_make(&c, plan, NULL));
    pv_public known = {.scheme = "control", .model = c.model, .samples = 1};
    known.classes = pv_model_what(c.model).classes;
    pv_known_tell(&known, &c.known);
    view[0] = c.view;
    CHECK_OK(pv_guess_init(&g, c.answers.count));
    CHECK_OK(a->run(&g, view, 1, &known, c.target, c.answers.count, NULL, 0, &budget, NULL));
    pv_shape sample = pv_model_what(c.model).sample;
    int64_t width = pv_shape_count(&sample);
    float *zero = pv_calloc((size_t)width, sizeof *zero);
    assert_non_null(zero);
    int image = plan->kind == PV_DATA_IMAGE;
    pv_scorer how = {
        .distance = {.width = width, .criterion = image ? PV_CRITERION_IMAGE : PV_CRITERION_TABLE},
        .sample = sample,
        .image = image,
        .baseline = zero,
        .decoy = c.answers.item[0].x,
        .decoys = strcmp(a->wants, "rows") == 0 ? c.answers.item[0].batch : 0,
        .rows = 1,
        .classes = known.classes};
    CHECK_OK(pv_score_init(s, &how, &g, &c.answers));
    CHECK_OK(pv_labels_chance(chance, &g, &c.answers, 0, known.classes, 1));
    *chance /= (double)s->samples;
    pv_free(zero);
    pv_guess_clear(&g);
    pv_control_view_clear(&c);
}

/* As an audit judges them: 80 % of what is above chance, at least; 40 % at most. */
static void of_labels(const pv_attack *a, pv_secret_kind kind, int classes)
{
    int failed[2] = {0, 0};
    for (int seed = 1; seed <= seeds(); seed++)
        for (int positive = 0; positive < 2; positive++) {
            pv_queries_plan plan =
                plan_of(a, positive, (uint64_t)seed + (positive ? 1000003 : 2000003));
            pv_score s;
            double chance;
            plan.secret = kind;
            plan.classes = classes;
            if (20 * classes * classes > plan.shadows) plan.shadows = 20 * classes * classes;
            attack(&s, a, &plan, &chance);
            double share = (double)s.labels / (double)s.samples;
            int holds = positive ? share >= chance + 0.8 * (1 - chance)
                                 : share <= chance + 0.4 * (1 - chance);
            if (!holds)
                print_message("%s, %s, %d classes, seed %d, %s: %.3f, chance %.3f\n", a->name,
                              pv_secret_kind_name(kind), classes, seed,
                              positive ? "positive" : "negative", share, chance);
            failed[positive] += !holds;
            pv_score_clear(&s);
        }
    print_message("%s, %s, %d classes: of %d seeds, %d positive and %d negative controls fail\n",
                  a->name, pv_secret_kind_name(kind), classes, seeds(), failed[1], failed[0]);
    assert_int_equal(failed[0] + failed[1], 0);
}

static void of_probes(void **state)
{
    (void)state;
    if (getenv("PV_SLOW") != NULL) skip();
    of_labels(&pv_attack_secret_probe, PV_SECRET_COMPLEMENT, 2);
    of_labels(&pv_attack_probe, PV_SECRET_COMPLEMENT, 2);
    of_labels(&pv_attack_secret_probe, PV_SECRET_OFFSET, 5);
    of_labels(&pv_attack_probe, PV_SECRET_PERMUTATION, 4);
    noise = 4;
    of_labels(&pv_attack_secret_probe, PV_SECRET_COMPLEMENT, 2);
    noise = 0;
}

static void of_students(void **state)
{
    (void)state;
    if (getenv("PV_SLOW") != NULL) skip();
    of_labels(&pv_attack_student, PV_SECRET_COMPLEMENT, 2);
    noise = 4;
    of_labels(&pv_attack_student, PV_SECRET_COMPLEMENT, 2);
    noise = 0;
}

static void of_samples(const pv_attack *a, pv_data_kind kind)
{
    int failed[2] = {0, 0}, unnamed[2] = {0, 0};
    for (int seed = 1; seed <= seeds(); seed++)
        for (int positive = 0; positive < 2; positive++) {
            pv_queries_plan plan =
                plan_of(a, positive, (uint64_t)seed + (positive ? 1000003 : 2000003));
            pv_score s;
            double chance;
            plan.kind = kind;
            attack(&s, a, &plan, &chance);
            double n = (double)s.samples;
            int holds = a->rough   ? 1
                        : positive ? (double)s.recovered >= 0.8 * n
                                   : (double)s.recovered <= 0.1 * n;
            int named = positive ? (double)s.identified >= 0.8 * n
                                 : (double)s.identified <= n * (1 / 8.0 + 0.4 * 7 / 8);
            if (!holds || !named)
                print_message("%s, seed %d, %s: %d recovered, %d identified of %d\n", a->name, seed,
                              positive ? "positive" : "negative", (int)s.recovered,
                              (int)s.identified, (int)s.samples);
            failed[positive] += !holds;
            unnamed[positive] += !named;
            pv_score_clear(&s);
        }
    print_message("%s: of %d seeds, %d positive and %d negative controls fail; of identification "
                  "%d and %d\n",
                  a->name, seeds(), failed[1], failed[0], unnamed[1], unnamed[0]);
    assert_int_equal(failed[0] + failed[1], 0);
    if (a->rough) assert_int_equal(unnamed[1], 0);
}

static void of_searches(void **state)
{
    (void)state;
    if (getenv("PV_SLOW") != NULL) skip();
    of_samples(&pv_attack_likelihood, PV_DATA_IMAGE);
    of_samples(&pv_attack_likelihood, PV_DATA_TABLE);
    noise = 4;
    of_samples(&pv_attack_likelihood, PV_DATA_IMAGE);
    noise = 0;
}

/* Slow: asked for by name, PV_SLOW=inverse-network or unsplit, and run without the others. */
static void of_slow_ones(void **state)
{
    const char *which = getenv("PV_SLOW");
    (void)state;
    const char *text = getenv("PV_NOISE");
    if (which == NULL) skip();
    noise = text != NULL ? atof(text) : 0;
    of_samples(strcmp(which, "unsplit") == 0 ? &pv_attack_unsplit : &pv_attack_inverse_network,
               PV_DATA_IMAGE);
}

static void queries_of(pv_control_view *c, double of_run)
{
    pv_queries_plan plan = plan_of(&pv_attack_secret_probe, 1, 3);
    plan.noise = of_run;
    CHECK_OK(pv_control_queries_make(c, &plan, NULL));
}

/* ---- the same row of the same control, noised or not: up to what still lets attacks succeed */
static void noise_is_put_on(void **state)
{
    (void)state;
    static const double run[] = {0, 0.05, 4};
    double spread[3];
    for (int k = 0; k < 3; k++) {
        pv_control_view c;
        queries_of(&c, run[k]);
        assert_true(c.known.front.noise == (run[k] < PV_CONTROL_NOISE ? run[k] : PV_CONTROL_NOISE));
        spread[k] = c.known.front.spread;
        pv_control_view_clear(&c);
    }
    assert_true(spread[0] == 0 && spread[1] > 0 && spread[1] == spread[2]);
}

/* ---- nothing of what a negative control asks about is in its view */
static void truths_are_drawn_anew(void **state)
{
    (void)state;
    pv_control_view yes, no;
    pv_queries_plan plan = plan_of(&pv_attack_secret_probe, 1, 3);
    char other[112];
    CHECK_OK(pv_control_queries_make(&yes, &plan, NULL));
    snprintf(other, sizeof other, "%s/other.pvv", folder);
    plan.path = other;
    plan.positive = 0;
    CHECK_OK(pv_control_queries_make(&no, &plan, NULL));
    int64_t same = 0;
    for (size_t t = 0; t < yes.answers.count; t++)
        for (int64_t i = 0; i < yes.answers.item[t].batch; i++)
            same += yes.answers.item[t].label[i] == no.answers.item[t].label[i];
    assert_int_equal(yes.answers.samples, 200);
    assert_in_range(same, 60, 140);
    assert_string_equal(pv_view_header_of(yes.view)->role, "provider");
    assert_int_equal(pv_data_count(yes.known.own_data), 1000);
    assert_non_null(yes.known.back.model);
    pv_control_view_clear(&yes);
    pv_control_view_clear(&no);
    plan = plan_of(&pv_attack_student, 1, 3);
    CHECK_OK(pv_control_queries_make(&yes, &plan, NULL));
    assert_string_equal(pv_view_header_of(yes.view)->role, "customer");
    assert_null(yes.known.back.model);        /* that is what it is after */
    assert_int_equal(yes.target[0].step, 13); /* three quarters are there to learn from */
    pv_control_view_clear(&yes);
}

static void memory_runs_out(void **state)
{
    (void)state;
    pv_queries_plan plan = plan_of(&pv_attack_secret_probe, 1, 3);
    plan.rows = 20;
    plan.shadows = 20;
    pv_status status = PV_OK;
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_control_view c;
        status = pv_control_queries_make(&c, &plan, NULL);
        if (status == PV_OK) pv_control_view_clear(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(truths_are_drawn_anew, begin, end),
        cmocka_unit_test_setup_teardown(noise_is_put_on, begin, end),
        cmocka_unit_test_setup_teardown(memory_runs_out, begin, end),
        cmocka_unit_test_setup_teardown(of_probes, begin, end),
        cmocka_unit_test_setup_teardown(of_students, begin, end),
        cmocka_unit_test_setup_teardown(of_searches, begin, end),
        cmocka_unit_test_setup_teardown(of_slow_ones, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
