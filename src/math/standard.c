#include "math/standard.h"

#include "base/mem.h"
#include <math.h>

#define FAR 20.0f

pv_status pv_standard_init(pv_standard *s, const float *x, int64_t n, int64_t width)
{
    *s = (pv_standard){.width = width};
    s->mean = pv_alloc((size_t)width, 2 * sizeof *s->mean);
    if (s->mean == NULL) PV_FAIL_MEMORY((size_t)width * 2 * sizeof *s->mean);
    s->inverse_std = s->mean + width;
    for (int64_t k = 0; k < width; k++) {
        double mean = 0, square = 0;
        for (int64_t i = 0; i < n; i++) mean += x[i * width + k];
        mean /= (double)n;
        for (int64_t i = 0; i < n; i++)
            square += (x[i * width + k] - mean) * (x[i * width + k] - mean);
        double std = sqrt(square / (double)n);
        s->mean[k] = (float)mean;
        s->inverse_std[k] = std > 1e-7 ? (float)(1 / std) : 0;
    }
    return PV_OK;
}

void pv_standard_clear(pv_standard *s)
{
    pv_free(s->mean);
    *s = (pv_standard){0};
}

float *pv_standard_rows(const pv_standard *s, const float *x, int64_t n)
{
    int64_t w = s->width;
    float *out = pv_alloc((size_t)n, (size_t)w * sizeof *out);
    for (int64_t k = 0; out != NULL && k < n * w; k++) {
        float v = (x[k] - s->mean[k % w]) * s->inverse_std[k % w];
        out[k] = v < -FAR ? -FAR : v > FAR ? FAR : v;
    }
    return out;
}
