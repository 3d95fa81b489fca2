#include "corpus.h"

#include "codec/idx.h"

static pv_status parse(const uint8_t *p, size_t n)
{
    pv_tensor t;
    pv_status s = pv_idx_parse(&t, "F", p, n);
    if (s != PV_OK) assert_null(t.data);
    pv_tensor_clear(&t);
    return s;
}

static pv_tensor read_corpus(const char *file)
{
    pv_tensor t;
    char path[128];
    snprintf(path, sizeof path, "fuzz/corpus/idx/%s", file);
    CHECK_OK(pv_idx_load(&t, path));
    return t;
}

static void test_types(void **state)
{
    (void)state;
    static const char *const names[][2] = {
        {"labels", "labels.gz"}, {"i32", "i32.gz"}, {"f32", "f32.gz"}, {"f64", "f64.gz"}};
    static const pv_dtype dtypes[] = {PV_U8, PV_I32, PV_F32, PV_F64};
    static const double second[] = {1, -2, -1.5, 0};
    for (int i = 0; i < 4; i++)
        for (int gz = 0; gz < 2; gz++) {
            pv_tensor t = read_corpus(names[i][gz]);
            assert_int_equal(t.dtype, dtypes[i]);
            if (i < 3) assert_true(pv_tensor_get(&t, 1) == second[i]);
            if (i == 3) assert_true(pv_tensor_get(&t, 0) == 0.1);
            pv_tensor_clear(&t);
        }
    pv_tensor t = read_corpus("images.gz");
    check_shape(&t, "[3,4,5]");
    pv_tensor_clear(&t);
    t = read_corpus("six-dims");
    assert_int_equal(t.shape.ndim, 6);
    pv_tensor_clear(&t);
    t = read_corpus("zero");
    assert_int_equal(pv_tensor_count(&t), 0);
    pv_tensor_clear(&t);
}

static void test_refusals(void **state)
{
    (void)state;
    static const refusal refusals[] = {
        {"i8", PV_ERR_UNSUPPORTED, "at byte 2: elements of type 0x09 (i8) are not read"},
        {"i16.gz", PV_ERR_UNSUPPORTED, "(i16)"},
        {"no-type", PV_ERR_FORMAT, "0x07 is no IDX element type"},
        {"no-dims", PV_ERR_LIMIT, "at byte 3: 0 dimensions"},
        {"seven-dims", PV_ERR_LIMIT, "7 dimensions, 1 to 6 are read"},
        {"short", PV_ERR_TRUNCATED, "the sizes say [10] of u8, but at most 9 bytes"},
        {"short.gz", PV_ERR_TRUNCATED,
         "the array takes 10 bytes and the unpacked data end after 9"},
        {"long", PV_ERR_FORMAT, "at byte 18: 1 bytes more than expected"},
        {"long.gz", PV_ERR_FORMAT, "there are more than expected"},
        {"trailing.gz", PV_ERR_TRUNCATED, "end too early"},
        {"huge", PV_ERR_TRUNCATED, "at most 20 bytes of elements are there"},
        {"huge.gz", PV_ERR_TRUNCATED, "of u8, but at most"},
        {"wide", PV_ERR_TRUNCATED, "of f64"},
        {"magic", PV_ERR_TRUNCATED, "sizes takes 12 bytes"},
        {"magic.gz", PV_ERR_TRUNCATED, "sizes takes 12 bytes"},
        {"empty", PV_ERR_TRUNCATED, "magic number"},
        {"empty.gz", PV_ERR_TRUNCATED, "magic number"},
        {"text", PV_ERR_FORMAT, "does not begin as an IDX file does"},
    };
    check_refusals("idx", refusals, COUNT(refusals), parse);
    check_cuts("idx", "images", 1, 0, parse);
    check_cuts("idx", "images.gz", 1, 0, parse);
    check_out_of_memory("idx", "images", parse);
    check_out_of_memory("idx", "images.gz", parse);
    pv_tensor t;
    CHECK_FAILS(pv_idx_load(&t, "fuzz/corpus/idx/absent"), PV_ERR_NOT_FOUND, "no such file");
}

static void test_mnist(void **state)
{
    (void)state;
    static const char folder[] = "../shared/data/mnist";
    pv_tensor images, labels;
    if (!pv_folder_exists(folder)) {
        print_message("skipped: no ../shared/data\n");
        skip();
    }
    CHECK_OK(pv_idx_load(&images, "../shared/data/mnist/t10k-images-idx3-ubyte.gz"));
    CHECK_OK(pv_idx_load(&labels, "../shared/data/mnist/t10k-labels-idx1-ubyte.gz"));
    check_shape(&images, "[10000,28,28]");
    check_shape(&labels, "[10000]");
    assert_memory_equal(labels.data, "\7\2\1\0\4\1\4\x9\5\x9", 10); /* the first ten, well known */
    pv_tensor_clear(&images);
    pv_tensor_clear(&labels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_mnist),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
