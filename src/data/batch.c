#include "data/store.h"

#include "privet/rng.h"
#include <assert.h>
#include <string.h>

/* Pixels become v * scale[c] + offset[c]. The coefficients are laid out for a run of whole pixels,
 * long enough for the inner loops to be vectors whatever the number of channels. */
enum { RUN = 48, MAX_RUN = PV_NORM_MAX + RUN };

typedef struct affine {
    int run; /* a multiple of the channels */
    float scale[MAX_RUN], offset[MAX_RUN];
} affine;

static void affine_make(affine *a, const pv_norm *norm, int channels, float unit)
{
    a->run = channels * (RUN / channels > 0 ? RUN / channels : 1);
    int normed = norm != NULL && norm->n > 0;
    assert(!normed || norm->n == channels);
    for (int i = 0; i < a->run; i++) {
        int c = i % channels;
        a->scale[i] = normed ? unit * norm->inverse_std[c] : unit;
        a->offset[i] = normed ? -norm->mean[c] * norm->inverse_std[c] : 0.0f;
    }
}

/* Resolvers of cloned functions run before a sanitizer is ready. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                             \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
#endif

/* n is a multiple of the channels. */
WIDE static void bytes_row(float *restrict x, const uint8_t *restrict v, int64_t n,
                           const affine *restrict a)
{
    int64_t i = 0;
    if (a->run == RUN) {
        for (; i + RUN <= n; i += RUN)
            for (int j = 0; j < RUN; j++) x[i + j] = (float)v[i + j] * a->scale[j] + a->offset[j];
    } else {
        for (; i + a->run <= n; i += a->run)
            for (int j = 0; j < a->run; j++)
                x[i + j] = (float)v[i + j] * a->scale[j] + a->offset[j];
    }
    for (int j = 0; i + j < n; j++) x[i + j] = (float)v[i + j] * a->scale[j] + a->offset[j];
}

static void floats_row(float *restrict x, const float *restrict v, int64_t n,
                       const affine *restrict a)
{
    int64_t i = 0;
    for (; i + a->run <= n; i += a->run)
        for (int j = 0; j < a->run; j++) x[i + j] = v[i + j] * a->scale[j] + a->offset[j];
    for (int j = 0; i + j < n; j++) x[i + j] = v[i + j] * a->scale[j] + a->offset[j];
}

/* n numbers from element `at` of the store on. */
static void convert(float *x, const pv_store *store, int64_t at, int64_t n, const affine *a)
{
    const void *samples = store->samples.data;
    switch (store->samples.dtype) {
    case PV_U8:
        bytes_row(x, (const uint8_t *)samples + at, n, a);
        break;
    case PV_F32:
        floats_row(x, (const float *)samples + at, n, a);
        break;
    default:
        for (int64_t i = 0; i < n; i++) x[i] = (float)((const int32_t *)samples)[at + i];
    }
}

typedef struct change {
    int flip, dx, dy;
    int64_t x0, x1, y0, y1; /* what is cut out */
} change;

static change draw_change(const pv_augment *augment, pv_rng *rng, int64_t h, int64_t w)
{
    change c = {0};
    uint64_t places = 2 * (uint64_t)augment->shift + 1;
    if (augment->flip) c.flip = (int)pv_rng_below(rng, 2);
    if (augment->shift > 0) {
        c.dy = (int)pv_rng_below(rng, places) - augment->shift;
        c.dx = (int)pv_rng_below(rng, places) - augment->shift;
    }
    if (augment->cutout > 0) {
        /* The centre falls anywhere, so the square may stick out (DeVries, Taylor 2017). */
        int64_t y = (int64_t)pv_rng_below(rng, (uint64_t)h) - augment->cutout / 2;
        int64_t x = (int64_t)pv_rng_below(rng, (uint64_t)w) - augment->cutout / 2;
        c.y0 = y < 0 ? 0 : y;
        c.x0 = x < 0 ? 0 : x;
        c.y1 = y + augment->cutout < h ? y + augment->cutout : h;
        c.x1 = x + augment->cutout < w ? x + augment->cutout : w;
    }
    return c;
}

static void mirror(float *row, int64_t w, int64_t c)
{
    for (int64_t a = 0, b = w - 1; a < b; a++, b--)
        for (int64_t k = 0; k < c; k++) {
            float t = row[a * c + k];
            row[a * c + k] = row[b * c + k];
            row[b * c + k] = t;
        }
}

/* The image whose first element is `at`, changed. The mean is 0 once it is subtracted. */
static void changed_image(float *x, const pv_store *store, int64_t at, const affine *a, change d)
{
    const int64_t *dim = store->samples.shape.dim;
    int64_t h = dim[1], w = dim[2], c = dim[3];
    int64_t left = d.dx < 0 ? (-d.dx < w ? -d.dx : w) : 0;
    int64_t right = d.dx > 0 ? (w - d.dx > left ? w - d.dx : left) : w;
    for (int64_t y = 0; y < h; y++) {
        float *row = x + y * w * c;
        int64_t from = y + d.dy;
        int64_t l = from < 0 || from >= h ? 0 : left, r = from < 0 || from >= h ? 0 : right;
        memset(row, 0, (size_t)(l * c) * sizeof *row);
        if (r > l) convert(row + l * c, store, at + (from * w + l + d.dx) * c, (r - l) * c, a);
        memset(row + r * c, 0, (size_t)((w - r) * c) * sizeof *row);
        if (d.flip) mirror(row, w, c);
        if (y >= d.y0 && y < d.y1)
            memset(row + d.x0 * c, 0, (size_t)((d.x1 - d.x0) * c) * sizeof *row);
    }
}

static int changes_anything(const pv_augment *augment)
{
    return augment != NULL && (augment->flip || augment->shift > 0 || augment->cutout > 0);
}

void pv_data_batch(const pv_data *data, const int64_t *index, int64_t n, const pv_norm *norm,
                   const pv_augment *augment, uint64_t seed, uint64_t stream_index, float *x,
                   int32_t *label)
{
    const pv_store *store = data->store;
    const pv_shape *s = &store->samples.shape;
    int64_t size = pv_store_sample_count(store);
    size_t bytes = (size_t)size * pv_dtype_size(store->samples.dtype);
    /* Samples without features count as one channel, of which there is nothing. */
    int channels = store->kind == PV_DATA_TEXT || size == 0 ? 1 : (int)s->dim[s->ndim - 1];
    pv_rng all = pv_rng_make(seed, PV_STREAM_AUGMENT), batch = pv_rng_fork(&all, stream_index);
    int changing = store->kind == PV_DATA_IMAGE && changes_anything(augment);
    affine a;
    /* Wide tables without normalisation have no use for more coefficients than fit. */
    int normed = norm != NULL && norm->n > 0;
    affine_make(&a, norm, normed || channels <= PV_NORM_MAX ? channels : 1,
                store->samples.dtype == PV_U8 ? 1.0f / 255.0f : 1.0f);
    for (int64_t k = 0; k < n; k++) {
        assert(index[k] >= 0 && index[k] < data->count);
        int64_t at = pv_data_row(data, index[k]);
        if (label != NULL) label[k] = store->label[at];
        if (x == NULL) continue;
        if (k + 1 < n) {
            const char *next =
                (const char *)store->samples.data + (size_t)pv_data_row(data, index[k + 1]) * bytes;
            for (size_t b = 0; b < bytes && b < 4096; b += 64) __builtin_prefetch(next + b);
        }
        if (changing) {
            pv_rng one = pv_rng_fork(&batch, (uint64_t)k);
            changed_image(x + k * size, store, at * size, &a,
                          draw_change(augment, &one, s->dim[1], s->dim[2]));
        } else {
            convert(x + k * size, store, at * size, size, &a);
        }
    }
}

void pv_data_tokens(const pv_data *data, const int64_t *index, int64_t n, int32_t *tokens,
                    int32_t *label)
{
    const pv_store *store = data->store;
    int64_t size = pv_store_sample_count(store);
    assert(store->kind == PV_DATA_TEXT);
    for (int64_t k = 0; k < n; k++) {
        int64_t at = pv_data_row(data, index[k]);
        if (label != NULL) label[k] = store->label[at];
        if (tokens != NULL)
            memcpy(tokens + k * size, (const int32_t *)store->samples.data + at * size,
                   (size_t)size * sizeof *tokens);
    }
}

void pv_data_raw(const pv_data *data, int64_t i, float *x)
{
    pv_data_batch(data, &i, 1, NULL, NULL, 0, 0, x, NULL);
}
