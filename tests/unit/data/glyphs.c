#include "check.h"
#include "data/glyph.h"
#include "data/store.h"

static pv_data *open_spec(const char *spec)
{
    pv_data *d;
    CHECK_OK(pv_data_open(&d, spec, NULL));
    return d;
}

static const uint8_t *image(const pv_data *d, int64_t i)
{
    return (const uint8_t *)d->store->samples.data + pv_data_row(d, i) * PV_GLYPH_PIXELS;
}

static void sizes_and_labels(void **state)
{
    pv_data *train = open_spec("glyphs?limit=100"), *test = open_spec("glyphs?split=test");
    pv_shape expected = PV_SHAPE(28, 28, 1), s = pv_data_sample_shape(train);
    (void)state;
    assert_int_equal(pv_data_count(train), 100);
    assert_int_equal(pv_data_count(test), 2000);
    assert_true(pv_shape_equal(&s, &expected));
    assert_int_equal(pv_data_classes(train), 10);
    assert_int_equal(pv_data_what(train), PV_DATA_IMAGE);
    assert_string_equal(pv_data_class_name(train, 7), "7");
    assert_string_equal(pv_data_class_name(train, 10), "");
    assert_string_equal(pv_data_class_name(train, -1), "");
    for (int64_t i = 0; i < 100; i++) assert_int_equal(pv_data_label(train, i), i % 10);
    pv_data_free(train);
    pv_data_free(test);
}

static void a_sample_is_the_same_alone(void **state)
{
    pv_data *few = open_spec("glyphs?limit=30&seed=7"), *more = open_spec("glyphs?limit=60&seed=7");
    pv_data *other = open_spec("glyphs?limit=30&seed=8");
    pv_data *test = open_spec("glyphs?limit=30&seed=7&split=test");
    (void)state;
    for (int64_t i = 0; i < 30; i++) {
        assert_memory_equal(image(few, i), image(more, i), PV_GLYPH_PIXELS);
        assert_memory_not_equal(image(few, i), image(other, i), PV_GLYPH_PIXELS);
        assert_memory_not_equal(image(few, i), image(test, i), PV_GLYPH_PIXELS);
        if (i > 0) assert_memory_not_equal(image(few, i), image(few, i - 1), PV_GLYPH_PIXELS);
    }
    pv_data_free(few);
    pv_data_free(more);
    pv_data_free(other);
    pv_data_free(test);
}

/* Every style of every digit leaves ink, and most of the ink in the inner 24x24. */
static void ink_is_inside(void **state)
{
    pv_data *d = open_spec("glyphs?limit=1000");
    double inside = 0, outside = 0;
    (void)state;
    for (int64_t i = 0; i < 1000; i++) {
        const uint8_t *p = image(d, i);
        double ink = 0;
        for (int y = 0; y < 28; y++)
            for (int x = 0; x < 28; x++) {
                int in = x >= 2 && x < 26 && y >= 2 && y < 26;
                if (p[y * 28 + x] < 96) continue;
                *(in ? &inside : &outside) += p[y * 28 + x];
                ink += 1;
            }
        if (ink < 8) print_error("sample %lld has %g pixels of ink\n", (long long)i, ink);
        assert_true(ink >= 8 && ink < 500);
    }
    assert_true(outside < 0.03 * inside);
    pv_data_free(d);
}

static void styles_are_whole(void **state)
{
    (void)state;
    for (int digit = 0; digit < 10; digit++) {
        assert_true(pv_glyph_styles[digit][0].weight > 0);
        for (int k = 0; k < PV_GLYPH_STYLES; k++) {
            const pv_glyph_style *s = &pv_glyph_styles[digit][k];
            if (s->weight == 0) continue;
            assert_int_equal(s->place[0].pen, PV_PEN_DOWN);
            for (int i = 0; i < PV_GLYPH_PLACES && s->place[i].pen != PV_PEN_END; i++) {
                assert_in_range(s->place[i].x, 0, 100);
                assert_in_range(s->place[i].y, 0, 100);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_and_labels),
        cmocka_unit_test(a_sample_is_the_same_alone),
        cmocka_unit_test(ink_is_inside),
        cmocka_unit_test(styles_are_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
