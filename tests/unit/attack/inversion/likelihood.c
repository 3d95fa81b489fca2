/* Samples out of activations by maximum likelihood: exact where the front keeps everything, with a
 * secret that is known or not, and nothing where the activation has nothing to do with the sample.
 */
#include "../fronts.h"

#include "attack/inversion/likelihood.h"

enum { SIDE = 14, PIXELS = SIDE * SIDE, ROWS = 6 };

static const char wide[] = "conv 8 kernel=5 pad=2\nrelu\n",
                  hidden[] =
                      "conv 8 kernel=5 pad=2\nrelu\nsecret 1\nconv 12 kernel=3 pad=1\nrelu\n",
                  permuted[] = "secret 9\nconv 16 kernel=3 pad=1\nrelu\n",
                  narrow[] = "flatten\ndense 8\nrelu\n";

static pv_secret_plan plan_of(pv_secret_kind kind, int classes, pv_shape input)
{
    return (pv_secret_plan){
        .kind = kind, .form = PV_SECRET_PLANE, .classes = classes, .alpha = 0.3, .input = input};
}

typedef struct scene {
    pv_model *m;
    pv_secret_plan plan;
    pv_secret_value secret[ROWS];
    float *x, *z;
    int64_t width;
} scene;

static void begin(scene *s, const char *text, const pv_secret_plan *plan)
{
    pv_rng rng = pv_rng_make(5, PV_STREAM_TEST);
    s->m = fronts_model(text, SIDE, 1);
    s->x = fronts_glyphs(0, ROWS, SIDE, NULL);
    if (plan != NULL) s->plan = *plan;
    for (int i = 0; plan != NULL && i < ROWS; i++) pv_secret_draw(&s->secret[i], plan, &rng);
    s->z = fronts_run(&s->width, s->m, plan, s->x, s->secret, ROWS);
}

static void end(scene *s)
{
    pv_free(s->x);
    pv_free(s->z);
    pv_model_free(s->m);
}

static double mean_error(const scene *s, const pv_likelihood_result *r)
{
    return recorded_error(s->x, r->x, ROWS * PIXELS);
}

static void a_wide_front_gives_all_away(void **state)
{
    (void)state;
    scene s;
    begin(&s, wide, NULL);
    for (int lbfgs = 0; lbfgs <= 1; lbfgs++) {
        pv_likelihood_options o;
        pv_likelihood_result r;
        pv_likelihood_defaults(&o);
        o.tv = 0;
        o.lbfgs = lbfgs;
        CHECK_OK(pv_likelihood_invert(&r, s.m, NULL, s.z, NULL, ROWS, &o, NULL));
        double error = mean_error(&s, &r);
        print_message("lbfgs %d: %.1e after %lld evaluations, residual %.1e\n", lbfgs, error,
                      (long long)r.evaluations, r.residual[0]);
        assert_true(error < 1e-4 && r.finished && r.n == ROWS && r.sample == PIXELS);
        assert_true(r.residual[0] < 1e-3 && r.secret[0] == -1);
        pv_likelihood_result_clear(&r);
    }
    end(&s);
}

/* Who knows how much noise there is asks for smoother samples, and comes closer. */
static void noise_is_reckoned_with(void **state)
{
    (void)state;
    scene s;
    double error[2], sum = 0, squares = 0;
    pv_rng rng = pv_rng_make(6, PV_STREAM_TEST);
    begin(&s, wide, NULL);
    for (int64_t i = 0; i < ROWS * s.width; i++) {
        sum += s.z[i];
        squares += (double)s.z[i] * s.z[i];
    }
    double count = (double)(ROWS * s.width), mean = sum / count;
    double sd = sqrt(squares / count - mean * mean); /* as much as the activation's own */
    for (int64_t i = 0; i < ROWS * s.width; i++) s.z[i] += (float)(sd * pv_rng_normal(&rng));
    for (int knows = 0; knows < 2; knows++) {
        pv_likelihood_options o;
        pv_likelihood_result r;
        pv_likelihood_defaults(&o);
        o.noise = knows ? sd : 0;
        CHECK_OK(pv_likelihood_invert(&r, s.m, NULL, s.z, NULL, ROWS, &o, NULL));
        error[knows] = mean_error(&s, &r);
        pv_likelihood_result_clear(&r);
    }
    print_message("under noise: %.4f, reckoned with %.4f\n", error[0], error[1]);
    assert_true(error[1] < 0.9 * error[0]);
    end(&s);
}

static void the_secret_comes_with_the_sample(void **state)
{
    (void)state;
    scene s;
    pv_secret_plan plan = plan_of(PV_SECRET_COMPLEMENT, 2, PV_SHAPE(SIDE, SIDE, 8));
    pv_likelihood_options o;
    pv_likelihood_result r;
    pv_likelihood_defaults(&o);
    begin(&s, hidden, &plan);
    CHECK_OK(pv_likelihood_invert(&r, s.m, &plan, s.z, s.secret, ROWS, &o, NULL));
    double known = mean_error(&s, &r);
    assert_int_equal(r.secret[0], -1);
    pv_likelihood_result_clear(&r);
    CHECK_OK(pv_likelihood_invert(&r, s.m, &plan, s.z, NULL, ROWS, &o, NULL));
    print_message("known secret %.1e, unknown %.1e\n", known, mean_error(&s, &r));
    assert_true(known < 5e-3 && mean_error(&s, &r) < 5e-3);
    for (int i = 0; i < ROWS; i++) assert_int_equal(r.secret[i], s.secret[i].to[0]);
    pv_likelihood_result_clear(&r);
    end(&s);
}

static void a_permutation_is_searched_for(void **state)
{
    (void)state;
    scene s;
    pv_secret_plan plan = plan_of(PV_SECRET_PERMUTATION, 3, PV_SHAPE(SIDE, SIDE, 1));
    pv_likelihood_options o;
    pv_likelihood_result r;
    pv_likelihood_defaults(&o);
    begin(&s, permuted, &plan);
    CHECK_OK(pv_likelihood_invert(&r, s.m, &plan, s.z, NULL, ROWS, &o, NULL));
    print_message("permutation: %.1e\n", mean_error(&s, &r));
    assert_true(mean_error(&s, &r) < 2e-2 && r.secret[0] == -1);
    pv_likelihood_result_clear(&r);
    end(&s);
}

static void noise_gives_nothing(void **state)
{
    (void)state;
    scene s;
    pv_likelihood_options o;
    pv_likelihood_result r;
    pv_rng rng = pv_rng_make(6, PV_STREAM_TEST);
    pv_likelihood_defaults(&o);
    begin(&s, wide, NULL);
    double size = 0;
    for (int64_t k = 0; k < ROWS * s.width; k++) size += fabs(s.z[k]) / (double)(ROWS * s.width);
    for (int64_t k = 0; k < ROWS * s.width; k++) s.z[k] = (float)(size * fabs(pv_rng_normal(&rng)));
    CHECK_OK(pv_likelihood_invert(&r, s.m, NULL, s.z, NULL, ROWS, &o, NULL));
    print_message("noise: %.1e, residual %.2f\n", mean_error(&s, &r), r.residual[0]);
    assert_true(mean_error(&s, &r) > 0.05 && r.residual[0] > 0.1);
    pv_likelihood_result_clear(&r);
    end(&s);
}

static void the_same_again(void **state)
{
    (void)state;
    scene s;
    pv_likelihood_result a, b;
    pv_likelihood_options o;
    pv_likelihood_defaults(&o);
    o.steps = 40;
    o.restarts = 2;
    o.batch = 4; /* two chunks, the second short */
    begin(&s, wide, NULL);
    CHECK_OK(pv_likelihood_invert(&a, s.m, NULL, s.z, NULL, ROWS, &o, NULL));
    CHECK_OK(pv_likelihood_invert(&b, s.m, NULL, s.z, NULL, ROWS, &o, NULL));
    assert_memory_equal(a.x, b.x, ROWS * PIXELS * sizeof *a.x);
    assert_memory_equal(a.residual, b.residual, ROWS * sizeof *a.residual);
    assert_int_equal(a.evaluations, 2 * 2 * 41);
    pv_likelihood_result_clear(&b);
    o.seconds = 1e-9;
    CHECK_OK(pv_likelihood_invert(&b, s.m, NULL, s.z, NULL, ROWS, &o, NULL));
    assert_false(b.finished);
    pv_likelihood_result_clear(&a);
    pv_likelihood_result_clear(&b);
    CHECK_OK(pv_likelihood_invert(&a, s.m, NULL, s.z, NULL, 0, &o, NULL));
    pv_likelihood_result_clear(&a);
    end(&s);
}

static void what_is_refused(void **state)
{
    (void)state;
    pv_model *text;
    pv_likelihood_options o;
    pv_likelihood_result r;
    float z[SIDE] = {0};
    pv_secret_plan plan = plan_of(PV_SECRET_COMPLEMENT, 2, PV_SHAPE(SIDE, SIDE, 8));
    const char words[] = "embedding 4\nmean-tokens\ndense classes\n";
    pv_model_domain d = {.size = sizeof d,
                         .kind = PV_DATA_TEXT,
                         .sample = PV_SHAPE(SIDE),
                         .classes = 2,
                         .vocabulary = 9};
    pv_model *plain = fronts_model(narrow, SIDE, 1), *secret = fronts_model(hidden, SIDE, 1);
    pv_likelihood_defaults(&o);
    CHECK_OK(pv_model_parse(&text, words, strlen(words), "text.model", &d, 1));
    CHECK_FAILS(pv_likelihood_invert(&r, text, NULL, z, NULL, 1, &o, NULL), PV_ERR_UNSUPPORTED,
                "reads tokens");
    CHECK_FAILS(pv_likelihood_invert(&r, plain, &plan, z, NULL, 1, &o, NULL), PV_ERR_MISMATCH,
                "takes no secret");
    CHECK_FAILS(pv_likelihood_invert(&r, secret, NULL, z, NULL, 1, &o, NULL), PV_ERR_MISMATCH,
                "which kind");
    pv_model_free(plain);
    pv_model_free(secret);
    pv_model_free(text);
}

static void memory_runs_out(void **state)
{
    (void)state;
    scene s;
    pv_secret_plan plan = plan_of(PV_SECRET_COMPLEMENT, 2, PV_SHAPE(SIDE, SIDE, 8));
    pv_likelihood_options o;
    pv_likelihood_defaults(&o);
    o.steps = 2;
    begin(&s, hidden, &plan);
    for (int lbfgs = 0; lbfgs <= 1; lbfgs++) {
        pv_status status;
        o.lbfgs = lbfgs;
        CHECK_OUT_OF_MEMORY(status)
        {
            pv_likelihood_result r;
            status = pv_likelihood_invert(&r, s.m, &plan, s.z, NULL, ROWS, &o, NULL);
            pv_likelihood_result_clear(&r);
        }
    }
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wide_front_gives_all_away),
        cmocka_unit_test(noise_is_reckoned_with),
        cmocka_unit_test(the_secret_comes_with_the_sample),
        cmocka_unit_test(a_permutation_is_searched_for),
        cmocka_unit_test(noise_gives_nothing),
        cmocka_unit_test(the_same_again),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
