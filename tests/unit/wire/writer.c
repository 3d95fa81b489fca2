#include "check.h"

#include "wire/reader.h"
#include "wire/writer.h"

static void write_all(pv_writer *w)
{
    pv_writer_u8(w, 1);
    pv_writer_u16le(w, 0x0102);
    pv_writer_u16be(w, 0x0102);
    pv_writer_u32le(w, 0x01020304);
    pv_writer_u32be(w, 0x01020304);
    pv_writer_u64le(w, 0x0102030405060708);
    pv_writer_u64be(w, 0x0102030405060708);
    pv_writer_f32le(w, -1.5f);
    pv_writer_f64le(w, 1e300);
    pv_writer_bytes(w, "xyz", 3);
    pv_writer_sized(w, "\0\1", 2);
    pv_writer_string(w, "hedge");
    pv_writer_fill(w, 7, 3);
    pv_writer_bytes(w, NULL, 0);
    pv_writer_fill(w, 7, 0);
}

static void test_known_answers(void **state)
{
    (void)state;
    static const uint8_t begin[] = {1, 2, 1, 1, 2, 4, 3, 2, 1, 1, 2, 3, 4, 8, 7, 6, 5, 4, 3, 2, 1};
    pv_bytes out;
    pv_writer w = pv_writer_make("message", 1000);
    write_all(&w);
    CHECK_OK(pv_writer_take(&w, &out));
    assert_memory_equal(out.data, begin, sizeof begin);
    assert_memory_equal(out.data + out.size - 12, "\5\0\0\0hedge\7\7\7", 12);
    assert_int_equal(w.size, 0);
    pv_bytes_clear(&out);
    CHECK_OK(pv_writer_take(&w, &out)); /* empty, and again usable */
    assert_int_equal(out.size, 0);
    pv_writer_clear(&w);
}

static void test_round_trip(void **state)
{
    (void)state;
    char text[10];
    size_t n;
    pv_writer w = pv_writer_make("message", 1000);
    write_all(&w);
    CHECK_OK(pv_writer_status(&w));
    pv_reader r = pv_reader_make("message", w.data, w.size);
    assert_int_equal(pv_reader_u8(&r, ""), 1);
    assert_int_equal(pv_reader_u16le(&r, ""), 0x0102);
    assert_int_equal(pv_reader_u16be(&r, ""), 0x0102);
    assert_int_equal(pv_reader_u32le(&r, ""), 0x01020304);
    assert_int_equal(pv_reader_u32be(&r, ""), 0x01020304);
    assert_true(pv_reader_u64le(&r, "") == 0x0102030405060708);
    assert_true(pv_reader_u64be(&r, "") == 0x0102030405060708);
    assert_true(pv_reader_f32le(&r, "") == -1.5f);
    assert_true(pv_reader_f64le(&r, "") == 1e300);
    pv_reader_expect(&r, "xyz", 3, "");
    assert_memory_equal(pv_reader_sized(&r, 2, &n, ""), "\0\1", 2);
    pv_reader_string(&r, text, sizeof text, "");
    assert_string_equal(text, "hedge");
    pv_reader_expect(&r, "\7\7\7", 3, "");
    pv_reader_end(&r);
    CHECK_OK(pv_reader_status(&r));
    pv_writer_clear(&w);
    pv_writer_clear(&w);
}

static void test_bound(void **state)
{
    (void)state;
    pv_bytes out;
    pv_writer w = pv_writer_make("hello", 5);
    pv_trail_clear();
    pv_writer_u32le(&w, 1);
    CHECK_OK(pv_writer_status(&w));
    pv_writer_u16le(&w, 1);
    pv_writer_u8(&w, 1); /* would fit, but comes too late */
    assert_int_equal(pv_writer_status(&w), PV_ERR_LIMIT);
    assert_int_equal(w.size, 4);
    assert_string_equal(pv_trail_text(),
                        "hello: 2 bytes more than its 4 do not fit: at most 5 are allowed");
    assert_int_equal(pv_writer_take(&w, &out), PV_ERR_LIMIT);
    assert_null(out.data);
    pv_writer_clear(&w);

    pv_writer_sized(&w, "", (size_t)UINT32_MAX + 1); /* longer than its length can say */
    assert_int_equal(pv_writer_status(&w), PV_ERR_LIMIT);
    pv_writer_clear(&w);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    pv_status status = PV_OK;
    CHECK_OUT_OF_MEMORY(status)
    {
        pv_writer w = pv_writer_make("message", 1000);
        write_all(&w);
        status = pv_writer_status(&w);
        pv_writer_clear(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_bound),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
