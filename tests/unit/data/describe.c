#include "scratch.h"

#include "codec/png.h"
#include <math.h>

static pv_data *open_spec(const char *spec)
{
    pv_data *d;
    CHECK_OK(pv_data_open(&d, spec, NULL));
    return d;
}

static void statistics_of_a_table(void **state)
{
    scratch_text("s.csv", "a,b,class\n1,5,x\n2,5,y\n3,5,x\n6,5,x\n");
    pv_data *d = open_spec(scratch_spec("csv", "s.csv", ""));
    pv_data_stats s;
    (void)state;
    CHECK_OK(pv_data_stats_init(&s, d));
    assert_int_equal(s.columns, 2);
    assert_int_equal(s.class_count[0], 3);
    assert_int_equal(s.class_count[1], 1);
    assert_true(s.min[0] == 1 && s.max[0] == 6 && s.mean[0] == 3);
    assert_true(fabs(s.std[0] - sqrt(3.5)) < 1e-12);
    assert_true(s.std[1] == 0 && s.min[1] == 5 && s.max[1] == 5);
    assert_int_equal(s.missing, 0);
    assert_int_equal(s.dropped, 0);
    pv_data_stats_clear(&s);
    pv_data_stats_clear(&s);
    pv_data_free(d);
}

/* The counting way agrees with adding up what pv_data_raw says. */
static void statistics_of_images(void **state)
{
    pv_data *d = open_spec("glyphs?limit=50");
    pv_data_stats s;
    float x[784];
    double sum = 0, square = 0, most = 0;
    (void)state;
    CHECK_OK(pv_data_stats_init(&s, d));
    assert_int_equal(s.columns, 1);
    for (int64_t i = 0; i < 50; i++) {
        pv_data_raw(d, i, x);
        for (int k = 0; k < 784; k++) {
            sum += x[k];
            square += (double)x[k] * x[k];
            most = fmax(most, x[k]);
        }
    }
    double n = 50 * 784;
    assert_true(fabs(s.mean[0] - sum / n) < 1e-6);
    assert_true(fabs(s.std[0] - sqrt(square / n - sum / n * sum / n)) < 1e-6);
    assert_true(fabs(s.max[0] - most) < 1e-6);
    pv_data_stats_clear(&s);
    pv_data_free(d);
}

static void statistics_of_text(void **state)
{
    (void)state;
    scratch_text("t.tsv", "sentence\tlabel\none two\t1\nthree\t0\n");
    pv_data *d = open_spec(scratch_spec("tsv", "t.tsv", ""));
    pv_data_stats s;
    CHECK_OK(pv_data_stats_init(&s, d));
    assert_int_equal(s.columns, 1);
    assert_true(s.min[0] == 1 && s.max[0] == 2 && s.mean[0] == 1.5 && s.std[0] == 0.5);
    pv_data_stats_clear(&s);
    pv_tensor sheet;
    CHECK_FAILS(pv_data_contact_sheet(&sheet, d, 3), PV_ERR_UNSUPPORTED, "only images");
    pv_data_free(d);
}

static void contact_sheet(void **state)
{
    pv_data *d = open_spec("glyphs?limit=25&classes=1,0"); /* three of 0, three of 1 */
    pv_tensor sheet;
    float x[784];
    (void)state;
    CHECK_OK(pv_data_contact_sheet(&sheet, d, 4));
    pv_shape expected = PV_SHAPE(2 * 29 + 1, 4 * 29 + 1, 3);
    assert_true(pv_shape_equal(&sheet.shape, &expected));
    const uint8_t *p = sheet.data;
    int64_t first = -1;
    for (int64_t i = 0; first < 0; i++)
        if (pv_data_label(d, i) == 1) first = i; /* '0' is the second class here */
    assert_string_equal(pv_data_class_name(d, 1), "0");
    pv_data_raw(d, first, x);
    for (int y = 0; y < 28; y++)
        for (int c = 0; c < 28; c++)
            for (int k = 0; k < 3; k++)
                assert_int_equal(p[((30 + y) * 117 + 1 + c) * 3 + k],
                                 (int)(x[y * 28 + c] * 255.0f + 0.5f));
    assert_int_equal(p[0], 96);
    CHECK_OK(pv_png_save(scratch("sheet.png"), &sheet));
    pv_tensor_clear(&sheet);
    CHECK_FAILS(pv_data_contact_sheet(&sheet, d, 0), PV_ERR_OPTION, "0 samples a class");
    CHECK_FAILS(pv_data_contact_sheet(&sheet, d, 900), PV_ERR_LIMIT, "fewer samples");
    pv_data_free(d);
}

static void check_same(const pv_data *a, const pv_data *b)
{
    pv_shape s = pv_data_sample_shape(a), t = pv_data_sample_shape(b);
    assert_int_equal(pv_data_count(a), pv_data_count(b));
    assert_int_equal(pv_data_classes(a), pv_data_classes(b));
    assert_int_equal(pv_data_what(a), pv_data_what(b));
    assert_true(pv_shape_equal(&s, &t));
    size_t n = (size_t)pv_shape_count(&s);
    float *x = malloc(2 * n * sizeof *x);
    for (int64_t i = 0; i < pv_data_count(a); i++) {
        assert_string_equal(pv_data_class_name(a, pv_data_label(a, i)),
                            pv_data_class_name(b, pv_data_label(b, i)));
        pv_data_raw(a, i, x);
        pv_data_raw(b, i, x + n);
        assert_memory_equal(x, x + n, n * sizeof *x);
    }
    if (pv_data_what(a) == PV_DATA_TABLE)
        for (int j = 0; j < s.dim[0]; j++)
            assert_string_equal(pv_data_feature_name(a, j), pv_data_feature_name(b, j));
    for (int j = 2; j < pv_data_vocabulary(a); j++)
        assert_string_equal(pv_data_token_text(a, j), pv_data_token_text(b, j));
    free(x);
}

/* Written as `kind`, it reads back the same. */
static void round_trip(const pv_data *d, const char *kind, const char *name)
{
    const char *target = scratch_spec(kind, name, "");
    CHECK_OK(pv_data_write(d, target));
    pv_data *again = open_spec(target);
    check_same(d, again);
    pv_data_free(again);
}

static void written_and_read(void **state)
{
    (void)state;
    pv_data *glyphs = open_spec("glyphs?limit=40&classes=0,1,2,3,4,5,6,7,8,9");
    pv_data *sub;
    int64_t index[] = {30, 1, 2, 13};
    round_trip(glyphs, "npz", "g.npz");
    round_trip(glyphs, "mnist", "g-idx");
    CHECK_OK(pv_data_subset(&sub, glyphs, index, 4));
    round_trip(sub, "npz", "sub.npz");
    pv_data_free(sub);
    pv_data_free(glyphs);

    scratch_text("w.csv", "\"a,1\",colour,class\n1.5,red,\"x \"\"y\"\"\"\n-2e-7,green,z\n"
                          "3,blue,z\n0.1,red,z\n");
    pv_data *table = open_spec(scratch_spec("csv", "w.csv", ""));
    assert_string_equal(pv_data_feature_name(table, 0), "a,1");
    assert_string_equal(pv_data_feature_name(table, 1), "colour=blue");
    round_trip(table, "csv", "w2.csv");
    round_trip(table, "npz", "w2.npz");
    CHECK_FAILS(pv_data_write(table, scratch_spec("mnist", "t", "")), PV_ERR_UNSUPPORTED, "images");
    CHECK_FAILS(pv_data_write(table, scratch_spec("images", "t", "")), PV_ERR_UNSUPPORTED,
                "images");
    pv_data_free(table);

    scratch_text("w.tsv", "sentence\tlabel\nsome words here\t1\nother words\t0\n");
    pv_data *text = open_spec(scratch_spec("tsv", "w.tsv", "?tokens=5"));
    round_trip(text, "npz", "w3.npz");
    CHECK_FAILS(pv_data_write(text, scratch_spec("csv", "t.csv", "")), PV_ERR_UNSUPPORTED,
                "tables");
    CHECK_FAILS(pv_data_write(text, scratch_spec("arff", "t", "")), PV_ERR_OPTION, "npz:FILE");
    CHECK_FAILS(pv_data_write(text, "npz:x?limit=3"), PV_ERR_OPTION, "takes no options");
    pv_data_free(text);
}

static void images_are_written(void **state)
{
    (void)state;
    pv_data *d = open_spec("glyphs?limit=20"), *again;
    const char *target = scratch_spec("images", "pngs", "");
    CHECK_OK(pv_data_write(d, target));
    CHECK_FAILS(pv_data_write(d, target), PV_ERR_IO, "not an empty folder");
    again = open_spec(target);
    assert_int_equal(pv_data_count(again), 20);
    for (int64_t i = 0; i < 20; i++) {
        float x[784], y[784];
        assert_int_equal(pv_data_label(again, i), i / 2);
        pv_data_raw(again, i, x);
        pv_data_raw(d, i / 2 + 10 * (i % 2), y);
        assert_memory_equal(x, y, sizeof x);
    }
    pv_data_free(again);
    pv_data_free(d);
    CHECK_FAILS(pv_data_write(NULL, "nothing:x"), PV_ERR_OPTION, "no kind of data");
}

static void out_of_memory(void **state)
{
    pv_data *d = open_spec("glyphs?limit=20");
    pv_status status = PV_OK;
    (void)state;
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_data_stats s;
        status = pv_data_stats_init(&s, d);
        pv_data_stats_clear(&s);
    }
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_norm norm;
        status = pv_norm_fit(&norm, d);
        pv_norm_clear(&norm);
    }
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_tensor sheet;
        status = pv_data_contact_sheet(&sheet, d, 2);
        pv_tensor_clear(&sheet);
    }
    const char *target = scratch_spec("npz", "memory.npz", "");
    CHECK_OUT_OF_MEMORY(status)
    {
        status = pv_data_write(d, target);
    }
    target = scratch_spec("mnist", "memory", "?split=test");
    CHECK_OUT_OF_MEMORY(status)
    {
        status = pv_data_write(d, target);
    }
    pv_data_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statistics_of_a_table), cmocka_unit_test(statistics_of_images),
        cmocka_unit_test(statistics_of_text),    cmocka_unit_test(contact_sheet),
        cmocka_unit_test(written_and_read),      cmocka_unit_test(images_are_written),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
