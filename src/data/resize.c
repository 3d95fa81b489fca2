#include "data/resize.h"

#include "base/mem.h"
#include <math.h>

typedef struct taps {
    int64_t first;
    int n;
    float *weight; /* [n], sums to 1 */
} taps;

typedef struct axis {
    taps *tap; /* one for each place of the output */
    float *weights;
} axis;

static void axis_clear(axis *a)
{
    pv_free(a->tap);
    pv_free(a->weights);
    *a = (axis){0};
}

/* Output places 0..n over the input places [begin, begin + length) of an axis of `size`. */
static pv_status axis_init(axis *a, int64_t n, double begin, double length, int64_t size)
{
    double scale = length / (double)n, support = scale > 1.0 ? scale : 1.0;
    int most = 2 * (int)ceil(support) + 2;
    *a = (axis){.tap = pv_calloc((size_t)n, sizeof *a->tap),
                .weights = pv_calloc((size_t)n * (size_t)most, sizeof *a->weights)};
    if (a->tap == NULL || a->weights == NULL) {
        axis_clear(a);
        PV_FAIL_MEMORY((size_t)n * (size_t)most * sizeof *a->weights);
    }
    for (int64_t i = 0; i < n; i++) {
        double centre = begin + ((double)i + 0.5) * scale - 0.5, sum = 0;
        int64_t first = (int64_t)ceil(centre - support), last = (int64_t)floor(centre + support);
        if (first < 0) first = 0;
        if (last > size - 1) last = size - 1;
        taps *t = &a->tap[i];
        *t = (taps){.first = first, .weight = a->weights + (size_t)i * (size_t)most};
        for (int64_t k = first; k <= last && t->n < most; k++) {
            double w = 1.0 - fabs((double)k - centre) / support;
            t->weight[t->n++] = (float)(w > 0 ? w : 0);
            sum += w > 0 ? w : 0;
        }
        for (int k = 0; k < t->n; k++) t->weight[k] /= (float)sum;
    }
    return PV_OK;
}

pv_status pv_resize(uint8_t *out, int64_t height, int64_t width, const pv_tensor *in)
{
    pv_status status = PV_OK;
    int64_t h = in->shape.dim[0], w = in->shape.dim[1], c = in->shape.dim[2];
    axis rows = {0}, columns = {0};
    float *line = NULL;
    /* The part of the input that has the proportions of the output. */
    double scale = fmin((double)h / (double)height, (double)w / (double)width);
    double ph = scale * (double)height, pw = scale * (double)width;
    PV_TRY_GOTO(axis_init(&rows, height, ((double)h - ph) / 2, ph, h));
    PV_TRY_GOTO(axis_init(&columns, width, ((double)w - pw) / 2, pw, w));
    line = pv_alloc((size_t)(w * c), sizeof *line);
    if (line == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for an image row");
    for (int64_t y = 0; y < height; y++) {
        for (int64_t i = 0; i < w * c; i++) line[i] = 0.5f;
        const taps *r = &rows.tap[y];
        for (int k = 0; k < r->n; k++) {
            const uint8_t *v = (const uint8_t *)in->data + (r->first + k) * w * c;
            for (int64_t i = 0; i < w * c; i++) line[i] += r->weight[k] * (float)v[i];
        }
        for (int64_t x = 0; x < width; x++) {
            const taps *t = &columns.tap[x];
            for (int64_t j = 0; j < c; j++) {
                float sum = 0;
                for (int k = 0; k < t->n; k++) sum += t->weight[k] * line[(t->first + k) * c + j];
                *out++ = (uint8_t)fminf(sum, 255.0f);
            }
        }
    }
done:
    pv_free(line);
    axis_clear(&rows);
    axis_clear(&columns);
    return status;
}

pv_status pv_recolour(pv_tensor *image, int channels)
{
    int64_t h = image->shape.dim[0], w = image->shape.dim[1], c = image->shape.dim[2];
    pv_tensor out;
    PV_TRY(pv_tensor_init(&out, PV_U8, PV_SHAPE(h, w, channels)));
    const uint8_t *v = image->data;
    uint8_t *x = out.data;
    for (int64_t i = 0; i < h * w; i++, v += c, x += channels) {
        int rgb[3], alpha = c == 2 || c == 4 ? v[c - 1] : 255;
        for (int k = 0; k < 3; k++)
            rgb[k] = (v[c < 3 ? 0 : k] * alpha + 255 * (255 - alpha) + 127) / 255;
        if (channels == 3)
            for (int k = 0; k < 3; k++) x[k] = (uint8_t)rgb[k];
        else
            x[0] = (uint8_t)((299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2] + 500) / 1000);
    }
    pv_tensor_clear(image);
    *image = out;
    return PV_OK;
}
