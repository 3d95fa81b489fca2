/* Retraining: frozen layers stay as they are, the same seed gives the same bits, every kind and
 * form is learnt, adversaries are held off, a collapse is said. */
#include "check.h"

#include "base/file.h"
#include "encode/complement/retrain_guard.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SEED = 11 };

/* Everything that has state of its own, on both sides of the secret. */
static const char net[] = "conv 6 kernel=5 stride=2\n"
                          "batchnorm\n"
                          "relu\n"
                          "dropout 0.1\n"
                          "conv 8 kernel=3\n"
                          "batchnorm\n"
                          "relu\n"
                          "maxpool 2\n"
                          "flatten\n"
                          "dense 24\n"
                          "relu\n"
                          "dense classes\n";

static pv_data *two, *two_test, *three, *three_test;
static pv_model *old;

static pv_status open_data(void)
{
    PV_TRY(pv_data_open(&two, "glyphs?classes=3,5&limit=10000", NULL));
    PV_TRY(pv_data_open(&two_test, "glyphs?classes=3,5&split=test&limit=1000", NULL));
    PV_TRY(pv_data_open(&three, "glyphs?classes=0,1,2&limit=10000", NULL));
    return pv_data_open(&three_test, "glyphs?classes=0,1,2&split=test&limit=1000", NULL);
}

static pv_status model_of(pv_model **out, const char *text, const pv_data *data)
{
    const pv_model_domain domain = {.size = sizeof domain,
                                    .kind = PV_DATA_IMAGE,
                                    .sample = pv_data_sample_shape(data),
                                    .classes = pv_data_classes(data)};
    PV_TRY(pv_model_parse(out, text, strlen(text), "net.model", &domain, SEED));
    for (int i = 0; i < domain.classes; i++)
        PV_TRY(pv_model_set_class(*out, i, pv_data_class_name(data, i)));
    return pv_norm_fit(&(*out)->norm, data);
}

static int set_up(void **state)
{
    (void)state;
    pv_train_options o;
    pv_train_result r;
    if (open_data() != PV_OK || model_of(&old, net, two) != PV_OK) return -1;
    pv_train_defaults(&o, "net", two);
    o.epochs = 4;
    if (pv_train(old, &o, NULL, &r) != PV_OK) return -1;
    pv_train_result_clear(&r);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pv_model_free(old);
    pv_data_free(two);
    pv_data_free(two_test);
    pv_data_free(three);
    pv_data_free(three_test);
    return 0;
}

static pv_retrain_options few(const pv_data *data, int epochs)
{
    pv_retrain_options o;
    pv_retrain_defaults(&o, "net", data);
    o.train.epochs = epochs;
    o.train.seed = SEED;
    return o;
}

/* What lies before the secret's layer does not move, its running statistics neither; what is behind
 * it does. Two runs give the same bits, another seed others. */
static void keeps_what_is_frozen(void **state)
{
    (void)state;
    const pv_hidden_options make = {PV_SECRET_COMPLEMENT, PV_SECRET_PLANE, 1, SEED};
    pv_retrain_options o = few(two, 1);
    pv_hidden h[3], before;
    pv_retrain_result r;
    CHECK_OK(pv_hidden_make(&before, old, two, &make));
    for (int k = 0; k < 3; k++) {
        CHECK_OK(pv_hidden_make(&h[k], old, two, &make));
        if (k == 2) o.train.seed++;
        CHECK_OK(pv_retrain(&h[k], &o, NULL, &r));
        assert_int_equal(r.epochs, 1);
        assert_int_equal(r.steps, pv_data_count(two) / o.train.batch);
        pv_retrain_result_clear(&r);
    }
    int frozen = 0, moved = 0, other = 0;
    for (int i = 0; i < pv_model_params(before.model); i++) {
        const char *name = pv_model_param_name(before.model, i);
        size_t n = pv_tensor_bytes(pv_model_param(before.model, i));
        const void *was = pv_model_param(before.model, i)->data;
        int same = memcmp(was, pv_model_param(h[0].model, i)->data, n) == 0;
        int early = strncmp(name, "conv1", 5) == 0 || strncmp(name, "batchnorm1", 10) == 0;
        assert_int_equal(same, early);
        frozen += early;
        moved += !same;
        assert_memory_equal(pv_model_param(h[0].model, i)->data,
                            pv_model_param(h[1].model, i)->data, n);
        other += memcmp(pv_model_param(h[0].model, i)->data, pv_model_param(h[2].model, i)->data,
                        n) != 0;
    }
    assert_int_equal(frozen, 6);
    assert_int_equal(moved, pv_model_params(before.model) - 6);
    assert_int_equal(other, moved);
    for (int k = 0; k < 3; k++) pv_hidden_clear(&h[k]);
    pv_hidden_clear(&before);
}

/* With every adversary at once, noise and restarts. */
static void a_guarded_run_repeats_itself(void **state)
{
    (void)state;
    const pv_hidden_options make = {PV_SECRET_COMPLEMENT, PV_SECRET_APPEND, 1, SEED};
    pv_retrain_options o = few(two, 2);
    pv_hidden h[2];
    pv_retrain_result r[2];
    o.guard = (pv_guard_options){.cut = {.stage = 3},
                                 .secret = 1,
                                 .input = 0.1,
                                 .correlation = 0.1,
                                 .noise = 0.2,
                                 .ramp_epochs = 1,
                                 .decoder_steps = 2,
                                 .restart_epochs = 1};
    for (int k = 0; k < 2; k++) {
        CHECK_OK(pv_hidden_make(&h[k], old, two, &make));
        CHECK_OK(pv_retrain(&h[k], &o, NULL, &r[k]));
    }
    assert_true(r[0].epoch[1].loss == r[1].epoch[1].loss);
    assert_true(r[0].epoch[1].read == r[1].epoch[1].read && r[0].epoch[1].read >= 0);
    for (int i = 0; i < pv_model_params(h[0].model); i++)
        assert_memory_equal(pv_model_param(h[0].model, i)->data,
                            pv_model_param(h[1].model, i)->data,
                            pv_tensor_bytes(pv_model_param(h[0].model, i)));
    for (int k = 0; k < 2; k++) {
        pv_retrain_result_clear(&r[k]);
        pv_hidden_clear(&h[k]);
    }
}

/* Every kind and form reaches what a network of this size can, for the worst value of the secret,
 * in seconds. */
static void learns_every_kind_and_form(void **state)
{
    (void)state;
    static const struct {
        pv_secret_kind kind;
        pv_secret_form form;
        int kept, epochs, three;
        double least;
    } cases[] = {
        {PV_SECRET_COMPLEMENT, PV_SECRET_PLANE, 0, 8, 0, 0.85},
        {PV_SECRET_COMPLEMENT, PV_SECRET_PLANE, 1, 6, 0, 0.85},
        {PV_SECRET_COMPLEMENT, PV_SECRET_PLANE, 2, 12, 0, 0.85},
        {PV_SECRET_COMPLEMENT, PV_SECRET_APPEND, 1, 6, 0, 0.85},
        {PV_SECRET_COMPLEMENT, PV_SECRET_APPEND, 2, 12, 0, 0.85},
        {PV_SECRET_COMPLEMENT, PV_SECRET_DIGIT, 1, 8, 0, 0.85},
        {PV_SECRET_OFFSET, PV_SECRET_PLANE, 1, 8, 1, 0.8},
        {PV_SECRET_OFFSET, PV_SECRET_APPEND, 1, 8, 1, 0.8},
        {PV_SECRET_OFFSET, PV_SECRET_DIGIT, 1, 8, 0, 0.8},
        {PV_SECRET_PERMUTATION, PV_SECRET_PLANE, 2, 20, 1, 0.8},
        {PV_SECRET_PERMUTATION, PV_SECRET_APPEND, 2, 20, 1, 0.8},
    };
    pv_model *of_three = NULL;
    pv_train_options t;
    pv_train_result trained;
    CHECK_OK(model_of(&of_three, net, three));
    pv_train_defaults(&t, "net", three);
    t.epochs = 4;
    CHECK_OK(pv_train(of_three, &t, NULL, &trained));
    pv_train_result_clear(&trained);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const pv_hidden_options make = {cases[i].kind, cases[i].form, cases[i].kept, SEED};
        const pv_data *data = cases[i].three ? three : two;
        const pv_data *test = cases[i].three ? three_test : two_test;
        pv_retrain_options o = few(data, cases[i].epochs);
        pv_hidden h;
        pv_retrain_result r;
        pv_hidden_score s;
        CHECK_OK(pv_hidden_make(&h, cases[i].three ? of_three : old, data, &make));
        CHECK_OK(pv_retrain(&h, &o, NULL, &r));
        CHECK_OK(pv_hidden_measure(&s, &h, test, SEED, NULL));
        print_message("%s %s kept %d: %.3f, worst %.3f, %.1f s\n",
                      pv_secret_kind_name(cases[i].kind), pv_secret_form_name(cases[i].form),
                      cases[i].kept, s.accuracy, s.worst, r.seconds);
        assert_true(s.worst >= cases[i].least);
        assert_false(r.collapsed);
        pv_hidden_score_clear(&s);
        pv_retrain_result_clear(&r);
        pv_hidden_clear(&h);
    }
    pv_model_free(of_three);
}

/* Without pressure the reader reads every secret; under it, hardly any, and the task is learnt. */
static void holds_the_reader_off(void **state)
{
    (void)state;
    pv_model *mlp = NULL;
    pv_hidden h;
    pv_retrain_result r;
    static const char text[] = "flatten\ndense 64\nrelu\ndense 64\nrelu\ndense 32\nrelu\n"
                               "dense 64\nrelu\ndense classes\n";
    const pv_hidden_options make = {PV_SECRET_COMPLEMENT, PV_SECRET_PLANE, 1, SEED};
    pv_train_options t;
    pv_train_result trained;
    CHECK_OK(model_of(&mlp, text, two));
    pv_train_defaults(&t, "net", two);
    t.augment = (pv_augment){0};
    CHECK_OK(pv_train(mlp, &t, NULL, &trained));
    pv_train_result_clear(&trained);
    CHECK_OK(pv_hidden_make(&h, mlp, two, &make));
    pv_retrain_options o = few(two, 30);
    o.test = two_test;
    o.train.batch = 16;
    o.train.lr = 6e-3;
    o.train.augment = (pv_augment){0};
    o.guard = (pv_guard_options){.cut = {.stage = 3},
                                 .secret = 1,
                                 .warmup_epochs = 6,
                                 .ramp_epochs = 8,
                                 .decoder_steps = 3,
                                 .restart_epochs = 4};
    CHECK_OK(pv_retrain(&h, &o, NULL, &r));
    const pv_retrain_epoch *warm = &r.epoch[5], *last = &r.epoch[29];
    double late = 0;
    for (int e = 20; e < 30; e++) late += r.epoch[e].read / 10;
    print_message("read %.3f after warm-up, %.3f in the last ten epochs; accuracy %.3f\n",
                  warm->read, late, last->test_accuracy);
    assert_true(warm->read > 0.95);
    assert_true(late < 0.9);
    assert_true(last->test_accuracy > 0.9);
    assert_true(fabs(last->of_value[0] - last->of_value[1]) < 0.1);
    assert_false(r.collapsed);
    pv_retrain_result_clear(&r);
    pv_hidden_clear(&h);
    pv_model_free(mlp);
}

/* Pressure that leaves nothing of the task is called what it is. */
static void reports_a_collapse(void **state)
{
    (void)state;
    const pv_hidden_options make = {PV_SECRET_COMPLEMENT, PV_SECRET_PLANE, 1, SEED};
    pv_hidden h;
    pv_retrain_result r;
    pv_retrain_options o = few(two, 3);
    CHECK_OK(pv_hidden_make(&h, old, two, &make));
    o.guard = (pv_guard_options){.cut = {.stage = 2}, .secret = 100, .decoder_steps = 3};
    CHECK_OK(pv_retrain(&h, &o, NULL, &r));
    assert_true(r.epoch[2].accuracy < 0.6);
    assert_int_equal(r.collapsed, 1);
    pv_retrain_result_clear(&r);
    pv_hidden_clear(&h);
}

/* Nine of ten rows of one class: the secret alone gets nine of ten answers right, which is no more
 * than chance, and is called that. */
static void the_secret_alone_is_chance(void **state)
{
    (void)state;
    enum { ROWS = 1000 };
    const pv_hidden_options make = {PV_SECRET_COMPLEMENT, PV_SECRET_APPEND, 1, SEED};
    int64_t index[ROWS], n = 0, of[2] = {0};
    pv_data *uneven;
    pv_hidden h;
    pv_retrain_result r;
    for (int64_t i = 0; n < ROWS; i++) {
        int label = pv_data_label(two, i);
        if (of[label] == (label == 0 ? 9 * ROWS / 10 : ROWS / 10)) continue;
        of[label]++;
        index[n++] = i;
    }
    CHECK_OK(pv_data_subset(&uneven, two, index, n));
    pv_retrain_options o = few(uneven, 4);
    o.guard = (pv_guard_options){.cut = {.stage = 2}, .secret = 100, .decoder_steps = 3};
    CHECK_OK(pv_hidden_make(&h, old, uneven, &make));
    CHECK_OK(pv_retrain(&h, &o, NULL, &r));
    print_message("%.3f of the answers right\n", r.epoch[3].accuracy);
    assert_true(r.epoch[3].accuracy > 0.6);
    assert_int_equal(r.collapsed, 1);
    pv_retrain_result_clear(&r);
    pv_hidden_clear(&h);
    pv_data_free(uneven);
}

/* Trained with noise a model is less wrong under it than one that never met it, and both are
 * measured with it. */
static void gets_used_to_noise(void **state)
{
    (void)state;
    const pv_hidden_options make = {PV_SECRET_COMPLEMENT, PV_SECRET_PLANE, 1, SEED};
    double loss[2];
    for (int trained = 0; trained < 2; trained++) {
        pv_hidden h;
        pv_retrain_result r;
        pv_hidden_score s;
        pv_retrain_options o = few(two, 6);
        CHECK_OK(pv_hidden_make(&h, old, two, &make));
        o.guard.noise = trained ? 1.5 : 0;
        o.guard.cut.stage = 3;
        o.guard.decoder_steps = 1;
        CHECK_OK(pv_retrain(&h, &o, NULL, &r));
        h.noise = 1.5;
        h.noise_at.stage = 3;
        CHECK_OK(pv_hidden_measure(&s, &h, two_test, SEED, NULL));
        loss[trained] = s.loss;
        pv_hidden_score_clear(&s);
        pv_retrain_result_clear(&r);
        pv_hidden_clear(&h);
    }
    print_message("loss under noise: %.3f, trained with it %.3f\n", loss[0], loss[1]);
    assert_true(loss[1] < 0.8 * loss[0]);
}

/* A rebuilder that is to be kept off, and a distance correlation to be lowered, change what is
 * learnt, and leave the task. */
static void other_pressures_press(void **state)
{
    (void)state;
    const pv_hidden_options make = {PV_SECRET_COMPLEMENT, PV_SECRET_PLANE, 1, SEED};
    double rebuilt[2] = {0}, correlated[2] = {0};
    for (int k = 0; k < 2; k++) {
        pv_hidden h;
        pv_retrain_result r;
        pv_retrain_options o = few(two, 4);
        CHECK_OK(pv_hidden_make(&h, old, two, &make));
        o.guard = (pv_guard_options){.cut = {.stage = 3}, .correlation = k, .decoder_steps = 1};
        o.guard.noise = k == 0 ? 0.01 : 0;
        CHECK_OK(pv_retrain(&h, &o, NULL, &r));
        assert_true(isnan(r.epoch[0].read)); /* nobody reads */
        assert_true(h.noise == o.guard.noise && h.noise_at.stage == (k == 0 ? 3 : 0));
        correlated[k] = r.epoch[3].loss;
        pv_retrain_result_clear(&r);
        pv_hidden_clear(&h);
        CHECK_OK(pv_hidden_make(&h, old, two, &make));
        o.guard = (pv_guard_options){.cut = {.stage = 3}, .input = k + 0.01, .decoder_steps = 1};
        CHECK_OK(pv_retrain(&h, &o, NULL, &r));
        rebuilt[k] = r.epoch[3].loss;
        assert_true(r.epoch[3].accuracy > 0.8);
        pv_retrain_result_clear(&r);
        pv_hidden_clear(&h);
    }
    assert_true(rebuilt[0] != rebuilt[1] && correlated[0] != correlated[1]);
}

static void refuses(void **state)
{
    (void)state;
    const pv_hidden_options make = {PV_SECRET_COMPLEMENT, PV_SECRET_PLANE, 1, SEED};
    pv_hidden h;
    pv_retrain_result r;
    pv_retrain_options o = few(two, 1);
    CHECK_OK(pv_hidden_make(&h, old, two, &make));
    o.train.checkpoint = "/tmp";
    CHECK_FAILS(pv_retrain(&h, &o, NULL, &r), PV_ERR_OPTION, "no checkpoints");
    o = few(two, 1);
    o.guard.secret = -1;
    o.guard.noise = 1;
    CHECK_FAILS(pv_retrain(&h, &o, NULL, &r), PV_ERR_OPTION, "none may be negative");
    static const double noise[] = {-1, NAN, 101};
    for (int i = 0; i < 3; i++) {
        o = few(two, 1);
        o.guard.noise = noise[i];
        CHECK_FAILS(pv_retrain(&h, &o, NULL, &r), PV_ERR_OPTION, "0 to 100 can be put on it");
    }
    o = few(two, 1);
    o.guard.secret = 1;
    o.guard.cut.stage = 1;
    CHECK_FAILS(pv_retrain(&h, &o, NULL, &r), PV_ERR_OPTION, "in the clear");
    o.guard.cut.stage = 4;
    CHECK_FAILS(pv_retrain(&h, &o, NULL, &r), PV_ERR_OPTION, "no cut");
    o.guard.cut.stage = 2;
    o.guard.decoder_steps = 0;
    CHECK_FAILS(pv_retrain(&h, &o, NULL, &r), PV_ERR_OPTION, "1 to 64");
    o.guard.decoder_steps = 1;
    o.guard.ramp_epochs = NAN;
    CHECK_FAILS(pv_retrain(&h, &o, NULL, &r), PV_ERR_OPTION, "warm-up");
    o = few(three, 1);
    CHECK_FAILS(pv_retrain(&h, &o, NULL, &r), PV_ERR_MISMATCH, "tells 2 classes");
    o = few(two, 1);
    o.test = three;
    CHECK_FAILS(pv_retrain(&h, &o, NULL, &r), PV_ERR_MISMATCH, "tells 2 classes");
    o = few(two, 2);
    o.train.optim.kind = PV_SGD;
    o.train.lr = 1e30;
    CHECK_FAILS(pv_retrain(&h, &o, NULL, &r), PV_ERR_NUMERIC, "lower the learning rate");
    pv_hidden_clear(&h);
}

static int stop(void *user)
{
    return --*(int *)user < 0;
}

static void can_be_cancelled(void **state)
{
    (void)state;
    const pv_hidden_options make = {PV_SECRET_COMPLEMENT, PV_SECRET_PLANE, 1, SEED};
    int left = 3;
    pv_ctx ctx = {.user = &left, .cancelled = stop};
    pv_hidden h;
    pv_retrain_result r;
    pv_retrain_options o = few(two, 1);
    CHECK_OK(pv_hidden_make(&h, old, two, &make));
    CHECK_FAILS(pv_retrain(&h, &o, &ctx, &r), PV_ERR_CANCELLED, "");
    pv_hidden_clear(&h);
}

static void runs_out_of_memory(void **state)
{
    (void)state;
    static const char text[] = "flatten\ndense 6\nrelu\ndense classes\n";
    pv_data *few_rows = NULL;
    pv_model *m = NULL;
    pv_hidden h;
    pv_status status;
    pv_retrain_result r;
    const pv_hidden_options make = {PV_SECRET_COMPLEMENT, PV_SECRET_PLANE, 0, SEED};
    CHECK_OK(pv_data_open(&few_rows, "glyphs?classes=3,5&limit=80", NULL));
    CHECK_OK(model_of(&m, text, few_rows));
    CHECK_OK(pv_hidden_make(&h, m, few_rows, &make));
    pv_retrain_options o = few(few_rows, 1);
    o.train.batch = 8;
    o.test = few_rows;
    o.guard = (pv_guard_options){.cut = {.stage = 1},
                                 .secret = 1,
                                 .input = 1,
                                 .correlation = 1,
                                 .noise = 1,
                                 .decoder_steps = 2};
    CHECK_OUT_OF_MEMORY(status)
    {
        status = pv_retrain(&h, &o, NULL, &r);
        if (status == PV_OK) pv_retrain_result_clear(&r);
    }
    pv_hidden_clear(&h);
    pv_model_free(m);
    pv_data_free(few_rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_is_frozen),
        cmocka_unit_test(a_guarded_run_repeats_itself),
        cmocka_unit_test(learns_every_kind_and_form),
        cmocka_unit_test(holds_the_reader_off),
        cmocka_unit_test(reports_a_collapse),
        cmocka_unit_test(the_secret_alone_is_chance),
        cmocka_unit_test(gets_used_to_noise),
        cmocka_unit_test(other_pressures_press),
        cmocka_unit_test(refuses),
        cmocka_unit_test(can_be_cancelled),
        cmocka_unit_test(runs_out_of_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
