#include "data/store.h"

#include <math.h>
#include <string.h>

void pv_data_stats_clear(pv_data_stats *stats)
{
    pv_free(stats->class_count);
    pv_free(stats->min);
    pv_free(stats->max);
    pv_free(stats->mean);
    pv_free(stats->std);
    memset(stats, 0, sizeof *stats);
}

/* Mean and squared deviations in one pass (Welford 1962), values taken `columns` at a time. */
static void add_row(pv_data_stats *s, const float *x, double n)
{
    for (int c = 0; c < s->columns; c++) {
        double v = x[c], delta = v - s->mean[c];
        s->mean[c] += delta / n;
        s->std[c] += delta * (v - s->mean[c]);
        if (n == 1.0 || v < s->min[c]) s->min[c] = v;
        if (n == 1.0 || v > s->max[c]) s->max[c] = v;
    }
}

/* Bytes are counted by value first: exact, and one pass over large image sets stays quick. */
static pv_status image_bytes(pv_data_stats *s, const pv_data *data)
{
    const pv_store *store = data->store;
    int64_t size = pv_store_sample_count(store);
    int columns = s->columns;
    int64_t *count = pv_calloc((size_t)columns * 256, sizeof *count);
    if (count == NULL) PV_FAIL_MEMORY((size_t)columns * 256 * sizeof *count);
    for (int64_t i = 0; i < data->count; i++) {
        const uint8_t *v = (const uint8_t *)store->samples.data + pv_data_row(data, i) * size;
        for (int64_t at = 0; at < size; at += columns)
            for (int c = 0; c < columns; c++) count[c * 256 + v[at + c]]++;
    }
    double n = (double)data->count * (double)(size / columns);
    for (int c = 0; c < columns; c++) {
        double sum = 0, square = 0;
        s->min[c] = 256;
        for (int v = 0; v < 256; v++) {
            double k = (double)count[c * 256 + v];
            if (k == 0) continue;
            if (v < s->min[c]) s->min[c] = v;
            s->max[c] = v;
            sum += k * v;
            square += k * v * v;
        }
        s->mean[c] = sum / n / 255.0;
        s->std[c] = sqrt(fmax(square / n - sum / n * (sum / n), 0.0)) / 255.0;
        s->min[c] /= 255.0;
        s->max[c] /= 255.0;
    }
    pv_free(count);
    return PV_OK;
}

static void image_floats_or_table(pv_data_stats *s, const pv_data *data)
{
    const pv_store *store = data->store;
    int64_t size = pv_store_sample_count(store);
    double n = 0;
    for (int64_t i = 0; i < data->count; i++) {
        const float *v = (const float *)store->samples.data + pv_data_row(data, i) * size;
        for (int64_t at = 0; at < size; at += s->columns) add_row(s, v + at, ++n);
    }
    for (int c = 0; c < s->columns; c++) s->std[c] = sqrt(s->std[c] / n);
}

static void text_lengths(pv_data_stats *s, const pv_data *data)
{
    const pv_store *store = data->store;
    int64_t size = pv_store_sample_count(store);
    double n = 0;
    for (int64_t i = 0; i < data->count; i++) {
        const int32_t *v = (const int32_t *)store->samples.data + pv_data_row(data, i) * size;
        int64_t length = size;
        while (length > 0 && v[length - 1] == 0) length--;
        add_row(s, &(float){(float)length}, ++n);
    }
    s->std[0] = sqrt(s->std[0] / n);
}

pv_status pv_data_stats_init(pv_data_stats *stats, const pv_data *data)
{
    const pv_store *store = data->store;
    pv_status status = PV_OK;
    pv_data_stats s = {.missing = store->missing, .dropped = store->dropped};
    int last = store->samples.shape.ndim - 1;
    s.columns = store->kind == PV_DATA_TEXT ? 1 : (int)store->samples.shape.dim[last];
    size_t columns = (size_t)s.columns;
    s.class_count = pv_calloc(store->classes.n, sizeof *s.class_count);
    s.min = pv_calloc(columns, sizeof *s.min);
    s.max = pv_calloc(columns, sizeof *s.max);
    s.mean = pv_calloc(columns, sizeof *s.mean);
    s.std = pv_calloc(columns, sizeof *s.std);
    if (!s.class_count || !s.min || !s.max || !s.mean || !s.std)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the statistics of %d columns", s.columns);
    for (int64_t i = 0; i < data->count && pv_data_has_labels(data); i++)
        s.class_count[pv_data_label(data, i)]++;
    if (store->kind == PV_DATA_TEXT)
        text_lengths(&s, data);
    else if (store->samples.dtype == PV_U8)
        PV_TRY_GOTO(image_bytes(&s, data));
    else
        image_floats_or_table(&s, data);
done:
    if (status != PV_OK) pv_data_stats_clear(&s);
    *stats = s;
    return status;
}

void pv_norm_clear(pv_norm *norm)
{
    pv_free(norm->mean);
    pv_free(norm->inverse_std);
    *norm = (pv_norm){0};
}

pv_status pv_norm_make(pv_norm *norm, const double *mean, const double *std, int columns)
{
    *norm = (pv_norm){0};
    if (columns > PV_NORM_MAX)
        PV_FAIL(PV_ERR_LIMIT, "%d features, at most %d can be normalised; leave some out", columns,
                PV_NORM_MAX);
    norm->mean = pv_alloc((size_t)columns, sizeof *norm->mean);
    norm->inverse_std = pv_alloc((size_t)columns, sizeof *norm->inverse_std);
    if (norm->mean == NULL || norm->inverse_std == NULL) {
        pv_norm_clear(norm);
        PV_FAIL(PV_ERR_MEMORY, "out of memory for the normalisation of %d columns", columns);
    }
    norm->n = columns;
    for (int c = 0; c < columns; c++) {
        norm->mean[c] = (float)mean[c];
        /* A constant column has deviations of rounding size only. */
        int constant = !(std[c] > 1e-7 * (fabs(mean[c]) + 1e-30));
        norm->inverse_std[c] = constant ? 1.0f : (float)(1.0 / std[c]);
    }
    return PV_OK;
}

pv_status pv_norm_fit(pv_norm *norm, const pv_data *data)
{
    pv_data_stats s;
    *norm = (pv_norm){0};
    if (data->store->kind == PV_DATA_TEXT) return PV_OK;
    PV_TRY(pv_data_stats_init(&s, data));
    pv_status status = pv_norm_make(norm, s.mean, s.std, s.columns);
    pv_data_stats_clear(&s);
    return status;
}
