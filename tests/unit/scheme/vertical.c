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

static const char data_spec[] = "glyphs?limit=96", test_spec[] = "glyphs?split=test&limit=40";
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_plain_training),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
