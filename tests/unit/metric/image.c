#include "check.h"

#include "privet/metric.h"

#include <math.h>

enum { H = 16, W = 14, C = 3, N = H * W * C };

/* A pattern that a few lines of NumPy make again. */
static void draw(float *out, int k)
{
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++)
            for (int c = 0; c < C; c++)
                *out++ = (float)((x * 7 + y * 13 + c * 5 + k * x * y) % 17) / 16.0f;
}

/* Expected values: NumPy in float64, SSIM by the two-dimensional window at every place. */
static void known_answers(void **state)
{
    (void)state;
    static float a[N], b[N], mix[N];
    double s;
    draw(a, 1);
    draw(b, 2);
    for (int i = 0; i < N; i++) mix[i] = a[i] * 0.75f + b[i] * 0.25f;
    assert_true(fabs(pv_mean_squared_error(a, b, N) - 0.17792038690476192) < 1e-14);
    assert_true(fabs(pv_psnr(a, b, N, 1.0) - 7.497742856824541) < 1e-12);
    CHECK_OK(pv_ssim(&s, a, b, H, W, C, 1.0));
    assert_true(fabs(s - -0.05903802109094569) < 1e-12);
    CHECK_OK(pv_ssim(&s, a, mix, H, W, C, 1.0));
    assert_true(fabs(s - 0.9092474276232354) < 1e-12);
}

static void equal_images(void **state)
{
    (void)state;
    static float a[N], flat[N];
    double s;
    draw(a, 3);
    assert_true(pv_mean_squared_error(a, a, N) == 0.0);
    assert_true(pv_mean_squared_error(a, a, 0) == 0.0);
    assert_true(isinf(pv_psnr(a, a, N, 1.0)));
    CHECK_OK(pv_ssim(&s, a, a, H, W, C, 1.0));
    assert_true(fabs(s - 1.0) < 1e-12);
    CHECK_OK(pv_ssim(&s, flat, flat, H, W, C, 1.0));
    assert_true(s == 1.0);
}

/* The scale is a unit: 0..255 with peak 255 gives what 0..1 with peak 1 gives. */
static void the_scale_does_not_matter(void **state)
{
    (void)state;
    static float a[N], b[N];
    double s, t;
    draw(a, 1);
    draw(b, 2);
    CHECK_OK(pv_ssim(&s, a, b, H, W, C, 1.0));
    double p = pv_psnr(a, b, N, 1.0);
    for (int i = 0; i < N; i++) {
        a[i] *= 256.0f;
        b[i] *= 256.0f;
    }
    CHECK_OK(pv_ssim(&t, a, b, H, W, C, 256.0));
    assert_true(fabs(s - t) < 1e-12);
    assert_true(fabs(p - pv_psnr(a, b, N, 256.0)) < 1e-12);
}

static void mistakes(void **state)
{
    (void)state;
    static float a[N];
    double s;
    pv_status status = PV_OK;
    CHECK_OK(pv_ssim(&s, a, a, 11, 11, 1, 1.0));
    CHECK_FAILS(pv_ssim(&s, a, a, 10, 20, 1, 1.0), PV_ERR_SHAPE, "10x20x1");
    CHECK_FAILS(pv_ssim(&s, a, a, 20, 10, 1, 1.0), PV_ERR_SHAPE, "at least 11");
    CHECK_FAILS(pv_ssim(&s, a, a, 11, 11, 0, 1.0), PV_ERR_SHAPE, "11x11x0");
    CHECK_OUT_OF_MEMORY(status)
    status = pv_ssim(&s, a, a, H, W, C, 1.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(equal_images),
        cmocka_unit_test(the_scale_does_not_matter),
        cmocka_unit_test(mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
