#include "corpus.h"

#include "codec/jpeg.h"

static pv_status parse(const uint8_t *p, size_t n)
{
    pv_tensor t;
    pv_status s = pv_jpeg_parse(&t, "F", p, n);
    if (s != PV_OK) assert_null(t.data);
    pv_tensor_clear(&t);
    return s;
}

/* The pictures of fuzz/make_jpeg.c are known; JPEG gives them back to within a few levels where
 * they are smooth and finely quantised. */
static void test_pixels(void **state)
{
    (void)state;
    pv_tensor t;
    CHECK_OK(pv_jpeg_load(&t, "fuzz/corpus/jpeg/gray-8x8.jpg"));
    check_shape(&t, "[8,8,1]");
    for (int y = 0; y < 8; y++)
        for (int x = 0; x < 8; x++) {
            int d = ((const uint8_t *)t.data)[8 * y + x] - (5 * x + 7 * y);
            if (d < -4 || d > 4) fail_msg("pixel %d,%d is off by %d", x, y, d);
        }
    pv_tensor_clear(&t);
}

static void test_kinds(void **state)
{
    (void)state;
    static const struct kind {
        const char *file, *shape;
    } kinds[] = {
        {"gray.jpg", "[9,17,1]"},
        {"gray-1x1.jpg", "[1,1,1]"},
        {"rgb-444.jpg", "[16,16,3]"},
        {"rgb-420.jpg", "[32,32,3]"},
        {"rgb-odd.jpg", "[21,13,3]"},
        {"rgb-progressive.jpg", "[32,32,3]"},
        {"rgb-wide.jpg", "[2,200,3]"},
        {"rgb-restart.jpg", "[16,48,3]"},
        {"garbage", "[9,17,1]"},
        {"tail", "[9,17,1]"},
        {"gray-progressive.jpg", "[24,24,1]"},
    };
    for (size_t i = 0; i < COUNT(kinds); i++) {
        char path[128];
        pv_tensor t;
        snprintf(path, sizeof path, "fuzz/corpus/jpeg/%s", kinds[i].file);
        CHECK_OK(pv_jpeg_load(&t, path));
        check_shape(&t, kinds[i].shape);
        pv_tensor_clear(&t);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    static const refusal refusals[] = {
        {"huge", PV_ERR_LIMIT, "20000x20000 pixels"},
        {"largest", PV_ERR_FORMAT, "Maximum supported image dimension"},
        {"claims", PV_ERR_TRUNCATED, "can't hold 8192x8192 pixels"},
        {"zero", PV_ERR_FORMAT, "no readable JPEG image"},
        {"cmyk.jpg", PV_ERR_UNSUPPORTED, "4 colour components"},
        {"arithmetic.jpg", PV_ERR_UNSUPPORTED, "arithmetic coding"},
        {"many-scans.jpg", PV_ERR_LIMIT, "more than 64 scans"},
        {"no-end", PV_ERR_TRUNCATED, "the JPEG data end too early"},
        {"soi", PV_ERR_TRUNCATED, "after 2 bytes; is the file complete?"},
        {"text", PV_ERR_FORMAT, "no readable JPEG image (Not a JPEG file"},
        {"empty", PV_ERR_TRUNCATED, "complete?"},
    };
    pv_tensor t;
    check_refusals("jpeg", refusals, COUNT(refusals), parse);
    check_cuts("jpeg", "gray.jpg", 1, 0, parse);
    check_cuts("jpeg", "rgb-progressive.jpg", 7, 0, parse);
    check_out_of_memory("jpeg", "rgb-420.jpg", parse);
    CHECK_FAILS(pv_jpeg_load(&t, "absent.jpg"), PV_ERR_NOT_FOUND, "absent.jpg");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pixels),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
