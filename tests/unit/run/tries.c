/* Of several trainings that hide, which one is left, and that nothing else of them is. */
#include "check.h"

#include "encode/complement/split.h"
#include "run/tries.h"
#include <math.h>

enum { SEED = 7, TRIES = 3 };

static pv_data *data;
static pv_model *net;

static int set_up(void **state)
{
    (void)state;
    if (pv_data_open(&data, "glyphs?classes=3,5&limit=8000", NULL) != PV_OK) return -1;
    return pv_model_new(&net, "lenet5", data, SEED) == PV_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    pv_model_free(net);
    pv_data_free(data);
    return 0;
}

static pv_tries_options options(double lr)
{
    pv_tries_options o = {
        .old = net, .hidden = {PV_SECRET_COMPLEMENT, PV_SECRET_PLANE, 1, SEED}, .count = TRIES};
    pv_retrain_defaults(&o.retrain, "lenet5", data);
    o.retrain.train.train = data;
    o.retrain.train.epochs = 4;
    o.retrain.train.seed = SEED;
    o.retrain.train.batch = 32;
    o.retrain.train.lr = lr;
    o.retrain.train.augment = (pv_augment){0};
    o.retrain.guard = (pv_guard_options){
        .secret = 0.01, .warmup_epochs = 1, .ramp_epochs = 1, .decoder_steps = 1};
    return o;
}

static void the_one_that_is_read_least(void **state)
{
    (void)state;
    pv_try list[TRIES];
    pv_hidden h, again;
    pv_retrain_result r, once;
    pv_tries_options o = options(0.02);
    int chosen;
    double best = 0;
    CHECK_OK(pv_tries_run(list, &chosen, &h, &r, &o, NULL));
    for (int i = 0; i < TRIES; i++) {
        print_message("seed %d: answers %.3f, read %+.3f\n", (int)list[i].seed,
                      list[i].seen.answered, pv_probing_excess(&list[i].seen));
        assert_int_equal(list[i].seed, SEED + i);
        assert_false(list[i].collapsed);
        assert_int_equal(list[i].seen.learned + list[i].seen.read, pv_data_count(data));
        best = fmax(best, list[i].seen.answered);
    }
    assert_true(chosen >= 0 && chosen < TRIES && best > 0.6);
    for (int i = 0; i < TRIES; i++)
        assert_true(list[i].seen.answered < best - 0.01 ||
                    pv_probing_excess(&list[i].seen) >= pv_probing_excess(&list[chosen].seen));
    /* It is the training of that seed, as it is alone. */
    o.hidden.seed = o.retrain.train.seed = list[chosen].seed;
    CHECK_OK(pv_hidden_make(&again, net, data, &o.hidden));
    CHECK_OK(pv_retrain(&again, &o.retrain, NULL, &once));
    for (int i = 0; i < pv_model_params(h.model); i++)
        assert_memory_equal(pv_model_param(h.model, i)->data, pv_model_param(again.model, i)->data,
                            pv_tensor_bytes(pv_model_param(h.model, i)));
    pv_retrain_result_clear(&once);
    pv_retrain_result_clear(&r);
    pv_hidden_clear(&again);
    pv_hidden_clear(&h);
}

/* A training that ends at chance is never chosen, and is not probed. */
static void none_that_answers_nothing(void **state)
{
    (void)state;
    pv_try list[TRIES];
    pv_hidden h;
    pv_retrain_result r;
    pv_tries_options o = options(1e-9);
    int chosen;
    CHECK_FAILS(pv_tries_run(list, &chosen, &h, &r, &o, NULL), PV_ERR_NUMERIC,
                "all 3 trainings against readers ended at chance");
    assert_true(h.model == NULL && r.epoch == NULL);
    for (int i = 0; i < TRIES; i++)
        assert_true(list[i].collapsed && isnan(list[i].seen.answered) && list[i].seen.read == 0);
}

static void refusals(void **state)
{
    (void)state;
    pv_try list[TRIES];
    pv_hidden h;
    pv_retrain_result r;
    pv_tries_options o = options(0.02);
    int chosen;
    o.hidden.kept = 9;
    CHECK_FAILS(pv_tries_run(list, &chosen, &h, &r, &o, NULL), PV_ERR_RANGE, "");
    assert_null(h.model);
    o = options(0.02);
    o.retrain.guard.cut = (pv_cut_at){.stage = 9};
    CHECK_FAILS(pv_tries_run(list, &chosen, &h, &r, &o, NULL), PV_ERR_OPTION, "is no cut");
    assert_null(h.model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_one_that_is_read_least),
        cmocka_unit_test(none_that_answers_nothing),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
