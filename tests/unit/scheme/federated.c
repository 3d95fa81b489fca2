/* Federated training by parties: the weights are those of the same computation in one process, and
 * with one client those of `privet train`, bit for bit, also after crashes. */
#include "run.h"

#include "fed/local.h"
#include "scheme/federated/federated.h"
#include "scheme/federated/messages.h"
#include <math.h>

enum { SEED = 11 };

static const char data_spec[] = "glyphs?limit=120", test_spec[] = "glyphs?split=test&limit=60";
static const char sgd[] = "algorithm = fedsgd\nepochs = 2\nbatch = 16\nlr = 0.05\nmomentum = 0.9\n"
                          "schedule = cosine\n";
static const char avg[] =
    "algorithm = fedavg\nrounds = 3\nlocal_epochs = 2\nbatch = 16\nlr = 0.05\n"
    "momentum = 0.9\nproximal = 0.1\nserver_momentum = 0.5\n";

/* The same in one process. */
static pv_model *locally(const run *r, int clients)
{
    pv_scenario s;
    pv_fed_options o;
    pv_model *m;
    pv_data *all, *part[RUN_PARTIES];
    pv_fed_local about;
    CHECK_OK(pv_scenario_parse(&s, "test.ini", r->text, strlen(r->text)));
    CHECK_OK(pv_federated_options(&o, &s));
    CHECK_OK(pv_fed_model(&m, &s));
    CHECK_OK(pv_data_open(&all, data_spec, NULL));
    CHECK_OK(pv_data_split(part, clients, all, 0, SEED));
    if (clients == 1) {
        pv_data_free(part[0]);
        part[0] = all;
    }
    CHECK_OK(pv_fed_local_run(&about, &o, m, (const pv_data *const *)part, clients, SEED, 2, NULL));
    for (int i = 0; i < clients; i++) pv_data_free(part[i]);
    if (clients > 1) pv_data_free(all);
    pv_scenario_clear(&s);
    return m;
}

static void as_in_one_process(void **state)
{
    (void)state;
    const char *const settings[] = {sgd, avg};
    run r;
    run_init(&r, &pv_scheme_federated, 3);
    for (int k = 0; k < 2; k++) {
        run_write(&r, "model = lenet5", settings[k], data_spec, test_spec);
        run_ok(&r, k == 0 ? "sgd" : "avg");
        pv_model *m = run_model(&r, 0);
        run_same(run_model(&r, 1), run_model(&r, 3)); /* all have the same at the end */
        run_same(run_model(&r, 2), m);
        run_same(run_model(&r, 0), locally(&r, 3));
    }
    run_clear(&r);
}

static void results_are_told(void **state)
{
    (void)state;
    run r;
    json_t *j;
    double joint, alone;
    int64_t count, samples;
    run_init(&r, &pv_scheme_federated, 2);
    run_write(&r, "model = mlr", avg, data_spec, test_spec);
    run_ok(&r, "run");
    j = run_result(&r, 0);
    CHECK_OK(pv_json_get_real(&joint, j, "test_accuracy", "result"));
    CHECK_OK(pv_json_get_integer(&count, j, "test_count", 60, 60, "result"));
    CHECK_OK(pv_json_get_integer(&count, j, "rounds", 3, 3, "result"));
    CHECK_OK(pv_json_get_integer(&count, j, "parties", 2, 2, "result"));
    assert_true(joint > 0.3 && joint <= 1);
    assert_int_equal(json_array_size(json_object_get(j, "dropped")), 0);
    json_decref(j);
    for (int i = 1; i <= 2; i++) {
        double here;
        j = run_result(&r, i);
        CHECK_OK(pv_json_get_real(&here, j, "joint_accuracy", "result"));
        CHECK_OK(pv_json_get_real(&alone, j, "alone_accuracy", "result"));
        CHECK_OK(pv_json_get_integer(&samples, j, "samples", 60, 60, "result"));
        assert_true(here == joint); /* the same model on the same data */
        assert_true(alone > 0.1 && alone <= 1);
        json_decref(j);
    }
    run_clear(&r);
}

/* One client, equal threads: plain training to the last bit. */
static void one_client_is_plain_training(void **state)
{
    (void)state;
    run r;
    pv_data *data;
    pv_model *m;
    pv_train_result result;
    run_init(&r, &pv_scheme_federated, 1);
    run_write(&r, "model = lenet5", sgd, data_spec, NULL);
    run_ok(&r, "run");
    CHECK_OK(pv_data_open(&data, data_spec, NULL));
    CHECK_OK(pv_model_new(&m, "lenet5", data, SEED));
    const pv_train_options o = {.size = sizeof o,
                                .train = data,
                                .batch = 16,
                                .epochs = 2,
                                .seed = SEED,
                                .optim = {.size = sizeof o.optim, .kind = PV_SGD, .momentum = 0.9},
                                .lr = 0.05,
                                .schedule = PV_SCHEDULE_COSINE};
    CHECK_OK(pv_train(m, &o, NULL, &result));
    pv_train_result_clear(&result);
    run_same(run_model(&r, 0), m);
    pv_data_free(data);
    run_clear(&r);
}

/* What an attack looks for is in the server's view: parts by the names of parameters. */
static void the_view_holds_what_was_sent(void **state)
{
    (void)state;
    run r;
    pv_view_check check;
    pv_view_cross_result cross;
    run_init(&r, &pv_scheme_federated, 2);
    run_write(&r, "model = lenet5", sgd, data_spec, NULL);
    run_ok(&r, "run");
    pv_view *server = run_view(&r, 0), *client = run_view(&r, 1);
    pv_model *m = run_model(&r, 0);
    CHECK_OK(pv_view_verify(&check, server));
    CHECK_OK(pv_view_cross(&cross, server, client));
    assert_true(cross.frames > 0);
    int seen[PV_FEDERATED_TYPES] = {0};
    for (uint64_t i = 0; i < pv_view_count(server); i++) {
        const pv_view_record *at = pv_view_at(server, i);
        pv_view_payload load;
        if (at->type < PV_TYPE_FIRST) continue;
        seen[at->type - PV_TYPE_FIRST]++;
        CHECK_OK(pv_view_load(&load, server, i));
        for (int k = 0; at->type == PV_FED_GRADIENT && k < pv_model_params(m); k++)
            assert_non_null(pv_parts_find(&load.parts, pv_model_param_name(m, k)));
        if (at->type == PV_FED_JOIN) assert_non_null(pv_parts_find(&load.parts, "truth"));
        if (at->type == PV_FED_JOIN) assert_non_null(pv_parts_find(&load.parts, "samples"));
        pv_view_payload_clear(&load);
    }
    int64_t steps = 2 * (60 / 16);
    assert_int_equal(seen[PV_FED_JOIN - PV_TYPE_FIRST], 2);
    assert_int_equal(seen[PV_FED_MODEL - PV_TYPE_FIRST], 2 * (steps + 1));
    assert_int_equal(seen[PV_FED_GRADIENT - PV_TYPE_FIRST], 2 * steps);
    assert_int_equal(seen[PV_FED_AGGREGATE - PV_TYPE_FIRST], steps);
    assert_int_equal(seen[PV_FED_RELEASED - PV_TYPE_FIRST], 1);
    pv_model_free(m);
    pv_view_free(server);
    pv_view_free(client);
    run_clear(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_in_one_process),
        cmocka_unit_test(results_are_told),
        cmocka_unit_test(one_client_is_plain_training),
        cmocka_unit_test(the_view_holds_what_was_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
