/* Two parties train one network, one with the features, one with the labels: the weights are those
 * of plain training up to the fixed point, also after crashes; predictions with the halves,
 * merging, and what is refused. */
#include "vertical_two.h"

#include "party/order.h"
#include "privet/rng.h"
#include "scheme/vertical/boundary.h"
#include "scheme/vertical/half.h"
#include "scheme/vertical/messages.h"
#include <sys/stat.h>

enum { SEED = 11 };

static const char data_spec[] = "glyphs?limit=64", test_spec[] = "glyphs?split=test&limit=40";
static const char glyphs[] = "kind = image\nshape = 28,28,1\nclasses = 10\n";
static const char sgd[] = "epochs = 2\nbatch = 16\nlr = 0.05\nmomentum = 0.9\nweight_decay = 1e-3\n"
                          "schedule = cosine\n";

static void init(run *r)
{
    two_init(r, "hospital", "registry");
}

/* own[k]: further lines of the local section of each. */
static void write_it(run *r, const char *head, const char *schema, const char *settings,
                     const char *active, const char *passive)
{
    size_t n =
        (size_t)snprintf(r->text, RUN_TEXT,
                         "[scenario]\nname = test\nscheme = vertical\nseed = %d\n%s\n"
                         "[schema]\n%s[scheme]\n%s%s\n",
                         SEED, head, schema,
                         strstr(settings, "key_bits") == NULL ? "key_bits = 2048\n" : "", settings);
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
    assert_int_equal(a.share.data[5], pv_boundary_settles(&bound)); /* as predictions need it */
    assert_int_equal(b.share.data[5], a.share.data[5]);
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

static pv_model *plainly(const char *model, const pv_train_options *o)
{
    pv_data *data;
    CHECK_OK(pv_data_open(&data, data_spec, NULL));
    pv_model *m = run_plainly(model, data, SEED, o);
    pv_data_free(data);
    return m;
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
        write_glyphs(&r, cases[k].model, settings, 0);
        run_ok(&r, what);
        pv_model *m = whole(&r), *n = plainly(cases[k].model, &o);
        double d = run_largest_difference(m, n);
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
                 "epochs = 12\nbatch = 16\nlr = 0.02\nmomentum = 0.9\nclamp = 64\n"
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
    assert_true(run_largest_difference(one, two) > 1e-3);
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
    run r;
    init(&r);
    snprintf(settings, sizeof settings,
             "%sinit = scenario\nevaluate_every = 1\nprotect = rr\n"
             "epsilon = 3\n",
             sgd);
    write_glyphs(&r, "mlp:hidden=12", settings, 1);
    run_with_stops(&r, "stopped", 40, &rng);
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

/* The same without labels that are drawn: the undisturbed run has these weights. Stopped three
 * times on the way, or once around the last step, after which W is shared for predictions. */
static void stopped_weights(void **state)
{
    (void)state;
    enum { LOOKS = 1 << 20, RUNS = 7 };
    char settings[256], name[32];
    int stops = 0, looks[2];
    double d = 0;
    run r;
    init(&r);
    snprintf(settings, sizeof settings, "%sinit = scenario\n", sgd);
    write_glyphs(&r, "mlp:hidden=12", settings, 0);
    atomic_int left[2] = {LOOKS, LOOKS};
    for (int i = 0; i < 2; i++) r.party[i].stop = &left[i];
    run_ok(&r, "whole");
    for (int i = 0; i < 2; i++) looks[i] = LOOKS - left[i];
    pv_model *undisturbed = whole(&r);
    for (int k = 0; k < RUNS; k++) {
        snprintf(name, sizeof name, "stopped%d", k);
        for (int start = 0; start < (k == 0 ? 3 : 1); start++) {
            int who = (k + start) % 2;
            left[who] = k == 0 ? 6 + 5 * start : looks[who] - 1 - 7 * (k / 2);
            r.party[who].stop = &left[who];
            r.party[1 - who].stop = NULL;
            run_all(&r, name);
            stops += r.party[who].status == PV_ERR_CANCELLED;
        }
        for (int i = 0; i < 2; i++) r.party[i].stop = NULL;
        run_ok(&r, name);
        pv_model *m = whole(&r);
        d = fmax(d, run_largest_difference(m, undisturbed));
        pv_model_free(m);
    }
    print_message("stopped %d times, largest difference after stops %.2g\n", stops, d);
    assert_true(d < 1e-3 && stops >= 3 + RUNS / 2);
    pv_model_free(undisturbed);
    run_clear(&r);
}

/* ---- with the halves of a training */
static void half_path(char out[192], const run *r, const char *what, int party)
{
    snprintf(out, 192, "%s/%s/%s/half.safetensors", r->folder, what, r->party[party].name);
}

static void write_later(run *r, const char *settings, const char *training, const char *spec)
{
    char half[2][192], local[2][512];
    for (int i = 0; i < 2; i++) {
        half_path(half[i], r, training, i);
        snprintf(local[i], sizeof local[i], "half = %s\n%s%s\n", half[i],
                 spec == NULL ? "" : "data = ", spec == NULL ? "" : spec);
    }
    write_it(r, "model = mlp:hidden=12", glyphs, settings, local[ACTIVE], local[PASSIVE]);
}

static char *read_predictions(const run *r, int party)
{
    char path[192];
    pv_bytes text;
    snprintf(path, sizeof path, "%s/predictions.csv", r->party[party].folder);
    CHECK_OK(pv_file_read(&text, path, 1 << 20));
    return (char *)text.data;
}

static int has_predictions(const run *r, int party)
{
    char path[192];
    snprintf(path, sizeof path, "%s/predictions.csv", r->party[party].folder);
    return pv_file_exists(path);
}

/* Lines "row,label,probability" against what the whole model says. */
static void check_predictions(const char *text, const float *probability, int rows, double within)
{
    int n = 0, same = 0;
    assert_memory_equal(text, "row,label,probability\n", 22);
    for (const char *line = strchr(text, '\n') + 1; *line != '\0'; line = strchr(line, '\n') + 1) {
        int row, label, best = 0;
        double p;
        assert_int_equal(sscanf(line, "%d,%d,%lf", &row, &label, &p), 3);
        assert_int_equal(row, n);
        for (int k = 1; k < 10; k++)
            if (probability[10 * n + k] > probability[10 * n + best]) best = k;
        same += best == label;
        assert_true(fabs(p - (double)probability[10 * n + best]) < within);
        n++;
    }
    assert_int_equal(n, rows);
    assert_int_equal(same, rows);
}

static void predictions(void **state)
{
    (void)state;
    run r;
    pv_data *test;
    float probability[40 * 10];
    init(&r);
    write_glyphs(&r, "mlp:hidden=12", sgd, 1);
    run_ok(&r, "train");
    pv_model *m = whole(&r);
    json_t *trained = run_result(&r, PASSIVE);
    CHECK_OK(pv_data_open(&test, test_spec, NULL));
    CHECK_OK(pv_predict(m, test, NULL, probability));

    write_later(&r, "task = evaluate\nblinding = textbook\n", "train", test_spec);
    run_ok(&r, "evaluate");
    json_t *j = run_result(&r, PASSIVE);
    assert_true(json_real_value(json_object_get(j, "test_accuracy")) ==
                json_real_value(json_object_get(trained, "test_accuracy")));
    assert_true(!has_predictions(&r, PASSIVE) && !has_predictions(&r, ACTIVE));
    json_decref(j);
    json_decref(trained);

    static const char *const answers[] = {"none", "label", "rounded", "probability"};
    static const char *const heads[] = {NULL, "row,label\n0,", "row,label,probability\n0,",
                                        "row,0,1,2,3,4,5,6,7,8,9\n0,"};
    for (int k = 0; k < 4; k++) {
        char settings[96];
        snprintf(settings, sizeof settings, "task = predict\nanswers = %s\n", answers[k]);
        write_later(&r, settings, "train", test_spec);
        run_ok(&r, answers[k]);
        char *text = read_predictions(&r, PASSIVE);
        check_predictions(text, probability, 40, 1e-3);
        pv_free(text);
        assert_int_equal(has_predictions(&r, ACTIVE), k > 0);
        if (k == 0) continue;
        text = read_predictions(&r, ACTIVE);
        assert_memory_equal(text, heads[k], strlen(heads[k]));
        if (k == 2) check_predictions(text, probability, 40, 6e-3);
        pv_free(text);
        pv_view *v = run_view(&r, ACTIVE);
        int kept;
        assert_int_equal(count_of(v, PV_VIEW_RECEIVED, PV_VERTICAL_ANSWER, &kept), 3);
        pv_view_free(v);
    }
    pv_data_free(test);
    pv_model_free(m);
    run_clear(&r);
}

static int has_model(const run *r, int party)
{
    char path[192];
    snprintf(path, sizeof path, "%s/model.safetensors", r->party[party].folder);
    return pv_file_exists(path);
}

static void merging(void **state)
{
    (void)state;
    static const char *const to[] = {"active", "passive", "both"};
    run r;
    init(&r);
    write_glyphs(&r, "mlp:hidden=12", sgd, 0);
    run_ok(&r, "train");
    for (int k = 0; k < 3; k++) {
        char settings[64], path[192];
        pv_model *m;
        pv_half h[2];
        snprintf(settings, sizeof settings, "task = merge\nmerge = %s\n", to[k]);
        write_later(&r, settings, "train", NULL);
        run_ok(&r, to[k]);
        assert_int_equal(has_model(&r, ACTIVE), k != 1);
        assert_int_equal(has_model(&r, PASSIVE), k != 0);
        for (int i = 0; i < 2; i++) {
            half_path(path, &r, "train", i);
            CHECK_OK(pv_half_load(&h[i], path, i == ACTIVE));
            CHECK_FAILS(pv_model_load(&m, path), PV_ERR_INPUT, "party's half of a model");
            pv_half_clear(&h[i]);
        }
        m = run_model(&r, k == 1 ? PASSIVE : ACTIVE);
        for (int i = 0; i < 2; i++) { /* as `whole` finds them */
            half_path(path, &r, "train", i);
            *strrchr(path, '/') = '\0';
            memcpy(r.party[i].folder, path, strlen(path) + 1);
        }
        run_same(m, whole(&r));
    }
    run_clear(&r);
}

/* ---- what is refused */
static void refuse(run *r, const char *what, pv_status status, const char *text)
{
    int found = 0;
    run_all(r, what);
    for (int i = 0; i < 2; i++)
        found |= r->party[i].status == status && strstr(r->party[i].trail, text) != NULL;
    if (!found)
        for (int i = 0; i < 2; i++) print_error("%s: %s\n", r->party[i].name, r->party[i].trail);
    assert_true(found);
}

/* With halves, the file that is measured is held against its order as well. local: with order and
 * data. */
static void ordered_later(run *r, const char *local, const char *csv, const void *rows, size_t less)
{
    static const char table[] = "kind = table\nshape = 1\nclasses = 2\n";
    char half[192], locals[2][640];
    for (int i = 0; i < 2; i++) {
        half_path(half, r, "ordered", i);
        snprintf(locals[i], sizeof locals[i], "half = %s\n%s", half, local);
    }
    write_it(r, "model = mlr", table, "task = evaluate\n", locals[0], locals[1]);
    run_ok(r, "ordered-later");
    CHECK_OK(pv_file_write(csv, rows, less, 0600));
    refuse(r, "order-later", PV_ERR_MISMATCH, "is not the file that");
}

static void bad_company(void **state)
{
    (void)state;
    run r;
    char path[160], local[400], other[200];
    init(&r);
    write_glyphs(&r, "mlp:hidden=12", sgd, 1);
    run_ok(&r, "train");
    run_ok(&r, "other");
    write_it(&r, "model = mlr", glyphs, sgd, "data = glyphs?limit=64", "data = glyphs?limit=65");
    refuse(&r, "rows", PV_ERR_MISMATCH, "training rows, this party has");
    write_it(&r, "model = mlr", glyphs, sgd, "data = glyphs?limit=64\ntest = glyphs?limit=10",
             "data = glyphs?limit=64\ntest = glyphs?limit=11");
    refuse(&r, "tests", PV_ERR_MISMATCH, "rows to measure, this party has");

    /* one has an order, the other goes by position; then the file is not the one of the order */
    static const char table[] = "kind = table\nshape = 1\nclasses = 2\n";
    static const char rows[] = "x,y\n1,0\n2,1\n3,0\n4,1\n";
    pv_order order = {.rows = 4, .mine = 9, .theirs = 7, .part = "all", .name = "rows.csv"};
    char csv[160];
    snprintf(csv, sizeof csv, "%s/rows.csv", r.folder);
    CHECK_OK(pv_file_write(csv, rows, sizeof rows - 1, 0600));
    CHECK_OK(pv_hash_file(&order.file, csv));
    snprintf(path, sizeof path, "%s/order.json", r.folder);
    CHECK_OK(pv_order_save(&order, path));
    snprintf(local, sizeof local, "data = csv:%s\norder = %s", csv, path);
    snprintf(other, sizeof other, "data = csv:%s", csv);
    write_it(&r, "model = mlr", table, "batch = 2\n", local, other);
    refuse(&r, "order", PV_ERR_MISMATCH, "rows are ordered");
    write_it(&r, "model = mlr", table, "batch = 2\n", local, local);
    run_ok(&r, "ordered");
    CHECK_OK(pv_file_write(csv, rows, sizeof rows - 5, 0600));
    refuse(&r, "order-rows", PV_ERR_MISMATCH, "is not the file that");
    CHECK_OK(pv_file_write(csv, rows, sizeof rows - 1, 0600));
    ordered_later(&r, local, csv, rows, sizeof rows - 5);

    write_it(&r, "model = mlr", glyphs, "key_bits = 3072\n", "data = glyphs?limit=64",
             "data = glyphs?limit=64");
    refuse(&r, "bits", PV_ERR_MISMATCH,
           "a key of 2048 bits, the scenario asks for key_bits = 3072");

    write_it(&r, "model = mlr", glyphs, "task = predict\n", "data = glyphs?limit=4", "");
    refuse(&r, "no-half", PV_ERR_INPUT, "has no line half = FILE");
    write_later(&r, "task = predict\nhead = 2\n", "train", test_spec);
    refuse(&r, "head", PV_ERR_MISMATCH, "trained with head = 1, the scenario has head = 2");
    write_later(&r, "task = predict\n", "train", NULL);
    refuse(&r, "nothing", PV_ERR_INPUT, "there is nothing to predict");

    char half[2][192], locals[2][256];
    half_path(half[0], &r, "train", ACTIVE);
    half_path(half[1], &r, "other", PASSIVE);
    for (int i = 0; i < 2; i++)
        snprintf(locals[i], sizeof locals[i], "half = %s\ndata = %s", half[i], test_spec);
    write_it(&r, "model = mlp:hidden=12", glyphs, "task = predict\n", locals[0], locals[1]);
    refuse(&r, "sessions", PV_ERR_MISMATCH, "halves of one training");
    write_it(&r, "model = mlp:hidden=12", glyphs, "task = merge\nmerge = both\n", locals[0],
             locals[1]);
    refuse(&r, "sessions-merge", PV_ERR_MISMATCH, "halves of one training");
    write_it(&r, "model = mlp:hidden=12", glyphs, "task = predict\n", locals[1], locals[0]);
    refuse(&r, "sides", PV_ERR_INPUT, "it is the half of the other party, passive");
    write_it(&r, "model = mlp:hidden=13", glyphs, "task = predict\n", locals[0], locals[1]);
    refuse(&r, "model", PV_ERR_MISMATCH, "half of another model");
    run_clear(&r);
}

/* A passive party that joins well and then does not follow the protocol. */
static int misbehaviour;
enum { SHORTENED, OUT_OF_TURN, TWICE, BEYOND };

static pv_status misbehave(void *self, pv_party *p, uint64_t step, int *done)
{
    static uint8_t bytes[4 * 512 * 12];
    pv_message m;
    int lost, peer = pv_hub_peer_index(pv_party_hub(p), "hospital");
    size_t size = 12 * 512;
    if (step == 1 || (step == 2 && misbehaviour == TWICE)) {
        PV_TRY(pv_vertical_passive.step(self, p, step, done));
        if (step == 1) return PV_OK;
        const pv_part again = pv_vertical_bytes_part(bytes, size);
        PV_TRY(pv_send(pv_party_hub(p), peer, PV_VERTICAL_SCORES, &again, 1));
        return PV_OK;
    }
    PV_TRY(pv_party_recv(&m, &lost, p, peer, PV_VERTICAL_SAMPLES));
    pv_message_clear(&m);
    memset(bytes, misbehaviour == BEYOND ? 0xff : 1, sizeof bytes);
    const pv_part part =
        pv_vertical_bytes_part(bytes, misbehaviour == SHORTENED ? size - 1 : 10 * 512);
    PV_TRY(pv_send(pv_party_hub(p), peer,
                   misbehaviour == OUT_OF_TURN ? PV_VERTICAL_WEIGHT_GRADIENT : PV_VERTICAL_SCORES,
                   &part, 1));
    for (;;) { /* until the other one has had enough */
        PV_TRY(pv_recv(&m, pv_party_hub(p), peer, 0, -1));
        pv_message_clear(&m);
    }
}

/* The active party decrypts on schedule only: one answer a message, each in its turn and whole. */
static void bad_behaviour(void **state)
{
    (void)state;
    static const char *const says[] = {[SHORTENED] = "enc-scores",
                                       [OUT_OF_TURN] = "where 'enc-scores' was expected",
                                       [TWICE] = "sent a message of step 2",
                                       [BEYOND] = "enc-scores"};
    pv_role hostile = pv_vertical_passive;
    run r;
    init(&r);
    hostile.step = misbehave;
    r.party[PASSIVE].instead = &hostile;
    for (misbehaviour = 0; misbehaviour <= BEYOND; misbehaviour++) {
        char what[16];
        snprintf(what, sizeof what, "bad-%d", misbehaviour);
        write_glyphs(&r, "mlp:hidden=12", sgd, 0);
        run_all(&r, what);
        const run_party *a = &r.party[ACTIVE];
        if (a->status != PV_ERR_PEER || strstr(a->trail, says[misbehaviour]) == NULL)
            print_error("%d: %s\n", misbehaviour, a->trail);
        assert_int_equal(a->status, PV_ERR_PEER);
        assert_non_null(strstr(a->trail, says[misbehaviour]));
    }
    run_clear(&r);
}

static pv_status check(const char *head, const char *settings, pv_str *line)
{
    pv_scenario s;
    const pv_claim *claim;
    int claims;
    char text[2048];
    snprintf(text, sizeof text,
             "[scenario]\nscheme = vertical\n%s\n[scheme]\n%s\n[party a]\nrole = active\n"
             "[party b]\nrole = passive\n",
             head, settings);
    CHECK_OK(pv_scenario_parse(&s, "test.ini", text, strlen(text)));
    pv_str_truncate(line, 0);
    pv_status status = pv_scheme_vertical.check(&s, line, &claim, &claims);
    for (int i = 0; status == PV_OK && i < claims; i++) {
        const char *why;
        assert_non_null(claim[i].attacks);
        assert_non_null(claim[i].text);
        assert_non_null(pv_scheme_vertical.guarantee(&s, &why));
    }
    pv_scenario_clear(&s);
    return status;
}

static void what_is_refused(void **state)
{
    (void)state;
    static const char image[] =
        "model = lenet5\n[schema]\nkind = image\nshape = 28,28,1\nclasses = 10";
    static const char table[] = "model = mlr\n[schema]\nkind = table\nshape = 4\nclasses = 3";
    pv_str line = {0};
    CHECK_OK(check(image, "", &line));
    assert_string_equal(pv_str_text(&line),
                        "ACML training, lenet5 cut 1 dense layer before its end, Paillier 3072, "
                        "strong masks, 1 epoch, batches of 64, sgd");
    CHECK_OK(check(image, "head = 3\nmasks = weak\nprotect = rr", &line));
    CHECK_FAILS(check(image, "head = 4", &line), PV_ERR_MISMATCH, "3 dense layers");
    CHECK_FAILS(check(table, "head = 2", &line), PV_ERR_MISMATCH, "1 dense layer ");
    CHECK_FAILS(check(table, "key_bits = 2049", &line), PV_ERR_FORMAT, "2048, 3072 or 4096");
    CHECK_FAILS(check(table, "key_bits = 1024", &line), PV_ERR_RANGE, "key_bits");
    CHECK_FAILS(check(table, "momentum = 0.9\nnesterov = yes", &line), PV_ERR_FORMAT, "nesterov");
    CHECK_FAILS(check(table, "task = merge", &line), PV_ERR_FORMAT, "merge = none");
    CHECK_FAILS(check(table, "merge = both", &line), PV_ERR_FORMAT, "belongs to task = merge");
    CHECK_FAILS(check(table, "answers = label", &line), PV_ERR_FORMAT, "answers belong");
    CHECK_FAILS(check(table, "shared_lr = -0.5", &line), PV_ERR_RANGE, "shared_lr");
    CHECK_FAILS(check(table, "protect = iso\nnoise = 0", &line), PV_ERR_FORMAT, "protects nothing");
    CHECK_FAILS(check(image, "protect = gauss\nhead = 2", &line), PV_ERR_OPTION, "head = 1");
    CHECK_FAILS(check(table, "flip = yes", &line), PV_ERR_FORMAT, "images only");
    CHECK_FAILS(
        check("model = mlr\non_loss = proceed\nmin_parties = 1\nloss_timeout = 1", "", &line),
        PV_ERR_FORMAT, "nobody can be given up");
    pv_str_clear(&line);
}

static void forecasts(void **state)
{
    (void)state;
    static const char text[] =
        "[scenario]\nscheme = vertical\nmodel = lenet5\nseed = 1\n[schema]\nkind = image\n"
        "shape = 28,28,1\nclasses = 10\n[scheme]\nkey_bits = 2048\nmomentum = 0.9\nmasks = weak\n"
        "[party a]\nrole = active\n[party b]\nrole = passive\n";
    pv_scenario s;
    pv_forecast f;
    pv_str out = {0};
    pv_scheme_known k = {0};
    pv_train_options o;
    CHECK_OK(pv_scenario_parse(&s, "test.ini", text, sizeof text - 1));
    CHECK_OK(pv_scheme_vertical.forecast(&f, &s, 6400));
    assert_int_equal(f.steps, 101);
    assert_true(f.wire_bytes > 100 * 300e3 && f.wire_bytes < 100 * 500e3);
    assert_true(f.view_bytes > 100 * 64 * 84 * 4 && f.view_bytes < 100 * 64 * 84 * 4 * 1.3);
    CHECK_OK(pv_scheme_vertical.describe(&out, &s, 6400));
    assert_non_null(strstr(pv_str_text(&out), "|W| <="));
    pv_str_truncate(&out, 0);
    CHECK_OK(pv_scheme_vertical.warn(&out, &s));
    assert_non_null(strstr(pv_str_text(&out), "masks = weak: "));
    assert_non_null(strstr(pv_str_text(&out), "protect = none: "));
    CHECK_OK(pv_scheme_vertical.known(&k, &s));
    assert_true(k.batch == 64 && k.lr == 0.05 && k.momentum == 0.9);
    CHECK_OK(pv_scheme_vertical.plain(&o, &s));
    assert_true(o.lr == 0.05 && o.batch == 64 && o.epochs == 1);
    pv_str_clear(&out);
    pv_scenario_clear(&s);
}

static void schedules(void **state)
{
    (void)state;
    pv_vertical_options o = {.task = PV_VERTICAL_TRAIN, .epochs = 3, .evaluate_every = 1};
    static const struct {
        pv_vertical_kind kind;
        int64_t number, count, epoch;
        int last;
    } wanted[] = {
        {PV_STEP_JOIN, 0, 0, 0, 0},     {PV_STEP_TRAIN, 0, 0, 0, 0},
        {PV_STEP_TRAIN, 1, 0, 0, 0},    {PV_STEP_EVALUATE, 0, 3, 1, 0},
        {PV_STEP_TRAIN, 2, 0, 1, 0},    {PV_STEP_TRAIN, 3, 0, 1, 0},
        {PV_STEP_EVALUATE, 0, 3, 2, 0}, {PV_STEP_TRAIN, 4, 0, 2, 0},
        {PV_STEP_TRAIN, 5, 0, 2, 0},    {PV_STEP_EVALUATE, 0, 1, 3, 0},
        {PV_STEP_EVALUATE, 1, 1, 3, 0}, {PV_STEP_EVALUATE, 2, 1, 3, 1},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        pv_vertical_step s = pv_vertical_step_of(&o, 2, 3, i + 1);
        assert_int_equal(s.kind, wanted[i].kind);
        assert_int_equal(s.number, wanted[i].number);
        assert_int_equal(s.count, wanted[i].count);
        assert_int_equal(s.epoch, wanted[i].epoch);
        assert_int_equal(s.last, wanted[i].last);
    }
    assert_int_equal(pv_vertical_step_of(&o, 2, 0, 9).last, 1); /* nothing to measure */
    assert_int_equal(pv_vertical_step_of(&o, 2, 0, 9).kind, PV_STEP_TRAIN);
    o.evaluate_every = 0;
    assert_int_equal(pv_vertical_step_of(&o, 2, 3, 7).number, 5);
    o.task = PV_VERTICAL_PREDICT;
    assert_int_equal(pv_vertical_step_of(&o, 0, 2, 3).last, 1);
    o.task = PV_VERTICAL_MERGE;
    assert_int_equal(pv_vertical_step_of(&o, 0, 0, 2).kind, PV_STEP_DISCLOSE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_plain_training),
        cmocka_unit_test(secret_beginnings),
        cmocka_unit_test(views),
        cmocka_unit_test(stops_do_not_matter),
        cmocka_unit_test(stopped_weights),
        cmocka_unit_test(predictions),
        cmocka_unit_test(merging),
        cmocka_unit_test(bad_company),
        cmocka_unit_test(bad_behaviour),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(forecasts),
        cmocka_unit_test(schedules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
