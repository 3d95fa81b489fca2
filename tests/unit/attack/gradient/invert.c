/* dlg, idlg and cosine on recorded views: they find what is there, and nothing when it is not. */
#include "../recorded.h"

#include "attack/gradient/gradient.h"
#include <math.h>

enum { SIDE = 8, PIXELS = SIDE * SIDE, CLASSES = 4 };

static const char smooth[] = "init uniform:0.5\n"
                             "conv 6 kernel=3 stride=2 pad=1\n"
                             "sigmoid\n"
                             "conv 6 kernel=3 pad=1\n"
                             "sigmoid\n"
                             "flatten\n"
                             "dense classes\n";

typedef struct scene {
    pv_model *model;
    recorded server;
    const pv_view *view;
    float x[8 * PIXELS];
    int32_t label[8];
    pv_public known;
    pv_guess guess;
} scene;

/* batch images, one gradient, one step of the server's view. */
static void scene_init(scene *s, const char *text, int64_t batch)
{
    victim v;
    memset(s, 0, sizeof *s);
    s->model = recorded_model(text, SIDE, CLASSES);
    s->known = (pv_public){.scheme = "federated", .model = s->model};
    for (int64_t i = 0; i < batch; i++) {
        recorded_image(s->x + i * PIXELS, PIXELS, (uint64_t)i);
        s->label[i] = (int32_t)((i * 3 + 2) % CLASSES);
    }
    victim_init(&v, s->model, s->x, s->label, batch);
    recorded_begin(&s->server, "server");
    recorded_exchange(&s->server, s->model, &v, batch, 5);
    s->view = recorded_open(&s->server);
    victim_clear(&v);
}

static void scene_clear(scene *s)
{
    pv_guess_clear(&s->guess);
    recorded_free(&s->server);
    pv_model_free(s->model);
}

static pv_status attack(scene *s, const pv_attack *a, const pv_attack_target *t,
                        const pv_attack_option *option, int options, const pv_budget *budget,
                        const pv_ctx *ctx)
{
    pv_guess_clear(&s->guess);
    PV_TRY(pv_guess_init(&s->guess, 1));
    return a->run(&s->guess, &s->view, 1, &s->known, t, 1, option, options, budget, ctx);
}

static const pv_attack_target alice = {.victim = "alice", .step = 5, .batch = 1};
static const pv_budget plenty = {.seed = 1};

static void one_image_is_recovered(void **state)
{
    (void)state;
    scene s;
    scene_init(&s, smooth, 1);
    const pv_attack *const attacks[] = {&pv_attack_dlg, &pv_attack_idlg};
    for (size_t i = 0; i < 2; i++) {
        CHECK_OK(attack(&s, attacks[i], &alice, NULL, 0, &plenty, NULL));
        const pv_guess_item *g = s.guess.item;
        double error = recorded_error(g->x, s.x, PIXELS);
        print_message("%s: error %.2e, loss %.2e, %d evaluations\n", attacks[i]->name, error,
                      g->loss, (int)g->evaluations);
        assert_true(error < 1e-4);
        assert_int_equal(g->batch, 1);
        assert_int_equal(g->label[0], s.label[0]);
        assert_true(g->finished && g->loss <= 1e-8 && g->evaluations > 0 && g->seconds > 0);
        assert_true(g->confidence[0] == -g->loss);
    }
    scene_clear(&s);
}

static void as_the_papers_do_it(void **state)
{
    (void)state;
    scene s;
    scene_init(&s, smooth, 1);
    const pv_attack_option paper[] = {
        {"objective", "l2"}, {"line_search", "none"}, {"init", "normal"}, {"stop", "1e-9"}};
    CHECK_OK(attack(&s, &pv_attack_idlg, &alice, paper, 4, &(pv_budget){.seed = 1, .restarts = 4},
                    NULL));
    assert_true(recorded_error(s.guess.item->x, s.x, PIXELS) < 1e-3);
    scene_clear(&s);
}

static void direction_alone_is_enough(void **state)
{
    (void)state;
    scene s;
    scene_init(&s, smooth, 1);
    const pv_attack_option options[] = {{"steps", "1500"}, {"tv", "0"}, {"init", "zero"}};
    CHECK_OK(attack(&s, &pv_attack_cosine, &alice, options, 3, &plenty, NULL));
    const pv_guess_item *g = s.guess.item;
    double error = recorded_error(g->x, s.x, PIXELS);
    print_message("cosine: error %.2e, loss %.2e\n", error, g->loss);
    assert_true(error < 1e-2);
    assert_int_equal(g->label[0], s.label[0]);
    assert_int_equal(g->evaluations, 1500);
    assert_true(g->finished);
    for (int k = 0; k < PIXELS; k++) assert_true(g->x[k] >= 0 && g->x[k] <= 1);
    scene_clear(&s);
}

static void two_images_behind_one_gradient(void **state)
{
    (void)state;
    scene s;
    scene_init(&s, smooth, 2);
    const pv_attack_target t = {.victim = "alice", .step = 5, .batch = 2, .label = s.label};
    CHECK_OK(attack(&s, &pv_attack_idlg, &t, NULL, 0, &plenty, NULL));
    const pv_guess_item *g = s.guess.item;
    assert_int_equal(g->batch, 2);
    assert_null(g->label);          /* what is known is not claimed */
    for (int64_t i = 0; i < 2; i++) /* labels that are told give the order, too */
        assert_true(recorded_error(g->x + i * PIXELS, s.x + i * PIXELS, PIXELS) < 1e-3);
    scene_clear(&s);
}

/* The gradient of other images, or of nothing, does not give the target. */
static void nothing_comes_from_nothing(void **state)
{
    (void)state;
    scene s;
    float other[PIXELS];
    victim v;
    pv_part part[RECORDED_PARTS + 1];
    recorded r;
    scene_init(&s, smooth, 1);
    recorded_image(other, PIXELS, 77);
    victim_init(&v, s.model, other, s.label, 1);
    recorded_begin(&r, "server");
    recorded_exchange(&r, s.model, &v, 1, 5);
    pv_rng rng = pv_rng_make(3, PV_STREAM_TEST);
    for (int i = 0; i < pv_model_params(s.model); i++)
        for (int64_t k = 0; k < pv_tensor_count(pv_model_param(s.model, i)); k++)
            v.gradient[i][k] = (float)pv_rng_normal(&rng);
    size_t n = recorded_parts(part, s.model, NULL, 1);
    recorded_add(&r, PV_VIEW_SENT, 0, RECORDED_MODEL, 6, part, n, 1);
    n = recorded_parts(part, s.model, v.gradient, 0);
    recorded_add(&r, PV_VIEW_RECEIVED, 0, RECORDED_GRADIENT, 6, part, n, 1);
    const pv_view *view = recorded_open(&r);
    const pv_attack_target t[2] = {alice, {.victim = "alice", .step = 6, .batch = 1}};
    const pv_attack_option short_one[] = {{"steps", "20"}};
    pv_guess g;
    CHECK_OK(pv_guess_init(&g, 2));
    CHECK_OK(pv_attack_idlg.run(&g, &view, 1, &s.known, t, 2, short_one, 1, &plenty, NULL));
    double e0 = recorded_error(g.item[0].x, s.x, PIXELS);
    double e1 = recorded_error(g.item[1].x, s.x, PIXELS);
    print_message("another image %.3f, noise %.3f (loss %.2f)\n", e0, e1, g.item[1].loss);
    assert_true(e0 > 0.05 && e1 > 0.05 && g.item[1].loss > 0.1);
    pv_guess_clear(&g);
    victim_clear(&v);
    recorded_free(&r);
    scene_clear(&s);
}

static void same_seed_same_guess(void **state)
{
    (void)state;
    scene s;
    pv_hash first, second;
    pv_shape sample = PV_SHAPE(SIDE, SIDE, 1);
    scene_init(&s, smooth, 1);
    const pv_attack_option options[] = {{"steps", "3"}, {"init", "uniform"}};
    CHECK_OK(attack(&s, &pv_attack_dlg, &alice, options, 2, &plenty, NULL));
    s.guess.item->seconds = 0;
    CHECK_OK(pv_guess_hash(&first, &s.guess, &sample));
    CHECK_OK(attack(&s, &pv_attack_dlg, &alice, options, 2, &plenty, NULL));
    s.guess.item->seconds = 0;
    CHECK_OK(pv_guess_hash(&second, &s.guess, &sample));
    assert_true(pv_hash_equal(&first, &second));
    CHECK_OK(attack(&s, &pv_attack_dlg, &alice, options, 2, &(pv_budget){.seed = 2}, NULL));
    s.guess.item->seconds = 0;
    CHECK_OK(pv_guess_hash(&second, &s.guess, &sample));
    assert_false(pv_hash_equal(&first, &second));
    scene_clear(&s);
}

static void budgets_are_kept(void **state)
{
    (void)state;
    scene s;
    scene_init(&s, smooth, 1);
    const pv_attack_option strict[] = {{"stop", "0"}, {"steps", "100000000"}};
    CHECK_OK(attack(&s, &pv_attack_idlg, &alice, strict, 2,
                    &(pv_budget){.seed = 1, .evaluations = 7}, NULL));
    assert_int_equal(s.guess.item->evaluations, 7);
    assert_false(s.guess.item->finished);
    assert_true(isfinite(s.guess.item->loss));
    CHECK_OK(attack(&s, &pv_attack_dlg, &alice, strict, 2,
                    &(pv_budget){.seed = 1, .evaluations = 7, .restarts = 4}, NULL));
    assert_int_equal(s.guess.item->evaluations, 28);
    CHECK_OK(attack(&s, &pv_attack_cosine, &alice, strict, 2,
                    &(pv_budget){.seed = 1, .seconds = 0.05}, NULL));
    assert_false(s.guess.item->finished);
    assert_true(s.guess.item->evaluations > 1 && s.guess.item->seconds < 5);
    /* not even one evaluation: nothing is claimed */
    CHECK_OK(attack(&s, &pv_attack_idlg, &alice, NULL, 0, &(pv_budget){.seed = 1, .seconds = 1e-9},
                    NULL));
    assert_false(s.guess.item->finished);
    assert_null(s.guess.item->x);
    assert_int_equal(s.guess.item->label[0], s.label[0]);
    scene_clear(&s);
}

static int calls_left;

static int stop_soon(void *user)
{
    (void)user;
    return calls_left-- <= 0;
}

static int reported;

static void count_progress(void *user, const char *what, uint64_t done, uint64_t total)
{
    (void)user;
    assert_non_null(strstr(what, "target 1 of 1"));
    assert_true(done < total);
    reported++;
}

static void can_be_stopped(void **state)
{
    (void)state;
    scene s;
    scene_init(&s, smooth, 1);
    calls_left = 10;
    reported = 0;
    CHECK_FAILS(attack(&s, &pv_attack_idlg, &alice, NULL, 0, &plenty,
                       &(pv_ctx){.cancelled = stop_soon, .progress = count_progress}),
                PV_ERR_CANCELLED, "");
    assert_false(s.guess.item->finished);
    assert_int_equal(reported, 1);
    scene_clear(&s);
}

static void what_makes_no_sense_is_refused(void **state)
{
    (void)state;
    scene s;
    scene_init(&s, smooth, 1);
    static const struct {
        pv_attack_option option;
        const char *message;
    } wrong[] = {
        {{"stepps", "3"}, "no option 'stepps'; it has steps, restarts"},
        {{"steps", "0"}, "steps is '0'; a number from 1"},
        {{"steps", "2.5"}, "whole number"},
        {{"lr", "fast"}, "lr is 'fast'"},
        {{"lr", ""}, "lr is ''"},
        {{"lr", "nan"}, "lr is 'nan'"},
        {{"objective", "l3"}, "one of l2|layers|cosine"},
        {{"objective", "l"}, "one of l2|layers|cosine"},
        {{"init", ""}, "init is ''"},
        {{"known_labels", "maybe"}, "one of yes|no"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_FAILS(attack(&s, &pv_attack_idlg, &alice, &wrong[i].option, 1, &plenty, NULL),
                    PV_ERR_OPTION, wrong[i].message);
    const pv_attack_target outside = {
        .victim = "alice", .step = 5, .batch = 1, .label = (const int32_t[]){CLASSES}};
    CHECK_FAILS(attack(&s, &pv_attack_idlg, &outside, NULL, 0, &plenty, NULL), PV_ERR_RANGE,
                "label 4 is outside 0..3");
    const pv_attack_target many = {.victim = "alice", .step = 5, .batch = PV_GRADIENT_BATCH + 1};
    CHECK_FAILS(attack(&s, &pv_attack_idlg, &many, NULL, 0, &plenty, NULL), PV_ERR_UNSUPPORTED,
                "up to 64");
    scene_clear(&s);
}

static void out_of_memory(void **state)
{
    (void)state;
    scene s;
    pv_status status = PV_OK;
    scene_init(&s, "flatten\ndense classes init=uniform:0.5\n", 1);
    const pv_attack_option options[] = {{"steps", "1"}, {"restarts", "1"}};
    CHECK_OUT_OF_MEMORY(status)
    {
        status = attack(&s, &pv_attack_idlg, &alice, options, 2, &plenty, NULL);
        pv_guess_clear(&s.guess);
    }
    scene_clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_image_is_recovered),
        cmocka_unit_test(as_the_papers_do_it),
        cmocka_unit_test(direction_alone_is_enough),
        cmocka_unit_test(two_images_behind_one_gradient),
        cmocka_unit_test(nothing_comes_from_nothing),
        cmocka_unit_test(same_seed_same_guess),
        cmocka_unit_test(budgets_are_kept),
        cmocka_unit_test(can_be_stopped),
        cmocka_unit_test(what_makes_no_sense_is_refused),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
