#include "corpus.h"

#include "codec/gzip.h"

enum { MAX = 1 << 20 };

/* gzip.compress(b"hedge", 9, mtime=0) of Python 3.11 */
static const uint8_t hedge[] = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\x4d\x49\x4f\x05"
                               "\x00\xeb\xc7\x22\x3b\x05\x00\x00\x00";

static pv_status parse(const uint8_t *p, size_t n)
{
    pv_bytes out;
    pv_status s = pv_gzip_inflate(&out, "F", p, n, MAX);
    if (s != PV_OK) assert_null(out.data);
    pv_bytes_clear(&out);
    return s;
}

static void test_known_answer(void **state)
{
    (void)state;
    pv_bytes out;
    assert_true(pv_gzip_is(hedge, sizeof hedge - 1));
    assert_false(pv_gzip_is(hedge, 1));
    assert_false(pv_gzip_is((const uint8_t *)"PK", 2));
    CHECK_OK(pv_gzip_inflate(&out, "F", hedge, sizeof hedge - 1, 5));
    assert_int_equal(out.size, 5);
    assert_string_equal((char *)out.data, "hedge");
    pv_bytes_clear(&out);
    CHECK_FAILS(pv_gzip_inflate(&out, "F", hedge, sizeof hedge - 1, 4), PV_ERR_LIMIT,
                "F: unpacks to more than the 4 bytes allowed");
}

static void test_members(void **state)
{
    (void)state;
    pv_bytes in = corpus("gzip", "two"), out;
    CHECK_OK(pv_gzip_inflate(&out, "F", in.data, in.size, MAX));
    assert_string_equal((char *)out.data, "first second member");
    pv_bytes_clear(&out);
    pv_bytes_clear(&in);
    in = corpus("gzip", "nothing");
    CHECK_OK(pv_gzip_inflate(&out, "F", in.data, in.size, 0));
    assert_int_equal(out.size, 0);
    pv_bytes_clear(&out);
    pv_bytes_clear(&in);
}

static void test_in_pieces(void **state)
{
    (void)state;
    char text[6] = "";
    pv_gzip *g;
    CHECK_OK(pv_gzip_open(&g, "F", hedge, sizeof hedge - 1));
    CHECK_OK(pv_gzip_read(g, text, 2, "two"));
    assert_string_equal(text, "he");
    CHECK_OK(pv_gzip_read(g, text, 3, "three"));
    assert_string_equal(text, "dge");
    CHECK_OK(pv_gzip_end(g));
    CHECK_OK(pv_gzip_end(g));
    CHECK_FAILS(pv_gzip_read(g, text, 1, "more"), PV_ERR_TRUNCATED,
                "F: more takes 1 bytes and the unpacked data end after 0");
    pv_gzip_free(g);
    CHECK_OK(pv_gzip_open(&g, "F", hedge, sizeof hedge - 1));
    CHECK_OK(pv_gzip_read(g, text, 3, "three"));
    CHECK_FAILS(pv_gzip_end(g), PV_ERR_FORMAT, "after 3 unpacked bytes there are more");
    pv_gzip_free(g);
    pv_gzip_free(NULL);
}

static void test_refusals(void **state)
{
    (void)state;
    static const refusal refusals[] = {
        {"empty", PV_ERR_TRUNCATED, "end too early"},
        {"magic", PV_ERR_TRUNCATED, "at byte 2"},
        {"header-only", PV_ERR_TRUNCATED, "at byte 10"},
        {"no-checksum", PV_ERR_TRUNCATED, "complete?"},
        {"bad-checksum", PV_ERR_FORMAT, "incorrect data check"},
        {"bad-size", PV_ERR_FORMAT, "incorrect length check"},
        {"tail", PV_ERR_FORMAT, "incorrect header check"},
        {"zeros", PV_ERR_FORMAT, "damaged"},
        {"zlib", PV_ERR_FORMAT, "damaged"},
        {"bomb", PV_ERR_LIMIT, "more than the 1048576 bytes"},
    };
    check_refusals("gzip", refusals, COUNT(refusals), parse);
    check_cuts("gzip", "words", 1, 0, parse);
    check_out_of_memory("gzip", "words", parse);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answer),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_in_pieces),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
