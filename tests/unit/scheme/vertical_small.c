/* Both parties on a table of two features and two classes, small enough for the sanitizers:
 * training, a stop, a prediction, merging. vertical.c holds what comes out against other
 * computations. */
#include "vertical_two.h"

static const char table[] = "a,b,kind\n0,1,no\n1,0,yes\n0,2,no\n2,0,yes\n0,3,no\n3,1,yes\n1,3,no\n"
                            "3,0,yes\n";

static void init(run *r)
{
    char path[96];
    two_init(r, "left", "right");
    snprintf(path, sizeof path, "%s/rows.csv", r->folder);
    CHECK_OK(pv_file_write(path, table, sizeof table - 1, 0600));
}

/* halves: of the run `train`, for what comes after it. */
static void write_it(run *r, const char *settings, int halves)
{
    size_t n = (size_t)snprintf(r->text, RUN_TEXT,
                                "[scenario]\nname = test\nscheme = vertical\nmodel = mlp:hidden=2\n"
                                "seed = 1\n[schema]\nkind = table\nshape = 2\nclasses = no,yes\n"
                                "[scheme]\nkey_bits = 2048\nbatch = 4\nlr = 0.2\n%s",
                                settings);
    assert_true(n < RUN_TEXT);
    run_add_party(r, ACTIVE);
    run_add_party(r, PASSIVE);
    for (int i = 0; i < 2; i++) {
        static const char *const side[] = {"label=none&drop=kind", "features=none"};
        n = strlen(r->text);
        n += (size_t)snprintf(r->text + n, RUN_TEXT - n,
                              "[local %s]\ndata = csv:%s/rows.csv?%s\ntest = csv:%s/rows.csv?%s\n",
                              r->party[i].name, r->folder, side[i], r->folder, side[i]);
        if (halves)
            n +=
                (size_t)snprintf(r->text + n, RUN_TEXT - n, "half = %s/train/%s/half.safetensors\n",
                                 r->folder, r->party[i].name);
        if (i == ACTIVE)
            n += (size_t)snprintf(r->text + n, RUN_TEXT - n, "paillier = %s/paillier.key\n",
                                  r->folder);
        assert_true(n < RUN_TEXT);
    }
}

static void a_collaboration(void **state)
{
    (void)state;
    run r;
    char path[192];
    pv_bytes text;
    atomic_int left = 9;
    init(&r);
    write_it(&r, "epochs = 2\nmomentum = 0.5\nprotect = gauss\nnoise = 0.1\n", 0);
    r.party[PASSIVE].stop = &left;
    run_all(&r, "train");
    assert_int_equal(r.party[PASSIVE].status, PV_ERR_CANCELLED);
    r.party[PASSIVE].stop = NULL;
    run_ok(&r, "train");
    json_t *j = run_result(&r, PASSIVE);
    assert_int_equal(json_integer_value(json_object_get(j, "test_count")), 8);
    assert_true(json_is_number(json_object_get(j, "label_epsilon")));
    json_decref(j);

    write_it(&r, "task = predict\nanswers = probability\n", 1);
    run_ok(&r, "predict");
    snprintf(path, sizeof path, "%s/predictions.csv", r.party[ACTIVE].folder);
    CHECK_OK(pv_file_read(&text, path, 1 << 16));
    assert_memory_equal(text.data, "row,no,yes\n0,", 13);
    pv_bytes_clear(&text);

    write_it(&r, "task = merge\nmerge = both\n", 1);
    run_ok(&r, "merge");
    run_same(run_model(&r, ACTIVE), run_model(&r, PASSIVE));
    run_clear(&r);
}

/* What Marvell's noise leaves to a detector stands beside each step that it was added in. */
static void noise_of_marvell(void **state)
{
    (void)state;
    run r;
    char path[192];
    pv_bytes text;
    int steps = 0;
    init(&r);
    write_it(&r, "epochs = 2\nprotect = marvell\nnoise = 4\n", 0);
    run_ok(&r, "train");
    snprintf(path, sizeof path, "%s/metrics.jsonl", r.party[PASSIVE].folder);
    CHECK_OK(pv_file_read(&text, path, 1 << 16));
    for (const char *at = (const char *)text.data; (at = strstr(at, "\"divergence\":")) != NULL;
         at++) {
        double divergence, error;
        const char *beside = strstr(at, "\"detector_error\":");
        assert_int_equal(sscanf(at, "\"divergence\":%lf", &divergence), 1);
        assert_non_null(beside);
        assert_int_equal(sscanf(beside, "\"detector_error\":%lf", &error), 1);
        assert_true(fabs(error - fmax(0.5 - sqrt(divergence) / 4, 0)) < 1e-9);
        steps++;
    }
    assert_int_equal(steps, 4);
    pv_bytes_clear(&text);
    run_clear(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_collaboration),
                                       cmocka_unit_test(noise_of_marvell)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
