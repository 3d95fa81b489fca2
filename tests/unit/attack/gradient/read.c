/* What is read off a gradient without searching: labels, and the input of a dense first layer. */
#include "../recorded.h"

#include "attack/gradient/gradient.h"
#include "attack/gradient/restore.h"
#include <math.h>

enum { SIDE = 6, PIXELS = SIDE * SIDE, CLASSES = 5, BATCH_MAX = 32 };

typedef struct scene {
    pv_model *model;
    float x[BATCH_MAX * PIXELS];
    int32_t label[BATCH_MAX];
    recorded r;
    const pv_view *view;
    pv_public known;
    pv_guess guess;
} scene;

static void scene_init(scene *s, const char *text, int64_t batch, uint64_t seed)
{
    victim v;
    pv_rng rng = pv_rng_make(seed, PV_STREAM_TEST);
    memset(s, 0, sizeof *s);
    s->model = recorded_model(text, SIDE, CLASSES);
    s->known = (pv_public){.model = s->model};
    for (int64_t i = 0; i < batch; i++) {
        recorded_image(s->x + i * PIXELS, PIXELS, seed * 100 + (uint64_t)i);
        s->label[i] = (int32_t)pv_rng_below(&rng, CLASSES);
    }
    victim_init(&v, s->model, s->x, s->label, batch);
    recorded_begin(&s->r, "server");
    recorded_exchange(&s->r, s->model, &v, batch, 1);
    s->view = recorded_open(&s->r);
    victim_clear(&v);
}

static void scene_clear(scene *s)
{
    pv_guess_clear(&s->guess);
    recorded_free(&s->r);
    pv_model_free(s->model);
}

static pv_status attack(scene *s, const pv_attack *a, const pv_budget *budget, const pv_ctx *ctx)
{
    const pv_attack_target t = {.victim = "alice", .step = 1};
    pv_guess_clear(&s->guess);
    PV_TRY(pv_guess_init(&s->guess, 1));
    return a->run(&s->guess, &s->view, 1, &s->known, &t, 1, NULL, 0, budget, ctx);
}

static const pv_budget plenty = {.seed = 1};

static int in_common(const scene *s, int64_t batch)
{
    int count[CLASSES] = {0}, common = 0;
    for (int64_t i = 0; i < batch; i++) count[s->label[i]]++;
    for (int64_t i = 0; i < batch; i++) {
        int32_t k = s->guess.item->label[i];
        assert_true(k >= 0 && k < CLASSES);
        if (i > 0) assert_true(k >= s->guess.item->label[i - 1]);
        common += count[k]-- > 0;
    }
    return common;
}

static void one_label_is_exact(void **state)
{
    (void)state;
    static const char *const net[] = {
        "conv 4 kernel=3\nsigmoid\nflatten\ndense classes\n",
        "conv 4 kernel=3\nrelu\nflatten\ndense classes bias=no\n",
        "flatten\ndense 9\nrelu\ndense classes bias=no\nscale 0.125\n",
        "conv 3 kernel=3\ntanh\nflatten\ndense classes\nscale -2\n",
    };
    for (size_t i = 0; i < sizeof net / sizeof *net; i++)
        for (uint64_t seed = 1; seed <= 10; seed++) {
            scene s;
            scene_init(&s, net[i], 1, seed);
            CHECK_OK(attack(&s, &pv_attack_labels, &plenty, NULL));
            assert_int_equal(s.guess.item->label[0], s.label[0]);
            assert_true(s.guess.item->confidence[0] > 0 && s.guess.item->finished);
            assert_null(s.guess.item->x);
            scene_clear(&s);
        }
}

static void labels_of_a_batch(void **state)
{
    (void)state;
    static const char *const net[] = {"conv 4 kernel=3\nsigmoid\nflatten\ndense classes\n",
                                      "conv 4 kernel=3\nrelu\nflatten\ndense classes bias=no\n"};
    for (size_t i = 0; i < 2; i++) {
        int common = 0, all = 0;
        for (int64_t batch = 2; batch <= BATCH_MAX; batch *= 4)
            for (uint64_t seed = 1; seed <= 5; seed++) {
                scene s;
                scene_init(&s, net[i], batch, seed);
                CHECK_OK(attack(&s, &pv_attack_labels, &plenty, NULL));
                common += in_common(&s, batch);
                all += (int)batch;
                scene_clear(&s);
            }
        print_message("%d of %d labels\n", common, all);
        assert_true(common >= 0.95 * all);
    }
}

static void a_dense_first_layer_gives_its_input(void **state)
{
    (void)state;
    scene s;
    scene_init(&s, "flatten\ndense 12\nrelu\ndense classes\n", 1, 3);
    CHECK_OK(attack(&s, &pv_attack_analytic, &plenty, NULL));
    const pv_guess_item *g = s.guess.item;
    for (int k = 0; k < PIXELS; k++) assert_true(fabsf(g->x[k] - s.x[k]) < 1e-6f);
    assert_true(g->finished && g->loss < 1e-10 && g->confidence[0] == -g->loss);
    assert_null(g->label);
    scene_clear(&s);
}

static void units_that_one_sample_moves(void **state)
{
    (void)state;
    scene s;
    const float *found;
    scene_init(&s, "init uniform:0.7\nflatten\ndense 200\nrelu\ndense classes\n", 2, 3);
    CHECK_OK(attack(&s, &pv_attack_analytic, &plenty, NULL));
    for (int i = 0; i < 2; i++) {
        double best = 1;
        for (int k = 0; k < 2; k++) {
            found = s.guess.item->x + k * PIXELS;
            best = fmin(best, recorded_error(found, s.x + i * PIXELS, PIXELS));
        }
        assert_true(best < 1e-8);
    }
    assert_true(s.guess.item->loss == 0 && s.guess.item->confidence[1] > 1);
    scene_clear(&s);
}

/* With sigmoids every sample moves every unit: no two rows agree, and it says so. */
static void mixtures_are_not_sure(void **state)
{
    (void)state;
    scene s;
    scene_init(&s, "init uniform:3\nflatten\ndense 30\nsigmoid\ndense classes\n", 3, 4);
    CHECK_OK(attack(&s, &pv_attack_analytic, &plenty, NULL));
    assert_true(s.guess.item->finished && s.guess.item->loss > 0.5);
    for (int k = 0; k < 3 * PIXELS; k++) assert_true(s.guess.item->x[k] >= 0);
    scene_clear(&s);
}

static void other_networks_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } wrong[] = {
        {"conv 2 kernel=3\nflatten\ndense classes\n", "begins with conv1"},
        {"flatten\ndense 4 bias=no\ndense classes\n", "a dense layer without a bias"},
        {"sigmoid\nflatten\ndense classes\n", "begins with sigmoid1"},
        {"reshape 6 6\ndense 4\nflatten\ndense classes\n", "takes 6 numbers at a time"},
    };
    scene s;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        scene_init(&s, wrong[i].text, 1, 1);
        CHECK_FAILS(attack(&s, &pv_attack_analytic, &plenty, NULL), PV_ERR_UNSUPPORTED,
                    wrong[i].message);
        scene_clear(&s);
    }
    scene_init(&s, "conv 5 kernel=6\nsigmoid\nreshape 5\n", 1, 1);
    CHECK_FAILS(attack(&s, &pv_attack_labels, &plenty, NULL), PV_ERR_UNSUPPORTED,
                "does not end in a dense layer");
    scene_clear(&s);
}

static int always(void *user)
{
    (void)user;
    return 1;
}

static void stops_and_budgets(void **state)
{
    (void)state;
    const pv_attack *const attacks[] = {&pv_attack_labels, &pv_attack_analytic};
    scene s;
    scene_init(&s, "flatten\ndense classes\n", 1, 1);
    for (int i = 0; i < 2; i++) {
        CHECK_FAILS(attack(&s, attacks[i], &plenty, &(pv_ctx){.cancelled = always}),
                    PV_ERR_CANCELLED, "");
        CHECK_OK(attack(&s, attacks[i], &(pv_budget){.seconds = 1e-12}, NULL));
        assert_false(s.guess.item->finished);
        assert_null(s.guess.item->x);
        assert_null(s.guess.item->label);
    }
    scene_clear(&s);
}

static void out_of_memory(void **state)
{
    (void)state;
    const pv_attack *const attacks[] = {&pv_attack_labels, &pv_attack_analytic};
    for (int i = 0; i < 2; i++)
        for (int64_t batch = 1; batch <= 2; batch++) {
            pv_status status = PV_OK;
            scene s;
            scene_init(&s, "flatten\ndense classes\n", batch, 1);
            CHECK_OUT_OF_MEMORY(status)
            {
                status = attack(&s, attacks[i], &plenty, NULL);
                pv_guess_clear(&s.guess);
            }
            scene_clear(&s);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_label_is_exact),
        cmocka_unit_test(labels_of_a_batch),
        cmocka_unit_test(a_dense_first_layer_gives_its_input),
        cmocka_unit_test(units_that_one_sample_moves),
        cmocka_unit_test(mixtures_are_not_sure),
        cmocka_unit_test(other_networks_are_refused),
        cmocka_unit_test(stops_and_budgets),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
