#include "scratch.h"

#include "codec/npz.h"
#include <math.h>

static void fails(const char *spec, pv_status status, const char *says)
{
    pv_data *d;
    CHECK_FAILS(pv_data_open(&d, spec, NULL), status, says);
    assert_null(d);
}

static pv_tensor tensor(pv_dtype dtype, pv_shape shape, const double *values)
{
    pv_tensor doubles, out;
    CHECK_OK(pv_tensor_init(&doubles, PV_F64, shape));
    memcpy(doubles.data, values, pv_tensor_bytes(&doubles));
    CHECK_OK(pv_tensor_convert(&out, dtype, &doubles));
    pv_tensor_clear(&doubles);
    return out;
}

/* An archive of x and y, and text arrays given as name, text, ..., NULL. Clears x and y. */
static void write_npz(const char *name, pv_tensor x, pv_tensor y, const char *const *texts)
{
    pv_npz_out out;
    CHECK_OK(pv_npz_out_open(&out, scratch(name), 0644));
    CHECK_OK(pv_npz_out_add(&out, "x", &x));
    CHECK_OK(pv_npz_out_add(&out, "y", &y));
    for (; texts != NULL && texts[0] != NULL; texts += 2) {
        pv_tensor t;
        CHECK_OK(pv_tensor_init(&t, PV_U8, PV_SHAPE((int64_t)strlen(texts[1]))));
        memcpy(t.data, texts[1], strlen(texts[1]));
        CHECK_OK(pv_npz_out_add(&out, texts[0], &t));
        pv_tensor_clear(&t);
    }
    CHECK_OK(pv_npz_out_commit(&out));
    pv_tensor_clear(&x);
    pv_tensor_clear(&y);
}

static void kinds(void **state)
{
    static const double v[] = {0, 1, 2, 3, 4, 5, 6, 255};
    pv_data *d;
    float x[8];
    (void)state;
    write_npz("u.npz", tensor(PV_U8, PV_SHAPE(2, 2, 2), v), tensor(PV_I64, PV_SHAPE(2), v + 1),
              NULL);
    CHECK_OK(pv_data_open(&d, scratch_spec("npz", "u.npz", ""), NULL));
    pv_shape s = pv_data_sample_shape(d), image = PV_SHAPE(2, 2, 1);
    assert_int_equal(pv_data_what(d), PV_DATA_IMAGE);
    assert_true(pv_shape_equal(&s, &image));
    assert_int_equal(pv_data_classes(d), 3);
    pv_data_raw(d, 1, x);
    assert_true(x[3] == 255.0f * (1.0f / 255.0f));
    pv_data_free(d);
    write_npz("f.npz", tensor(PV_F64, PV_SHAPE(1, 2, 2, 2), v), tensor(PV_U8, PV_SHAPE(1, 1), v),
              NULL);
    CHECK_OK(pv_data_open(&d, scratch_spec("npz", "f.npz", ""), NULL));
    pv_data_raw(d, 0, x);
    assert_true(x[7] == 255.0f); /* floats are taken as they are */
    CHECK_FAILS(pv_data_write(d, scratch_spec("images", "no", "")), PV_ERR_UNSUPPORTED, "of bytes");
    pv_data_free(d);
    write_npz("t.npz", tensor(PV_U8, PV_SHAPE(2, 4), v), tensor(PV_F32, PV_SHAPE(2), v),
              (const char *const[]){"classes", "no\nyes\nmaybe", "features", "a\nb\nc\nd\n", NULL});
    CHECK_OK(pv_data_open(&d, scratch_spec("npz", "t.npz", ""), NULL));
    assert_int_equal(pv_data_what(d), PV_DATA_TABLE);
    assert_int_equal(pv_data_classes(d), 3);
    assert_string_equal(pv_data_class_name(d, 2), "maybe");
    assert_string_equal(pv_data_feature_name(d, 3), "d");
    pv_data_raw(d, 1, x);
    assert_true(x[3] == 255.0f);
    pv_data_free(d);
    CHECK_OK(pv_data_open(&d, scratch_spec("npz", "u.npz", "?x=x&y=y"), NULL));
    pv_data_free(d);
}

static void splits(void **state)
{
    static const double v[] = {0, 1, 2, 3};
    pv_data *d;
    (void)state;
    write_npz("s/train.npz", tensor(PV_F32, PV_SHAPE(4, 1), v), tensor(PV_I32, PV_SHAPE(4), v),
              NULL);
    write_npz("s/test.npz", tensor(PV_F32, PV_SHAPE(2, 1), v), tensor(PV_I32, PV_SHAPE(2), v),
              NULL);
    CHECK_OK(pv_data_open(&d, scratch_spec("npz", "s", "?split=test"), NULL));
    assert_int_equal(pv_data_classes(d), 4); /* of the training data */
    pv_data_free(d);
    write_npz("s/test.npz", tensor(PV_F32, PV_SHAPE(1, 1), v),
              tensor(PV_I32, PV_SHAPE(1), &(double){4}), NULL);
    fails(scratch_spec("npz", "s", "?split=test"), PV_ERR_RANGE, "a label is 4, but there are 4");
}

static void refusals(void **state)
{
    static const double v[] = {0, 1, 2, 3, -1, 0.5, NAN, INFINITY, 20000};
    const char *spec = scratch_spec("npz", "r.npz", "");
    (void)state;
    fails(scratch_spec("npz", "none.npz", ""), PV_ERR_NOT_FOUND, "none.npz");
    fails(scratch_spec("npz", "t.npz", "?x=z"), PV_ERR_INPUT, "z");
    write_npz("r.npz", tensor(PV_F32, PV_SHAPE(2, 2), v), tensor(PV_I32, PV_SHAPE(3), v), NULL);
    fails(spec, PV_ERR_MISMATCH, "'x' is [2,2] but 'y' has 3 labels");
    write_npz("r.npz", tensor(PV_F32, PV_SHAPE(2, 2), v), tensor(PV_I32, PV_SHAPE(2, 2), v), NULL);
    fails(spec, PV_ERR_SHAPE, "one label a sample");
    write_npz("r.npz", tensor(PV_F32, PV_SHAPE(2), v), tensor(PV_I32, PV_SHAPE(2), v), NULL);
    fails(spec, PV_ERR_SHAPE, "[count,features]");
    write_npz("r.npz", tensor(PV_F32, PV_SHAPE(0, 2), v), tensor(PV_I32, PV_SHAPE(0), v), NULL);
    fails(spec, PV_ERR_SHAPE, "none of them 0");
    for (int i = 4; i <= 8; i++) {
        write_npz("r.npz", tensor(PV_F32, PV_SHAPE(2, 2), v),
                  tensor(PV_F64, PV_SHAPE(2), v + i - 1), NULL);
        fails(spec, PV_ERR_RANGE, "at index");
    }
    for (int i = 6; i <= 7; i++) {
        write_npz("r.npz", tensor(PV_F32, PV_SHAPE(2, 1), v + i - 1),
                  tensor(PV_I32, PV_SHAPE(2), v), NULL);
        fails(spec, PV_ERR_RANGE, i == 6 ? "nan in sample 1" : "in sample");
    }
    write_npz("r.npz", tensor(PV_F32, PV_SHAPE(2, 2), v), tensor(PV_I32, PV_SHAPE(2), v),
              (const char *const[]){"classes", "only", NULL});
    fails(spec, PV_ERR_RANGE, "a label is 1, but there are 1 classes in the array");
    write_npz("r.npz", tensor(PV_F32, PV_SHAPE(2, 2), v), tensor(PV_I32, PV_SHAPE(2), v),
              (const char *const[]){"classes", "a\na\n", NULL});
    fails(spec, PV_ERR_FORMAT, "names 'a' twice");
    write_npz("r.npz", tensor(PV_F32, PV_SHAPE(2, 2), v), tensor(PV_I32, PV_SHAPE(2), v),
              (const char *const[]){"features", "a\n", NULL});
    fails(spec, PV_ERR_MISMATCH, "2 features, but the array 'features' names 1");
    write_npz("r.npz", tensor(PV_I32, PV_SHAPE(2, 2), v), tensor(PV_I32, PV_SHAPE(2), v),
              (const char *const[]){"tokens", "p\nu\nw\n", NULL});
    fails(spec, PV_ERR_RANGE, "the token 3 in sample 1; 0 to 2");
    scratch_text("r.npz", "");
    pv_data *d;
    assert_int_equal(pv_status_exit(pv_data_open(&d, spec, NULL)), 3);
    scratch_text("r.npz", "PK\5\6 and then nothing of use");
    assert_int_equal(pv_status_exit(pv_data_open(&d, spec, NULL)), 3);
}

static void out_of_memory(void **state)
{
    pv_status status = PV_OK;
    (void)state;
    const char *spec = scratch_spec("npz", "t.npz", "");
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_data *d;
        status = pv_data_open(&d, spec, NULL);
        pv_data_free(d);
    }
    assert_int_equal(status, PV_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds),
        cmocka_unit_test(splits),
        cmocka_unit_test(refusals),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
