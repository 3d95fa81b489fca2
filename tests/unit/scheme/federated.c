/* Federated training by parties: the weights are those of the same computation in one process, and
 * with one client those of `privet train`, bit for bit, also after crashes. */
#include "run.h"

#include "fed/local.h"
#include "privet/rng.h"
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

/* Stopped at moments that a seed draws, any number of parties at a time, and started again: the
 * same weights at the end. */
static void stops_do_not_matter(void **state)
{
    (void)state;
    const char *const settings[] = {sgd, avg};
    pv_rng rng = pv_rng_make(SEED, PV_STREAM_TEST);
    run r;
    run_init(&r, &pv_scheme_federated, 2);
    for (int k = 0; k < 2; k++) {
        char what[32];
        run_write(&r, "model = lenet5", settings[k], data_spec, NULL);
        snprintf(what, sizeof what, "stopped-%d", k);
        run_with_stops(&r, what, k == 0 ? 60 : 20, &rng);
        run_same(run_model(&r, 0), locally(&r, 2));
        run_same(run_model(&r, 1), run_model(&r, 0));
    }
    run_clear(&r);
}

static int count_of(const run *r, int party, uint16_t type, int *kept)
{
    pv_view *v = run_view(r, party);
    int n = 0;
    *kept = 0;
    for (uint64_t i = 0; i < pv_view_count(v); i++) {
        n += pv_view_at(v, i)->type == type;
        *kept += pv_view_at(v, i)->type == type && pv_view_at(v, i)->kept;
    }
    pv_view_free(v);
    return n;
}

/* Masked sums give what plain ones do, up to the fixed point, and the server sees no update. */
static void masked_sums_average(void **state)
{
    (void)state;
    char settings[512];
    int kept;
    run r;
    run_init(&r, &pv_scheme_federated, 3);
    for (int k = 0; k < 3; k++) { /* the last: weights are no values, clip does not cut them */
        snprintf(settings, sizeof settings, "%saggregation = masked\nthreshold = 2\n%s%s",
                 k == 0 ? sgd : avg, k == 0 ? "steps_an_epoch = 2\n" : "weighting = equal\n",
                 k == 2 ? "clip = 0.5\n" : "");
        run_write(&r, "model = lenet5", settings, data_spec, NULL);
        run_ok(&r, k == 0 ? "masked-sgd" : k == 1 ? "masked-avg" : "masked-clip");
        assert_int_equal(count_of(&r, 0, PV_FED_UPDATE, &kept), 0);
        assert_int_equal(count_of(&r, 0, PV_FED_GRADIENT, &kept), 0);
        assert_int_equal(count_of(&r, 0, PV_FED_MASKED, &kept), 3 * (k == 0 ? 4 : 3));
        assert_int_equal(kept, 0); /* only their hashes, unless the scenario says otherwise */
        pv_model *m = run_model(&r, 0);
        run_same(run_model(&r, 2), run_model(&r, 0));
        settings[0] = '\0';
        snprintf(settings, sizeof settings, "%s%s", k == 0 ? sgd : avg,
                 k == 0 ? "steps_an_epoch = 2\n" : "weighting = equal\n");
        run_write(&r, "model = lenet5", settings, data_spec, NULL);
        pv_model *local = locally(&r, 3);
        double d = run_largest_difference(m, local);
        pv_model_free(m);
        pv_model_free(local);
        print_message("largest difference to plain sums %.3g\n", d);
        assert_true(d < 1e-5);
    }
    run_clear(&r);
}

/* A client that is lost: the others go on, and the results name it. */
static void without_a_lost_client(void **state)
{
    (void)state;
    const char *const settings[] = {"", "aggregation = masked\nthreshold = 2\n"};
    run r;
    run_init(&r, &pv_scheme_federated, 3);
    for (int k = 0; k < 2; k++) {
        char all[512], what[32];
        atomic_int left = 40;
        snprintf(all, sizeof all, "rounds = 6\nbatch = 16\nlr = 0.05\nalone = no\n%s", settings[k]);
        snprintf(what, sizeof what, "lost-%d", k);
        run_write(&r, "model = mlr\non_loss = proceed\nmin_parties = 2\nloss_timeout = 1", all,
                  data_spec, test_spec);
        r.may_fail = 2;
        r.party[2].stop = &left;
        run_ok(&r, what);
        r.party[2].stop = NULL;
        assert_int_equal(r.party[2].status, PV_ERR_CANCELLED);
        json_t *j = run_result(&r, 0), *dropped = json_object_get(j, "dropped");
        assert_int_equal(json_array_size(dropped), 1);
        assert_string_equal(json_string_value(json_array_get(dropped, 0)), r.party[2].name);
        assert_true(json_real_value(json_object_get(j, "test_accuracy")) > 0.3);
        json_decref(j);
        run_same(run_model(&r, 1), run_model(&r, 3));
    }
    run_clear(&r);
}

static pv_status check(const char *head, const char *settings, pv_str *line)
{
    run r = {.scheme = &pv_scheme_federated};
    pv_scenario s;
    const pv_claim *claim;
    int claims;
    char text[2048];
    snprintf(text, sizeof text,
             "[scenario]\nscheme = federated\n%s\n[scheme]\n%s\n[party s]\nrole = server\n"
             "[party a]\nrole = client\n[party b]\nrole = client\n",
             head, settings);
    CHECK_OK(pv_scenario_parse(&s, "test.ini", text, strlen(text)));
    pv_str_truncate(line, 0);
    pv_status status = r.scheme->check(&s, line, &claim, &claims);
    for (int i = 0; status == PV_OK && i < claims; i++) assert_non_null(claim[i].attacks);
    pv_scenario_clear(&s);
    return status;
}

static void what_is_refused(void **state)
{
    (void)state;
    static const char image[] =
        "model = lenet5\n[schema]\nkind = image\nshape = 28,28,1\nclasses = 10";
    static const char pinned[] =
        "ca = sha256:"
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n"
        "model = lenet5\n[schema]\nkind = image\nshape = 28,28,1\nclasses = 10";
    static const char table[] = "model = mlr\n[schema]\nkind = table\nshape = 4\nclasses = 3";
    pv_str line = {0};
    CHECK_OK(check(image, "", &line));
    assert_string_equal(pv_str_text(&line),
                        "FedAvg, 2 clients, 10 rounds of 1 local epoch, batches of 64, sgd");
    CHECK_OK(check(image, "algorithm = fedsgd\nbatch = 1\noptim = adam", &line));
    assert_string_equal(pv_str_text(&line), "FedSGD, 2 clients, batches of 1, 1 epoch, adam");
    CHECK_OK(check(table, "proximal = 0.1", &line));
    CHECK_FAILS(check(image, "algorithm = fedsgd\nproximal = 1", &line), PV_ERR_FORMAT,
                "belong to algorithm = fedavg");
    CHECK_FAILS(check(image, "steps_an_epoch = 3", &line), PV_ERR_FORMAT, "fedsgd");
    CHECK_FAILS(check(image, "optim = adam\nmomentum = 0.9", &line), PV_ERR_FORMAT, "optim = sgd");
    CHECK_FAILS(check(image, "nesterov = yes", &line), PV_ERR_FORMAT, "momentum above 0");
    CHECK_FAILS(check(table, "flip = yes", &line), PV_ERR_FORMAT, "images only");
    CHECK_FAILS(check(pinned, "aggregation = masked", &line), PV_ERR_FORMAT, "no cert line");
    CHECK_FAILS(check(image, "aggregation = masked\nthreshold = 3", &line), PV_ERR_FORMAT,
                "from 2 to 2");
    CHECK_FAILS(
        check("on_loss = proceed\nmin_parties = 1\nmodel = lenet5", "aggregation = masked", &line),
        PV_ERR_FORMAT, "write min_parties = 2 or more");
    /* what `privet run` fills in, keys and schema, may be missing where nothing is pinned yet */
    CHECK_OK(check(image, "aggregation = masked", &line));
    CHECK_OK(check("model = lenet5", "", &line));
    CHECK_FAILS(
        check("model = lenet6\n[schema]\nkind = image\nshape = 28,28,1\nclasses = 10", "", &line),
        PV_ERR_OPTION, "lenet6");
    pv_str_clear(&line);
}

/* truth says which samples stand behind a step: those whose gradient was sent. */
static void truth_is_what_was_seen(void **state)
{
    (void)state;
    run r;
    run_init(&r, &pv_scheme_federated, 2);
    run_write(&r, "model = lenet5", "algorithm = fedsgd\nbatch = 3\nlr = 0\nalone = no\n",
              "glyphs?limit=20", NULL);
    run_ok(&r, "run");
    pv_scenario s;
    pv_batch_truth t;
    pv_fed_options o;
    pv_data *all, *part[2], *few;
    CHECK_OK(pv_scenario_parse(&s, "test.ini", r.text, strlen(r.text)));
    CHECK_OK(pv_federated_options(&o, &s));
    CHECK_OK(pv_data_open(&all, "glyphs?limit=20", NULL));
    CHECK_OK(pv_data_split(part, 2, all, 0, SEED));
    pv_view *v = run_view(&r, 0);
    pv_model *m = run_model(&r, 0); /* learning rate 0: the weights never moved */
    pv_fed_layout l;
    CHECK_OK(pv_fed_layout_init(&l, m));
    float *weights = pv_fed_vector_new(&l), *out = pv_fed_vector_new(&l);
    pv_fed_from_model(weights, &l);
    int held = 0;
    for (uint64_t i = 0; i < pv_view_count(v); i++) {
        const pv_view_record *at = pv_view_at(v, i);
        pv_view_payload load;
        pv_gradient_step g;
        double loss;
        int64_t correct, index[3] = {0, 1, 2};
        if (at->type != PV_FED_GRADIENT) continue;
        const char *who = pv_view_header_of(v)->peer[at->peer].name;
        int rank = pv_scenario_rank(&s, who);
        CHECK_OK(pv_scheme_federated.truth(&t, &s, who, 10, at->step));
        assert_int_equal(t.count, 3);
        CHECK_OK(pv_data_subset(&few, part[rank], t.index, 3));
        CHECK_OK(pv_gradient_step_init(&g, m, 3, 0, NULL));
        pv_batch_fill(&g.batch, m, few, index, NULL, 0, 0);
        CHECK_OK(pv_gradient_step_run(&g, &loss, &correct));
        CHECK_OK(pv_view_load(&load, v, i));
        for (int k = 0; k < l.params; k++) {
            const pv_part *part_ = pv_parts_find(&load.parts, pv_model_param_name(m, k));
            assert_non_null(part_);
            CHECK_OK(pv_plan_read(g.plan, g.gradient[k], out + l.offset[k], PV_F32));
            for (int64_t j = 0; j < l.offset[k + 1] - l.offset[k]; j++)
                assert_true(((const float *)part_->data)[j] == out[l.offset[k] + j]);
        }
        held++;
        pv_view_payload_clear(&load);
        pv_gradient_step_clear(&g);
        pv_data_free(few);
        pv_batch_truth_clear(&t);
    }
    assert_int_equal(held, 2 * 3);
    CHECK_OK(pv_scheme_federated.truth(&t, &s, r.party[0].name, 10, 1)); /* the server has none */
    assert_int_equal(t.count, 0);
    pv_scheme_known known = {0};
    CHECK_OK(pv_scheme_federated.known(&known, &s));
    assert_true(known.local_epochs == 0 && known.local_batch == 3 && known.local_lr == 0);
    pv_forecast f;
    CHECK_OK(pv_scheme_federated.forecast(&f, &s, 10));
    assert_int_equal(f.steps, 4);
    assert_true(f.wire_bytes > 2.0 * 7 * 4 * (double)l.size * 0.99);
    pv_free(weights);
    pv_free(out);
    pv_fed_layout_clear(&l);
    pv_model_free(m);
    pv_view_free(v);
    for (int i = 0; i < 2; i++) pv_data_free(part[i]);
    pv_data_free(all);
    pv_scenario_clear(&s);
    run_clear(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_in_one_process),
        cmocka_unit_test(results_are_told),
        cmocka_unit_test(one_client_is_plain_training),
        cmocka_unit_test(the_view_holds_what_was_sent),
        cmocka_unit_test(stops_do_not_matter),
        cmocka_unit_test(masked_sums_average),
        cmocka_unit_test(without_a_lost_client),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(truth_is_what_was_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
