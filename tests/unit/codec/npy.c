#include "corpus.h"

#include "codec/npy.h"

static pv_status parse(const uint8_t *p, size_t n)
{
    pv_tensor t;
    pv_status s = pv_npy_parse(&t, "F", p, n);
    if (s != PV_OK) assert_null(t.data);
    pv_tensor_clear(&t);
    return s;
}

static pv_tensor read_corpus(const char *file)
{
    pv_tensor t;
    char path[128];
    snprintf(path, sizeof path, "fuzz/corpus/npy/%s", file);
    CHECK_OK(pv_npy_load(&t, path));
    return t;
}

static void check_values(const char *file, pv_dtype dtype, pv_shape shape, const double *values)
{
    pv_tensor t = read_corpus(file);
    assert_int_equal(t.dtype, dtype);
    assert_true(pv_shape_equal(&t.shape, &shape));
    for (int64_t i = 0; i < pv_tensor_count(&t); i++)
        if (pv_tensor_get(&t, i) != values[i])
            fail_msg("%s: element %d is %g", file, (int)i, pv_tensor_get(&t, i));
    pv_tensor_clear(&t);
}

static void test_read(void **state)
{
    (void)state;
    check_values("f8", PV_F64, PV_SHAPE(2, 3), (double[]){1, 2, 3, 4, 5, 6});
    check_values("f8-fortran", PV_F64, PV_SHAPE(2, 3), (double[]){1, 3, 5, 2, 4, 6});
    check_values("f8-big", PV_F64, PV_SHAPE(6), (double[]){0, 1, 2, 3, 4, 5});
    check_values("f4", PV_F32, PV_SHAPE(3), (double[]){1, 2, 3});
    check_values("f4-scalar", PV_F32, (pv_shape){0}, (double[]){1});
    check_values("i4", PV_I32, PV_SHAPE(1, 1, 2), (double[]){1, -1});
    check_values("i4-big", PV_I32, PV_SHAPE(2), (double[]){1, -1});
    check_values("i8", PV_I64, PV_SHAPE(2), (double[]){1, -1});
    check_values("u1", PV_U8, PV_SHAPE(2, 2), (double[]){1, 2, 3, 4});
    check_values("b1", PV_U8, PV_SHAPE(3), (double[]){0, 1, 1});
    check_values("v2", PV_I32, PV_SHAPE(1), (double[]){1});
    check_values("v3", PV_I32, PV_SHAPE(1), (double[]){1});
    check_values("zero", PV_F32, PV_SHAPE(0, 3), NULL);
    check_values("zero-fortran", PV_F32, PV_SHAPE(3, 0), NULL);
    check_values("order", PV_F64, PV_SHAPE(6), (double[]){1, 2, 3, 4, 5, 6});
    check_values("six", PV_U8, PV_SHAPE(1, 1, 1, 1, 1, 2), (double[]){1, 2});
    /* [a,0,b,0,c,0] of shape [2,1,3,1,2,1] lies at a + 2b + 6c */
    check_values("six-fortran", PV_U8, PV_SHAPE(2, 1, 3, 1, 2, 1),
                 (double[]){0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11});
}

/* What NumPy 1.26 writes for np.array([[1, 2]], dtype='<f4'), byte for byte. */
static void test_write(void **state)
{
    (void)state;
    float values[] = {1, 2};
    pv_tensor t = {.dtype = PV_F32, .shape = PV_SHAPE(1, 2), .data = values}, again;
    char expected[129];
    memset(expected, ' ', sizeof expected);
    memcpy(expected, "\x93NUMPY\1\0\x76\0", 10);
    memcpy(expected + 10, "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }", 59);
    expected[127] = '\n';
    pv_writer w = pv_writer_make("copy", 1000);
    pv_npy_header(&w, &t);
    CHECK_OK(pv_writer_status(&w));
    assert_int_equal(w.size, 128);
    assert_memory_equal(w.data, expected, 128);
    pv_writer_clear(&w);

    t.shape = PV_SHAPE(2);
    pv_npy_header(&w, &t);
    assert_memory_equal(w.data + 10 + 41, "'shape': (2,), }", 16);
    pv_writer_clear(&w);
    t.shape = (pv_shape){0};
    pv_npy_header(&w, &t);
    assert_memory_equal(w.data + 10 + 41, "'shape': (), }", 14);
    pv_writer_clear(&w);

    scratch s = scratch_make("t.npy");
    t.shape = PV_SHAPE(2);
    CHECK_OK(pv_npy_save(s.path, &t));
    CHECK_OK(pv_npy_load(&again, s.path));
    assert_memory_equal(again.data, values, sizeof values);
    pv_tensor_clear(&again);
    scratch_remove(&s);
    CHECK_FAILS(pv_npy_save("fuzz/absent/t.npy", &t), PV_ERR_IO, "fuzz/absent/t.npy");
}

static void test_refusals(void **state)
{
    (void)state;
    static const refusal refusals[] = {
        {"v4", PV_ERR_VERSION, "version 4.0 of the format is not read"},
        {"v1.1", PV_ERR_VERSION, "1.1"},
        {"f2", PV_ERR_UNSUPPORTED, "elements of type '<f2' are not read"},
        {"c16", PV_ERR_UNSUPPORTED, "'<c16'"},
        {"object", PV_ERR_UNSUPPORTED, "'|O'"},
        {"structured", PV_ERR_UNSUPPORTED, "save each field as its own array"},
        {"seven", PV_ERR_LIMIT, "more than 6 dimensions"},
        {"short", PV_ERR_TRUNCATED, "at byte 128: the header says [2,3] of f64, and 47 bytes"},
        {"long", PV_ERR_FORMAT, "at byte 176: 1 bytes more than expected"},
        {"huge", PV_ERR_TRUNCATED, "9223372036854775807"},
        {"found-long-size", PV_ERR_LIMIT, "beyond 63 bits"},
        {"huger", PV_ERR_LIMIT, "beyond 63 bits"},
        {"product", PV_ERR_TRUNCATED, "[4294967296,4294967296,16]"},
        {"negative", PV_ERR_FORMAT, "a size was expected"},
        {"no-tuple", PV_ERR_FORMAT, "'(' was expected"},
        {"no-comma", PV_ERR_FORMAT, "')' was expected"},
        {"open", PV_ERR_FORMAT, "a size was expected"},
        {"twice", PV_ERR_FORMAT, "'shape' twice"},
        {"lacks", PV_ERR_FORMAT, "lacks descr, fortran_order or shape"},
        {"empty-dict", PV_ERR_FORMAT, "lacks"},
        {"other-key", PV_ERR_FORMAT, "'colour', which is no key of the format"},
        {"none", PV_ERR_FORMAT, "True or False was expected"},
        {"truf", PV_ERR_FORMAT, "the word True is not there"},
        {"after", PV_ERR_FORMAT, "bytes more than expected"},
        {"no-dict", PV_ERR_FORMAT, "'{' was expected"},
        {"long-header", PV_ERR_LIMIT, "the header length is 1048576"},
        {"magic", PV_ERR_TRUNCATED, "version takes 1 bytes"},
        {"empty", PV_ERR_TRUNCATED, "magic number"},
    };
    check_refusals("npy", refusals, COUNT(refusals), parse);
    check_cuts("npy", "f8", 1, 0, parse);
    check_cuts("npy", "v2", 1, 0, parse);
    check_out_of_memory("npy", "f8-fortran", parse);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_write),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
