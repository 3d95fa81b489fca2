/* Tables and arrays of which one side is read: features without labels, labels without features. */
#include "scratch.h"

#include "data/rows.h"

static const char CSV[] = "age,colour,ill\n50,red,yes\n61,green,no\n47,blue,no\n58,red,yes\n";

static pv_data *open_spec(const char *spec)
{
    pv_data *d;
    CHECK_OK(pv_data_open(&d, spec, NULL));
    return d;
}

static void fails(const char *spec, pv_status status, const char *says)
{
    pv_data *d;
    CHECK_FAILS(pv_data_open(&d, spec, NULL), status, says);
    assert_null(d);
}

static void features_alone(void **state)
{
    float x[4];
    int32_t label;
    (void)state;
    scratch_text("p.csv", CSV);
    pv_data *d = open_spec(scratch_spec("csv", "p.csv", "?label=none&drop=ill"));
    assert_false(pv_data_has_labels(d));
    assert_true(pv_data_has_features(d));
    assert_int_equal(pv_data_classes(d), 0);
    assert_int_equal(pv_data_count(d), 4);
    assert_int_equal(pv_data_sample_shape(d).dim[0], 4);
    assert_int_equal(pv_data_label(d, 2), -1);
    assert_string_equal(pv_data_class_name(d, pv_data_label(d, 2)), "");
    pv_data_batch(d, &(int64_t){1}, 1, NULL, NULL, 0, 0, x, &label);
    assert_int_equal(label, -1);
    assert_true(x[0] == 61 && x[1] == 0 && x[2] == 1 && x[3] == 0);
    CHECK_FAILS(pv_data_complete(d), PV_ERR_INPUT,
                "the data has no labels: it is one side of a `vertical` run");
    pv_data_free(d);
    /* without drop=, every column is a feature: the last one, too */
    d = open_spec(scratch_spec("csv", "p.csv", "?label=none"));
    assert_int_equal(pv_data_sample_shape(d).dim[0], 5);
    pv_data_free(d);
}

static void labels_alone(void **state)
{
    float x = 7;
    int32_t label[2];
    (void)state;
    pv_data *d = open_spec(scratch_spec("csv", "p.csv", "?features=none"));
    pv_shape s = pv_data_sample_shape(d);
    assert_int_equal(s.ndim, 1);
    assert_int_equal(s.dim[0], 0);
    assert_false(pv_data_has_features(d));
    assert_int_equal(pv_data_classes(d), 2);
    assert_int_equal(pv_data_count(d), 4);
    assert_string_equal(pv_data_class_name(d, pv_data_label(d, 0)), "yes");
    pv_data_batch(d, (int64_t[]){3, 1}, 2, NULL, NULL, 0, 0, &x, label);
    assert_int_equal(label[0], 1);
    assert_int_equal(label[1], 0);
    assert_true(x == 7);
    pv_data_raw(d, 0, &x);
    pv_data_rows(d, 1, 2, &x, label);
    assert_int_equal(label[1], 0);
    assert_true(x == 7);
    CHECK_FAILS(pv_data_complete(d), PV_ERR_INPUT, "the data has no features");
    pv_data_free(d);
    /* a value missing elsewhere is nobody's business */
    scratch_text("m.csv", "a,y\n,1\n2,0\n");
    d = open_spec(scratch_spec("csv", "m.csv", "?features=none"));
    assert_int_equal(pv_data_count(d), 2);
    pv_data_free(d);
    scratch_text("p.arff", "@relation r\n@attribute a numeric\n@attribute c {u,v}\n@data\n1,v\n");
    d = open_spec(scratch_spec("arff", "p.arff", "?features=none"));
    assert_int_equal(pv_data_label(d, 0), 1);
    pv_data_free(d);
    d = open_spec(scratch_spec("arff", "p.arff", "?label=none"));
    assert_int_equal(pv_data_sample_shape(d).dim[0], 3 - 1);
    pv_data_free(d);
}

/* What may be done with a side: statistics, parts, subsets, a file and back. */
static void sides_go_on(void **state)
{
    pv_data_stats s;
    pv_norm norm;
    pv_data *part[2], *back, *first, *rest;
    (void)state;
    for (int side = 0; side < 2; side++) {
        const char *how = side == 0 ? "?label=none&drop=ill" : "?features=none";
        pv_data *d = open_spec(scratch_spec("csv", "p.csv", how));
        CHECK_OK(pv_data_stats_init(&s, d));
        assert_int_equal(s.columns, side == 0 ? 4 : 0);
        if (side == 1) assert_int_equal(s.class_count[1], 2);
        pv_data_stats_clear(&s);
        CHECK_OK(pv_norm_fit(&norm, d));
        float x[8];
        pv_data_batch(d, (int64_t[]){0, 1}, 2, &norm, NULL, 0, 0, x, NULL);
        pv_norm_clear(&norm);
        CHECK_OK(pv_data_split(part, 2, d, 0, 1));
        assert_int_equal(pv_data_count(part[0]), 2);
        assert_int_equal(pv_data_has_labels(part[1]), side == 1);
        pv_data_free(part[0]);
        pv_data_free(part[1]);
        CHECK_OK(pv_data_split(part, 2, d, 0.5, 1));
        pv_data_free(part[0]);
        pv_data_free(part[1]);
        CHECK_OK(pv_data_holdout(&first, &rest, d, 0.25, 1));
        assert_int_equal(pv_data_count(rest), 1);
        pv_data_free(first);
        pv_data_free(rest);
        const char *kinds[] = {"csv", "npz"};
        for (int k = 0; k < 2; k++) {
            CHECK_OK(pv_data_write(d, scratch_spec(kinds[k], "back", "")));
            back = open_spec(
                scratch_spec(kinds[k], "back", side == 0 ? "?label=none" : "?features=none"));
            assert_int_equal(pv_data_count(back), 4);
            assert_int_equal(pv_data_classes(back), pv_data_classes(d));
            assert_int_equal(pv_data_sample_shape(back).dim[0], pv_data_sample_shape(d).dim[0]);
            for (int i = 0; i < 4; i++)
                assert_int_equal(pv_data_label(back, i), pv_data_label(d, i));
            pv_data_free(back);
        }
        pv_data_free(d);
        d = open_spec(scratch_spec("csv", "p.csv",
                                   side == 0 ? "?label=none&limit=3" : "?features=none&limit=3"));
        assert_int_equal(pv_data_count(d), 3);
        pv_data_free(d);
    }
}

static void refusals(void **state)
{
    (void)state;
    fails(scratch_spec("csv", "p.csv", "?label=none&features=none"), PV_ERR_OPTION,
          "leave nothing");
    fails(scratch_spec("csv", "p.csv", "?label=none&classes=yes"), PV_ERR_OPTION,
          "the samples have no labels");
    fails(scratch_spec("csv", "p.csv", "?features=some"), PV_ERR_OPTION, "all or none");
    fails(scratch_spec("csv", "p.csv", "?label=none&drop=age,colour,ill"), PV_ERR_LIMIT,
          "0 features");
    fails(scratch_spec("npz", "back", "?label=z"), PV_ERR_OPTION, "y or none");
    fails(scratch_spec("npz", "back", "?label=none&features=none"), PV_ERR_OPTION, "leave nothing");
    fails(scratch_spec("npz", "back", ""), PV_ERR_INPUT, "x"); /* it has labels only */
}

static void images_without_labels(void **state)
{
    pv_data *d, *back;
    pv_tensor sheet;
    (void)state;
    CHECK_OK(pv_data_open(&d, "glyphs?limit=20", NULL));
    CHECK_OK(pv_data_write(d, scratch_spec("npz", "g.npz", "")));
    pv_data_free(d);
    d = open_spec(scratch_spec("npz", "g.npz", "?label=none"));
    assert_int_equal(pv_data_what(d), PV_DATA_IMAGE);
    assert_int_equal(pv_data_label(d, 19), -1);
    CHECK_FAILS(pv_data_contact_sheet(&sheet, d, 4), PV_ERR_INPUT, "no labels");
    CHECK_FAILS(pv_data_write(d, scratch_spec("images", "new", "")), PV_ERR_UNSUPPORTED,
                "without labels");
    CHECK_OK(pv_data_write(d, scratch_spec("npz", "h.npz", "")));
    fails(scratch_spec("npz", "h.npz", ""), PV_ERR_INPUT, "'y'");
    back = open_spec(scratch_spec("npz", "h.npz", "?label=none"));
    assert_int_equal(pv_data_count(back), 20);
    pv_data_free(back);
    pv_data_free(d);
}

static void out_of_memory(void **state)
{
    pv_status status = PV_OK;
    (void)state;
    const char *specs[] = {scratch_spec("csv", "p.csv", "?label=none"),
                           scratch_spec("csv", "p.csv", "?features=none"),
                           scratch_spec("npz", "g.npz", "?label=none"),
                           scratch_spec("npz", "g.npz", "?features=none")};
    for (int i = 0; i < 4; i++) CHECK_OUT_OF_MEMORY(status)
        {
            pv_data *d;
            status = pv_data_open(&d, specs[i], NULL);
            pv_data_free(d);
        }
    assert_int_equal(status, PV_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(features_alone),        cmocka_unit_test(labels_alone),
        cmocka_unit_test(sides_go_on),           cmocka_unit_test(refusals),
        cmocka_unit_test(images_without_labels), cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
