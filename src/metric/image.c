#include "privet/metric.h"

#include "base/mem.h"
#include <math.h>

enum { WINDOW = 11, MOMENTS = 5 };

double pv_mean_squared_error(const float *a, const float *b, int64_t n)
{
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++) {
        double d = (double)a[i] - (double)b[i];
        sum += d * d;
    }
    return n > 0 ? sum / (double)n : 0.0;
}

double pv_psnr(const float *a, const float *b, int64_t n, double peak)
{
    double mse = pv_mean_squared_error(a, b, n);
    return mse > 0.0 ? 10.0 * log10(peak * peak / mse) : INFINITY;
}

/* Weights of sigma 1.5 that sum to 1; the two-dimensional window is their outer product. */
static void gauss(double w[WINDOW])
{
    double sum = 0.0;
    for (int i = 0; i < WINDOW; i++) {
        double d = i - WINDOW / 2;
        w[i] = exp(-d * d / (2.0 * 1.5 * 1.5));
        sum += w[i];
    }
    for (int i = 0; i < WINDOW; i++) w[i] /= sum;
}

/* Weighted means of a, b, a^2, b^2, ab along one row: out[column][moment]. */
static void filter_row(double *out, const float *a, const float *b, int columns, int channels,
                       const double w[WINDOW])
{
    for (int x = 0; x < columns; x++, out += MOMENTS) {
        for (int m = 0; m < MOMENTS; m++) out[m] = 0.0;
        for (int i = 0; i < WINDOW; i++) {
            double va = a[(size_t)(x + i) * (size_t)channels];
            double vb = b[(size_t)(x + i) * (size_t)channels];
            out[0] += w[i] * va;
            out[1] += w[i] * vb;
            out[2] += w[i] * va * va;
            out[3] += w[i] * vb * vb;
            out[4] += w[i] * va * vb;
        }
    }
}

static double similarity(const double m[MOMENTS], double peak)
{
    double c1 = 0.01 * peak * 0.01 * peak, c2 = 0.03 * peak * 0.03 * peak;
    double va = m[2] - m[0] * m[0], vb = m[3] - m[1] * m[1], cov = m[4] - m[0] * m[1];
    return (2.0 * m[0] * m[1] + c1) * (2.0 * cov + c2) /
           ((m[0] * m[0] + m[1] * m[1] + c1) * (va + vb + c2));
}

pv_status pv_ssim(double *out, const float *a, const float *b, int height, int width, int channels,
                  double peak)
{
    double w[WINDOW], sum = 0.0;
    if (height < WINDOW || width < WINDOW || channels < 1)
        PV_FAIL(PV_ERR_SHAPE, "SSIM of images %dx%dx%d: both sides must be at least %d", height,
                width, channels, WINDOW);
    size_t columns = (size_t)width - WINDOW + 1, rows = (size_t)height - WINDOW + 1;
    double *filtered = pv_alloc((size_t)height * columns, MOMENTS * sizeof *filtered);
    if (filtered == NULL) PV_FAIL_MEMORY((size_t)height * columns * MOMENTS * sizeof *filtered);
    gauss(w);
    for (size_t c = 0; c < (size_t)channels; c++) {
        for (size_t y = 0; y < (size_t)height; y++) {
            size_t row = y * (size_t)width * (size_t)channels + c;
            filter_row(filtered + y * columns * MOMENTS, a + row, b + row, (int)columns, channels,
                       w);
        }
        for (size_t place = 0; place < rows * columns; place++) {
            double moment[MOMENTS] = {0};
            for (int i = 0; i < WINDOW; i++) {
                const double *f = filtered + (place + (size_t)i * columns) * MOMENTS;
                for (int m = 0; m < MOMENTS; m++) moment[m] += w[i] * f[m];
            }
            sum += similarity(moment, peak);
        }
    }
    pv_free(filtered);
    *out = sum / (double)(rows * columns * (size_t)channels);
    return PV_OK;
}
