#include "data/store.h"

#include "privet/rng.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void pv_store_clear(pv_store *store)
{
    pv_tensor_clear(&store->samples);
    pv_free(store->label);
    pv_names_clear(&store->classes);
    pv_names_clear(&store->features);
    pv_names_clear(&store->tokens);
    memset(store, 0, sizeof *store);
}

pv_status pv_store_alloc(pv_store *store, pv_data_kind kind, pv_dtype dtype, int64_t n,
                         pv_shape sample)
{
    char text[PV_SHAPE_TEXT];
    pv_shape shape = {.ndim = sample.ndim + 1, .dim = {n}};
    for (int i = 0; i < sample.ndim; i++) shape.dim[i + 1] = sample.dim[i];
    int64_t count = pv_shape_count(&shape);
    if (n > PV_DATA_MAX_COUNT || count < 0 ||
        (uint64_t)count > PV_DATA_MAX_BYTES / pv_dtype_size(dtype))
        PV_FAIL(PV_ERR_LIMIT,
                "%lld samples of %s are more than the %lld samples or %llu bytes a data set may "
                "have; leave some out",
                (long long)n, pv_shape_text(&sample, text), (long long)PV_DATA_MAX_COUNT,
                (unsigned long long)PV_DATA_MAX_BYTES);
    PV_TRY(pv_tensor_init(&store->samples, dtype, shape));
    store->label = pv_calloc((size_t)n, sizeof *store->label);
    if (store->label == NULL) PV_FAIL_MEMORY((size_t)n * sizeof *store->label);
    store->kind = kind;
    return PV_OK;
}

pv_status pv_store_number_classes(pv_store *store, int n)
{
    char text[16];
    int64_t number;
    for (int i = 0; i < n; i++) {
        int length = snprintf(text, sizeof text, "%d", i);
        PV_TRY(pv_names_add(&store->classes, text, (size_t)length, &number));
    }
    return PV_OK;
}

void pv_store_unlabel(pv_store *store)
{
    for (int64_t i = 0, n = store->samples.shape.dim[0]; i < n; i++) store->label[i] = -1;
    pv_names_clear(&store->classes);
}

/* Keep the samples whose take is 1. */
static pv_status compact(pv_store *store, const uint8_t *take)
{
    int64_t total = store->samples.shape.dim[0], n = 0, at = 0;
    for (int64_t i = 0; i < total; i++) n += take[i];
    pv_tensor kept;
    pv_shape shape = store->samples.shape;
    shape.dim[0] = n;
    PV_TRY(pv_tensor_init(&kept, store->samples.dtype, shape));
    size_t row = (size_t)pv_store_sample_count(store) * pv_dtype_size(kept.dtype);
    for (int64_t i = 0; i < total; i++) {
        if (!take[i]) continue;
        memcpy((uint8_t *)kept.data + (size_t)at * row,
               (const uint8_t *)store->samples.data + (size_t)i * row, row);
        store->label[at++] = store->label[i];
    }
    pv_tensor_clear(&store->samples);
    store->samples = kept;
    return PV_OK;
}

/* The class that `text` means: a name, or else a number. */
static int64_t class_of(const pv_names *classes, const char *text, size_t length)
{
    int64_t found = pv_names_find(classes, text, length), value = 0;
    if (found >= 0) return found;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9' || i > 8) return -1;
        value = 10 * value + (text[i] - '0');
    }
    return length > 0 && value < (int64_t)classes->n ? value : -1;
}

pv_status pv_store_keep_classes(pv_store *store, const char *list)
{
    char known[PV_NAMES_TEXT];
    pv_status status = PV_OK;
    pv_names kept = {0};
    int64_t n = store->samples.shape.dim[0], number;
    if (store->classes.n == 0)
        PV_FAIL(PV_ERR_OPTION, "classes=%s: the samples have no labels (label=none)", list);
    int32_t *becomes = pv_alloc(store->classes.n, sizeof *becomes);
    uint8_t *take = pv_calloc((size_t)n, 1);
    if (becomes == NULL || take == NULL) PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for classes=");
    for (size_t i = 0; i < store->classes.n; i++) becomes[i] = -1;
    for (const char *p = list;; p++) {
        size_t length = strcspn(p, ",");
        int64_t c = class_of(&store->classes, p, length);
        if (c < 0)
            PV_FAIL_GOTO(PV_ERR_OPTION, "classes=%s: there is no class '%.*s'; the classes are %s",
                         list, (int)length, p, pv_names_text(&store->classes, known));
        if (becomes[c] >= 0)
            PV_FAIL_GOTO(PV_ERR_OPTION, "classes=%s: '%.*s' is named twice", list, (int)length, p);
        const char *name = store->classes.text[c];
        PV_TRY_GOTO(pv_names_add(&kept, name, strlen(name), &number));
        becomes[c] = (int32_t)number;
        p += length;
        if (*p == '\0') break;
    }
    for (int64_t i = 0; i < n; i++) {
        store->label[i] = becomes[store->label[i]];
        take[i] = store->label[i] >= 0;
    }
    PV_TRY_GOTO(compact(store, take));
    pv_names_clear(&store->classes);
    store->classes = kept;
    kept = (pv_names){0};
done:
    pv_names_clear(&kept);
    pv_free(becomes);
    pv_free(take);
    return status;
}

typedef struct share {
    double remainder;
    int class_number;
} share;

static int by_remainder(const void *a, const void *b)
{
    const share *x = a, *y = b;
    if (x->remainder != y->remainder) return x->remainder < y->remainder ? 1 : -1;
    return x->class_number - y->class_number;
}

pv_status pv_stratify(uint8_t *take, const int32_t *label, int64_t count, int classes, int64_t n,
                      uint64_t seed)
{
    pv_status status = PV_OK;
    pv_rng rng = pv_rng_make(seed, PV_STREAM_SPLIT);
    int labelled = classes > 0;
    if (!labelled) classes = 1;
    int64_t *size = pv_calloc((size_t)classes, sizeof *size);
    int64_t *quota = pv_calloc((size_t)classes, sizeof *quota);
    share *shares = pv_calloc((size_t)classes, sizeof *shares);
    int64_t given = 0;
    if (size == NULL || quota == NULL || shares == NULL)
        PV_FAIL_GOTO(PV_ERR_MEMORY, "out of memory for the shares of %d classes", classes);
    for (int64_t i = 0; i < count; i++) size[labelled ? label[i] : 0]++;
    for (int c = 0; c < classes; c++) {
        double exact = (double)n * (double)size[c] / (double)count;
        quota[c] = (int64_t)exact;
        given += quota[c];
        shares[c] = (share){exact - (double)quota[c], c};
    }
    qsort(shares, (size_t)classes, sizeof *shares, by_remainder);
    for (int c = 0; given < n; c = (c + 1) % classes) {
        int k = shares[c].class_number;
        if (quota[k] == size[k]) continue;
        quota[k]++;
        given++;
    }
    /* Selection sampling (Knuth 2, algorithm S) within each class: one pass, order kept. */
    for (int64_t i = 0; i < count; i++) {
        int c = labelled ? label[i] : 0;
        take[i] = pv_rng_below(&rng, (uint64_t)size[c]) < (uint64_t)quota[c];
        quota[c] -= take[i];
        size[c]--;
    }
done:
    pv_free(size);
    pv_free(quota);
    pv_free(shares);
    return status;
}

pv_status pv_store_limit(pv_store *store, int64_t n, uint64_t seed)
{
    int64_t count = store->samples.shape.dim[0];
    if (n >= count) return PV_OK;
    uint8_t *take = pv_alloc((size_t)count, 1);
    if (take == NULL) PV_FAIL_MEMORY(count);
    pv_status s = pv_stratify(take, store->label, count, (int)store->classes.n, n, seed);
    if (s == PV_OK) s = compact(store, take);
    pv_free(take);
    return s;
}
