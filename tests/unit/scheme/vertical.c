/* Two parties train one network, one with the features, one with the labels: the weights are those
 * of plain training up to the fixed point, also after crashes; predictions with the halves,
 * merging, and what is refused. */
#include "paillier_key.h"
#include "run.h"

#include "base/file.h"
#include "privet/rng.h"
#include "scheme/vertical/boundary.h"
#include "scheme/vertical/half.h"
#include "scheme/vertical/messages.h"
#include "scheme/vertical/vertical.h"
#include <math.h>
#include <sys/stat.h>

enum { SEED = 11, ACTIVE = 0, PASSIVE = 1 };

static const char data_spec[] = "glyphs?limit=64", test_spec[] = "glyphs?split=test&limit=40";
static const char glyphs[] = "kind = image\nshape = 28,28,1\nclasses = 10\n";
static const char sgd[] = "epochs = 2\nbatch = 16\nlr = 0.05\nmomentum = 0.9\nweight_decay = 1e-3\n"
                          "schedule = cosine\n";

static void init(run *r)
{
    char path[96];
    memset(r, 0, sizeof *r);
    r->scheme = &pv_scheme_vertical;
    r->parties = 2;
    strcpy(r->party[ACTIVE].name, "hospital");
    strcpy(r->party[PASSIVE].name, "registry");
    r->party[ACTIVE].role = "active";
    r->party[PASSIVE].role = "passive";
    run_prepare(r);
    pv_paillier_sk *sk = test_paillier_key("safe");
    snprintf(path, sizeof path, "%s/paillier.key", r->folder);
    CHECK_OK(pv_paillier_sk_save(sk, path));
    pv_paillier_sk_free(sk);
}

/* own[k]: further lines of the local section of each. */
static void write_it(run *r, const char *head, const char *schema, const char *settings,
                     const char *active, const char *passive)
{
    size_t n = (size_t)snprintf(r->text, RUN_TEXT,
                                "[scenario]\nname = test\nscheme = vertical\nseed = %d\n%s\n"
                                "[schema]\n%s[scheme]\nkey_bits = 2048\n%s\n",
                                SEED, head, schema, settings);
    assert_true(n < RUN_TEXT);
    run_add_party(r, ACTIVE);
    run_add_party(r, PASSIVE);
    n = strlen(r->text);
    n +=
        (size_t)snprintf(r->text + n, RUN_TEXT - n,
                         "[local hospital]\npaillier = %s/paillier.key\n%s\n[local registry]\n%s\n",
                         r->folder, active, passive);
    assert_true(n < RUN_TEXT);
}

static void write_glyphs(run *r, const char *model, const char *settings, int with_test)
{
    char head[64], local[160];
    snprintf(head, sizeof head, "model = %s", model);
    snprintf(local, sizeof local, "data = %s\n%s%s", data_spec, with_test ? "test = " : "",
             with_test ? test_spec : "test = \n");
    write_it(r, head, glyphs, settings, local, local);
}

static void load_half(pv_half *h, const run *r, int party)
{
    char path[160];
    struct stat st;
    snprintf(path, sizeof path, "%s/half.safetensors", r->party[party].folder);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    CHECK_OK(pv_half_load(h, path, party == ACTIVE));
}

/* The whole model out of both halves, as nobody has it. */
static pv_model *whole(const run *r)
{
    pv_half a, b;
    pv_model *m;
    pv_vertical_cut cut;
    pv_boundary bound;
    load_half(&a, r, ACTIVE);
    load_half(&b, r, PASSIVE);
    assert_memory_equal(a.session, b.session, PV_SESSION_BYTES);
    assert_memory_equal(&a.set, &b.set, sizeof a.set);
    assert_true(pv_hash_equal(&a.key, &b.key) && pv_hash_equal(&a.scenario, &b.scenario));
    m = a.model;
    CHECK_OK(pv_vertical_cut_find(&cut, m, a.head));
    CHECK_OK(pv_boundary_init(&bound, &a.set));
    size_t count = (size_t)(cut.width * cut.outputs);
    pv_wide *share = calloc(2 * count, sizeof *share);
    double *w = calloc(count, sizeof *w);
    pv_reader one = pv_reader_make("a", a.share.data, a.share.size),
              two = pv_reader_make("b", b.share.data, b.share.size);
    CHECK_OK(pv_boundary_read_share(share, &bound, 0, &one));
    CHECK_OK(pv_boundary_read_share(share + count, &bound, 1, &two));
    pv_boundary_weights(w, &bound, share + count, share);
    for (int i = 0; i < pv_model_params(m); i++) {
        pv_tensor *to = pv_model_param(m, i), *from = pv_model_param(b.model, i);
        int side = pv_vertical_side(&cut, m, i);
        for (int64_t k = 0; side != 2 && k < pv_tensor_count(from); k++)
            assert_true(pv_tensor_get(from, k) == 0); /* neither has what is the other's */
        for (int64_t k = 0; side != 0 && k < pv_tensor_count(to); k++)
            assert_true(pv_tensor_get(to, k) == 0);
        if (side == 2) memcpy(to->data, from->data, pv_tensor_bytes(to));
        for (size_t k = 0; side == 1 && k < count; k++) ((float *)to->data)[k] = (float)w[k];
    }
    free(share);
    free(w);
    a.model = NULL;
    pv_half_clear(&a);
    pv_half_clear(&b);
    return m;
}

static pv_model *plainly(const char *model, const char *spec, const pv_train_options *given)
{
    pv_data *data;
    pv_model *m;
    pv_train_result result;
    pv_train_options o = *given;
    CHECK_OK(pv_data_open(&data, spec, NULL));
    CHECK_OK(pv_model_new(&m, model, data, SEED));
    o.train = data;
    o.seed = SEED;
    CHECK_OK(pv_train(m, &o, NULL, &result));
    pv_train_result_clear(&result);
    pv_data_free(data);
    return m;
}

static double largest_difference(pv_model *a, pv_model *b)
{
    double most = 0;
    for (int i = 0; i < pv_model_params(a); i++)
        for (int64_t k = 0; k < pv_tensor_count(pv_model_param(a, i)); k++)
            most = fmax(most, fabs(pv_tensor_get(pv_model_param(a, i), k) -
                                   pv_tensor_get(pv_model_param(b, i), k)));
    return most;
}

/* init = scenario: plain training up to the fixed point. */
static void as_plain_training(void **state)
{
    (void)state;
    static const struct {
        const char *model, *more;
    } cases[] = {
        {"mlp:hidden=12", ""}, {"mlp:hidden=12", "head = 2\n"}, {"lenet5", ""}, {"mlr", ""}};
    const pv_train_options o = {
        .size = sizeof o,
        .batch = 16,
        .epochs = 2,
        .optim = {.size = sizeof o.optim, .kind = PV_SGD, .momentum = 0.9, .weight_decay = 1e-3},
        .lr = 0.05,
        .schedule = PV_SCHEDULE_COSINE};
    run r;
    init(&r);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        char settings[256], what[16];
        snprintf(settings, sizeof settings, "%sinit = scenario\n%s", sgd, cases[k].more);
        snprintf(what, sizeof what, "case-%zu", k);
        write_glyphs(&r, cases[k].model, settings, 1);
        run_ok(&r, what);
        pv_model *m = whole(&r), *n = plainly(cases[k].model, data_spec, &o);
        double d = largest_difference(m, n);
        print_message("%s %s: largest difference of a weight %.2g\n", cases[k].model, cases[k].more,
                      d);
        assert_true(d < 2e-3);
        pv_model_free(m);
        pv_model_free(n);
    }
    run_clear(&r);
}

/* By default W_0 is nobody's: two runs of the same scenario begin elsewhere, and both learn. */
static void secret_beginnings(void **state)
{
    (void)state;
    run r;
    init(&r);
    write_glyphs(&r, "mlp:hidden=12",
                 "epochs = 12\nbatch = 16\nlr = 0.02\nmomentum = 0.9\n"
                 "evaluate_every = 5\n",
                 1);
    run_ok(&r, "one");
    pv_model *one = whole(&r);
    json_t *j = run_result(&r, PASSIVE), *a = run_result(&r, ACTIVE);
    double accuracy;
    int64_t count;
    CHECK_OK(pv_json_get_real(&accuracy, j, "test_accuracy", "result"));
    CHECK_OK(pv_json_get_integer(&count, j, "test_count", 40, 40, "result"));
    CHECK_OK(pv_json_get_integer(&count, j, "steps", 48, 48, "result"));
    CHECK_OK(pv_json_get_integer(&count, j, "samples", 64, 64, "result"));
    CHECK_OK(pv_json_get_integer(&count, j, "clipped_rows", 0, 0, "result"));
    CHECK_OK(pv_json_get_integer(&count, a, "clamped", 0, 0, "result"));
    assert_non_null(strstr(json_string_value(json_object_get(a, "bounds")), "|W| <="));
    assert_true(json_integer_value(json_object_get(a, "sigma")) > 40);
    assert_null(json_object_get(a, "test_accuracy")); /* only the passive party sees a prediction */
    print_message("accuracy %.2f\n", accuracy);
    assert_true(accuracy > 0.3 && accuracy <= 1);
    json_decref(j);
    json_decref(a);
    run_ok(&r, "two");
    pv_model *two = whole(&r);
    assert_true(largest_difference(one, two) > 1e-3);
    pv_model_free(one);
    pv_model_free(two);
    run_clear(&r);
}

static int count_of(const pv_view *v, pv_view_kind kind, uint16_t type, int *kept)
{
    int n = 0;
    *kept = 0;
    for (uint64_t i = 0; i < pv_view_count(v); i++) {
        const pv_view_record *at = pv_view_at(v, i);
        if (at->type != type || at->kind != kind) continue;
        n++;
        *kept += at->kept;
    }
    return n;
}

/* What attacks read, and nothing that a view must not have. */
static void views(void **state)
{
    (void)state;
    run r;
    int kept;
    pv_view_check check;
    pv_view_cross_result cross;
    pv_scenario s;
    init(&r);
    write_glyphs(&r, "mlp:hidden=12", sgd, 1);
    run_ok(&r, "run");
    pv_view *a = run_view(&r, ACTIVE), *b = run_view(&r, PASSIVE);
    CHECK_OK(pv_view_verify(&check, a));
    CHECK_OK(pv_view_cross(&cross, a, b));
    int steps = 2 * 4, batches = 3;
    assert_int_equal(count_of(a, PV_VIEW_DERIVED, PV_VERTICAL_DA, &kept), steps);
    assert_int_equal(kept, steps);
    assert_int_equal(count_of(b, PV_VIEW_DERIVED, PV_VERTICAL_LOGITS, &kept), steps + batches);
    assert_int_equal(count_of(a, PV_VIEW_SENT, PV_VERTICAL_SAMPLES, &kept), steps + batches);
    assert_int_equal(kept, 0); /* ciphertexts: their hashes */
    assert_int_equal(count_of(a, PV_VIEW_RECEIVED, PV_VERTICAL_ACTIVATION_GRADIENT, &kept), steps);
    assert_int_equal(count_of(a, PV_VIEW_RECEIVED, PV_VERTICAL_ANSWER, &kept), 0);
    CHECK_OK(pv_scenario_parse(&s, "test.ini", r.text, strlen(r.text)));
    for (uint64_t i = 0; i < pv_view_count(b); i++) {
        const pv_view_record *at = pv_view_at(b, i);
        pv_view_payload load;
        pv_batch_truth t;
        const pv_part *index, *logits, *lr;
        if (at->type != PV_VERTICAL_LOGITS) continue;
        CHECK_OK(pv_view_load(&load, b, i));
        CHECK_OK(pv_parts_get(&index, &load.parts, "note", "index", PV_I64, PV_SHAPE(-1)));
        CHECK_OK(pv_parts_get(&logits, &load.parts, "note", "logits", PV_F32, PV_SHAPE(-1, 10)));
        CHECK_OK(pv_parts_get(&lr, &load.parts, "note", "lr", PV_F64, PV_SHAPE(1)));
        for (int party = 0; party < 2; party++) { /* truth says which rows, of both alike */
            CHECK_OK(pv_scheme_vertical.truth(&t, &s, r.party[party].name, 64, at->step));
            assert_int_equal(t.count, *(const double *)lr->data > 0 ? 16 : 0);
            if (t.count > 0) assert_memory_equal(t.index, index->data, 16 * sizeof *t.index);
            pv_batch_truth_clear(&t);
        }
        pv_view_payload_clear(&load);
    }
    pv_scenario_clear(&s);
    pv_view_free(a);
    pv_view_free(b);
    run_clear(&r);
}

/* Stopped at moments that a seed draws, and started again: the run ends, and with the weights of
 * one that was not stopped, up to the last place that other masks can move. */
static void stops_do_not_matter(void **state)
{
    (void)state;
    pv_rng rng = pv_rng_make(SEED, PV_STREAM_TEST);
    char settings[256];
    int stops = 0, over = 0;
    run r;
    init(&r);
    snprintf(settings, sizeof settings,
             "%sinit = scenario\nevaluate_every = 1\nprotect = rr\n"
             "epsilon = 3\n",
             sgd);
    write_glyphs(&r, "mlp:hidden=12", settings, 1);
    for (int start = 0; start < 40 && !over; start++) {
        atomic_int left = (int)pv_rng_below(&rng, 40);
        int who = (int)pv_rng_below(&rng, 2);
        r.party[who].stop = start < 10 ? &left : NULL;
        run_all(&r, "stopped");
        r.party[who].stop = NULL;
        over = 1;
        for (int i = 0; i < 2; i++) {
            if (r.party[i].status == PV_OK) continue;
            if (r.party[i].status != PV_ERR_CANCELLED)
                print_error("%s: %s\n", r.party[i].name, r.party[i].trail);
            assert_int_equal(r.party[i].status, PV_ERR_CANCELLED);
            over = 0;
        }
        stops += !over;
    }
    print_message("stopped %d times (seed %d)\n", stops, SEED);
    assert_true(over && stops >= 3);
    pv_view_check check;
    pv_view_cross_result cross;
    pv_view *a = run_view(&r, ACTIVE), *b = run_view(&r, PASSIVE);
    CHECK_OK(pv_view_verify(&check, a));
    CHECK_OK(pv_view_cross(&cross, a, b));
    pv_view_free(a);
    pv_view_free(b);
    pv_model_free(whole(&r)); /* halves that fit */
    run_clear(&r);
}

/* The same without labels that are drawn: the undisturbed run has these weights. */
static void stopped_weights(void **state)
{
    (void)state;
    char settings[256];
    run r;
    init(&r);
    snprintf(settings, sizeof settings, "%sinit = scenario\n", sgd);
    write_glyphs(&r, "mlp:hidden=12", settings, 0);
    run_ok(&r, "whole");
    pv_model *undisturbed = whole(&r);
    for (int start = 0; start < 4; start++) {
        atomic_int left = 6 + 5 * start;
        r.party[start % 2].stop = start < 3 ? &left : NULL;
        run_all(&r, "stopped");
        r.party[start % 2].stop = NULL;
        if (start == 3)
            for (int i = 0; i < 2; i++) CHECK_OK(r.party[i].status);
    }
    pv_model *m = whole(&r);
    double d = largest_difference(m, undisturbed);
    print_message("largest difference after stops %.2g\n", d);
    assert_true(d < 1e-3);
    pv_model_free(m);
    pv_model_free(undisturbed);
    run_clear(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_plain_training),
        cmocka_unit_test(secret_beginnings),
        cmocka_unit_test(views),
        cmocka_unit_test(stops_do_not_matter),
        cmocka_unit_test(stopped_weights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
