#include "corpus.h"

#include "codec/safetensors.h"

static pv_status parse(const uint8_t *p, size_t n)
{
    pv_safetensors *s;
    pv_tensor t;
    pv_status status = pv_safetensors_parse(&s, "F", p, n);
    if (status != PV_OK) assert_null(s);
    for (int i = 0; status == PV_OK && i < pv_safetensors_count(s); i++) {
        status = pv_safetensors_get(s, pv_safetensors_name(s, i), &t);
        pv_tensor_clear(&t);
    }
    pv_safetensors_free(s);
    return status;
}

static void test_read(void **state)
{
    (void)state;
    pv_safetensors *s;
    pv_tensor t;
    CHECK_OK(pv_safetensors_open(&s, "fuzz/corpus/safetensors/two"));
    assert_int_equal(pv_safetensors_count(s), 2);
    assert_string_equal(pv_safetensors_name(s, 1), "b");
    assert_int_equal(pv_safetensors_dtype(s, 1), PV_F64);
    assert_int_equal(pv_safetensors_shape(s, 0).ndim, 2);
    assert_int_equal(pv_safetensors_find(s, "w"), 0);
    assert_int_equal(pv_safetensors_find(s, "v"), -1);
    assert_null(pv_safetensors_metadata(s, "model"));
    CHECK_OK(pv_safetensors_get(s, "w", &t));
    check_shape(&t, "[2,2]");
    pv_tensor_clear(&t);
    CHECK_FAILS(pv_safetensors_get(s, "v", &t), PV_ERR_INPUT, "there is no tensor 'v' among its 2");
    pv_safetensors_free(s);
    pv_safetensors_free(NULL);
    CHECK_OK(pv_safetensors_open(&s, "fuzz/corpus/safetensors/metadata"));
    assert_string_equal(pv_safetensors_metadata(s, "model"), "lenet5");
    assert_null(pv_safetensors_metadata(s, "data"));
    pv_safetensors_free(s);
    static const char *const good[] = {"types", "scalar", "empty-tensor", "nothing", "padded"};
    for (size_t i = 0; i < COUNT(good); i++) {
        pv_bytes in = corpus("safetensors", good[i]);
        CHECK_OK(parse(in.data, in.size));
        pv_bytes_clear(&in);
    }
    CHECK_FAILS(pv_safetensors_open(&s, "absent.safetensors"), PV_ERR_NOT_FOUND, "absent");
}

static float w[] = {1, 2, 3, 4, 5, 6};
static uint8_t mask[] = {7, 8, 9};
static double loss[] = {0.25};
static const pv_tensor tw = {.dtype = PV_F32, .shape = {.ndim = 2, .dim = {2, 3}}, .data = w};
static const pv_tensor tm = {.dtype = PV_U8, .shape = {.ndim = 1, .dim = {3}}, .data = mask};
static const pv_tensor tl = {.dtype = PV_F64, .data = loss};
static const pv_tensor te = {.dtype = PV_I32, .shape = {.ndim = 2, .dim = {0, 4}}, .data = w};

static void test_bytes(void **state)
{
    (void)state;
    static const char header[] =
        "{\"__metadata__\":{\"epoch\":\"3\",\"model\":\"mlp \\\"x\\\"\"},"
        "\"loss\":{\"dtype\":\"F64\",\"shape\":[],\"data_offsets\":[0,8]},"
        "\"empty\":{\"dtype\":\"I32\",\"shape\":[0,4],\"data_offsets\":[8,8]},"
        "\"w\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[8,32]},"
        "\"mask\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[32,35]}}";
    const pv_named_tensor one[] = {{"w", &tw}, {"mask", &tm}, {"loss", &tl}, {"empty", &te}};
    const pv_named_tensor other[] = {{"empty", &te}, {"loss", &tl}, {"mask", &tm}, {"w", &tw}};
    const pv_metadata m[] = {{"model", "mlp \"x\""}, {"epoch", "3"}};
    scratch s = scratch_make("t.safetensors");
    size_t n = strlen(header), padded = (n + 7) / 8 * 8;
    pv_bytes a, b;
    CHECK_OK(pv_safetensors_save(s.path, one, 4, m, 2, 0600));
    CHECK_OK(pv_file_read(&a, s.path, 10000));
    CHECK_OK(pv_safetensors_save(s.path, other, 4, m, 2, 0600));
    CHECK_OK(pv_file_read(&b, s.path, 10000));
    assert_int_equal(a.size, 8 + padded + 35);
    assert_int_equal(a.data[0] | a.data[1] << 8, padded);
    assert_memory_equal(a.data + 8, header, n);
    for (size_t i = n; i < padded; i++) assert_int_equal(a.data[8 + i], ' ');
    assert_memory_equal(a.data + 8 + padded, loss, 8);
    assert_memory_equal(a.data + 8 + padded + 8, w, 24);
    assert_memory_equal(a.data + 8 + padded + 32, mask, 3);
    assert_int_equal(a.size, b.size); /* the order they are given in does not matter */
    assert_memory_equal(a.data, b.data, a.size);
    CHECK_OK(parse(a.data, a.size));
    pv_bytes_clear(&a);
    pv_bytes_clear(&b);
    scratch_remove(&s);
}

static void test_write_refusals(void **state)
{
    (void)state;
    const pv_named_tensor twins[] = {{"w", &tw}, {"w", &tm}}, bad[] = {{"\xFFw", &tw}};
    const pv_named_tensor reserved[] = {{"__metadata__", &tw}}, good[] = {{"w", &tw}};
    const pv_metadata key_twins[] = {{"k", "1"}, {"k", "2"}}, no_text[] = {{"k", "\xC3"}};
    scratch s = scratch_make("t.safetensors");
    pv_status status = PV_OK;
    CHECK_FAILS(pv_safetensors_save(s.path, twins, 2, NULL, 0, 0644), PV_ERR_USAGE, "'w'");
    CHECK_FAILS(pv_safetensors_save(s.path, bad, 1, NULL, 0, 0644), PV_ERR_USAGE, "UTF-8");
    CHECK_FAILS(pv_safetensors_save(s.path, reserved, 1, NULL, 0, 0644), PV_ERR_USAGE,
                "can't be called '__metadata__'");
    CHECK_FAILS(pv_safetensors_save(s.path, good, 1, key_twins, 2, 0644), PV_ERR_USAGE, "'k'");
    CHECK_FAILS(pv_safetensors_save(s.path, good, 1, no_text, 1, 0644), PV_ERR_USAGE, "UTF-8");
    assert_false(pv_file_exists(s.path));
    CHECK_FAILS(pv_safetensors_save("fuzz/absent/t", good, 1, NULL, 0, 0644), PV_ERR_IO, "absent");
    CHECK_OUT_OF_MEMORY(status)
    {
        status = pv_safetensors_save(s.path, good, 1, key_twins, 1, 0644);
    }
    scratch_remove(&s);
}

static void test_refusals(void **state)
{
    (void)state;
    static const refusal refusals[] = {
        {"hole", PV_ERR_FORMAT, "'b' begins at byte 24 of the data, 16 was expected"},
        {"overlap", PV_ERR_FORMAT, "'b' begins at byte 8 of the data, 16 was expected"},
        {"first-hole", PV_ERR_FORMAT, "'b' begins at byte 8 of the data, 0 was expected"},
        {"more-data", PV_ERR_FORMAT, "end at byte 16 of the data, which have 17"},
        {"less-data", PV_ERR_TRUNCATED, "'w' ends at byte 16 of the data, which have only 15"},
        {"size", PV_ERR_FORMAT, "[2,3] of f32 can't take 16 bytes"},
        {"odd-size", PV_ERR_FORMAT, "can't take 15 bytes"},
        {"backwards", PV_ERR_FORMAT, "a begin and an end"},
        {"bf16", PV_ERR_UNSUPPORTED, "'w': elements of type BF16 are not read"},
        {"no-dtype", PV_ERR_FORMAT, "\"dtype\" must be a string"},
        {"dtype-number", PV_ERR_FORMAT, "\"dtype\" must be a string"},
        {"shape-text", PV_ERR_FORMAT, "\"shape\" must be an array"},
        {"shape-float", PV_ERR_FORMAT, "dimension 0 of its shape is no size"},
        {"shape-negative", PV_ERR_FORMAT, "dimension 0 of its shape is no size"},
        {"shape-long", PV_ERR_LIMIT, "7 dimensions, at most 6"},
        {"shape-huge", PV_ERR_FORMAT, "can't take 4 bytes"},
        {"offset-one", PV_ERR_FORMAT, "must be two offsets"},
        {"offset-three", PV_ERR_FORMAT, "a begin and an end"},
        {"offset-text", PV_ERR_FORMAT, "must be two offsets"},
        {"offset-negative", PV_ERR_FORMAT, "must be two offsets"},
        {"extra-key", PV_ERR_FORMAT, "was expected"},
        {"no-object", PV_ERR_FORMAT, "was expected"},
        {"array", PV_ERR_FORMAT, "at byte 8: the header must be a JSON object"},
        {"number", PV_ERR_FORMAT, "must be a JSON object"},
        {"deep", PV_ERR_FORMAT, "not JSON"},
        {"twice", PV_ERR_FORMAT, "duplicate"},
        {"nul", PV_ERR_FORMAT, "not JSON"},
        {"no-json", PV_ERR_FORMAT, "begins at byte 8; is it a safetensors file?"},
        {"metadata-number", PV_ERR_FORMAT, "metadata 'epoch' must be a text"},
        {"metadata-array", PV_ERR_FORMAT, "must be an object"},
        {"long-header", PV_ERR_TRUNCATED, "the header takes 1000 bytes"},
        {"huge-header", PV_ERR_LIMIT, "at most 100000000"},
        {"limit-header", PV_ERR_LIMIT, "the header length is 100000001"},
        {"length-only", PV_ERR_FORMAT, "not JSON"},
        {"empty", PV_ERR_TRUNCATED, "the header length takes 8 bytes"},
    };
    check_refusals("safetensors", refusals, COUNT(refusals), parse);
    check_cuts("safetensors", "metadata", 1, 0, parse);
    check_out_of_memory("safetensors", "two", parse);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_write_refusals),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
