#include "corpus.h"

#include "codec/npz.h"

static pv_status parse(const uint8_t *p, size_t n)
{
    pv_npz *z;
    pv_tensor t;
    pv_status s = pv_npz_parse(&z, "F", p, n);
    if (s != PV_OK) assert_null(z);
    for (int i = 0; s == PV_OK && i < pv_npz_count(z); i++) {
        s = pv_npz_get(z, pv_npz_name(z, i), &t);
        if (s != PV_OK) assert_null(t.data);
        pv_tensor_clear(&t);
    }
    pv_npz_free(z);
    return s;
}

static double element(const pv_npz *z, const char *name, int64_t i)
{
    pv_tensor t;
    CHECK_OK(pv_npz_get(z, name, &t));
    double v = pv_tensor_get(&t, i);
    pv_tensor_clear(&t);
    return v;
}

/* Written by NumPy; the values as its own reader gives them. */
static void test_numpy(void **state)
{
    (void)state;
    pv_npz *z;
    pv_tensor t;
    CHECK_OK(pv_npz_open(&z, "tests/vectors/glow_step.npz"));
    assert_true(pv_npz_count(z) >= 8);
    assert_string_equal(pv_npz_name(z, 0), "x");
    assert_true(pv_npz_has(z, "conv1x1") && pv_npz_has(z, "conv1x1.npy"));
    assert_false(pv_npz_has(z, "conv1"));
    assert_true(element(z, "x", 0) == 0.006047240976078087);
    /* in Fortran order in the file */
    assert_true(element(z, "conv1x1", 1) == 0.2042725822176872);
    assert_true(element(z, "conv1x1.npy", 12) == -0.04589347427716399);
    CHECK_FAILS(pv_npz_get(z, "nothing", &t), PV_ERR_INPUT,
                "there is no array 'nothing'; there are: x actnorm_logs");
    pv_npz_free(z);
    pv_npz_free(NULL);
    CHECK_FAILS(pv_npz_open(&z, "tests/vectors/absent.npz"), PV_ERR_NOT_FOUND, "absent.npz");
}

static void test_members(void **state)
{
    (void)state;
    static const char *const files[] = {"stored", "deflated", "comment"};
    pv_npz *z;
    for (size_t i = 0; i < COUNT(files); i++) {
        pv_bytes in = corpus("npz", files[i]);
        CHECK_OK(pv_npz_parse(&z, "F", in.data, in.size));
        assert_int_equal(pv_npz_count(z), 2);
        assert_true(element(z, "x", 5) == 6 && element(z, "y", 1) == -1);
        pv_npz_free(z);
        pv_bytes_clear(&in);
    }
    CHECK_OK(pv_npz_open(&z, "fuzz/corpus/npz/utf8"));
    assert_string_equal(pv_npz_name(z, 0), "é");
    pv_npz_free(z);
    CHECK_OK(pv_npz_open(&z, "fuzz/corpus/npz/none"));
    assert_int_equal(pv_npz_count(z), 0);
    pv_npz_free(z);
}

static pv_status write_two(const char *path, const pv_tensor *a, const pv_tensor *b)
{
    pv_npz_out out;
    pv_status s = pv_npz_out_open(&out, path, 0644);
    if (s == PV_OK) s = pv_npz_out_add(&out, "alpha", a);
    if (s == PV_OK) s = pv_npz_out_add(&out, "bêta", b);
    if (s == PV_OK) return pv_npz_out_commit(&out);
    pv_npz_out_discard(&out);
    return s;
}

static void test_write(void **state)
{
    (void)state;
    float a[] = {1, 2, 3, 4};
    int64_t b[] = {5};
    pv_tensor ta = {.dtype = PV_F32, .shape = PV_SHAPE(2, 2), .data = a};
    pv_tensor tb = {.dtype = PV_I64, .shape = PV_SHAPE(1), .data = b};
    scratch s = scratch_make("t.npz");
    pv_bytes first, second;
    pv_npz *z;
    pv_status status = PV_OK;
    CHECK_OK(write_two(s.path, &ta, &tb));
    CHECK_OK(pv_file_read(&first, s.path, 10000));
    CHECK_OUT_OF_MEMORY(status)
    {
        status = write_two(s.path, &ta, &tb);
    }
    CHECK_OK(pv_file_read(&second, s.path, 10000));
    assert_int_equal(first.size, second.size); /* the same tensors, the same bytes */
    assert_memory_equal(first.data, second.data, first.size);
    CHECK_OK(pv_npz_open(&z, s.path));
    assert_int_equal(pv_npz_count(z), 2);
    assert_true(element(z, "alpha", 3) == 4 && element(z, "bêta", 0) == 5);
    pv_npz_free(z);
    pv_bytes_clear(&first);
    pv_bytes_clear(&second);

    char name[1100];
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    pv_npz_out out;
    CHECK_OK(pv_npz_out_open(&out, s.path, 0644));
    CHECK_FAILS(pv_npz_out_add(&out, name, &ta), PV_ERR_USAGE, "1099 bytes, at most 1019");
    pv_tensor huge = {.dtype = PV_F64, .shape = PV_SHAPE(1 << 30)};
    CHECK_FAILS(pv_npz_out_add(&out, "huge", &huge), PV_ERR_LIMIT, "write several archives");
    pv_npz_out_discard(&out);
    pv_npz_out_discard(&out);
    scratch_remove(&s);
    CHECK_FAILS(pv_npz_out_open(&out, "fuzz/absent/t.npz", 0644), PV_ERR_IO, "fuzz/absent/t.npz");
}

static void test_refusals(void **state)
{
    (void)state;
    static const refusal refusals[] = {
        {"plain-name", PV_ERR_TRUNCATED, "F(readme.txt): at byte 0: magic number of a .npy"},
        {"bzip2", PV_ERR_UNSUPPORTED, "packed by method 12"},
        {"bad-npy", PV_ERR_TRUNCATED, "F(x): at byte 128"},
        {"crc", PV_ERR_MISMATCH, "F(x): the checksum is wrong"},
        {"encrypted", PV_ERR_UNSUPPORTED, "encrypted"},
        {"sizes", PV_ERR_FORMAT, "two sizes: 5 and"},
        {"zip64-size", PV_ERR_UNSUPPORTED, "ZIP64"},
        {"zip64", PV_ERR_UNSUPPORTED, "ZIP64"},
        {"bomb", PV_ERR_LIMIT, "can't unpack to 1073741824"},
        {"larger", PV_ERR_FORMAT, "200 bytes the directory says"},
        {"smaller", PV_ERR_FORMAT, "10 bytes the directory says"},
        {"offset", PV_ERR_TRUNCATED, "a member should be at byte 1048576"},
        {"local", PV_ERR_FORMAT, "at byte 0: the header of a member is not there"},
        {"record", PV_ERR_FORMAT, "a record of the ZIP directory was expected"},
        {"disks", PV_ERR_UNSUPPORTED, "several parts"},
        {"count", PV_ERR_UNSUPPORTED, "several parts"},
        {"many", PV_ERR_FORMAT, "a record of the ZIP directory was expected"},
        {"members", PV_ERR_LIMIT, "the number of members is 32767"},
        {"directory", PV_ERR_TRUNCATED, "the directory should be at byte 1073741824"},
        {"bad-name", PV_ERR_FORMAT, "the name of member 0 is no UTF-8 text"},
        {"long-name", PV_ERR_FORMAT, "below 1024 bytes"},
        {"twins", PV_ERR_FORMAT, "two members are called 'x'"},
        {"no-end", PV_ERR_TRUNCATED, "no ZIP directory at the end"},
        {"only-end", PV_ERR_TRUNCATED, "the directory should be at"},
        {"empty", PV_ERR_TRUNCATED, "no ZIP directory at the end"},
    };
    check_refusals("npz", refusals, COUNT(refusals), parse);
    check_cuts("npz", "stored", 1, 0, parse);
    check_out_of_memory("npz", "stored", parse);
    check_out_of_memory("npz", "deflated", parse);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numpy),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_write),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
