/* What fresh probes read behind a cut: all of it after plain training, nothing where nothing
 * crosses, and no row that they learned from. */
#include "check.h"

#include "base/file.h"
#include "encode/complement/retrain.h"
#include "nn/model_i.h"
#include "run/cuts.h"
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct made {
    char folder[32], path[64];
} made;

/* A file of lenet5 with one stage kept, trained for so many epochs. mute: nothing of sample or
 * secret gets through the stage of the secret. */
static void make(made *m, const char *data, const char *model, pv_secret_kind kind, int64_t kept,
                 int epochs, int mute)
{
    pv_data *d;
    pv_model *old;
    pv_hidden h;
    pv_retrain_options o;
    pv_retrain_result r;
    snprintf(m->folder, sizeof m->folder, "/tmp/privet-probe-XXXXXX");
    assert_non_null(mkdtemp(m->folder));
    snprintf(m->path, sizeof m->path, "%s/h.safetensors", m->folder);
    CHECK_OK(pv_data_open(&d, data, NULL));
    CHECK_OK(pv_model_new(&old, model, d, 1));
    const pv_hidden_options how = {.kind = kind, .form = PV_SECRET_PLANE, .kept = kept, .seed = 1};
    CHECK_OK(pv_hidden_make(&h, old, d, &how));
    if (epochs > 0) {
        pv_retrain_defaults(&o, model, d);
        o.train.train = d;
        o.train.epochs = epochs;
        CHECK_OK(pv_retrain(&h, &o, NULL, &r));
        pv_retrain_result_clear(&r);
    }
    if (mute) {
        size_t first = pv_model_first_param(h.model, pv_model_secret_at(h.model));
        pv_tensor *w = &h.model->param[first].value;
        memset(w->data, 0, (size_t)pv_tensor_count(w) * sizeof(float));
    }
    CHECK_OK(pv_hidden_save(&h, m->path));
    pv_hidden_clear(&h);
    pv_model_free(old);
    pv_data_free(d);
}

static void clear(made *m)
{
    unlink(m->path);
    rmdir(m->folder);
}

static pv_cuts_options options(const made *m, const char *data)
{
    return (pv_cuts_options){.model = m->path,
                             .data = data,
                             .bandwidth = 1e6,
                             .seconds = 0.001,
                             .seed = 1,
                             .probe = 1,
                             .probe_rows = 10000,
                             .probe_seeds = 1};
}

static void plain_training_tells_all(void **state)
{
    (void)state;
    static const char data[] = "glyphs?classes=3,5&limit=2500";
    made m;
    pv_cuts c;
    make(&m, data, "lenet5", PV_SECRET_COMPLEMENT, 1, 4, 0);
    pv_cuts_options o = options(&m, data);
    o.cut = "2";
    o.probe_epochs = 10;
    CHECK_OK(pv_cuts_measure(&c, &o, NULL));
    assert_int_equal(c.rows, 2); /* no cut, and the one that was asked for */
    assert_int_equal(c.probed, 1);
    const pv_cuts_row *none = &c.row[0], *r = &c.row[1];
    print_message("secret %.3f (%s, %s), label %.3f, prior %.3f, %lld learned, %lld read\n",
                  r->secret.share, r->secret.kind, r->secret.way, r->label.share, r->prior,
                  (long long)r->learned, (long long)r->read);
    assert_true(none->read == 0 && isnan(none->secret.share) && isnan(none->prior));
    assert_true(r->cut.stage == 2 && !r->cut.before_pool);
    assert_true(r->secret.share >= 0.97 && r->label.share >= 0.93);
    assert_true(r->answered > 0.9 && !pv_cuts_at_chance(r) && isnan(none->answered));
    assert_true(fabs(r->prior - 0.5) < 0.1 && r->learned >= 400 && r->read >= 400);

    pv_str svg = {0};
    CHECK_OK(pv_cuts_svg(&svg, &c, &o));
    assert_non_null(strstr(svg.text, "that fresh probes read off it"));
    assert_null(strstr(svg.text, "nan"));
    pv_str_clear(&svg);
    json_t *j = json_object();
    CHECK_OK(pv_cuts_json(j, &c, &o));
    json_t *cuts = json_object_get(j, "cuts"),
           *probe = json_object_get(json_array_get(cuts, 1), "probe");
    assert_string_equal(json_string_value(json_object_get(j, "probes_read")), "test split");
    assert_true(json_is_null(json_object_get(json_array_get(cuts, 0), "probe")));
    assert_int_equal(json_integer_value(json_object_get(probe, "read")), r->read);
    assert_true(json_real_value(json_object_get(json_object_get(probe, "secret"), "share")) ==
                r->secret.share);
    json_decref(j);
    pv_cuts_clear(&c);
    clear(&m);
}

/* Of data that has no test split, or whose SPEC names one: half of it, and the other half. */
static void nothing_crosses(void **state)
{
    (void)state;
    static const char data[] = "glyphs?classes=3,5&limit=1501&split=train";
    made m;
    pv_data *d;
    pv_cuts c;
    make(&m, data, "lenet5", PV_SECRET_COMPLEMENT, 1, 0, 1);
    pv_cuts_options o = options(&m, data);
    o.cut = "2";
    o.probe_epochs = 4;
    CHECK_OK(pv_cuts_measure(&c, &o, NULL));
    CHECK_OK(pv_data_open(&d, data, NULL));
    const pv_cuts_row *r = &c.row[1];
    print_message("secret %.3f, label %.3f, prior %.3f, %lld learned, %lld read\n", r->secret.share,
                  r->label.share, r->prior, (long long)r->learned, (long long)r->read);
    assert_int_equal(c.probed, 2);
    assert_int_equal(r->learned + r->read, pv_data_count(d)); /* none is in both */
    assert_true(labs((long)(r->learned - r->read)) <= 2);
    assert_true(r->label.share <= r->prior + 1e-12 && r->label.share > 1 - r->prior - 1e-12);
    assert_true(fabs(r->secret.share - 0.5) < 0.12);
    assert_true(r->answered < 0.6 && pv_cuts_at_chance(r));
    pv_data_free(d);
    pv_cuts_clear(&c);
    clear(&m);
}

/* A permutation has no number; its labels are read like any other's. Every cut behind the secret.
 */
static void a_permutation(void **state)
{
    (void)state;
    static const char data[] = "glyphs?limit=600";
    made m;
    pv_cuts c;
    make(&m, data, "mlp:hidden=24", PV_SECRET_PERMUTATION, 0, 0, 0);
    pv_cuts_options o = options(&m, data);
    o.probe_epochs = 2;
    o.probe_rows = 300;
    CHECK_OK(pv_cuts_measure(&c, &o, NULL));
    assert_true(c.rows >= 2);
    for (size_t i = 1; i < c.rows; i++) {
        const pv_cuts_row *r = &c.row[i];
        assert_true(isnan(r->secret.share) && r->secret.kind == NULL);
        assert_true(r->label.share >= 0 && r->label.share <= 1 && r->learned == 300);
        assert_string_equal(r->label.way, "direct");
    }
    json_t *j = json_object();
    CHECK_OK(pv_cuts_json(j, &c, &o));
    json_t *probe = json_object_get(json_array_get(json_object_get(j, "cuts"), 1), "probe");
    assert_true(json_is_null(json_object_get(probe, "secret")));
    assert_true(json_is_object(json_object_get(probe, "label")));
    json_decref(j);
    pv_str svg = {0};
    CHECK_OK(pv_cuts_svg(&svg, &c, &o));
    assert_null(strstr(svg.text, "nan"));
    pv_str_clear(&svg);
    pv_cuts_clear(&c);
    clear(&m);
}

static void refusals(void **state)
{
    (void)state;
    static const char data[] = "glyphs?classes=3,5&limit=300";
    made m;
    pv_cuts c;
    make(&m, data, "lenet5", PV_SECRET_COMPLEMENT, 1, 0, 0);
    pv_cuts_options o = options(&m, data);
    o.cut = "1";
    CHECK_FAILS(pv_cuts_measure(&c, &o, NULL), PV_ERR_OPTION, "in the clear");
    assert_null(c.row);
    o.cut = "7";
    CHECK_FAILS(pv_cuts_measure(&c, &o, NULL), PV_ERR_OPTION, "is no cut");
    o.cut = NULL;
    o.model = "lenet5";
    CHECK_FAILS(pv_cuts_measure(&c, &o, NULL), PV_ERR_OPTION, "takes no secret");
    o = options(&m, "glyphs?classes=3,5&limit=12&split=train");
    CHECK_FAILS(pv_cuts_measure(&c, &o, NULL), PV_ERR_INPUT, "too few");
    clear(&m);
}

/* The attack's own test lets every request of it fail; of this many more, one in so many. */
static void memory_runs_out(void **state)
{
    enum { STRIDE = 61 };
    (void)state;
    static const char data[] = "glyphs?classes=3,5&limit=320&split=train";
    made m;
    pv_status status = PV_ERR_MEMORY;
    make(&m, data, "mlp:hidden=4", PV_SECRET_COMPLEMENT, 0, 0, 0);
    pv_cuts_options o = options(&m, data);
    o.probe_epochs = 1;
    for (size_t left = 0; status != PV_OK; left += STRIDE) {
        pv_str svg = {0};
        pv_cuts c;
        assert_true(left < 100000);
        pv_mem_fail_after(left);
        status = pv_cuts_measure(&c, &o, NULL);
        if (status == PV_OK) status = pv_cuts_svg(&svg, &c, &o);
        pv_mem_fail_after(SIZE_MAX);
        assert_true(status == PV_OK || status == PV_ERR_MEMORY);
        pv_str_clear(&svg);
        pv_cuts_clear(&c);
        if (status == PV_OK) print_message("%zu requests or fewer\n", left);
    }
    clear(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_training_tells_all),
        cmocka_unit_test(nothing_crosses),
        cmocka_unit_test(a_permutation),
        cmocka_unit_test(refusals),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
