#include "data/resize.h"
#include "check.h"
#include <stdlib.h>

static pv_tensor image(int64_t h, int64_t w, int64_t c, const uint8_t *values)
{
    pv_tensor t;
    CHECK_OK(pv_tensor_init(&t, PV_U8, PV_SHAPE(h, w, c)));
    memcpy(t.data, values, pv_tensor_bytes(&t));
    return t;
}

static void same_size_is_the_same(void **state)
{
    static const uint8_t v[] = {0, 50, 100, 150, 200, 255};
    pv_tensor t = image(2, 3, 1, v);
    uint8_t out[6];
    (void)state;
    CHECK_OK(pv_resize(out, 2, 3, &t));
    assert_memory_equal(out, v, sizeof v);
    pv_tensor_clear(&t);
}

/* The middle 2x2 of 2x6, and of 6x2. */
static void the_middle_is_cut_out(void **state)
{
    static const uint8_t wide[] = {9, 9, 10, 20, 9, 9, 9, 9, 30, 40, 9, 9};
    static const uint8_t tall[] = {9, 9, 9, 9, 10, 20, 30, 40, 9, 9, 9, 9};
    static const uint8_t expected[] = {10, 20, 30, 40};
    uint8_t out[4];
    pv_tensor t = image(2, 6, 1, wide);
    (void)state;
    CHECK_OK(pv_resize(out, 2, 2, &t));
    assert_memory_equal(out, expected, 4);
    pv_tensor_clear(&t);
    t = image(6, 2, 1, tall);
    CHECK_OK(pv_resize(out, 2, 2, &t));
    assert_memory_equal(out, expected, 4);
    pv_tensor_clear(&t);
}

/* Shrinking averages: a fine checkerboard becomes gray, not black or white. */
static void shrinking_does_not_alias(void **state)
{
    uint8_t board[32 * 32], out[16];
    (void)state;
    for (int i = 0; i < 32 * 32; i++) board[i] = (i + i / 32) % 2 ? 255 : 0;
    pv_tensor t = image(32, 32, 1, board);
    CHECK_OK(pv_resize(out, 4, 4, &t));
    for (int i = 0; i < 16; i++) assert_in_range(out[i], 120, 135);
    pv_tensor_clear(&t);
}

/* Linear ramps stay linear when they grow, away from the border. */
static void growing_interpolates(void **state)
{
    static const uint8_t v[] = {0, 100, 200, 0, 100, 200, 0, 100, 200};
    pv_tensor t = image(3, 3, 1, v);
    uint8_t out[36];
    (void)state;
    CHECK_OK(pv_resize(out, 6, 6, &t));
    static const uint8_t row[] = {0, 25, 75, 125, 175, 200};
    for (int y = 0; y < 6; y++) assert_memory_equal(out + 6 * y, row, 6);
    pv_tensor_clear(&t);
}

static void colours(void **state)
{
    static const uint8_t rgba[] = {200, 100, 50, 255, 200, 100, 50, 0};
    pv_tensor t = image(1, 2, 4, rgba);
    (void)state;
    CHECK_OK(pv_recolour(&t, 3));
    assert_memory_equal(t.data, "\xc8\x64\x32\xff\xff\xff", 6); /* clear is white */
    CHECK_OK(pv_recolour(&t, 1));
    assert_int_equal(((uint8_t *)t.data)[0], 124); /* .299*200 + .587*100 + .114*50 = 124.2 */
    assert_int_equal(((uint8_t *)t.data)[1], 255);
    CHECK_OK(pv_recolour(&t, 3));
    assert_memory_equal(t.data, "\x7c\x7c\x7c", 3);
    pv_tensor_clear(&t);
    t = image(1, 1, 2, (const uint8_t[]){0, 128});
    CHECK_OK(pv_recolour(&t, 1));
    assert_int_equal(*(uint8_t *)t.data, 127);
    pv_tensor_clear(&t);
}

static void out_of_memory(void **state)
{
    pv_tensor t = image(2, 2, 1, (const uint8_t[]){1, 2, 3, 4});
    pv_status status = PV_OK;
    uint8_t out[9];
    (void)state;
    CHECK_OUT_OF_MEMORY(status)
    {
        status = pv_resize(out, 3, 3, &t);
    }
    pv_tensor_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_size_is_the_same),
        cmocka_unit_test(the_middle_is_cut_out),
        cmocka_unit_test(shrinking_does_not_alias),
        cmocka_unit_test(growing_interpolates),
        cmocka_unit_test(colours),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
