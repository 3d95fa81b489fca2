#include "corpus.h"

#include "codec/png.h"

static pv_status parse(const uint8_t *p, size_t n)
{
    pv_tensor t;
    pv_status s = pv_png_parse(&t, "F", p, n);
    if (s != PV_OK) assert_null(t.data);
    pv_tensor_clear(&t);
    return s;
}

/* Two RGB pixels, (1,2,3) and (250,251,252), made chunk by chunk with Python's struct and zlib. */
static const uint8_t two_pixels[] =
    "\x89\x50\x4e\x47\x0d\x0a\x1a\x0a\x00\x00\x00\x0d\x49\x48\x44\x52\x00\x00\x00\x02\x00\x00\x00"
    "\x01\x08\x02\x00\x00\x00\x7b\x40\xe8\xdd\x00\x00\x00\x12\x49\x44\x41\x54\x78\x01\x01\x07\x00"
    "\xf8\xff\x00\x01\x02\x03\xfa\xfb\xfc\x06\x03\x02\xf8\x0c\x82\xc0\x49\x00\x00\x00\x00\x49\x45"
    "\x4e\x44\xae\x42\x60\x82";

static void test_known_answer(void **state)
{
    (void)state;
    pv_tensor t;
    CHECK_OK(pv_png_parse(&t, "F", two_pixels, sizeof two_pixels - 1));
    check_shape(&t, "[1,2,3]");
    assert_memory_equal(t.data, "\1\2\3\xFA\xFB\xFC", 6);
    pv_tensor_clear(&t);
}

static void test_kinds(void **state)
{
    (void)state;
    static const struct kind {
        const char *file, *shape;
    } kinds[] = {
        {"gray", "[5,6,1]"},    {"rgb", "[4,5,3]"},           {"rgba", "[3,3,4]"},
        {"gray16", "[3,3,1]"},  {"rgb16", "[2,2,3]"},         {"gray-alpha", "[3,3,2]"},
        {"one-bit", "[3,9,1]"}, {"two-bit", "[3,9,1]"},       {"palette", "[4,4,3]"},
        {"gamma", "[2,2,3]"},   {"palette-alpha", "[4,4,4]"}, {"interlaced", "[4,4,1]"},
        {"text", "[2,2,1]"},    {"color-key", "[2,2,2]"},     {"solid", "[200,200,1]"},
        {"tail", "[4,5,3]"},
    };
    for (size_t i = 0; i < COUNT(kinds); i++) {
        char path[128];
        pv_tensor t;
        snprintf(path, sizeof path, "fuzz/corpus/png/%s", kinds[i].file);
        CHECK_OK(pv_png_load(&t, path));
        check_shape(&t, kinds[i].shape);
        pv_tensor_clear(&t);
    }
}

static void test_write(void **state)
{
    (void)state;
    uint8_t pixels[12];
    scratch s = scratch_make("t.png");
    pv_tensor image = {.dtype = PV_U8, .data = pixels}, again;
    pv_bytes a, b;
    for (int i = 0; i < 12; i++) pixels[i] = (uint8_t)(20 * i);
    for (int c = 1; c <= 3; c += 2) {
        image.shape = PV_SHAPE(2, 6 / c, c);
        CHECK_OK(pv_png_save(s.path, &image));
        CHECK_OK(pv_png_load(&again, s.path));
        assert_true(pv_shape_equal(&again.shape, &image.shape));
        assert_memory_equal(again.data, pixels, 12);
        pv_tensor_clear(&again);
    }
    CHECK_OK(pv_png_encode(&a, &image));
    pv_status status = PV_OK;
    CHECK_OUT_OF_MEMORY(status)
    {
        status = pv_png_encode(&b, &image);
    }
    assert_int_equal(a.size, b.size);
    assert_memory_equal(a.data, b.data, a.size);
    pv_bytes_clear(&a);
    pv_bytes_clear(&b);
    image.shape = PV_SHAPE(2, 3, 2);
    CHECK_FAILS(pv_png_encode(&a, &image), PV_ERR_SHAPE, "not u8 [2,3,2]");
    image.shape = PV_SHAPE(12);
    CHECK_FAILS(pv_png_save(s.path, &image), PV_ERR_SHAPE, "not u8 [12]");
    scratch_remove(&s);
}

static void test_refusals(void **state)
{
    (void)state;
    static const refusal refusals[] = {
        {"zero", PV_ERR_FORMAT, "no readable PNG image"},
        {"wide", PV_ERR_LIMIT, "20000x1 pixels; sides of at most 16384"},
        {"too-many", PV_ERR_LIMIT, "16000x16000 pixels"},
        {"claims", PV_ERR_TRUNCATED, "can't hold 16000x4000 pixels"},
        {"few-rows", PV_ERR_FORMAT, "no readable PNG image"},
        {"no-palette", PV_ERR_FORMAT, "no readable PNG image"},
        {"bad-depth", PV_ERR_FORMAT, "no readable PNG image"},
        {"bad-filter", PV_ERR_FORMAT, "no readable PNG image"},
        {"critical", PV_ERR_FORMAT, "no readable PNG image"},
        {"bad-crc", PV_ERR_FORMAT, "no readable PNG image"},
        {"signature", PV_ERR_TRUNCATED, "at byte 8: the length of a chunk"},
        {"header", PV_ERR_TRUNCATED, "at byte 33: the length of a chunk takes 4 bytes"},
        {"no-end", PV_ERR_TRUNCATED, "complete?"},
        {"found-long-chunk", PV_ERR_TRUNCATED, "at byte 41: a chunk takes 1862270987 bytes"},
        {"text-file", PV_ERR_FORMAT, "at byte 0: the signature of a PNG file is not there"},
        {"empty", PV_ERR_TRUNCATED, "signature of a PNG file takes 8 bytes"},
    };
    pv_tensor t;
    check_refusals("png", refusals, COUNT(refusals), parse);
    check_cuts("png", "rgb", 1, 0, parse);
    check_out_of_memory("png", "rgb", parse);
    CHECK_FAILS(pv_png_load(&t, "absent.png"), PV_ERR_NOT_FOUND, "absent.png");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answer),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_write),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
