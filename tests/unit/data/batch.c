#include "check.h"
#include "data/store.h"
#include "privet/rng.h"
#include <math.h>
#include <stdlib.h>

enum { SEED = 5 };

/* A data set around samples made here. */
static pv_data *make(pv_data_kind kind, pv_dtype dtype, int64_t n, pv_shape sample)
{
    pv_data *d = pv_calloc(1, sizeof *d);
    d->store = pv_calloc(1, sizeof *d->store);
    atomic_init(&d->store->references, 1);
    d->count = n;
    CHECK_OK(pv_store_alloc(d->store, kind, dtype, n, sample));
    CHECK_OK(pv_store_number_classes(d->store, (int)n));
    for (int64_t i = 0; i < n; i++) d->store->label[i] = (int32_t)i;
    return d;
}

static pv_data *random_images(int64_t n, int64_t h, int64_t w, int64_t c)
{
    pv_data *d = make(PV_DATA_IMAGE, PV_U8, n, PV_SHAPE(h, w, c));
    pv_rng r = pv_rng_make(SEED, PV_STREAM_TEST);
    uint8_t *x = d->store->samples.data;
    for (int64_t i = 0; i < n * h * w * c; i++) x[i] = (uint8_t)pv_rng_u32(&r);
    return d;
}

static float pixel(const pv_data *d, int64_t i, int64_t y, int64_t x, int64_t c)
{
    const int64_t *dim = d->store->samples.shape.dim;
    const uint8_t *p = d->store->samples.data;
    return (float)p[((i * dim[1] + y) * dim[2] + x) * dim[3] + c] / 255.0f;
}

/* Against the formula, for rows shorter and longer than the vector loops, and odd channels. */
static void normalisation(void **state)
{
    static const int64_t shapes[][3] = {{28, 28, 1}, {5, 3, 1}, {32, 32, 3}, {4, 7, 5}, {2, 2, 61}};
    (void)state;
    for (int k = 0; k < 5; k++) {
        int64_t h = shapes[k][0], w = shapes[k][1], c = shapes[k][2], size = h * w * c;
        pv_data *d = random_images(3, h, w, c);
        pv_norm norm;
        int64_t index[] = {2, 0, 2};
        int32_t label[3];
        float *x = malloc(3 * (size_t)size * sizeof *x);
        CHECK_OK(pv_norm_fit(&norm, d));
        assert_int_equal(norm.n, c);
        pv_data_batch(d, index, 3, &norm, NULL, SEED, 0, x, label);
        for (int b = 0; b < 3; b++) {
            assert_int_equal(label[b], index[b]);
            for (int64_t i = 0; i < size; i++) {
                float raw = pixel(d, index[b], i / c / w, i / c % w, i % c);
                float expected = (raw - norm.mean[i % c]) * norm.inverse_std[i % c];
                assert_true(fabsf(x[b * size + i] - expected) < 1e-5f);
            }
        }
        pv_data_raw(d, 1, x);
        assert_true(fabsf(x[size - 1] - pixel(d, 1, h - 1, w - 1, c - 1)) < 1e-6f);
        pv_data_batch(d, index, 3, &norm, NULL, SEED, 0, NULL, label);
        pv_norm_clear(&norm);
        pv_norm_clear(&norm);
        free(x);
        pv_data_free(d);
    }
}

static void tables(void **state)
{
    pv_data *d = make(PV_DATA_TABLE, PV_F32, 4, PV_SHAPE(3));
    static const float rows[] = {1, 5, 0.1f, 2, 5, 0.1f, 3, 5, 0.1f, 6, 5, 0.1f};
    pv_norm norm;
    int64_t index[] = {0, 3};
    float x[6];
    (void)state;
    memcpy(d->store->samples.data, rows, sizeof rows);
    CHECK_OK(pv_norm_fit(&norm, d));
    assert_true(norm.mean[0] == 3.0f);
    assert_true(fabsf(norm.inverse_std[0] - 1.0f / sqrtf(3.5f)) < 1e-6f);
    assert_true(norm.inverse_std[1] == 1.0f && norm.inverse_std[2] == 1.0f); /* constant */
    pv_data_batch(d, index, 2, &norm, NULL, SEED, 0, x, NULL);
    assert_true(fabsf(x[3] - 3.0f / sqrtf(3.5f)) < 1e-6f);
    assert_true(x[1] == 0.0f);
    pv_data_batch(d, index, 2, &(pv_norm){0}, NULL, SEED, 0, x, NULL);
    assert_memory_equal(x, rows, 3 * sizeof *x);
    pv_norm_clear(&norm);
    pv_data_free(d);
}

static void wide_tables(void **state)
{
    pv_data *d = make(PV_DATA_TABLE, PV_F32, 1, PV_SHAPE(PV_NORM_MAX + 100));
    float *x = malloc((PV_NORM_MAX + 100) * sizeof *x);
    pv_norm norm;
    (void)state;
    for (int i = 0; i < PV_NORM_MAX + 100; i++) ((float *)d->store->samples.data)[i] = (float)i;
    pv_data_raw(d, 0, x);
    for (int i = 0; i < PV_NORM_MAX + 100; i++) assert_true(x[i] == (float)i);
    CHECK_FAILS(pv_norm_fit(&norm, d), PV_ERR_LIMIT, "at most 4096");
    free(x);
    pv_data_free(d);
}

static void tokens(void **state)
{
    pv_data *d = make(PV_DATA_TEXT, PV_I32, 2, PV_SHAPE(3));
    static const int32_t rows[] = {4, 5, 0, 7, 8, 9};
    int64_t index[] = {1, 0};
    int32_t x[6], label[2];
    float f[6];
    pv_norm norm;
    (void)state;
    memcpy(d->store->samples.data, rows, sizeof rows);
    pv_data_tokens(d, index, 2, x, label);
    assert_memory_equal(x, rows + 3, 3 * sizeof *x);
    assert_memory_equal(x + 3, rows, 3 * sizeof *x);
    assert_int_equal(label[0], 1);
    CHECK_OK(pv_norm_fit(&norm, d));
    assert_int_equal(norm.n, 0);
    pv_data_batch(d, index, 2, &norm, &(pv_augment){1, 2, 3}, SEED, 0, f, label);
    for (int i = 0; i < 6; i++) assert_true(f[i] == (float)x[i]);
    pv_data_free(d);
}

/* Which shift and mirror explain an augmented image; -1 when none does. */
static int explain(const pv_data *d, int64_t i, const float *x, int shift, int *dy, int *dx)
{
    const int64_t *dim = d->store->samples.shape.dim;
    int64_t h = dim[1], w = dim[2], c = dim[3];
    for (int flip = 0; flip < 2; flip++)
        for (*dy = -shift; *dy <= shift; ++*dy)
            for (*dx = -shift; *dx <= shift; ++*dx) {
                int same = 1;
                for (int64_t k = 0; k < h * w * c && same; k++) {
                    int64_t y = k / c / w + *dy, col = k / c % w;
                    int64_t from = (flip ? w - 1 - col : col) + *dx;
                    int in = y >= 0 && y < h && from >= 0 && from < w;
                    float expected = in ? pixel(d, i, y, from, k % c) : 0.0f;
                    same = fabsf(x[k] - expected) < 1e-6f;
                }
                if (same) return flip;
            }
    return -1;
}

static void flips_and_shifts(void **state)
{
    enum { N = 400, SIZE = 6 * 5 * 3 };
    pv_data *d = random_images(4, 6, 5, 3);
    static float x[N * SIZE], again[N * SIZE];
    int64_t index[N];
    int flipped = 0, corner = 0;
    pv_augment both = {.flip = 1, .shift = 2};
    (void)state;
    for (int i = 0; i < N; i++) index[i] = i % 4;
    pv_data_batch(d, index, N, NULL, &both, SEED, 9, x, NULL);
    pv_data_batch(d, index, N, NULL, &both, SEED, 9, again, NULL);
    assert_memory_equal(x, again, sizeof x);
    pv_data_batch(d, index, N, NULL, &both, SEED, 10, again, NULL);
    assert_memory_not_equal(x, again, sizeof x);
    /* Sample k depends on k alone, not on its neighbours. */
    pv_data_batch(d, index, 3, NULL, &both, SEED, 9, again, NULL);
    assert_memory_equal(x, again, 3 * SIZE * sizeof *x);
    for (int i = 0; i < N; i++) {
        int dy, dx, flip = explain(d, index[i], x + i * SIZE, 2, &dy, &dx);
        assert_true(flip >= 0);
        flipped += flip;
        corner += abs(dy) == 2 && abs(dx) == 2;
    }
    /* 200 and 64 are expected; five standard deviations either way. */
    if (flipped < 150 || flipped > 250 || corner < 28 || corner > 100)
        print_error("seed %d: %d flipped, %d corners\n", SEED, flipped, corner);
    assert_in_range(flipped, 150, 250);
    assert_in_range(corner, 28, 100);
    /* Shifts beyond the picture leave nothing of it. */
    both = (pv_augment){.shift = 1000};
    pv_data_batch(d, index, N, NULL, &both, SEED, 0, x, NULL);
    pv_data_free(d);
}

static void cutout(void **state)
{
    enum { N = 200, SIZE = 8 * 8 };
    pv_data *d = make(PV_DATA_IMAGE, PV_U8, 1, PV_SHAPE(8, 8, 1));
    static float x[N * SIZE];
    int64_t index[N] = {0};
    int whole = 0;
    (void)state;
    memset(d->store->samples.data, 255, SIZE);
    pv_data_batch(d, index, N, NULL, &(pv_augment){.cutout = 4}, SEED, 1, x, NULL);
    for (int i = 0; i < N; i++) {
        int zero = 0;
        for (int k = 0; k < SIZE; k++) zero += x[i * SIZE + k] == 0.0f;
        assert_in_range(zero, 4, 16);
        whole += zero == 16;
    }
    assert_true(whole > 40);
    pv_data_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normalisation),    cmocka_unit_test(tables),
        cmocka_unit_test(wide_tables),      cmocka_unit_test(tokens),
        cmocka_unit_test(flips_and_shifts), cmocka_unit_test(cutout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
