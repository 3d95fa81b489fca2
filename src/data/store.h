/* data/store.h - the samples behind a pv_data, and choosing among them
 *
 * A source (mnist.c, csv.c, ...) fills a zeroed pv_store; pv_data_open narrows it by classes= and
 * limit=, checks it and hands it out. From then on it is immutable and shared by the data set and
 * its subsets, counted by references.
 */
#ifndef PV_DATA_STORE_H
#define PV_DATA_STORE_H

#include "data/names.h"
#include "privet/data.h"
#include <stdatomic.h>

enum {
    PV_DATA_MAX_CLASSES = 10000,
    PV_DATA_MAX_FEATURES = 1 << 20,
};
#define PV_DATA_MAX_COUNT INT64_C(2000000000) /* samples */
#define PV_DATA_MAX_BYTES (UINT64_C(1) << 36) /* of all samples */

typedef struct pv_store {
    atomic_int references;
    pv_data_kind kind;
    pv_tensor samples; /* [n, sample shape]; PV_U8 or PV_F32 images, PV_F32 tables, PV_I32 text */
    int32_t *label;    /* n of them, each < classes.n; all -1 when there are no classes */
    pv_names classes;
    pv_names features; /* tables */
    pv_names tokens;   /* text: number 0 is padding, 1 unknown */
    int64_t missing, dropped;
} pv_store;

struct pv_data {
    pv_store *store;
    int64_t count;
    int64_t *index; /* NULL: all samples of the store in their order */
};

void pv_store_clear(pv_store *store);

/* n zeroed samples of the given shape (which may be [0]) and n zeroed labels. The size is checked
 * against PV_DATA_MAX_COUNT and PV_DATA_MAX_BYTES. */
pv_status pv_store_alloc(pv_store *store, pv_data_kind kind, pv_dtype dtype, int64_t n,
                         pv_shape sample) PV_MUST_USE;

/* Class or feature names "0", "1", ... */
pv_status pv_store_number_classes(pv_store *store, int n) PV_MUST_USE;

/* Keep only the classes named in `list` ("3,5": names, else numbers), as classes 0, 1, ... */
pv_status pv_store_keep_classes(pv_store *store, const char *list) PV_MUST_USE;

/* Keep n samples drawn by seed, stratified by class, in their order; all when there are fewer. */
pv_status pv_store_limit(pv_store *store, int64_t n, uint64_t seed) PV_MUST_USE;

/* The samples have no labels, now. */
void pv_store_unlabel(pv_store *store);

/* Fill take[0..count) with 1 for n of `count` samples, stratified by class (largest remainder);
 * classes 0: no sample has a label. */
pv_status pv_stratify(uint8_t *take, const int32_t *label, int64_t count, int classes, int64_t n,
                      uint64_t seed) PV_MUST_USE;

static inline int64_t pv_data_row(const pv_data *data, int64_t i)
{
    return data->index == NULL ? i : data->index[i];
}

static inline int64_t pv_store_sample_count(const pv_store *store)
{
    int64_t n = 1;
    for (int i = 1; i < store->samples.shape.ndim; i++) n *= store->samples.shape.dim[i];
    return n;
}

#endif
