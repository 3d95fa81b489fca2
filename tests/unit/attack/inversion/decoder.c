/* Samples out of activations by a decoder that learned on other ones, and by who knows only what
 * the front looks like. */
#include "../fronts.h"

#include "attack/inversion/decoder.h"
#include "attack/inversion/unsplit.h"
#include "privet/metric.h"

enum { SIDE = 14, PIXELS = SIDE * SIDE, TRAIN = 400, ROWS = 20 };

static const char spatial[] = "conv 6 kernel=5 pad=2\nrelu\nsecret 1\nconv 8 kernel=3 pad=1\nrelu\n"
                              "avgpool kernel=2\n",
                  flat[] = "conv 6 kernel=5 pad=2\nrelu\nflatten\ndense 64\n",
                  shallow[] = "conv 4 kernel=3 pad=1\n";

static const pv_secret_plan bit = {.kind = PV_SECRET_COMPLEMENT,
                                   .form = PV_SECRET_PLANE,
                                   .classes = 2,
                                   .alpha = 0.3,
                                   .input = {.ndim = 3, .dim = {14, 14, 6}}};

typedef struct scene {
    pv_model *m;
    float *x, *z;
    int64_t width;
} scene;

static void begin(scene *s, const char *text, const pv_secret_plan *plan)
{
    static pv_secret_value secret[TRAIN + ROWS];
    pv_rng rng = pv_rng_make(5, PV_STREAM_TEST);
    s->m = fronts_model(text, SIDE, 1);
    s->x = fronts_glyphs(0, TRAIN + ROWS, SIDE, NULL);
    for (int i = 0; plan != NULL && i < TRAIN + ROWS; i++) pv_secret_draw(&secret[i], plan, &rng);
    s->z = fronts_run(&s->width, s->m, plan, s->x, secret, TRAIN + ROWS);
}

static void end(scene *s)
{
    pv_free(s->x);
    pv_free(s->z);
    pv_model_free(s->m);
}

/* Mean square error of the last rows, and of the training rows' mean instead. */
static double error_of(const scene *s, const float *guess, double *blind)
{
    float mean[PIXELS] = {0};
    const float *truth = s->x + TRAIN * PIXELS;
    for (int k = 0; k < TRAIN * PIXELS; k++) mean[k % PIXELS] += s->x[k] / TRAIN;
    *blind = 0;
    for (int i = 0; i < ROWS; i++)
        *blind += recorded_error(truth + i * PIXELS, mean, PIXELS) / ROWS;
    return recorded_error(truth, guess, ROWS * PIXELS);
}

static double decode(const scene *s, pv_shape activation, double *blind)
{
    pv_decoder d;
    pv_decoder_options o;
    float guess[ROWS * PIXELS], again[ROWS * PIXELS];
    pv_decoder_defaults(&o);
    o.steps = 400;
    o.width = 16;
    for (int i = 0; i < 2; i++) {
        CHECK_OK(
            pv_decoder_learn(&d, activation, PV_SHAPE(SIDE, SIDE, 1), s->z, s->x, TRAIN, &o, NULL));
        CHECK_OK(pv_decoder_apply(&d, i == 0 ? guess : again, s->z + TRAIN * s->width, ROWS));
        assert_true(d.finished && d.loss > 0);
        pv_decoder_clear(&d);
    }
    assert_memory_equal(guess, again, sizeof guess);
    return error_of(s, guess, blind);
}

static void a_decoder_learns(void **state)
{
    (void)state;
    scene s;
    double blind, error;
    begin(&s, spatial, &bit);
    error = decode(&s, PV_SHAPE(7, 7, 8), &blind);
    print_message("[7,7,8]: %.4f, blind %.4f\n", error, blind);
    assert_true(error < 0.4 * blind);
    end(&s);
    begin(&s, flat, NULL);
    error = decode(&s, PV_SHAPE(64), &blind);
    print_message("[64]: %.4f, blind %.4f\n", error, blind);
    assert_true(error < 0.75 * blind);
    pv_rng rng = pv_rng_make(5, PV_STREAM_TEST); /* nothing of the sample is left */
    for (int64_t k = 0; k < (TRAIN + ROWS) * s.width; k++) s.z[k] = (float)pv_rng_normal(&rng);
    error = decode(&s, PV_SHAPE(64), &blind);
    print_message("noise: %.4f, blind %.4f\n", error, blind);
    assert_true(error > 0.95 * blind);
    end(&s);
}

static void shapes_that_do_not_double(void **state)
{
    (void)state;
    float z[4 * 30], x[4 * 13 * 9 * 3], out[13 * 9 * 3];
    const pv_shape activation[] = {PV_SHAPE(30), PV_SHAPE(3, 2, 5), PV_SHAPE(2, 15, 1)};
    for (int k = 0; k < 4 * 30; k++) z[k] = (float)(k % 7);
    for (int k = 0; k < 4 * 13 * 9 * 3; k++) x[k] = (float)(k % 5);
    for (int i = 0; i < 3; i++) {
        pv_decoder d;
        pv_decoder_options o = {.steps = 2, .lr = 1e-3, .width = 8, .seed = 1};
        CHECK_OK(pv_decoder_learn(&d, activation[i], PV_SHAPE(13, 9, 3), z, x, 4, &o, NULL));
        CHECK_OK(pv_decoder_apply(&d, out, z, 1));
        pv_decoder_clear(&d);
        CHECK_OK(pv_decoder_learn(&d, activation[i], PV_SHAPE(7), z, x, 4, &o, NULL)); /* a table */
        CHECK_OK(pv_decoder_apply(&d, out, z, 1));
        pv_decoder_clear(&d);
    }
    pv_decoder d;
    pv_decoder_options o = {.steps = 2, .lr = 1e-3, .seed = 1};
    CHECK_FAILS(pv_decoder_learn(&d, PV_SHAPE(5, 6), PV_SHAPE(7), z, x, 4, &o, NULL), PV_ERR_SHAPE,
                "an activation of 2 dimensions");
    CHECK_FAILS(pv_decoder_learn(&d, PV_SHAPE(30), PV_SHAPE(7), z, x, 0, &o, NULL), PV_ERR_INPUT,
                "0 rows to learn from");
    x[3] = INFINITY;
    CHECK_FAILS(pv_decoder_learn(&d, PV_SHAPE(30), PV_SHAPE(7), z, x, 4, &o, NULL), PV_ERR_NUMERIC,
                "not finite");
}

/* What a front that nobody knows can undo leaves: correlation, whichever its sign. */
static double correlation(const float *a, const float *b)
{
    double ma = 0, mb = 0, ab = 0, aa = 0, bb = 0;
    for (int k = 0; k < PIXELS; k++) ma += a[k] / PIXELS, mb += b[k] / PIXELS;
    for (int k = 0; k < PIXELS; k++) {
        ab += (a[k] - ma) * (b[k] - mb);
        aa += (a[k] - ma) * (a[k] - ma);
        bb += (b[k] - mb) * (b[k] - mb);
    }
    return aa > 0 && bb > 0 ? fabs(ab) / sqrt(aa * bb) : 0;
}

static double unsplit(const scene *s, const pv_unsplit_options *o)
{
    pv_likelihood_result r;
    double sum = 0;
    float low = 1, high = 0;
    CHECK_OK(pv_unsplit_invert(&r, s->m, NULL, s->z + TRAIN * s->width, ROWS, o, NULL));
    assert_true(r.finished && r.secret[0] == -1);
    for (int k = 0; k < ROWS * PIXELS; k++) {
        low = fminf(low, r.x[k]);
        high = fmaxf(high, r.x[k]);
    }
    assert_true(low < 1e-4 && high > 1 - 1e-4 && low >= 0 && high <= 1); /* from black to white */
    for (int i = 0; i < ROWS; i++)
        sum += correlation(r.x + i * PIXELS, s->x + (TRAIN + i) * PIXELS) / ROWS;
    pv_likelihood_result_clear(&r);
    return sum;
}

static void an_architecture_is_enough_for_one_layer(void **state)
{
    (void)state;
    scene s;
    pv_unsplit_options o;
    pv_unsplit_defaults(&o);
    o.restarts = 1;
    o.rounds = 30;
    begin(&s, shallow, NULL);
    double found = unsplit(&s, &o);
    pv_rng rng = pv_rng_make(5, PV_STREAM_TEST);
    for (int64_t k = TRAIN * s.width; k < (TRAIN + ROWS) * s.width; k++)
        s.z[k] = (float)pv_rng_normal(&rng);
    double noise = unsplit(&s, &o);
    print_message("unsplit: correlation %.3f, of noise %.3f\n", found, noise);
    assert_true(found > 0.8 && noise < 0.3);
    end(&s);
}

static void its_weights_are_not_looked_at(void **state)
{
    (void)state;
    scene s;
    pv_unsplit_options o;
    pv_likelihood_result a, b;
    pv_unsplit_defaults(&o);
    o.rounds = o.restarts = 3;
    o.batch = 16;
    begin(&s, spatial, &bit);
    CHECK_OK(pv_unsplit_invert(&a, s.m, &bit, s.z, ROWS, &o, NULL));
    for (size_t i = 0; i < s.m->params; i++)
        memset(s.m->param[i].value.data, 0, pv_tensor_bytes(&s.m->param[i].value));
    CHECK_OK(pv_unsplit_invert(&b, s.m, &bit, s.z, ROWS, &o, NULL));
    assert_memory_equal(a.x, b.x, ROWS * PIXELS * sizeof *a.x);
    assert_int_equal(a.evaluations, 2 * 3 * (3 * 40 + 1));
    pv_likelihood_result_clear(&b);
    o.seconds = 1e-9;
    CHECK_OK(pv_unsplit_invert(&b, s.m, &bit, s.z, ROWS, &o, NULL));
    assert_false(b.finished);
    pv_likelihood_result_clear(&a);
    pv_likelihood_result_clear(&b);
    end(&s);
}

static void memory_runs_out(void **state)
{
    (void)state;
    scene s;
    pv_status status;
    pv_unsplit_options u;
    pv_decoder_options o = {.steps = 1, .lr = 1e-3, .width = 4, .seed = 1};
    pv_unsplit_defaults(&u);
    u.rounds = u.restarts = 1;
    u.sample_steps = u.weight_steps = 1;
    scene small;
    begin(&s, spatial, &bit);
    begin(&small, shallow, NULL);
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_decoder d;
        float out[PIXELS];
        status =
            pv_decoder_learn(&d, PV_SHAPE(7, 7, 8), PV_SHAPE(SIDE, SIDE, 1), s.z, s.x, 3, &o, NULL);
        if (status == PV_OK) status = pv_decoder_apply(&d, out, s.z, 1);
        pv_decoder_clear(&d);
    }
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_likelihood_result r;
        status = pv_unsplit_invert(&r, small.m, NULL, small.z, 2, &u, NULL);
        pv_likelihood_result_clear(&r);
    }
    end(&small);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_decoder_learns),
        cmocka_unit_test(shapes_that_do_not_double),
        cmocka_unit_test(an_architecture_is_enough_for_one_layer),
        cmocka_unit_test(its_weights_are_not_looked_at),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
