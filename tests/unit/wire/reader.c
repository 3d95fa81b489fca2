#include "check.h"

#include "wire/reader.h"

static void test_known_answers(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {
        0x01, 0x02, 0x03, 0x02, 0x03,                           /* u8, u16le, u16be */
        1,    2,    3,    4,    1,    2, 3, 4,                  /* u32le, u32be */
        1,    2,    3,    4,    5,    6, 7, 8,                  /* u64le */
        1,    2,    3,    4,    5,    6, 7, 8,                  /* u64be */
        0,    0,    0xC0, 0xBF, 0,    0, 0, 0, 0, 0, 0xF0, 0x3F /* -1.5f, 1.0 */
    };
    pv_reader r = pv_reader_make("message", bytes, sizeof bytes);
    assert_int_equal(pv_reader_u8(&r, "a"), 1);
    assert_int_equal(pv_reader_u16le(&r, "b"), 0x0302);
    assert_int_equal(pv_reader_u16be(&r, "c"), 0x0203);
    assert_int_equal(pv_reader_u32le(&r, "d"), 0x04030201);
    assert_int_equal(pv_reader_u32be(&r, "e"), 0x01020304);
    assert_true(pv_reader_u64le(&r, "f") == 0x0807060504030201);
    assert_true(pv_reader_u64be(&r, "g") == 0x0102030405060708);
    assert_true(pv_reader_f32le(&r, "h") == -1.5f);
    assert_true(pv_reader_f64le(&r, "i") == 1.0);
    assert_int_equal(pv_reader_left(&r), 0);
    pv_reader_end(&r);
    CHECK_OK(pv_reader_status(&r));
}

static void test_strings(void **state)
{
    (void)state;
    static const uint8_t bytes[] = "\3\0\0\0abc\2\0\0\0\xC3\xA9\0\0\0\0";
    char text[8];
    size_t n;
    pv_reader r = pv_reader_make("message", bytes, sizeof bytes - 1);
    pv_reader_string(&r, text, sizeof text, "name");
    assert_string_equal(text, "abc");
    assert_memory_equal(pv_reader_sized(&r, 2, &n, "bytes"), "\xC3\xA9", 2);
    assert_int_equal(n, 2);
    pv_reader_string(&r, text, sizeof text, "nothing");
    assert_string_equal(text, "");
    CHECK_OK(pv_reader_status(&r));

    r = pv_reader_make("message", bytes, sizeof bytes - 1);
    pv_trail_clear();
    pv_reader_string(&r, text, 3, "name"); /* two characters and the NUL */
    assert_string_equal(text, "");
    assert_int_equal(pv_reader_status(&r), PV_ERR_LIMIT);
    assert_string_equal(pv_trail_text(), "message: at byte 4: name is 3, at most 2 is allowed");

    r = pv_reader_make("message", "\4\0\0\0ab\xFFz", 8);
    pv_trail_clear();
    pv_reader_string(&r, text, sizeof text, "name");
    assert_string_equal(text, "");
    assert_int_equal(pv_reader_status(&r), PV_ERR_FORMAT);
    assert_string_equal(pv_trail_text(), "message: at byte 6: name is no UTF-8 text");
}

static void test_failure_sticks(void **state)
{
    (void)state;
    pv_reader r = pv_reader_make("net.bin", "\1\2\3", 3);
    pv_trail_clear();
    assert_int_equal(pv_reader_u8(&r, "version"), 1);
    assert_int_equal(pv_reader_u32le(&r, "count"), 0);
    assert_int_equal(pv_reader_status(&r), PV_ERR_TRUNCATED);
    assert_string_equal(pv_trail_text(), "net.bin: at byte 1: count takes 4 bytes and only 2 are "
                                         "left; is it complete?");
    /* whatever comes later changes neither the status nor the message */
    assert_int_equal(pv_reader_u8(&r, "one more"), 0);
    assert_null(pv_reader_bytes(&r, 0, "nothing"));
    pv_reader_seek(&r, 0, "start");
    pv_reader_require_max(&r, 9, 1, "size");
    pv_reader_fail(&r, PV_ERR_RANGE, "another complaint");
    pv_reader_end(&r);
    assert_int_equal(pv_reader_left(&r), 0);
    assert_int_equal(pv_reader_status(&r), PV_ERR_TRUNCATED);
    assert_non_null(strstr(pv_trail_text(), "count"));
}

/* Every prefix of a good message is refused, and nothing is read beyond it. */
static void test_every_cut(void **state)
{
    (void)state;
    static const uint8_t bytes[] = "\1\0\2\0\0\0ab\0\0\0\0\0\0\0\0";
    for (size_t size = 0; size < 16; size++) {
        size_t n;
        uint8_t *copy = pv_alloc(size, 1);
        assert_non_null(copy);
        memcpy(copy, bytes, size);
        pv_reader r = pv_reader_make("message", copy, size);
        (void)pv_reader_u16le(&r, "kind");
        (void)pv_reader_sized(&r, 100, &n, "name");
        (void)pv_reader_u64be(&r, "number");
        assert_int_equal(pv_reader_status(&r), PV_ERR_TRUNCATED);
        pv_free(copy);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    size_t n;
    pv_reader r = pv_reader_make("message", "abcdef", 6);
    pv_trail_clear();
    pv_reader_expect(&r, "ab", 2, "magic");
    pv_reader_expect(&r, "xy", 2, "second magic");
    assert_int_equal(pv_reader_status(&r), PV_ERR_FORMAT);
    assert_non_null(strstr(pv_trail_text(), "at byte 2: the second magic is not there"));

    r = pv_reader_make("message", "abcdef", 6);
    pv_trail_clear();
    pv_reader_seek(&r, 6, "end");
    CHECK_OK(pv_reader_status(&r));
    pv_reader_seek(&r, UINT64_MAX, "far away");
    assert_int_equal(pv_reader_status(&r), PV_ERR_TRUNCATED);
    assert_non_null(strstr(pv_trail_text(), "beyond the end at 6"));

    r = pv_reader_make("message", "abcdef", 6);
    pv_trail_clear();
    (void)pv_reader_bytes(&r, 2, "two");
    pv_reader_end(&r);
    assert_int_equal(pv_reader_status(&r), PV_ERR_FORMAT);
    assert_non_null(strstr(pv_trail_text(), "at byte 2: 4 bytes more"));

    r = pv_reader_make("message", "\xFF\xFF\xFF\xFF", 4);
    pv_trail_clear();
    assert_null(pv_reader_sized(&r, SIZE_MAX, &n, "blob"));
    assert_int_equal(n, 0);
    assert_int_equal(pv_reader_status(&r), PV_ERR_TRUNCATED);

    r = pv_reader_make("message", "abc", 3);
    assert_null(pv_reader_bytes(&r, SIZE_MAX, "everything"));
    assert_int_equal(pv_reader_status(&r), PV_ERR_TRUNCATED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers),  cmocka_unit_test(test_strings),
        cmocka_unit_test(test_failure_sticks), cmocka_unit_test(test_every_cut),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
