/* Rows pooled at a server: with one client the weights of `privet train`, bit for bit; the server's
 * view holds every row. */
#include "run.h"

#include "privet/rng.h"
#include "scheme/plain/messages.h"
#include "scheme/plain/plain.h"
#include "scheme/plain/pool.h"

enum { SEED = 11 };

static const char data_spec[] = "glyphs?limit=120", test_spec[] = "glyphs?split=test&limit=60";
static const char settings[] = "epochs = 3\nbatch = 16\nlr = 0.05\nmomentum = 0.9\nnesterov = yes\n"
                               "schedule = cosine\nweight_decay = 5e-4\nshift = 1\n";

static pv_model *plainly(const pv_data *data)
{
    const pv_train_options o = {.size = sizeof o,
                                .batch = 16,
                                .epochs = 3,
                                .optim = {.size = sizeof o.optim,
                                          .kind = PV_SGD,
                                          .momentum = 0.9,
                                          .nesterov = 1,
                                          .weight_decay = 5e-4},
                                .lr = 0.05,
                                .schedule = PV_SCHEDULE_COSINE,
                                .augment = {.shift = 1}};
    return run_plainly("lenet5", data, SEED, &o);
}

static void one_client_is_plain_training(void **state)
{
    (void)state;
    run r;
    pv_data *data;
    run_init(&r, &pv_scheme_plain, 1);
    run_write(&r, "model = lenet5", settings, data_spec, test_spec);
    run_ok(&r, "run");
    CHECK_OK(pv_data_open(&data, data_spec, NULL));
    run_same(run_model(&r, 0), plainly(data));
    run_same(run_model(&r, 1), run_model(&r, 0));
    pv_data_free(data);
    run_clear(&r);
}

/* Three clients' rows are those of the whole, in the order of the parties. */
static void pooled_in_order(void **state)
{
    (void)state;
    run r;
    pv_data *all, *part[3], *pooled;
    int64_t index[120], n = 0;
    run_init(&r, &pv_scheme_plain, 3);
    run_write(&r, "model = lenet5", settings, data_spec, test_spec);
    run_ok(&r, "run");
    CHECK_OK(pv_data_open(&all, data_spec, NULL));
    CHECK_OK(pv_data_split(part, 3, all, 0, SEED));
    /* a subset of the whole with the parts one after the other */
    for (int i = 0; i < 3; i++)
        for (int64_t k = 0; k < pv_data_count(part[i]); k++) {
            float a[28 * 28], b[28 * 28];
            pv_data_raw(part[i], k, a);
            for (int64_t j = 0; j < 120; j++) {
                pv_data_raw(all, j, b);
                if (memcmp(a, b, sizeof a) == 0) index[n] = j;
            }
            n++;
        }
    CHECK_OK(pv_data_subset(&pooled, all, index, n));
    run_same(run_model(&r, 0), plainly(pooled));

    /* and the server saw each of them */
    pv_view *v = run_view(&r, 0);
    int64_t seen = 0;
    for (uint64_t i = 0; i < pv_view_count(v); i++) {
        pv_view_payload load;
        pv_plain_rows rows;
        const pv_shape sample = PV_SHAPE(28, 28, 1);
        if (pv_view_at(v, i)->type != PV_PLAIN_ROWS) continue;
        CHECK_OK(pv_view_load(&load, v, i));
        CHECK_OK(pv_plain_rows_take(&rows, &load.parts, "rows", &sample));
        assert_int_equal(rows.dtype, PV_U8);
        int rank = pv_view_at(v, i)->peer;
        for (int64_t k = 0; k < rows.n; k++) {
            float a[28 * 28];
            pv_data_raw(part[rank], k, a);
            assert_int_equal(rows.label[k], pv_data_label(part[rank], k));
            for (int j = 0; j < 28 * 28; j++)
                assert_int_equal(((const uint8_t *)rows.x)[k * 28 * 28 + j],
                                 (int)(a[j] * 255 + 0.5f));
        }
        seen += rows.n;
        pv_view_payload_clear(&load);
    }
    assert_int_equal(seen, 120);
    pv_view_free(v);
    json_t *j = run_result(&r, 0);
    assert_int_equal(json_integer_value(json_object_get(j, "samples")), 120);
    pv_model *m = run_model(&r, 0);
    pv_data *test;
    pv_evaluation e;
    CHECK_OK(pv_data_open(&test, test_spec, NULL));
    CHECK_OK(pv_evaluate(m, test, NULL, &e));
    assert_true(json_real_value(json_object_get(j, "test_accuracy")) == e.accuracy);
    pv_evaluation_clear(&e);
    pv_data_free(test);
    pv_model_free(m);
    json_decref(j);
    for (int i = 0; i < 3; i++) pv_data_free(part[i]);
    pv_data_free(pooled);
    pv_data_free(all);
    run_clear(&r);
}

static void stops_do_not_matter(void **state)
{
    (void)state;
    pv_rng rng = pv_rng_make(SEED, PV_STREAM_TEST);
    run r;
    pv_data *data;
    run_init(&r, &pv_scheme_plain, 1);
    run_write(&r, "model = lenet5", settings, data_spec, NULL);
    run_with_stops(&r, "run", 12, &rng);
    CHECK_OK(pv_data_open(&data, data_spec, NULL));
    run_same(run_model(&r, 0), plainly(data));
    pv_data_free(data);
    run_clear(&r);
}

static void the_pool(void **state)
{
    (void)state;
    const pv_shape sample = PV_SHAPE(2);
    const float x[6] = {1, 2, 3, 4, 5, 6};
    const uint8_t bytes[2] = {1, 2};
    const int32_t label[3] = {0, 1, 1};
    char *names[2] = {"no", "yes"}, path[] = "/tmp/privet-pool-XXXXXX";
    pv_schema schema = {.kind = PV_DATA_TABLE, .sample = sample, .class_name = names, .classes = 2};
    pv_plain_pool pool = {0}, again;
    pv_data *data;
    float row[2];
    pv_plain_rows r = {.dtype = PV_F32, .n = 3, .x = x, .label = label};
    CHECK_OK(pv_plain_pool_add(&pool, &r, "a", &sample));
    r.n = 1;
    CHECK_OK(pv_plain_pool_add(&pool, &r, "b", &sample));
    r.dtype = PV_U8;
    r.x = bytes;
    CHECK_FAILS(pv_plain_pool_add(&pool, &r, "rows from c", &sample), PV_ERR_MISMATCH,
                "rows from c: its samples are u8, those before were f32");
    close(mkstemp(path));
    CHECK_OK(pv_plain_pool_save(&pool, path, &sample));
    CHECK_OK(pv_plain_pool_load(&again, path, &sample));
    assert_int_equal(again.n, 4);
    CHECK_OK(pv_plain_pool_data(&data, &again, &schema));
    assert_int_equal(pv_data_count(data), 4);
    pv_data_raw(data, 2, row);
    assert_true(row[0] == 5 && row[1] == 6 && pv_data_label(data, 2) == 1);
    assert_string_equal(pv_data_class_name(data, 1), "yes");
    pv_data_free(data);
    pv_plain_pool_cut(&again, 3);
    assert_int_equal(again.n, 3);
    pv_plain_pool_cut(&again, 0);
    assert_int_equal(again.dtype, 0); /* nothing was said yet */
    schema.classes = 1;
    CHECK_FAILS(pv_plain_pool_data(&data, &pool, &schema), PV_ERR_RANGE, "label 1");
    const pv_shape other = PV_SHAPE(3);
    pv_plain_pool_clear(&again);
    CHECK_FAILS(pv_plain_pool_load(&again, path, &other), PV_ERR_PEER, "x");
    unlink(path);
    pv_plain_pool_clear(&pool);
    pv_plain_pool_clear(&again);
}

static void claims_and_costs(void **state)
{
    (void)state;
    static const char text[] =
        "[scenario]\nscheme = plain\nmodel = lenet5\n[schema]\nkind = image\nshape = 28,28,1\n"
        "classes = 10\n[scheme]\nepochs = 4\n[party s]\nrole = server\n[party a]\nrole = client\n";
    pv_scenario s;
    pv_str line = {0};
    const pv_claim *claim;
    pv_forecast f;
    pv_batch_truth t;
    int claims;
    CHECK_OK(pv_scenario_parse(&s, "test.ini", text, sizeof text - 1));
    CHECK_OK(pv_scheme_plain.check(&s, &line, &claim, &claims));
    assert_string_equal(pv_str_text(&line),
                        "pooled rows of 1 client, 4 epochs, batches of 64, sgd");
    assert_string_equal(claim[0].secret, "training images");
    assert_true(claim[0].told == 1 && strcmp(claim[0].attacks[0], "rows") == 0);
    CHECK_OK(pv_scheme_plain.forecast(&f, &s, 100));
    assert_int_equal(f.steps, 5);
    assert_true(f.wire_bytes > 100 * 788);
    CHECK_OK(pv_scheme_plain.truth(&t, &s, "a", 100, 1));
    assert_int_equal(t.count, 100);
    assert_int_equal(t.index[99], 99);
    pv_batch_truth_clear(&t);
    CHECK_OK(pv_scheme_plain.truth(&t, &s, "a", 100, 2));
    assert_int_equal(t.count, 0);
    pv_str_clear(&line);
    pv_scenario_clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_client_is_plain_training),
        cmocka_unit_test(pooled_in_order),
        cmocka_unit_test(stops_do_not_matter),
        cmocka_unit_test(the_pool),
        cmocka_unit_test(claims_and_costs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
