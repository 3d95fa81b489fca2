/* The objective of gradient inversion: its slopes against differences of its values in float64, the
 * fast plan against that, zero where the gradients agree, and by hand for one weight. */
#include "../recorded.h"

#include "attack/gradient/matching.h"
#include <math.h>

enum { SIDE = 5, PIXELS = SIDE * SIDE, CLASSES = 3, BATCH = 2 };

static const char net[] =
    "init uniform:0.5\nconv 3 kernel=3 pad=1\nsigmoid\nflatten\ndense classes\n";

typedef struct scene {
    pv_model *model;
    victim v;
    const float *weight[RECORDED_PARTS];
    float x[BATCH * PIXELS];
    int32_t label[BATCH];
} scene;

static void scene_init(scene *s)
{
    memset(s, 0, sizeof *s);
    s->model = recorded_model(net, SIDE, CLASSES);
    for (int i = 0; i < BATCH; i++) {
        recorded_image(s->x + i * PIXELS, PIXELS, (uint64_t)i + 1);
        s->label[i] = 2 - i;
    }
    victim_init(&s->v, s->model, s->x, s->label, BATCH);
    for (int i = 0; i < pv_model_params(s->model); i++)
        s->weight[i] = pv_model_param(s->model, i)->data;
}

static void scene_clear(scene *s)
{
    victim_clear(&s->v);
    pv_model_free(s->model);
}

static void prepare(pv_matching *m, scene *s, pv_matching_options options)
{
    options.batch = BATCH;
    CHECK_OK(pv_matching_init(m, s->model, &options));
    CHECK_OK(pv_matching_set_weights(m, s->weight));
    CHECK_OK(pv_matching_set_target(m, (const float *const *)s->v.gradient));
    if (!options.joint) CHECK_OK(pv_matching_set_labels(m, s->label));
}

static void draw(double *v, size_t n, uint64_t seed)
{
    pv_rng rng = pv_rng_make(seed, PV_STREAM_TEST);
    for (size_t i = 0; i < n; i++) v[i] = pv_rng_normal(&rng);
}

static void slopes_are_those_of_the_values(void **state)
{
    (void)state;
    scene s;
    scene_init(&s);
    for (int match = PV_MATCH_L2; match <= PV_MATCH_COSINE; match++)
        for (int joint = 0; joint <= 1; joint++) {
            pv_matching exact, fast;
            double v[BATCH * (PIXELS + CLASSES)], slope[BATCH * (PIXELS + CLASSES)], value, up,
                down;
            double fast_slope[BATCH * (PIXELS + CLASSES)], worst = 0, differs = 0, most = 0;
            pv_matching_options o = {
                .match = (pv_match)match, .joint = joint, .tv = 0.1, .exact = 1};
            prepare(&exact, &s, o);
            o.exact = 0;
            prepare(&fast, &s, o);
            assert_int_equal(exact.variables, BATCH * (PIXELS + (joint ? CLASSES : 0)));
            draw(v, exact.variables, 5);
            CHECK_OK(pv_matching_evaluate(&exact, v, &value, slope));
            CHECK_OK(pv_matching_evaluate(&fast, v, &up, fast_slope));
            assert_true(fabs(up - value) < 1e-5 * fabs(value));
            for (size_t i = 0; i < exact.variables; i++) {
                const double h = 1e-5;
                double x = v[i], unused[BATCH * (PIXELS + CLASSES)];
                v[i] = x + h;
                CHECK_OK(pv_matching_evaluate(&exact, v, &up, unused));
                v[i] = x - h;
                CHECK_OK(pv_matching_evaluate(&exact, v, &down, unused));
                v[i] = x;
                worst = fmax(worst, fabs((up - down) / (2 * h) - slope[i]));
                differs = fmax(differs, fabs(slope[i] - fast_slope[i]));
                most = fmax(most, fabs(slope[i]));
            }
            print_message("match %d, joint %d: differences %.1e, float32 %.1e of %.1e\n", match,
                          joint, worst, differs, most);
            assert_true(worst < 1e-7 * fmax(1, most));
            assert_true(differs < 1e-4 * most);
            assert_int_equal(exact.evaluations, 1 + 2 * (int64_t)exact.variables);
            pv_matching_clear(&exact);
            pv_matching_clear(&fast);
        }
    scene_clear(&s);
}

static void zero_at_the_truth(void **state)
{
    (void)state;
    scene s;
    scene_init(&s);
    for (int match = PV_MATCH_L2; match <= PV_MATCH_COSINE; match++) {
        pv_matching m;
        double v[BATCH * PIXELS], slope[BATCH * PIXELS], value;
        prepare(&m, &s, (pv_matching_options){.match = (pv_match)match});
        for (int i = 0; i < BATCH * PIXELS; i++) v[i] = s.x[i];
        CHECK_OK(pv_matching_evaluate(&m, v, &value, slope));
        assert_true(value >= 0 && value < 1e-12);
        for (int i = 0; i < BATCH * PIXELS; i++) assert_true(fabs(slope[i]) < 1e-5);
        /* the other order of the batch has the same gradient when the labels go with it */
        CHECK_OK(pv_matching_set_labels(&m, (const int32_t[]){s.label[1], s.label[0]}));
        for (int i = 0; i < BATCH * PIXELS; i++) v[i] = s.x[(i + PIXELS) % (BATCH * PIXELS)];
        CHECK_OK(pv_matching_evaluate(&m, v, &value, slope));
        assert_true(value < 1e-12);
        pv_matching_clear(&m);
    }
    scene_clear(&s);
}

/* One pixel, two classes, no bias: G = ((p - y) x) for rows +-, p = sigmoid(2 w x). */
static void by_hand(void **state)
{
    (void)state;
    pv_model *model = recorded_model("flatten\ndense classes bias=no\n", 1, 2);
    const float w[2] = {0.5f, -0.5f}, given[2] = {-0.25f, 0.25f};
    const double x = 1.5, p = 1 / (1 + exp(-x)), g = (p - 1) * x;
    double value, slope;
    pv_matching m;
    CHECK_OK(pv_matching_init(
        &m, model, &(pv_matching_options){.match = PV_MATCH_L2, .batch = 1, .exact = 1}));
    CHECK_OK(pv_matching_set_weights(&m, (const float *[]){w}));
    CHECK_OK(pv_matching_set_target(&m, (const float *[]){given}));
    CHECK_OK(pv_matching_set_labels(&m, (const int32_t[]){0}));
    CHECK_OK(pv_matching_evaluate(&m, &x, &value, &slope));
    assert_true(fabs(value - 2 * (g + 0.25) * (g + 0.25) / 0.125) < 1e-9);
    pv_matching_clear(&m);
    pv_model_free(model);
}

static void what_there_is_nothing_to_match_in(void **state)
{
    (void)state;
    scene s;
    pv_matching m;
    scene_init(&s);
    prepare(&m, &s, (pv_matching_options){.match = PV_MATCH_L2});
    CHECK_FAILS(pv_matching_set_labels(&m, (const int32_t[]){0, -1}), PV_ERR_RANGE,
                "label -1 is outside 0..2");
    s.v.gradient[0][3] = NAN;
    CHECK_FAILS(pv_matching_set_target(&m, (const float *const *)s.v.gradient), PV_ERR_RANGE,
                "not finite");
    for (int i = 0; i < pv_model_params(s.model); i++)
        memset(s.v.gradient[i], 0, pv_tensor_bytes(pv_model_param(s.model, i)));
    CHECK_FAILS(pv_matching_set_target(&m, (const float *const *)s.v.gradient), PV_ERR_RANGE,
                "zero everywhere");
    pv_matching_clear(&m);
    pv_matching_clear(&m);
    pv_model *text;
    pv_model_domain d = {.size = sizeof d,
                         .kind = PV_DATA_TEXT,
                         .sample = PV_SHAPE(4),
                         .classes = 2,
                         .vocabulary = 9};
    CHECK_OK(pv_model_new_domain(&text, "fasttext", &d, 1));
    CHECK_FAILS(pv_matching_init(&m, text, &(pv_matching_options){.batch = 1}), PV_ERR_UNSUPPORTED,
                "reads tokens");
    pv_model_free(text);
    scene_clear(&s);
}

/* A parameter whose given gradient is zero counts for nothing where parameters count alike. */
static void shares_of_parameters_without_gradient(void **state)
{
    (void)state;
    scene s;
    pv_matching m;
    double v[BATCH * PIXELS], slope[BATCH * PIXELS], value;
    scene_init(&s);
    memset(s.v.gradient[0], 0, pv_tensor_bytes(pv_model_param(s.model, 0)));
    prepare(&m, &s, (pv_matching_options){.match = PV_MATCH_LAYERS});
    draw(v, m.variables, 5);
    CHECK_OK(pv_matching_evaluate(&m, v, &value, slope));
    assert_true(isfinite(value));
    for (int i = 0; i < BATCH * PIXELS; i++) v[i] = s.x[i];
    CHECK_OK(pv_matching_evaluate(&m, v, &value, slope));
    assert_true(value < 1e-12);
    pv_matching_clear(&m);
    scene_clear(&s);
}

/* Where mean pooling follows the first convolution, images that differ by (-1)^(r+c) (a_r + b_c)
 * have the same gradients, and no slope points that way (docs/attacks.md). */
static void what_a_blurred_image_hides(void **state)
{
    (void)state;
    enum { SIDE_HERE = 12, N = SIDE_HERE * SIDE_HERE };
    pv_model *model = recorded_model(
        "init uniform:0.5\nconv 3 kernel=5\navgpool 2\nsigmoid\nflatten\ndense classes\n",
        SIDE_HERE, CLASSES);
    const float *weight[RECORDED_PARTS];
    float image[N];
    double v[N], hidden[N], slope[N], before, after, along = 0, size = 0;
    const int32_t label = 1;
    victim g;
    pv_matching m;
    recorded_image(image, N, 3);
    victim_init(&g, model, image, &label, 1);
    for (int i = 0; i < pv_model_params(model); i++) weight[i] = pv_model_param(model, i)->data;
    CHECK_OK(pv_matching_init(
        &m, model, &(pv_matching_options){.match = PV_MATCH_L2, .batch = 1, .exact = 1}));
    CHECK_OK(pv_matching_set_weights(&m, weight));
    CHECK_OK(pv_matching_set_target(&m, (const float *const *)g.gradient));
    CHECK_OK(pv_matching_set_labels(&m, &label));
    draw(v, N, 8);
    for (int i = 0; i < N; i++) {
        int r = i / SIDE_HERE, c = i % SIDE_HERE;
        double a = sin(r + 1.0), b = cos(3.0 * c);
        hidden[i] = ((r + c) % 2 ? -1 : 1) * (a + b);
    }
    CHECK_OK(pv_matching_evaluate(&m, v, &before, slope));
    for (int i = 0; i < N; i++) {
        along += slope[i] * hidden[i];
        size += fabs(slope[i]);
        v[i] += hidden[i];
    }
    assert_true(size > 1e-6 && fabs(along) < 1e-12 * size);
    CHECK_OK(pv_matching_evaluate(&m, v, &after, slope));
    assert_true(before > 1e-3 && fabs(after - before) < 1e-10 * before);
    v[0] += 1; /* which is not of that form */
    CHECK_OK(pv_matching_evaluate(&m, v, &after, slope));
    assert_true(fabs(after - before) > 1e-6 * before);
    pv_matching_clear(&m);
    victim_clear(&g);
    pv_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slopes_are_those_of_the_values),
        cmocka_unit_test(zero_at_the_truth),
        cmocka_unit_test(by_hand),
        cmocka_unit_test(what_there_is_nothing_to_match_in),
        cmocka_unit_test(shares_of_parameters_without_gradient),
        cmocka_unit_test(what_a_blurred_image_hides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
